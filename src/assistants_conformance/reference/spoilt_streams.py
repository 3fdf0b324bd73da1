"""Streams as faults spoil them: events lost, doubled, renamed, out of order, frames that no client understands."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from assistants_conformance.reference.clock import Clock
    from assistants_conformance.reference.faults import Faults
    from assistants_conformance.reference.wire import Frames

Json = dict[str, Any]

#: By fault: events that are never sent.
_LOST: Mapping[str, tuple[str, ...]] = {
    "stream-begins-without-its-thread": ("thread.created",),
    "stream-begins-without-run-created": ("thread.run.created",),
    "stream-skips-in-progress": ("thread.run.in_progress",),
    "stream-without-step-events": ("thread.run.step.created", "thread.run.step.in_progress"),
    "stream-without-ends-of-steps": ("thread.run.step.completed",),
}
#: By fault: events under another name.
_RENAMED: Mapping[str, Mapping[str, str]] = {
    "delta-events-of-another-api": {"thread.message.delta": "response.output_text.delta"},
}
_STATUS_GROUP = ("status", "incomplete_details", "completed_at", "incomplete_at")


def content_type(faults: Faults) -> str:
    """Return what a stream says of itself."""
    return "text/event-stream" if faults.on("stream-without-charset") else "text/event-stream; charset=utf-8"


class _Kept:
    """Frames that were kept until the last of them was there."""

    def __init__(self, frames: list[bytes]) -> None:
        self._frames = frames[::-1]

    def pull(self) -> bytes | None:
        """Return the next one, None at the end."""
        return self._frames.pop() if self._frames else None

    def close(self) -> None:
        """Forget the others."""
        self._frames.clear()


def held_back(faults: Faults, stream: Frames, clock: Clock) -> Frames:
    """Return the stream itself, or where a fault keeps the events until the run has ended, all of its frames."""
    if not faults.on("stream-is-held-back"):
        return stream
    frames = []
    while (got := stream.pull()) is not None:
        if isinstance(got, bytes):
            frames.append(got)
        else:
            clock.advance(got)
    return _Kept(frames)


class Spoilt:
    """What one stream does to its events; without faults it lets them through."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._sent: list[str] = []
        self._deltas = 0
        self._cut = False
        self._stopped = False
        self._failed = False
        self._step: Json = {}

    def events(self, name: str, data: Json) -> Iterator[tuple[str, Any]]:
        """Yield the events that go out in the place of one."""
        if not self._faults.active:
            yield name, data
            return
        on = self._faults.on
        for told, shown in self._changed(name, copy.deepcopy(data)):
            self._failed = self._failed or told == "thread.run.failed"
            lost = any(on(fault) and told in names for fault, names in _LOST.items())
            first = not self._sent and told == "thread.run.step.completed"
            self._sent.append(told)
            if lost or self._stopped or (first and on("submit-stream-begins-with-the-run")):
                continue
            for fault, names in _RENAMED.items():
                told = names.get(told, told) if on(fault) else told  # noqa: PLW2901 - the name that goes out
            yield told, shown
            if on("stream-just-stops") and told == "thread.run.in_progress":
                self._stopped = True

    def _changed(self, name: str, data: Json) -> Iterator[tuple[str, Any]]:
        on = self._faults.on
        for fault, (names, change) in _CHANGED.items():
            if on(fault) and name in names:
                change(data)
        if name == "thread.message.delta":
            self._deltas += 1
            if on("a-delta-is-lost") and self._deltas == 2:
                return
            if on("indices-count-the-deltas"):
                data["delta"]["content"][0]["index"] = self._deltas - 1
        if name == "thread.message.incomplete":
            self._cut = True
        if name == "thread.run.step.completed" and self._cut and on("cut-message-fails-its-step"):
            name, data["status"] = "thread.run.step.failed", "failed"
        if name == "thread.run.queued" and not self._has("thread.run.created") and on("submit-stream-creates-the-run"):
            yield "thread.run.created", data
        if name == "thread.run.requires_action" and on("tool-step-ends-before-its-outputs"):
            yield "thread.run.step.completed", {**self._step, "status": "completed"}
        if name == "thread.run.step.in_progress":
            self._step = data
        if on("event-data-is-wrapped"):
            data = {"event": name, "data": data}
        yield name, data
        if name == "thread.run.completed" and on("stream-ends-twice"):
            yield name, data

    def _has(self, name: str) -> bool:
        return name in self._sent

    def end(self) -> Iterator[tuple[str, Any]]:
        """Yield the events with which the stream ends."""
        on = self._faults.on
        silent = self._stopped or on("stream-without-done") or (self._failed and on("failing-stream-without-done"))
        if not silent:
            yield "done", "[DONE]"

    def framed(self, frame: bytes) -> bytes:
        """Return a frame as it is written."""
        if self._faults.on("events-without-names"):
            return frame.partition(b"\n")[2]
        return frame


