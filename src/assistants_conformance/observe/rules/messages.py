"""Messages: who wrote them, and annotations that really cover what they claim to."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from assistants_conformance.observe.context import Context, whole
from assistants_conformance.observe.settings import check_settings

if TYPE_CHECKING:
    from assistants_conformance.observe.call import Call
    from assistants_conformance.observe.world import RunSeen

_SANDBOX = re.compile(r"sandbox:/\S+")
_CITATION = re.compile(r"【.+】", re.DOTALL)
#: What marks the place of a replaced annotation; private characters, which no text has.
_OPENED, _CLOSED = "\ue000", "\ue001"
_LEFTOVER = re.compile(rf"【[^】]*{_OPENED}|sandbox:\S*{_OPENED}|{_CLOSED}[^【】]*】")
_TOOLS_OF = {"file_citation": {"retrieval", "file_search"}, "file_path": {"code_interpreter"}}
_STREAM_ONLY = ("status", "incomplete_details", "completed_at", "incomplete_at")


def observe_messages(call: Call, context: Context) -> None:
    """Judge every message that an answer carries."""
    for message in call.objects("message"):
        if call.operation is not None and call.operation.deletes:
            continue
        _author(call, context, message)
        if call.in_stream:
            _stream_members(call, context, message)
        else:
            _no_stream_members(context, message)
        content = message.get("content")
        for part in content if isinstance(content, list) else []:
            text = part.get("text") if isinstance(part, dict) else None
            if isinstance(text, dict) and isinstance(text.get("value"), str):
                _annotations(call, context, text["value"], text.get("annotations"))
                _sources(context, message.get("run_id"), text.get("annotations"))


def _author(call: Call, context: Context, message: dict[str, Any]) -> None:
    assistant, run = message.get("assistant_id"), message.get("run_id")
    told = f"role {message.get('role')}, assistant_id {assistant!r}, run_id {run!r}"
    if call.operation is not None and call.operation.id == "create_message":
        for requirement in ("MSG-018", "N-03"):
            context.report.check(requirement, assistant is None and run is None, told, "both null in a posted message")
    elif run is None:
        context.report.check("MSG-018", assistant is None, told, "both null or both set")
    else:
        context.report.check(
            "MSG-019", assistant is not None and message.get("role") == "assistant", told, "both set, role assistant"
        )


def _no_stream_members(context: Context, message: dict[str, Any]) -> None:
    present = [name for name in _STREAM_ONLY if name in message]
    for requirement in ("MSG-029", "MSG-031"):
        context.report.check(requirement, not present, f"{present} in a REST answer", "these members only in streams")


def _stream_members(call: Call, context: Context, message: dict[str, Any]) -> None:
    missing = [name for name in _STREAM_ONLY if name not in message]
    context.report.check("SSE-026", not missing, f"without {missing}", f"{', '.join(_STREAM_ONLY)} in every event")
    if isinstance(message.get("status"), str):
        check_settings(context.report, call.profile.lifecycle("message"), message)


def _annotations(call: Call, context: Context, value: str, annotations: Any) -> None:
    report = context.report
    report.check("ANN-001", isinstance(annotations, list), annotations, "a list, possibly empty")
    if not isinstance(annotations, list):
        return
    _replaced(context, value, [note.get("text") for note in annotations if isinstance(note, dict)])
    spans: list[tuple[int, int]] = []
    allowed = call.profile.traits.get("annotation_types", ["file_citation", "file_path"])
    for note in annotations:
        if not isinstance(note, dict):
            continue
        report.check("ANN-001", note.get("type") in allowed, note.get("type"), f"one of {allowed}")
        report.check("ANN-012", "content_filter_results" not in note, note, "no content filter results")
        _text_form(context, note)
        if note.get("type") == "file_citation" and isinstance(note.get("file_citation"), dict):
            _quote(call, context, note["file_citation"])
        start, end = whole(note.get("start_index")), whole(note.get("end_index"))
        if start is not None and end is not None and isinstance(note.get("text"), str):
            spans.append((start, end))
            _span(context, value, note["text"], start, end)
    if len(spans) > 1:
        ordered = sorted(spans)
        apart = all(first[1] <= second[0] for first, second in pairwise(ordered))
        for requirement in ("ANN-011", "N-26"):
            report.check(requirement, apart, spans, "spans that do not overlap")


def _replaced(context: Context, value: str, marked: list[Any]) -> None:
    """Replace every annotated text, as the documented sample does, and look at what is left around it."""
    if not marked:
        return
    left = value
    for text in marked:
        if not isinstance(text, str) or not text or text not in value:
            context.report.check("ANN-010", False, f"{text!r} is not in the text", "a text that can be replaced")
            return
        left = left.replace(text, _OPENED + _CLOSED)
    rest = _LEFTOVER.search(left)
    context.report.check("ANN-010", rest is None, rest and rest[0], "no rest of a marker beside a replaced annotation")


def _sources(context: Context, run_id: Any, annotations: Any) -> None:
    run = context.world.runs.get(run_id) if isinstance(run_id, str) else None
    if run is None or not isinstance(annotations, list):
        return
    kinds = [note.get("type") for note in annotations if isinstance(note, dict)]
    run.annotated |= {kind for kind in _TOOLS_OF if kind in kinds}
    cited = [note.get("file_citation") for note in annotations if isinstance(note, dict)]
    run.cited |= {one["file_id"] for one in cited if isinstance(one, dict) and isinstance(one.get("file_id"), str)}
    judge_sources(context, run)


def judge_sources(context: Context, run: RunSeen) -> None:
    """Judge the kinds of annotation that a run wrote against the tools of its steps, once both are known."""
    if run.tools_used is None:
        return
    for kind in sorted(run.annotated):
        context.report.check(
            "ANN-009",
            run.tools_used & _TOOLS_OF[kind],
            f"a {kind} in a run whose steps used {sorted(run.tools_used) or 'no tool'}",
            f"a step of {' or '.join(sorted(_TOOLS_OF[kind]))}",
        )
    # A later run of the thread may cite what an earlier one found.
    alone = context.world.runs_of_thread.get(run.thread_id) == {run.id}
    if context.closed and run.found is not None and run.cited and alone:
        told = f"citations of {sorted(run.cited - run.found)}, which no search found"
        context.report.check("VS-053", run.cited <= run.found, told, f"only of {sorted(run.found)}")


def _quote(call: Call, context: Context, citation: dict[str, Any]) -> None:
    if call.profile.shape == "v2":
        context.report.check(
            "ANN-008", isinstance(citation.get("quote", ""), str), citation, "quote absent or a string"
        )


def _span(context: Context, value: str, text: str, start: int, end: int) -> None:
    covered = value[start:end] == text and 0 <= start < end
    units = value.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le", "replace") == text
    if not covered and units:
        context.report.check("ANN-004", False, f"{start}..{end} count UTF-16 units", "indices count code points")
        # Which unit is right after such letters is ANN-004's alone.
        for requirement in ("ANN-003", "N-26"):
            context.report.passed(requirement)
        return
    told = f"value[{start}:{end}] is {value[max(start, 0) : end]!r}"
    for requirement in ("ANN-003", "N-26"):
        context.report.check(requirement, covered, told, f"{text!r}")
    if any(ord(character) > 0xFFFF for character in value[:end]):
        context.report.passed("ANN-004")


def _text_form(context: Context, note: dict[str, Any]) -> None:
    text = note.get("text")
    if not isinstance(text, str):
        return
    if note.get("type") == "file_path":
        context.report.check("ANN-005", _SANDBOX.fullmatch(text), text, "text of the form sandbox:/…")
    elif note.get("type") == "file_citation":
        context.report.check("ANN-006", _CITATION.fullmatch(text), text, "a marker of the form 【…】")
