"""Faults of tool outputs: what is taken that should be refused, and outputs that do not arrive."""

from assistants_conformance.reference.faults import Fault

FAULTS = (
    Fault("submit-without-outputs-taken", "A submit without tool_outputs lets the run go on.", ("SUB-001",)),
    Fault("partial-outputs-taken", "Some of the outputs are enough.", ("SUB-002",)),
    Fault("unknown-call-ids-passed-over", "Outputs for calls that nobody made are passed over.", ("SUB-003",)),
    Fault("doubled-call-ids-taken", "Of two outputs for one call the last one counts.", ("SUB-004",)),
    Fault("outputs-without-call-id-passed-over", "Outputs without tool_call_id are passed over.", ("SUB-005",)),
    Fault("empty-outputs-taken", "An empty list of outputs lets the run go on.", ("SUB-006",)),
    Fault("outputs-of-any-type-taken", "An output may be an object or a number.", ("SUB-007",)),
    Fault("outputs-matched-by-position", "Outputs go to the calls in the order of the list.", ("SUB-008", "SUB-013")),
    Fault(
        "outputs-taken-in-every-state",
        "A run takes outputs in every state and ignores them.",
        ("SUB-010", "SUB-012", "EXP-002"),
    ),
    Fault("outputs-taken-twice", "The same outputs are taken again.", ("SUB-011",)),
    Fault("outputs-are-cut", "Long outputs are cut in the step.", ("SUB-013",)),
    Fault("submit-extends-the-expiry", "A submit gives the run ten new minutes.", ("SUB-014",)),
    Fault("call-ids-reused", "Call ids are numbered anew in each round.", ("SUB-016",)),
    Fault("refused-submit-fails-the-run", "A refused submit ends the run.", ("SUB-019",)),
    Fault("call-ids-are-of-another-form", "Call ids begin with tool-.", ("N-04",)),
)
