"""One thing wrong in a stream of an otherwise true recording."""

from __future__ import annotations

import contextlib
import json
from copy import deepcopy
from dataclasses import replace
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from .damages import Damage, Trace, is_route, swapped, with_body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assistants_conformance.observe import Exchange

STREAM_DAMAGES: list[Damage] = []
#: The events of a stream: name, and the object or text in the data.
Events = list[list[Any]]
RUN, STEP, MESSAGE = "thread.run.", "thread.run.step.", "thread.message."
ENDS = tuple(RUN + name for name in ("completed", "failed", "incomplete", "requires_action", "cancelled", "expired"))


class Nothing(Exception):
    """There is nothing that could be damaged in this way."""


def written(events: Events) -> bytes:
    body = ""
    for name, data in events:
        text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
        body += f"event: {name}\n" + "".join(f"data: {line}\n" for line in text.split("\n")) + "\n"
    return body.encode("utf-8", "surrogatepass")


def whole_stream(exchange: Exchange) -> bool:
    """A whole stream, and not of the first shape, whose recordings have streams that no requirement speaks of."""
    first_shape = exchange.request.headers.get("openai-beta") == "assistants=v1"
    begun = alone(exchange) or is_route(exchange, "POST", "threads", "runs") or submit(exchange)
    return exchange.response.is_stream and exchange.complete and begun and not first_shape


def submit(exchange: Exchange) -> bool:
    return is_route(exchange, "POST", "threads", "*", "runs", "*", "submit_tool_outputs")


def always(_: Exchange) -> bool:
    return True


def stream(name: str, *requirements: str, when: Callable[[Exchange], bool] = always):
    """Damage one stream: the decorated function changes its events, or raises Nothing where there is none."""

    def register(change: Callable[[Events], object]) -> Callable[[Events], object]:
        def apply(trace: Trace) -> Iterator[Trace]:
            for number, exchange in enumerate(trace):
                if not whole_stream(exchange) or not when(exchange):
                    continue
                events = [
                    [event.name, deepcopy(event.json) if event.json else event.data]
                    for event in exchange.response.events
                ]
                with contextlib.suppress(Nothing):
                    change(events)
                    yield swapped(trace, number, with_body(exchange, written(events)))

        STREAM_DAMAGES.append(Damage(f"stream: {name}", requirements, apply))
        return change

    return register


def places(events: Events, *names: str) -> list[int]:
    return [number for number, event in enumerate(events) if event[0] in names]


def simple(name: str, requirements: tuple[str, ...], *events: str, when: Callable[[Exchange], bool] = always):
    """Damage the first event of these names; the decorated function gets all events and its place."""

    def register(change: Callable[[Events, int], object]) -> Callable[[Events, int], object]:
        @stream(name, *requirements, when=when)
        def _(told: Events) -> None:
            found = places(told, *events)
            if not found:
                raise Nothing
            change(told, found[0])

        return change

    return register


def lost(event: str, *requirements: str, when: Callable[[Exchange], bool] = always) -> None:
    @simple(f"{event} is lost", requirements, event, when=when)
    def _(events, place):
        del events[place]


def doubled(event: str, *requirements: str) -> None:
    @simple(f"{event} comes twice", requirements, event)
    def _(events, place):
        events.insert(place, deepcopy(events[place]))


def exchanged(event: str, *requirements: str) -> None:
    @simple(f"{event} and the next event change places", requirements, event)
    def _(events, place):
        events[place], events[place + 1] = events[place + 1], events[place]


def renamed(event: str, other: str, *requirements: str) -> None:
    @simple(f"{event} is called {other}", requirements, event)
    def _(events, place):
        data = events[place][1]
        if isinstance(data, dict) and data.get("status") == other.rpartition(".")[2]:
            # As the first streams named the end of an incomplete run (SSE-020).
            raise Nothing
        events[place][0] = other


