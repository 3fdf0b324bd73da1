"""Faults that one request does not show: what only a history brings out, which nobody wrote a test for."""

from assistants_conformance.reference.faults import Fault

FAULTS = (
    Fault(
        "cancelling-run-does-not-lock",
        "The lock is released when a cancel comes in, and the run takes some seconds to end.",
        ("LOCK-001", "LOCK-002", "N-07"),
    ),
    Fault(
        "expiry-counts-from-the-start",
        "A run has its time from when it was last taken up, whatever its expires_at says.",
        ("RUN-034", "SM-009"),
    ),
    Fault(
        "expired-run-keeps-the-lock-once-asked",
        "A run that expires keeps its lock if a message was refused while it waited.",
        ("EXP-001", "LOCK-005"),
    ),
    Fault(
        "expired-run-writes-on",
        "What works for a run goes on after its expiry, and writes the message.",
        ("MACH-002",),
    ),
    Fault("submit-resets-metadata", "A submit empties the metadata of its run.", ("MACH-001",)),
    Fault(
        "run-writes-its-thread-back",
        "A run that ends writes the metadata of its thread as they were when it began.",
        ("MACH-001",),
    ),
    Fault(
        "run-writes-its-messages-back",
        "A message that was deleted while a run was active is back once the run has ended.",
        ("OBJ-004",),
        needs="MSG-005",
    ),
    Fault(
        "deletion-takes-the-next-message",
        "A message is deleted by its time: the next one goes with it where it was made in the same second.",
        ("OBJ-004",),
        needs="MSG-005",
    ),
    Fault(
        "message-ids-used-again", "The id of a deleted message is given to the next one.", ("OBJ-001",), needs="MSG-005"
    ),
    Fault(
        "resumed-run-cannot-be-cancelled",
        "Once outputs were submitted, a run can only be waited for.",
        ("CAN-001",),
    ),
    Fault(
        "second-refusal-uses-up-the-calls",
        "After a second refused submit the right outputs are refused as well.",
        ("SUB-019",),
    ),
)
