"""Faults of the thread lock: what implementations get wrong while a run is active."""

from assistants_conformance.reference.faults import Fault

FAULTS = (
    Fault(
        "message-accepted-while-locked",
        "A message is added to a thread although a run is active on it.",
        ("LOCK-001", "N-07"),
    ),
    Fault("second-run-accepted", "A second run is started beside an active one.", ("LOCK-002", "N-07")),
    Fault(
        "waiting-run-does-not-lock",
        "A run in requires_action lets messages and runs in, only a working run locks.",
        ("LOCK-003", "N-07"),
    ),
    Fault(
        "lock-is-per-assistant",
        "An active run locks every thread that its assistant ever ran on, and new threads for that assistant.",
        ("LOCK-004",),
    ),
    Fault("lock-never-ends", "A thread stays locked after its run has ended.", ("LOCK-005",)),
    Fault("reads-locked", "Reading a locked thread, its messages and its list of runs is refused too.", ("LOCK-006",)),
    Fault("modify-run-accepted-while-active", "The metadata of an active run can be changed.", ("LOCK-007",)),
    Fault(
        "modification-of-a-locked-thread-is-lost",
        "Modifying a thread is answered with 200 while a run is active, and not done.",
        ("LOCK-008",),
    ),
    Fault(
        "refused-modification-of-a-locked-thread-is-done",
        "Modifying a thread is refused while a run is active, and done all the same.",
        ("LOCK-008",),
    ),
    Fault("delete-locked", "What is locked is not found by DELETE: 404 while a run is active.", ("LOCK-009",)),
    Fault(
        "refused-run-adds-additional-messages",
        "A run that the lock refuses leaves its additional_messages in the thread.",
        ("LOCK-010",),
    ),
    Fault(
        "two-runs-at-once",
        "Two runs that are created within the same moment are both let in: the lock is set too late.",
        ("LOCK-011",),
    ),
    Fault("message-lock-text-without-ids", "The refusal of a message does not name thread and run.", ("LOCK-012",)),
    Fault("run-lock-text-without-ids", "The refusal of a second run does not name thread and run.", ("LOCK-013",)),
    Fault("refused-message-is-stored", "A message is refused with 400 and stored all the same.", ("LOCK-014",)),
    Fault("refused-run-is-stored", "A second run is refused with 400 and listed all the same.", ("LOCK-015",)),
    Fault(
        "modify-lock-text-without-status", "The refusal to modify an active run keeps its status secret.", ("LOCK-016",)
    ),
)
