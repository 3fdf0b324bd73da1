"""Faults around what the server holds: what is gone, whose it is, what is half done, what two at once lose."""

from __future__ import annotations

import re
import unicodedata
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from assistants_conformance.reference import careless_races
from assistants_conformance.reference.careless_races import Crossings
from assistants_conformance.reference.careless_values import check_bytes, misread
from assistants_conformance.reference.handlers import HANDLERS
from assistants_conformance.reference.refusal import Refusal, refuse
from assistants_conformance.reference.state import Attachment
from assistants_conformance.reference.validation import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from assistants_conformance.contract import Match
    from assistants_conformance.reference.faults import Faults
    from assistants_conformance.reference.state import Json
    from assistants_conformance.reference.streams import RunStream
    from assistants_conformance.reference.wire import Raw
    from assistants_conformance.reference.world import Call, World

#: Creations by different connections that are closer than this (seconds) are taken for simultaneous.
_AT_ONCE = 1.0
_PAIR = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_BMP = 0xFFFF
#: By fault: the deletion that is not looked at, and the operations that do not look.
_REVIVED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "deleted-assistant-still-runs": (
        "delete_assistant",
        ("create_run", "create_thread_and_run", "create_assistant_file", "list_assistant_files"),
    ),
    "deleted-thread-still-takes-writes": (
        "delete_thread",
        (
            "create_message",
            "create_run",
            "modify_thread",
            "modify_message",
            "modify_run",
            "cancel_run",
            "submit_tool_outputs",
            "list_run_steps",
            "get_run_step",
            "delete_message",
        ),
    ),
    "deleted-message-is-still-modified": ("delete_message", ("modify_message",)),
    "deleted-file-can-still-be-given": (
        "delete_file",
        (
            "create_assistant",
            "modify_assistant",
            "create_assistant_file",
            "create_thread",
            "modify_thread",
            "create_message",
        ),
    ),
    "content-outlives-its-file": ("delete_file", ("get_file_content",)),
    "deleted-store-is-still-filled": (
        "delete_vector_store",
        (
            "modify_vector_store",
            "list_vector_store_files",
            "create_vector_store_file",
            "create_vector_store_file_batch",
        ),
    ),
    "deleted-store-can-still-be-given": ("delete_vector_store", ("create_assistant", "create_thread")),
    "file-taken-out-of-a-store-is-still-read": (
        "delete_vector_store_file",
        ("get_vector_store_file", "delete_vector_store_file"),
    ),
}
#: What a create or modify refers to, or is checked for at last.
_LATE = ("tool_resources", "file_ids", "attachments", "tool_choice", "response_format")


@dataclass
class Remains:
    """What a faulty server keeps: deleted objects with their table, locks, who made what last, and who asks now."""

    graves: list[tuple[str, dict[str, Any], Any]] = field(default_factory=list)
    locked: set[str] = field(default_factory=set)
    latest: dict[str, tuple[object, float, dict[str, Any], str]] = field(default_factory=dict)
    peer: object = None
    crossings: Crossings = field(default_factory=Crossings)
    stuck: set[str] = field(default_factory=set)
    refused: dict[str, int] = field(default_factory=dict)


def carry_out(world: World, operation: str, call: Call) -> Json | Raw | RunStream:
    """Carry out an operation as a server does that is careless about what it holds.

    Raises:
        Refusal: it is refused.
    """
    body = misread(world.faults, operation, _garbled(world.faults, call.body))
    check_bytes(world, operation, body)
    call = replace(call, params=_misread(world, operation, dict(call.params)), body=body)
    if call.upload is not None and call.upload.filename is not None:
        call = replace(call, upload=replace(call.upload, filename=_changed(world.faults, call.upload.filename)))
    doomed = _doomed(world, operation, call)
    if operation in ("create_message", "create_run") and call.params["thread_id"] in world.remains.locked:
        raise refuse("thread_locked_message", thread_id=call.params["thread_id"], run_id=world.store.ids.new("run"))
    if (raced := careless_races.before(world, operation, call)) is not None:
        return raced
    with _revived(world, operation, call):
        try:
            result = HANDLERS[operation](world, call)
        except Refusal:
            _half_done(world, operation, call)
            raise
    if doomed is not None:
        world.remains.graves.append((operation, *doomed))
    careless_races.after(world, operation, call, result)
    if isinstance(result, dict):
        _overwritten(world, operation, result)
    return result


