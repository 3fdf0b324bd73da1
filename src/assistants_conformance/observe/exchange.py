"""One HTTP request with its response: the only thing that the judge is ever given."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from assistants_conformance.observe.events import Event, decode_events
from assistants_conformance.observe.strict_json import NotJson, parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Bytes of an answer that outlive it: findings are remembered until the end, and an answer may be of any size.
_BEGINNING = 64 * 1024


def lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with names in lower case."""
    return {name.lower(): value for name, value in headers.items()}


@dataclass(frozen=True)
class Request:
    """What was sent. `headers` have names in lower case; `url` is absolute or begins with the path."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @cached_property
    def path(self) -> str:
        """The path without the query, not decoded."""
        return urlsplit(self.url).path

    @cached_property
    def query(self) -> dict[str, str]:
        """The query, decoded; of a repeated name the last value."""
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))

    @cached_property
    def json(self) -> Any:
        """The parsed body, None where there is none or where it is not JSON (a form, a deliberate fault)."""
        if not self.body or "multipart/" in self.headers.get("content-type", ""):
            return None
        try:
            return parse_json(self.body)
        except NotJson:
            return None


@dataclass(frozen=True)
class Response:
    """What came back. `headers` have names in lower case; `body` is decoded (no gzip, no chunks)."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @cached_property
    def content_type(self) -> str:
        """The media type in lower case without parameters, or the empty string."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    @property
    def held_back(self) -> bool:
        """Whether it says nothing but that the client shall come again: 429, or 503 with `Retry-After` (RFC 9110)."""
        return self.status == 429 or (self.status == 503 and "retry-after" in self.headers)

    @cached_property
    def is_stream(self) -> bool:
        """Whether the body is a stream of events, by its content type or, where a recorder dropped it, by its look."""
        if self.content_type:
            return self.content_type == "text/event-stream"
        return self.body.startswith((b"event:", b"data:"))

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """The events of a stream; empty where the body is none."""
        return decode_events(self.body) if self.is_stream else ()

    @cached_property
    def parsed(self) -> Any | NotJson:
        """The parsed body, or the reason why it cannot be parsed."""
        try:
            return parse_json(self.body)
        except NotJson as error:
            return error

    @cached_property
    def beginning(self) -> Response:
        """The answer with the beginning of its body: itself, unless that is long."""
        return self if len(self.body) <= _BEGINNING else replace(self, body=self.body[:_BEGINNING])

    @property
    def json(self) -> Any:
        """The parsed body; None where it is not JSON."""
        return None if isinstance(self.parsed, NotJson) else self.parsed


@dataclass(frozen=True)
class Terms:
    """What a recording of a whole scenario says of itself: nothing is missing, its contract, when its runs expire."""

    profile: str
    expiry_seconds: int | None = None


@dataclass(frozen=True)
class Exchange:
    """One request with its response.

    `source` names where it comes from (a test, or a file with a place in it). `started` and `ended` are seconds of one
    monotonic clock; in a recording, where only the order is known, both are the exchange's number. `complete` is false
    where the recording cut the body off, or where who asked for a stream left it before its end. `session` groups
    exchanges whose order is the order of events. `arrivals` says when each event of a stream was there, on the same
    clock; empty in somebody's recording. `terms` are those of a recording that was made by the suites.
    """

    request: Request
    response: Response
    source: str = ""
    started: float = 0.0
    ended: float = 0.0
    session: str = ""
    complete: bool = True
    arrivals: tuple[float, ...] = ()
    terms: Terms | None = None
