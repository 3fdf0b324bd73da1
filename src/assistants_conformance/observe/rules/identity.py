"""Who an object is: ids, parents, times; what never changes over its life; and what is gone after its end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from assistants_conformance.observe.context import Context, server_time, whole

if TYPE_CHECKING:
    from assistants_conformance.observe.call import Call

_ID_FORM = {
    "assistant": "ASST-040",
    "thread": "THR-017",
    "message": "MSG-032",
    "run": "RUN-040",
    "run_step": "STEP-023",
    "file": "FILE-025",
    "vector_store": "VS-045",
    "vector_store_file_batch": "VS-046",
}
_CONSTANT = {
    "assistant": ("created_at",),
    "thread": ("created_at",),
    "message": ("created_at", "thread_id", "role", "run_id", "assistant_id"),
    "run": ("created_at", "thread_id", "assistant_id"),
    "run_step": ("created_at", "thread_id", "assistant_id", "run_id", "type"),
    "file": ("created_at", "filename", "purpose"),
    "vector_store": ("created_at",),
    # The created_at of a batch was seen to move between two answers.
    "vector_store_file_batch": ("vector_store_id",),
}
#: What the recordings show constant of a run beyond the identity of every object.
_CONSTANT_RUN = ("created_at", "thread_id", "assistant_id", "model", "instructions")
_PARENTS = ("thread_id", "run_id", "assistant_id", "message_id", "vector_store_id")
#: With these ends what they hold.
_HOLDERS = ("thread_id", "run_id", "vector_store_id")
_OWN_ID = {"assistant": "assistant_id", "thread": "thread_id", "message": "message_id", "run": "run_id",
           "run_step": "step_id", "file": "file_id", "assistant_file": "file_id",
           "message_file": "file_id", "vector_store": "vector_store_id",
           "vector_store_file_batch": "batch_id"}  # fmt: skip
_ENDING = {"delete_assistant": "assistant_id", "delete_thread": "thread_id", "delete_message": "message_id",
           "delete_file": "file_id", "delete_vector_store": "vector_store_id"}  # fmt: skip
_SECOND_END = {"delete_thread": "N-21", "delete_assistant": "ASST-038"}
#: What N-21 says of threads everywhere was recorded of these on Foundry.
_ALSO_RECORDED = ("delete_vector_store", "delete_file")
_DELETED_KEYS = {"id", "object", "deleted"}
#: A clock may differ from ours, and a response may be old; but not by a day. Seconds.
_DAY = 86_400
_PLACEHOLDER = re.compile(r"[A-Za-z]+[-_](0+|abc\w*|[xX]+)")


def observe_identity(call: Call, context: Context) -> None:
    """Judge ids, parents and constants of every object, and uses of an object that has ended."""
    _after_the_end(call, context)
    if call.operation is not None and call.operation.deletes and call.ok and isinstance(call.body, dict):
        keys = sorted(call.body)
        context.report.check("N-22", set(keys) == _DELETED_KEYS, keys, "exactly id, object and deleted")
    kind = call.operation.kind if call.operation is not None else ""
    if call.operation is not None and call.operation.id in _ENDING:
        _ended(call, context, _ENDING[call.operation.id])
        return
    if kind not in _OWN_ID:
        return
    for item in call.items:
        identifier = item.get("id")
        _form(call, context, kind, identifier)
        _time(call, context, item)
        if context.is_real(identifier):
            _addressed(call, context, kind, item)
            _born(call, context, kind, str(identifier))
            _constant(call, context, kind, item)


def _form(call: Call, context: Context, kind: str, identifier: object) -> None:
    form = call.profile.id_forms.get(kind)
    if form is None or not isinstance(identifier, str) or not (context.closed or context.is_real(identifier)):
        return
    if _PLACEHOLDER.fullmatch(identifier):
        return
    context.report.check(_ID_FORM.get(kind), re.fullmatch(form, identifier), identifier, f"an id of the form {form}")


def _time(call: Call, context: Context, item: dict[str, Any]) -> None:
    if "created_at" not in item:
        return
    created = item["created_at"]
    # Recorders change dates; only in a whole trace does the header speak of the same clock.
    now = server_time(call.exchange) if context.closed else None
    plausible = whole(created) is not None and (now is None or created <= now + _DAY) and created < 100_000_000_000
    if plausible and now is not None and call.operation is not None and call.operation.creates:
        plausible = created >= now - _DAY
        if not call.in_stream:
            ahead = now - created
            context.world.skew = ahead if context.world.skew is None else min(context.world.skew, ahead)
    context.report.check("OBJ-005", plausible, f"created_at {created!r}", "Unix time in whole seconds")


def _addressed(call: Call, context: Context, kind: str, item: dict[str, Any]) -> None:
    if call.is_list or call.operation is None:
        return
    own = call.params.get(_OWN_ID[kind])
    if own is not None and context.is_real(own) and context.is_real(item.get("id")):
        context.report.check("OBJ-002", item.get("id") == own, f"the object {item.get('id')!r}", f"the object {own!r}")
    for name in _PARENTS:
        if (
            name in call.params
            and name != _OWN_ID[kind]
            and name in item
            and context.is_real(call.params[name])
            and (context.closed or context.is_real(item[name]))
        ):
            context.report.check(
                "OBJ-002", item[name] == call.params[name], f"{name} {item[name]!r}", f"{name} {call.params[name]!r}"
            )


def _born(call: Call, context: Context, kind: str, identifier: str) -> None:
    if call.operation is None or not call.operation.creates or kind in ("assistant_file", "message_file"):
        return
    known = context.world.objects.get(identifier)
    fresh = (known is None or known.born is None) and identifier not in context.world.ended
    if not fresh and context.closed:
        context.world.doubled.add(identifier)
    context.report.check("OBJ-001", fresh, f"the id {identifier} was given before", "an id never given before")


def _constant(call: Call, context: Context, kind: str, item: dict[str, Any]) -> None:
    if kind not in _CONSTANT:
        return
    parents = {name: item[name] for name in _HOLDERS if isinstance(item.get(name), str)}
    seen = context.world.see(kind, str(item["id"]), parents)
    if call.operation is not None and call.operation.creates:
        seen.born = call.exchange
    names = _CONSTANT_RUN if kind == "run" else _CONSTANT[kind]
    for name in names:
        value = item.get(name)
        if value is None:
            continue
        before = seen.constant.setdefault(name, value)
        if name in _CONSTANT[kind]:
            context.report.check(
                "OBJ-003", value == before, f"{name} was {before!r}, now {value!r}", f"{name} constant"
            )
        if kind == "run":
            context.report.check("N-05", value == before, f"{name} was {before!r}, now {value!r}", f"{name} constant")


def _ended(call: Call, context: Context, parameter: str) -> None:
    identifier = call.params.get(parameter, "")
    if not call.ok or not context.is_real(identifier):
        return
    if isinstance(call.body, dict) and context.is_real(call.body.get("id")):
        context.report.check("OBJ-002", call.body.get("id") == identifier, call.body.get("id"), f"the id {identifier}")
    if not isinstance(call.body, dict) or call.body.get("deleted") is True:
        context.world.end(identifier, call.exchange.ended)


def _after_the_end(call: Call, context: Context) -> None:
    operation = call.operation
    for name, identifier in call.params.items():
        end = context.world.ended.get(identifier)
        if end is None or end[1] > call.exchange.started or operation is None:
            continue
        told = f"{operation.id} of {identifier} answered {call.status} after its deletion"
        if name == "vector_store_id" and (operation.method == "GET" or operation.id == "delete_vector_store"):
            context.report.check("VS-048", call.status == 404, told, "404")
        if operation.id in _ENDING and _ENDING[operation.id] == name:
            context.report.check(_SECOND_END.get(operation.id), call.status == 404, told, "404")
            if operation.id in _ALSO_RECORDED and call.profile.platform == "foundry":
                context.report.check("N-21", call.status == 404, told, "404")
        elif operation.method == "GET" and name == _OWN_ID.get(operation.kind) and not operation.listed:
            context.report.check("OBJ-007", call.status == 404, told, "404")
