"""Faults of the life of a run: states that are skipped, left wrongly or never, and what is set in them."""

from assistants_conformance.reference.faults import Fault

FAULTS = (
    Fault("started-at-never-set", "started_at is always null.", ("SM-002", "SM-003", "SM-028")),
    Fault("started-at-set-while-queued", "started_at is the time of creation.", ("SM-001", "SM-028")),
    Fault("required-action-never-shown", "A waiting run does not say what it waits for.", ("SM-003", "SM-024")),
    Fault(
        "run-waits-on-after-the-submit",
        "A run goes on waiting for outputs that were accepted.",
        ("SM-004", "SUB-009"),
    ),
    Fault(
        "required-action-kept-after-the-submit",
        "required_action stays after the outputs were accepted.",
        ("SM-004", "SM-024", "SUB-009"),
    ),
    Fault("completed-without-a-time", "A completed run has no completed_at.", ("SM-005", "SM-030")),
    Fault("completed-run-without-message", "A run is completed and has written nothing.", ("SM-039",)),
    Fault("failed-without-error", "A failed run has no last_error.", ("SM-006", "SM-019", "SM-031")),
    Fault("incomplete-without-details", "A run at its cap does not say so.", ("SM-007", "SM-033", "SM-034", "RUN-037")),
    Fault("cancel-moves-the-expiry", "A cancelling run gets more time.", ("SM-010",)),
    Fault("cancelled-at-set-at-once", "cancelled_at is set while cancelling.", ("SM-010", "SM-032")),
    Fault(
        "cancelled-without-a-time", "A cancelled run has no cancelled_at.", ("SM-011", "SM-017", "SM-032", "CAN-002")
    ),
    Fault(
        "cancelled-run-is-completed-as-well",
        "A cancelled run ends as completed, with the times of both.",
        ("SM-012",),
    ),
    Fault("cancelled-run-fails-without-error", "A cancelled run ends as failed and does not say why.", ("SM-013",)),
    Fault(
        "cancelled-run-keeps-its-calls",
        "required_action stays in a cancelled run.",
        ("SM-016", "SM-017", "SM-024"),
    ),
    Fault("ended-runs-drift", "completed_at of an ended run is the time of the answer.", ("SM-020", "N-06")),
    Fault("waiting-run-completes-by-itself", "A run that waits is completed without outputs.", ("SM-021", "SM-009")),
    Fault("cancel-is-forgotten", "A cancelling run goes back to work.", ("SM-021", "SM-022")),
    Fault("status-running", "A run at work has the status running.", ("SM-023",)),
    Fault("calls-share-one-id", "The calls of one round have one id.", ("SM-027",)),
    Fault("calls-name-a-namespace", "Calls name functions.NAME, not NAME.", ("SM-027",)),
    Fault("submit-clears-started-at", "A submit sets started_at back to null.", ("SM-029",)),
    Fault("runs-start-late", "Runs are picked up after three quarters of a minute.", ("SM-037", "N-34")),
    Fault("model-shown-with-its-date", "Once started, a run names its model with a date.", ("N-05",)),
    Fault("failed-run-without-usage", "A failed run tells no usage.", ("N-27",)),
    Fault("rate-limit-in-other-words", "The rate limit error of a run has another text.", ("N-28",)),
)
