"""Expiry: a run that is left alone ends at its time, and frees its thread.

Covers RUN-033, RUN-034, SM-008, SM-009, SM-014, SM-018, SM-035, SM-036, SUB-012, EXP-001 to EXP-003, and LOCK-005 of
an expired run. A scenario needs time to pass: the embedded server's clock is wound, a live target declares `clock_url`
or a short `run_expiry_seconds`.
"""

from __future__ import annotations

from typing import Any

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import LABOUR, has_ended, judged, worker, working
from assistants_conformance.target import Api, Blocked

#: A service may notice an expiry a little late; seconds.
SLACK = 10


def _expired(api: Api, verify: Verify) -> dict[str, Any]:
    """Let a waiting run expire, and look at it."""
    run = api.parked()
    now = api.expired(run)
    if now.get("status") == "requires_action":
        api.wind(SLACK)
        now = api.get_run(run)
    told = f"status {now.get('status')!r} after expires_at {run.get('expires_at')}"
    for name in ("RUN-034", "SM-009"):
        verify(name, now.get("status") == "expired", observed=told, expected="expired")
    told = f"required_action {now.get('required_action')!r}"
    verify("SM-009", now.get("required_action") is None, observed=told, expected="required_action gone")
    if now.get("status") != "expired":
        raise Blocked(f"the run is {now.get('status')} after its expires_at")
    return now


@requirement("RUN-033", "RUN-034", "SM-009", "SM-035", "EXP-001", "LOCK-005", needs=("function_calling",), waits=True)
def test_waiting_run_expires_and_frees_its_thread(api: Api, verify: Verify) -> None:
    with judged(api, "RUN-033", "SM-035"):
        run = _expired(api, verify)
    answers = (
        api.post_message(run["thread_id"], "Are you free again?"),
        api.post_run(run["thread_id"], run["assistant_id"]),
    )
    for answer in answers:
        for name in ("EXP-001", "LOCK-005"):
            verify.status(name, answer, 200)


@requirement("SUB-012", "EXP-002", "EXP-003", needs=("function_calling",), waits=True)
def test_expired_run_stays_expired(api: Api, verify: Verify) -> None:
    waiting = api.parked()
    run = api.expired(waiting)
    late = api.submit(waiting)
    for name in ("SUB-012", "EXP-002"):
        verify.refused(name, late)
    verify.text("EXP-003", late, "run_not_accepting_outputs", status="expired")
    now = api.get_run(run)
    verify.equal("EXP-002", now.get("status"), "expired")
    answer = api.cancel(run)
    verify.refused("EXP-002", answer)
    verify.equal("EXP-002", api.get_run(run).get("status"), "expired")


def _outlived(api: Api, verify: Verify, name: str, run: dict[str, Any], status: str) -> None:
    now = api.expired(run)
    if now.get("status") == status:
        api.wind(SLACK)
        now = api.get_run(run)
    told = f"status {now.get('status')!r} after expires_at {run.get('expires_at')}"
    ended = has_ended(api, now)
    for rule in (name, "RUN-034"):
        verify(rule, ended, observed=told, expected=f"no longer {status}: an end")


@requirement("SM-008", "RUN-034", waits=True)
def test_working_run_ends_by_its_expiry(api: Api, verify: Verify) -> None:
    _outlived(api, verify, "SM-008", working(api), "in_progress")


@requirement("SM-014", "RUN-034", waits=True)
def test_cancelling_run_ends_by_its_expiry(api: Api, verify: Verify) -> None:
    run = working(api)
    answer = api.cancel(run)
    if answer.json.get("status") != "cancelling":
        raise Blocked(f"the run was never seen cancelling: {answer.told}")
    _outlived(api, verify, "SM-014", run, "cancelling")


@requirement("SM-018", "RUN-034", waits=True)
def test_queued_run_ends_by_its_expiry(api: Api, verify: Verify) -> None:
    _outlived(api, verify, "SM-018", api.start(LABOUR, worker(api)), "queued")


@requirement("RUN-033", "RUN-035", "RUN-036", "SM-035", "SM-036", "N-33")
def test_times_and_usage_of_a_completed_run(api: Api, verify: Verify) -> None:
    del verify  # The judge sees all of it.
    with judged(api, "RUN-033", "RUN-035", "RUN-036", "SM-035", "SM-036", "N-33"):
        api.finished(api.start("Say hello.", api.assistant()["id"]))
