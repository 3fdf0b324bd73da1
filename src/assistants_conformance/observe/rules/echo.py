"""What was sent comes back: in the answer of a create or modify, and in every retrieve after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.contract import brief

if TYPE_CHECKING:
    from assistants_conformance.observe.call import Call
    from assistants_conformance.observe.context import Context

_ECHO = {"assistant": "ASST-043", "thread": "THR-018", "message": "MSG-033", "run": "RUN-044",
         "vector_store": "VS-047"}  # fmt: skip
#: The members of a request that stand in the object under the same name.
_PLAIN = {
    "assistant": ("name", "description", "model", "instructions", "metadata", "temperature", "top_p", "response_format",
                  "file_ids", "tools"),
    "thread": ("metadata",),
    "message": ("role", "metadata", "file_ids"),
    "run": ("assistant_id", "model", "metadata", "temperature", "top_p", "max_prompt_tokens", "max_completion_tokens",
            "truncation_strategy", "tool_choice", "response_format", "tools"),
    "vector_store": ("name", "metadata", "expires_after"),
}  # fmt: skip
_CREATE = {"create_assistant", "create_thread", "create_message", "create_run", "create_thread_and_run",
           "create_vector_store"}  # fmt: skip
_MODIFY = {"modify_assistant", "modify_thread", "modify_message", "modify_run", "modify_vector_store"}
_RETRIEVE = {"get_assistant", "get_thread", "get_message", "get_file", "get_vector_store"}
_REPLACED = {"assistant": "ASST-036", "vector_store": "VS-004"}
#: Members that may differ between two answers about the same object although nobody changed it.
_VOLATILE = {
    "assistant": {"tool_resources", "file_ids"},
    "thread": {"tool_resources"},
    "message": {"attachments", "file_ids", "status", "completed_at", "incomplete_at", "incomplete_details"},
    "file": {"status", "status_details", "bytes", "expires_at"},
    "vector_store": {"status", "file_counts", "usage_bytes", "last_active_at", "expires_at"},
}


def observe_echo(call: Call, context: Context) -> None:
    """Compare answers with what was sent, and later answers with earlier ones."""
    operation = call.operation
    if operation is None or not call.ok or len(call.items) != 1 or call.streamed:
        return
    answer, kind = call.items[0], operation.kind
    form = call.profile.request_shape(operation.request) if operation.request else None
    # What should have been refused and was not is told elsewhere; how it is echoed proves nothing.
    sound = form is None or form.is_valid(call.sent)
    if operation.id in _CREATE and sound:
        _echoed(call, context, kind, answer, _ECHO[kind])
    elif operation.id in _MODIFY and sound:
        _replaced(call, context, kind, answer)
    elif operation.id in _RETRIEVE:
        _unchanged(call, context, kind, answer)
    if sound and operation.id in _CREATE | _MODIFY | {"upload_file"}:
        _keep(call, context, kind, answer)
    if operation.id in ("create_assistant_file", "delete_assistant_file"):
        _forget(context, call.params.get("assistant_id", ""))
    if not sound and operation.id in _MODIFY:
        # It was taken all the same, so what the object held before is no longer to be expected.
        _forget(context, answer.get("id"))


def equivalent(name: str, sent: Any, answered: Any) -> bool:
    """Say whether an answered value is what was sent, as the recorded services write it back."""
    if name == "metadata" and isinstance(sent, dict) and isinstance(answered, dict):
        return {key: _as_text(value) for key, value in sent.items()} == answered
    if name == "tools" and isinstance(sent, list) and isinstance(answered, list):
        return len(sent) == len(answered) and all(map(_same_tool, sent, answered))
    if isinstance(sent, dict) and isinstance(answered, dict):
        told = {key: value for key, value in sent.items() if value is not None}
        return all(key in answered and equivalent(key, value, answered[key]) for key, value in told.items())
    return bool(sent == answered)


def _as_text(value: Any) -> Any:
    # The v1 service stores a truth value as the text that Python gives it (C-59).
    return value if isinstance(value, str) else str(value)


def _same_tool(sent: Any, answered: Any) -> bool:
    if not isinstance(sent, dict) or not isinstance(answered, dict) or sent.get("type") != answered.get("type"):
        return False
    if not isinstance(sent.get("function"), dict):
        return True
    told, kept = sent["function"], answered.get("function")
    if not isinstance(kept, dict) or told.get("name") != kept.get("name"):
        return False
    if told.get("description") and told["description"] != kept.get("description"):
        return False
    return not told.get("parameters") or told["parameters"] == kept.get("parameters")


def _echoed(call: Call, context: Context, kind: str, answer: dict[str, Any], rule: str) -> None:
    for name in _PLAIN[kind]:
        value = call.sent.get(name)
        if value is None:
            continue
        told = f"{name} {brief(answer.get(name))}"
        context.report.check(rule, equivalent(name, value, answer.get(name)), told, f"{name} {brief(value)} as sent")
    if kind == "run":
        _instructions(call, context, answer)
    if kind == "message" and isinstance(call.sent.get("content"), str):
        _content(context, call.sent["content"], answer, rule)


def _instructions(call: Call, context: Context, answer: dict[str, Any]) -> None:
    sent, more = call.sent.get("instructions"), call.sent.get("additional_instructions")
    told = answer.get("instructions")
    if isinstance(sent, str) and not more:
        context.report.check("RUN-011", told == sent, told, f"instructions {brief(sent)}")
        context.report.check("RUN-044", told == sent, told, f"instructions {brief(sent)}")
    if isinstance(more, str) and more:
        context.report.check(
            "RUN-012", isinstance(told, str) and told.endswith(more), told, f"instructions that end with {brief(more)}"
        )
        # What an empty text is joined with is not recorded.
        if isinstance(sent, str) and sent:
            context.report.check("N-29", told == f"{sent} {more}", told, f"{brief(sent + ' ' + more)}")


def _content(context: Context, sent: str, answer: dict[str, Any], rule: str) -> None:
    expected = [{"type": "text", "text": {"value": sent, "annotations": []}}]
    told = answer.get("content")
    first = told[0] if isinstance(told, list) and told else None
    text = first.get("text") if isinstance(first, dict) else None
    value = text.get("value") if isinstance(text, dict) else None
    context.report.check(rule, value == sent, told, f"the text {brief(sent)}")
    for requirement in ("MSG-020", "N-03"):
        context.report.check(requirement, told == expected, told, brief(expected))


def _replaced(call: Call, context: Context, kind: str, answer: dict[str, Any]) -> None:
    seen = context.world.objects.get(str(answer.get("id")))
    before = seen.snapshot if seen is not None and seen.snapshot_ended <= call.exchange.started else None
    rule = _REPLACED.get(kind, "OBJ-006")
    for name, value in call.sent.items():
        if name in _PLAIN[kind] and value is not None:
            told = f"{name} {brief(answer.get(name))}"
            context.report.check(
                rule, equivalent(name, value, answer.get(name)), told, f"{name} {brief(value)} as sent"
            )
            if name == "metadata" and kind != "vector_store":
                context.report.check(
                    "ASST-037", equivalent(name, value, answer.get(name)), told, "the whole map replaced"
                )
    if before is None or kind == "run":
        return
    for name in before.keys() - call.sent.keys() - _VOLATILE[kind]:
        if name in answer:
            context.report.check(
                rule,
                answer[name] == before[name],
                f"{name} {brief(answer[name])}",
                f"{name} kept: {brief(before[name])}",
            )


def _unchanged(call: Call, context: Context, kind: str, answer: dict[str, Any]) -> None:
    seen = context.world.objects.get(str(answer.get("id")))
    if seen is None or seen.snapshot is None or seen.snapshot_ended > call.exchange.started:
        return
    for name, value in seen.snapshot.items():
        if name in _VOLATILE[kind] or (name not in answer and kind == "message"):
            continue
        told = f"{name} {brief(answer.get(name))}"
        for rule in ("OBJ-006", "ASST-035" if kind == "assistant" else None):
            context.report.check(rule, answer.get(name) == value, told, f"{name} {brief(value)} as answered before")


def _keep(call: Call, context: Context, kind: str, answer: dict[str, Any]) -> None:
    if kind == "run" or not context.is_real(answer.get("id")):
        return
    seen = context.world.objects.get(str(answer["id"]))
    if seen is not None:
        merged = {**(seen.snapshot or {}), **answer}
        seen.snapshot, seen.snapshot_ended = merged, call.exchange.ended


def _forget(context: Context, identifier: Any) -> None:
    seen = context.world.objects.get(str(identifier))
    if seen is not None:
        seen.snapshot = None
