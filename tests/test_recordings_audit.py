"""What the real services did is the contract: no finding in their recordings, and every damage to them found."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from assistants_conformance.contract import load_profile, profile_ids
from assistants_conformance.observe import Exchange, Judge
from assistants_conformance.recordings import Problem, read_paths
from assistants_conformance.scenario.embed import embed, embedded_settings

from .support import damages_stores  # noqa: F401 - registers its damages
from .support.damages import DAMAGES, Damage
from .support.stream_damages import STREAM_DAMAGES
from .support.survey import survey

RECORDINGS = Path(__file__).parents[2] / "shared" / "recordings"
SOURCES = {"raw": 1000, "exchanges.jsonl": 1100, "exchanges-foundry-azure.jsonl": 90}
#: How many damaged traces of a kind are judged; more of the same show nothing new.
ENOUGH = 3
#: Written by hand too: CF-RAY and request id are letters from the start of the alphabet, the store is `vs_abc123`.
UNLISTED = frozenset({"vector_stores_search.yml#0", "vector_stores_search_setup.yml#0"})
needs_recordings = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="no folder of recordings beside the checkout")


@cache
def sessions(name: str) -> dict[str, list[Exchange]]:
    found: dict[str, list[Exchange]] = {}
    for exchange in read_paths([RECORDINGS / name], lambda _: None):
        found.setdefault(exchange.session, []).append(exchange)
    return found


@cache
def own(profile: str) -> list[Exchange]:
    """A recording that the product makes itself."""
    api = embed(embedded_settings(load_profile(profile)))
    kept: list[Exchange] = []
    observe = api.judge.observe

    def keep(exchange: Exchange):
        kept.append(exchange)
        return observe(exchange)

    api.judge.observe = keep
    assert [told for told in survey(api) if told] == []
    return kept


def found_in(damage: Damage, trace: list[Exchange]) -> list[tuple[bool, list[str]]]:
    """Whether each damage was found by a requirement it names, where such a one is active; and all that was found."""
    outcomes: list[tuple[bool, list[str]]] = []
    named = set(damage.requirements)
    for damaged in damage.apply(trace):
        judge, seen = Judge(), 0
        for exchange in damaged:
            judge.observe(exchange)
            # Once it is found, the rest of the trace shows nothing new.
            if any(finding.requirement in named for finding in judge.findings[seen:]):
                break
            seen = len(judge.findings)
        active = set().union(*(load_profile(profile).active for profile in judge.judged))
        if not active & named:
            continue
        found = {finding.requirement for finding in judge.findings}
        told = [f"{finding.requirement}: {finding.observed}" for finding in judge.findings]
        outcomes.append((bool(found & named), told))
        if len(outcomes) == ENOUGH:
            break
    return outcomes


def fail_on_damage(problem: Problem) -> None:
    assert problem.kind == "foreign", str(problem)


@cache
def hand_made() -> frozenset[str]:
    """The ends of the sources that their collectors found to be written by hand: no evidence of any service."""
    lines = (RECORDINGS / "suspects.jsonl").read_text("utf-8").splitlines()
    return frozenset(json.loads(line)["source"].rpartition("/")[2] for line in lines) | UNLISTED


@needs_recordings
@pytest.mark.parametrize("name", SOURCES)
def test_real_service_is_not_accused(name):
    judge = Judge()
    for exchange in read_paths([RECORDINGS / name], fail_on_damage):
        judge.observe(exchange)
    assert judge.crashes == []
    accused = [finding for finding in judge.findings if finding.exchange.source.rpartition("/")[2] not in hand_made()]
    assert [f"{finding.requirement}: {finding.observed} | {finding.exchange.source}" for finding in accused] == []
    assert judge.judged.total() + judge.passed_over.total() >= SOURCES[name]


@pytest.mark.parametrize("damage", [*DAMAGES, *STREAM_DAMAGES], ids=lambda damage: damage.name)
def test_damage_to_an_own_recording_is_found(damage):
    outcomes = [outcome for profile in profile_ids() for outcome in found_in(damage, own(profile))]
    assert outcomes, "no own recording has anything to damage in this way"
    assert [told for found, told in outcomes if not found] == []


@needs_recordings
@pytest.mark.parametrize("damage", [*DAMAGES, *STREAM_DAMAGES], ids=lambda damage: damage.name)
def test_damage_to_a_real_recording_is_found(damage):
    outcomes: list[tuple[bool, list[str]]] = []
    for trace in [*sessions("exchanges.jsonl").values(), *sessions("exchanges-foundry-azure.jsonl").values()]:
        outcomes += found_in(damage, trace)
        if len(outcomes) >= ENOUGH:
            break
    assert [told for found, told in outcomes if not found] == []
    if not outcomes:
        pytest.skip("the real recordings hold nothing that could be damaged in this way")
