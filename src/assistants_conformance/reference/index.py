"""The index of the vector stores: files come to their end as the clock goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistants_conformance.contract.documents import read
from assistants_conformance.reference.state import StoreFile
from assistants_conformance.reference.text import text_of

if TYPE_CHECKING:
    from assistants_conformance.contract import Profile
    from assistants_conformance.reference.state import FileBatch, Json, StoredFile, VectorStore
    from assistants_conformance.reference.world import World

#: How long one small file takes: longer than a run that does not wait for it.
INDEX_SECONDS = 1.5
INDEX_BYTES_PER_SECOND = 1_000_000
#: Files that are added together are done with one after the other, up to a point.
_APART_SECONDS = 0.1
_MOST_APART_SECONDS = 1.0
CANCEL_SECONDS = 0.1


def failures(profile: Profile) -> dict[str, Json]:
    """Return what a profile says of a file that cannot be indexed, by the cause (`unsupported`, `unreadable`)."""
    told: dict[str, Json] = {}
    for row in read("lifecycles/vector_store_file")["failures"]:
        if row["cause"] not in told and profile.id in row.get("profiles", [profile.id]):
            told[row["cause"]] = {"code": row["code"], "message": row["message"]}
    return told


class Index:
    """Brings store files to their end. It keeps the open ones only, so its work does not grow with the history."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._open: list[StoreFile] = []
        self._told = failures(world.profile)

    def begin(self, store: VectorStore, file: StoredFile, place: int, chunking: Json, attributes: Json) -> StoreFile:
        """Take a file in; `place` is its place among those that are added with it."""
        faults = self._world.faults
        seconds = INDEX_SECONDS + min(place * _APART_SECONDS, _MOST_APART_SECONDS)
        seconds += len(file.data) / INDEX_BYTES_PER_SECOND
        if faults.on("index-never-ends"):
            seconds = float("inf")
        entry = StoreFile(
            id=file.id,
            created_at=self._world.now(),
            sequence=self._world.store.sequence(),
            store_id=store.id,
            due=self._world.clock.now() + seconds,
            chunking=chunking,
            attributes=dict(attributes),
        )
        self._open.append(entry)
        if faults.on("unfinished-file-uses-bytes"):
            entry.usage_bytes = len(file.data)
        if faults.on("files-are-indexed-at-once"):
            self._finish(entry)
        return entry

    def drop(self, entry: StoreFile) -> None:
        """Forget an entry whose file or store is gone; where a batch still counts it, it came to nothing."""
        if entry.status == "in_progress":
            entry.status = "cancelled"

    def give_up(self, batch: FileBatch) -> None:
        """End what a cancelled batch has not finished a moment later."""
        at = self._world.clock.now() + CANCEL_SECONDS
        for entry in batch.entries.values():
            if entry.status == "in_progress" and entry.due > at:
                entry.due, entry.given_up = at, True

    def settle(self) -> None:
        """Bring every entry up to the present."""
        now = self._world.clock.now()
        for entry in self._open:
            if entry.due <= now and entry.status == "in_progress":
                self._finish(entry)
        self._open = [entry for entry in self._open if entry.status == "in_progress"]

    def _finish(self, entry: StoreFile) -> None:
        faults = self._world.faults
        file = self._world.store.files.get(entry.id)
        if entry.given_up or file is None:
            entry.status = "cancelled"
            return
        cause = None
        if not self._world.file_types.accepts("file_search", file.filename):
            lax = ("every-type-is-indexed", "unsupported-extension-accepted")
            cause = None if any(faults.on(name) for name in lax) else "unsupported"
        elif faults.on("newer-types-are-not-indexed") and file.filename.lower().endswith((".cs", ".doc", ".sh")):
            cause = "unsupported"
        elif not text_of(file).strip():
            cause = "unreadable"
        if cause is None:
            entry.status, entry.usage_bytes = "completed", len(file.data)
            return
        entry.status = "failed"
        if not faults.on("failed-file-has-no-error"):
            entry.last_error = dict(self._told[cause])
