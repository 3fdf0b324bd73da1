"""Conducting scenarios beside the others, each with a judge and a tally of its own."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from assistants_conformance.reporting.tally import Tally
from assistants_conformance.scenario import conduct
from assistants_conformance.target import Api
from assistants_conformance.target.chance import Chance

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from assistants_conformance.observe import Judge
    from assistants_conformance.plugin.background import Waiting
    from assistants_conformance.plugin.keeping import Keeping
    from assistants_conformance.scenario import Outcome
    from assistants_conformance.target import Capabilities, TargetSettings
    from assistants_conformance.target.meter import Meter

#: After these nobody else is lent what a scenario has borrowed: it may be to blame.
_DOUBTFUL = ("failed", "not-testable", "error")


def share(scenarios: Sequence[Waiting], worker: Mapping[str, Any]) -> list[Waiting]:
    """Return what one process begins of the scenarios that wait.

    Args:
        scenarios: all of them, in the same order in each process.
        worker: what xdist tells a worker of itself; empty: there is one process. Who comes later, in the place of one
            that ended, begins nothing.
    """
    number, of = _place(worker)
    return [one for place, one in enumerate(scenarios) if place % of == number]


def from_own_place(scenarios: Sequence[Waiting], worker: Mapping[str, Any]) -> list[Waiting]:
    """Return scenarios in the order in which one process begins them ahead of their turn.

    Those that lend to each other stand side by side: each process begins at another place, so that they come to one.
    """
    number, of = _place(worker)
    first = len(scenarios) * (number % of) // of
    return [*scenarios[first:], *scenarios[:first]]


def _place(worker: Mapping[str, Any]) -> tuple[int, int]:
    """Return the number of a process, and of how many; who comes later has a number beyond them."""
    number = re.search(r"\d+$", str(worker.get("workerid", "gw0")))
    of = int(worker.get("workercount", 1))
    return (int(number[0]) if number is not None else of), of


def attempt(one: Waiting, api: Api, meter: Meter, new_judge: Callable[[], Judge], tally: Tally) -> Outcome:
    """Conduct a scenario, whose findings, checks and costs go into the tally."""
    profile = api.profile
    active = [identifier for identifier in one.binding.requirements if identifier in profile.active]
    area = profile.requirement(active[0]).area if active else "other"
    runs = meter.spent.runs
    api.judge = judge = new_judge()
    api.chance = Chance(f"{api.settings.seed}/{one.name}")
    found, doubtful = Tally(), True
    try:
        outcome = conduct(one.function, api, found, one.name, one.arguments)
        doubtful = outcome.kind in _DOUBTFUL
    finally:
        if api.lending is not None:
            api.lending.release(api, doubtful=doubtful)
    found.add_judged(judge, area, found.requests, meter.spent.runs - runs)
    tally.merge(found.to_json())
    return outcome


class Lane:
    """An Api that works beside others, with an account and a ledger of its own.

    Args:
        number: tells those of one process apart.
        settings: the target.
        capabilities: those of the process.
        keeping: lets it tell of what it does.
        new_judge: gives each scenario its own.

    Raises:
        ConfigError: the ledger cannot be written.
    """

    def __init__(
        self,
        number: int,
        settings: TargetSettings,
        capabilities: Capabilities,
        keeping: Keeping,
        new_judge: Callable[[], Judge],
    ) -> None:
        self._new_judge = new_judge
        self._stack = ExitStack()
        self.api = Api(settings, new_judge())
        self._stack.callback(self.api.close)
        self.api.capabilities = capabilities
        self._meter = self._stack.enter_context(keeping.beside(self.api, number))

    def conduct(self, one: Waiting) -> tuple[Outcome, Tally]:
        """Conduct a scenario; return what came of it, and what it adds to the whole."""
        tally, before = Tally(), self._meter.used()
        outcome = attempt(one, self.api, self._meter, self._new_judge, tally)
        now = self._meter.used()
        tally.add_tokens(now[0] - before[0], now[1] - before[1])
        # Nothing that a target has sent stays until the next scenario.
        self.api.lighten()
        self.api.judge = self._new_judge()
        return outcome, tally

    def clean(self) -> int:
        """Delete what it has left; return how many requests that took."""
        before = self.api.cleaning
        self.api.clean()
        return self.api.cleaning - before

    def close(self) -> None:
        """Let go of everything."""
        self._stack.close()


__all__ = ["Lane", "attempt", "share"]
