"""Races against a server on a socket, and what only they find."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistants_conformance.contract import efforts, load_profile
from assistants_conformance.observe import Judge
from assistants_conformance.reference.app import Reference
from assistants_conformance.reference.clock import VirtualClock
from assistants_conformance.reference.faults.races import FAULTS
from assistants_conformance.reference.serve import running
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.scenario import applies, conduct
from assistants_conformance.scenario.embed import embed, embedded_settings
from assistants_conformance.scenario.gather import scenarios
from assistants_conformance.scenario.race import Race
from assistants_conformance.scenario.verify import Verify
from assistants_conformance.target import Answer, Api, Blocked, Capabilities, TargetSettings

PROFILE = load_profile("openai-v2")
RACES = [one for one in scenarios() if "test_search_races" in one.name]
#: The examples about what a race is about too.
EXAMPLES = [
    one
    for one in scenarios()
    if any(f"test_{area}.py" in one.name for area in ("thread_locking", "tool_outputs", "cancellation", "expiry"))
    or any(f"test_stateful_{part}.py" in one.name for part in ("concurrency", "use_after_free"))
]


def test_races_on_a_socket_find_nothing_in_a_strict_server():
    tally, kinds = Tally(), set()
    with running(Reference(PROFILE, clock=VirtualClock())) as url:
        settings = TargetSettings(
            profile=PROFILE, url=url, api_key="reference-key", clock_url=f"{url}/_reference/clock", run_timeout=20
        )
        for one in RACES:
            api = Api(settings, Judge(PROFILE, closed=True))
            api.capabilities = Capabilities({})
            kinds.add(conduct(one.function, api, tally, one.name, one.arguments).kind)
            api.close()
    assert tally.failures == {}
    assert kinds == {"passed"}


@pytest.mark.parametrize("fault", [fault.name for fault in FAULTS])
def test_no_example_finds_what_only_a_race_shows(fault):
    tally = Tally()
    for one in EXAMPLES:
        api = embed(embedded_settings(PROFILE, faults=[fault]))
        if applies(one.binding, api):
            conduct(one.function, api, tally, one.name, one.arguments)
    assert tally.failures == {}


@pytest.mark.parametrize("effort", ["quick", "live"])
def test_the_effort_says_how_much_is_raced(effort):
    settings = replace(embedded_settings(PROFILE), effort=efforts()[effort])
    tally, runs = Tally(), 0
    for one in RACES:
        api = embed(settings)
        seen = api.judge.observe
        trace: list = []
        api.judge.observe = lambda exchange, seen=seen, trace=trace: (trace.append(exchange), seen(exchange))[1]
        conduct(one.function, api, tally, one.name, one.arguments)
        runs += sum(one.request.method == "POST" and one.request.path.endswith("/runs") for one in trace)
    assert tally.failures == {}
    assert (runs > 0) is (effort == "quick")


def test_a_failed_request_is_no_answer_of_the_lock(monkeypatch):
    api = embed(embedded_settings(PROFILE))
    thread = api.thread()["id"]
    sound = api.post_message

    def stumbling(*args, **kwargs):
        answer = sound(*args, **kwargs)
        response = replace(answer.exchange.response, status=503, body=b"{}")
        return Answer(replace(answer.exchange, response=response))

    verify = Verify(PROFILE)
    race = Race(api, thread)
    monkeypatch.setattr(api, "post_message", stumbling)
    with pytest.raises(Blocked, match="503"), race.judged(verify, "RACE-002"):
        race.at_once(race.message(), race.message())
    race = Race(api, thread)
    with race.judged(verify, "RACE-002"):
        race.at_once(race.message(), race.messages())
    assert verify.findings == []
    assert verify.checked == ["RACE-002"]


def test_what_is_sent_at_once_in_process_comes_in_the_given_order_from_callers_of_their_own():
    api = embed(embedded_settings(PROFILE))
    answers = [one for one in api.together(*[api.post_thread] * 4) if isinstance(one, Answer)]
    assert len(answers) == 4
    assert len({answer.exchange.started for answer in answers}) == 1
    ended = [answer.exchange.ended for answer in answers]
    assert ended == sorted(ended)


def test_a_mistake_of_ours_among_requests_at_once_is_heard_of():
    api = embed(embedded_settings(PROFILE))

    def wrong():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        api.together(api.post_thread, wrong)
