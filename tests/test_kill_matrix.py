"""Every check can fail: each fault of the reference server is found, by the requirements that it names."""

from __future__ import annotations

import hashlib
import os
import threading
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
    from pathlib import Path

    from assistants_conformance.observe import Exchange
    from assistants_conformance.scenario.gather import Scenario
    from assistants_conformance.target import Api

MATRIX = [
    pytest.param(profile, name, id=f"{profile}-{name}")
    for profile in profile_ids()
    for name in registry(load_profile(profile))
]

#: What no single request shows; the walks of the machine come upon it.
OF_HISTORIES = {fault.name for fault in search_machine.FAULTS}


class Found(BaseException):
    """The judge has found everything that was wanted: what else a scenario would ask shows nothing new."""


def leave_once_found(api: Api, wanted: set[str]) -> None:
    """Let the judge end a scenario; what is asked in threads of their own comes to its end."""
    observe, found, seen = api.judge.observe, set[str](), 0

    def observed(exchange: Exchange) -> None:
        nonlocal seen
        observe(exchange)
        found.update(finding.requirement for finding in api.judge.findings[seen:])
        seen = len(api.judge.findings)
        if wanted <= found and threading.current_thread() is threading.main_thread():
            raise Found

    api.judge.observe = observed


@pytest.fixture(scope="session")
def finders(tmp_path_factory):
    """A folder of all workers: by fault, the scenarios that have found it on another profile, which are asked first."""
    here = tmp_path_factory.getbasetemp()
    folder = (here.parent if "PYTEST_XDIST_WORKER" in os.environ else here) / "finders"
    folder.mkdir(exist_ok=True)
    return folder


def found_with(profile: str, fault: str, wanted: set[str], finders: Path) -> dict[str, int]:
    """The requirements that find a fault: by the scenarios that name them, by a walk, at last by any scenario."""
    tally = Tally()
    settings = embedded_settings(load_profile(profile), faults=[fault])
    note = finders / hashlib.sha256(fault.encode()).hexdigest()
    known = set(note.read_text("utf-8").splitlines()) if note.exists() else set()

    def scan(chosen: Iterable[Scenario]) -> None:
        for scenario in chosen:
            if wanted <= tally.failures.keys():
                return
            api = embed(settings)
            # A search that finds a fault today finds it tomorrow.
            api.chance = Chance(f"kill matrix/{scenario.name}")
            # That it is found is the question here, not how short.
            api.shrinks = False
            before = wanted & tally.failures.keys()
            if applies(scenario.binding, api):
                leave_once_found(api, wanted - tally.failures.keys())
                try:
                    conduct(scenario.function, api, tally, scenario.name, scenario.arguments)
                except Found:
                    for finding in api.judge.findings:
                        tally.add_finding(finding)
            if before != wanted & tally.failures.keys() and scenario.name not in known:
                # What another worker reads of it is a name more or less, and decides the order alone.
                with note.open("a", encoding="utf-8") as names:
                    names.write(f"{scenario.name}\n")

    # A search asks a thousand times what an example asks once: it comes last.
    every = sorted(scenarios(), key=lambda one: "/test_search_" in one.name)
    scan([one for one in every if one.name in known])
    every = [one for one in every if one.name not in known]
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
def test_fault_is_found_by_the_requirements_it_names(profile, fault, finders):
    row = registry(load_profile(profile))[fault]
    wanted = set(row.kills) & load_profile(profile).active
    assert wanted, f"{fault} names no requirement that is active in {profile}"
    found = found_with(profile, fault, wanted, finders)
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
