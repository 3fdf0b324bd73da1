"""Faults of races: what implementations get wrong only where two connections want something at the same time."""

from assistants_conformance.reference.faults import Fault

FAULTS = (
    Fault(
        "one-race-in-twenty-lets-two-runs-in",
        "Of twenty runs that meet a lock which another connection has just taken, one is let in all the same.",
        ("RACE-001",),
    ),
    Fault(
        "simultaneous-run-loses-a-message",
        "A run writes back the messages as it read them: one that another connection added meanwhile is lost.",
        ("RACE-002",),
    ),
    Fault(
        "simultaneous-outputs-are-all-taken",
        "A second submit of the same outputs is accepted while the first is under way.",
        ("RACE-003",),
    ),
    Fault(
        "submit-and-cancel-both-win",
        "A submit that comes while another connection cancels is accepted, and its outputs are dropped.",
        ("RACE-004",),
    ),
    Fault(
        "late-cancel-overwrites-the-expiry",
        "A cancel that meets a run which others have just seen expired makes it cancelled.",
        ("RACE-005",),
    ),
    Fault(
        "deleted-thread-leaves-a-simultaneous-run",
        "A run that another connection makes while its thread is deleted can still be read afterwards.",
        ("RACE-006",),
    ),
    Fault(
        "deleted-message-comes-back",
        "A message that is added while another connection deletes one brings the deleted one back.",
        ("RACE-007",),
    ),
    Fault(
        "late-message-brings-its-thread-back",
        "A message that is added while another connection deletes the thread stores the thread anew.",
        ("RACE-008",),
    ),
    Fault(
        "simultaneous-deletions-all-succeed",
        "Of several deletions of a thread at the same time every one is answered with success.",
        ("RACE-009",),
    ),
)
