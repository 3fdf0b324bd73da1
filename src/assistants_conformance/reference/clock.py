"""The time of the reference server: virtual (wound by hand) or real. Nothing in this package sleeps."""

from __future__ import annotations

import time
from typing import Protocol

REQUEST_SECONDS = 0.2


class Clock(Protocol):
    """Where the server reads the time."""

    @property
    def kind(self) -> str:
        """Either `virtual` or `real`."""

    def now(self) -> float:
        """Return the time as Unix seconds."""

    def tick(self) -> None:
        """Note that a request came in."""

    def advance(self, seconds: float) -> None:
        """Wind the clock forward.

        Raises:
            ClockError: the clock cannot be wound, or `seconds` is negative.
        """


class ClockError(ValueError):
    """The clock cannot be wound as asked."""


class VirtualClock:
    """Starts at the real time, or at `start`; moves by a fixed step for each request and on demand, else it stands."""

    kind = "virtual"

    def __init__(self, start: float | None = None, *, per_request: float = REQUEST_SECONDS) -> None:
        self._now = time.time() if start is None else float(start)
        self._per_request = per_request

    def now(self) -> float:
        """Return the time as Unix seconds."""
        return self._now

    def tick(self) -> None:
        """Move on by the step of one request."""
        self._now += self._per_request

    def advance(self, seconds: float) -> None:
        """Wind the clock forward by `seconds`.

        Raises:
            ClockError: `seconds` is negative or no finite number.
        """
        if not 0 <= seconds < 1e10:
            raise ClockError("advance_seconds must be a number from 0 to 10000000000")
        self._now += seconds


class RealClock:
    """The time of the machine."""

    kind = "real"

    def now(self) -> float:
        """Return the time as Unix seconds."""
        return time.time()

    def tick(self) -> None:
        """Do nothing: real time moves by itself."""

    def advance(self, seconds: float) -> None:
        """Refuse: real time cannot be wound.

        Raises:
            ClockError: always.
        """
        raise ClockError(f"a real clock cannot be advanced by {seconds} seconds; start the server with a virtual clock")
