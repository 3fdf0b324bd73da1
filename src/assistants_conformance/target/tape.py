"""What stands between a client and its target where traffic is recorded, or was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from assistants_conformance.observe import Exchange, Request


class Tape(Protocol):
    """Keeps exchanges, or gives those that were kept."""

    @property
    def replays(self) -> bool:
        """Whether answers come from here and no request goes out."""

    def answer(self, request: Request) -> Exchange:
        """Return what was answered to a request.

        Raises:
            NotRecordedError: nothing like it was recorded.
            LostError: it was recorded that there was no answer.
        """

    def keep(self, exchange: Exchange) -> None:
        """Keep an exchange."""

    def lost(self, request: Request, told: str) -> None:
        """Keep that a request got no answer."""


class NotRecordedError(LookupError):
    """A request that the cassette does not hold; the message shows the nearest one that it holds."""


class LostError(ConnectionError):
    """A request that got no answer when it was recorded; the message says what happened."""
