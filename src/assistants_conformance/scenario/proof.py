"""What checks a requirement in a profile, and what proves that the check sees something.

Rules and schemas name the rows that they judge, so this is read from where they stand: a requirement counts as judged
by a module of rules whose text holds its id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from assistants_conformance._data import folder
from assistants_conformance.contract import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assistants_conformance.contract import Profile

_PACKAGE = Path(__file__).resolve().parents[1]
_QUOTED = re.compile(r'"([A-Z]+-[A-Z]?\d+)"')


@dataclass(frozen=True, slots=True)
class Proof:
    """What is behind one requirement.

    `judge` names what watches traffic for it (`rules of lock`, `schema of run`, `lifecycle of run`), `scenarios` the
    test functions that are bound to it, `faults` the deviations of the reference server that it must find.
    """

    judge: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def proofs(profile: Profile) -> Mapping[str, Proof]:
    """Return what is behind every requirement that is active in a profile, by id.

    Loads every module of the suites and the table of faults: about 0.2 seconds.
    """
    judge, scenarios, faults = judged_by(profile), scenarios_of(), killed_by(profile)
    return MappingProxyType(
        {name: Proof(judge.get(name, ()), scenarios.get(name, ()), faults.get(name, ())) for name in profile.active}
    )


def judged_by(profile: Profile) -> Mapping[str, tuple[str, ...]]:
    """Return what watches traffic for each requirement: modules of rules, object schemas, lifecycles."""
    found: dict[str, list[str]] = {}
    for requirement, witness in (*_rules(), *_schemas(profile), *_lifecycles(profile)):
        told = found.setdefault(requirement, [])
        if witness not in told:
            told.append(witness)
    return {requirement: tuple(told) for requirement, told in found.items()}


def scenarios_of() -> Mapping[str, tuple[str, ...]]:
    """Return the test functions that are bound to each requirement, in the order of the files."""
    from assistants_conformance.scenario.gather import scenarios  # noqa: PLC0415 - loads the suites

    found: dict[str, dict[str, None]] = {}
    for scenario in scenarios():
        for requirement in scenario.binding.requirements:
            found.setdefault(requirement, {})[scenario.name.partition("[")[0]] = None
    return {requirement: tuple(names) for requirement, names in found.items()}


def killed_by(profile: Profile) -> Mapping[str, tuple[str, ...]]:
    """Return the faults that each requirement must find in a profile; empty for one that no target can be run on."""
    from assistants_conformance.reference.faults import registry  # noqa: PLC0415 - loads the server

    found: dict[str, list[str]] = {}
    if profile.runnable:
        for name, fault in sorted(registry(profile).items()):
            for requirement in fault.kills:
                found.setdefault(requirement, []).append(name)
    return {requirement: tuple(names) for requirement, names in found.items()}


@cache
def _rules() -> tuple[tuple[str, str], ...]:
    known = catalogue()
    files = [(f"rules of {file.stem}", file) for file in sorted((_PACKAGE / "observe").rglob("*.py"))]
    # Whether a refusal has status 400 is asked wherever a scenario provokes one, by the piece of code that asks.
    files.append(("every refusal", _PACKAGE / "scenario" / "verify.py"))
    return tuple(
        (requirement, witness)
        for witness, file in files
        for requirement in _QUOTED.findall(file.read_text("utf-8"))
        if requirement in known
    )


def _schemas(profile: Profile) -> Iterator[tuple[str, str]]:
    for file in sorted((folder("schemas") / "objects" / profile.shape).glob("*.json")):
        shape = profile.object_shape(file.stem)
        for requirement in sorted(shape.requirements) if shape is not None else ():
            yield requirement, f"schema of {file.stem}"


def _lifecycles(profile: Profile) -> Iterator[tuple[str, str]]:
    for file in sorted((folder("schemas") / "lifecycles").glob("*.json")):
        cycle = profile.lifecycle(file.stem)
        for requirement in (*(row.requirement for row in cycle.edges), *(row.requirement for row in cycle.settings)):
            yield requirement, f"lifecycle of {file.stem}"
