"""The parts of a multipart form, as far as a rule needs them: name, filename, content."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from assistants_conformance.observe.exchange import Request

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_NAME = re.compile(r'[;\s]name="([^"]*)"', re.IGNORECASE)
_FILENAME = re.compile(r'[;\s]filename="((?:[^"\\]|\\.)*)"', re.IGNORECASE)
_EXTENDED = re.compile(r"filename\*=utf-8''([^;\s]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Field:
    """One part. `filename` is None for a plain field."""

    content: bytes
    filename: str | None = None


def read_form(request: Request) -> dict[str, Field]:
    """Return the parts of a request by name; empty where the body is no form, or none that can be taken apart."""
    kind = request.headers.get("content-type", "")
    boundary = _BOUNDARY.search(kind)
    if not kind.lower().startswith("multipart/") or boundary is None:
        return {}
    pieces = (b"\r\n" + request.body).split(b"\r\n--" + boundary[1].strip().encode("utf-8", "replace"))
    found = {}
    for piece in pieces[1:-1]:
        head, apart, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        told = head.decode("utf-8", "replace")
        name = _NAME.search(told)
        if apart and name is not None:
            found[name[1]] = Field(content, _filename(told))
    return found


def _filename(head: str) -> str | None:
    extended, plain = _EXTENDED.search(head), _FILENAME.search(head)
    if extended is not None:
        return unquote(extended[1])
    return plain[1] if plain is not None else None
