"""Faults that programs with the `openai` package stumble over."""

from assistants_conformance.reference.faults import Fault

FAULTS = (
    Fault(
        "earlier-turns-are-not-listed",
        "The list of messages begins with the last question; what was said before it is left out.",
        ("SDK-001",),
    ),
    Fault("arguments-are-an-object", "The arguments of a function call are a JSON object, not its text.", ("SDK-002",)),
    Fault("citation-names-a-filename", "`file_citation.file_id` holds the name of the file.", ("SDK-004",)),
    Fault(
        "messages-ignore-after", "The list of messages ignores `after`, so that pages repeat for ever.", ("SDK-005",)
    ),
    Fault("errors-are-plain-text", "Every refusal is a line of plain text.", ("SDK-006",)),
)
