"""The operations on assistants and, in the v1 shape, on their files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.reference.files import Planned, attached
from assistants_conformance.reference.handlers import metadata, serves, tools
from assistants_conformance.reference.paging import page
from assistants_conformance.reference.refusal import refuse
from assistants_conformance.reference.render import deleted
from assistants_conformance.reference.state import Assistant, Resources
from assistants_conformance.reference.store import found

if TYPE_CHECKING:
    from assistants_conformance.reference.state import Json
    from assistants_conformance.reference.world import Call, World


def check_model(world: World, name: Any) -> None:
    """Refuse a model that does not exist, on the platform that looks at once; Azure lets the run fail.

    Raises:
        Refusal: there is no such model.
    """
    if name is not None and world.profile.platform == "openai" and not world.knows_model(name):
        raise refuse("unknown_model", model=name)


def _number(value: Any) -> float:
    return 1.0 if value is None else float(value)


@serves("create_assistant")
def create_assistant(world: World, call: Call) -> Json:
    """POST /assistants."""
    body = call.body
    check_model(world, body["model"])
    planned = Planned(world, body.get("tool_resources"))
    files = attached(world, body.get("file_ids"))
    store = world.store
    row = Assistant(
        id=store.ids.new("assistant"),
        created_at=world.now(),
        sequence=store.sequence(),
        model=body["model"],
        name=body.get("name"),
        description=body.get("description"),
        instructions=body.get("instructions"),
        tools=tools(world, body.get("tools")),
        metadata=metadata(body.get("metadata")),
        temperature=_number(body.get("temperature")),
        top_p=_number(body.get("top_p")),
        response_format=body.get("response_format") or "auto",
        reasoning_effort=body.get("reasoning_effort"),
        resources=Resources(),
        files=files,
    )
    planned.carry_out(row.resources)
    if world.faults.on("every-create-answers-one-id") and store.assistants:
        row.id = next(iter(store.assistants))
    store.assistants[row.id] = row
    return world.render.assistant(row)


@serves("list_assistants")
def list_assistants(world: World, call: Call) -> Json:
    """GET /assistants."""
    rows = list(world.store.assistants.values())
    if world.faults.on("list-forgets-objects"):
        rows = rows[-2:]
    if world.faults.on("deleted-assistant-stays-listed"):
        rows += [row for row in world.ghosts.values() if isinstance(row, Assistant)]
    return page(world, rows, call.query, world.render.assistant, kind="assistant")


@serves("get_assistant")
def get_assistant(world: World, call: Call) -> Json:
    """GET /assistants/{assistant_id}."""
    row = world.store.assistant(call.params["assistant_id"])
    if world.faults.on("retrieve-answers-the-first"):
        row = next(iter(world.store.assistants.values()))
    return world.render.assistant(row)


@serves("modify_assistant")
def modify_assistant(world: World, call: Call) -> Json:
    """POST /assistants/{assistant_id}: what the body does not name stays."""
    row = world.store.assistant(call.params["assistant_id"])
    body = call.body
    check_model(world, body.get("model"))
    planned = Planned(world, body.get("tool_resources"))
    files = attached(world, body.get("file_ids"))
    if body.get("model") is not None:
        row.model = body["model"]
    for name in ("name", "description", "instructions"):
        if name in body or world.faults.on("modify-resets-the-rest"):
            setattr(row, name, body.get(name))
    if "tools" in body:
        row.tools = tools(world, body["tools"])
    if "metadata" in body:
        kept = row.metadata if world.faults.on("modify-merges-metadata") else {}
        row.metadata = kept | metadata(body["metadata"])
    for name in ("temperature", "top_p"):
        if name in body:
            setattr(row, name, _number(body[name]))
    if "response_format" in body:
        row.response_format = body["response_format"] or "auto"
    if "reasoning_effort" in body:
        row.reasoning_effort = body["reasoning_effort"]
    if "file_ids" in body:
        row.files = {name: row.files.get(name, file) for name, file in files.items()}
    planned.carry_out(row.resources)
    return world.render.assistant(row)


@serves("delete_assistant")
def delete_assistant(world: World, call: Call) -> Json:
    """DELETE /assistants/{assistant_id}: its threads and runs stay."""
    row = world.store.assistant(call.params["assistant_id"])
    if world.faults.on("delete-takes-threads-along"):
        for thread in list(world.store.threads.values()):
            if any(run.assistant_id == row.id for run in thread.runs.values()):
                del world.store.threads[thread.id]
    if not world.faults.on("delete-only-answers"):
        world.ghosts[row.id] = world.store.assistants.pop(row.id)
    return deleted(row.id, "assistant.deleted")


@serves("create_assistant_file")
def create_assistant_file(world: World, call: Call) -> Json:
    """POST /assistants/{assistant_id}/files (v1)."""
    row = world.store.assistant(call.params["assistant_id"])
    (file,) = attached(world, [call.body["file_id"]]).values()
    if file.id not in row.files and len(row.files) >= 20:
        raise refuse("array_too_long", at="file_ids", maximum=20, length=21)
    if world.faults.on("attached-file-is-not-listed"):
        return world.render.assistant_file(file, row)
    return world.render.assistant_file(row.files.setdefault(file.id, file), row)


@serves("list_assistant_files")
def list_assistant_files(world: World, call: Call) -> Json:
    """GET /assistants/{assistant_id}/files (v1)."""
    row = world.store.assistant(call.params["assistant_id"])
    return page(
        world,
        row.files.values(),
        call.query,
        lambda file: world.render.assistant_file(file, row),
        kind="assistant_file",
    )


@serves("get_assistant_file")
def get_assistant_file(world: World, call: Call) -> Json:
    """GET /assistants/{assistant_id}/files/{file_id} (v1)."""
    row = world.store.assistant(call.params["assistant_id"])
    return world.render.assistant_file(found(row.files, "assistant_file", call.params["file_id"]), row)


@serves("delete_assistant_file")
def delete_assistant_file(world: World, call: Call) -> Json:
    """DELETE /assistants/{assistant_id}/files/{file_id} (v1): the file itself stays."""
    row = world.store.assistant(call.params["assistant_id"])
    file = found(row.files, "assistant_file", call.params["file_id"])
    del row.files[file.id]
    if world.faults.on("detach-deletes-the-file"):
        world.store.files.pop(file.id, None)
    return deleted(file.id, "assistant.file.deleted")
