"""Scenarios lend each other what they only look at, and nobody is misled by it."""

from __future__ import annotations

import threading

import pytest

from assistants_conformance.contract import load_profile
from assistants_conformance.observe import Judge
from assistants_conformance.plugin.aside import attempt
from assistants_conformance.plugin.background import Waiting
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.scenario import requirement
from assistants_conformance.scenario.binding import binding_of
from assistants_conformance.target import Api, Blocked
from assistants_conformance.target.lending import Lending
from assistants_conformance.target.meter import Meter

from .test_cleaning import held, staged

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
        made = api.lent_assistant(name="clerk")
    with api.named("second"):
        before = asked(api)
        assert api.lent_assistant(name="clerk") == made
        assert asked(api) == before
        other = api.lent_assistant(name="judge")
    assert other["id"] != made["id"]
    assert sorted(held(server)["assistants"]) == sorted([made["id"], other["id"]])
    api.lending.end()
    api.clean()
    assert held(server) == {}


def test_who_borrows_gets_a_copy(staged_lending):
    _, api = staged_lending
    with api.named("first"):
        api.lent_assistant()["name"] = "scribbled upon"
    with api.named("second"):
        assert api.lent_assistant()["name"] is None


def test_without_lending_each_makes_its_own():
    server, api = staged(PROFILE)
    with api.named("first"):
        made = api.lent_assistant()
    assert held(server) == {}
    with api.named("second"):
        assert api.lent_assistant()["id"] != made["id"]


def test_judge_of_the_borrower_knows_the_loan_and_counts_nothing_of_it(staged_lending):
    _, api = staged_lending
    with api.named("first"):
        run = api.lent_chat()
    first = api.judge
    assert first.exercised["ASST-001"] == 1
    api.judge = judge()
    with api.named("second"):
        api.lent_chat()
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
        made = api.lent_assistant()
        assert change(api, made).ok
    assert held(server) == {}
    with api.named("second"):
        assert api.lent_assistant()["id"] != made["id"]


def test_what_was_refused_spoils_nothing(staged_lending):
    _, api = staged_lending
    with api.named("first"):
        made = api.lent_assistant()
        assert not api.call("modify_assistant", assistant_id=made["id"], json={"model": 7}).ok
    with api.named("second"):
        assert api.lent_assistant()["id"] == made["id"]


def test_loan_goes_with_what_it_is_made_of(staged_lending):
    _, api = staged_lending
    with api.named("first"):
        run = api.lent_chat()
        api.call("modify_assistant", assistant_id=run["assistant_id"], json={"name": "other"})
    with api.named("second"):
        assert api.lent_chat()["id"] != run["id"]


def test_files_of_a_lent_run_live_as_long_as_it(staged_lending):
    server, api = staged_lending
    question = "Use Python to draw a sine wave and save it as wave.png."
    with api.named("first"):
        run = api.lent_chat(question, tools=[{"type": "code_interpreter"}])
        api.messages(run["thread_id"])
    made = held(server).get("files")
    assert made
    with api.named("second"):
        api.lent_chat(question, tools=[{"type": "code_interpreter"}])
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
        api.lent("large", lambda: api.thread(messages=[{"role": "user", "content": "x" * 250_000}] * 5)["id"])
        api.lent("pages", lambda: [api.assistant(instructions="y" * 250_000) for _ in range(5)])
    assert "assistants" not in held(server)
    assert len(held(server)["threads"]) == 1


# -- side by side ------------------------------------------------------------------------------------------------------


def test_scenario_that_was_misled_is_conducted_again():
    server, api = staged(PROFILE)
    _, other = staged(PROFILE)
    other._transport, other._http = api._transport, api._http
    lending = Lending()
    lend(api, lending)
    lend(other, lending)
    tries = []

    @requirement("ASST-003")
    def scenario(api, verify):
        made = api.lent_assistant()
        tries.append(made["id"])
        if len(tries) == 1:
            with other.named("another"):
                other.lent_assistant()
                other.call("modify_assistant", assistant_id=made["id"], json={"name": "other"})
        read = api.call("get_assistant", assistant_id=made["id"])
        verify.equal("ASST-003", read.json, made, read)

    api.meter = meter = Meter(api.settings)
    tally = Tally()
    outcome = attempt(Waiting("s", scenario, binding_of(scenario)), api, meter, judge, tally)
    assert (outcome.kind, tally.findings, len(set(tries))) == ("passed", {}, 2)
    # What the first try has cost was spent.
    assert tally.requests == 4
    assert api.lending is lending
    lending.end()
    api.clean()
    other.clean()
    assert held(server) == {}


def test_loan_is_made_once_for_two_who_want_it_at_the_same_time(staged_lending):
    _, api = staged_lending
    lending = api.lending
    begun, go, got = threading.Event(), threading.Event(), []

    def make():
        begun.set()
        go.wait(30)
        return "thing"

    _, other = staged(PROFILE)
    lend(other, lending)
    first = threading.Thread(target=lambda: got.append(api.lent("key", make)))
    first.start()
    assert begun.wait(30)
    second = threading.Thread(target=lambda: got.append(other.lent("key", lambda: "another")))
    second.start()
    go.set()
    first.join(30)
    second.join(30)
    assert got == ["thing", "thing"]


def test_doubtful_scenario_lends_nothing_on(staged_lending):
    _, api = staged_lending

    @requirement("ASST-003")
    def scenario(api, verify):
        verify("ASST-003", False, observed=api.lent_assistant()["id"], expected="something else")

    api.meter = Meter(api.settings)
    seen = []
    for _ in range(2):
        tally = Tally()
        attempt(Waiting("s", scenario, binding_of(scenario)), api, api.meter, judge, tally)
        seen.append(tally.findings["ASST-003"][0].observed)
    assert seen[0] != seen[1]
