"""Scenarios lend each other what they only look at, and nobody is misled by it."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from assistants_conformance.contract import load_profile, profile_ids
from assistants_conformance.contract.efforts import efforts
from assistants_conformance.observe import Judge
from assistants_conformance.plugin.aside import attempt
from assistants_conformance.plugin.background import Waiting
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.scenario import applies, conduct, requirement
from assistants_conformance.scenario.binding import binding_of
from assistants_conformance.scenario.gather import scenarios
from assistants_conformance.target import Api, Blocked
from assistants_conformance.target.lending import Lending
from assistants_conformance.target.meter import Meter

from .test_cleaning import SEARCHES, held, staged

PROFILE = "openai-v2"


@pytest.fixture
def staged_lending():
    server, api = staged(PROFILE)
    lend(api, Lending())
    return server, api


def lend(api: Api, lending: Lending) -> None:
    api.lending = lending
    api.ledger.kept = lending.kept


def judge() -> Judge:
    return Judge(load_profile(PROFILE), closed=True)


def asked(api: Api) -> int:
    return api.requests - api.cleaning


# -- one after the other -----------------------------------------------------------------------------------------------


def test_next_scenario_is_lent_what_the_first_one_made(staged_lending):
    server, api = staged_lending
    with api.named("first"):
        made = api.assistant(name="clerk")
    with api.named("second"):
        before = asked(api)
        assert api.assistant(name="clerk") == made
        assert asked(api) == before
        other = api.assistant(name="judge")
    assert other["id"] != made["id"]
    assert sorted(held(server)["assistants"]) == sorted([made["id"], other["id"]])
    api.lending.end()
    api.clean()
    assert held(server) == {}


def test_who_borrows_gets_a_copy(staged_lending):
    _, api = staged_lending
    with api.named("first"):
        api.assistant()["name"] = "scribbled upon"
    with api.named("second"):
        assert api.assistant()["name"] is None


def test_without_lending_each_makes_its_own():
    server, api = staged(PROFILE)
    with api.named("first"):
        made = api.assistant()
    assert held(server) == {}
    with api.named("second"):
        assert api.assistant()["id"] != made["id"]


def test_judge_of_the_borrower_knows_the_loan_and_counts_nothing_of_it(staged_lending):
    _, api = staged_lending
    with api.named("first"):
        run = api.chat("Say hello.")
    first = api.judge
    assert first.exercised["ASST-001"]
    api.judge = judge()
    with api.named("second"):
        api.chat("Say hello.")
        assert not api.judge.exercised
        read = api.get_run(run)
        assert read["status"] == "completed"
    # A judge that had not seen the run made could say nothing of what stayed as it was.
    alone = judge()
    alone.observe(api.latest or first_exchange(api, run))
    assert api.judge.exercised.keys() > alone.exercised.keys()
    assert api.judge.findings == []


def first_exchange(api: Api, run):
    return api.call("get_run", thread_id=run["thread_id"], run_id=run["id"]).exchange


@pytest.mark.parametrize(
    "change",
    [
        lambda api, made: api.call("modify_assistant", assistant_id=made["id"], json={"name": "other"}),
        lambda api, made: api.call("delete_assistant", assistant_id=made["id"]),
    ],
    ids=["modified", "deleted"],
)
def test_what_was_changed_is_lent_to_nobody(staged_lending, change):
    server, api = staged_lending
    with api.named("first"):
        made = api.assistant()
        assert change(api, made).ok
    assert held(server) == {}
    with api.named("second"):
        assert api.assistant()["id"] != made["id"]


def test_thread_that_came_with_its_run_is_changed_with_it(staged_lending):
    _, api = staged_lending
    with api.named("first"):
        run = api.chat("Say hello.")
    with api.named("second"):
        assert api.chat("Say hello.") == run
        api.message(run["thread_id"])
    with api.named("third"):
        other = api.chat("Say hello.")
    assert other["thread_id"] != run["thread_id"]


def test_what_was_refused_spoils_nothing(staged_lending):
    _, api = staged_lending
    with api.named("first"):
        made = api.assistant()
        assert not api.call("modify_assistant", assistant_id=made["id"], json={"model": 7}).ok
    with api.named("second"):
        assert api.assistant()["id"] == made["id"]


def test_who_is_given_a_store_may_fill_it(staged_lending):
    _, api = staged_lending
    with api.named("first"):
        store = api.store()["id"]
        api.post_thread(tool_resources={"file_search": {"vector_store_ids": [store]}})
    with api.named("second"):
        assert api.store()["id"] != store


def test_one_scenario_gets_two_things_for_two_requests(staged_lending):
    _, api = staged_lending
    with api.named("first"):
        first = {api.thread()["id"], api.thread()["id"]}
    with api.named("second"):
        second = {api.thread()["id"], api.thread()["id"]}
    assert len(first) == 2
    assert first == second


def test_what_nothing_else_contains_is_not_lent(staged_lending):
    server, api = staged_lending
    with api.named("first"):
        api.assistant(name=api.unique())
    assert held(server) == {}


def test_what_the_judge_is_to_see_made_is_made(staged_lending):
    _, api = staged_lending
    with api.named("first"):
        made = api.thread()["id"]
    with api.named("second"), api.own():
        assert api.thread()["id"] != made


def test_files_of_a_lent_run_live_as_long_as_it(staged_lending):
    server, api = staged_lending
    question = "Use Python to draw a sine wave and save it as wave.png."
    with api.named("first"):
        run = api.chat(question, tools=[{"type": "code_interpreter"}])
        api.messages(run["thread_id"])
    made = held(server).get("files")
    assert made
    with api.named("second"):
        api.chat(question, tools=[{"type": "code_interpreter"}])
        api.messages(run["thread_id"])
    assert held(server)["files"] == made
    api.lending.end()
    api.clean()
    assert held(server) == {}


def test_what_could_not_be_made_is_tried_again_and_cleaned_up(staged_lending):
    server, api = staged_lending

    def broken():
        api.assistant()
        raise Blocked("no")

    for _ in range(2):
        with api.named("one"), pytest.raises(Blocked):
            api.lent("broken", broken)
        assert held(server) == {}
    with api.named("other"):
        assert api.lent("broken", lambda: api.assistant()["id"]) in held(server)["assistants"]


def test_heavy_answers_are_not_kept(staged_lending):
    server, api = staged_lending
    with api.named("first"):
        api.lent("light", lambda: api.thread()["id"])
        api.lent("heavy", lambda: [api.assistant(instructions="y" * 250_000) for _ in range(5)])
    assert sorted(held(server)) == ["threads"]


# -- side by side ------------------------------------------------------------------------------------------------------


def beside(api: Api) -> Api:
    """Another Api on the same server, with a ledger of its own."""
    _, other = staged(PROFILE)
    other._transport, other._http = api._transport, api._http
    lend(other, api.lending)
    return other


def test_what_another_holds_is_not_lent(staged_lending):
    _, api = staged_lending
    other = beside(api)
    with api.named("maker"):
        made = api.thread()["id"]
    with api.named("first"), other.named("second"):
        assert api.thread()["id"] == made
        assert other.thread()["id"] != made


def test_nobody_cleans_up_what_another_still_holds(staged_lending):
    server, api = staged_lending
    other = beside(api)
    with api.named("maker"):
        made = api.thread()["id"]
    api.lending.release(api)
    with other.named("borrower"):
        assert other.thread()["id"] == made
        other.message(made)
        with api.named("meanwhile"):
            pass
        assert made in held(server)["threads"]
    with api.named("later"):
        pass
    assert held(server) == {}


def test_doubtful_scenario_lends_nothing_on(staged_lending):
    _, api = staged_lending

    @requirement("ASST-003")
    def scenario(api, verify):
        verify("ASST-003", False, observed=api.assistant()["id"], expected="something else")

    api.meter = Meter(api.settings)
    seen = []
    for _ in range(2):
        tally = Tally()
        attempt(Waiting("s", scenario, binding_of(scenario)), api, api.meter, judge, tally)
        seen.append(tally.findings["ASST-003"][0].observed)
    assert seen[0] != seen[1]


# -- all of them -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("profile", profile_ids())
def test_nobody_is_misled_in_whatever_order(profile, seed):
    _, api = staged(profile)
    lend(api, Lending())
    api.settings = replace(api.settings, effort=efforts()["live"])
    tally, astray = Tally(), {}
    every = [one for one in scenarios() if applies(one.binding, api) and not one.name.startswith(SEARCHES)]
    random.Random(seed).shuffle(every)
    for scenario in every:
        api.judge = Judge(api.profile, closed=True)
        outcome = conduct(scenario.function, api, tally, scenario.name, scenario.arguments)
        if outcome.kind not in ("passed", "not-applicable"):
            astray[scenario.name] = outcome.message
    assert astray == {}
    assert tally.findings == {}
