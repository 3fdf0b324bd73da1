"""Faults that only some values bring out: an empty text, a zero, a full map, nearly equal keys, long letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.reference.refusal import refuse

if TYPE_CHECKING:
    from assistants_conformance.reference.faults import Faults
    from assistants_conformance.reference.world import World

Json = dict[str, Any]

_FULL = 16


def misread(faults: Faults, operation: str, body: Json) -> Json:
    """Return a body as a server understands it that takes some values for others."""
    if faults.on("emptied-name-takes-the-description-along") and operation == "modify_assistant":
        body = {**body, "description": None} if body.get("name") == "" else body
    if faults.on("zero-counts-as-none"):
        body = {name: value for name, value in body.items() if not _zero(value)}
    pairs = body.get("metadata")
    if isinstance(pairs, dict):
        body = {**body, "metadata": _pairs(faults, operation, pairs)}
    return body


def _zero(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == 0


def _pairs(faults: Faults, operation: str, pairs: Json) -> Json:
    if faults.on("keys-that-differ-in-case-are-one"):
        named = {name.casefold(): name for name in pairs}
        pairs = {name: value for name, value in pairs.items() if named[name.casefold()] == name}
    if faults.on("sixteenth-pair-is-lost"):
        pairs = dict(list(pairs.items())[: _FULL - 1])
    if faults.on("empty-values-of-a-modified-message-are-lost") and operation == "modify_message":
        pairs = {name: value for name, value in pairs.items() if value != ""}
    return pairs


def check_bytes(world: World, operation: str, body: Json) -> None:
    """Refuse a text that has more bytes than it may have characters, where a fault counts so.

    Raises:
        Refusal: the fault is on, and there is such a text.
    """
    if not world.faults.on("limits-count-bytes") or operation == "upload_file":
        return
    known = next((row.request for row in world.profile.operations if row.id == operation), None)
    properties = world.profile.request_schema(known)["properties"] if known else {}
    for name, value in body.items():
        most = properties.get(name, {}).get("maxLength")
        if most is not None and isinstance(value, str) and len(value.encode()) > most:
            raise refuse("string_too_long", at=name, maximum=most, length=len(value.encode()))