def alone(exchange: Exchange) -> bool:
    return is_route(exchange, "POST", "threads", "*", "runs")


lost("thread.created", "SSE-007")
lost("thread.run.created", "SSE-008", when=alone)
lost("thread.run.queued", "SSE-008", when=alone)
lost("thread.run.in_progress", "SSE-008", "SSE-031", when=alone)
lost("thread.run.step.created", "SSE-010")
lost("thread.run.step.in_progress", "SSE-010")
lost("thread.run.step.completed", "SSE-010", when=alone)
lost("thread.run.step.completed", "SSE-012", when=submit)
lost("thread.message.created", "SSE-010")
lost("thread.message.in_progress", "SSE-010")
lost("thread.message.completed", "SSE-010")
lost("thread.run.completed", "SSE-013")
lost("thread.run.requires_action", "SSE-013")
lost("thread.run.failed", "SSE-013")
lost("done", "SSE-004")
doubled("thread.run.completed", "SSE-013")
doubled("thread.run.step.created", "SSE-010")
doubled("thread.run.step.completed", "SSE-010")
doubled("thread.message.created", "SSE-010")
doubled("thread.message.completed", "SSE-010")
doubled("done", "SSE-004")
exchanged("thread.run.created", "SSE-008", "SSE-007")
exchanged("thread.run.step.created", "SSE-010")
exchanged("thread.run.step.completed", "SSE-010", "SSE-012", "SSE-013")
exchanged("thread.message.created", "SSE-010")
exchanged("thread.message.in_progress", "SSE-010")
exchanged("thread.message.completed", "SSE-010")
exchanged("thread.run.completed", "SSE-013", "SSE-004")
renamed("thread.message.delta", "thread.message.piece", "SSE-006")
renamed("thread.run.completed", "thread.run.failed", "SSE-019")
renamed("thread.run.completed", "thread.run.incomplete", "SSE-019")
renamed("thread.run.in_progress", "thread.run.queued", "SSE-008", "SSE-007", "SSE-009", "SSE-012")
renamed("thread.run.step.completed", "thread.run.step.failed", "SSE-010", "SSE-012")
renamed("thread.message.completed", "thread.message.incomplete", "SSE-010")
renamed("done", "end", "SSE-004")


@stream("an event after done", "SSE-004")
def _(events):
    events.append(deepcopy(events[-2]))


