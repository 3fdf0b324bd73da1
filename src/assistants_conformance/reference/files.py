"""Which files the tools take, and the resources that name files and vector stores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.contract.documents import read
from assistants_conformance.reference.faults.file_types import type_fault
from assistants_conformance.reference.refusal import refuse
from assistants_conformance.reference.state import Attachment, Resources
from assistants_conformance.reference.stores import HELPER_STORE_DAYS, add, check_chunking, new_store, remove, touch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistants_conformance.contract import Profile
    from assistants_conformance.reference.faults import Faults
    from assistants_conformance.reference.state import Json, StoredFile
    from assistants_conformance.reference.wire import Upload
    from assistants_conformance.reference.world import World

# Purposes whose files may be given to assistants, threads and messages.
USABLE = frozenset({"assistants", "assistants_output", "user_data", "vision"})


class FileTypes:
    """The tables of supported extensions. The extension decides, in either case; the MIME type never does."""

    def __init__(self, profile: Profile) -> None:
        rows = [row for row in read("file_types")["file_types"] if profile.shape in row.get("shapes", [profile.shape])]
        self._code = {
            row["extension"]
            for row in rows
            if row["code_interpreter"] or profile.platform in row.get("code_interpreter_platforms", ())
        }
        self._search = {row["extension"] for row in rows if row["file_search"]}

    @staticmethod
    def extension(filename: str) -> str:
        """Return the extension of a name with its dot, in lower case; empty where it has none."""
        name = filename.rsplit("/", 1)[-1]
        return f".{name.rsplit('.', 1)[1].lower()}" if "." in name.strip(".") else ""

    @staticmethod
    def refuses_upload(file: Upload, faults: Faults) -> bool:
        """Say whether an upload is refused for what it is: the services refuse none, so this is what faults do."""
        name, kind = file.filename or "", file.content_type
        extension = FileTypes.extension(name)
        rows = [row for row in read("file_types")["file_types"] if row["extension"] == extension]
        documented = {mime_type for row in rows for mime_type in row["mime_types"]}
        return (
            any(faults.on(type_fault(row, kind)) for row in rows if kind in row["mime_types"])
            or (faults.on("mime-type-decides") and kind is not None and bool(rows) and kind not in documented)
            or (faults.on("mime-type-is-required") and kind is None)
            or (faults.on("extension-in-capitals-refused") and bool(rows) and not name.endswith(extension))
            or (faults.on("only-utf-8-text-accepted") and extension == ".txt" and b"\xff\xfe" in file.data[:2])
        )

    def accepts(self, tool: str, filename: str) -> bool:
        """Say whether a tool (`code_interpreter`, `file_search`, `retrieval`) takes a file of that name."""
        return self.extension(filename) in (self._code if tool == "code_interpreter" else self._search)


def usable(world: World, identifiers: Iterable[str], tool: str | None) -> list[StoredFile]:
    """Return the files of these ids, each once, or refuse; `tool` is the one that is to read them, None: any.

    Raises:
        Refusal: a file is unknown, was uploaded for another purpose, or has an extension that the tool does not take.
    """
    names = dict.fromkeys(identifiers)
    if world.faults.on("reference-to-unknown-file-accepted"):
        names = {name: None for name in names if name in world.store.files}
    files = [world.store.file(name) for name in names]
    for file in files:
        if file.purpose not in USABLE:
            raise refuse("wrong_file_purpose", id=file.id, purpose=file.purpose)
        tools = ("code_interpreter", "retrieval") if tool is None else (tool,)
        # What the tools made themselves needs no extension to be read again.
        free = file.purpose == "assistants_output" or world.faults.on("unsupported-extension-accepted")
        if not free and not any(world.file_types.accepts(name, file.filename) for name in tools):
            raise refuse("unsupported_file", file_id=file.id, tool=tools[0])
    return files


class Planned:
    """Resources that were checked and not made yet, so that a refusal leaves nothing behind."""

    def __init__(self, world: World, given: Json | None) -> None:
        """Check `tool_resources` of a request; what is null or absent counts as not given.

        Raises:
            Refusal: a file or store is unknown, or a file is not fit for its tool.
        """
        self._world = world
        given = given or {}
        code = given.get("code_interpreter")
        search = given.get("file_search")
        self.file_ids: list[str] | None = None
        self.store_ids: list[str] | None = None
        self._helpers: list[tuple[list[StoredFile], Json]] = []
        if code is not None:
            self.file_ids = [file.id for file in usable(world, code.get("file_ids") or [], "code_interpreter")]
        if search is not None:
            self.store_ids = [world.store.vector_store(name).id for name in search.get("vector_store_ids") or []]
            for helper in [] if world.faults.on("helper-makes-no-store") else search.get("vector_stores") or []:
                check_chunking(world, helper.get("chunking_strategy"))
                files = [world.store.file(name) for name in helper.get("file_ids") or []]
                self._helpers.append((files, helper))

    def carry_out(self, resources: Resources, *, days: int | None = None) -> None:
        """Put what was given into `resources`; what was not given stays. `days` is the expiry of stores made here."""
        if self.file_ids is not None:
            resources.file_ids = list(self.file_ids)
        if self.store_ids is not None:
            made = [
                new_store(
                    self._world,
                    files,
                    metadata=helper.get("metadata"),
                    days=days,
                    chunking=helper.get("chunking_strategy"),
                ).id
                for files, helper in self._helpers
            ]
            resources.store_ids = self.store_ids + made


class PlannedAttachments:
    """The `attachments` of a v2 message, checked before anything is stored."""

    def __init__(self, world: World, given: list[Json] | None) -> None:
        """Check attachments.

        Raises:
            Refusal: a file is unknown or not fit for its tool.
        """
        self._world = world
        self.rows: list[Json] = []
        for entry in given or []:
            for tool in entry["tools"]:
                usable(world, [entry["file_id"]], tool["type"])
            world.store.file(entry["file_id"])
            self.rows.append(
                {"file_id": entry["file_id"], "tools": [{"type": tool["type"]} for tool in entry["tools"]]}
            )

    def carry_out(self, resources: Resources) -> None:
        """Give the files to the thread: to its code interpreter, or to its vector store, which is made if need be."""
        for row in self.rows:
            kinds = {tool["type"] for tool in row["tools"]}
            if "code_interpreter" in kinds and row["file_id"] not in resources.file_ids:
                resources.file_ids.append(row["file_id"])
            if "file_search" in kinds:
                self._index(resources, self._world.store.file(row["file_id"]))

    def _index(self, resources: Resources, file: StoredFile) -> None:
        world = self._world
        known = [name for name in resources.store_ids if name in world.store.vector_stores]
        if not known or world.faults.on("every-attachment-makes-a-store"):
            made = new_store(world, [file], days=HELPER_STORE_DAYS)
            resources.store_ids = [made.id]
            return
        target = world.store.vector_stores[known[0]]
        touch(world, target, world.clock.now())
        if file.id not in target.files:
            add(world, target, [file])


def attached(world: World, identifiers: list[str] | None) -> dict[str, Attachment]:
    """Return v1 `file_ids` as attachments.

    Raises:
        Refusal: a file is unknown, or no tool takes it.
    """
    now = world.now()
    return {
        file.id: Attachment(file.id, now, world.store.sequence()) for file in usable(world, identifiers or [], None)
    }


def forget(world: World, identifier: str) -> None:
    """Take a deleted file out of every assistant, thread and vector store that names it."""
    holders: list[Any] = [*world.store.assistants.values(), *world.store.threads.values()]
    for holder in holders:
        if identifier in holder.resources.file_ids:
            holder.resources.file_ids.remove(identifier)
    for assistant in world.store.assistants.values():
        assistant.files.pop(identifier, None)
    for store in world.store.vector_stores.values():
        if identifier in store.files and not world.faults.on("deleted-file-stays-in-its-stores"):
            remove(world, store, identifier)
