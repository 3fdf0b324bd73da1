"""Requests and replies as plain values, and the bodies that requests carry."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

import python_multipart

from assistants_conformance.reference.refusal import refuse

if TYPE_CHECKING:
    from collections.abc import Mapping


# A form that cannot be read is answered with a refusal; the library would also write a line to the terminal.
logging.getLogger("python_multipart").addHandler(logging.NullHandler())
logging.getLogger("python_multipart").propagate = False

# RFC 5987, which python_multipart leaves out: filename*=utf-8''%E3%81%BB.csv
_EXTENDED = re.compile(rb"filename\*=utf-8'[^']*'([^;\s]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Request:
    """One request; header names in lower case. Of a query name given twice the last value counts."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Request:
        """Take a URL (absolute, or path and query) and headers apart."""
        if url.startswith("/"):
            path, _, text = url.partition("?")
        else:
            parts = urlsplit(url)
            path, text = parts.path or "/", parts.query
        query = dict(parse_qsl(text, keep_blank_values=True))
        return cls(method.upper(), path, query, {k.lower(): v for k, v in headers.items()}, body)


@dataclass
class Reply:
    """One answer; where it is a stream, the body is empty and the frames are pulled from `stream`."""

    status: int
    headers: dict[str, str]
    body: bytes
    stream: Frames | None = None


class Frames(Protocol):
    """The frames of a stream."""

    def pull(self) -> bytes | float | None:
        """Return the next frame, the seconds of the server's time to wait for it, or None at the end."""

    def close(self) -> None:
        """End the stream from the client's side."""


@dataclass
class Raw:
    """A success that is no JSON: the bytes of a file."""

    filename: str
    data: bytes


@dataclass
class Upload:
    """One part of a form. `filename` is None for a plain field."""

    name: str
    filename: str | None = None
    content_type: str | None = None
    data: bytearray = field(default_factory=bytearray)


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def parse_json(body: bytes) -> Any:
    """Parse a JSON body strictly.

    Raises:
        Refusal: it is no JSON, no UTF-8, or nested too deeply.
    """
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
        # A lone surrogate and 1e999 can be read and cannot be answered as strict UTF-8 JSON.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise refuse("invalid_json") from None
    return value


def dump_json(value: Any) -> bytes:
    """Write a JSON answer."""
    return json.dumps(value, ensure_ascii=False, indent=2).encode("utf-8")


def dump_compact(value: Any) -> bytes:
    """Write JSON on one line, as an event of a stream carries it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def parse_form(content_type: str, body: bytes) -> list[Upload]:
    """Parse a multipart form.

    Raises:
        Refusal: the body is no multipart form.
    """
    kind, options = python_multipart.multipart.parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise refuse("malformed_form")
    parts: list[Upload] = []
    header: list[bytearray] = [bytearray(), bytearray()]

    def begin() -> None:
        parts.append(Upload(""))

    def header_field(data: bytes, start: int, end: int) -> None:
        header[0] += data[start:end]

    def header_value(data: bytes, start: int, end: int) -> None:
        header[1] += data[start:end]

    def header_end() -> None:
        if header[0].lower() == b"content-disposition":
            _, values = python_multipart.multipart.parse_options_header(bytes(header[1]))
            parts[-1].name = values.get(b"name", b"").decode("utf-8", "replace")
            if b"filename" in values:
                parts[-1].filename = values[b"filename"].decode("utf-8", "replace")
            elif extended := _EXTENDED.search(bytes(header[1])):
                parts[-1].filename = unquote(extended[1].decode("ascii", "replace"))
        elif header[0].lower() == b"content-type":
            parts[-1].content_type = header[1].decode("latin-1").split(";")[0].strip().lower()
        header[:] = [bytearray(), bytearray()]

    def data(chunk: bytes, start: int, end: int) -> None:
        parts[-1].data += chunk[start:end]

    ended: list[bool] = []
    parser = python_multipart.MultipartParser(
        boundary,
        {
            "on_part_begin": begin,
            "on_part_data": data,
            "on_header_field": header_field,
            "on_header_value": header_value,
            "on_header_end": header_end,
            "on_end": lambda: ended.append(True),
        },
    )
    try:
        parser.write(body)
        parser.finalize()
    except python_multipart.exceptions.FormParserError:
        raise refuse("malformed_form") from None
    if not ended:
        raise refuse("malformed_form")
    return parts
