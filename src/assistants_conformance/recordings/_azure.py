"""The session records of the Azure SDK tests and their test proxy: JSON with `Entries`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.recordings._parts import (
    Parts,
    as_bytes,
    assemble,
    headers,
    is_text_type,
    json_bytes,
    maybe_base64,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = "Entries"
MARKS = frozenset({"RequestUri", "RequestMethod", "RequestHeaders", "StatusCode", "ResponseHeaders"})


def parts(entry: Mapping[str, Any]) -> Parts:
    """Turn one entry into request and response.

    Raises:
        DamagedError: a field is missing or of a wrong type.
    """
    request_headers = headers(entry.get("RequestHeaders"), "RequestHeaders")
    response_headers = headers(entry.get("ResponseHeaders"), "ResponseHeaders")
    return assemble(
        method=entry.get("RequestMethod"),
        url=entry.get("RequestUri"),
        request_headers=request_headers,
        request_body=_body(entry.get("RequestBody"), request_headers),
        status_code=entry.get("StatusCode"),
        response_headers=response_headers,
        response_body=_body(entry.get("ResponseBody"), response_headers),
        cut=bool(entry.get("_truncated") or entry.get("truncated")),
    )


def _body(value: object, known: Mapping[str, str]) -> bytes:
    if value is None:
        return b""
    if isinstance(value, list) and value and all(isinstance(line, str) for line in value):
        # Text of several lines is kept as a list of them, each with its line end.
        return as_bytes("".join(value))
    if not isinstance(value, str):
        return json_bytes(value)
    kind = known.get("content-type", "")
    if is_text_type(kind) and not known.get("content-encoding"):
        return as_bytes(value)
    # All that is not text is base64 here; but records that were edited by hand have plain text in its place.
    body = maybe_base64(value)
    if body is None or ("multipart/" in kind.lower() and not body.startswith(b"--")):
        return as_bytes(value)
    if is_text_type(kind) and "json" not in kind.lower() and _is_text(body):
        # A word that happens to be base64 too; what is compressed never decodes to text.
        return as_bytes(value)
    return body


def _is_text(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
