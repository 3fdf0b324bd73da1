"""A rate limit is never an accusation: a target that holds clients back is judged as if it did not."""

from __future__ import annotations

import json

import httpx2
import pytest

from assistants_conformance.contract import load_profile
from assistants_conformance.observe import Exchange, Judge, Request, Response
from assistants_conformance.reference import index, runs
from assistants_conformance.reporting.costs import spent
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.scenario import applies, conduct
from assistants_conformance.scenario.embed import embed, embedded_settings
from assistants_conformance.scenario.gather import scenarios
from assistants_conformance.target import Blocked

RECORDED = {"error": {"code": "429", "message": "Rate limit is exceeded. Try again in 1 seconds."}}
#: Every so many requests one comes too fast.
EVERY = 3


#: How a proxy in front tells that what is behind it is busy.
BUSY = {"content": b"<html>busy</html>", "headers": {"content-type": "text/html", "retry-after": "2"}}


class HoldingBack(httpx2.BaseTransport):
    """Refuses every third request before the server sees it, in the envelope that was recorded, or as a proxy does."""

    def __init__(self, behind: httpx2.BaseTransport, every: int, status: int) -> None:
        self.behind, self.every, self.status, self.seen = behind, every, status, 0

    def handle_request(self, request):
        self.seen += 1
        if self.seen % self.every == 0:
            headers = {"retry-after": "1", "policy-id": "ResourceRateLimitBy1s"}
            told = {"headers": headers, "json": RECORDED} if self.status == 429 else BUSY
            return httpx2.Response(self.status, **told, request=request)
        return self.behind.handle_request(request)


def held_back(every, status=429, profile="foundry-v1"):
    api = embed(embedded_settings(load_profile(profile)))
    api._transport = HoldingBack(api._transport, every, status)
    api._http = api._open()
    return api


@pytest.fixture
def unhurried(monkeypatch):
    """Work takes longer than a request is held back: else nobody could be met at work, and that is no verdict."""
    monkeypatch.setattr(runs, "WORK_SECONDS", 8)
    monkeypatch.setattr(index, "INDEX_SECONDS", 8)


@pytest.mark.usefixtures("unhurried")
def test_overload_for_the_moment_is_waited_for_and_counted_and_changes_no_verdict():
    tally = Tally()
    api = held_back(EVERY, 503, "openai-v2")
    # The searches ask the same operations, a hundred times as often.
    for scenario in scenarios():
        if applies(scenario.binding, api) and "/test_search_" not in scenario.name:
            outcome = conduct(scenario.function, api, tally, scenario.name, scenario.arguments)
            assert outcome.kind in ("passed", "not-applicable"), f"{scenario.name}: {outcome.message}"
    assert tally.findings == {}
    assert tally.failures == {}
    assert tally.holds > 1000
    assert tally.held_seconds == 2.0 * tally.holds
    assert f"held back {tally.holds} times for {tally.held_seconds:.0f} s" in spent(tally, 1, 1.0)


def test_overload_without_an_end_blocks_and_is_not_waited_for_again_and_again():
    api = held_back(1, 503)
    for _ in range(3):
        with pytest.raises(Blocked, match=r"was held back 6 times \(503, Retry-After 2\)"):
            api.assistant()
    assert api.holds == 15
    with pytest.raises(Blocked, match="was held back 1 times"):
        api.assistant()
    assert api.holds == 15
    assert api.judge.findings == []


@pytest.mark.parametrize("closed", [True, False])
def test_only_an_overload_that_says_when_to_come_again_is_passed_over(closed):
    html = {"content-type": "text/html"}
    assert judged(503, b"<html>busy</html>", {**html, "retry-after": "2"}, closed=closed) == set()
    assert ("ERR-025" in judged(503, b"<html>busy</html>", html, closed=closed)) is closed
    assert ("ERR-025" in judged(500, b"<html>busy</html>", {**html, "retry-after": "2"}, closed=closed)) is closed


@pytest.mark.usefixtures("unhurried")
def test_target_that_holds_back_is_judged_as_any_other():
    tally = Tally()
    api = held_back(EVERY)
    for scenario in scenarios():
        if applies(scenario.binding, api):
            outcome = conduct(scenario.function, api, tally, scenario.name, scenario.arguments)
            assert outcome.kind in ("passed", "not-applicable"), f"{scenario.name}: {outcome.message}"
    assert tally.findings == {}
    assert [f"{finding.requirement}: {finding.observed}" for finding in api.judge.findings] == []
    assert api.judge.exercised["ERR-016"]
    assert api.judge.exercised["FND-009"]


def test_target_that_always_holds_back_blocks_and_is_not_accused():
    api = held_back(1)
    with pytest.raises(Blocked, match="was held back 6 times"):
        api.assistant()
    assert api.judge.findings == []


def judged(status, body, headers, *, closed, route="threads/thread_x", version="v1"):
    judge = Judge(load_profile("foundry-v1") if closed else None, closed=closed)
    url = f"https://one.services.ai.azure.com/api/projects/p/{route}?api-version={version}"
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    judge.observe(Exchange(Request("DELETE", url, {}), Response(status, headers, content)))
    return {finding.requirement for finding in judge.findings}


def test_recorded_rate_limit_conforms():
    kind = {"content-type": "application/json"}
    assert judged(429, RECORDED, {**kind, "retry-after": "1"}, closed=True) == set()
    # A recorder that drops headers accuses nobody.
    assert judged(429, RECORDED, kind, closed=False) == set()


def test_rate_limit_in_another_envelope_is_found():
    assert "ERR-016" in judged(429, {"message": "Slow down."}, {"content-type": "application/json"}, closed=False)
    assert "FND-009" in judged(429, RECORDED, {"content-type": "application/json"}, closed=True)


def test_refusals_of_what_stands_before_a_project_conform():
    kind = {"content-type": "application/json"}
    told = {"error": {"code": "UnsupportedApiVersionValue", "message": "Unsupported api version '2019-01-01'."}}
    assert judged(400, told, kind, closed=True, version="2019-01-01") == set()
    problem = {"type": "about:blank", "title": "Not Found", "status": 404, "traceId": "00-1-1-01"}
    assert judged(404, problem, {"content-type": "application/problem+json"}, closed=True, route="nowhere") == set()
    # The service itself has the whole envelope.
    assert "ERR-002" in judged(400, told, kind, closed=True)
    assert "ERR-003" in judged(404, problem, kind, closed=True)
