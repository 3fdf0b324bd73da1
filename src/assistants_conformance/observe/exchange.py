"""One HTTP request with its response: the only thing that the judge is ever given."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping


class NotJson(ValueError):
    """A body that should be JSON and is not; the message says where it breaks."""


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise NotJson(f"the key {key!r} stands twice in one object")
            seen.add(key)
    return made


def _no_constant(name: str) -> Any:
    raise NotJson(f"{name} is not JSON")


def parse_json(body: bytes) -> Any:
    """Parse a body as strict JSON: UTF-8, no duplicate keys, no NaN or Infinity, no half of a surrogate pair.

    Raises:
        NotJson: the body is anything else.
    """
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
        if b"\\ud" in body or b"\\uD" in body:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJson(f"not UTF-8 at byte {error.start}") from error
    except UnicodeEncodeError as error:
        raise NotJson("text with half of a surrogate pair") from error
    except RecursionError as error:
        raise NotJson("nested too deeply to be read") from error
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} at character {error.pos}") from error
    except NotJson:
        raise
    except ValueError as error:
        raise NotJson(f"a number that cannot be read: {error}") from error
    else:
        return value


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

    @cached_property
    def parsed(self) -> Any | NotJson:
        """The parsed body, or the reason why it cannot be parsed."""
        try:
            return parse_json(self.body)
        except NotJson as error:
            return error

    @property
    def json(self) -> Any:
        """The parsed body; None where it is not JSON."""
        return None if isinstance(self.parsed, NotJson) else self.parsed


@dataclass(frozen=True)
class Exchange:
    """One request with its response.

    `source` names where it comes from (a test, or a file with a place in it). `started` and `ended` are seconds of one
    monotonic clock; in a recording, where only the order is known, both are the exchange's number. `complete` is false
    where the recording cut the body off. `session` groups exchanges whose order is the order of events.
    """

    request: Request
    response: Response
    source: str = ""
    started: float = 0.0
    ended: float = 0.0
    session: str = ""
    complete: bool = True
