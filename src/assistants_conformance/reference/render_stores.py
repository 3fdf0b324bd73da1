"""How vector stores, their files and their batches look on the wire of a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistants_conformance.reference.stores import expired

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistants_conformance.reference.search import Hit
    from assistants_conformance.reference.state import FileBatch, Json, StoreFile, VectorStore
    from assistants_conformance.reference.world import World

_STATES = ("in_progress", "completed", "failed", "cancelled")


def counts(world: World, entries: Iterable[StoreFile]) -> Json:
    """Return the counts of files by their status."""
    rows = [entry.status for entry in entries]
    told = {state: rows.count(state) for state in _STATES}
    if world.faults.on("failed-files-are-not-counted"):
        told["failed"] = 0
    return {**told, "total": told["completed"] if world.faults.on("total-counts-what-is-done") else len(rows)}


def vector_store(world: World, row: VectorStore) -> Json:
    """Return a vector store."""
    faults = world.faults
    files = list(row.files.values())
    days, expires = row.expires_days, row.expires_at
    if faults.on("store-expires-from-its-creation") and days is not None:
        expires = row.created_at + days * 86_400
    if faults.on("store-expiry-is-never-told"):
        expires = None
    shown: Json = {
        "id": row.id,
        "object": "vector_store",
        "name": row.name,
        "status": _status(world, row),
        "usage_bytes": sum(entry.usage_bytes for entry in files),
        "created_at": row.created_at,
        "file_counts": counts(world, files),
        "metadata": row.metadata,
        "expires_after": None if days is None else {"anchor": "last_active_at", "days": days},
        "expires_at": expires,
        "last_active_at": row.last_active_at,
    }
    if world.profile.platform == "openai":
        shown["description"] = row.description
    return shown


def _status(world: World, row: VectorStore) -> str:
    faults, states = world.faults, {entry.status for entry in row.files.values()}
    if expired(row, world.clock.now()) and not faults.on("expired-store-looks-completed"):
        return "expired"
    if faults.on("store-status-is-processing") and "in_progress" in states:
        return "processing"
    if faults.on("empty-store-is-in-progress") and not states:
        return "in_progress"
    if faults.on("store-status-always-completed"):
        return "completed"
    if faults.on("store-with-a-failed-file-stays-open") and "failed" in states:
        return "in_progress"
    return "in_progress" if "in_progress" in states else "completed"


def store_file(world: World, row: StoreFile, *, in_batch: bool = False) -> Json:
    """Return a file of a store; `in_batch` is the short form that the list of a batch has."""
    faults = world.faults
    head: Json = {"id": row.id, "object": "vector_store.file"}
    if faults.on("store-file-has-an-id-of-its-own"):
        head["id"] = f"vsf_{row.id}"
    tail: Json = {
        "created_at": row.created_at,
        "vector_store_id": row.store_id,
        "status": row.status,
        "last_error": row.last_error,
    }
    if faults.on("store-file-always-has-an-error") and row.last_error is None:
        tail["last_error"] = {"code": "server_error", "message": ""}
    if in_batch:
        return head | tail
    shown = {**head, "usage_bytes": row.usage_bytes, **tail, "chunking_strategy": row.chunking}
    if world.profile.platform == "openai" or row.attributes:
        shown["attributes"] = row.attributes
    return shown


def batch(world: World, row: FileBatch) -> Json:
    """Return a batch."""
    status = row.status
    if world.faults.on("batch-stays-in-progress"):
        status = "in_progress"
    if world.faults.on("batch-status-is-finalizing") and status == "in_progress":
        status = "finalizing"
    total = counts(world, row.entries.values())
    if world.faults.on("batch-counts-are-zero") and status == "completed":
        total = dict.fromkeys(total, 0)
    if world.faults.on("total-of-a-batch-shrinks"):
        total["total"] = total["in_progress"]
    return {
        "id": row.id,
        "object": "file_batch" if world.faults.on("batch-object-of-its-own") else "vector_store.file_batch",
        "created_at": row.created_at,
        "status": status,
        "vector_store_id": row.store_id,
        "file_counts": total,
    }


def results(query: str | list[str], hits: list[Hit]) -> Json:
    """Return a page of search results."""
    return {
        "object": "vector_store.search_results.page",
        "search_query": [query] if isinstance(query, str) else query,
        "data": [
            {
                "file_id": hit.file_id,
                "filename": hit.filename,
                "score": hit.score,
                "attributes": dict(hit.attributes),
                "content": [{"type": "text", "text": hit.quote}],
            }
            for hit in hits
        ],
        "has_more": False,
        "next_page": None,
    }


def content(texts: list[str]) -> Json:
    """Return the text of a store file."""
    return {
        "object": "vector_store.file_content.page",
        "data": [{"type": "text", "text": text} for text in texts],
        "has_more": False,
        "next_page": None,
    }