def pair_by_pair(world: World, match: Match, schema: Json, body: Json) -> None:
    """Keep the valid pairs of metadata whose modification is refused, where a fault stores one after the other."""
    given = body.get("metadata")
    if not (
        world.faults.on("metadata-is-stored-pair-by-pair")
        and match.operation.id.startswith("modify_")
        and isinstance(given, dict)
    ):
        return
    valid = {}
    for name, value in given.items():
        try:
            validate(schema["properties"]["metadata"], {name: value})
        except Refusal:
            continue
        valid[name] = value
    _try(world, match.operation.id, match.params, {"metadata": valid})


def read_escapes(faults: Faults, body: bytes) -> bytes:
    """Return a JSON body as a reader takes it that knows no surrogate pairs."""
    return _PAIR.sub(rb"\\ufffd\\ufffd", body) if faults.on("escapes-are-read-one-by-one") else body


# Texts.


def _without(unwanted: Callable[[str], bool], instead: str) -> Callable[[str], str]:
    return lambda text: "".join(instead if unwanted(letter) else letter for letter in text)


_CHANGES: Mapping[str, Callable[[str], str]] = {
    "texts-are-composed": lambda text: unicodedata.normalize("NFC", text),
    "texts-end-at-the-bmp": _without(lambda letter: ord(letter) > _BMP, "?"),
    "invisible-characters-are-dropped": _without(lambda letter: unicodedata.category(letter) == "Cf", ""),
}


def _changed(faults: Faults, text: str) -> str:
    for name, change in _CHANGES.items():
        if faults.on(name):
            text = change(text)
    return text


