"""What came of a request: the answer, or the reason why there is nothing to judge."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistants_conformance.observe import Event, Exchange


class Blocked(Exception):
    """A situation could not be reached, so what hangs on it cannot be judged: `not-testable`, with the reason."""


class NotApplicable(Exception):
    """The target does not offer what a scenario is about: `not-applicable`, with the reason."""


@dataclass(frozen=True)
class Answer:
    """The answer to one request."""

    exchange: Exchange

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.exchange.response.status

    @property
    def ok(self) -> bool:
        """Whether it is a success."""
        return 200 <= self.status < 300

    @cached_property
    def json(self) -> dict[str, Any]:
        """The JSON object of the answer; empty where it is none."""
        body = self.exchange.response.json
        return body if isinstance(body, dict) else {}

    @property
    def error(self) -> dict[str, Any]:
        """The `error` object of the answer; empty where there is none."""
        error = self.json.get("error")
        return error if isinstance(error, dict) else {}

    @property
    def data(self) -> list[dict[str, Any]]:
        """The entries of a list answer; empty where it is none."""
        data = self.json.get("data")
        return [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []

    @property
    def events(self) -> tuple[Event, ...]:
        """The events of a stream; empty where the answer is none."""
        return self.exchange.response.events

    @property
    def told(self) -> str:
        """Status and body in short, for a reader."""
        return f"{self.status} {self.exchange.response.body[:300].decode('utf-8', 'replace')}"


__all__ = ["Answer", "Blocked", "NotApplicable"]
