"""The operations on threads and messages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from assistants_conformance.reference import lock
from assistants_conformance.reference.files import Planned, PlannedAttachments, attached
from assistants_conformance.reference.handlers import add_message, metadata, serves
from assistants_conformance.reference.paging import page
from assistants_conformance.reference.refusal import Refusal, refuse
from assistants_conformance.reference.render import deleted
from assistants_conformance.reference.state import Resources, Thread
from assistants_conformance.reference.store import found
from assistants_conformance.reference.stores import HELPER_STORE_DAYS

if TYPE_CHECKING:
    from assistants_conformance.reference.state import Json, Message
    from assistants_conformance.reference.world import Call, World


# The longest text of the first shape, in characters.
FIRST_SHAPES_LONGEST = 32768


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
        rows = self._rows[::-1] if self._world.faults.on("seeds-in-reverse") else self._rows
        return [add_message(self._world, thread, *row) for row in rows]


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
        faults = self._world.faults
        if faults.on("thread-ids-used-again") and self._world.ghosts:
            row.id, _ = self._world.ghosts.popitem()
        days = None if faults.on("stores-of-threads-stay") else HELPER_STORE_DAYS
        self._resources.carry_out(row.resources, days=days)
        if faults.on("new-thread-greets") and not self.messages:
            greeting = {"role": "assistant", "content": "How can I help you?"}
            PlannedMessages(self._world, [greeting]).carry_out(row)
        self.messages.carry_out(row)
        store.threads[row.id] = row
        return row


@serves("create_thread")
def create_thread(world: World, call: Call) -> Json:
    """POST /threads."""
    return world.render.thread(PlannedThread(world, call.body).carry_out())


@serves("list_threads")
def list_threads(world: World, call: Call) -> Json:
    """GET /threads, which one platform has."""
    query = {"order": "asc", **call.query} if world.faults.on("threads-listed-oldest-first") else call.query

    def shown(row: Thread) -> Json:
        if world.faults.on("listed-thread-in-short"):
            return {"id": row.id, "object": "thread", "created_at": row.created_at}
        return world.render.thread(row, read=True)

    return page(world, list(world.store.threads.values()), query, shown, kind="thread")


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
    if (refusal := lock.modification_refusal(world, row)) is not None:
        row.metadata = metadata(call.body.get("metadata"))
        raise refusal
    if lock.forgets_modifications(world, row):
        return world.render.thread(replace(row, metadata=metadata(call.body.get("metadata"))))
    if "metadata" in call.body:
        row.metadata = metadata(call.body["metadata"])
    planned.carry_out(row.resources)
    return world.render.thread(row)


@serves("delete_thread")
def delete_thread(world: World, call: Call) -> Json:
    """DELETE /threads/{thread_id}: its messages and runs go with it, also active ones."""
    if world.faults.on("second-delete-succeeds") and call.params["thread_id"] not in world.store.threads:
        return deleted(call.params["thread_id"], "thread.deleted")
    row = world.store.thread(call.params["thread_id"])
    lock.check_delete(world, row)
    if not world.faults.on("delete-only-answers"):
        world.ghosts[row.id] = world.store.threads.pop(row.id)
    world.engine.drop(row.runs)
    return deleted(row.id, "thread.deleted")


@serves("create_message")
def create_message(world: World, call: Call) -> Json:
    """POST /threads/{thread_id}/messages."""
    row = world.store.thread(call.params["thread_id"])
    if world.faults.on("long-text-refused") and len(call.body["content"]) > FIRST_SHAPES_LONGEST:
        raise refuse("string_too_long", at="content", maximum=FIRST_SHAPES_LONGEST, length=len(call.body["content"]))
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
    if world.faults.on("deleted-thread-keeps-its-messages") and call.params["thread_id"] in world.ghosts:
        row = world.ghosts[call.params["thread_id"]]
    else:
        row = world.store.thread(call.params["thread_id"])
    lock.check_read(world, row)
    messages, query = list(row.messages.values()), call.query
    if world.faults.on("message-list-forgets-objects"):
        messages = messages[-3:]
    if world.faults.on("messages-of-all-threads-listed"):
        messages = [message for thread in world.store.threads.values() for message in thread.messages.values()]
    if world.faults.on("messages-of-one-second-reversed"):
        messages = [replace(message, sequence=-message.sequence) for message in messages]
    if world.faults.on("messages-listed-oldest-first"):
        query = {"order": "asc", **query}
    by_run = world.profile.shape == "v2" or world.profile.traits.get("messages_by_run")
    filtered = by_run and not world.faults.on("run-id-filter-ignored")
    if filtered and "run_id" in call.query:
        messages = [message for message in messages if message.run_id == call.query["run_id"]]
    if world.faults.on("earlier-turns-are-not-listed"):
        asked = [place for place, message in enumerate(messages) if message.role == "user"]
        messages = messages[asked[-1] :] if asked else messages
    if world.faults.on("messages-ignore-after"):
        query = {name: value for name, value in query.items() if name != "after"}
    return page(world, messages, query, world.render.message, kind="message")


@serves("get_message")
def get_message(world: World, call: Call) -> Json:
    """GET /threads/{thread_id}/messages/{message_id}."""
    lock.check_read(world, world.store.thread(call.params["thread_id"]))
    message = world.store.message(call.params["thread_id"], call.params["message_id"])
    if world.faults.on("newest-message-retrieved"):
        message = list(world.store.thread(message.thread_id).messages.values())[-1]
    return world.render.message(message)


@serves("modify_message")
def modify_message(world: World, call: Call) -> Json:
    """POST /threads/{thread_id}/messages/{message_id}."""
    message = world.store.message(call.params["thread_id"], call.params["message_id"])
    if "metadata" in call.body:
        before = message.metadata if world.faults.on("message-metadata-merged") else {}
        message.metadata = before | metadata(call.body["metadata"])
    return world.render.message(message, modified=True)


@serves("delete_message")
def delete_message(world: World, call: Call) -> Json:
    """DELETE /threads/{thread_id}/messages/{message_id} (v2): not locked by a run."""
    thread = world.store.thread(call.params["thread_id"])
    message = world.store.message(thread.id, call.params["message_id"])
    lock.check_delete(world, thread)
    if not world.faults.on("delete-only-answers"):
        names = list(thread.messages)
        after = names[names.index(message.id) + 1 :][:1]
        del thread.messages[message.id]
        if world.faults.on("deletion-takes-the-next-message"):
            for other in after:
                # What was made in the same second has the same key.
                if thread.messages[other].created_at == message.created_at:
                    del thread.messages[other]
    name = "message.deleted" if world.faults.on("deleted-message-without-suffix") else "thread.message.deleted"
    return deleted(message.id, name)


@serves("list_message_files")
def list_message_files(world: World, call: Call) -> Json:
    """GET /threads/{thread_id}/messages/{message_id}/files (v1)."""
    message = world.store.message(call.params["thread_id"], call.params["message_id"])
    files = [] if world.faults.on("message-files-not-listed") else list(message.files.values())
    return page(world, files, call.query, lambda file: world.render.message_file(file, message), kind="message_file")


@serves("get_message_file")
def get_message_file(world: World, call: Call) -> Json:
    """GET /threads/{thread_id}/messages/{message_id}/files/{file_id} (v1)."""
    message = world.store.message(call.params["thread_id"], call.params["message_id"])
    return world.render.message_file(found(message.files, "message_file", call.params["file_id"]), message)
