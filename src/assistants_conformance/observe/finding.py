"""A finding: one requirement, what was observed, what was expected, and the exchange that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistants_conformance.observe.exchange import Exchange


@dataclass(frozen=True)
class Finding:
    """One violation. `exchange` is None only where no answer was had at all.

    `history` is what led there where that takes more than one request: exchanges and waits (in seconds), in order.
    """

    requirement: str
    observed: str
    expected: str
    exchange: Exchange | None = None
    history: tuple[Exchange | float, ...] = ()
