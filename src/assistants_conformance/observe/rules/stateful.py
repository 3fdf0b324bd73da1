"""Objects in use: what a client reaches through an object that has ended, and through a parent that is not its own.

The DELETE itself and the retrieve of what was deleted are judged with the identities; here is everything else that
hangs on an object: what lies under it, and requests that name it in their body.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_conformance.contract import Operation
    from assistants_conformance.observe.call import Call
    from assistants_conformance.observe.context import Context

_USE = {
    "assistant_id": "UAF-001",
    "thread_id": "UAF-002",
    "message_id": "UAF-003",
    "file_id": "UAF-004",
    "vector_store_id": "UAF-005",
}
#: Members of a body that name another object: one id, or a list of them.
_NAMES = {
    "assistant_id": "UAF-001",
    "file_id": "UAF-004",
    "file_ids": "UAF-004",
    "vector_store_ids": "UAF-005",
}
#: What stands here is the client's own text and names nothing.
_FREE = frozenset({"metadata", "function", "content", "output"})
#: Stands between the ids of a store and a file where they name the entry; no id has it.
_SEPARATOR = "\n"
#: The child that a path leads to, innermost first: its parameter and its rule.
_CHILDREN = (("step_id", "PAR-003"), ("message_id", "PAR-001"), ("run_id", "PAR-002"))
_PARENTS = ("thread_id", "run_id")


def observe_stateful(call: Call, context: Context) -> None:
    """Judge uses of ended objects and of children under another parent."""
    if call.operation is None:
        return
    for name, identifier in call.params.items():
        if _ended(call, context, identifier):
            told = f"{call.operation.id} under {identifier} answered {call.status} after its deletion"
            _told(call, context, _use(call, context, call.operation, name), told, 404)
    # What a store does with a file that is gone may show in the entry's status only.
    sent = {} if call.operation.area == "vector_stores" else call.sent
    for rule, identifier in _named(sent):
        if _ended(call, context, identifier):
            told = f"{call.operation.id} with the deleted {identifier} answered {call.status}"
            _told(call, context, rule, told, 400, 404)
    _entries(call, context)
    _elsewhere(call, context)


def _ended(call: Call, context: Context, identifier: str) -> bool:
    end = context.world.ended.get(identifier)
    return end is not None and end[1] <= call.exchange.started and identifier not in context.world.doubled


def _told(call: Call, context: Context, rule: str | None, told: str, *refusals: int) -> None:
    # Another refusal may be for another reason (the key, the body), and proves nothing either way.
    if call.ok or call.status in refusals:
        context.report.check(rule, not call.ok, told, " or ".join(map(str, refusals)))


def _use(call: Call, context: Context, operation: Operation, name: str) -> str | None:
    """Return the rule on an operation whose path holds an ended object; None where another rule has it already."""
    match name:
        case "assistant_id" if operation.id in ("get_assistant", "delete_assistant"):
            return None
        case "assistant_id" if operation.id == "modify_assistant":
            return "ASST-038"
        case "thread_id" if operation.id == "get_thread":
            return None
        case "thread_id" if operation.id == "delete_thread" and context.report.is_active("N-21"):
            return None
        case "thread_id" if operation.method == "GET" and operation.kind in ("message", "run"):
            return "THR-014"
        case "file_id" if operation.kind != "file_content" and operation.id != "delete_file":
            # A file at an assistant, a message or in a store is an object of its own.
            return None
        case "file_id" if call.params.keys() != {"file_id"}:
            return None
        case "message_id" | "vector_store_id" if operation.id in ("get_message", "get_vector_store"):
            return None
    return _USE.get(name)


def _named(sent: Any) -> Iterator[tuple[str, str]]:
    """Give the ids that a body names, each with its rule."""
    if isinstance(sent, list):
        for item in sent:
            yield from _named(item)
    if not isinstance(sent, dict):
        return
    for name, value in sent.items():
        if name in _NAMES:
            for identifier in value if isinstance(value, list) else [value]:
                if isinstance(identifier, str):
                    yield _NAMES[name], identifier
        elif name not in _FREE:
            yield from _named(value)


def _entries(call: Call, context: Context) -> None:
    """Judge uses of a file that was taken out of a store: the two ids together name the entry."""
    ended, store, file = context.world.ended, call.params.get("vector_store_id"), call.params.get("file_id")
    if call.ok:
        # Whoever names a file may give it to a store once more.
        given = {identifier for rule, identifier in _named(call.sent) if rule == "UAF-004"}
        for entry in [name for name in ended if _SEPARATOR in name and name.partition(_SEPARATOR)[2] in given]:
            del ended[entry]
    if store is None or file is None or not context.is_real(store) or not context.is_real(file):
        return
    entry = f"{store}{_SEPARATOR}{file}"
    if _ended(call, context, entry):
        operation = call.operation.id if call.operation is not None else ""
        told = f"{operation} of {file} answered {call.status} after it was taken out of {store}"
        _told(call, context, "UAF-006", told, 404)
    if call.ok and call.operation is not None and call.operation.id == "delete_vector_store_file":
        context.world.end(entry, call.exchange.ended)


def _elsewhere(call: Call, context: Context) -> None:
    for name, rule in _CHILDREN:
        if name not in call.params:
            continue
        identifier = call.params[name]
        seen = context.world.objects.get(identifier)
        if seen is None or not context.is_real(identifier) or identifier in context.world.doubled:
            return
        own = {parent: seen.parents[parent] for parent in _PARENTS if parent != name and parent in seen.parents}
        wrong = [parent for parent in own if parent in call.params and call.params[parent] != own[parent]]
        if wrong and all(context.is_real(call.params[parent]) and context.is_real(own[parent]) for parent in wrong):
            told = ", ".join(f"{parent} {call.params[parent]} and not {own[parent]}" for parent in wrong)
            _told(call, context, rule, f"{identifier} through {told} answered {call.status}", 404)
        return
