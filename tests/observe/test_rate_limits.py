"""A rate limit is never an accusation: a target that holds clients back is judged as if it did not."""

from __future__ import annotations

import json

import httpx2
import pytest

from assistants_conformance.contract import load_profile
from assistants_conformance.observe import Exchange, Judge, Request, Response
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.scenario import applies, conduct
from assistants_conformance.scenario.embed import embed, embedded_settings
from assistants_conformance.scenario.gather import scenarios
from assistants_conformance.target import Blocked

RECORDED = {"error": {"code": "429", "message": "Rate limit is exceeded. Try again in 1 seconds."}}
#: Every so many requests one comes too fast.
EVERY = 3


class HoldingBack(httpx2.BaseTransport):
    """Refuses every third request before the server sees it, in the envelope that was recorded."""

    def __init__(self, behind: httpx2.BaseTransport, every: int) -> None:
        self.behind, self.every, self.seen = behind, every, 0

    def handle_request(self, request):
        self.seen += 1
        if self.seen % self.every == 0:
            headers = {"retry-after": "1", "policy-id": "ResourceRateLimitBy1s"}
            return httpx2.Response(429, headers=headers, json=RECORDED, request=request)
        return self.behind.handle_request(request)


def held_back(every):
    api = embed(embedded_settings(load_profile("foundry-v1")))
    api._transport = HoldingBack(api._transport, every)
    api._http = api._open()
    return api


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
    with pytest.raises(Blocked, match="came too fast 6 times"):
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
