"""From recorded fields of any form to a request and a response: bodies, headers, status, completeness."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistants_conformance.observe.exchange import Request, Response
from assistants_conformance.observe.strict_json import NotJson
from assistants_conformance.recordings._coding import decoded
from assistants_conformance.recordings._problem import DamagedError

_METHOD = re.compile(r"[A-Za-z]{1,20}")
_TEXT_TYPES = ("json", "xml", "x-www-form-urlencoded", "javascript")


@dataclass(frozen=True, slots=True)
class Parts:
    """One request with its response; `complete` is false where the recording cut the response body off."""

    request: Request
    response: Response
    complete: bool


def mapping(value: object, what: str) -> Mapping[str, Any]:
    """Return the value if it is a mapping with text keys.

    Raises:
        DamagedError: it is anything else, or it is missing.
    """
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return value
    if value is None:
        raise DamagedError(f"{what} is missing: mend the entry or record it again")
    raise DamagedError(f"{what} should be a mapping and is {_kind(value)}: mend the entry or record it again")


def text(value: object, what: str) -> str:
    """Return the value if it is text.

    Raises:
        DamagedError: it is anything else, or it is missing.
    """
    if isinstance(value, str):
        return value
    if value is None:
        raise DamagedError(f"{what} is missing: mend the entry or record it again")
    raise DamagedError(f"{what} should be text and is {_kind(value)}: mend the entry or record it again")


def status(value: object) -> int:
    """Return an HTTP status from a number or from text such as "200" and "200 OK".

    Raises:
        DamagedError: there is none between 100 and 599.
    """
    number = value
    if isinstance(value, str):
        first = value.split(maxsplit=1)[:1]
        number = int(first[0]) if first and re.fullmatch(r"[0-9]{3}", first[0]) else None
    if isinstance(number, int) and not isinstance(number, bool) and 100 <= number <= 599:
        return number
    raise DamagedError("the response has no HTTP status between 100 and 599: remove the entry or record it again")


def headers(value: object, what: str) -> dict[str, str]:
    """Fold recorded headers: names in lower case, repeated values joined with ", ", no set-cookie, no pseudo headers.

    Takes a mapping of name to text or to a list of texts, a list of {name, value}, or None.

    Raises:
        DamagedError: a name or a value is of another type.
    """
    pairs: list[tuple[object, object]]
    if value is None:
        return {}
    if isinstance(value, Mapping):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = [(item.get("name"), item.get("value")) if isinstance(item, Mapping) else (None, None) for item in value]
    else:
        raise DamagedError(f"{what} should be a mapping or a list and is {_kind(value)}: mend the entry")
    folded: dict[str, list[str]] = {}
    for name, given in pairs:
        if not isinstance(name, str):
            raise DamagedError(f"{what} hold a name that is no text: mend the entry")
        lower = name.lower()
        if lower == "set-cookie" or lower.startswith(":"):
            continue
        values = given if isinstance(given, list) else [given]
        folded.setdefault(lower, []).extend(_header_text(item, f"{what}, {name[:60]!r},") for item in values)
    return {name: ", ".join(values) for name, values in folded.items() if values}


def base64_bytes(value: object, what: str) -> bytes:
    """Decode base64 text, which may be broken into lines.

    Raises:
        DamagedError: it is no text or no base64.
    """
    try:
        return base64.b64decode("".join(text(value, what).split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise DamagedError(f"{what} is not base64: mend the entry or record it again") from error


def maybe_base64(value: str) -> bytes | None:
    """Decode base64 text, or return None where it is none."""
    try:
        return base64.b64decode(value, validate=True) if value else None
    except (binascii.Error, ValueError):
        return None


def as_bytes(value: str) -> bytes:
    """Encode text as UTF-8; half a surrogate pair, which no wire can have carried, becomes a question mark."""
    return value.encode("utf-8", "replace")


def json_bytes(value: object) -> bytes:
    """Write a parsed body as JSON again.

    Raises:
        DamagedError: it holds a number that JSON cannot write, or is nested too deeply.
    """
    try:
        return as_bytes(json.dumps(value, ensure_ascii=False, allow_nan=False))
    except (ValueError, TypeError, RecursionError) as error:
        raise DamagedError("a body cannot be written as JSON: mend the entry or record it again") from error


def is_text_type(content_type: str) -> bool:
    """Say whether bodies of this content type are text."""
    media = content_type.split(";", maxsplit=1)[0].strip().lower()
    return media.startswith("text/") or any(word in media for word in _TEXT_TYPES)


def assemble(
    *,
    method: object,
    url: object,
    request_headers: dict[str, str],
    request_body: bytes,
    status_code: object,
    response_headers: dict[str, str],
    response_body: bytes,
    cut: bool = False,
) -> Parts:
    """Make request and response; the bodies come as recorded and are decoded by their content-encoding.

    Raises:
        DamagedError: a field is of a wrong type or a body cannot be decoded.
    """
    verb = text(method, "the method")
    if not _METHOD.fullmatch(verb):
        raise DamagedError("the method is no HTTP method: mend the entry or record it again")
    address = text(url, "the URL")
    if not address.startswith(("http://", "https://", "/")):
        raise DamagedError("the URL is neither absolute nor a path: mend the entry or record it again")
    try:
        request = Request(verb.upper(), address, request_headers, decoded(request_body, request_headers))
        # A broken authority would otherwise fail only in the judge's hands.
        request.path  # noqa: B018
    except DamagedError as error:
        raise DamagedError(f"the request body: {error}") from error
    except ValueError as error:
        raise DamagedError("the URL cannot be split: mend the entry or record it again") from error
    try:
        body = decoded(response_body, response_headers)
    except DamagedError as error:
        raise DamagedError(f"the response body: {error}") from error
    response = Response(status(status_code), response_headers, body)
    complete = not cut and not _ends_early(request.method, response, len(response_body))
    return Parts(request, response, complete)


def _ends_early(method: str, response: Response, recorded: int) -> bool:
    declared = response.headers.get("content-length", "")
    if not re.fullmatch(r"[0-9]{1,18}", declared) or int(declared) <= recorded:
        return False
    if method == "HEAD" or response.status in {204, 304} or "json" not in response.content_type:
        return False
    # Sanitised or rewritten bodies are shorter than declared and whole all the same.
    return isinstance(response.parsed, NotJson)


def _header_text(value: object, what: str) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    raise DamagedError(f"{what} should be text and is {_kind(value)}: mend the entry or record it again")


def _kind(value: object) -> str:
    names = {dict: "a mapping", list: "a list", str: "text", bytes: "binary", bool: "a boolean", int: "a number"}
    return names.get(type(value), "something else")
