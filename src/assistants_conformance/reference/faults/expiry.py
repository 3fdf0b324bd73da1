"""Faults of expiry: runs that live too long, and ends that are none."""

from assistants_conformance.reference.faults import Fault

FAULTS = (
    Fault("runs-expire-after-an-hour", "A run has an hour.", ("RUN-033",)),
    Fault("waiting-runs-never-expire", "A run that waits for outputs waits for ever.", ("RUN-034", "SM-009")),
    Fault("working-runs-hang", "A run that was picked up works for ever.", ("SM-008", "RUN-034")),
    Fault("queued-runs-stay-queued", "A run is never picked up and never expires.", ("SM-002", "SM-018", "RUN-034")),
    Fault("expires-at-kept-at-the-end", "An ended run keeps its expires_at.", ("SM-035", "SM-005")),
    Fault("completed-before-its-start", "completed_at lies before created_at.", ("SM-036",)),
    Fault("late-outputs-taken", "An expired run takes outputs.", ("SUB-012", "EXP-002")),
    Fault("expired-run-keeps-the-lock", "An expired run locks its thread for ever.", ("EXP-001",)),
    Fault("late-outputs-refused-in-other-words", "Late outputs are refused as missing.", ("EXP-003",)),
)
