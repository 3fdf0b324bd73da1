"""The thread lock: while a run is active its thread takes neither messages nor runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistants_conformance.reference.careless_races import slips_in
from assistants_conformance.reference.refusal import refuse

if TYPE_CHECKING:
    from assistants_conformance.reference.refusal import Refusal
    from assistants_conformance.reference.state import Run, Thread
    from assistants_conformance.reference.world import World

_BLIND_SECONDS = 0.25


def holder(world: World, thread: Thread, assistant_id: str | None = None) -> Run | None:
    """Return the run that locks a thread; `assistant_id` is that of the run about to be made, if one is."""
    faults = world.faults
    for run in reversed(thread.runs.values()):
        if run.is_open:
            waits = run.status == "requires_action"
            if run.status == "cancelling" and faults.on("cancelling-run-does-not-lock"):
                return None
            if faults.on("streamed-runs-do-not-lock") and world.engine.streams.hears(run):
                return None
            return None if waits and faults.on("waiting-run-does-not-lock") else run
        if (
            run.status == "expired"
            and run.id in world.remains.stuck
            and faults.on("expired-run-keeps-the-lock-once-asked")
        ):
            return run
        kept = run.status in ("expired", "incomplete") and faults.on(f"{run.status}-run-keeps-the-lock")
        if kept or faults.on("lock-never-ends"):
            return run
    if faults.on("lock-is-per-assistant"):
        assistants = {run.assistant_id for run in thread.runs.values()} | {assistant_id}
        for other in world.store.threads.values():
            for run in other.runs.values():
                if run.is_open and run.assistant_id in assistants:
                    return run
    return None


def message_refusal(world: World, thread: Thread) -> Refusal | None:
    """Return why a thread takes no message now, None where it does."""
    run = holder(world, thread)
    if run is None or world.faults.on("message-accepted-while-locked"):
        return None
    if run.status == "requires_action":
        world.remains.stuck.add(run.id)
    if world.faults.on("message-lock-text-without-ids"):
        return refuse("thread_locked_message", thread_id="this thread", run_id="")
    return refuse("thread_locked_message", thread_id=thread.id, run_id=run.id)


def run_refusal(world: World, thread: Thread, assistant_id: str) -> Refusal | None:
    """Return why a thread takes no run now, None where it does."""
    run = holder(world, thread, assistant_id)
    if run is None or world.faults.on("second-run-accepted"):
        return None
    young = run.due is not None and run.status != "cancelling" and world.clock.now() - run.arrived < _BLIND_SECONDS
    if slips_in(world, thread) or (young and world.faults.on("two-runs-at-once")):
        return None
    if world.faults.on("run-lock-text-without-ids"):
        return refuse("thread_locked_run", thread_id="", run_id="")
    return refuse("thread_locked_run", thread_id=thread.id, run_id=run.id)


def check_read(world: World, thread: Thread) -> None:
    """Let a read of a thread, its messages or its list of runs pass; reading is never locked.

    Raises:
        Refusal: only with the fault that locks reads.
    """
    if world.faults.on("reads-locked") and (run := holder(world, thread)) is not None:
        raise refuse("thread_locked_message", thread_id=thread.id, run_id=run.id)


def modification_refusal(world: World, thread: Thread) -> Refusal | None:
    """Return why a thread may not be modified now: nothing forbids it, unless a fault does."""
    fault = world.faults.on("refused-modification-of-a-locked-thread-is-done")
    run = holder(world, thread) if fault else None
    return None if run is None else refuse("thread_locked_message", thread_id=thread.id, run_id=run.id)


def forgets_modifications(world: World, thread: Thread) -> bool:
    """Say whether a modification of a thread is answered and not done, which only a fault does."""
    return world.faults.on("modification-of-a-locked-thread-is-lost") and holder(world, thread) is not None


def check_delete(world: World, thread: Thread) -> None:
    """Let a deletion pass; deleting is not locked.

    Raises:
        Refusal: only with the fault that locks deletions.
    """
    if world.faults.on("delete-locked") and holder(world, thread) is not None:
        raise refuse("not_found_thread", id=thread.id)


def check_modify_run(world: World, run: Run) -> None:
    """Check that a run may be modified now.

    Raises:
        Refusal: it is still active.
    """
    if not run.is_open or world.faults.on("modify-run-accepted-while-active"):
        return
    status = "active" if world.faults.on("modify-lock-text-without-status") else run.status
    raise refuse("run_not_modifiable", status=status)
