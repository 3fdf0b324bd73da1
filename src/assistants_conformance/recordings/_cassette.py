"""The cassettes of vcrpy, of Ruby's VCR and of their relatives in R and Go: YAML or JSON, a list of interactions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistants_conformance.recordings._parts import Parts, as_bytes, assemble, base64_bytes, headers, mapping, text
from assistants_conformance.recordings._problem import DamagedError

VCRPY = "interactions"
RUBY = "http_interactions"
MARKS = frozenset({"request", "response"})

_RAW = {"ascii-8bit", "binary"}
_TEXTUAL = ("text/", "json", "xml", "event-stream")


def parts(entry: Mapping[str, Any]) -> Parts:
    """Turn one interaction into request and response.

    Raises:
        DamagedError: a field is missing or of a wrong type.
    """
    request = mapping(entry.get("request"), "the request")
    response = mapping(entry.get("response"), "the response")
    request_headers = headers(request.get("headers"), "the request headers")
    response_headers = headers(response.get("headers"), "the response headers")
    # vcrpy once kept the bodies of httpx as `content`.
    recorded = response.get("body", response.get("content"))
    return assemble(
        method=request.get("method"),
        url=request.get("uri", request.get("url")),
        request_headers=request_headers,
        request_body=_body(request.get("body"), "the request body", request_headers),
        status_code=_status(response),
        response_headers=response_headers,
        response_body=_body(recorded, "the response body", response_headers),
        cut=_says_cut(entry),
    )


def _says_cut(entry: Mapping[str, Any]) -> bool:
    # The scalars of YAML come as text.
    return str(entry.get("truncated") or "no").lower() not in {"no", "false"}


def _status(response: Mapping[str, Any]) -> object:
    given = response.get("status")
    if isinstance(given, Mapping):
        return given.get("code", given.get("status_code"))
    numbered = response.get("status_code", response.get("code"))
    return given if numbered is None else numbered


def _body(value: object, what: str, known: Mapping[str, str]) -> bytes:
    encoding = ""
    if isinstance(value, Mapping):
        if value.get("base64_string") is not None:
            return base64_bytes(value["base64_string"], what)
        if str(value.get("file")).lower() in {"yes", "true"}:
            raise DamagedError(f"{what} stands in a file of its own: record with the bodies inside the cassette")
        given = value.get("encoding")
        encoding = text(given, f"the encoding of {what}").lower() if given else ""
        value = value.get("string")
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    plain = text(value, what)
    return _raw(plain, known) if encoding in _RAW else as_bytes(plain)


def _raw(plain: str, known: Mapping[str, str]) -> bytes:
    """Encode text that is labelled binary.

    Escaped bytes stand for themselves (latin-1); but recorders also put that label on proper text, which goes back to
    UTF-8. The one that gives valid UTF-8 is right for a body of text.
    """
    try:
        body = plain.encode("latin-1")
    except UnicodeEncodeError:
        return as_bytes(plain)
    if plain.isascii():
        return body
    kind = known.get("content-type", "").lower()
    if any(word in kind for word in _TEXTUAL) and not known.get("content-encoding"):
        try:
            body.decode("utf-8")
        except UnicodeDecodeError:
            return as_bytes(plain)
    return body
