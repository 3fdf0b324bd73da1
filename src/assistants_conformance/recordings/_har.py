"""HTTP archives (HAR 1.1 and 1.2) of browsers and proxies: JSON with `log.entries`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from assistants_conformance.recordings._parts import Parts, as_bytes, assemble, base64_bytes, headers, mapping, text
from assistants_conformance.recordings._problem import DamagedError

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = "log.entries"
MARKS = frozenset({"request", "response"})


def parts(entry: Mapping[str, Any]) -> Parts:
    """Turn one entry into request and response.

    Raises:
        DamagedError: a field is missing or of a wrong type, or the request got no answer (status 0).
    """
    request = mapping(entry.get("request"), "the request")
    response = mapping(entry.get("response"), "the response")
    request_headers = headers(request.get("headers"), "the request headers")
    response_headers = headers(response.get("headers"), "the response headers")
    posted = mapping(request.get("postData") or {}, "postData")
    content = mapping(response.get("content") or {}, "the response content")
    _default_type(request_headers, posted)
    _default_type(response_headers, content)
    size = content.get("size")
    body = _body(content, "the response content")
    return assemble(
        method=request.get("method"),
        url=request.get("url"),
        request_headers=request_headers,
        request_body=_body(posted, "postData"),
        status_code=response.get("status"),
        response_headers=response_headers,
        response_body=body,
        # A browser that did not keep the body leaves its size behind.
        cut=content.get("text") is None and isinstance(size, int) and size > 0,
    )


def _default_type(known: dict[str, str], content: Mapping[str, Any]) -> None:
    kind = content.get("mimeType")
    if kind and isinstance(kind, str) and kind != "x-unknown":
        known.setdefault("content-type", kind)


def _body(content: Mapping[str, Any], what: str) -> bytes:
    if content.get("text") is not None:
        if content.get("encoding") == "base64":
            return base64_bytes(content["text"], what)
        return as_bytes(text(content["text"], what))
    fields = content.get("params")
    if not fields or "multipart/" in str(content.get("mimeType")):
        return b""
    if not isinstance(fields, list):
        raise DamagedError(f"params of {what} should be a list: mend the entry or record it again")
    named = [mapping(field, f"a parameter of {what}") for field in fields]
    return urlencode([(str(field.get("name", "")), str(field.get("value", ""))) for field in named]).encode()