def _garbled(faults: Faults, value: Any) -> Any:
    if isinstance(value, str):
        return _changed(faults, value)
    if isinstance(value, list):
        return [_garbled(faults, item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {_changed(faults, name): _garbled(faults, item) for name, item in value.items()}
    if faults.on("metadata-keys-are-folded") and isinstance(kept.get("metadata"), dict):
        folded = {unicodedata.normalize("NFKC", name).casefold(): item for name, item in kept["metadata"].items()}
        kept["metadata"] = folded
    return kept


# Ids.


def _misread(world: World, operation: str, params: dict[str, str]) -> dict[str, str]:
    faults = world.faults
    if faults.on("nul-in-an-id-crashes") and any("\0" in value for value in params.values()):
        raise refuse("server_error")
    for name, value in params.items():
        for fault, alike in _ALIKE.items():
            if faults.on(fault):
                params[name] = next((known for known in _known(world, name, params) if alike(value, known)), value)
    writes = not operation.startswith(("get_", "list_"))
    if faults.on("parents-in-the-path-are-ignored") or (writes and faults.on("only-reads-look-at-the-parent")):
        params = _reparented(world, operation, params)
    return params


def _like(pattern: str, known: str) -> bool:
    """Compare as the LIKE of a database does."""
    form = "".join({"%": ".*", "_": "."}.get(letter, re.escape(letter)) for letter in pattern)
    return re.fullmatch(form, known, re.DOTALL) is not None


_ALIKE: Mapping[str, Callable[[str, str], bool]] = {
    "ids-match-in-any-case": lambda asked, known: asked.lower() == known.lower(),
    "ids-are-patterns": _like,
    "ids-are-trimmed": lambda asked, known: asked.strip() == known,
    "ids-end-at-a-nul": lambda asked, known: asked.partition("\0")[0] == known,
}


def _known(world: World, name: str, params: Mapping[str, str]) -> Iterable[str]:
    store = world.store
    thread = store.threads.get(params.get("thread_id", ""))
    run = thread.runs.get(params.get("run_id", "")) if thread is not None else None
    tables: dict[str, Iterable[str]] = {
        "assistant_id": store.assistants,
        "thread_id": store.threads,
        "message_id": thread.messages if thread is not None else (),
        "run_id": thread.runs if thread is not None else (),
        "step_id": run.steps if run is not None else (),
        "file_id": store.files,
        "vector_store_id": store.vector_stores,
    }
    return list(tables.get(name, ()))


def _reparented(world: World, operation: str, params: dict[str, str]) -> dict[str, str]:
    file = params.get("file_id")
    if "vector_store_id" in params:
        for store in world.store.vector_stores.values():
            if file in store.files or params.get("batch_id") in store.batches:
                return {**params, "vector_store_id": store.id}
        return params
    if operation in ("get_assistant_file", "delete_assistant_file"):
        for assistant in world.store.assistants.values():
            if file in assistant.files:
                return {**params, "assistant_id": assistant.id}
    for thread in world.store.threads.values():
        for message in thread.messages.values():
            if message.id == params.get("message_id") and (file is None or file in message.files):
                return {**params, "thread_id": thread.id}
            if operation == "get_message_file" and file in message.files:
                return {**params, "thread_id": thread.id, "message_id": message.id}
        for run in thread.runs.values():
            if params.get("step_id") in run.steps or ("step_id" not in params and run.id == params.get("run_id")):
                return {**params, "thread_id": thread.id, "run_id": run.id}
    return params


# What is gone.


def _doomed(world: World, operation: str, call: Call) -> tuple[dict[str, Any], Any] | None:
    """Return the table and the object that a deletion is about."""
    store = world.store
    thread = store.threads.get(call.params.get("thread_id", ""))
    holder = store.vector_stores.get(call.params.get("vector_store_id", ""))
    tables: dict[str, tuple[dict[str, Any], str]] = {
        "delete_assistant": (dict_of(store.assistants), "assistant_id"),
        "delete_thread": (dict_of(store.threads), "thread_id"),
        "delete_message": (dict_of(thread.messages) if thread is not None else {}, "message_id"),
        "delete_file": (dict_of(store.files), "file_id"),
        "delete_vector_store": (dict_of(store.vector_stores), "vector_store_id"),
        "delete_vector_store_file": (dict_of(holder.files) if holder is not None else {}, "file_id"),
    }
    if operation not in tables:
        return None
    table, name = tables[operation]
    row = table.get(call.params[name])
    return None if row is None else (table, row)


def dict_of(table: Any) -> dict[str, Any]:
    """Return a table of any kind of object as one of objects of no particular kind."""
    known: dict[str, Any] = table
    return known


@contextmanager
def _revived(world: World, operation: str, call: Call) -> Iterator[None]:
    blind = {deletion for fault, (deletion, users) in _REVIVED.items() if operation in users and world.faults.on(fault)}
    named = {*call.params.values(), *_texts(call.body)} if blind else set()
    back = [(table, row) for deletion, table, row in world.remains.graves if deletion in blind and row.id in named]
    for table, row in back:
        table[row.id] = row
    try:
        yield
    finally:
        for table, row in back:
            table.pop(row.id, None)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


# What is half done.


def _half_done(world: World, operation: str, call: Call) -> None:
    faults = world.faults
    if operation == "create_run" and faults.on("refused-run-keeps-the-lock"):
        world.remains.locked.add(call.params["thread_id"])
    creates = operation in ("create_assistant", "create_message", "create_run", "create_vector_store")
    if operation == "create_thread" and faults.on("refused-thread-leaves-its-store"):
        _try(world, operation, call.params, {name: value for name, value in call.body.items() if name != "messages"})
    if (creates and faults.on("late-refusal-leaves-its-object")) or (
        operation.startswith("modify_") and faults.on("late-refusal-leaves-half-a-change")
    ):
        _try(world, operation, call.params, {name: value for name, value in call.body.items() if name not in _LATE})
    if operation == "create_assistant_file" and faults.on("refused-attachment-is-listed"):
        assistant = world.store.assistants.get(call.params["assistant_id"])
        if assistant is not None:
            name = call.body["file_id"]
            assistant.files[name] = Attachment(name, world.now(), world.store.sequence())


def _try(world: World, operation: str, params: Mapping[str, str], body: Json) -> None:
    from assistants_conformance.reference.world import Call  # noqa: PLC0415 - imports this module

    try:
        HANDLERS[operation](world, Call(dict(params), {}, body))
    except Refusal:
        return


# What is made at once.


def _overwritten(world: World, operation: str, made: Json) -> None:
    """Lose what another connection made in the same moment: the list was read before and is written back after."""
    if not operation.startswith(("create_", "upload_")) or operation == "create_assistant_file":
        return
    store, kind = world.store, str(made.get("object"))
    thread = store.threads.get(str(made.get("thread_id")))
    tables = {
        "assistant": dict_of(store.assistants),
        "thread": dict_of(store.threads),
        "thread.message": dict_of(thread.messages) if thread is not None else {},
        "thread.run": dict_of(thread.runs) if thread is not None else {},
        "file": dict_of(store.files),
        "vector_store": dict_of(store.vector_stores),
    }
    if kind not in tables:
        return
    me, now = world.remains.peer, world.clock.now()
    before = world.remains.latest.get(kind)
    world.remains.latest[kind] = (me, now, tables[kind], str(made.get("id")))
    if before is None or not world.faults.on("objects-made-at-once-overwrite-each-other"):
        return
    who, when, table, identifier = before
    if who != me and now - when < _AT_ONCE:
        table.pop(identifier, None)
        world.engine.drop([identifier])
