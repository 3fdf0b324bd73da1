"""Faults of threads: what implementations get wrong about their messages, resources and end."""

from assistants_conformance.reference.faults import Fault

FAULTS = (
    Fault("threads-are-listed", "`GET /threads` answers a list.", ("THR-005",)),
    Fault("new-thread-greets", "A new thread begins with a message of the assistant.", ("THR-006",)),
    Fault("thread-needs-a-body", "Creating a thread without a body is refused.", ("THR-007",)),
    Fault("seeds-in-reverse", "The messages that a thread begins with stand in reverse order.", ("THR-008",)),
    Fault("seeds-are-dropped", "The messages of a create are forgotten.", ("THR-008", "THR-018")),
    Fault("thread-keeps-its-resources", "A modification does not change the resources.", ("THR-010",)),
    Fault(
        "thread-hides-its-resources",
        "A thread never shows the resources it was given.",
        ("THR-012", "THR-018"),
        needs="THR-012",
    ),
    Fault("deleted-thread-keeps-its-messages", "The messages of a deleted thread can be read.", ("THR-014",)),
    Fault("threads-last-a-month", "A thread is gone thirty days after it was made.", ("THR-015",)),
    Fault("thread-metadata-is-dropped", "The metadata of a new thread is forgotten.", ("THR-018",)),
)
