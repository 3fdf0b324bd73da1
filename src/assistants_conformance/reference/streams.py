"""Streams: the events of one run as they happen, framed as server-sent events.

A stream listens to its run and never moves it: who leaves early leaves the run as it is. Whoever sends the frames lets
the time pass that the run needs, so a stream works on a virtual and on a real clock alike.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Any

from assistants_conformance.reference import spoilt_streams
from assistants_conformance.reference.wire import dump_compact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_conformance.reference.state import Json, Message, Run, Step, Thread
    from assistants_conformance.reference.world import World

DONE = "[DONE]"
#: How long a stream looks at a run that does not move before it looks again, in seconds of the server's clock.
_LOOK_AGAIN = 1.0
#: So often it looks in vain before it ends without a word; only a run that a fault holds fast gets there.
_PATIENCE = 1000
#: The states of a run with which a stream ends.
_LAST = frozenset({"requires_action", "completed", "incomplete", "failed", "cancelled", "expired"})
_WORDS = re.compile(r"\s*\S+|\s+")


class RunStream:
    """The stream of one run."""

    def __init__(self, world: World, run: Run) -> None:
        self.run = run
        self._world = world
        self._frames: deque[bytes] = deque()
        self._faulty = spoilt_streams.Spoilt(world.faults)
        self._ended = False
        self._in_vain = 0

    def tell(self, event: str, data: Json) -> None:
        """Add an event."""
        if self._ended:
            return
        for name, shown in self._faulty.events(event, self._world.spoil(data)):
            self._frames.append(frame(name, shown))
        if event.startswith("thread.run.") and event.removeprefix("thread.run.") in _LAST:
            self._end()

    def _end(self) -> None:
        self._ended = True
        self._world.engine.streams.leave(self)
        for name, shown in self._faulty.end():
            self._frames.append(frame(name, shown))

    def pull(self) -> bytes | float | None:
        """Return the next frame, the seconds of the server's time to wait for it, or None at the end."""
        while True:
            if self._frames:
                self._in_vain = 0
                return self._faulty.framed(self._frames.popleft())
            if self._ended:
                return None
            self._world.settle()
            if not self._frames and not self._ended:
                return self._patience()

    def _patience(self) -> float | None:
        due, now = self.run.due, self._world.clock.now()
        if due is not None and due > now:
            return due - now
        self._in_vain += 1
        if self._in_vain > _PATIENCE or not self.run.is_open:
            self.close()
            return None
        return _LOOK_AGAIN

    def close(self) -> None:
        """End it from the client's side; the run goes on."""
        self._ended = True
        self._frames.clear()
        self._world.engine.streams.leave(self)
        if self._world.faults.on("leaving-a-stream-cancels-the-run") and self.run.is_open:
            self._world.engine.cancel(self.run)


def frame(event: str, data: Any) -> bytes:
    """Write one event as the service frames it."""
    told = data.encode() if isinstance(data, str) else dump_compact(data)
    return b"event: " + event.encode() + b"\ndata: " + told + b"\n\n"


