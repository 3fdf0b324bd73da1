"""What a run costs, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistants_conformance.reporting.verdicts import AREAS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_conformance.reporting.tally import Tally


def spent(tally: Tally, requirements: int, minutes: float) -> str:
    """Return what a run has cost in one line.

    Args:
        tally: of the run.
        requirements: how many requirements it was about.
        minutes: how long it took.
    """
    each = tally.requests / requirements if requirements else 0.0
    held = f", held back {tally.holds} times for {tally.held_seconds:.0f} s" if tally.holds else ""
    return (
        f"{tally.requests} requests ({each:.1f} a requirement) and {tally.cleaning} that cleaned up, {tally.runs} runs,"
        f" {tally.prompt_tokens + tally.completion_tokens} tokens"
        f" ({tally.prompt_tokens} prompt, {tally.completion_tokens} completion), {minutes:.1f} minutes{held}"
    )


def costs(tally: Tally, profile: str) -> Iterator[str]:
    """Yield what would be sent to a target, area by area."""
    order = {area: place for place, area in enumerate(AREAS)}
    yield ""
    yield f"{profile}: what a run would send, measured on the server in this process; nothing was sent to the target"
    yield f"{'area':<20} {'scenarios':>10} {'requests':>10} {'runs':>10}"
    sums = [0, 0, 0]
    for area in sorted(tally.costs, key=lambda name: (order.get(name, len(order)), name)):
        scenarios, requests, runs = tally.costs[area]
        sums = [one + more for one, more in zip(sums, tally.costs[area], strict=True)]
        yield f"{area:<20} {scenarios:>10} {requests:>10} {runs:>10}"
    yield f"{'all':<20} {sums[0]:>10} {sums[1]:>10} {sums[2]:>10}"
    yield f"cleaning up after it: {tally.cleaning} requests more"
    yield (
        f"tokens: {tally.prompt_tokens} prompt, {tally.completion_tokens} completion, as the server in this process"
        " counts them; polls of a slow target come on top, and what it does not offer or cannot reach costs less"
    )


__all__ = ["costs", "spent"]
