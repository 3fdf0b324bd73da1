"""What a client does to a run: outputs submitted and cancellations, taken or refused as the run's state demands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.observe.context import server_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_conformance.observe.call import Call
    from assistants_conformance.observe.context import Context
    from assistants_conformance.observe.world import RunSeen

#: Refusals that have nothing to do with the run.
_ELSEWHERE = (401, 403, 429)
#: Statuses that refuse what was asked; that it should be 400 is a rule of its own.
_REFUSALS = (400, 409, 422)


def observe_actions(call: Call, context: Context) -> None:
    """Judge a submit or a cancel; must see the call before the run of its answer is remembered."""
    operation = call.operation.id if call.operation is not None else ""
    run = context.world.runs.get(call.params.get("run_id", ""))
    if run is None or run.thread_id != call.params.get("thread_id") or run.ended > call.exchange.started:
        return
    if call.status in _ELSEWHERE or call.status >= 500:
        return
    if operation == "cancel_run":
        _cancel(call, context, run)
    elif operation == "submit_tool_outputs" and "tool_approvals" not in call.sent:
        _submit(call, context, run)


def _refused(call: Call, context: Context, requirement: str, why: str) -> None:
    # A recording may miss what happened in between; there only an accepted request speaks for itself.
    holds = call.status in _REFUSALS if context.closed else not call.ok
    context.report.check(requirement, holds, f"status {call.status} for {why}", "refused with 400")
    if holds and context.closed:
        context.report.check("ERR-015", call.status == 400, f"status {call.status} for {why}", "400")


def _text(call: Call, context: Context, requirement: str, condition: str, **known: str) -> None:
    body = call.exchange.response.json
    error = body.get("error") if isinstance(body, dict) else None
    if not 400 <= call.status < 500 or not isinstance(error, dict):
        return
    if error.get("code") == call.profile.errors["unknown_parameter"].code:
        # A service that does not know a member of the request tells that, whatever state the run is in.
        return
    row, message = call.profile.errors[condition], error.get("message")
    holds = isinstance(message, str) and row.pattern(**known).fullmatch(message) is not None
    if row.param is None:
        holds = holds and error.get("param") is None and error.get("code") == row.code
    told = f"{message!r}, param {error.get('param')!r}, code {error.get('code')!r}"
    expected = row.message
    for name, value in known.items():
        expected = expected.replace(f"{{{name}}}", value)
    context.report.check(requirement, holds, told, f"{expected!r}, param and code null")


def _cancel(call: Call, context: Context, run: RunSeen) -> None:
    if run.status in call.profile.lifecycle("run").terminal:
        for requirement in ("CAN-003", *(("EXP-002",) if run.status == "expired" else ())):
            _refused(call, context, requirement, f"the cancel of a run that is {run.status}")
        _text(call, context, "CAN-010", "run_not_cancellable", status=run.status)
    elif run.status == "cancelling":
        _refused(call, context, "CAN-004", "the second cancel of a run")
    elif run.status in ("queued", "requires_action"):
        for requirement in ("CAN-005", *(("SM-015",) if run.status == "queued" else ())):
            told = f"status {call.status} for the cancel of a run last seen {run.status}"
            context.report.check(requirement, call.status in (200, 400), told, "200 or 400")
    if call.ok and run.status in call.profile.lifecycle("run").open:
        run.cancelled_in = run.cancelled_in or run.status


def _submit(call: Call, context: Context, run: RunSeen) -> None:
    if run.status in call.profile.lifecycle("run").terminal:
        expired = run.status == "expired"
        for requirement in ("SUB-010", *(("SUB-012", "EXP-002") if expired else ())):
            _refused(call, context, requirement, f"the submit to a run that is {run.status}")
        if not any(_rows(call.sent.get(name)) for name in ("tool_outputs", "tool_approvals")):
            # What is wrong in itself may be refused for that, whatever the run is.
            return
        shape = call.profile.request_shape("submit_tool_outputs")
        # Of two mistakes in one request a service may tell either.
        valid = shape is None or shape.is_valid(call.sent)
        for requirement in ("SUB-017", *(("EXP-003",) if expired else ())) if valid else ():
            _text(call, context, requirement, "run_not_accepting_outputs", status=run.status)
        return
    outputs = call.sent.get("tool_outputs")
    told = [row["tool_call_id"] for row in _rows(outputs) if isinstance(row.get("tool_call_id"), str)]
    if told and run.answered.issuperset(told):
        _refused(call, context, "SUB-011", "outputs that were accepted before")
    elif _waits_certainly(call, context, run):
        for requirement, why in _wrong(call, run, outputs, told):
            _refused(call, context, requirement, why)
            if requirement == "SUB-002":
                _missing(call, context, run)
    if call.ok:
        run.answered = run.answered | frozenset(told)


def _rows(outputs: Any) -> list[dict[str, Any]]:
    return [row for row in outputs if isinstance(row, dict)] if isinstance(outputs, list) else []


def _waits_certainly(call: Call, context: Context, run: RunSeen) -> bool:
    """Only a submit, a cancel or its expiry takes a run out of requires_action."""
    now = server_time(call.exchange)
    in_time = now is None or run.last_expiry is None or now < run.last_expiry
    known = bool(run.call_ids) and all(map(context.is_real, run.call_ids))
    begun, over = call.exchange.started, call.exchange.ended
    moved = any(row.run == run.id and begun < row.started < over for row in context.world.coming)
    return run.status == "requires_action" and not run.called and not moved and in_time and known


def _wrong(call: Call, run: RunSeen, outputs: Any, told: list[str]) -> Iterator[tuple[str, str]]:
    """Give every rule that the outputs break, with what is wrong with them."""
    if not isinstance(call.exchange.request.json, dict):
        return
    if not isinstance(outputs, list):
        yield "SUB-001", "a submit without the list tool_outputs"
        return
    if not outputs:
        yield "SUB-006", "an empty list of outputs"
        return
    if any(not isinstance(row.get("tool_call_id"), str) for row in _rows(outputs)):
        yield "SUB-005", "an output without tool_call_id"
        return
    if any(not isinstance(row.get("output", ""), str) for row in _rows(outputs)):
        yield "SUB-007", "an output that is no string"
    if len(set(told)) != len(told):
        yield "SUB-004", "two outputs for one call"
    if unknown := sorted(set(told) - run.call_ids):
        yield "SUB-003", f"outputs of {unknown}, which the run did not ask for"
    elif missing := sorted(run.call_ids - set(told)):
        yield "SUB-002", f"outputs without {missing}"


def _missing(call: Call, context: Context, run: RunSeen) -> None:
    _text(call, context, "SUB-018", "outputs_missing")
    body = call.exchange.response.json
    error = body.get("error") if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    if isinstance(message, str) and 400 <= call.status < 500:
        left_out = sorted(name for name in run.call_ids if name not in message)
        context.report.check("SUB-018", not left_out, message, "a text that names every expected call id")
