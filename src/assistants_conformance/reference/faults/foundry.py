"""Faults of what only Foundry has: project paths, the list of threads, approvals, pages that are cited, rate limits."""

from assistants_conformance.reference.faults import Fault, profiles_where

_TAKEN = profiles_where(run_takes_tool_resources=True)

FAULTS = (
    Fault("key-accepted-by-foundry", "The token is accepted in the header api-key too.", ("AUTH-004",)),
    Fault("one-api-version-only", "Only the first api-version is served.", ("VER-017",)),
    Fault("threads-are-not-listed", "`GET /threads` is no operation.", ("VER-018",)),
    Fault("threads-listed-oldest-first", "Threads are listed oldest first.", ("N-30",)),
    Fault("listed-thread-in-short", "A listed thread has no metadata and no tool_resources.", ("N-30",)),
    Fault("approval-asked-as-outputs", "A call that wants approval is asked for as tool outputs.", ("FND-001",)),
    Fault("approval-never-asked", "Calls of servers are made without approval.", ("FND-001",)),
    Fault("approval-asked-always", "Approval is asked for although the run needs none.", ("FND-007",)),
    Fault(
        "approved-run-still-waits",
        "The answer to approvals still shows what was asked.",
        ("FND-002", "SUB-009"),
        needs="FND-002",
    ),
    Fault("approved-call-left-out", "The steps do not show the call that was approved.", ("FND-003",)),
    Fault("denied-call-hangs-the-run", "A run whose call was denied waits for ever.", ("FND-004",)),
    Fault("allowed-tools-left-out", "An mcp tool comes back without allowed_tools.", ("FND-005",)),
    Fault("server-headers-shown", "A run shows the header values that it was given for a server.", ("FND-006",)),
    Fault("cited-page-without-address", "A citation of a page has a title only.", ("FND-008",)),
    Fault("cited-page-by-its-host", "A citation of a page names the host and no address.", ("FND-008",)),
    Fault("rate-limit-without-retry-after", "A rate limit does not say when to come again.", ("FND-009",)),
    Fault("undeployed-model-is-a-server-error", "The run of an unknown model fails as server_error.", ("FND-010",)),
    Fault(
        "outputs-with-more-refused",
        "A further member of an output is refused.",
        ("FND-011",),
        needs="FND-011",
    ),
    Fault(
        "strict-not-shown", "A function comes back without strict.", ("ASST-019",), profiles_where(strict_shown=True)
    ),
    Fault("parts-of-additional-messages-refused", "A list of parts in additional_messages is refused.", ("FND-012",)),
    Fault("additional-instructions-on-a-new-line", "additional_instructions begin a new line.", ("N-29",)),
    Fault("run-resources-ignored", "tool_resources of a run are accepted and not shown.", ("RUN-015",), _TAKEN),
)
