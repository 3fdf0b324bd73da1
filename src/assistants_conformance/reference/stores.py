"""Vector stores: files that are indexed as time goes by, stores that expire, and what runs have to do with both."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from assistants_conformance.reference import search
from assistants_conformance.reference.refusal import refuse
from assistants_conformance.reference.state import FileBatch, VectorStore

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistants_conformance.reference.search import Hit
    from assistants_conformance.reference.state import Json, Run, StoredFile, StoreFile
    from assistants_conformance.reference.world import World

HELPER_STORE_DAYS = 7
#: How long a run waits for the files of its thread's store.
WAIT_SECONDS = 60

DEFAULT_CHUNKING: Json = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}


def new_store(
    world: World,
    files: Iterable[StoredFile],
    *,
    name: str | None = None,
    description: str | None = None,
    metadata: Json | None = None,
    days: int | None,
    chunking: Json | None = None,
) -> VectorStore:
    """Make a vector store with files; `days` is its policy of expiry, None: it stays."""
    now, store = world.now(), world.store
    made = VectorStore(
        id=store.ids.new("vector_store"),
        created_at=now,
        sequence=store.sequence(),
        name=name,
        description=description,
        metadata=metadata or {},
        expires_days=days,
        last_active_at=now,
    )
    store.vector_stores[made.id] = made
    add(world, made, files, chunking)
    return made


def add(
    world: World,
    store: VectorStore,
    files: Iterable[StoredFile],
    chunking: Json | None = None,
    attributes: Json | None = None,
) -> dict[str, StoreFile]:
    """Begin to index files, each once and anew where the store has it already. Return the entries."""
    entries = {}
    shown = DEFAULT_CHUNKING if chunking is None or chunking["type"] == "auto" else chunking
    if world.faults.on("chunking-strategy-is-not-kept"):
        shown = DEFAULT_CHUNKING
    if world.faults.on("default-chunks-of-half-the-size") and shown is DEFAULT_CHUNKING:
        shown = {"type": "static", "static": {"max_chunk_size_tokens": 400, "chunk_overlap_tokens": 200}}
    for place, file in enumerate({file.id: file for file in files}.values()):
        if (before := store.files.pop(file.id, None)) is not None:
            world.index.drop(before)
        entries[file.id] = world.index.begin(store, file, place, shown, attributes or {})
    if not world.faults.on("added-files-are-not-kept"):
        store.files |= entries
    return entries


def add_batch(
    world: World, store: VectorStore, files: list[StoredFile], chunking: Json | None, attributes: Json | None
) -> FileBatch:
    """Begin to index the files of a batch."""
    batch = FileBatch(
        id=world.store.ids.new("vector_store_file_batch"),
        created_at=world.now(),
        sequence=world.store.sequence(),
        store_id=store.id,
        entries=add(world, store, files, chunking, attributes),
    )
    store.batches[batch.id] = batch
    return batch


def cancel(world: World, batch: FileBatch) -> None:
    """Begin to cancel a batch: what is not indexed a moment later is given up."""
    if batch.status == "in_progress":
        batch.cancelled = True
        world.index.give_up(batch)


def remove(world: World, store: VectorStore, file_id: str) -> None:
    """Take a file out of a store; the file itself stays."""
    world.index.drop(store.files.pop(file_id))


def check_chunking(world: World, strategy: Json | None) -> None:
    """Check what no schema can say.

    Raises:
        Refusal: the overlap is more than half the chunk.
    """
    static = (strategy or {}).get("static")
    if world.faults.on("chunk-overlap-is-not-checked"):
        return
    if static and static["chunk_overlap_tokens"] * 2 > static["max_chunk_size_tokens"]:
        raise refuse(
            "chunk_overlap_too_large",
            at="chunking_strategy.static.chunk_overlap_tokens",
            maximum=static["max_chunk_size_tokens"] // 2,
            value=static["chunk_overlap_tokens"],
        )


def expired(store: VectorStore, now: float) -> bool:
    """Say whether the days of a store's policy have gone by since its last use."""
    return store.expires_at is not None and now >= store.expires_at


def touch(world: World, store: VectorStore, at: float) -> None:
    """Note that a store is used; an expired one cannot be."""
    if not expired(store, at) and not world.faults.on("use-does-not-refresh-the-store"):
        store.last_active_at = max(store.last_active_at, int(at))


