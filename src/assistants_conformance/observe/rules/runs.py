"""The life of a run as its answers show it: status, edges, times, and what is set when."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from assistants_conformance.observe.context import Context, server_time, whole
from assistants_conformance.observe.rules.changes import OUTLIVED, asked, observe_change
from assistants_conformance.observe.rules.foundry import starts_at_once
from assistants_conformance.observe.settings import check_settings
from assistants_conformance.observe.strict_json import NotJson, parse_json

if TYPE_CHECKING:
    from assistants_conformance.observe.call import Call
    from assistants_conformance.observe.world import RunSeen

#: A service may notice an expiry a little late; seconds.
_EXPIRY_SLACK = 10
_START_BOUND = 30
#: A cancel that came too late is told by CAN-003, whatever it answers.
_ENDED_OTHERWISE = ("completed", "failed", "expired", "incomplete")
_CONSTANT = ("model", "instructions")
_ENDS = ("completed_at", "failed_at", "cancelled_at")
_CAPS = {"max_prompt_tokens": "prompt_tokens", "max_completion_tokens": "completion_tokens"}
_RATE_LIMIT = re.compile(r"Rate limit is exceeded\. Try again in \d+ seconds?\.")
#: Spelled as the Chat API spells them, which the service never did for runs.
_MISSPELLED = ("prompt_tokens_details", "completion_token_details")


def observe_runs(call: Call, context: Context) -> None:
    """Judge every run that an answer carries."""
    addressed = context.world.runs.get(call.params.get("run_id", ""))
    started_before = addressed.started_at if addressed is not None and _in_order(addressed, call) else None
    operation = call.operation.id if call.operation is not None else ""
    if operation in ("submit_tool_outputs", "cancel_run") and addressed is not None and (call.ok or call.status >= 500):
        addressed.called.add(operation)
    for run in call.objects("run"):
        if isinstance(run.get("status"), str):
            _status(call, context, run)
            check_settings(context.report, call.profile.lifecycle("run"), run)
            _expiry_window(call, context, run)
            _times(context, run)
            _required_action(call, context, run)
            _usage(context, run)
            _outcome(context, run)
            _history(call, context, run)
    if call.ok and call.items:
        _answered(call, context, operation, started_before)
    if operation == "get_run" and call.status == 404 and addressed is not None and context.closed:
        _vanished(call, context, addressed)


def _status(call: Call, context: Context, run: dict[str, Any]) -> None:
    known = call.profile.lifecycle("run").states
    context.report.check(
        "SM-023", run["status"] in known, f"status {run['status']!r}", "one of " + ", ".join(sorted(known))
    )


def _expiry_window(call: Call, context: Context, run: dict[str, Any]) -> None:
    created, expires = whole(run.get("created_at")), whole(run.get("expires_at"))
    if created is None or expires is None or run["status"] not in call.profile.lifecycle("run").open:
        return
    window = call.profile.expiry
    seen = context.world.runs.get(str(run.get("id")))
    in_order = seen is None or _in_order(seen, call)
    if context.expiry_seconds is not None:
        allowed = {context.expiry_seconds}
    elif run["status"] == "requires_action" or (in_order and seen is not None and seen.action_seen):
        allowed = set(window.after_action)
    elif in_order and seen is not None and context.closed and run["status"] != "cancelling":
        # A cancel may meet a run that waited for its client while nobody looked; only a submit leads on else.
        allowed = set(window.before_action)
    else:
        allowed = {*window.before_action, *window.after_action}
    context.report.check(
        "RUN-033",
        expires - created in allowed,
        f"expires_at is created_at + {expires - created} s in {run['status']}",
        "created_at + " + " or ".join(f"{seconds} s" for seconds in sorted(allowed)),
    )


def _times(context: Context, run: dict[str, Any]) -> None:
    created, started = whole(run.get("created_at")), whole(run.get("started_at"))
    if created is not None and started is not None:
        context.report.check(
            "SM-036", created <= started, f"started_at {started} < created_at {created}", "created_at <= started_at"
        )
    for name in _ENDS:
        end = whole(run.get(name))
        if end is None:
            continue
        begin = started if started is not None else created
        if begin is not None:
            context.report.check(
                "SM-036", begin <= end, f"{name} {end} lies before {begin}", "created_at <= started_at <= the end"
            )


def _required_action(call: Call, context: Context, run: dict[str, Any]) -> None:
    if run["status"] != "requires_action" or not isinstance(run.get("required_action"), dict):
        return
    action = run["required_action"]
    allowed = call.profile.traits.get("required_actions", ["submit_tool_outputs"])
    inner = action.get(action.get("type")) if isinstance(action.get("type"), str) else None
    calls = inner.get("tool_calls") if isinstance(inner, dict) else None
    context.report.check(
        "SM-025",
        action.get("type") in allowed and isinstance(calls, list) and bool(calls),
        action,
        f"a type of {allowed} with at least one tool call",
    )
    if not isinstance(calls, list) or action.get("type") != "submit_tool_outputs":
        return
    identifiers = [item.get("id") for item in calls if isinstance(item, dict)]
    tools = run.get("tools")
    names = {
        str(tool["function"].get("name"))
        for tool in (tools if isinstance(tools, list) else [])
        if isinstance(tool, dict) and isinstance(tool.get("function"), dict)
    }
    context.report.check(
        "SM-027", len(set(map(str, identifiers))) == len(identifiers), identifiers, "every call has its own id"
    )
    _call_forms(call, context, identifiers)
    if run.get("parallel_tool_calls") is False:
        context.report.check(
            "RUN-028", len(calls) == 1, f"{len(calls)} calls at once", "one call, parallel_tool_calls false"
        )
    for item in calls:
        function = item.get("function") if isinstance(item, dict) else None
        if not isinstance(function, dict):
            continue
        context.report.check(
            "SM-027",
            str(function.get("name")) in names,
            f"a call of {function.get('name')!r}",
            f"a function of the run's tools: {sorted(names)}",
        )
        context.report.check(
            "SM-026", _is_json_text(function.get("arguments")), function.get("arguments"), "arguments as JSON text"
        )


def _call_forms(call: Call, context: Context, identifiers: list[Any]) -> None:
    form = call.profile.id_forms.get("tool_call")
    for identifier in identifiers:
        if form is not None and context.is_real(identifier):
            context.report.check("N-04", re.fullmatch(form, identifier), identifier, f"an id of the form {form}")


def _is_json_text(text: Any) -> bool:
    if not isinstance(text, str):
        return False
    try:
        return isinstance(parse_json(text.encode("utf-8", "replace")), dict)
    except NotJson:
        return False


def _usage(context: Context, run: dict[str, Any]) -> None:
    usage = run.get("usage")
    if not isinstance(usage, dict):
        return
    parts = [whole(usage.get(name)) for name in ("prompt_tokens", "completion_tokens", "total_tokens")]
    context.report.check(
        "RUN-036",
        None not in parts and parts[0] + parts[1] == parts[2],  # type: ignore[operator]
        usage,
        "prompt_tokens + completion_tokens = total_tokens",
    )
    wrong = [name for name in _MISSPELLED if name in usage]
    context.report.check("RUN-036", not wrong, f"usage with {wrong}", "prompt_token_details, completion_tokens_details")


def _outcome(context: Context, run: dict[str, Any]) -> None:
    """Judge the end of a run by what it was allowed and by what it reports."""
    report, status, usage = context.report, run["status"], run.get("usage")
    if status == "failed":
        report.check("N-27", isinstance(usage, dict), usage, "usage of a failed run is an object")
        error = run.get("last_error")
        if isinstance(error, dict) and error.get("code") == "rate_limit_exceeded":
            told = error.get("message")
            expected = "Rate limit is exceeded. Try again in N seconds."
            report.check("N-28", isinstance(told, str) and _RATE_LIMIT.fullmatch(told), told, expected)
    if status == "incomplete":
        details = run.get("incomplete_details")
        reason = details.get("reason") if isinstance(details, dict) else None
        report.check(
            "RUN-037", isinstance(reason, str) and reason in _CAPS, details, f"a reason, one of {sorted(_CAPS)}"
        )
    if status not in ("completed", "incomplete") or not isinstance(usage, dict):
        return
    for cap, name in _CAPS.items():
        most, used = whole(run.get(cap)), whole(usage.get(name))
        if most is not None and used is not None:
            told = f"{status} with {used} {name}, {cap} {most}"
            report.check("RUN-038", status == "incomplete" or used <= most, told, "incomplete above a cap")


def _history(call: Call, context: Context, run: dict[str, Any]) -> None:
    identifier, thread = run.get("id"), run.get("thread_id")
    if not context.is_real(identifier) or not isinstance(thread, str):
        return
    assert isinstance(identifier, str)
    seen = context.world.run(identifier, thread)
    if not context.world.doubled.isdisjoint((identifier, thread)):
        # An id that names several objects (OBJ-001), or an example that is always answered, has no history.
        return
    if _in_order(seen, call):
        if seen.status != run["status"] and (seen.status or (call.operation is not None and call.operation.creates)):
            context.report.edges[f"{seen.status} {run['status']}"] += 1
        if seen.status:
            _edge(call, context, seen, run)
        _expired_in_time(call, context, seen, run)
        _first_start(context, seen, run)
        _remember(call, context, seen, run)


def _in_order(seen: RunSeen, call: Call) -> bool:
    """Say whether a run was seen before, or never.

    Two requests that overlapped in time say nothing about each other's order; the events of one stream have one.
    """
    if seen.exchange is None or seen.exchange.request is call.exchange.request:
        return True
    return seen.ended <= call.exchange.started


def _edge(call: Call, context: Context, seen: RunSeen, run: dict[str, Any]) -> None:
    cycle = call.profile.lifecycle("run")
    status = run["status"]
    told = f"{seen.status} and later {status}"
    if seen.status in cycle.terminal:
        context.report.check("SM-020", status == seen.status, told, f"{seen.status} for ever")
        if status == seen.status and seen.terminal is not None:
            now = _settled(run)
            differing = sorted(key for key in seen.terminal if key in now and now[key] != seen.terminal[key])
            for requirement in ("N-06", "SM-020"):
                context.report.check(
                    requirement, not differing, f"{differing} changed after the end", "an ended run is constant"
                )
        return
    # While a stream is open, others may have acted on its run without the judge knowing when.
    known = context.closed and not call.in_stream
    called = context.world.called(seen, call.exchange.ended) if known else None
    for requirement, caused in (("SM-022", None), ("SM-021", called)):
        reachable = cycle.reachable(seen.status, caused)
        context.report.check(requirement, status in reachable, told, "one of " + ", ".join(sorted(reachable)))
    observe_change(call, context, seen, run)


def _expired_in_time(call: Call, context: Context, seen: RunSeen, run: dict[str, Any]) -> None:
    created_here = call.operation is not None and call.operation.creates
    now = None if created_here else server_time(call.exchange)
    is_open = run["status"] in call.profile.lifecycle("run").open
    expires = whole(run.get("expires_at")) if is_open else seen.last_expiry
    if now is None or expires is None or now < expires:
        return
    told = f"{run['status']} at {now:.0f}, {now - expires:.0f} s after expires_at"
    for requirement in ("RUN-034", OUTLIVED.get(run["status"])):
        context.report.check(
            requirement, not is_open or now <= expires + _EXPIRY_SLACK, told, "expired from expires_at on"
        )


def _first_start(context: Context, seen: RunSeen, run: dict[str, Any]) -> None:
    created, started = whole(run.get("created_at")), whole(run.get("started_at"))
    if created is None or started is None or seen.action_seen or run["status"] == "requires_action":
        return
    for requirement in ("N-34", "SM-037"):
        context.report.check(
            requirement,
            started - created <= _START_BOUND,
            f"started {started - created} s after creation",
            f"started within {_START_BOUND} s",
        )


def _remember(call: Call, context: Context, seen: RunSeen, run: dict[str, Any]) -> None:
    cycle = call.profile.lifecycle("run")
    status = run["status"]
    if seen.status != status:
        seen.called.clear()
    seen.status, seen.ended, seen.exchange = status, call.exchange.ended, call.exchange
    seen.created_at = whole(run.get("created_at"))
    seen.started = seen.started or run.get("started_at") is not None
    seen.started_at = whole(run.get("started_at"))
    tools = run.get("tools")
    seen.searches = not isinstance(tools, list) or any(
        isinstance(tool, dict) and tool.get("type") == "file_search" for tool in tools
    )
    if status == "requires_action":
        seen.action_seen = True
        seen.action_expiry = whole(run.get("expires_at"))
        seen.call_ids = asked(run)
        seen.asked_before = seen.asked_before | seen.call_ids
    if status in cycle.terminal:
        end = next((whole(run.get(name)) for name in _ENDS if whole(run.get(name)) is not None), None)
        if end is not None and seen.last_expiry is not None:
            context.report.check(
                "SM-036",
                end <= seen.last_expiry + _EXPIRY_SLACK,
                f"ended {end - seen.last_expiry} s after expires_at",
                "an end not later than expires_at",
            )
        if seen.terminal is None:
            seen.terminal = _settled(run)
    else:
        seen.last_expiry = whole(run.get("expires_at"))


def _settled(run: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in run.items() if key not in ("metadata", "tool_resources")}


def _answered(call: Call, context: Context, operation: str, started_before: int | None) -> None:
    report, run = context.report, call.items[0]
    if operation in ("create_run", "create_thread_and_run"):
        early = starts_at_once(call, run)
        for requirement in ("SM-001", "RUN-001" if operation == "create_run" else "RUN-002"):
            report.check(requirement, early or run.get("status") == "queued", f"status {run.get('status')!r}", "queued")
        if run.get("status") == "queued":
            started = run.get("started_at")
            for requirement in ("SM-028", "SM-001"):
                report.check(
                    requirement, started is None, f"started_at {started!r}", "started_at null before the start"
                )
        _defaults(call, context, run)
    elif operation == "submit_tool_outputs" and "tool_approvals" in call.sent:
        _approved(context, run)
    elif operation == "submit_tool_outputs":
        _submitted(context, run, started_before)
    elif operation == "cancel_run" and run.get("status") not in _ENDED_OTHERWISE:
        report.check(
            "CAN-001",
            run.get("status") in ("cancelling", "cancelled"),
            f"status {run.get('status')!r}",
            "cancelling or cancelled",
        )


def _approved(context: Context, run: dict[str, Any]) -> None:
    told = f"status {run.get('status')!r}, required_action {run.get('required_action')!r}"
    holds = run.get("status") in ("queued", "in_progress") and run.get("required_action") is None
    for requirement in ("SUB-009", "FND-002"):
        context.report.check(requirement, holds, told, "queued or in_progress, required_action null")


def _submitted(context: Context, run: dict[str, Any], started_before: int | None) -> None:
    report = context.report
    report.check(
        "SUB-009",
        run.get("status") == "queued" and run.get("required_action") is None,
        f"status {run.get('status')!r}, required_action {run.get('required_action')!r}",
        "queued, required_action null",
    )
    kept = run.get("started_at") is not None and started_before in (None, run.get("started_at"))
    told = f"started_at {run.get('started_at')!r} in the answer to a submit, {started_before!r} before"
    report.check("SM-029", kept, told, "started_at kept")


def _vanished(call: Call, context: Context, seen: RunSeen) -> None:
    if seen.thread_id in context.world.ended:
        return
    if seen.ended <= call.exchange.started and call.params.get("thread_id") == seen.thread_id:
        told = f"the run was {seen.status} and is not found any more, though nothing deleted its thread"
        context.report.check("SM-021", False, told, "a run that is there")


def _defaults(call: Call, context: Context, run: dict[str, Any]) -> None:
    if call.sent.get("truncation_strategy") is None and "truncation_strategy" in run:
        told, default = run["truncation_strategy"], {"type": "auto", "last_messages": None}
        context.report.check("N-33", told == default, told, f"{default}")
    if call.sent.get("tool_choice") is None and "tool_choice" in run:
        context.report.check("RUN-024", run["tool_choice"] == "auto", run["tool_choice"], "'auto' where none was sent")
    if call.sent.get("parallel_tool_calls") is None and "parallel_tool_calls" in run:
        told = run["parallel_tool_calls"]
        context.report.check("RUN-028", told is True, told, "true where none was sent")
