"""The form of an upload: its parts, what is refused of them, and what is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.reference.refusal import Refusal, refuse
from assistants_conformance.reference.state import StoredFile
from assistants_conformance.reference.validation import validate
from assistants_conformance.reference.wire import parse_form

if TYPE_CHECKING:
    from assistants_conformance.reference.wire import Upload
    from assistants_conformance.reference.world import World

MOST_BYTES = 512 * 1024 * 1024
# The order in which the recorded refusal lists them.
_PURPOSES = ("fine-tune", "assistants", "batch", "user_data", "vision", "evals")


def read_upload(world: World, schema: dict[str, Any], content_type: str, body: bytes) -> tuple[dict[str, Any], Upload]:
    """Return the plain fields and the file of a form.

    Raises:
        Refusal: a part is missing, the purpose is none of the platform, or the file is empty, too large or refused.
    """
    try:
        parts = parse_form(content_type, body)
    except Refusal:
        if world.faults.on("cut-off-upload-is-stored"):
            _keep_what_came(world, content_type, body)
        raise
    fields = {part.name: part.data.decode("utf-8", "replace") for part in parts if part.filename is None}
    files = [part for part in parts if part.filename is not None and part.name == "file"]
    if not files:
        raise refuse("server_error" if world.faults.on("upload-without-file-fails") else "missing_form_part", at="file")
    try:
        _check(world, schema, fields, files[0], [part.name for part in parts])
    except Refusal:
        if world.faults.on("refused-upload-leaves-a-file"):
            keep(world, files[0], "assistants")
        raise
    return fields, files[0]


def _check(world: World, schema: dict[str, Any], fields: dict[str, Any], file: Upload, order: list[str]) -> None:
    faults = world.faults
    if faults.on("upload-without-purpose-accepted"):
        fields.setdefault("purpose", "assistants")
    if "purpose" not in fields or (faults.on("upload-wants-purpose-first") and order[0] != "purpose"):
        raise refuse("missing_form_part", at="purpose")
    purposes = schema["properties"]["purpose"].get("enum")
    if purposes is not None and fields["purpose"] not in purposes:
        purposes = sorted(purposes, key=lambda name: (_PURPOSES.index(name) if name in _PURPOSES else 9, name))
        raise refuse("invalid_purpose", at="purpose", purpose=fields["purpose"], purposes=purposes)
    validate(schema, fields | {"file": ""})
    if not file.data and not faults.on("empty-upload-accepted"):
        raise refuse("empty_file")
    if len(file.data) > MOST_BYTES:
        raise refuse("file_too_large", maximum=MOST_BYTES)
    if world.file_types.refuses_upload(file, world.faults):
        raise refuse("unsupported_file", file_id=file.filename, tool="code_interpreter")


def _keep_what_came(world: World, content_type: str, body: bytes) -> None:
    boundary = content_type.partition("boundary=")[2].strip('"')
    try:
        parts = parse_form(content_type, body + f"\r\n--{boundary}--\r\n".encode())
    except Refusal:
        return
    for part in parts:
        if part.filename is not None:
            keep(world, part, "assistants")


def keep(world: World, file: Upload, purpose: str, lifetime: str | None = None) -> StoredFile:
    """Store an upload; `lifetime` is in seconds, None for ever."""
    store, now, faults = world.store, world.now(), world.faults
    filename = file.filename or "file"
    if faults.on("filename-folded-to-ascii"):
        filename = filename.encode("ascii", "ignore").decode("ascii")
    if faults.on("purpose-of-upload-lost"):
        purpose = "fine-tune"
    identifier = store.ids.request() if faults.on("file-ids-are-uuids") else store.ids.new("file")
    expires = None if lifetime is None else now + int(lifetime)
    row = StoredFile(identifier, now, store.sequence(), filename, purpose, bytes(file.data), expires)
    store.files[row.id] = row
    return row
