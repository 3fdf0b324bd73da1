"""The run engine with its faults: what implementations get wrong in the life of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.reference.outside_engine import ProjectEngine
from assistants_conformance.reference.state import Message

if TYPE_CHECKING:
    from assistants_conformance.reference import model
    from assistants_conformance.reference.state import Run
    from assistants_conformance.reference.world import World

_SLOW_SECONDS = 45
_MONTH_SECONDS = 30 * 86_400
_LATE_SECONDS = 2
#: How long a run works whose events are held back meanwhile.
_HELD_SECONDS = 4
#: By fault: the state that a run never leaves by itself.
_STUCK = {
    "queued-runs-stay-queued": "queued",
    "working-runs-hang": "in_progress",
    "waiting-runs-never-expire": "requires_action",
    "cancelling-runs-stay-so": "cancelling",
}
#: By fault: the choice of a tool that is not respected.
_CHOICES = {"tool-choice-none-ignored": "none", "tool-choice-required-ignored": "required"}


class CarelessEngine(ProjectEngine):
    """An engine that is strict but for the faults that are switched on."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._faults = world.faults
        self._late: list[tuple[Run, int]] = []
        #: What a run has read of its thread when it began.
        self._copies: dict[str, tuple[dict[str, str], dict[str, Message]]] = {}

    def accept(self, run: Run) -> None:
        """Take a new run in."""
        super().accept(run)
        thread = self._thread(run)
        self._copies[run.id] = (dict(thread.metadata), dict(thread.messages))
        if self._faults.on("runs-start-late"):
            run.due = run.arrived + _SLOW_SECONDS

    def settle(self) -> None:
        """Bring every open run up to the present, and spoil those that have ended."""
        super().settle()
        now = self._world.now()
        if self._faults.on("ended-runs-drift"):
            for thread in self._world.store.threads.values():
                for run in thread.runs.values():
                    run.completed_at = run.completed_at and run.completed_at + 1
        if self._faults.on("threads-last-a-month"):
            threads = self._world.store.threads
            for name in [name for name, thread in threads.items() if now >= thread.created_at + _MONTH_SECONDS]:
                del threads[name]
        for run, at in list(self._late):
            if now >= at + _LATE_SECONDS:
                self._late.remove((run, at))
                self._write_late(run, now)

    def _settle(self, run: Run, now: float) -> None:
        if any(run.status == state and self._faults.on(name) for name, state in _STUCK.items()):
            return
        if self._faults.on("waiting-run-completes-by-itself") and run.status == "requires_action":
            if now > (run.started_at or 0) + _LATE_SECONDS:
                self._end(run, "completed", int(now))
            return
        if self._faults.on("cancel-is-forgotten") and run.status == "cancelling":
            run.status = "in_progress"
            self._think(run, now)
        shown, later = run.expires_at, (run.started_at or run.created_at) - run.created_at
        if run.status != "requires_action" or shown is None or not self._faults.on("expiry-counts-from-the-start"):
            super()._settle(run, now)
            return
        run.expires_at = shown + later
        super()._settle(run, now)
        if run.expires_at == shown + later:
            run.expires_at = shown

    def cancel(self, run: Run) -> None:
        """Begin to cancel an open run."""
        faults, action = self._faults, run.required_action
        if faults.on("cancel-leaves-the-run-running"):
            return
        super().cancel(run)
        if faults.on("cancelling-run-does-not-lock") and run.status == "cancelling":
            run.due = self._world.clock.now() + _HELD_SECONDS
        if faults.on("cancel-moves-the-expiry") and run.expires_at is not None:
            run.expires_at += 60
        if faults.on("cancelled-at-set-at-once"):
            run.cancelled_at = self._world.now()
        if faults.on("cancelled-run-keeps-its-calls"):
            run.required_action = action

    def submit(self, run: Run, outputs: dict[str, str]) -> None:
        """Take the outputs of all awaited calls, by call id."""
        faults, action = self._faults, run.required_action
        if not any(step.status == "in_progress" for step in run.steps.values()):
            return
        if faults.on("outputs-matched-by-position"):
            outputs = dict(zip((call["id"] for call in action or ()), outputs.values(), strict=False))
        if faults.on("outputs-are-cut"):
            outputs = {name: text[:8] for name, text in outputs.items()}
        super().submit(run, outputs)
        if faults.on("submit-resets-metadata"):
            run.metadata = {}
        if faults.on("submit-extends-the-expiry"):
            run.expires_at = self._world.expiry(self._world.now() + 1)
        if faults.on("submit-clears-started-at"):
            run.started_at = None
        if faults.on("run-waits-on-after-the-submit"):
            run.status, run.required_action, run.due = "requires_action", action, None
        if faults.on("required-action-kept-after-the-submit"):
            run.required_action = action

    def _think(self, run: Run, at: float) -> None:
        choice, parallel = run.tool_choice, run.parallel_tool_calls
        if any(choice == word and self._faults.on(name) for name, word in _CHOICES.items()):
            run.tool_choice = "auto"
        if isinstance(choice, dict) and self._faults.on("forced-tool-ignored"):
            run.tool_choice = "auto"
        run.parallel_tool_calls = parallel or self._faults.on("parallel-calls-not-switched-off")
        super()._think(run, at)
        if self._faults.on("stream-is-held-back") and run.due is not None:
            run.due = at + _HELD_SECONDS
        run.tool_choice, run.parallel_tool_calls = choice, parallel

    def _act(self, run: Run, at: float) -> None:
        cap = run.max_prompt_tokens
        if self._faults.on("caps-count-for-each-step") and cap is not None and self._prompt(run) <= cap:
            run.max_prompt_tokens = None
        super()._act(run, at)
        run.max_prompt_tokens = cap

    def _call_functions(self, run: Run, action: model.CallFunctions, prompt: int, at: float) -> None:
        super()._call_functions(run, action, prompt, at)
        calls = run.required_action or []
        steps = [call for step in run.steps.values() for call in step.details.get("tool_calls", ())][-len(calls) :]
        for number, pair in enumerate(zip(calls, steps, strict=False)):
            for call in pair:
                self._spoil_call(call, number)

    def _spoil_call(self, call: dict[str, Any], number: int) -> None:
        if self._faults.on("call-ids-reused"):
            call["id"] = f"call_{number:024}"
        if self._faults.on("calls-share-one-id"):
            call["id"] = "call_" + "a" * 24
        if self._faults.on("call-ids-are-of-another-form"):
            call["id"] = f"tool-{call['id'].removeprefix('call_').lower()}"
        if self._faults.on("calls-name-a-namespace"):
            call["function"]["name"] = f"functions.{call['function']['name']}"

    def _say(self, run: Run, action: model.Say, prompt: int, at: float) -> None:
        if self._faults.on("completed-run-without-message"):
            self._end(run, "completed", int(at))
            return
        super()._say(run, action, prompt, at)

    def _end(self, run: Run, status: str, at: int, *, reason: str | None = None) -> None:
        faults, expiry, action = self._faults, run.expires_at, run.required_action
        waiting = [step for step in run.steps.values() if step.status == "in_progress"]
        if status == "incomplete" and faults.on("capped-run-is-completed"):
            status, reason = "completed", None
        if status == "cancelled" and faults.on("cancelled-run-is-completed-as-well"):
            status, run.cancelled_at = "completed", at
        if status == "cancelled" and faults.on("cancelled-run-fails-without-error"):
            status = "failed"
        super()._end(run, status, at, reason=reason)
        self._write_back(run)
        if status == "expired" and faults.on("expired-run-writes-on"):
            self._late.append((run, self._world.now()))
        if status == "cancelled":
            self._spoil_cancelled(run, at)
            if faults.on("cancel-leaves-the-step-open"):
                for step in waiting:
                    step.status, step.cancelled_at = "in_progress", None
            if faults.on("cancelled-run-keeps-its-calls"):
                run.required_action = action
        if status == "completed" and faults.on("completed-without-a-time"):
            run.completed_at = None
        if status == "completed" and faults.on("completed-before-its-start"):
            run.completed_at = run.created_at - 5
        if status == "failed" and faults.on("failed-without-error"):
            run.last_error = None
        if reason is not None and faults.on("incomplete-without-details"):
            run.incomplete_reason = None
        if faults.on("expires-at-kept-at-the-end"):
            run.expires_at = expiry

    def _write_back(self, run: Run) -> None:
        """Write the thread as the run has read it, over whatever came about meanwhile."""
        thread = self._world.store.threads.get(run.thread_id)
        if thread is None or run.id not in self._copies:
            return
        metadata, messages = self._copies.pop(run.id)
        if self._faults.on("run-writes-its-thread-back"):
            thread.metadata = metadata
        if self._faults.on("run-writes-its-messages-back"):
            thread.messages.update(messages)

    def _spoil_cancelled(self, run: Run, at: int) -> None:
        if self._faults.on("cancelled-without-a-time"):
            run.cancelled_at = None
        if self._faults.on("cancelled-run-writes-on"):
            self._late.append((run, at))

    def _write_late(self, run: Run, now: int) -> None:
        thread = self._world.store.threads.get(run.thread_id)
        if thread is None:
            return
        store, text = self._world.store, {"value": "Here is what I found.", "annotations": []}
        message = Message(
            id=store.ids.new("message"),
            created_at=now,
            sequence=store.sequence(),
            thread_id=run.thread_id,
            role="assistant",
            content=[{"type": "text", "text": text}],
            assistant_id=run.assistant_id,
            run_id=run.id,
            metadata={},
        )
        thread.messages[message.id] = message
