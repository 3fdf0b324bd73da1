"""The life of a run: from queued to its end, and what it carries on the way.

Covers SM-001 to SM-007, SM-010 to SM-013, SM-019 to SM-033, SM-037, SM-039 and N-05 to N-34. Nearly
all of it is judged in the traffic of every scenario; what stands here brings each way through the states about. SM-012
and SM-013 are judged where the race of a target brings them about.
"""

from __future__ import annotations

from typing import Any

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import asked, has_ended, judged, text_of, working
from assistants_conformance.target import Api, Blocked, NotApplicable

BRIEF = "Answer with one word."


@requirement(
    *("SM-001", "SM-002", "SM-005", "SM-020", "SM-021", "SM-022", "SM-023", "SM-024", "SM-028", "SM-030", "SM-031"),
    *("SM-032", "SM-033", "SM-036", "SM-037", "SM-039", "N-05", "N-06", "N-34"),
)
def test_undisturbed_run_is_completed(api: Api, verify: Verify) -> None:
    assistant = api.assistant()["id"]
    with judged(api, "SM-001", "SM-020", "SM-021", "SM-022", "SM-028", "SM-030", "SM-036", "N-05", "N-06", "N-34"):
        question = api.unique("question")
        run = api.run(asked(api, f"Repeat this word: {question}"), assistant)
        picked = _waited(api, run, "in_progress")
        told = f"status {picked.get('status')!r}, started_at {picked.get('started_at')!r}"
        left = picked.get("status") != "queued" and picked.get("started_at") is not None
        verify("SM-002", left, observed=told, expected="picked up, started_at set")
        ended = _waited(api, run)
        told = f"status {ended.get('status')!r}, completed_at {ended.get('completed_at')!r}"
        verify("SM-005", ended.get("status") == "completed", observed=told, expected="completed")
        if not has_ended(api, ended):
            raise Blocked(f"the run does not end: it is still {ended.get('status')}")
        # Two later reads, one of them in the list.
        api.get_run(run)
        api.call("list_runs", thread_id=run["thread_id"])
    written = [text_of(message) for message in api.messages(run["thread_id"]) if message.get("run_id") == run["id"]]
    told = f"{len(written)} messages of the run, texts {written}"
    verify("SM-039", any(written), observed=told, expected="a message of the run with a text")


def _waited(api: Api, run: dict[str, Any], *until: str) -> dict[str, Any]:
    """Wait for a state or the end; return the run as it is even where it does not get there."""
    try:
        return api.wait(run, *(until or api.profile.lifecycle("run").terminal))
    except Blocked:
        return api.get_run(run)


@requirement(
    *("SM-003", "SM-004", "SM-023", "SM-024", "SM-025", "SM-026", "SM-027", "SM-028", "SM-029"),
    *("N-04", "N-07", "RUN-006", "RUN-033", "SUB-014"),
    needs=("function_calling",),
)
def test_run_that_calls_functions_waits_and_goes_on(api: Api, verify: Verify) -> None:
    with judged(api, "SM-003", "SM-023", "SM-024", "SM-025", "SM-026", "SM-027", "SM-028", "N-04", "N-07", "RUN-033"):
        run = api.parked()
        for answer in (api.post_message(run["thread_id"]), api.post_run(run["thread_id"], run["assistant_id"])):
            verify("N-07", not answer.ok, observed=answer.told, expected="refused while a run is open", answer=answer)
    with judged(api, "SM-029", "SUB-014"):
        answer = api.submit(run)
        verify.status("RUN-006", answer, 200)
        shown = [answer.json.get("id"), answer.json.get("thread_id"), answer.json.get("object")]
        verify.equal("RUN-006", shown, [run["id"], run["thread_id"], "thread.run"], answer)
        api.need(answer, "submit tool outputs")
        told = f"status {answer.json.get('status')!r}, required_action {answer.json.get('required_action')!r}"
        gone = answer.json.get("status") == "queued" and answer.json.get("required_action") is None
        verify("SM-004", gone, observed=told, expected="queued, required_action gone", answer=answer)
        ended = _waited(api, run)
        told = f"status {ended.get('status')!r}, required_action {ended.get('required_action')!r}"
        over = ended.get("status") == "completed" and ended.get("required_action") is None
        verify("SM-004", over, observed=told, expected="completed, required_action gone")


