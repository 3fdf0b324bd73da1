"""Every check can fail: each fault of the reference server is found, by the requirements that it names."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from assistants_conformance.contract import load_profile, profile_ids
from assistants_conformance.reference.faults import registry, search_machine
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.scenario import applies, conduct
from assistants_conformance.scenario.embed import embed, embedded_settings
from assistants_conformance.scenario.gather import scenarios
from assistants_conformance.target.chance import Chance

from .support.survey import survey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistants_conformance.scenario.gather import Scenario

MATRIX = [
    pytest.param(profile, name, id=f"{profile}-{name}")
    for profile in profile_ids()
    for name in registry(load_profile(profile))
]

#: What no single request shows; the walks of the machine come upon it.
OF_HISTORIES = {fault.name for fault in search_machine.FAULTS}


def found_with(profile: str, fault: str, wanted: set[str]) -> dict[str, int]:
    """The requirements that find a fault: by the scenarios that name them, by a walk, at last by any scenario."""
    tally = Tally()
    settings = embedded_settings(load_profile(profile), faults=[fault])

    def scan(chosen: Iterable[Scenario]) -> None:
        for scenario in chosen:
            if wanted <= tally.failures.keys():
                return
            api = embed(settings)
            # A search that finds a fault today finds it tomorrow.
            api.chance = Chance(f"kill matrix/{scenario.name}")
            if applies(scenario.binding, api):
                conduct(scenario.function, api, tally, scenario.name, scenario.arguments)

    # A search asks a thousand times what an example asks once: it comes last.
    every = sorted(scenarios(), key=lambda one: "/test_search_" in one.name)
    named = [one for one in every if wanted & set(one.binding.requirements)]
    scan(named)
    if not wanted <= tally.failures.keys():
        api = embed(settings)
        for _ in survey(api):
            if wanted <= tally.failures.keys() | {finding.requirement for finding in api.judge.findings}:
                break
        for finding in api.judge.findings:
            tally.add_finding(finding)
    rest = [one for one in every if one not in named]
    if fault in OF_HISTORIES:
        rest.sort(key=lambda one: "/test_search_machine" not in one.name)
    scan(rest)
    return tally.failures


@pytest.mark.parametrize(("profile", "fault"), MATRIX)
def test_fault_is_found_by_the_requirements_it_names(profile, fault):
    row = registry(load_profile(profile))[fault]
    wanted = set(row.kills) & load_profile(profile).active
    assert wanted, f"{fault} names no requirement that is active in {profile}"
    found = found_with(profile, fault, wanted)
    assert wanted <= found.keys(), f"not found by {sorted(wanted - found.keys())}; found by {sorted(found)}"


@cache
def killed(profile: str) -> frozenset[str]:
    return frozenset(identifier for fault in registry(load_profile(profile)).values() for identifier in fault.kills)


@pytest.mark.parametrize("profile", profile_ids())
def test_every_active_requirement_has_a_fault(profile):
    assert load_profile(profile).active - killed(profile) == set()


@pytest.mark.parametrize("profile", profile_ids())
def test_walk_through_everything_finds_nothing_without_a_fault(profile):
    api = embed(embedded_settings(load_profile(profile)))
    stopped = [told for told in survey(api) if told]
    assert stopped == []
    assert api.judge.findings == []
