"""The operations on vector stores, their files and batches (v2)."""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assistants_conformance.reference import render_stores as show
from assistants_conformance.reference import search
from assistants_conformance.reference.files import USABLE
from assistants_conformance.reference.handlers import metadata, serves
from assistants_conformance.reference.paging import page
from assistants_conformance.reference.refusal import refuse
from assistants_conformance.reference.render import deleted
from assistants_conformance.reference.state import StoredFile
from assistants_conformance.reference.stores import add, add_batch, cancel, check_chunking, new_store, remove
from assistants_conformance.reference.text import text_of
from assistants_conformance.reference.validation import listing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from assistants_conformance.reference.state import FileBatch, Json, StoreFile, VectorStore
    from assistants_conformance.reference.world import Call, World

#: How many results a direct search gives unless it is asked for another number.
_MOST_FOUND = 10
_DEEPEST = 20
_FILTERS = ("in_progress", "completed", "failed", "cancelled")


def _store(world: World, call: Call) -> VectorStore:
    return world.store.vector_store(call.params["vector_store_id"])


def _entry(world: World, call: Call) -> tuple[VectorStore, StoreFile]:
    store = _store(world, call)
    entry = store.files.get(call.params["file_id"])
    if entry is None:
        raise refuse("not_found_vector_store_file", id=call.params["file_id"], store=store.id)
    return store, entry


def _batch(world: World, call: Call) -> FileBatch:
    batch = _store(world, call).batches.get(call.params["batch_id"])
    if batch is None:
        raise refuse("not_found_vector_store_file_batch", id=call.params["batch_id"])
    return batch


def _files(world: World, body: Json) -> list[StoredFile]:
    """Return the files that a body names, or refuse.

    Raises:
        Refusal: a file is unknown or was uploaded for another purpose, or none is named where one is needed.
    """
    names = [body["file_id"]] if body.get("file_id") is not None else body.get("file_ids") or []
    if world.faults.on("unknown-files-join-stores"):
        for name in names:
            world.store.files.setdefault(name, _kept(world, "unknown.txt", b"unknown", name))
    files = [world.store.file(name) for name in names]
    for file in files:
        if file.purpose not in USABLE:
            raise refuse("wrong_file_purpose", id=file.id, purpose=file.purpose)
    return files + [_kept(world, str(row.get("uri")), str(row.get("uri")).encode()) for row in _sources(body)]


def _sources(body: Json) -> list[Json]:
    """Return the data sources that stand for files on one platform; on the others no schema lets them through."""
    one = body.get("data_source")
    configured = (body.get("configuration") or {}).get("data_sources")
    return ([one] if one else []) + (body.get("data_sources") or []) + (configured or [])


def _kept(world: World, filename: str, data: bytes, identifier: str | None = None) -> StoredFile:
    store = world.store
    file = StoredFile(identifier or store.ids.new("file"), world.now(), store.sequence(), filename, "assistants", data)
    store.files[file.id] = file
    return file


def _days(policy: Json | None) -> int | None:
    return None if policy is None else int(policy["days"])


@serves("create_vector_store")
def create_vector_store(world: World, call: Call) -> Json:
    """POST /vector_stores."""
    body, faults = call.body, world.faults
    check_chunking(world, body.get("chunking_strategy"))
    files = _files(world, body)
    row = new_store(
        world,
        files,
        name=body.get("name"),
        description=body.get("description"),
        metadata={} if faults.on("store-metadata-is-dropped") else metadata(body.get("metadata")),
        days=_days(body.get("expires_after")),
        chunking=body.get("chunking_strategy"),
    )
    if faults.on("nameless-store-gets-a-name") and row.name is None:
        row.name = "Untitled store"
    return show.vector_store(world, row)


@serves("list_vector_stores")
def list_vector_stores(world: World, call: Call) -> Json:
    """GET /vector_stores."""
    rows = list(world.store.vector_stores.values())
    if world.faults.on("empty-stores-are-not-listed"):
        rows = [row for row in rows if row.files]
    return page(world, rows, call.query, lambda row: show.vector_store(world, row), kind="vector_store")


@serves("get_vector_store")
def get_vector_store(world: World, call: Call) -> Json:
    """GET /vector_stores/{vector_store_id}."""
    shown = show.vector_store(world, _store(world, call))
    if world.faults.on("store-is-read-under-another-id"):
        shown["id"] = world.store.ids.new("vector_store")
    return shown