class Streams:
    """Who listens to which run, and what is told of each change."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._listening: dict[str, RunStream] = {}

    def open(self, run: Run, thread: Thread | None = None) -> RunStream:
        """Begin to listen to a new run; `thread` is the one that was made with it."""
        stream = self.listen(run)
        if thread is not None:
            stream.tell("thread.created", self._world.render.thread(thread, read=True))
        self.run(run, "created")
        self.run(run)
        return stream

    def listen(self, run: Run) -> RunStream:
        """Begin to listen to a run."""
        stream = self._listening[run.id] = RunStream(self._world, run)
        return stream

    def leave(self, stream: RunStream) -> None:
        """Stop listening."""
        if self._listening.get(stream.run.id) is stream:
            del self._listening[stream.run.id]

    def hears(self, run: Run) -> bool:
        """Say whether anybody listens to a run."""
        return run.id in self._listening

    def run(self, run: Run, event: str | None = None) -> None:
        """Tell of a run's new status."""
        if self.hears(run):
            shown = self._world.render.run(run, streamed=True)
            self._listening[run.id].tell(f"thread.run.{event or run.status}", shown)

    def step(self, run: Run, step: Step, event: str, *, bare: bool = False) -> None:
        """Tell of a step; `bare`: without its calls, which come in deltas."""
        if self.hears(run):
            shown = self._world.render.step(step, run, streamed=True)
            if bare and step.type == "tool_calls":
                shown = {**shown, "step_details": {"type": "tool_calls", "tool_calls": []}}
            self._listening[run.id].tell(f"thread.run.step.{event}", shown)

    def opened_step(self, run: Run, step: Step) -> None:
        """Tell of a step that begins."""
        for event in ("created", "in_progress"):
            self.step(run, step, event, bare=True)

    def calls(self, run: Run, step: Step, *, only_outputs: bool = False) -> None:
        """Tell of the tool calls of a step piece by piece, or of the outputs that the code interpreter gave."""
        if self.hears(run):
            for number, call in enumerate(step.details["tool_calls"]):
                for piece in _outputs(call) if only_outputs else _pieces(call):
                    rows = [{"index": number, **piece}]
                    self._delta(run, step.id, "thread.run.step", {"step_details": {**step.details, "tool_calls": rows}})

    def opened_message(self, run: Run, message: Message) -> None:
        """Tell of a message that begins."""
        for event in ("created", "in_progress"):
            self.message(run, message, event, status="in_progress")

    def message(
        self, run: Run, message: Message, event: str, *, status: str, at: int | None = None, reason: str | None = None
    ) -> None:
        """Tell of a message; `at` is when it ended, in Unix seconds."""
        if self.hears(run):
            shown = self._world.render.streamed_message(message, status, at, reason)
            self._listening[run.id].tell(f"thread.message.{event}", shown)

    def content(self, run: Run, message: Message) -> None:
        """Tell of the content of a message piece by piece."""
        if self.hears(run):
            quoted = self._world.profile.shape == "v2"
            for number, part in enumerate(message.content):
                for piece in _spoken(part, quoted=quoted):
                    self._delta(run, message.id, "thread.message", {"content": [{"index": number, **piece}]})

    def _delta(self, run: Run, identifier: str, kind: str, delta: Json) -> None:
        shown = {"id": identifier, "object": f"{kind}.delta", "delta": delta}
        self._listening[run.id].tell(f"{kind}.delta", shown)


def _pieces(call: Json) -> Iterator[Json]:
    kind = call["type"]
    match kind:
        case "function":
            function = call["function"]
            yield {"id": call["id"], "type": kind, kind: {"name": function["name"], "arguments": "", "output": None}}
            for text in _WORDS.findall(function["arguments"]) if isinstance(function["arguments"], str) else ():
                yield {"type": kind, kind: {"arguments": text}}
        case "code_interpreter":
            yield {"id": call["id"], "type": kind, kind: {"input": "", "outputs": []}}
            for text in _WORDS.findall(call[kind]["input"]):
                yield {"type": kind, kind: {"input": text}}
        case "file_search":
            yield {"id": call["id"], "type": kind, kind: {**call[kind], "results": []} if call[kind] else {}}
        case _:
            yield dict(call)


def _outputs(call: Json) -> Iterator[Json]:
    for number, output in enumerate(call.get("code_interpreter", {}).get("outputs", ())):
        yield {"type": "code_interpreter", "code_interpreter": {"outputs": [{"index": number, **output}]}}


def _spoken(part: Json, *, quoted: bool) -> Iterator[Json]:
    if part["type"] != "text":
        yield part
        return
    value, notes = part["text"]["value"], part["text"]["annotations"]
    place, first = 0, True
    for number, note in enumerate(notes if isinstance(notes, list) else ()):
        start = note.get("start_index", place)
        for text in _WORDS.findall(value[place:start]):
            yield _said(text, [] if first else None)
            first = False
        if first:
            yield _said("", [])
            first = False
        place = max(place, note.get("end_index", start))
        yield _said(value[start:place], [{"index": number, **_cited(note, quoted=quoted)}])
    for text in _WORDS.findall(value[place:]):
        yield _said(text, [] if first else None)
        first = False
    if first:
        yield _said("", [])


def _said(text: str, notes: list[Json] | None) -> Json:
    return {"type": "text", "text": {"value": text} if notes is None else {"value": text, "annotations": notes}}


def _cited(note: Json, *, quoted: bool) -> Json:
    """Return an annotation as a delta has it: in the second shape a citation has an empty quote there (C-19)."""
    if quoted and note.get("type") == "file_citation" and isinstance(note.get("file_citation"), dict):
        return {**note, "file_citation": {**note["file_citation"], "quote": ""}}
    return note
