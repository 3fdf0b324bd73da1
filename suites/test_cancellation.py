"""Cancelling: what a run answers to it, how it ends, and what a refused cancel leaves behind.

Covers CAN-003 and CAN-005 to CAN-011; CAN-001, CAN-002 and CAN-004 stand in test_run_lifecycle.py.
"""

from __future__ import annotations

import pytest

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import LABOUR, asked, cancelled, worker, working
from assistants_conformance.target import Api, Blocked

UNKNOWN = "run_" + "q" * 24
#: How long a cancelled run is watched for late messages, in seconds.
WATCHED = 5


@requirement("CAN-003", "CAN-010", "CAN-011")
@pytest.mark.parametrize("ending", ["completed", "cancelled"])
def test_ended_run_cannot_be_cancelled(api: Api, verify: Verify, ending: str) -> None:
    if ending == "completed":
        run = ended = api.chat("Say hello.")
    else:
        run = working(api)
        api.need(api.cancel(run), "cancel a working run")
        ended = api.finished(run)
    answer = api.cancel(run)
    verify.refused("CAN-003", answer)
    verify.text("CAN-010", answer, "run_not_cancellable", status=str(ended.get("status")))
    now = api.get_run(run)
    changed = sorted(name for name in ended.keys() | now.keys() if ended.get(name) != now.get(name))
    if verify.was_refused("CAN-011", answer):
        verify("CAN-011", not changed, observed=f"changed: {changed}", expected="the run as before")


@requirement("CAN-005", needs=("function_calling",))
def test_idle_run_is_cancelled_or_not(api: Api, verify: Verify) -> None:
    waiting = api.parked()
    queued = api.start(LABOUR, worker(api))
    for run in (waiting, queued):
        answer = api.cancel(run)
        verify.status("CAN-005", answer, 200, 400)
        if answer.ok:
            told = answer.json.get("status")
            verify("CAN-005", told in ("cancelling", "cancelled"), observed=told, expected="cancelling or cancelled")


@requirement("CAN-006")
def test_cancel_of_an_unknown_run_is_not_found(api: Api, verify: Verify) -> None:
    thread = asked(api)
    verify.refused("CAN-006", api.call("cancel_run", thread_id=thread, run_id=UNKNOWN), 404)
    # A run of another thread is unknown here.
    run = api.chat("Say hello.")
    verify.refused("CAN-006", api.call("cancel_run", thread_id=thread, run_id=run["id"]), 404)


@requirement("CAN-007", waits=True)
def test_cancelled_run_writes_nothing_more(api: Api, verify: Verify) -> None:
    for _ in range(3):
        run = working(api)
        api.need(api.cancel(run), "cancel a working run")
        if api.finished(run).get("status") == "cancelled":
            break
    else:
        raise Blocked("every run came to another end before it was cancelled")
    before = _written(api, run["thread_id"], run["id"])
    api.wind(WATCHED)
    after = _written(api, run["thread_id"], run["id"])
    verify.unchanged("CAN-007", before, after, "messages and steps of the run")


def _written(api: Api, thread: str, run: str) -> list[str]:
    messages = [str(message.get("id")) for message in api.messages(thread) if message.get("run_id") == run]
    return messages + api.ids("list_run_steps", thread_id=thread, run_id=run)


@requirement("CAN-008", needs=("function_calling",))
def test_cancel_closes_the_open_step(api: Api, verify: Verify) -> None:
    run = api.parked()
    waiting = [step.get("id") for step in api.steps(run) if step.get("status") == "in_progress"]
    if not waiting:
        raise Blocked("a run that waits for outputs shows no step in progress")
    cancelled(api, run)
    for step in api.steps(run):
        if step.get("id") in waiting:
            told = f"status {step.get('status')!r}, cancelled_at {step.get('cancelled_at')!r}"
            closed = step.get("status") == "cancelled" and isinstance(step.get("cancelled_at"), int)
            verify("CAN-008", closed, observed=told, expected="cancelled, cancelled_at set")
    still = [step.get("id") for step in api.steps(run)]
    kept = all(step in still for step in waiting)
    verify("CAN-008", kept, observed=f"steps {still}", expected=f"{waiting} among them")
