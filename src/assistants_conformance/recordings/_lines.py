"""JSON lines: one exchange a line, with source, service, api_version, session, seq, request, response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.observe.strict_json import NotJson, parse_json
from assistants_conformance.recordings._json import fault, parse
from assistants_conformance.recordings._parts import (
    Parts,
    as_bytes,
    assemble,
    base64_bytes,
    headers,
    json_bytes,
    mapping,
    maybe_base64,
)
from assistants_conformance.recordings._problem import EMPTY, Broken, Entry, ForeignError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assistants_conformance.recordings._place import Readable

KEY = "lines"
MARKS = frozenset({"request", "response"})

_PREFIX = "_binary_base64_prefix"


def read_lines(path: Readable) -> Iterator[Entry | Broken]:
    """Yield the lines of a file, parsed one by one.

    Raises:
        ForeignError: the first line that is JSON is no object.
        OSError: the file cannot be read.
    """
    seen = False
    number = 0
    with path.open("rb") as stream:
        for at, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            try:
                value = parse(line.rstrip())
            except (ValueError, RecursionError) as error:
                yield fault(error, at)._replace(place=_place(error, at))
            else:
                if number == 0 and not isinstance(value, dict):
                    raise ForeignError
                yield Entry(KEY, number, at, value)
                number += 1
            seen = True
    if not seen:
        yield Broken("", EMPTY)


def _place(error: Exception, line: int) -> str:
    column = getattr(error, "colno", None)
    return f"line {line}" if column is None else f"line {line}, column {column}"


def parts(entry: Mapping[str, Any]) -> Parts:
    """Turn one line into request and response.

    Raises:
        DamagedError: a field is missing or of a wrong type.
    """
    request = mapping(entry.get("request"), "the request")
    response = mapping(entry.get("response"), "the response")
    response_headers = headers(response.get("headers"), "the response headers")
    return assemble(
        method=request.get("method"),
        url=request.get("url"),
        request_headers=headers(request.get("headers"), "the request headers"),
        request_body=_body(request.get("body"), None),
        status_code=response.get("status"),
        response_headers=response_headers,
        response_body=_body(response.get("body"), response_headers),
        cut=bool(entry.get("truncated")),
    )


def named(entry: Mapping[str, Any], path: str, place: str) -> tuple[str, str]:
    """Return source and session of a line; sessions of different repositories never meet."""
    source = entry.get("source")
    source = source if source and isinstance(source, str) else place
    repository, colon, _ = source.partition(":")
    session = entry.get("session")
    session = session if session and isinstance(session, str) else path
    return source, f"{repository if colon else path}:{session}"


def _body(value: object, known: Mapping[str, str] | None) -> bytes:
    if value is None:
        return b""
    if isinstance(value, dict) and _PREFIX in value:
        # Stands for an upload of which only the beginning was kept.
        return base64_bytes(value[_PREFIX], "the request body")
    if not isinstance(value, str):
        return json_bytes(value)
    if known is not None and "json" in known.get("content-type", "") and value[:1] not in {"{", "["}:
        # A JSON body with bytes that were no UTF-8 to the recorder's library was kept as base64.
        body = maybe_base64(value)
        if body is not None and _is_json(body):
            return body
    return as_bytes(value)


def _is_json(body: bytes) -> bool:
    try:
        return isinstance(parse_json(body), dict | list)
    except NotJson:
        return False
