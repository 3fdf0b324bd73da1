"""The rules of the machine that are about runs: started, polled, answered, cancelled, left alone until they expire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.observe.context import whole
from assistants_conformance.scenario.machine.model import Json, Run
from assistants_conformance.scenario.machine.rules import (
    QUESTION,
    a_thread,
    after_runs,
    an_assistant,
    keep_message,
    make_thread,
    metadata,
    picked,
    rule,
)
from assistants_conformance.scenario.machine.walker import LATE, SLACK, Walker
from assistants_conformance.scenario.situations import LABOUR, able
from assistants_conformance.target.prompts import SERVER, WEATHER

if TYPE_CHECKING:
    from assistants_conformance.scenario.machine.model import Thread
    from assistants_conformance.target import Answer

#: The ways to start a run: one call, two calls at once, no call, two calls one after the other, a call of a server that
#: needs an approval, much to do.
ONE, TWO, NONE, ROUNDS, APPROVAL, WORK = range(6)
_KINDS = ("one", "two", "", "rounds", "approval", "work")
#: The ways to submit: as asked, a part, to other calls, in reverse, one of them twice.
RIGHT, PART, WRONG, REVERSED, DOUBLED = range(5)
#: How far time is wound: until the newest waiting run has expired, half of that, a second.
EXPIRY, HALF, SECOND = range(3)
_NEVER_GIVEN = "call_" + "0" * 24


def start(walker: Walker, thread: Thread, way: int) -> Run | None:
    """Ask for a run on a thread; None where none came of it."""
    lock, holder = walker.model.lock(thread, SLACK)
    answer, run = _ask(walker, thread, way)
    if lock == "locked":
        walker.refused(answer, "LOCK-002", "LOCK-003")
    elif lock == "free":
        walker.accepted(answer, *after_runs(thread, walker.row("create_run")))
    if holder is not None:
        walker.poll(holder)
    return run


def _ask(walker: Walker, thread: Thread, way: int) -> tuple[Answer, Run | None]:
    marks = metadata(walker)
    body: Json = {"metadata": marks}
    if way == APPROVAL and not (walker.api.profile.platform == "foundry" and able(walker.api, "mcp")):
        way = ONE
    assistant = an_assistant(walker, _KINDS[way])
    if way == ONE and walker.api.v2:
        body["tool_choice"] = {"type": "function", "function": {"name": WEATHER["function"]["name"]}}
    if way == ROUNDS and "parallel_tool_calls" in walker.api.profile.request_schema("create_run")["properties"]:
        body["parallel_tool_calls"] = False
    if way == APPROVAL:
        body["tool_resources"] = {"mcp": [{"server_label": SERVER}]}
    answer = walker.call("create_run", thread_id=thread.id, json={"assistant_id": assistant.id, **body})
    if not answer.ok:
        return answer, None
    run = Run(walker.new(answer.json, "run", answer), thread, assistant.id, marks)
    run.created_at = whole(answer.json.get("created_at")) or 0
    walker.follow(run, answer.json)
    thread.runs[run.id] = run
    return answer, run


def question(walker: Walker, thread: Thread, text: str = QUESTION) -> None:
    """Ask something on an idle thread; by default what functions answer."""
    if walker.model.lock(thread, SLACK)[0] != "free":
        return
    answer = walker.call("create_message", thread_id=thread.id, json={"role": "user", "content": text})
    if walker.accepted(answer, *after_runs(thread, walker.row("create_message"))):
        keep_message(walker, thread, answer.json, text, {}, answer)


def a_run(walker: Walker, pick: int, *, waiting: bool = False) -> Run | None:
    """Return a run, or where there is none make one that waits; `waiting`: rather one that waits than another."""
    runs = walker.model.runs()
    if waiting:
        runs = [run for run in runs if run.status == "requires_action"] or runs
    if runs:
        return picked(runs, pick)
    thread = a_thread(walker, 0)
    question(walker, thread)
    run = start(walker, thread, ONE)
    if run is not None:
        walker.settle(run)
    return run


@rule("run", ways=6, weight=5, runs=True)
def _run(walker: Walker, pick: int, way: int) -> Thread:
    thread = a_thread(walker, pick)
    if way == WORK:
        question(walker, thread, LABOUR)
    elif way == APPROVAL or not any(message.role == "user" for message in thread.messages.values()):
        question(walker, thread)
    start(walker, thread, way)
    return thread


@rule("poll", weight=2, runs=True)
def _poll(walker: Walker, pick: int, way: int) -> Thread | None:
    del way
    run = a_run(walker, pick)
    if run is None:
        return None
    walker.poll(run)
    return run.thread


@rule("wait", weight=4, runs=True)
def _wait(walker: Walker, pick: int, way: int) -> Thread | None:
    del way
    run = a_run(walker, pick)
    if run is None:
        return None
    walker.settle(run)
    return run.thread


def _outputs(run: Run, way: int) -> list[Json]:
    calls = run.calls or run.spent or [_NEVER_GIVEN]
    if way == PART:
        calls = calls[:-1]
    if way == WRONG:
        calls = [_NEVER_GIVEN]
    if way == REVERSED:
        calls = calls[::-1]
    if way == DOUBLED:
        calls = [*calls, calls[0]]
    if run.action == "tool_approvals":
        return [{"tool_call_id": call, "approve": True} for call in calls]
    return [{"tool_call_id": call, "output": "22 C"} for call in calls]


@rule("submit", ways=5, weight=5, runs=True)
def _submit(walker: Walker, pick: int, way: int) -> Thread | None:
    run = a_run(walker, pick, waiting=True)
    if run is None:
        return None
    before, waits, calls, ended = run.status, walker.model.waits(run, SLACK), run.calls, walker.model.ended(run)
    body: Json = {run.action: _outputs(run, way)}
    answer = walker.call("submit_tool_outputs", thread_id=run.thread.id, run_id=run.id, json=body)
    right = bool(calls) and way in (RIGHT, REVERSED)
    if waits and right and not any(one.id == run.assistant for one in walker.model.assistants):
        # What becomes of a run whose assistant was deleted, nothing says.
        pass
    elif waits and right:
        more = [*(["SUB-008"] if way == REVERSED else []), *(["SUB-019"] if run.refusals else [])]
        walker.accepted(answer, walker.row("submit_tool_outputs"), *more)
    elif waits:
        only = {PART: "SUB-002" if len(calls) > 1 else "SUB-006", WRONG: "SUB-003", DOUBLED: "SUB-004"}
        walker.refused(answer, only[way])
    elif ended:
        walker.refused(answer, "SUB-010", *(["SUB-012", "EXP-002"] if before == "expired" else []))
    elif before in ("queued", "in_progress") and run.spent:
        walker.refused(answer, "SUB-011")
    elif before != "requires_action":
        walker.refused(answer, "SUB-010")
    if answer.ok:
        run.spent = calls or run.spent
        walker.follow(run, answer.json)
        return run.thread
    run.refusals += waits
    _unmoved(walker, run, calls, waits=waits, requirement="SUB-019")
    return run.thread


def _unmoved(walker: Walker, run: Run, calls: list[str], *, waits: bool, requirement: str) -> None:
    """Read a run after a refusal: one that waited still waits, for the same calls."""
    answer = walker.poll(run)
    if waits and answer.ok and walker.model.now is not None and not walker.model.overdue(run, -SLACK):
        told = f"{run.status}, waiting for {run.calls}, after a refusal"
        holds = run.status == "requires_action" and run.calls == calls
        walker.expect(requirement, holds, told, f"requires_action, waiting for {calls}", answer)


@rule("cancel", weight=5, runs=True)
def _cancel(walker: Walker, pick: int, way: int) -> Thread | None:
    del way
    run = a_run(walker, pick)
    if run is None:
        return None
    before, waits, calls, started = run.status, walker.model.waits(run, SLACK), run.calls, run.started
    ended = walker.model.ended(run)
    answer = walker.call("cancel_run", thread_id=run.thread.id, run_id=run.id)
    if ended:
        walker.refused(answer, "CAN-003")
    elif before == "cancelling":
        # Over or not, it is cancelled once only.
        walker.refused(answer, "CAN-004")
    elif waits:
        walker.expect("CAN-005", answer.ok or answer.status == 400, answer.told, "status 200 or 400", answer)
    if answer.ok:
        run.cancelled = True
        walker.follow(run, answer.json)
        return run.thread
    _unmoved(walker, run, calls, waits=waits, requirement="CAN-011")
    told = walker.api.profile.errors["run_not_cancellable"].pattern(status="in_progress")
    worked = started and before in ("queued", "in_progress") and run.status == before
    if not ended and (worked or told.fullmatch(str(answer.error.get("message")))):
        walker.expect("CAN-001", False, f"{answer.told}, and the run is {run.status}", "status 200", answer)
    return run.thread


@rule("modify run", ways=2, weight=2, runs=True)
def _modify_run(walker: Walker, pick: int, way: int) -> Thread | None:
    run = a_run(walker, pick)
    if run is None:
        return None
    marks = metadata(walker) if way == 0 else {}
    ended = walker.model.ended(run)
    place = {"thread_id": run.thread.id, "run_id": run.id}
    answer = walker.call("modify_run", **place, json={"metadata": marks})
    if ended:
        walker.accepted(answer, walker.row("modify_run"), "RUN-032")
    if answer.ok:
        run.metadata = marks
    return run.thread


@rule("steps", runs=True)
def _steps(walker: Walker, pick: int, way: int) -> Thread | None:
    del way
    run = a_run(walker, pick)
    if run is None:
        return None
    answer = walker.call("list_run_steps", thread_id=run.thread.id, run_id=run.id)
    walker.accepted(answer, walker.row("list_run_steps"))
    return run.thread


@rule("run elsewhere", runs=True)
def _elsewhere(walker: Walker, pick: int, way: int) -> Thread | None:
    del way
    run = a_run(walker, pick)
    if run is None:
        return None
    other = next((one for one in walker.model.threads if one is not run.thread), None) or make_thread(walker, 0)
    walker.missing(walker.call("cancel_run", thread_id=other.id, run_id=run.id), "PAR-002")
    return run.thread


@rule("time", ways=3, weight=3, runs=True)
def _time(walker: Walker, pick: int, way: int) -> Thread | None:
    del pick
    if not walker.has_clock:
        return None
    waiting = [run for run in walker.model.runs() if run.status == "requires_action" and run.expires_at]
    if way == SECOND or not waiting:
        walker.wind(1)
        return None
    run: Any = waiting[-1]
    left = run.expires_at - (walker.model.now if walker.model.now is not None else run.created_at)
    walker.wind(max(0, left // 2 if way == HALF else left + 1))
    walker.poll(run)
    if way == EXPIRY and run.status == "requires_action":
        walker.wind(LATE)
        walker.poll(run)
    return run.thread if isinstance(run, Run) else None
