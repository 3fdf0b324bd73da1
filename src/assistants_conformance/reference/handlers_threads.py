"""The operations on threads and messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistants_conformance.reference import lock
from assistants_conformance.reference.files import HELPER_STORE_DAYS, Planned, PlannedAttachments, attached
from assistants_conformance.reference.handlers import add_message, metadata, serves
from assistants_conformance.reference.paging import page
from assistants_conformance.reference.refusal import Refusal
from assistants_conformance.reference.render import deleted
from assistants_conformance.reference.state import Resources, Thread
from assistants_conformance.reference.store import found

if TYPE_CHECKING:
    from assistants_conformance.reference.state import Json, Message
    from assistants_conformance.reference.world import Call, World


class PlannedMessages:
    """Messages of a request, checked before anything is stored."""

    def __init__(self, world: World, bodies: list[Json] | None) -> None:
        """Check messages.

        Raises:
            Refusal: a file of one of them is unknown or not fit.
        """
        self._world = world
        for body in bodies or []:
            for part in body["content"] if isinstance(body["content"], list) else ():
                if part["type"] == "image_file":
                    world.store.file(part["image_file"]["file_id"])
        self._rows = [
            (body, PlannedAttachments(world, body.get("attachments")), attached(world, body.get("file_ids")))
            for body in bodies or []
        ]

    def __bool__(self) -> bool:
        """Say whether there are any."""
        return bool(self._rows)

    @property
    def from_user(self) -> bool:
        """Whether one of them is the user's."""
        return any(body["role"] == "user" for body, _, _ in self._rows)

    def carry_out(self, thread: Thread) -> list[Message]:
        """Store them in the order of the request."""
        return [add_message(self._world, thread, *row) for row in self._rows]


class PlannedThread:
    """A thread that was checked and not made yet."""

    def __init__(self, world: World, body: Json | None) -> None:
        """Check the body of a thread.

        Raises:
            Refusal: a file or store in it is unknown or not fit.
        """
        self._world = world
        self._body = body or {}
        self._resources = Planned(world, self._body.get("tool_resources"))
        self.messages = PlannedMessages(world, self._body.get("messages"))

    def carry_out(self) -> Thread:
        """Make the thread with its messages."""
        store = self._world.store
        row = Thread(
            id=store.ids.new("thread"),
            created_at=self._world.now(),
            sequence=store.sequence(),
            metadata=metadata(self._body.get("metadata")),
            resources=Resources(),
        )
        self._resources.carry_out(row.resources, days=HELPER_STORE_DAYS)
        self.messages.carry_out(row)
        store.threads[row.id] = row
        return row


@serves("create_thread")
def create_thread(world: World, call: Call) -> Json:
    """POST /threads."""
    return world.render.thread(PlannedThread(world, call.body).carry_out())


@serves("get_thread")
def get_thread(world: World, call: Call) -> Json:
    """GET /threads/{thread_id}."""
    row = world.store.thread(call.params["thread_id"])
    lock.check_read(world, row)
    return world.render.thread(row, read=True)


@serves("modify_thread")
def modify_thread(world: World, call: Call) -> Json:
    """POST /threads/{thread_id}: not locked by a run."""
    row = world.store.thread(call.params["thread_id"])
    planned = Planned(world, call.body.get("tool_resources"))
    if "metadata" in call.body:
        row.metadata = metadata(call.body["metadata"])
    planned.carry_out(row.resources)
    return world.render.thread(row)


@serves("delete_thread")
def delete_thread(world: World, call: Call) -> Json:
    """DELETE /threads/{thread_id}: its messages and runs go with it, also active ones."""
    row = world.store.thread(call.params["thread_id"])
    lock.check_delete(world, row)
    del world.store.threads[row.id]
    world.engine.drop(row.runs)
    return deleted(row.id, "thread.deleted")


@serves("create_message")
def create_message(world: World, call: Call) -> Json:
    """POST /threads/{thread_id}/messages."""
    row = world.store.thread(call.params["thread_id"])
    try:
        planned = PlannedMessages(world, [call.body])
    except Refusal:
        if world.faults.on("refused-file-leaves-its-message"):
            bare = {name: value for name, value in call.body.items() if name not in ("attachments", "file_ids")}
            PlannedMessages(world, [bare]).carry_out(row)
        raise
    if (refusal := lock.message_refusal(world, row)) is not None:
        if world.faults.on("refused-message-is-stored"):
            planned.carry_out(row)
        raise refusal
    (message,) = planned.carry_out(row)
    return world.render.message(message)


@serves("list_messages")
def list_messages(world: World, call: Call) -> Json:
    """GET /threads/{thread_id}/messages."""
    row = world.store.thread(call.params["thread_id"])
    lock.check_read(world, row)
    messages = list(row.messages.values())
    if world.profile.shape == "v2" and "run_id" in call.query:
        messages = [message for message in messages if message.run_id == call.query["run_id"]]
    return page(world, messages, call.query, world.render.message, kind="message")


@serves("get_message")
def get_message(world: World, call: Call) -> Json:
    """GET /threads/{thread_id}/messages/{message_id}."""
    lock.check_read(world, world.store.thread(call.params["thread_id"]))
    return world.render.message(world.store.message(call.params["thread_id"], call.params["message_id"]))


@serves("modify_message")
def modify_message(world: World, call: Call) -> Json:
    """POST /threads/{thread_id}/messages/{message_id}."""
    message = world.store.message(call.params["thread_id"], call.params["message_id"])
    if "metadata" in call.body:
        message.metadata = metadata(call.body["metadata"])
    return world.render.message(message, modified=True)


@serves("delete_message")
def delete_message(world: World, call: Call) -> Json:
    """DELETE /threads/{thread_id}/messages/{message_id} (v2): not locked by a run."""
    thread = world.store.thread(call.params["thread_id"])
    message = world.store.message(thread.id, call.params["message_id"])
    lock.check_delete(world, thread)
    del thread.messages[message.id]
    return deleted(message.id, "thread.message.deleted")


@serves("list_message_files")
def list_message_files(world: World, call: Call) -> Json:
    """GET /threads/{thread_id}/messages/{message_id}/files (v1)."""
    message = world.store.message(call.params["thread_id"], call.params["message_id"])
    return page(
        world,
        message.files.values(),
        call.query,
        lambda file: world.render.message_file(file, message),
        kind="message_file",
    )


@serves("get_message_file")
def get_message_file(world: World, call: Call) -> Json:
    """GET /threads/{thread_id}/messages/{message_id}/files/{file_id} (v1)."""
    message = world.store.message(call.params["thread_id"], call.params["message_id"])
    return world.render.message_file(found(message.files, "message_file", call.params["file_id"]), message)