@stream("just stops in the middle", "SSE-023")
def _(events):
    del events[len(events) // 2 :]


@stream("begins with nothing and ends", "SSE-008", "SSE-007", "SSE-012")
def _(events):
    del events[:-2]


@stream("data of a delta cut in the middle", "SSE-005")
def _(events):
    found = places(events, "thread.message.delta", "thread.run.step.delta")
    if not found:
        raise Nothing
    text = json.dumps(events[found[-1]][1])
    events[found[-1]][1] = text[: len(text) // 2]


def _texts(events: Events) -> list[int]:
    """The places of the deltas that say something."""
    return [
        place
        for place in places(events, "thread.message.delta")
        if events[place][1]["delta"]["content"][0].get("text", {}).get("value")
    ]


def _text(events: Events, place: int) -> dict[str, Any]:
    return events[place][1]["delta"]["content"][0]["text"]


@stream("a delta of a message is lost", "SSE-014")
def _(events):
    found = _texts(events)
    if len(found) < 3:
        raise Nothing
    del events[found[len(found) // 2]]


@stream("a delta of a message comes twice", "SSE-014")
def _(events):
    found = _texts(events)
    if not found:
        raise Nothing
    events.insert(found[-1], deepcopy(events[found[-1]]))


@stream("two deltas of a message change places", "SSE-014")
def _(events):
    for first in _texts(events)[1:]:
        if first + 1 in _texts(events) and _text(events, first)["value"] != _text(events, first + 1)["value"]:
            events[first], events[first + 1] = events[first + 1], events[first]
            return
    raise Nothing


@stream("a delta loses its white space", "SSE-014")
def _(events):
    for place in _texts(events):
        text = _text(events, place)
        if text["value"] != text["value"].strip():
            text["value"] = text["value"].strip()
            return
    raise Nothing


@stream("a delta has another index", "SSE-017")
def _(events):
    found = _texts(events)
    if len(found) < 2:
        raise Nothing
    events[found[1]][1]["delta"]["content"][0]["index"] += 2


@stream("a delta has its index as text", "SSE-017")
def _(events):
    found = places(events, "thread.message.delta")
    if not found:
        raise Nothing
    events[found[0]][1]["delta"]["content"][0]["index"] = "0"


@stream("a delta has the id of another message", "SSE-032")
def _(events):
    found = _texts(events)
    if not found or not events[found[-1]][1]["id"].startswith("msg_"):
        raise Nothing
    events[found[-1]][1]["id"] = "msg_" + "Zz9" * 8


@simple("a message ends with another text", ("SSE-014",), "thread.message.completed", "thread.message.incomplete")
def _(events, place):
    if not _texts(events):
        raise Nothing
    events[place][1]["content"][-1]["text"]["value"] += "!"


@simple("a message ends with a part less", ("SSE-014",), "thread.message.completed")
def _(events, place):
    events[place][1]["content"].pop()


@simple("a message is of another run", ("SSE-032",), "thread.message.created")
def _(events, place):
    events[place][1]["run_id"] = "run_" + "Zz9" * 8


@simple("a message begins with a text", ("SSE-015",), "thread.message.created")
def _(events, place):
    events[place][1]["content"] = [{"type": "text", "text": {"value": "", "annotations": []}}]


@simple("a message has no status", ("SSE-026",), "thread.message.completed")
def _(events, place):
    del events[place][1]["status"]


@simple("a completed message has incomplete_at", ("MSG-030",), "thread.message.completed")
def _(events, place):
    events[place][1]["incomplete_at"] = events[place][1]["completed_at"]


@simple("a cut message names no reason", ("MSG-030", "MSG-028", "SSE-027"), "thread.message.incomplete")
def _(events, place):
    events[place][1]["incomplete_details"] = None


@simple("a delta names its role", ("N-16",), "thread.message.delta")
def _(events, place):
    events[place][1]["delta"]["role"] = "assistant"


@stream("the first delta has no annotations", "SSE-016")
def _(events):
    found = _texts(events)
    if not found or _text(events, found[0]).pop("annotations", None) is None:
        raise Nothing


@stream("later deltas have empty annotations", "SSE-016")
def _(events):
    found = _texts(events)
    if len(found) < 2 or "annotations" in _text(events, found[1]):
        raise Nothing
    _text(events, found[1])["annotations"] = []


def _noted(events: Events) -> list[dict[str, Any]]:
    return [note for place in _texts(events) for note in _text(events, place).get("annotations") or []]


@stream("an annotation in a delta has no index", "ANN-013")
def _(events):
    notes = _noted(events)
    if not notes:
        raise Nothing
    del notes[0]["index"]


@stream("an annotation covers something else in its delta", "SSE-014")
def _(events):
    notes = _noted(events)
    if not notes or "start_index" not in notes[0]:
        raise Nothing
    notes[0]["start_index"] += 1


@stream("the message ends without its annotations", "SSE-014")
def _(events):
    found = places(events, "thread.message.completed")
    if not _noted(events) or not found:
        raise Nothing
    events[found[-1]][1]["content"][-1]["text"]["annotations"] = []


def _pieces(events: Events, kind: str, name: str) -> list[tuple[int, dict[str, Any]]]:
    """The deltas of calls of a kind whose member `name` says something."""
    found = []
    for place in places(events, "thread.run.step.delta"):
        for call in events[place][1]["delta"]["step_details"].get("tool_calls") or []:
            found += [(place, call)] if call.get(kind, {}).get(name) else []
    return found


@stream("a piece of code is lost", "SSE-018")
def _(events):
    found = _pieces(events, "code_interpreter", "input")
    if len(found) < 2:
        raise Nothing
    del events[found[1][0]]


@stream("a piece of code comes twice", "SSE-018")
def _(events):
    found = _pieces(events, "code_interpreter", "input")
    if not found:
        raise Nothing
    events.insert(found[-1][0], deepcopy(events[found[-1][0]]))


@stream("a piece of the arguments is lost", "N-13", "SSE-018")
def _(events):
    found = _pieces(events, "function", "arguments")
    if len(found) < 2 or not places(events, "thread.run.requires_action"):
        raise Nothing
    del events[found[1][0]]


@stream("the first delta of a call has no id", "SSE-018")
def _(events):
    found = places(events, "thread.run.step.delta")
    calls = [call for place in found for call in events[place][1]["delta"]["step_details"].get("tool_calls") or []]
    if not calls or calls[0].pop("id", None) is None:
        raise Nothing


@simple("a delta has the id of another step", ("SSE-032",), "thread.run.step.delta")
def _(events, place):
    if not events[place][1]["id"].startswith("step_"):
        raise Nothing
    events[place][1]["id"] = "step_" + "Zz9" * 8


@simple("a step ends with another id", ("SSE-010",), "thread.run.step.completed", when=alone)
def _(events, place):
    events[place][1]["id"] = "step_" + "Zz9" * 8


@simple("a step is of another run", ("SSE-032", "STEP-019"), "thread.run.step.created")
def _(events, place):
    events[place][1]["run_id"] = "run_" + "Zz9" * 8


@stream("a step ends with other code", "SSE-018")
def _(events):
    for place in places(events, "thread.run.step.completed"):
        for call in events[place][1]["step_details"].get("tool_calls") or []:
            if call.get("code_interpreter", {}).get("input"):
                call["code_interpreter"]["input"] += "\n"
                return
    raise Nothing


@stream("a tool step begins with its calls", "N-09")
def _(events):
    for place in places(events, "thread.run.step.in_progress"):
        if events[place][1]["type"] == "tool_calls":
            events[place][1]["step_details"]["tool_calls"] = [{"id": "call_" + "a" * 24, "type": "function"}]
            return
    raise Nothing


@simple("the awaited arguments are others", ("N-13", "SSE-018"), "thread.run.requires_action")
def _(events, place):
    call = events[place][1]["required_action"]["submit_tool_outputs"]["tool_calls"][0]
    call["function"]["arguments"] += " "


@simple("the step of a submit shows another output", ("SSE-012", "N-14"), "thread.run.step.completed", when=submit)
def _(events, place):
    events[place][1]["step_details"]["tool_calls"][0]["function"]["output"] = "nothing"


@simple("a submit creates the run again", ("N-14",), "thread.run.queued", when=submit)
def _(events, place):
    events.insert(place, ["thread.run.created", deepcopy(events[place][1])])


@simple("the run in progress is queued", ("SSE-019",), "thread.run.in_progress")
def _(events, place):
    events[place][1]["status"] = "queued"


@simple("the completed run has failed", ("SSE-019",), "thread.run.completed")
def _(events, place):
    events[place][1]["status"] = "failed"


@simple("the new run is in progress", ("SSE-009",), "thread.run.created", when=alone)
def _(events, place):
    events[place][1]["status"] = "in_progress"


@simple("the queued run differs from the created one", ("N-08",), "thread.run.created")
def _(events, place):
    events[place][1]["metadata"] = {"a": "b"}


@simple("usage comes too early", ("SSE-021",), "thread.run.in_progress")
def _(events, place):
    end = places(events, *ENDS)
    if not end or not events[end[0]][1].get("usage"):
        raise Nothing
    events[place][1]["usage"], events[end[0]][1]["usage"] = events[end[0]][1]["usage"], None


@simple("usage does not come", ("SSE-021",), "thread.run.completed")
def _(events, place):
    if not events[place][1].get("usage"):
        raise Nothing
    events[place][1]["usage"] = None


@simple("the run ends under another id", ("SSE-032",), "thread.run.completed")
def _(events, place):
    events[place][1]["id"] = "run_" + "Zz9" * 8


def raw(name: str, *requirements: str):
    """Damage the bytes of a stream."""

    def register(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
        def apply(trace: Trace) -> Iterator[Trace]:
            for number, exchange in enumerate(trace):
                if whole_stream(exchange) and len(exchange.response.body) > 1000:
                    yield swapped(trace, number, with_body(exchange, change(exchange.response.body)))

        STREAM_DAMAGES.append(Damage(f"stream: {name}", requirements, apply))
        return change

    return register


@raw("cut in the middle of an event", "SSE-004", "SSE-023")
def _(body):
    return body[: len(body) * 2 // 3]


@raw("events without names", "SSE-003")
def _(body):
    return b"".join(line for line in body.splitlines(keepends=True) if not line.startswith(b"event:"))


@raw("an event without an empty line behind it", "SSE-003", "SSE-005", "SSE-008", "SSE-007", "SSE-012")
def _(body):
    separator = b"\r\n\r\n" if b"\r\n\r\n" in body else b"\n\n"
    return body.replace(separator, separator[: len(separator) // 2], 1)


@raw("a byte that is no UTF-8", "SSE-003")
def _(body):
    return body.replace(b'"created_at"', b'"created_\xff"', 1)


def headed(name: str, *requirements: str):
    """Damage the headers of a stream."""

    def register(change: Callable[[Exchange, dict[str, str]], object]):
        def apply(trace: Trace) -> Iterator[Trace]:
            for number, exchange in enumerate(trace):
                headers = dict(exchange.response.headers)
                if not whole_stream(exchange):
                    continue
                with contextlib.suppress(Nothing):
                    change(exchange, headers)
                    response = replace(exchange.response, headers=headers)
                    yield swapped(trace, number, replace(exchange, response=response))

        STREAM_DAMAGES.append(Damage(f"stream: {name}", requirements, apply))
        return change

    return register


@headed("no charset", "SSE-002")
def _(exchange, headers):
    if "content-type" not in headers:
        raise Nothing
    headers["content-type"] = "text/event-stream"


@headed("called JSON", "SSE-001", "RUN-030")
def _(exchange, headers):
    if "content-type" not in headers:
        raise Nothing
    headers["content-type"] = "application/json"


@headed("the answer began after the run had ended", "SSE-033")
def _(exchange, headers):
    runs = [event.json for event in exchange.response.events if event.json.get("object") == "thread.run"]
    ended = runs[-1].get("completed_at")
    if submit(exchange) or not isinstance(ended, int):
        raise Nothing
    headers["date"] = formatdate(max(ended, runs[0]["created_at"]) + 5, usegmt=True)


def read_later(name: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Damage the first reading of a run after its stream."""

    def apply(trace: Trace) -> Iterator[Trace]:
        told: set[str] = set()
        for number, exchange in enumerate(trace):
            if whole_stream(exchange):
                told |= {str(e.json.get("id")) for e in exchange.response.events if e.name in ENDS}
            body = exchange.response.json
            if is_route(exchange, "GET", "threads", "*", "runs", "*") and isinstance(body, dict) and body["id"] in told:
                again = deepcopy(body)
                change(again)
                yield swapped(trace, number, with_body(exchange, again))

    STREAM_DAMAGES.append(Damage(f"stream: {name}", ("SSE-022",), apply))


read_later("the run has another model when it is read", lambda run: run.update(model="another-model"))
read_later("the run has other usage when it is read", lambda run: run.update(usage={"total_tokens": 1}))
