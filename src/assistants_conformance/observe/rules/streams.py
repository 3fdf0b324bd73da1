"""Streams: what an answer with events is as a whole, and each of its objects judged like any other answer's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.contract import brief, stream_grammar
from assistants_conformance.observe.call import event_call
from assistants_conformance.observe.context import server_time, whole
from assistants_conformance.observe.rules.echo import observe_echo
from assistants_conformance.observe.rules.identity import observe_identity
from assistants_conformance.observe.rules.lock import prove_lock
from assistants_conformance.observe.rules.messages import observe_messages
from assistants_conformance.observe.rules.runs import observe_runs
from assistants_conformance.observe.rules.shape import observe_shape
from assistants_conformance.observe.rules.steps import observe_steps
from assistants_conformance.observe.rules.stream_deltas import Deltas
from assistants_conformance.observe.rules.stream_order import Order
from assistants_conformance.observe.rules.versions import observe_versions
from assistants_conformance.observe.strict_json import NotJson

if TYPE_CHECKING:
    from assistants_conformance.observe.call import Call
    from assistants_conformance.observe.context import Context
    from assistants_conformance.observe.events import Event

#: The operations that can stream.
_STREAMING = ("create_run", "create_thread_and_run", "submit_tool_outputs")
_CONTENT_TYPE = "text/event-stream; charset=utf-8"
_OBJECTS = {"thread": "thread", "run": "thread.run", "run_step": "thread.run.step", "message": "thread.message",
            "run_step_delta": "thread.run.step.delta", "message_delta": "thread.message.delta"}  # fmt: skip
_WHOLE = frozenset({"thread", "run", "run_step", "message"})
#: What is judged of each object in an event; the lock before the run is remembered, as everywhere.
_RULES = (
    observe_shape, observe_versions, observe_identity, observe_echo, observe_messages, observe_steps, prove_lock,
    observe_runs,
)  # fmt: skip
#: An answer that began so many seconds of the server's time after its run, when the run had ended, was held back.
_HELD_BACK = 2
#: The same by our own clock: so long without an event, and then all of them within a moment. Seconds.
_SILENCE, _MOMENT = 2.0, 0.1


def observe_streams(call: Call, context: Context) -> None:
    """Judge whether a request that asks for a stream gets one, and every event of the stream."""
    operation = call.operation
    if operation is None or operation.id not in _STREAMING or not call.ok:
        return
    _kind(call, context)
    if not call.streamed or call.match is None:
        return
    report, grammar = context.report, stream_grammar()
    order, deltas = Order(call, context), Deltas(call, context)
    answered = False
    for event in call.exchange.response.events:
        report.place = f"event {event.number + 1} ({event.name}): "
        if _framed(call, context, event):
            order.mark(event)
            continue
        name = grammar.names.get(event.name)
        report.check("SSE-006", name is not None, event.name, "a documented name of an event")
        if name is None:
            continue
        if name.kind in _OBJECTS:
            expected = _OBJECTS[name.kind]
            fits = event.json.get("object") == expected
            report.check("SSE-005", fits, _told(event), f"a JSON object that is a {expected}")
            if fits:
                created = event.name == "thread.run.created" and not answered
                answered = answered or created
                read = event_call(call, event, name.kind, created=created)
                for rule in _RULES if name.kind in _WHOLE else (observe_shape,):
                    rule(read, context)
        order.take(event, name)
        deltas.take(event)
    report.place = ""
    order.end()
    deltas.end()
    _in_time(call, context)
    _remember(call, context)


def _kind(call: Call, context: Context) -> None:
    report = context.report
    asked = call.sent.get("stream") is True
    content_type = call.exchange.response.headers.get("content-type")
    told = f"{content_type} in answer to stream {call.sent.get('stream', 'absent')!r}"
    if asked:
        for requirement in ("SSE-001", "RUN-030"):
            report.check(requirement, call.streamed, told, "a stream of events")
        report.check("SSE-028", not call.streamed, told, "no events in this version")
    elif call.exchange.request.json is not None:
        report.check("RUN-030", not call.streamed, told, "one JSON object")
    if call.streamed and (content_type is not None or context.closed):
        plain = (content_type or "").lower().replace(" ", "") == _CONTENT_TYPE.replace(" ", "")
        report.check("SSE-002", plain and call.status == 200, f"status {call.status}, {told}", f"200, {_CONTENT_TYPE}")


def _framed(call: Call, context: Context, event: Event) -> bool:
    """Judge the frame of an event; say whether the event is the mark of the end, or nothing that can be read on."""
    report = context.report
    if not event.whole and (not call.exchange.complete or (event.is_done and not context.closed)):
        # Who leaves a stream leaves it in the middle of anything; recorders cut bodies and strip the last line.
        return True
    wrong = [
        word
        for word, holds in (
            ("no name", event.named),
            ("no empty line behind it", event.whole),
            ("bytes that are no UTF-8", event.clean),
        )
        if not holds
    ]
    report.check("SSE-003", not wrong, ", ".join(wrong), "an `event` line, a `data` line and an empty line, in UTF-8")
    return event.is_done or not event.whole


def _told(event: Event) -> str:
    parsed = event.parsed
    return f"{parsed}: {event.data!r:.100}" if isinstance(parsed, NotJson) else f"object {event.json.get('object')!r}"


def _runs(call: Call) -> list[dict[str, Any]]:
    return [event.json for event in call.exchange.response.events if event.json.get("object") == "thread.run"]


def _in_time(call: Call, context: Context) -> None:
    """Judge whether the events came while the run went on: by the server's own clock, and by ours."""
    runs = _runs(call)
    if not runs or not call.exchange.complete or call.operation is None or not call.operation.creates:
        return
    created = whole(runs[0].get("created_at"))
    ended = next((whole(runs[-1].get(name)) for name in ("completed_at", "failed_at") if runs[-1].get(name)), None)
    now = server_time(call.exchange)
    if created is None or ended is None:
        return
    skew = context.world.skew or 0
    if now is not None:
        late = now - skew - created >= _HELD_BACK and now - skew >= ended
        told = f"the answer began {now - skew - created:.0f} s after its run, which had ended by then"
        context.report.check("SSE-033", not late, told, "an answer that begins with its run")
    arrivals = call.exchange.arrivals
    if len(arrivals) > 1 and ended - created >= _HELD_BACK:
        silence, rest = arrivals[0] - call.exchange.started, arrivals[-1] - arrivals[0]
        late = silence >= _SILENCE and rest <= _MOMENT
        told = f"nothing for {silence:.1f} s, and then {len(arrivals)} events within {rest:.2f} s"
        context.report.check("SSE-033", not late, told, "events that arrive while the run goes on")


