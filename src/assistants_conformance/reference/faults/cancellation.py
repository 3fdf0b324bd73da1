"""Faults of cancelling: runs that go on, ends that can be cancelled, and what is left open."""

from assistants_conformance.reference.faults import Fault

FAULTS = (
    Fault("cancel-leaves-the-run-running", "A cancel answers 200 and does nothing.", ("CAN-001", "SM-010")),
    Fault(
        "cancelling-runs-stay-so",
        "A cancelling run stays cancelling for ever.",
        ("CAN-002", "SM-011", "SM-014", "RUN-034"),
    ),
    Fault("ended-run-cancelled-again", "The cancel of an ended run answers 200.", ("CAN-003",)),
    Fault("second-cancel-taken", "A run can be cancelled twice.", ("CAN-004",)),
    Fault("idle-run-is-not-found-by-cancel", "Only what works can be cancelled, else 404.", ("CAN-005", "SM-015")),
    Fault("unknown-run-is-not-cancellable", "The cancel of an unknown run is refused with 400.", ("CAN-006",)),
    Fault("cancelled-run-writes-on", "A cancelled run writes its message all the same.", ("CAN-007",)),
    Fault("cancel-leaves-the-step-open", "The step of a cancelled run stays in_progress.", ("CAN-008",)),
    Fault("refused-cancel-overwrites-the-run", "A refused cancel leaves the run cancelled.", ("CAN-011", "SM-020")),
)
