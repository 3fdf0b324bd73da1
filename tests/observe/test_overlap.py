"""Requests that overlapped accuse nobody of what their order alone would show."""

from __future__ import annotations

import pytest

from assistants_conformance.contract import load_profile
from assistants_conformance.observe import Exchange, Judge
from assistants_conformance.scenario.embed import embed, embedded_settings

PROFILE = load_profile("openai-v2")
RUN, CANCEL, SUBMIT = "get_run", "cancel_run", "submit_tool_outputs"


@pytest.fixture
def told():
    """What a strict server answers to a few requests in turn; the requests, the answers, and the trace before them."""

    def tell(*operations):
        before = []
        api = embed(embedded_settings(PROFILE))
        api.judge.observe = before.append
        run = api.parked(thread=api.thread()["id"])
        known = len(before)
        for operation in operations:
            if operation == SUBMIT:
                api.submit(run)
            elif operation == "delete_thread":
                api.call(operation, thread_id=run["thread_id"])
            elif operation == "create_message":
                api.post_message(run["thread_id"])
            else:
                api.call(operation, thread_id=run["thread_id"], run_id=run["id"])
        return before[:known], before[known:]

    return tell


def timed(exchange, started, ended):
    return Exchange(exchange.request, exchange.response, "race", started, ended)


def findings(before, race):
    judge = Judge(PROFILE, closed=True)
    for exchange in before:
        judge.observe(exchange)
    judge.foresee(race)
    for exchange in sorted(race, key=lambda one: one.started):
        judge.observe(exchange)
    assert judge.crashes == []
    return sorted({finding.requirement for finding in judge.findings})


@pytest.mark.parametrize(
    "operations",
    [
        (CANCEL, RUN),
        (CANCEL, RUN, RUN),
        (SUBMIT, RUN),
        (SUBMIT, RUN, RUN, RUN),
        (CANCEL, SUBMIT),
        (SUBMIT, CANCEL),
        (SUBMIT, SUBMIT),
        (RUN, CANCEL, RUN, SUBMIT, RUN),
        (CANCEL, "create_message", "create_message"),
    ],
)
def test_what_was_carried_out_first_may_have_begun_last(told, operations):
    before, race = told(*operations)
    start = max(exchange.ended for exchange in before) + 1
    end = start + 100
    backwards = [timed(one, start + len(race) - place, end + place) for place, one in enumerate(race)]
    assert findings(before, backwards) == []


def test_an_answer_that_no_request_explains_is_still_found(told):
    before, (cancel, now) = told(CANCEL, RUN)
    start = max(exchange.ended for exchange in before) + 1
    # The cancel began when the answer was over already.
    race = [timed(now, start, start + 1), timed(cancel, start + 2, start + 3)]
    assert "SM-021" in findings(before, race)


def test_a_run_whose_thread_was_deleted_meanwhile_has_not_vanished(told):
    before, (deleted, gone) = told("delete_thread", RUN)
    start = max(exchange.ended for exchange in before) + 1
    run = next(one for one in before if one.request.path.endswith("/runs"))
    race = [timed(deleted, start, start + 9), timed(run, start + 1, start + 5), timed(gone, start + 10, start + 11)]
    thread = next(one for one in before if one.request.path.endswith("/threads"))
    assert "SM-021" not in findings([thread], race)
