"""No false green: a mock that gives one valid example for everything passes nothing but shape."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import httpx2
import pytest

from assistants_conformance.contract import load_profile, profile_ids
from assistants_conformance.contract.operations import locate
from assistants_conformance.observe import Judge
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.reporting.verdicts import decide
from assistants_conformance.scenario import applies, conduct
from assistants_conformance.scenario.embed import embed, embedded_settings
from assistants_conformance.scenario.gather import scenarios
from assistants_conformance.target import Api, Capabilities

from .support.survey import survey


@cache
def examples(profile: str) -> dict[str, tuple[int, dict[str, str], bytes]]:
    """The first success of each operation of the reference server."""
    api = embed(embedded_settings(load_profile(profile)))
    kept: dict[str, tuple[int, dict[str, str], bytes]] = {}
    observe = api.judge.observe

    def keep(exchange):
        place = locate(exchange.request.path)
        match = load_profile(profile).match(exchange.request.method, place.route) if place else None
        if match and exchange.response.status == 200:
            kept.setdefault(match.operation.id, (200, dict(exchange.response.headers), exchange.response.body))
        return observe(exchange)

    api.judge.observe = keep
    list(survey(api))
    return kept


def mock(profile: str) -> Api:
    """A target that knows every route and remembers nothing."""
    loaded = load_profile(profile)

    def answer(request: httpx2.Request) -> httpx2.Response:
        place = locate(request.url.path)
        match = loaded.match(request.method, place.route) if place else None
        found = examples(profile).get(match.operation.id) if match else None
        if found is None:
            return httpx2.Response(
                404, json={"error": {"message": "Unknown.", "type": "x", "param": None, "code": None}}
            )
        status, headers, body = found
        return httpx2.Response(status, headers=headers, content=body)

    # Named as a fault, so that the suite does not take the mock for the strict server.
    settings = replace(embedded_settings(loaded), run_timeout=0.05, faults=("one example for everything",))
    api = Api(settings, Judge(loaded, closed=True), httpx2.MockTransport(answer))
    api.capabilities = Capabilities({})
    api.winder = lambda _: None
    return api


@pytest.mark.parametrize("profile", profile_ids())
def test_one_example_for_everything_passes_nothing_beyond_shape(profile):
    api = mock(profile)
    tally = Tally()
    for scenario in scenarios():
        if applies(scenario.binding, api):
            outcome = conduct(scenario.function, api, tally, scenario.name, scenario.arguments)
            assert outcome.kind != "error", f"{scenario.name}: {outcome.message}"
    tally.exercised.update(api.judge.exercised)
    verdicts = decide(tally, api.profile)
    assert verdicts.overall == "non-conformant"
    assert [row.requirement.id for row in verdicts.rows if row.verdict == "pass" and not row.requirement.shape] == []
    assert sum(row.verdict == "pass" for row in verdicts.rows) > 100
