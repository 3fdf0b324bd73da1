"""Faults of run steps: steps that come too late, stay open, belong to others or name what is not there."""

from assistants_conformance.reference.faults import Fault, profiles_where

FAULTS = (
    Fault("retrieved-step-is-stale", "Retrieving a step answers it as it was when it began.", ("STEP-001",)),
    Fault("step-object-of-azure-schema", "The object of a step is assistant.run.step.", ("STEP-002",)),
    Fault("step-type-always-message", "type of every step is message_creation.", ("STEP-003",)),
    Fault("step-status-succeeded", "A completed step has the status succeeded.", ("STEP-004",)),
    Fault("step-with-expired-at", "A step has expired_at, as the published schema says.", ("STEP-005", "STEP-F11")),
    Fault("step-with-metadata", "A step has metadata, as the published schema says.", ("STEP-005", "STEP-F15")),
    Fault("step-expires-at-of-its-own", "expires_at of an open step is another than the run's.", ("STEP-005",)),
    Fault("step-names-no-message", "message_id of a step names a message that is not there.", ("STEP-006",)),
    Fault(
        "step-of-code-without-image", "A call of code interpreter does not show the images that it drew.", ("STEP-008",)
    ),
    Fault(
        "search-results-without-score",
        "Results of file_search have no score.",
        ("STEP-010",),
        profiles_where(search_results="required"),
    ),
    Fault("tool-output-not-in-step", "The outputs that a client submits do not appear in the step.", ("STEP-011",)),
    Fault(
        "no-step-while-waiting", "The step of function calls appears only once the outputs are there.", ("STEP-012",)
    ),
    Fault("step-calls-with-other-ids", "The calls of a step have other ids than required_action.", ("STEP-012",)),
    Fault("step-stays-open", "The message step of a completed run stays in_progress.", ("STEP-013",)),
    Fault("step-completed-after-its-run", "completed_at of a step is later than that of its run.", ("STEP-013",)),
    Fault("expired-run-leaves-step-open", "The step of an expired run stays in_progress.", ("STEP-014",)),
    Fault("expired-run-completes-step", "The open step of an expired run becomes completed.", ("STEP-014",)),
    Fault("failed-step-without-error", "A failed step has no last_error.", ("STEP-015",)),
    Fault("step-usage-while-open", "usage of a step is set while it is in_progress.", ("STEP-016",)),
    Fault("step-usage-of-the-whole-run", "usage of each step is that of the run.", ("STEP-017", "N-11")),
    Fault("steps-listed-oldest-first", "Without order, steps are listed oldest first.", ("STEP-018",)),
    Fault("step-with-the-threads-id-as-assistant", "assistant_id of a step is the id of the thread.", ("STEP-019",)),
    Fault("included-content-left-out", "include[] is accepted, and results have no content.", ("STEP-020",)),
    Fault("any-include-accepted", "Any value of include[] is accepted.", ("STEP-020",)),
    Fault("step-id-is-a-uuid", "The id of a step has no prefix and 32 hexadecimal digits.", ("STEP-023",)),
    Fault("steps-of-all-runs-listed", "The list of steps shows those of every run of the thread.", ("STEP-024",)),
    Fault("step-younger-than-its-message", "A step begins a second after its message.", ("N-10",)),
)
