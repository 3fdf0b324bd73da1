"""How the search for an order grows: histories of more and more requests at once, as ratios to the smallest.

python benchmarks/races.py
"""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

from assistants_conformance.contract import DEFAULT_PROFILE, load_profile
from assistants_conformance.scenario.linear import Act
from assistants_conformance.scenario.thread_model import State, ThreadModel

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5
SIZES = (4, 8, 16, 32, 64)
MODEL = ThreadModel(load_profile(DEFAULT_PROFILE).lifecycle("run"))


def act(kind: str, subject: str = "", *seen: str, outcome: str = "done", at: float = 0.0, until: float = 9.0) -> Act:
    """An answer; those without times all overlap."""
    return Act(kind, outcome, subject, frozenset(seen), at, until, told=kind)


def runs(count: int, let_in: int) -> list[Act]:
    """Creates of a run at once, of which some are let in, and wait afterwards."""
    acts = [act("create_run", str(row), outcome="done" if row < let_in else "refused") for row in range(count)]
    waiting = [act("read_run", str(row), "requires_action", at=10 + row, until=10.5 + row) for row in range(let_in)]
    return acts + waiting


def messages(count: int, lost: int) -> list[Act]:
    """Messages at once, half as many lists that show ever more of them, and a last list without some."""
    names = [str(row) for row in range(count)]
    acts = [act("create_message", name) for name in names]
    acts += [act("list_messages", "", *names[:row]) for row in range(0, count, 2)]
    return [*acts, act("list_messages", "", *names[lost:], at=10, until=11)]


CASES: dict[str, tuple[Callable[[int], list[Act]], bool]] = {
    "one run of N is let in": (lambda count: runs(count, 1), True),
    "two runs of N are let in": (lambda count: runs(count, 2), False),
    "N messages and N/2 lists": (lambda count: messages(count, 0), True),
    "N messages, one is lost": (lambda count: messages(count, 1), False),
}


def seconds(acts: list[Act], *, fitting: bool) -> float:
    """Seconds for a verdict, with its explanation where there is one."""
    began = time.perf_counter()
    found = MODEL.contradiction(acts, State())
    if (found == []) is not fitting:
        raise AssertionError(f"{len(acts)} acts: {found}")
    return time.perf_counter() - began


for name, (made, fitting) in CASES.items():
    costs = [median(seconds(made(size), fitting=fitting) for _ in range(ROUNDS)) for size in SIZES]
    told = ", ".join(f"N={size}: {cost / costs[0]:.0f}" for size, cost in zip(SIZES, costs, strict=True))
    print(f"{name}: {told} (N={SIZES[-1]} takes {1000 * costs[-1]:.0f} ms)")
