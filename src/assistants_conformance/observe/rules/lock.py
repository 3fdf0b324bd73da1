"""The thread lock: what a thread took while one of its runs was provably active."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistants_conformance.observe.context import Context, server_time, whole

if TYPE_CHECKING:
    from assistants_conformance.observe.call import Call
    from assistants_conformance.observe.exchange import Exchange
    from assistants_conformance.observe.world import RunSeen

_RULE = {"create_message": "LOCK-001", "create_run": "LOCK-002"}
_WHAT = {"create_message": "a message was accepted", "create_run": "a second run was accepted"}
#: Refusals that have nothing to do with the lock.
_ELSEWHERE = (401, 403, 429)
#: A run that ended at least so many whole seconds after the message was made was active when it was made.
_MARGIN = 2


def observe_lock(call: Call, context: Context) -> None:
    """Judge what a thread accepted; must see the call before the runs it carries are remembered."""
    prove_lock(call, context)
    operation = call.operation
    if operation is None or operation.id not in _RULE:
        return
    for identifier in sorted(context.world.runs_of_thread.get(call.params.get("thread_id", ""), ())):
        run = context.world.runs[identifier]
        if run.status not in call.profile.lifecycle("run").open or run.ended > call.exchange.started:
            continue
        certain = _certainly_waiting(call, context, run)
        if call.ok and not certain:
            run.admitted.append((operation.id, call.exchange))
        elif call.ok:
            _accuse(context, operation.id, call.exchange, f"while {run.id} was in requires_action", waiting=True)
        elif certain and 400 <= call.status < 500 and call.status not in _ELSEWHERE:
            for requirement in (_RULE[operation.id], "LOCK-003", "N-07"):
                context.report.passed(requirement)


def _certainly_waiting(call: Call, context: Context, run: RunSeen) -> bool:
    """A run that waits for its outputs leaves that state by a submit, a cancel or its expiry alone."""
    if run.status != "requires_action" or context.world.called(run, call.exchange.ended):
        return False
    now = server_time(call.exchange)
    return now is None or run.last_expiry is None or now < run.last_expiry


def prove_lock(call: Call, context: Context) -> None:
    """Judge what was let in before by what an answer or an event says of the run.

    A run seen active again, or ended clearly later, was active in between.
    """
    cycle = call.profile.lifecycle("run")
    for answer in call.objects("run"):
        run = context.world.runs.get(str(answer.get("id")))
        if run is None or not run.admitted:
            continue
        status = str(answer.get("status"))
        ended = next(
            (whole(answer.get(name)) for name in ("completed_at", "failed_at", "cancelled_at") if answer.get(name)),
            None,
        )
        left: list[tuple[str, Exchange]] = []
        for operation, exchange in run.admitted:
            if exchange.ended > call.exchange.started:
                left.append((operation, exchange))
            elif status in cycle.open:
                _accuse(
                    context, operation, exchange, f"while {run.id} was active (later still {status})", waiting=False
                )
            elif ended is not None and _made_at(exchange) is not None and ended >= (_made_at(exchange) or 0) + _MARGIN:
                _accuse(context, operation, exchange, f"while {run.id} was active (it ended at {ended})", waiting=False)
            elif ended is None:
                left.append((operation, exchange))
        run.admitted = left if status in cycle.open else []


def _made_at(exchange: Exchange) -> int | None:
    response = exchange.response
    body = next((event.json for event in response.events if event.json.get("object") == "thread.run"), response.json)
    return whole(body.get("created_at")) if isinstance(body, dict) else None


def _accuse(context: Context, operation: str, exchange: Exchange, when: str, *, waiting: bool) -> None:
    rules = (_RULE[operation], "N-07", "LOCK-003") if waiting else (_RULE[operation], "N-07")
    for requirement in rules:
        context.report.check(
            requirement,
            False,
            f"{_WHAT[operation]} {when}",
            "refused with 400 until the run has ended",
            exchange=exchange,
        )