def _remember(call: Call, context: Context) -> None:
    ends = stream_grammar().ends
    for event in call.exchange.response.events:
        identifier = event.json.get("id")
        if context.is_real(identifier) and (event.name in ends or event.name == "thread.message.completed"):
            context.world.streamed[str(identifier)] = (event.json, call.exchange.ended)


def observe_agreement(call: Call, context: Context) -> None:
    """Compare what is read later with what a stream told."""
    kind = call.operation.kind if call.operation is not None and call.ok and not call.streamed else ""
    if kind == "run" and call.operation is not None and call.operation.method == "GET":
        for run in call.items:
            told = _streamed(call, context, run)
            if told is not None and told.get("status") == run.get("status"):
                _same(context, told, run, set(told) - {"metadata", "tool_resources"})
    elif kind == "message" and call.operation is not None and call.operation.method == "GET":
        for message in call.items:
            told = _streamed(call, context, message)
            if told is not None:
                _same(context, told, message, {"content", "role", "thread_id", "run_id", "assistant_id", "created_at"})
        _listed(call, context)


def _streamed(call: Call, context: Context, item: dict[str, Any]) -> dict[str, Any] | None:
    told = context.world.streamed.get(str(item.get("id")))
    return told[0] if told is not None and told[1] <= call.exchange.started else None


def _same(context: Context, told: dict[str, Any], now: dict[str, Any], names: set[str]) -> None:
    differing = sorted(name for name in names if name in told and name in now and told[name] != now[name])
    seen = {name: now[name] for name in differing}
    expected = f"as in the stream: {brief({name: told[name] for name in differing})}"
    context.report.check("SSE-022", not differing, f"{brief(seen)} of {now.get('id')}", expected)


def _listed(call: Call, context: Context) -> None:
    query = call.exchange.request.query
    if not call.is_list or call.body.get("has_more") is not False or {"after", "before", "run_id"} & query.keys():
        return
    shown = {str(item.get("id")) for item in call.items}
    for identifier, (message, at) in context.world.streamed.items():
        if message.get("object") == "thread.message" and message.get("thread_id") == call.params.get("thread_id"):
            gone = identifier in context.world.ended or at > call.exchange.started
            told = f"the list of messages is without {identifier}, which a stream showed as completed"
            context.report.check("SSE-022", gone or identifier in shown, told, "every streamed message")