@serves("modify_vector_store")
def modify_vector_store(world: World, call: Call) -> Json:
    """POST /vector_stores/{vector_store_id}: what the body does not name stays."""
    row, body, faults = _store(world, call), call.body, world.faults
    if faults.on("modified-store-is-not-kept"):
        row = replace(row)
    if "name" in body:
        row.name = body["name"]
    if "metadata" in body:
        kept = row.metadata if faults.on("store-metadata-merged") else {}
        row.metadata = kept | metadata(body["metadata"])
    if "expires_after" in body:
        row.expires_days = _days(body["expires_after"])
        if not faults.on("new-policy-counts-from-the-old-use"):
            row.last_active_at = world.now()
    if faults.on("every-change-refreshes-the-store"):
        row.last_active_at = world.now()
    return show.vector_store(world, row)


@serves("delete_vector_store")
def delete_vector_store(world: World, call: Call) -> Json:
    """DELETE /vector_stores/{vector_store_id}: its files stay."""
    row = _store(world, call)
    if world.faults.on("deleting-a-store-deletes-its-files"):
        for name in row.files:
            world.store.files.pop(name, None)
    if not world.faults.on("deleted-store-is-still-there"):
        for name in list(row.files):
            remove(world, row, name)
        del world.store.vector_stores[row.id]
    return deleted(row.id, "vector_store.deleted")


def _attributes(body: Json) -> Json:
    return dict(body.get("attributes") or {})


@serves("create_vector_store_file")
def create_vector_store_file(world: World, call: Call) -> Json:
    """POST /vector_stores/{vector_store_id}/files: the answer comes before the file is indexed."""
    store, body = _store(world, call), call.body
    check_chunking(world, body.get("chunking_strategy"))
    files = _files(world, body)
    if not files:
        raise refuse("missing_required_parameter", at="file_id")
    # One file is asked for; where a source of data is named beside it, the file comes first.
    entry = next(iter(add(world, store, files[:1], body.get("chunking_strategy"), _attributes(body)).values()))
    return show.store_file(world, entry)


def _filtered(world: World, call: Call, entries: Iterable[StoreFile]) -> list[StoreFile]:
    rows, wanted = list(entries), call.query.get("filter")
    if wanted is None or world.faults.on("file-filter-is-ignored"):
        return rows
    if wanted not in _FILTERS:
        raise refuse("invalid_value", at="filter", value=wanted, supported=listing(list(_FILTERS)))
    return [row for row in rows if row.status == wanted]


@serves("list_vector_store_files")
def list_vector_store_files(world: World, call: Call) -> Json:
    """GET /vector_stores/{vector_store_id}/files."""
    store = _store(world, call)
    rows = _filtered(world, call, store.files.values())
    if world.faults.on("only-indexed-files-are-listed"):
        rows = [row for row in rows if row.status == "completed"]
    if world.faults.on("list-of-store-files-shows-one"):
        rows = rows[-1:]
    return page(world, rows, call.query, lambda row: show.store_file(world, row), kind="vector_store_file")


@serves("get_vector_store_file")
def get_vector_store_file(world: World, call: Call) -> Json:
    """GET /vector_stores/{vector_store_id}/files/{file_id}."""
    store, entry = _entry(world, call)
    if world.faults.on("first-file-of-the-store-is-retrieved"):
        entry = next(iter(store.files.values()))
    shown = show.store_file(world, entry)
    if world.faults.on("store-file-is-read-with-another-store"):
        shown["vector_store_id"] = world.store.ids.new("vector_store")
    return shown


@serves("modify_vector_store_file")
def modify_vector_store_file(world: World, call: Call) -> Json:
    """POST /vector_stores/{vector_store_id}/files/{file_id}: its attributes."""
    _, entry = _entry(world, call)
    if world.faults.on("attributes-are-not-kept"):
        return show.store_file(world, replace(entry, attributes=_attributes(call.body)))
    entry.attributes = _attributes(call.body)
    return show.store_file(world, entry)


@serves("delete_vector_store_file")
def delete_vector_store_file(world: World, call: Call) -> Json:
    """DELETE /vector_stores/{vector_store_id}/files/{file_id}: the file itself stays."""
    store, entry = _entry(world, call)
    if not world.faults.on("file-stays-in-its-store"):
        remove(world, store, entry.id)
    if world.faults.on("taking-a-file-out-deletes-it"):
        world.store.files.pop(entry.id, None)
    return deleted(entry.id, "vector_store.file.deleted")


@serves("get_vector_store_file_content")
def get_vector_store_file_content(world: World, call: Call) -> Json:
    """GET /vector_stores/{vector_store_id}/files/{file_id}/content: the text as it was parsed."""
    _, entry = _entry(world, call)
    file = world.store.file(entry.id)
    empty = world.faults.on("content-of-a-store-file-is-empty")
    return show.content([] if empty or entry.status != "completed" else [text_of(file)])


