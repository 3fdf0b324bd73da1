"""The operations on files."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from assistants_conformance.reference.files import forget
from assistants_conformance.reference.handlers import serves
from assistants_conformance.reference.paging import envelope, page
from assistants_conformance.reference.refusal import refuse
from assistants_conformance.reference.render import deleted
from assistants_conformance.reference.upload import keep
from assistants_conformance.reference.wire import Raw

if TYPE_CHECKING:
    from assistants_conformance.reference.state import Json
    from assistants_conformance.reference.world import Call, World

# OpenAI keeps to itself what was uploaded for these; Azure hands everything out.
NOT_DOWNLOADABLE = frozenset({"assistants", "user_data"})


@serves("upload_file")
def upload_file(world: World, call: Call) -> Json:
    """POST /files."""
    if call.upload is None:
        raise refuse("missing_form_part", at="file")
    row = keep(world, call.upload, call.body["purpose"], call.body.get("expires_after[seconds]"))
    shown = world.render.file(row)
    if world.faults.on("upload-not-processed-at-once"):
        shown["status"] = "uploaded"
    if world.faults.on("bytes-count-characters"):
        shown["bytes"] = len(row.data.decode("utf-8", "replace"))
    return shown


@serves("list_files")
def list_files(world: World, call: Call) -> Json:
    """GET /files: paged on the later OpenAI only."""
    rows = list(world.store.files.values())
    if world.faults.on("uploads-are-not-listed"):
        rows = [row for row in rows if row.purpose == "assistants_output"]
    if "purpose" in call.query and not world.faults.on("file-list-ignores-purpose"):
        rows = [row for row in rows if row.purpose == call.query["purpose"]]
    if world.profile.traits.get("files_paged"):
        return page(world, rows, call.query, world.render.file, kind="file", most=10000, default=10000)
    rows.sort(key=lambda row: (row.created_at, row.sequence), reverse=True)
    listed = envelope([world.render.file(row) for row in rows])
    told = world.profile.traits.get("file_list_tells", ["has_more", "first_id", "last_id"])
    return {name: value for name, value in listed.items() if name in ("object", "data", *told)}


@serves("get_file")
def get_file(world: World, call: Call) -> Json:
    """GET /files/{file_id}."""
    shown = world.render.file(world.store.file(call.params["file_id"]))
    if world.faults.on("file-status-of-its-own"):
        shown["status"] = "ready"
    return shown


@serves("delete_file")
def delete_file(world: World, call: Call) -> Json:
    """DELETE /files/{file_id}: assistants, threads and stores lose it too."""
    if world.faults.on("deleting-an-unknown-file-succeeds") and call.params["file_id"] not in world.store.files:
        return deleted(call.params["file_id"], "file")
    row = world.store.file(call.params["file_id"])
    if not world.faults.on("deleted-file-is-still-there"):
        del world.store.files[row.id]
    if not world.faults.on("deleted-file-stays-in-resources"):
        forget(world, row.id)
    return deleted(row.id, "file")


@serves("get_file_content")
def get_file_content(world: World, call: Call) -> Json | Raw:
    """GET /files/{file_id}/content."""
    row, faults = world.store.file(call.params["file_id"]), world.faults
    if faults.on("no-route-to-content"):
        raise refuse("method_not_allowed", method="GET", path=f"/files/{row.id}/content")
    kept_back = world.profile.platform == "openai" and row.purpose in NOT_DOWNLOADABLE
    if kept_back and not faults.on("uploads-are-handed-out"):
        raise refuse("download_not_allowed", purpose=row.purpose)
    data = row.data
    if faults.on("content-of-another-file"):
        data = list(world.store.files.values())[-1].data
    if faults.on("content-with-other-line-ends"):
        data = data.replace(b"\r\n", b"\n")
    if faults.on("generated-image-is-base64") and row.purpose == "assistants_output":
        data = base64.b64encode(data)
    if faults.on("content-wrapped-in-json"):
        return {"content": base64.b64encode(data).decode()}
    return Raw(row.filename.rsplit("/", 1)[-1], data)
