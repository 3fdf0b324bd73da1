"""Faults that an example does not meet: they need a value, a tie or an order that nobody thought of."""

from assistants_conformance.reference.faults import Fault, profiles_where

_V2 = profiles_where(shape="v2")

FAULTS = (
    Fault("store-metadata-merged", "Modified metadata of a vector store is added to the old map.", ("VS-004",)),
    Fault(
        "emptied-name-takes-the-description-along",
        "A modification of an assistant that empties its name empties its description too.",
        ("ASST-036", "PROP-003"),
    ),
    Fault("limits-count-bytes", "The longest name, description or text is counted in bytes.", ("PROP-001",)),
    Fault("zero-counts-as-none", "A number that is 0 counts as left out.", ("ASST-043", "PROP-004"), _V2),
    Fault(
        "keys-that-differ-in-case-are-one",
        "Of metadata keys that differ in case only, the last one is kept.",
        ("PROP-004",),
    ),
    Fault("sixteenth-pair-is-lost", "Of sixteen pairs of metadata the last one is lost.", ("PROP-004",)),
    Fault(
        "empty-values-of-a-modified-message-are-lost",
        "A modification of a message drops the pairs of its metadata that have an empty value.",
        ("PROP-004",),
    ),
    Fault(
        "before-leaves-out-the-same-second",
        "`before` counts what shares the second of its cursor as not preceding.",
        ("PAGE-009",),
    ),
    Fault(
        "has-more-overlooks-the-same-second",
        "`has_more` is false where the next object shares the second of the last one.",
        ("PAGE-012",),
    ),
)
