"""A model of threads, messages, runs, locks, time and files walks beside the endpoint, and must agree with it.

Covers MACH-001 and MACH-002 and, under any history, the rows of the areas whose state it holds: the lock, the life of a
run, cancelling, outputs, expiry, lists. A scenario here says nothing about one request: it says that after any sequence
of requests, allowed and forbidden ones, the endpoint is where the contract says.
"""

from __future__ import annotations

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.machine.search import explore
from assistants_conformance.target import Api, NotApplicable

_STATE = ("MACH-001", "OBJ-001", "OBJ-004")
_RUNS = ("LOCK-001", "LOCK-002", "LOCK-005", "SUB-010", "CAN-003")


def _needs_runs(api: Api) -> None:
    if not api.settings.effort.runs:
        raise NotApplicable(f"the effort {api.settings.effort.name} starts no runs")


@requirement(*_STATE)
def test_walks_without_runs(api: Api, verify: Verify) -> None:
    explore(api, verify, _STATE, runs=False, through=False)


@requirement(*_STATE, "MACH-002", *_RUNS, needs=("function_calling",))
def test_every_operation_in_every_state_of_a_run(api: Api, verify: Verify) -> None:
    _needs_runs(api)
    explore(api, verify, (*_STATE, "MACH-002", *_RUNS), runs=True, through=True)


@requirement(*_STATE, needs=("function_calling",))
def test_walks_with_runs(api: Api, verify: Verify) -> None:
    _needs_runs(api)
    explore(api, verify, _STATE, runs=True, through=False)
