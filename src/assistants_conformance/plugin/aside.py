"""Conducting one scenario beside the others, with a judge, an Api and an account of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from assistants_conformance.reporting.tally import Tally
from assistants_conformance.scenario import conduct
from assistants_conformance.target import Api
from assistants_conformance.target.chance import Chance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assistants_conformance.observe import Judge
    from assistants_conformance.plugin.background import Waiting
    from assistants_conformance.plugin.keeping import Keeping
    from assistants_conformance.scenario import Outcome
    from assistants_conformance.target import Capabilities, TargetSettings


def share(scenarios: Sequence[Waiting], worker: Mapping[str, Any]) -> list[Waiting]:
    """Return what one process begins of the scenarios that wait.

    Args:
        scenarios: all of them, in the same order in each process.
        worker: what xdist tells a worker of itself; empty: there is one process. Who comes later, in the place of one
            that ended, begins nothing.
    """
    of = int(worker.get("workercount", 1))
    number = re.search(r"\d+$", str(worker.get("workerid", "gw0")))
    return [one for place, one in enumerate(scenarios) if number is not None and place % of == int(number[0])]


def wait_aside(
    one: Waiting, number: int, settings: TargetSettings, judge: Judge, capabilities: Capabilities, keeping: Keeping
) -> tuple[Outcome, Tally]:
    """Conduct a scenario; return what came of it, and what it adds to the whole."""
    tally = Tally()
    active = [identifier for identifier in one.binding.requirements if identifier in settings.profile.active]
    api = Api(settings, judge)
    api.capabilities = capabilities
    api.chance = Chance(f"{settings.seed}/{one.name}")
    try:
        with keeping.beside(api, number) as meter:
            outcome = conduct(one.function, api, tally, one.name, one.arguments)
            area = settings.profile.requirement(active[0]).area if active else "other"
            tally.add_judged(judge, area, tally.requests, meter.spent.runs)
            tally.add_tokens(*meter.used())
    finally:
        api.close()
    return outcome, tally


__all__ = ["share", "wait_aside"]