def _failing(api: Api) -> tuple[str, str]:
    if not api.settings.failing_model:
        raise NotApplicable("the target declares no failing_model")
    return asked(api), api.assistant()["id"]


@requirement("SM-006", "SM-031", "N-27", "LOCK-005")
def test_broken_run_is_failed(api: Api, verify: Verify) -> None:
    thread, assistant = _failing(api)
    with judged(api, "SM-031"):
        run = api.run(thread, assistant, model=api.settings.failing_model)
        api.wait(run, "in_progress")
        ended = api.finished(run)
    error = ended.get("last_error")
    told = f"status {ended.get('status')!r}, failed_at {ended.get('failed_at')!r}, last_error {error!r}"
    broken = ended.get("status") == "failed" and ended.get("failed_at") is not None and isinstance(error, dict)
    verify("SM-006", broken, observed=told, expected="failed, failed_at and last_error set")
    verify("N-27", isinstance(ended.get("usage"), dict), observed=ended.get("usage"), expected="usage is an object")
    if broken:
        verify.status("LOCK-005", api.post_message(thread, "Are you free again?"), 200)
        verify.status("LOCK-005", api.post_run(thread, assistant), 200)


@requirement("SM-006", "SM-031", waits=True)
def test_broken_run_that_no_poll_saw_working_is_failed(api: Api, verify: Verify) -> None:
    # SM-019 and N-28 are judged in this traffic where the target takes these ways.
    thread, assistant = _failing(api)
    with judged(api, "SM-031"):
        run = api.run(thread, assistant, model=api.settings.failing_model)
        api.wind(5)
        ended = api.finished(run)
    told = f"status {ended.get('status')!r}, last_error {ended.get('last_error')!r}"
    verify("SM-006", ended.get("status") == "failed", observed=told, expected="failed")


@requirement("SM-010", "SM-011", "SM-021", "SM-032", "RUN-007", "CAN-001", "CAN-002", "CAN-004")
def test_working_run_is_cancelled(api: Api, verify: Verify) -> None:
    for _ in range(3):
        run = working(api)
        with judged(api, "SM-021"):
            answer = api.cancel(run)
            now = answer.json if answer.ok else api.get_run(run)
            if answer.status != 400 or not has_ended(api, now):
                for rule in ("RUN-007", "CAN-001"):
                    verify.status(rule, answer, 200)
                shown = [answer.json.get("id"), answer.json.get("object")]
                verify.equal("RUN-007", shown, [run["id"], "thread.run"], answer)
        if answer.status == 400 and has_ended(api, now):
            continue  # It had ended before the cancel came.
        taken = answer.ok and now.get("status") in ("cancelling", "cancelled")
        later = api.get_run(run) if taken else {}
        told = f"{answer.status}: status {now.get('status')!r}, then {later.get('status')!r}"
        holds = taken and (later.get("status") == "cancelling" or has_ended(api, later))
        for rule in ("SM-010", "CAN-001"):
            verify(rule, holds, observed=told, expected="cancelling or cancelled, and not back", answer=answer)
        if not taken:
            raise Blocked("the cancel was not taken (SM-010)")
        verify.refused("CAN-004", api.cancel(run))
        with judged(api, "SM-032"):
            ended = _waited(api, run)
        told = f"status {ended.get('status')!r}, cancelled_at {ended.get('cancelled_at')!r}"
        over = has_ended(api, ended)
        stamped = ended.get("status") != "cancelled" or ended.get("cancelled_at") is not None
        for rule in ("SM-011", "CAN-002"):
            verify(rule, over and stamped, observed=told, expected="cancelled with cancelled_at, or another end")
        return
    raise Blocked("every run had ended before it was cancelled")
