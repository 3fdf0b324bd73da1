"""Deltas: pieces of a message or of the calls of a step, which add up to what the end shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.contract import brief

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_conformance.observe.call import Call
    from assistants_conformance.observe.context import Context
    from assistants_conformance.observe.events import Event

Json = dict[str, Any]

#: The members of a tool call that grow by being appended to.
_APPENDED = {"function": ("arguments",), "code_interpreter": ("input",)}


def _rows(value: Any) -> list[Json]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _inner(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


class Deltas:
    """Adds up the deltas of one stream and compares the sum with the object at the end."""

    def __init__(self, call: Call, context: Context) -> None:
        self._call = call
        self._report = context.report
        self._parts: dict[str, dict[int, Json]] = {}
        self._calls: dict[str, dict[int, Json]] = {}
        self._latest: str | None = None

    def take(self, event: Event) -> None:
        """Take one event in, and judge an end by what came before it."""
        data, identifier = event.json, str(event.json.get("id"))
        match event.name:
            case "thread.message.delta":
                self._message_delta(identifier, data.get("delta"))
            case "thread.message.in_progress":
                self._parts.setdefault(identifier, {})
            case "thread.message.completed" | "thread.message.incomplete":
                self._message(identifier, data)
            case "thread.run.step.delta":
                self._latest = identifier
                self._step_delta(identifier, data.get("delta"))
            case "thread.run.step.completed":
                self._step(identifier, data)
            case "thread.run.requires_action":
                self._awaited(data)

    def end(self) -> None:
        """Forget the pieces; what never came to an end is told by the order of events."""
        self._parts.clear()
        self._calls.clear()

    # -- messages ----------------------------------------------------------------------------------------------------

    def _message_delta(self, identifier: str, delta: Any) -> None:
        report = self._report
        keys = sorted(delta) if isinstance(delta, dict) else delta
        report.check("N-16", keys == ["content"], f"a delta with {keys}", "content and no other key")
        parts = self._parts.setdefault(identifier, {})
        for part in _rows(_inner(delta, "content")):
            index = part.get("index")
            if not self._indexed(index, parts):
                continue
            assert isinstance(index, int)
            text = part.get("text") if isinstance(part.get("text"), dict) else None
            known = parts.get(index)
            if known is None:
                parts[index] = {"type": part.get("type"), "value": "", "annotations": [], "image": None}
                known = parts[index]
                if text is not None:
                    first = text.get("annotations")
                    report.check("SSE-016", first == [], f"annotations {first!r:.80} in the first delta", "[]")
            elif text is not None and "annotations" in text:
                notes = text["annotations"]
                grown = isinstance(notes, list) and bool(notes)
                report.check("SSE-016", grown, f"annotations {notes!r:.80} in a later delta", "none, or some")
            if text is not None:
                known["value"] += text.get("value") if isinstance(text.get("value"), str) else ""
                known["annotations"] += _rows(text.get("annotations"))
            known["image"] = part.get("image_file") or known["image"]

    def _indexed(self, index: Any, known: dict[int, Json]) -> bool:
        right = isinstance(index, int) and not isinstance(index, bool) and (index in known or index == len(known))
        self._report.check("SSE-017", right, f"index {index!r} after {sorted(known)}", "indices from 0 on, in order")
        return right

    def _message(self, identifier: str, message: Json) -> None:
        parts = self._parts.get(identifier)
        content = _rows(message.get("content"))
        if parts is None:
            return
        ordered = self._in_order(parts)
        spoken = [(part["type"], part["value"] if part["type"] == "text" else part["image"]) for part in ordered]
        whole = [
            (part.get("type"), _inner(part, "text", "value") if part.get("type") == "text" else part.get("image_file"))
            for part in content
        ]
        told = f"the deltas give {brief(spoken, 200)}"
        for requirement in ("SSE-014", "N-12"):
            self._report.check(requirement, spoken == whole, told, f"the message: {brief(whole, 200)}")
        for part, final in zip(ordered, content, strict=False):
            self._notes(part["annotations"], _rows(_inner(final, "text", "annotations")))

    def _notes(self, spoken: list[Json], whole: list[Json]) -> None:
        """Annotations come in deltas with their index, and a quote where the stored form has none (C-19)."""
        names = ("type", "text", "start_index", "end_index")
        shown = [tuple(note.get(name) for name in names) for note in spoken]
        final = [tuple(note.get(name) for name in names) for note in whole]
        if shown or final:
            self._report.check("SSE-014", shown == final, f"annotations {brief(shown, 160)}", brief(final, 160))

    @staticmethod
    def _in_order(parts: dict[int, Json]) -> list[Json]:
        return [parts[index] for index in sorted(parts)]

    # -- steps -------------------------------------------------------------------------------------------------------

    def _step_delta(self, identifier: str, delta: Any) -> None:
        calls = self._calls.setdefault(identifier, {})
        for call in _rows(_inner(delta, "step_details", "tool_calls")):
            index = call.get("index")
            if not self._indexed(index, calls):
                continue
            assert isinstance(index, int)
            kind = call.get("type")
            known = calls.get(index)
            if known is None:
                named = isinstance(call.get("id"), str) and isinstance(kind, str)
                told = f"id {call.get('id')!r}, type {kind!r} in the first delta of a call"
                self._report.check("SSE-018", named, told, "id and type of the call")
                known = calls[index] = {"id": call.get("id"), "type": kind, "outputs": {}}
            inner = call.get(kind) if isinstance(kind, str) else None
            if isinstance(inner, dict):
                self._grow(known, str(kind), inner)

    def _grow(self, known: Json, kind: str, inner: Json) -> None:
        for name, value in inner.items():
            if name == "outputs":
                self._outputs(known["outputs"], value)
            elif name in _APPENDED.get(kind, ()):
                known[name] = known.get(name, "") + (value if isinstance(value, str) else "")
            elif value is not None:
                known[name] = value

    def _outputs(self, known: dict[int, Json], value: Any) -> None:
        for output in _rows(value):
            index = output.get("index")
            if not self._indexed(index, known):
                continue
            assert isinstance(index, int)
            grown = known.setdefault(index, {"type": output.get("type")})
            if isinstance(output.get("logs"), str):
                grown["logs"] = grown.get("logs", "") + output["logs"]
            if "image" in output:
                grown["image"] = output["image"]

    def _step(self, identifier: str, step: Json) -> None:
        calls = self._calls.get(identifier)
        if calls is None:
            return
        whole = _rows(_inner(step, "step_details", "tool_calls"))
        spoken = [calls[index] for index in sorted(calls)]
        told = [(call["id"], call["type"]) for call in spoken]
        final = [(call.get("id"), call.get("type")) for call in whole]
        self._report.check("SSE-018", told == final, f"deltas of {brief(told)}", f"the step: {brief(final)}")
        for call, end in zip(spoken, whole, strict=False):
            for name, grown, shown in _compared(call, end):
                self._report.check(
                    "SSE-018", grown == shown, f"{name} of the deltas {brief(grown, 160)}", f"{brief(shown, 160)}"
                )

    def _awaited(self, run: Json) -> None:
        calls = _rows(_inner(run, "required_action", "submit_tool_outputs", "tool_calls"))
        spoken = self._calls.get(self._latest or "", {})
        if not calls:
            return
        told = [
            (call["id"], call.get("name"), call.get("arguments"))
            for _, call in sorted(spoken.items())
            if call["type"] == "function"
        ]
        final = [
            (call.get("id"), _inner(call, "function", "name"), _inner(call, "function", "arguments")) for call in calls
        ]
        self._report.check("N-13", told == final, f"the deltas give {brief(told, 200)}", f"{brief(final, 200)}")
        self._report.check("SSE-018", told == final, f"the deltas give {brief(told, 200)}", f"{brief(final, 200)}")


def _compared(call: Json, end: Json) -> Iterator[tuple[str, Any, Any]]:
    """Yield what must be equal at the end; of a search, whose results come with the end, id and type alone."""
    match call["type"]:
        case "function":
            for name in ("name", "arguments"):
                yield name, call.get(name), _inner(end, "function", name)
        case "code_interpreter":
            yield "input", call.get("input", ""), _inner(end, "code_interpreter", "input")
            outputs = [
                {key: value for key, value in row.items() if key != "index"}
                for row in _rows(_inner(end, "code_interpreter", "outputs"))
            ]
            yield "outputs", [call["outputs"][index] for index in sorted(call["outputs"])], outputs
        case "file_search" if "ranking_options" in call:
            yield "ranking_options", call["ranking_options"], _inner(end, "file_search", "ranking_options")