def _set(name: str, value: Any) -> Callable[[Json], None]:
    def change(data: Json) -> None:
        data[name] = copy.deepcopy(value)

    return change


def _in_content(change: Callable[[Json], None]) -> Callable[[Json], None]:
    def each(data: Json) -> None:
        for part in data["delta"]["content"]:
            change(part)

    return each


def _in_calls(change: Callable[[Json], None]) -> Callable[[Json], None]:
    def each(data: Json) -> None:
        for call in data["delta"]["step_details"].get("tool_calls", ()):
            change(call)

    return each


def _trimmed(part: Json) -> None:
    if "text" in part:
        part["text"]["value"] = part["text"]["value"].strip()


def _annotated(part: Json) -> None:
    if "text" in part:
        part["text"].setdefault("annotations", [])


def _bare_notes(part: Json) -> None:
    for note in part.get("text", {}).get("annotations", ()):
        note.pop("index", None)


def _namespaced(call: Json) -> None:
    function = call.get("function", {})
    if "name" in function:
        function["name"] = f"functions.{function['name']}"


def _doubled_input(call: Json) -> None:
    code = call.get("code_interpreter", {})
    if code.get("input"):
        code["input"] *= 2


def _without_group(data: Json) -> None:
    for name in _STATUS_GROUP:
        del data[name]


def _with_text(data: Json) -> None:
    data["content"] = [{"type": "text", "text": {"value": "", "annotations": []}}]


def _later(data: Json) -> None:
    data["completed_at"] += 5


def _other_id(data: Json) -> None:
    data["id"] = f"{data['id'][:-4]}Zzzz"


def _role(data: Json) -> None:
    data["delta"]["role"] = "assistant"


def _other_reason(data: Json) -> None:
    data["incomplete_details"] = {"reason": "length"}


def _completed_as_well(data: Json) -> None:
    data["completed_at"] = data["incomplete_at"]


def _with_calls(data: Json) -> None:
    if data["type"] == "tool_calls":
        data["step_details"]["tool_calls"] = [{"id": "call_000", "type": "function", "function": {}}]


_NO_TOKENS = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
_OPENINGS = ("thread.message.created", "thread.message.in_progress")
_MESSAGES = (*_OPENINGS, "thread.message.completed", "thread.message.incomplete")
_STEP_OPENINGS = ("thread.run.step.created", "thread.run.step.in_progress")
#: By fault: in which events, and what is changed of their data.
_CHANGED: Mapping[str, tuple[tuple[str, ...], Callable[[Json], None]]] = {
    "new-run-is-streamed-as-working": (("thread.run.created", "thread.run.queued"), _set("status", "in_progress")),
    "deltas-are-trimmed": (("thread.message.delta",), _in_content(_trimmed)),
    "every-delta-with-annotations": (("thread.message.delta",), _in_content(_annotated)),
    "deltas-without-index": (("thread.message.delta",), _in_content(lambda part: part.pop("index"))),
    "streamed-notes-without-index": (("thread.message.delta",), _in_content(_bare_notes)),
    "message-deltas-with-role": (("thread.message.delta",), _role),
    "deltas-of-another-id": (("thread.message.delta",), _other_id),
    "call-deltas-without-id": (("thread.run.step.delta",), _in_calls(lambda call: call.pop("id", None))),
    "call-deltas-name-a-namespace": (("thread.run.step.delta",), _in_calls(_namespaced)),
    "code-is-streamed-twice": (("thread.run.step.delta",), _in_calls(_doubled_input)),
    "tool-steps-begin-with-calls": (_STEP_OPENINGS, _with_calls),
    "completed-run-is-streamed-as-working": (("thread.run.completed",), _set("status", "in_progress")),
    "usage-is-streamed-early": (("thread.run.in_progress",), _set("usage", _NO_TOKENS)),
    "streamed-run-ends-at-another-time": (("thread.run.completed",), _later),
    "streamed-messages-without-status": (_MESSAGES, _without_group),
    "message-begins-with-text": (_OPENINGS, _with_text),
    "message-is-cut-for-length": (("thread.message.incomplete",), _other_reason),
    "cut-message-is-completed-as-well": (("thread.message.incomplete",), _completed_as_well),
    "queued-run-differs-from-the-created": (("thread.run.queued",), _set("metadata", {"queue": "1"})),
}
