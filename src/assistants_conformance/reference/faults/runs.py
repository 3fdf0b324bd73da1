"""Faults of runs: what is taken over, what a request may change, and what an answer shows."""

from assistants_conformance.reference.faults import Fault, profiles_where

FAULTS = (
    Fault("run-answered-in-progress", "A new run is answered as in_progress.", ("RUN-001", "RUN-002", "SM-001")),
    Fault("list-of-runs-shows-the-newest", "The list of a thread's runs shows the newest one only.", ("RUN-003",)),
    Fault("run-read-under-another-id", "A retrieved run has an id of its own.", ("RUN-004",)),
    Fault("modified-run-is-not-kept", "Modified metadata of a run is answered and forgotten.", ("RUN-005",)),
    Fault("submit-answers-a-confirmation", "A submit answers a word of confirmation, not the run.", ("RUN-006",)),
    Fault("cancel-answers-a-confirmation", "A cancel answers a word of confirmation, not the run.", ("RUN-007",)),
    Fault(
        "run-without-assistant-not-found",
        "A missing assistant_id is looked up and not found: 404.",
        ("RUN-008",),
    ),
    Fault(
        "run-of-unknown-assistant-is-refused",
        "An unknown assistant is taken for a bad request: 400.",
        ("RUN-009",),
    ),
    Fault(
        "run-has-settings-of-its-own",
        "A run has default instructions in the place of its assistant's.",
        ("RUN-010", "RUN-011"),
    ),
    Fault(
        "overrides-written-into-the-assistant",
        "The instructions of a run become those of its assistant.",
        ("RUN-011",),
    ),
    Fault("run-ignores-the-model", "A run uses its assistant's model whatever it was sent.", ("RUN-011", "RUN-044")),
    Fault("run-ignores-the-tools", "A run has its assistant's tools whatever it was sent.", ("RUN-011",)),
    Fault("additional-instructions-lost", "additional_instructions are accepted and dropped.", ("RUN-012",)),
    Fault(
        "additional-instructions-stand-alone",
        "additional_instructions take the place of the instructions.",
        ("RUN-012",),
    ),
    Fault("additional-messages-lost", "additional_messages are accepted and dropped.", ("RUN-013",)),
    Fault("additional-messages-in-reverse", "additional_messages are added last one first.", ("RUN-013",)),
    Fault(
        "thread-and-run-drops-the-thread",
        "Thread and run in one request make an empty thread.",
        ("RUN-002",),
    ),
    Fault(
        "thread-and-run-drops-the-options", "Thread and run in one request ignore the options of the run.", ("RUN-016",)
    ),
    Fault("thread-and-run-needs-a-thread", "Thread and run in one request want a thread.", ("RUN-017",)),
    Fault(
        "run-without-input-taken",
        "A run without any input is accepted.",
        ("RUN-018",),
        profiles_where(empty_runs_refused=True),
    ),
    Fault(
        "run-without-input-refused",
        "A run without any input is refused.",
        ("RUN-018",),
        profiles_where(empty_runs_refused=False),
    ),
    Fault("tool-choice-is-not-checked", "A tool_choice may name a tool that the run does not have.", ("RUN-027",)),
    Fault("small-completion-cap-refused", "A completion cap under 256 is refused.", ("RUN-021",)),
    Fault("last-messages-without-a-count-taken", "A truncation to the last messages needs no number.", ("RUN-023",)),
    Fault("tool-choice-shown-as-auto", "A run always shows tool_choice auto.", ("RUN-024", "RUN-044"), needs="RUN-024"),
    Fault("tool-choice-required-ignored", "required leaves it to the model to call a tool.", ("RUN-025",)),
    Fault("tool-choice-none-ignored", "With tool_choice none the model calls tools.", ("RUN-026",)),
    Fault("forced-tool-ignored", "A tool that is named in tool_choice need not be called.", ("RUN-026",)),
    Fault("parallel-calls-not-switched-off", "parallel_tool_calls false allows several calls.", ("RUN-028",)),
    Fault("response-format-shown-as-auto", "A run always shows response_format auto.", ("RUN-029",)),
    Fault("run-takes-every-modification", "Metadata of a run has no limits.", ("RUN-031",)),
    Fault("ended-run-not-modifiable", "The metadata of a finished run cannot be changed.", ("RUN-005", "RUN-032")),
    Fault("usage-shown-while-open", "usage is zeros while a run is open.", ("RUN-035",)),
    Fault("usage-never-shown", "usage is always null.", ("RUN-035", "SM-005"), needs="RUN-035"),
    Fault("usage-does-not-add-up", "total_tokens counts more than the two parts.", ("RUN-036",)),
    Fault("usage-details-as-in-chat", "Details of usage are spelled as in chat completions.", ("RUN-036",)),
    Fault("capped-run-is-completed", "A run at its cap is completed.", ("RUN-037", "SM-007")),
    Fault("caps-count-for-each-step", "A cap of tokens begins anew in each step.", ("RUN-038",)),
    Fault("incomplete-run-keeps-the-lock", "An incomplete run locks its thread for ever.", ("RUN-039",)),
    Fault("run-ids-are-uuids", "Run ids are UUIDs.", ("RUN-040",)),
    Fault(
        "refused-run-leaves-a-message",
        "A run of an unknown assistant leaves a message behind.",
        ("RUN-043",),
    ),
    Fault("run-forgets-its-metadata", "A run never shows metadata.", ("RUN-044", "RUN-005")),
    Fault("truncation-defaults-to-ten", "Unless told otherwise a run reads ten messages.", ("N-33",)),
)
