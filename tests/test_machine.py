"""The state machine: it goes where a client can go, finds what only a history shows, and tells it so that it runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import jsonschema
import pytest

from assistants_conformance.contract import efforts, load_profile, profile_ids
from assistants_conformance.reference.app import Reference
from assistants_conformance.reference.clock import VirtualClock
from assistants_conformance.reference.faults import registry
from assistants_conformance.reference.faults.search_machine import FAULTS
from assistants_conformance.reference.serve import running
from assistants_conformance.reporting.edges import lifecycle, rows, table
from assistants_conformance.reporting.result import schema
from assistants_conformance.reporting.story import story
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.scenario import conduct
from assistants_conformance.scenario.embed import KEY, embed, embedded_settings
from assistants_conformance.scenario.gather import scenarios
from assistants_conformance.scenario.machine.rules import RULES
from assistants_conformance.scenario.machine.search import chance, drawn, step, tours, walk
from assistants_conformance.target.chance import Chance

MACHINE = [scenario for scenario in scenarios() if "test_search_machine" in scenario.name]


def carried_out(profile, *faults, effort="quick", seed="1"):
    """Carry out the scenarios of the machine; return what they found and the edges that they saw."""
    tally, edges, outcomes = Tally(), Counter(), []
    settings = replace(embedded_settings(load_profile(profile), faults), effort=efforts()[effort])
    for scenario in MACHINE:
        api = embed(settings)
        api.chance = Chance(f"{seed}/{scenario.name}")
        outcomes.append(conduct(scenario.function, api, tally, scenario.name, scenario.arguments))
        edges.update(api.judge.report.edges)
    return tally, edges, outcomes


@pytest.mark.parametrize("profile", profile_ids())
def test_every_edge_that_a_client_can_cause_is_seen(profile):
    tally, edges, outcomes = carried_out(profile)
    assert [one.message for one in outcomes if one.kind != "passed"] == []
    assert tally.findings == {}
    loaded = load_profile(profile)
    # What a cancel does to a run that waits, a service decides once and for all (SM-016, SM-017).
    at_once = bool(loaded.traits.get("waiting_run_cancelled_at_once"))
    other = {("requires_action", "cancelling" if at_once else "cancelled")}
    causable = {(edge.start, edge.end) for edge in loaded.lifecycle("run").edges if edge.client}
    seen = {(row["from"], row["to"]) for row in rows(loaded, edges) if row["seen"] and row["client"]}
    assert causable - seen == other
    assert {(None, birth) for birth in loaded.lifecycle("run").births} <= seen


@pytest.mark.parametrize("fault", [fault.name for fault in FAULTS])
def test_machine_finds_the_faults_of_histories(fault):
    # The kill matrix has every profile; here it is the machine alone that must find them.
    known = registry(load_profile("openai-v2"))[fault]
    tally, _, _ = carried_out("openai-v2", fault)
    assert set(known.kills) <= tally.findings.keys()


def test_walks_find_nothing_on_the_conforming_server_whatever_the_seed():
    for seed in range(8):
        profile = profile_ids()[seed % len(profile_ids())]
        tally, _, outcomes = carried_out(profile, seed=f"another {seed}")
        assert tally.findings == {}
        assert [one.message for one in outcomes if one.kind != "passed"] == []


def test_every_rule_is_walked_and_every_way_of_it():
    left = {(rule.name, way) for rule in RULES.values() for way in range(rule.ways)}
    left -= {tuple(element[0:3:2]) for elements in tours(whole=True) for element in elements}
    api = embed(embedded_settings(load_profile()))
    # One search may miss a way: values repeat within a search, so some stay rare in it.
    for seed in range(20):
        api.chance = Chance(f"walked {seed}")
        left -= {tuple(step[0:3:2]) for steps in drawn(api, chance(runs=True, steps=40), 60) for step in steps}
        if not left:
            break
    assert left == set()


def test_same_seed_draws_the_same_walks():
    api = embed(embedded_settings(load_profile()))
    found = []
    for seed in ("a", "a", "b"):
        api.chance = Chance(seed)
        found.append(drawn(api, chance(runs=True, steps=10), 5))
    assert found[0] == found[1] != found[2]
    assert json.loads(json.dumps(found[0])) == found[0]


def test_without_runs_no_run_is_made():
    tally, edges, outcomes = carried_out("openai-v2", effort="live")
    assert [one.kind for one in outcomes] == ["passed", "not-applicable", "not-applicable"]
    assert not edges
    assert 0 < tally.requests < 300


def test_endpoint_without_functions_and_clock_is_walked_all_the_same():
    settings = replace(embedded_settings(load_profile()), capabilities={"function_calling": False})
    api = embed(settings)
    walker = walk(api, [step("message"), step("delete message"), step("time")], runs=True, clock=False)
    assert walker.deviations == []
    assert not any(isinstance(item, float) for item in walker.history)


@pytest.fixture(scope="module")
def told():
    """What the machine tells of an expired run that keeps its lock."""
    fault = "expired-run-keeps-the-lock-once-asked"
    return fault, carried_out("openai-v2", fault)[0].findings["EXP-001"][0]


def test_deviation_is_made_short(told):
    _, record = told
    steps = [step["step"] for step in record.steps]
    assert len(steps) <= 11, steps
    assert [one for one in steps if one.startswith("wait ")]
    assert record.steps[0]["curl"].startswith("B=")
    assert all(KEY not in one["curl"] and KEY not in one["step"] for one in record.steps)
    assert KEY not in record.snippet
    assert "run_1=$(" in "\n".join(step["curl"] for step in record.steps)


def test_snippet_runs_alone_and_shows_the_deviation(told, tmp_path):
    fault, record = told
    reference = Reference(load_profile("openai-v2"), clock=VirtualClock(), key="a-key", faults=[fault])
    program = tmp_path / "snippet.py"
    program.write_text(record.snippet, "utf-8")
    with running(reference) as address:
        environment = {
            **os.environ,
            "OPENAI_API_KEY": "a-key",
            "ASSISTANTS_URL": f"{address}/v1",
            "ASSISTANTS_CLOCK_URL": f"{address}/_reference/clock",
        }
        done = subprocess.run(
            [sys.executable, str(program)], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 0, done.stderr
    last = [line for line in done.stdout.splitlines() if line.startswith(("POST", "GET", "DELETE"))][-1]
    assert "-> 400" in last
    assert "observed: 400" in done.stdout


def test_story_keeps_uploads_and_awaited_calls():
    api = embed(embedded_settings(load_profile("azure-2024-05-01-preview")))
    elements = [step("attach file"), step("run", at_once=True), step("wait"), step("submit"), step("cancel")]
    walker = walk(api, elements, runs=True, clock=True)
    made = story(walker.history, "seen", "expected")
    compile(made.snippet, "snippet", "exec")
    commands = "\n".join(one["curl"] for one in made.steps)
    assert "multipart/form-data" in commands
    assert '"tool_call_id": "\'"$call_1"\'"' in commands
    assert "call_1" in made.snippet


def test_edges_are_counted_merged_and_drawn():
    profile = load_profile("foundry-v1")
    tally = Tally()
    tally.edges.update({" queued": 2, "queued in_progress": 1, "queued completed": 3})
    other = Tally()
    other.merge(json.loads(json.dumps(tally.to_json())))
    other.merge(tally.to_json())
    assert other.edges["queued completed"] == 6
    found = lifecycle(profile, other.edges)
    part = {"$ref": "#/properties/lifecycle", **{name: schema()[name] for name in ("properties", "$defs")}}
    jsonschema.validate(found, part)
    assert "    [*] --> queued : ▶ create_run, 4" in found["diagram"]
    assert "in_progress --> completed : not seen" in found["diagram"]
    assert "queued --> completed" not in found["diagram"]
    lines = list(table(profile, other.edges))
    assert "2 of" in lines[0]
    assert any("~completed 6" in line for line in lines)
    assert list(table(profile, {})) == []
