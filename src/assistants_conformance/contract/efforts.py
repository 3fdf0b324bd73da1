"""How much is searched for what nobody wrote down: one table, one name for each row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from assistants_conformance.contract.documents import read

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What is searched where nothing is asked for: on the server in this process, and on a target that may cost money.
DEFAULT_EFFORT, LIVE_EFFORT = "quick", "live"


@dataclass(frozen=True, slots=True)
class Effort:
    """One row of `schemas/efforts.json`, which says what each number counts."""

    name: str
    examples: int
    violations: int
    walks: int
    steps: int
    racers: int
    rounds: int
    coverage: bool
    coverage_cases: int
    stateful: bool
    fuzz_cases: int
    runs: bool
    breadth: int
    shrink: bool
    requests: int


@cache
def efforts() -> Mapping[str, Effort]:
    """Load every effort, by name."""
    return MappingProxyType({name: Effort(name, **row) for name, row in read("efforts")["efforts"].items()})
