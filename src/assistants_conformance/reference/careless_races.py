"""Faults of races: what goes wrong only where two connections want something at the same time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assistants_conformance.reference.render import deleted

if TYPE_CHECKING:
    from assistants_conformance.reference.state import Json, Message, Run, Thread
    from assistants_conformance.reference.world import Call, World

#: What another connection did so long ago at most (seconds) counts as done at the same time.
_AT_ONCE = 2.0
#: The one in so many second runs that a race lets in.
_ONE_IN = 20


@dataclass
class Crossings:
    """Who did what last, and what a lost race leaves behind."""

    latest: dict[tuple[str, str], tuple[object, float]] = field(default_factory=dict)
    contenders: int = 0
    orphans: dict[str, Run] = field(default_factory=dict)
    doomed: dict[str, Message] = field(default_factory=dict)
    drowned: dict[str, Thread] = field(default_factory=dict)


def _crossed(world: World, operation: str, identifier: str) -> bool:
    """Say whether another connection has just done an operation on a thread or run."""
    who, when = world.remains.crossings.latest.get((operation, identifier), (None, float("-inf")))
    return who != world.remains.peer and world.clock.now() - when < _AT_ONCE


def slips_in(world: World, thread: Thread) -> bool:
    """Say whether a second run is let in beside one that another connection has just made: one in twenty is."""
    if not world.faults.on("one-race-in-twenty-lets-two-runs-in") or not _crossed(world, "create_run", thread.id):
        return False
    world.remains.crossings.contenders += 1
    return world.remains.crossings.contenders % _ONE_IN == 0


def before(world: World, operation: str, call: Call) -> Json | None:
    """Return what is answered without being carried out; None where it is carried out as ever."""
    faults, races = world.faults, world.remains.crossings
    name, run_id = call.params.get("thread_id", ""), call.params.get("run_id", "")
    thread = world.store.threads.get(name)
    if thread is None:
        if operation == "get_run" and run_id in races.orphans:
            return world.render.run(races.orphans[run_id])
        if operation == "delete_thread" and faults.on("simultaneous-deletions-all-succeed"):
            return deleted(name, "thread.deleted") if _crossed(world, operation, name) else None
        back = operation == "create_message" and faults.on("late-message-brings-its-thread-back")
        if back and name in races.drowned and _crossed(world, "delete_thread", name):
            world.store.threads[name] = races.drowned[name]
        return None
    if operation == "delete_thread":
        races.drowned[name] = thread
    if operation == "delete_message" and call.params["message_id"] in thread.messages:
        races.doomed[name] = thread.messages[call.params["message_id"]]
    run = thread.runs.get(run_id)
    return None if run is None else _of_run(world, operation, run)


def _of_run(world: World, operation: str, run: Run) -> Json | None:
    faults = world.faults
    if operation == "submit_tool_outputs" and run.required_action is None:
        both = faults.on("submit-and-cancel-both-win") and _crossed(world, "cancel_run", run.id)
        twice = faults.on("simultaneous-outputs-are-all-taken") and _crossed(world, operation, run.id)
        if (both and run.status in ("cancelling", "cancelled")) or (twice and run.is_open):
            return world.render.run(run) | {"status": "queued", "cancelled_at": None}
    late = operation == "cancel_run" and run.status == "expired" and faults.on("late-cancel-overwrites-the-expiry")
    if late and _crossed(world, "get_run", run.id):
        run.status, run.cancelled_at = "cancelled", world.now()
        return world.render.run(run)
    return None


def after(world: World, operation: str, call: Call, result: Any) -> None:
    """Spoil what was carried out, and remember who did it."""
    faults, races, me = world.faults, world.remains.crossings, world.remains.peer
    name = call.params.get("thread_id", "")
    thread = world.store.threads.get(name)
    met = operation == "create_run" and _crossed(world, "create_message", name)
    if met and thread is not None and faults.on("simultaneous-run-loses-a-message"):
        thread.messages.popitem()
    if operation == "create_message" and thread is not None and _crossed(world, "delete_message", name):
        message = races.doomed.pop(name, None)
        if message is not None and faults.on("deleted-message-comes-back"):
            thread.messages[message.id] = message
    drowns = operation == "delete_thread" and name in races.drowned and _crossed(world, "create_run", name)
    if drowns and faults.on("deleted-thread-leaves-a-simultaneous-run"):
        races.orphans.update(races.drowned[name].runs)
    if isinstance(result, dict):
        races.latest[operation, call.params.get("run_id") or name] = (me, world.clock.now())
