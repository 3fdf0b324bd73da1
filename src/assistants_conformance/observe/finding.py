"""A finding: one requirement, what was observed, what was expected, and the exchange that shows it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistants_conformance.observe.exchange import Exchange

#: Characters of the words of a finding. A reader is shown fewer; a target can put millions into one field.
_LONGEST_WORDS = 2000


@dataclass(frozen=True)
class Finding:
    """One violation.

    `exchange` is None only where no answer was had at all; of a long answer it has the beginning. `history` is what led
    there where that takes more than one request: exchanges and waits (in seconds), in order.
    """

    requirement: str
    observed: str
    expected: str
    exchange: Exchange | None = None
    history: tuple[Exchange | float, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "observed", _short(self.observed))
        object.__setattr__(self, "expected", _short(self.expected))
        if self.exchange is not None and self.exchange.response.beginning is not self.exchange.response:
            kept = replace(self.exchange, response=self.exchange.response.beginning)
            object.__setattr__(self, "exchange", kept)


def _short(words: str) -> str:
    return words if len(words) <= _LONGEST_WORDS else f"{words[:_LONGEST_WORDS]}…"