# Runs.


def _known(world: World, names: Iterable[str]) -> list[VectorStore]:
    stores = world.store.vector_stores
    return [stores[name] for name in dict.fromkeys(names) if name in stores]


def _of_thread(world: World, run: Run) -> list[VectorStore]:
    return _known(world, world.store.threads[run.thread_id].resources.store_ids)


def _within_reach(world: World, run: Run) -> list[VectorStore]:
    """Return the stores of the assistant (or those given with the run) and of the thread."""
    thread = world.store.threads.get(run.thread_id)
    return _known(world, [*run.resources.store_ids, *(thread.resources.store_ids if thread is not None else ())])


def _searches(run: Run) -> bool:
    return any(tool["type"] == "file_search" for tool in run.tools)


def used(world: World, run: Run, at: float) -> None:
    """Note that the stores of a run that may search take part in it."""
    for store in _within_reach(world, run) if _searches(run) else ():
        touch(world, store, at)


def awaited(world: World, run: Run, at: float) -> float | None:
    """Return until when a run waits for files of its thread's store; None where there is nothing to wait for.

    The assistant's store is not waited for.
    """
    if run.started_at is None or not _searches(run) or world.faults.on("run-does-not-wait-for-files"):
        return None
    latest = run.started_at + WAIT_SECONDS
    dues = [entry.due for store in _of_thread(world, run) for entry in store.files.values() if entry.due > at]
    return min(max(dues), latest) if dues and at < latest else None


def failure(world: World, run: Run, at: float) -> Json | None:
    """Return why a run fails that is to work with an expired store."""
    if world.faults.on("expired-store-still-serves"):
        return None
    gone = _of_thread(world, run) + (_within_reach(world, run) if _searches(run) else [])
    for store in gone:
        if expired(store, at):
            return {"code": "server_error", "message": f"Vector store {store.id} is expired."}
    return None


def searchable(world: World, run: Run, at: float) -> list[StoredFile]:
    """Return the files that the search of a run can read, as they are indexed then."""
    entries = [entry for store in _within_reach(world, run) for entry in store.files.values()]
    names = [entry.id for entry in entries if entry.status == "completed" and entry.due <= at]
    files = world.store.files
    return [files[name] for name in dict.fromkeys(names) if name in files]


def found(world: World, run: Run, query: str, at: float) -> list[Hit]:
    """Search the stores of a run as the options of its tool say."""
    options = _options(run)
    most = options.get("max_num_results") or search.MOST_RESULTS
    hits = search.find(query, searchable(world, run, at), most=most, threshold=_ranking(options)[1])
    attributes = {name: row.attributes for store in _within_reach(world, run) for name, row in store.files.items()}
    hits = [replace(hit, attributes=attributes.get(hit.file_id, {})) for hit in hits]
    if world.faults.on("results-come-worst-first"):
        hits.reverse()
    if world.faults.on("citation-of-a-file-that-was-not-searched"):
        stray = next((name for name in world.store.files if name not in {hit.file_id for hit in hits}), "file-none")
        hits = [replace(hit, file_id=stray) for hit in hits]
    return hits


def _options(run: Run) -> Json:
    options = next((tool.get("file_search") for tool in run.tools if tool["type"] == "file_search"), None)
    return options or {}


def _ranking(options: Json) -> tuple[str, float]:
    """Return ranker and least score; where a version does not know the option, what is sent in it may be anything."""
    given = options.get("ranking_options")
    given = given if isinstance(given, dict) else {}
    ranker, threshold = given.get("ranker"), given.get("score_threshold")
    return (
        ranker if isinstance(ranker, str) else "default_2024_08_21",
        float(threshold) if isinstance(threshold, int | float) else 0.0,
    )


def told(world: World, run: Run, hits: list[Hit]) -> Json:
    """Return what the step of a search says of it: nothing in the first version, options and results later."""
    if "search_results" not in world.profile.traits:
        return {}
    ranker, threshold = _ranking(_options(run))
    return {
        "ranking_options": {"ranker": ranker, "score_threshold": threshold},
        "results": [
            {
                "file_id": hit.file_id,
                "file_name": hit.filename,
                "score": hit.score,
                "attributes": dict(hit.attributes),
                "content": [{"type": "text", "text": hit.quote}],
            }
            for hit in hits
        ],
    }
