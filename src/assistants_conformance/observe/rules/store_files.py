"""Files of vector stores and their batches: whose they are, their states, their chunking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.contract import brief
from assistants_conformance.observe.context import Context, whole
from assistants_conformance.observe.settings import check_settings
from assistants_conformance.observe.world import BatchSeen, EntrySeen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_conformance.contract import Lifecycle
    from assistants_conformance.observe.call import Call

#: What every recorded file was cut into that was added without a strategy; tokens.
_DEFAULT_CHUNKING = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}
_ADDING = ("create_vector_store", "create_vector_store_file", "create_vector_store_file_batch")
#: Members that not every version sends; where a form requires one, its schema tells of it.
_MAY_BE_ABSENT = {"attributes": "VSF-F09", "chunking_strategy": "VSF-F08"}
#: What adds files to the store of a thread by their attachments.
_ATTACHING = ("create_thread", "create_message", "create_run", "create_thread_and_run")
_CANCEL = "cancel_vector_store_file_batch"


def begin_entries(call: Call, context: Context) -> None:
    """Note that files are added to a store: with that a new life of theirs begins, whatever was seen of them before."""
    operation = call.operation.id if call.operation is not None else ""
    if operation in _ATTACHING:
        _attached(call, context)
    if operation not in _ADDING or not call.items:
        return
    store = call.items[0].get("id") if operation == "create_vector_store" else call.params.get("vector_store_id")
    files = call.sent.get("file_ids") or [call.sent.get("file_id")]
    if not isinstance(store, str) or not context.is_real(store) or not isinstance(files, list):
        return
    chunking = _chunking(call.sent.get("chunking_strategy"))
    for file in files:
        if context.is_real(file):
            seen = context.world.store(store)
            seen.filled, seen.files[file] = True, EntrySeen(chunking=chunking, again=file in seen.files)


def _attached(call: Call, context: Context) -> None:
    """Forget the entries of files that a message hands to the store of its thread, whichever that is."""
    for file in _files_in(call.sent):
        for store in context.world.stores.values():
            store.files.pop(file, None)


def _files_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("file_id"), str):
            yield value["file_id"]
        for part in value.values():
            yield from _files_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from _files_in(part)


def observe_entry(call: Call, context: Context, entry: dict[str, Any]) -> None:
    """Judge one file of a store."""
    report, status = context.report, entry.get("status")
    operation = call.operation.id if call.operation is not None else ""
    cycle = call.profile.lifecycle("vector_store_file")
    known = isinstance(status, str) and status in cycle.states
    report.check("VS-031", known, f"status {status!r}", f"one of {sorted(cycle.states)}")
    _owners(call, context, entry)
    for name, rule in _MAY_BE_ABSENT.items():
        if name not in entry:
            report.passed(rule)
    if known:
        check_settings(report, cycle, entry)
    if status == "in_progress" and "usage_bytes" in entry and "batch_id" not in call.params:
        used = entry["usage_bytes"]
        report.check("N-25", used == 0, f"usage_bytes {used!r} in progress", "usage_bytes 0")
    # What is answered to a file that the store has already is not recorded.
    if operation == "create_vector_store_file" and not _again(call, context, [entry.get("id")]):
        report.check("VS-006", status in ("in_progress", "failed"), f"status {status!r}", "in_progress")
    wanted = call.exchange.request.query.get("filter")
    if wanted is not None and call.is_list:
        report.check("PAGE-018", status == wanted, f"a file that is {status!r}", f"only files that are {wanted}")
    if isinstance(status, str):
        _entry_history(call, context, cycle, entry)


def _again(call: Call, context: Context, files: Any) -> bool:
    """Say whether a store had one of the files that are being added to it."""
    store = context.world.stores.get(call.params.get("vector_store_id", ""))
    known = [store.files.get(str(file)) for file in files] if store is not None and isinstance(files, list) else []
    return any(entry is not None and entry.again for entry in known)


def _owners(call: Call, context: Context, entry: dict[str, Any]) -> None:
    """Judge id and store of an entry against the path and the body."""
    identifier, store = entry.get("id"), call.params.get("vector_store_id")
    file = call.params.get("file_id") or call.sent.get("file_id")
    if context.is_real(file) and context.is_real(identifier):
        context.report.check("VS-030", identifier == file, f"id {identifier!r}", f"the file's id {file!r}")
    if context.is_real(store) and (context.closed or context.is_real(entry.get("vector_store_id"))):
        told = f"vector_store_id {entry.get('vector_store_id')!r}"
        context.report.check("VS-030", entry.get("vector_store_id") == store, told, f"vector_store_id {store!r}")
    seen = context.world.stores.get(str(store))
    batch = seen.batches.get(call.params.get("batch_id", "")) if seen is not None else None
    if batch is not None and batch.files is not None and context.is_real(identifier):
        told = f"the file {identifier}"
        context.report.check("VS-013", identifier in batch.files, told, f"one of the batch's {len(batch.files)} files")


def _entry_history(call: Call, context: Context, cycle: Lifecycle, entry: dict[str, Any]) -> None:
    store, identifier = call.params.get("vector_store_id", ""), str(entry.get("id"))
    if not context.is_real(store) or not context.is_real(identifier) or store in context.world.doubled:
        return
    seen = context.world.store(store).files.setdefault(identifier, EntrySeen())
    if seen.ended > call.exchange.started:
        return
    _lasting(context, cycle, seen.status, entry["status"])
    seen.status, seen.ended = entry["status"], call.exchange.ended
    # The lists of batches were long without it, and for a file whose adding was not seen nothing is known.
    if seen.chunking is not None and "batch_id" not in call.params:
        shown = entry.get("chunking_strategy")
        # Answers of the first weeks, and those of versions that were never recorded, do not show it.
        if "chunking_strategy" in entry or (context.closed and call.profile.id != "azure-2025-03-01-preview"):
            told = f"chunking_strategy {brief(shown)}"
            context.report.check("VS-039", shown == seen.chunking, told, brief(seen.chunking))


def _chunking(sent: Any) -> dict[str, Any]:
    return sent if isinstance(sent, dict) and sent.get("type") == "static" else _DEFAULT_CHUNKING


def _lasting(context: Context, cycle: Lifecycle, before: str, status: str) -> None:
    if before in cycle.terminal:
        context.report.check("VS-052", status == before, f"{before} and later {status}", f"{before} for ever")


def observe_batch(call: Call, context: Context, batch: dict[str, Any]) -> None:
    """Judge one batch."""
    report, status, counts = context.report, batch.get("status"), batch.get("file_counts")
    operation = call.operation.id if call.operation is not None else ""
    cycle = call.profile.lifecycle("vector_store_file_batch")
    name = batch.get("object")
    names = ("vector_store.file_batch", "vector_store.files_batch")
    report.check("VS-033", name in names, f"object {name!r}", f"{names[0]!r}")
    known = isinstance(status, str) and status in cycle.states
    report.check("VS-035", known, f"status {status!r}", f"one of {sorted(cycle.states)}")
    if operation == "create_vector_store_file_batch" and not _again(call, context, call.sent.get("file_ids")):
        report.check("VS-010", status == "in_progress", f"status {status!r}", "in_progress")
    if operation == _CANCEL:
        allowed = ("in_progress", "cancelling", "cancelled", "completed")
        report.check("VS-012", status in allowed, f"status {status!r}", f"one of {allowed}")
    open_files = whole(counts.get("in_progress")) if isinstance(counts, dict) else None
    if known and status in cycle.terminal and open_files is not None:
        report.check("N-24", open_files == 0, f"{status} with {open_files} files in progress", "none in progress")
    if isinstance(status, str):
        _batch_history(call, context, cycle, batch)


def _batch_history(call: Call, context: Context, cycle: Lifecycle, batch: dict[str, Any]) -> None:
    store, identifier, counts = call.params.get("vector_store_id", ""), batch.get("id"), batch.get("file_counts")
    if not context.is_real(store) or not context.is_real(identifier) or store in context.world.doubled:
        return
    seen = context.world.store(store).batches.setdefault(str(identifier), BatchSeen())
    if seen.ended > call.exchange.started:
        return
    report, operation = context.report, call.operation.id if call.operation is not None else ""
    if operation == _CANCEL and seen.status == "completed":
        report.check("VS-036", batch["status"] == "completed", f"status {batch['status']!r}", "completed")
    _lasting(context, cycle, seen.status, batch["status"])
    files = call.sent.get("file_ids")
    if operation == "create_vector_store_file_batch" and isinstance(files, list):
        named = frozenset(map(str, files))
        # What comes of a source of data, under which id, and whether a file that is named twice counts twice, is not
        # recorded.
        alone = not call.sent.get("data_sources")
        seen.files = named if alone else None
        seen.total = len(files) if alone and len(named) == len(files) else None
    total = whole(counts.get("total")) if isinstance(counts, dict) else None
    if total is not None:
        expected = seen.total if seen.total is not None else total
        report.check("VS-037", total == expected, f"total {total}", f"the total {expected} that was submitted")
        seen.total = expected
    seen.status, seen.ended = batch["status"], call.exchange.ended
