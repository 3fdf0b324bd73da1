"""Everything that the suites make is deleted while they run, and written down before its id is used."""

from __future__ import annotations

import json

import pytest

from assistants_conformance.contract import load_profile, profile_ids
from assistants_conformance.observe import Judge
from assistants_conformance.reference import Reference, VirtualClock, in_process
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.scenario import applies, conduct
from assistants_conformance.scenario.embed import embedded_settings
from assistants_conformance.scenario.gather import scenarios
from assistants_conformance.scenario.situations import asked
from assistants_conformance.target import Api, Capabilities
from assistants_conformance.target.besides import files_of
from assistants_conformance.target.book import read
from assistants_conformance.target.ledger import Ledger
from assistants_conformance.target.prompts import WEATHER

#: Searches make what no answer shows: a store for an assistant without the search, a file on a thread that they delete.
SEARCHES = "suites/test_search_"
KINDS = ("assistants", "threads", "files", "vector_stores")


def staged(profile_id: str, file=None, faults=()):
    """A server and an Api on it that keeps a ledger."""
    profile = load_profile(profile_id)
    settings = embedded_settings(profile, faults)
    server = Reference(
        profile,
        clock=VirtualClock(),
        key=settings.api_key,
        token=settings.bearer_token,
        other_key=settings.other_key,
        failing_model=settings.failing_model,
        faults=settings.faults,
    )
    api = Api(settings, Judge(profile, closed=True), in_process(server))
    api.capabilities = Capabilities({})
    api.ledger = Ledger(profile, "the-run", file)

    def wind(seconds: float) -> None:
        body = json.dumps({"advance_seconds": seconds}).encode()
        server.handle("POST", "/_reference/clock", {"content-type": "application/json"}, body)

    api.winder = wind
    return server, api


def held(server) -> dict[str, list[str]]:
    return {kind: sorted(there) for kind in KINDS if (there := getattr(server.world.store, kind))}


@pytest.mark.parametrize("profile", profile_ids())
def test_no_scenario_leaves_anything_behind(profile, tmp_path):
    file = tmp_path / "ledger.jsonl"
    server, api = staged(profile, file)
    tally, left = Tally(), {}
    for scenario in scenarios():
        if not applies(scenario.binding, api) or scenario.name.startswith(SEARCHES):
            continue
        api.judge = Judge(api.profile, closed=True)
        conduct(scenario.function, api, tally, scenario.name, scenario.arguments)
        if there := held(server):
            left[scenario.name] = there
            for kind in KINDS:
                getattr(server.world.store, kind).clear()
    assert left == {}
    assert tally.findings == {}
    assert tally.errors == {}
    assert not api.ledger.book.alive
    assert all(one.refused for one in read(file).intents.values())
    assert "embedded-reference-key" not in file.read_text("utf-8")


def test_run_that_comes_to_wait_for_outputs_is_not_waited_for():
    _, api = staged("openai-v2")
    assistant = api.assistant(tools=[WEATHER, {"type": "code_interpreter"}])["id"]
    run = api.run(asked(api, "What is the weather in Paris?"), assistant)
    assert run["status"] == "queued"
    seen = api.requests
    assert files_of(api, run["thread_id"]) == []
    assert api.get_run(run)["status"] == "cancelled"
    assert api.requests - seen < 10


def test_run_whose_cancel_is_refused_is_not_waited_for():
    _, api = staged("openai-v2", faults=("idle-run-is-not-found-by-cancel",))
    assistant = api.assistant(tools=[WEATHER, {"type": "code_interpreter"}])["id"]
    run = api.parked(assistant=assistant)
    seen = api.requests
    assert files_of(api, run["thread_id"]) == []
    assert api.get_run(run)["status"] == "requires_action"
    assert api.requests - seen < 6