@serves("search_vector_store")
def search_vector_store(world: World, call: Call) -> Json:
    """POST /vector_stores/{vector_store_id}/search."""
    store, body = _store(world, call), call.body
    queries = [body["query"]] if isinstance(body["query"], str) else body["query"]
    _fits({}, body.get("filters"))
    entries = {entry.id: entry for entry in store.files.values() if entry.status == "completed"}
    entries = {name: row for name, row in entries.items() if _fits(row.attributes, body.get("filters"))}
    hits = search.find(
        " ".join(queries),
        [world.store.file(name) for name in entries],
        most=body.get("max_num_results") or _MOST_FOUND,
        threshold=float((body.get("ranking_options") or {}).get("score_threshold") or 0.0),
    )
    if world.faults.on("results-come-worst-first"):
        hits.reverse()
    if world.faults.on("direct-search-finds-nothing"):
        hits = []
    return show.results(queries, [replace(hit, attributes=entries[hit.file_id].attributes) for hit in hits])


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def _fits(attributes: Json, condition: Any, depth: int = 0) -> bool:
    """Say whether the attributes of a file meet a filter: a comparison, or several joined by `and` or `or`.

    Raises:
        Refusal: it is no filter, or one that is nested too deeply.
    """
    if condition is None and not depth:
        return True
    kind = condition.get("type") if isinstance(condition, dict) else None
    if kind in ("and", "or") and isinstance(condition.get("filters"), list) and depth < _DEEPEST:
        parts = [_fits(attributes, part, depth + 1) for part in condition["filters"]]
        return all(parts) if kind == "and" else any(parts)
    compare = _COMPARISONS.get(str(kind))
    if compare is None:
        raise refuse("invalid_value", at="filters.type", value=kind, supported=listing([*_COMPARISONS, "and", "or"]))
    told, wanted = attributes.get(str(condition.get("key"))), condition.get("value")
    comparable = kind in ("eq", "ne") or (isinstance(told, int | float) and isinstance(wanted, int | float))
    return comparable and bool(compare(told, wanted))


@serves("create_vector_store_file_batch")
def create_vector_store_file_batch(world: World, call: Call) -> Json:
    """POST /vector_stores/{vector_store_id}/file_batches: the answer comes before the files are indexed."""
    store, body = _store(world, call), call.body
    check_chunking(world, body.get("chunking_strategy"))
    files = _files(world, body)
    if not files and "file_ids" not in body:
        raise refuse("missing_required_parameter", at="file_ids")
    return show.batch(world, add_batch(world, store, files, body.get("chunking_strategy"), _attributes(body)))


@serves("get_vector_store_file_batch")
def get_vector_store_file_batch(world: World, call: Call) -> Json:
    """GET /vector_stores/{vector_store_id}/file_batches/{batch_id}."""
    shown = show.batch(world, _batch(world, call))
    if world.faults.on("batch-is-read-under-another-id"):
        shown["id"] = world.store.ids.new("vector_store_file_batch")
    return shown


@serves("cancel_vector_store_file_batch")
def cancel_vector_store_file_batch(world: World, call: Call) -> Json:
    """POST /vector_stores/{vector_store_id}/file_batches/{batch_id}/cancel: also where there is nothing left to do."""
    batch, faults = _batch(world, call), world.faults
    if faults.on("open-batch-cannot-be-cancelled") and batch.status == "in_progress":
        raise refuse("run_not_cancellable", status=batch.status)
    if faults.on("finished-batch-cannot-be-cancelled") and batch.status != "in_progress":
        raise refuse("run_not_cancellable", status=batch.status)
    cancel(world, batch)
    if faults.on("finished-batch-becomes-cancelled") and batch.status == "completed":
        for entry in batch.entries.values():
            entry.status = "cancelled"
        batch.cancelled = True
    return show.batch(world, batch)


@serves("list_vector_store_file_batch_files")
def list_vector_store_file_batch_files(world: World, call: Call) -> Json:
    """GET /vector_stores/{vector_store_id}/file_batches/{batch_id}/files: those that are still in the store."""
    batch, store = _batch(world, call), _store(world, call)
    entries = [row for row in batch.entries.values() if store.files.get(row.id) is row]
    if world.faults.on("batch-lists-every-file-of-the-store"):
        entries = list(store.files.values())
    if world.faults.on("batch-lists-nothing"):
        entries = []
    rows = _filtered(world, call, entries)
    return page(
        world, rows, call.query, lambda row: show.store_file(world, row, in_batch=True), kind="vector_store_file"
    )
