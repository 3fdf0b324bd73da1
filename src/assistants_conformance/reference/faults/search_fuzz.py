"""Faults that a search finds: mixtures that nobody thought of, values next to a limit."""

from assistants_conformance.reference.faults import Fault

FAULTS = (
    Fault(
        "temperature-with-top-p-refused",
        "An assistant with a temperature and a top_p at once is refused.",
        ("PROP-001",),
        needs="ASST-F13",
    ),
    Fault("page-of-99-refused", "A list with a limit of 99, one below the largest, is refused.", ("FUZZ-001",)),
    Fault("page-of-99-crashes", "A list with a limit of 99, one below the largest, gives a 500.", ("ERR-025",)),
    Fault(
        "unknown-query-redirects",
        "A list with a query name that nobody knows is redirected to the list without it.",
        ("FUZZ-002",),
    ),
    Fault(
        "object-with-null-metadata-is-lost",
        "An assistant or a thread made with null for its metadata is answered and not kept.",
        ("FUZZ-003",),
    ),
)
