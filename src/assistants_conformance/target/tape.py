"""What stands between a client and its target where traffic is recorded, or was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

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
            EndedError: this was asked as often as it was recorded, and then the recording gave up.
            LostError: it was recorded that there was no answer.
        """

    def keep(self, exchange: Exchange) -> None:
        """Keep an exchange."""

    def examples(self) -> list[Any]:
        """Return the examples of the next search that was recorded; empty where there is none."""

    def keep_examples(self, examples: list[Any]) -> None:
        """Keep the examples of a search."""

    def lost(self, request: Request, told: str) -> None:
        """Keep that a request got no answer."""


class NotRecordedError(LookupError):
    """A request that the cassette does not hold; the message shows the nearest one that it holds."""


class EndedError(LookupError):
    """A request that was repeated until the recording gave up; the message says why it did."""


class LostError(ConnectionError):
    """A request that got no answer when it was recorded; the message says what happened."""
