"""Cancelling: what a run answers to it, how it ends, and what a refused cancel leaves behind.

Covers CAN-003, CAN-005 to CAN-011 and SM-015 to SM-017; CAN-001, CAN-002 and CAN-004 stand in test_run_lifecycle.py.
"""

from __future__ import annotations

from typing import Any

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import LABOUR, TRIES, asked, judged, worker, working
from assistants_conformance.target import Answer, Api, Blocked, NotApplicable

UNKNOWN = "run_" + "q" * 24
#: How long a cancelled run is watched for late messages, in seconds.
WATCHED = 5


@requirement("CAN-003", "CAN-010", "CAN-011")
def test_completed_run_cannot_be_cancelled(api: Api, verify: Verify) -> None:
    _stays(api, verify, api.chat("Say hello."))


def _stays(api: Api, verify: Verify, ended: dict[str, Any]) -> None:
    """Check that a run that has ended refuses to be cancelled, and that the refusal left it as it was."""
    answer = api.cancel(ended)
    verify.refused("CAN-003", answer)
    verify.text("CAN-010", answer, "run_not_cancellable", status=str(ended.get("status")))
    now = api.get_run(ended)
    changed = sorted(name for name in ended.keys() | now.keys() if ended.get(name) != now.get(name))
    if verify.was_refused("CAN-011", answer):
        verify("CAN-011", not changed, observed=f"changed: {changed}", expected="the run as before")


@requirement("CAN-006")
def test_cancel_of_an_unknown_run_is_not_found(api: Api, verify: Verify) -> None:
    thread = asked(api)
    verify.refused("CAN-006", api.call("cancel_run", thread_id=thread, run_id=UNKNOWN), 404)
    # A run of another thread is unknown here.
    run = api.chat("Say hello.")
    verify.refused("CAN-006", api.call("cancel_run", thread_id=thread, run_id=run["id"]), 404)


@requirement("CAN-003", "CAN-007", "CAN-010", "CAN-011", waits=True)
def test_cancelled_run_stays_so_and_writes_nothing_more(api: Api, verify: Verify) -> None:
    for _ in range(TRIES):
        run = working(api)
        api.need(api.cancel(run), "cancel a working run")
        ended = api.finished(run)
        if ended.get("status") == "cancelled":
            break
    else:
        raise Blocked("every run came to another end before it was cancelled")
    before = _written(api, run["thread_id"], run["id"])
    _stays(api, verify, ended)
    api.wind(WATCHED)
    after = _written(api, run["thread_id"], run["id"])
    verify.unchanged("CAN-007", before, after, "messages and steps of the run")


def _written(api: Api, thread: str, run: str) -> list[str]:
    messages = [str(message.get("id")) for message in api.messages(thread) if message.get("run_id") == run]
    return messages + api.ids("list_run_steps", thread_id=thread, run_id=run)


@requirement("CAN-005", "SM-015")
def test_cancel_of_a_queued_run_is_taken_or_refused(api: Api, verify: Verify) -> None:
    run = api.start(LABOUR, worker(api))
    if run.get("status") != "queued":
        raise Blocked(f"the run was {run.get('status')} at once")
    answer = _taken_or_refused(api, verify, run, "CAN-005", "SM-015")
    if answer.status == 400:
        ended = api.finished(run)
        verify("SM-015", ended.get("status") != "cancelled", observed=ended.get("status"), expected="the run goes on")


def _taken_or_refused(api: Api, verify: Verify, run: dict[str, Any], *rows: str) -> Answer:
    answer = api.cancel(run)
    told = answer.json.get("status")
    for row in rows:
        verify.status(row, answer, 200, 400)
        if answer.ok:
            taken = told in ("cancelling", "cancelled")
            verify(row, taken, observed=told, expected="cancelling or cancelled", answer=answer)
    return answer


@requirement("CAN-005", "CAN-008", "SM-016", "SM-017", "SM-032", needs=("function_calling",))
def test_waiting_run_is_cancelled_with_its_step(api: Api, verify: Verify) -> None:
    run = api.parked()
    waiting = [step.get("id") for step in api.steps(run) if step.get("status") == "in_progress"]
    with judged(api, "SM-032"):
        answer = _taken_or_refused(api, verify, run, "CAN-005")
        api.require("cancel_requires_action")
        if answer.status == 400:
            raise NotApplicable("the target refuses to cancel a run that waits for outputs, as CAN-005 allows")
        api.need(answer, "cancel a run that waits")
        ended = api.finished(run, "cancelled")
    told = f"required_action {ended.get('required_action')!r}, cancelled_at {ended.get('cancelled_at')!r}"
    verify("SM-016", ended.get("required_action") is None, observed=told, expected="required_action gone")
    stamped = ended.get("cancelled_at") is not None and ended.get("expires_at") is None
    told += f", expires_at {ended.get('expires_at')!r}"
    verify("SM-017", stamped, observed=told, expected="cancelled_at set, expires_at null")
    if not waiting:
        raise Blocked("a run that waits for outputs shows no step in progress")
    after = {step.get("id"): step for step in api.steps(run)}
    for name in waiting:
        step = after.get(name, {})
        told = f"status {step.get('status')!r}, cancelled_at {step.get('cancelled_at')!r}" if step else "it is gone"
        closed = step.get("status") == "cancelled" and isinstance(step.get("cancelled_at"), int)
        verify("CAN-008", closed, observed=f"step {name}: {told}", expected="cancelled, cancelled_at set")
