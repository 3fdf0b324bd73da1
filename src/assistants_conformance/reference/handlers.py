"""Which function serves which operation, and what all of them share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.reference.spoilt_text import annotated, kept
from assistants_conformance.reference.state import Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_conformance.reference.faults import Faults
    from assistants_conformance.reference.files import PlannedAttachments
    from assistants_conformance.reference.state import Attachment, Json, Thread
    from assistants_conformance.reference.streams import RunStream
    from assistants_conformance.reference.wire import Raw
    from assistants_conformance.reference.world import Call, World

    Handler = Callable[[World, Call], Json | Raw | RunStream]

HANDLERS: dict[str, Handler] = {}


def serves(operation: str) -> Callable[[Handler], Handler]:
    """Register a handler for an operation of `schemas/operations.json`."""

    def register(handler: Handler) -> Handler:
        HANDLERS[operation] = handler
        return handler

    return register


def metadata(given: Any) -> Json:
    """Return metadata as it is stored: null is none, and what is no text (v1 only) becomes Python's text of it."""
    return {key: value if isinstance(value, str) else str(value) for key, value in (given or {}).items()}


def tools(world: World, given: list[Json] | None) -> list[Json]:
    """Return tools as the service answers them."""
    shown = []
    for tool in given or []:
        row: Json = {"type": tool["type"]}
        if tool["type"] == "function":
            function = tool["function"]
            row["function"] = {"name": function["name"]}
            azure = world.profile.platform == "azure" and world.profile.shape == "v2"
            if azure or function.get("description") is not None:
                row["function"]["description"] = function.get("description") or None
            row["function"]["parameters"] = function.get("parameters") or {"type": "object", "properties": {}}
            late = "strict_shown" in world.profile.traits and not world.faults.on("strict-not-shown")
            if "strict" in function or late:
                row["function"]["strict"] = bool(function.get("strict"))
        elif tool["type"] == "mcp":
            row |= {name: value for name, value in tool.items() if name != "headers"}
            if not world.faults.on("allowed-tools-left-out"):
                row.setdefault("allowed_tools", None)
        elif tool.get(tool["type"]) is not None:
            row[tool["type"]] = tool[tool["type"]]
        shown.append(row)
    return shown


def content(given: Any) -> list[Json]:
    """Return message content as it is stored."""
    if isinstance(given, str):
        return [{"type": "text", "text": {"value": given, "annotations": []}}]
    parts: list[Json] = []
    for part in given:
        if part["type"] == "text":
            parts.append({"type": "text", "text": {"value": part["text"], "annotations": []}})
        else:
            body = dict(part[part["type"]])
            body.setdefault("detail", "auto")
            parts.append({"type": part["type"], part["type"]: body})
    return parts


def _stored(faults: Faults, given: Any) -> list[Json]:
    if isinstance(given, list) and faults.on("content-parts-joined"):
        given = "\n".join(part["text"] for part in given if part["type"] == "text")
    parts = content(kept(faults, given) if isinstance(given, str) else given)
    for part in parts:
        if part["type"] == "text":
            part["text"]["annotations"] = annotated(faults, part["text"]["value"], [])
    return parts


def add_message(
    world: World, thread: Thread, body: Json, attachments: PlannedAttachments, files: dict[str, Attachment]
) -> Message:
    """Store a message that a client sends; everything about it was checked before."""
    store, faults = world.store, world.faults
    nobody = "" if faults.on("posted-message-with-empty-ids") else None
    message = Message(
        id=store.ids.new("message"),
        created_at=world.now(),
        sequence=store.sequence(),
        thread_id=thread.id,
        role=body["role"],
        content=_stored(faults, body["content"]),
        assistant_id=nobody,
        run_id=nobody,
        metadata={} if faults.on("message-metadata-lost") else metadata(body.get("metadata")),
        attachments=[] if faults.on("attachments-dropped") else attachments.rows,
        files=files,
    )
    if faults.on("message-ids-used-again"):
        deleted = [row for operation, _, row in world.remains.graves if operation == "delete_message"]
        message.id = deleted[-1].id if deleted and deleted[-1].id not in thread.messages else message.id
    if not faults.on("attachment-not-given-to-thread"):
        attachments.carry_out(thread.resources)
    thread.messages[message.id] = message
    return message
