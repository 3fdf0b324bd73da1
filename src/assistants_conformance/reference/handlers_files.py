"""The operations on files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistants_conformance.reference.files import forget
from assistants_conformance.reference.handlers import serves
from assistants_conformance.reference.refusal import refuse
from assistants_conformance.reference.render import deleted
from assistants_conformance.reference.state import StoredFile
from assistants_conformance.reference.store import envelope, page
from assistants_conformance.reference.wire import Raw

if TYPE_CHECKING:
    from assistants_conformance.reference.state import Json
    from assistants_conformance.reference.world import Call, World

MOST_BYTES = 512 * 1024 * 1024
# OpenAI keeps to itself what was uploaded for these; Azure hands everything out.
NOT_DOWNLOADABLE = frozenset({"assistants", "user_data"})


@serves("upload_file")
def upload_file(world: World, call: Call) -> Json:
    """POST /files."""
    if call.upload is None:
        raise refuse("missing_form_part", at="file")
    filename, data = call.upload
    if not data:
        raise refuse("empty_file")
    if len(data) > MOST_BYTES:
        raise refuse("file_too_large", maximum=MOST_BYTES)
    store = world.store
    now = world.now()
    lifetime = call.body.get("expires_after[seconds]")
    expires = None if lifetime is None else now + int(lifetime)
    row = StoredFile(store.ids.new("file"), now, store.sequence(), filename, call.body["purpose"], data, expires)
    store.files[row.id] = row
    return world.render.file(row)


@serves("list_files")
def list_files(world: World, call: Call) -> Json:
    """GET /files: paged on OpenAI only."""
    rows = list(world.store.files.values())
    if "purpose" in call.query:
        rows = [row for row in rows if row.purpose == call.query["purpose"]]
    if world.profile.platform == "openai":
        return page(rows, call.query, world.render.file, kind="file", most=10000, default=10000)
    rows.sort(key=lambda row: (row.created_at, row.sequence), reverse=True)
    listed = envelope([world.render.file(row) for row in rows])
    return {"object": "list", "data": listed["data"]} if world.profile.shape == "v1" else listed


@serves("get_file")
def get_file(world: World, call: Call) -> Json:
    """GET /files/{file_id}."""
    return world.render.file(world.store.file(call.params["file_id"]))


@serves("delete_file")
def delete_file(world: World, call: Call) -> Json:
    """DELETE /files/{file_id}: assistants, threads and stores lose it too."""
    row = world.store.file(call.params["file_id"])
    del world.store.files[row.id]
    forget(world, row.id)
    return deleted(row.id, "file")


@serves("get_file_content")
def get_file_content(world: World, call: Call) -> Raw:
    """GET /files/{file_id}/content."""
    row = world.store.file(call.params["file_id"])
    if world.profile.platform == "openai" and row.purpose in NOT_DOWNLOADABLE:
        raise refuse("download_not_allowed", purpose=row.purpose)
    return Raw(row.filename.rsplit("/", 1)[-1], row.data)
