"""Faults of streams: events lost, renamed or out of order, deltas that do not add up, a lock that opens too early."""

from assistants_conformance.reference.faults import Fault

FAULTS = (
    Fault(
        "stream-is-ignored",
        "`stream: true` is accepted and answered with one JSON object.",
        ("SSE-001", "RUN-030"),
    ),
    Fault(
        "leaving-a-stream-cancels-the-run",
        "A client that closes its connection in the middle of a stream cancels the run.",
        ("SSE-024",),
    ),
)
