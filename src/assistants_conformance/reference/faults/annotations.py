"""Faults of annotations: spans that cover something else, files that are none, kinds that nobody made."""

from assistants_conformance.reference.faults import Fault

FAULTS = (
    Fault("annotations-null-when-none", "A text without annotations has null in place of a list.", ("ANN-001",)),
    Fault(
        "annotation-type-url-citation",
        "Annotations have the type of another API, url_citation.",
        ("ANN-001",),
    ),
    Fault("annotation-without-indices", "Annotations have no start_index and no end_index.", ("ANN-002",)),
    Fault(
        "annotation-end-one-short",
        "end_index is that of the last character, not the one behind it.",
        ("ANN-003", "N-26"),
    ),
    Fault(
        "annotation-indices-in-bytes",
        "The indices count bytes of UTF-8, as the length of a string does in some languages.",
        ("ANN-003", "N-26"),
    ),
    Fault(
        "annotation-indices-in-utf-16",
        "The indices count UTF-16 units, as the length of a string does in some languages.",
        ("ANN-004",),
    ),
    Fault("file-path-of-no-file", "file_path.file_id names a file that cannot be read.", ("ANN-005",)),
    Fault(
        "file-path-covers-the-name-only",
        "The text of a file_path is the name of the file; the rest of the sandbox path stays uncovered.",
        ("ANN-005", "ANN-010"),
    ),
    Fault("citation-of-no-file", "file_citation.file_id names a file that nobody uploaded.", ("ANN-006",)),
    Fault(
        "citation-without-brackets",
        "The text of a citation is the marker without its brackets.",
        ("ANN-006", "ANN-010"),
    ),
    Fault("citation-without-quote", "A citation of the first shape has no quote.", ("ANN-007",)),
    Fault("citation-quote-null", "A citation of the second shape has a quote that is null.", ("ANN-008",)),
    Fault(
        "tool-steps-not-listed",
        "The list of steps leaves out code interpreter and search, so annotations come from nowhere.",
        ("ANN-009",),
    ),
    Fault("annotations-listed-twice", "Each annotation stands in the list twice.", ("ANN-011", "N-26")),
    Fault(
        "annotation-with-filter-results",
        "Annotations carry content_filter_results, as chat completions do.",
        ("ANN-012",),
    ),
)
