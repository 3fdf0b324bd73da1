"""What a run costs is counted over all its processes, and its budget is kept."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from assistants_conformance.contract import load_profile
from assistants_conformance.observe import Exchange, Judge, Request, Response
from assistants_conformance.reference import Reference, VirtualClock, in_process
from assistants_conformance.target import Api, Blocked, TargetSettings
from assistants_conformance.target.meter import Meter

RUNS = Request("POST", "http://clone.invalid/v1/threads/thread_1/runs")
POLL = Request("GET", "http://clone.invalid/v1/threads/thread_1/runs/run_1")


def settings(**budget) -> TargetSettings:
    return TargetSettings(profile=load_profile("openai-v2"), url="http://clone.invalid", api_key="k", **budget)


def answer(request: Request, body: object, status: int = 200) -> Exchange:
    return Exchange(request, Response(status, {"content-type": "application/json"}, json.dumps(body).encode()))


def run(prompt: int, completion: int, name: str = "run_1") -> dict[str, object]:
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return {"id": name, "object": "thread.run", "usage": usage}


def test_tokens_of_a_run_are_counted_once():
    meter = Meter(settings())
    for body in (run(0, 0), run(10, 5), run(10, 5), {"object": "list", "data": [run(10, 5), run(1, 1, "run_2")]}):
        meter.answered(answer(POLL, body))
    assert meter.used() == (11, 6)


def test_tokens_of_a_stream_are_counted():
    meter = Meter(settings())
    body = f"event: thread.run.completed\ndata: {json.dumps(run(3, 4))}\n\n".encode()
    meter.answered(Exchange(RUNS, Response(200, {"content-type": "text/event-stream"}, body)))
    assert meter.used() == (3, 4)


@pytest.mark.parametrize("usage", [None, 5, {"prompt_tokens": "10"}, {"prompt_tokens": -1}, {"prompt_tokens": True}])
def test_odd_usage_is_passed_over(usage):
    meter = Meter(settings())
    meter.answered(answer(POLL, {"id": "run_1", "object": "thread.run", "usage": usage}))
    assert meter.used() == (0, 0)


def test_workers_share_an_account(tmp_path):
    held = settings(budget_requests=4, budget_tokens=100)
    one, two = Meter(held, tmp_path / "account"), Meter(held, tmp_path / "account")
    for meter in (one, two, one):
        meter.sending(POLL)
    assert one.used_up() is None
    two.sending(POLL)
    assert one.used_up() == two.used_up() == "not-run (budget): the requests of [budget] were used up"


def test_tokens_are_a_budget_too(tmp_path):
    meter = Meter(settings(budget_tokens=15), tmp_path / "account")
    meter.answered(answer(POLL, run(10, 4)))
    assert meter.refuses(POLL) is None
    meter.answered(answer(POLL, run(10, 5)))
    assert "tokens" in str(meter.refuses(POLL))
    with meter.open():
        assert meter.refuses(POLL) is None


def test_minutes_are_a_budget_too():
    assert "minutes" in str(Meter(settings(budget_minutes=1.0), begun=1.0).used_up())


def test_refused_runs_cost_nothing_and_paid_ones_may_be_read():
    meter = Meter(settings(budget_runs=1))
    meter.sending(RUNS)
    meter.answered(answer(RUNS, {}, 400))
    assert meter.refuses(RUNS) is None
    meter.answered(answer(RUNS, run(0, 0)))
    assert "runs" in str(meter.refuses(RUNS))
    assert meter.refuses(POLL) is None


def test_no_request_goes_out_past_the_budget_but_what_was_made_is_deleted():
    profile = load_profile("openai-v2")
    server = Reference(profile, clock=VirtualClock(), key="k")
    held = settings(budget_requests=2)
    api = Api(replace(held, url="http://clone.invalid"), Judge(profile), in_process(server))
    api.meter = Meter(held)
    with api.named("test"):
        api.thread(), api.thread()
        with pytest.raises(Blocked, match="budget"):
            api.thread()
        assert len(server.world.store.threads) == 2
    assert server.world.store.threads == {}
    assert api.meter.tripped
