"""What has changed between two recordings of a scenario: behaviour, and nothing that is another each time."""

from __future__ import annotations

import difflib
import json
import re
from typing import TYPE_CHECKING, Any

from assistants_conformance.cassette.form import Cassette, Lost

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistants_conformance.observe import Exchange

_ID = re.compile(r"\b(asst|thread|msg|run|step|call|file|assistant|vs|vsfb|req|chatcmpl)[-_]([A-Za-z0-9]{10,})")
_UNIQUE = re.compile(r"\b([a-z]+)-[0-9a-f]{12}\b")
_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE)
_TIME = re.compile(r"\b1[5-9]\d{8}\b|\b2\d{9}\b")
#: So many lines of each side of a change are shown.
_OF_A_SIDE = 4
#: Headers of one answer only.
_OF_ONE_ANSWER = frozenset(
    {"date", "x-request-id", "apim-request-id", "x-ms-request-id", "openai-processing-ms", "cf-ray", "age", "etag",
     "x-envoy-upstream-service-time", "x-request-time", "report-to", "server-timing", "traceparent"}
)  # fmt: skip


class _Names:
    """Gives every id the number of its first appearance."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def text(self, text: str) -> str:
        text = _ID.sub(lambda found: self._name(found[0], found[1]), text)
        text = _UNIQUE.sub(lambda found: self._name(found[0], found[1]), text)
        text = _UUID.sub(lambda found: self._name(found[0], "uuid"), text)
        return _TIME.sub("<time>", text)

    def _name(self, identifier: str, kind: str) -> str:
        if identifier not in self._known:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._known[identifier] = f"<{kind}:{self._counts[kind]}>"
        return self._known[identifier]


def normal(cassette: Cassette) -> list[str]:
    """Return a cassette in lines that are the same where the target does the same."""
    names = _Names()
    lines: list[str] = []
    for entry in _ordered(cassette.entries):
        lines += names.text("\n".join(_lines(entry))).split("\n")
    return lines


def _ordered(entries: Sequence[Exchange | Lost]) -> Iterator[Exchange | Lost]:
    """Yield the entries in order; of those that went on at once, none is the first, so what they say orders them."""
    at_once: list[Exchange | Lost] = []
    until = float("-inf")
    for entry in entries:
        if isinstance(entry, Lost) or entry.started >= until:
            yield from sorted(at_once, key=_said)
            at_once = []
        at_once.append(entry)
        until = float("-inf") if isinstance(entry, Lost) else max(until, entry.ended)
    yield from sorted(at_once, key=_said)


def _said(entry: Exchange | Lost) -> str:
    return _Names().text("\n".join(_lines(entry)))


def _lines(entry: Exchange | Lost) -> list[str]:
    request = entry.request
    head = [f"{request.method} {request.url}", *_body(request.body)]
    if isinstance(entry, Lost):
        return [*head, f"no answer: {entry.told}"]
    response = entry.response
    headers = [f"{name}: {value}" for name, value in sorted(response.headers.items()) if name not in _OF_ONE_ANSWER]
    return [*head, f"{response.status}", *headers, *_body(response.body)]


def _body(data: bytes) -> list[str]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        # Chance texts in it cannot be told from the rest.
        return [f"<{len(data)} bytes that are no text>"]
    try:
        value: Any = json.loads(text)
        return json.dumps(value, indent=1, ensure_ascii=False).split("\n")
    except (ValueError, RecursionError):
        return text.split("\n")


def difference(before: Cassette, after: Cassette, most: int = 12) -> list[str]:
    """Return the first lines in which two recordings differ; empty where they do not.

    Of bodies that are no text only the length is compared.
    """
    old, new = normal(before), normal(after)
    changed: list[str] = []
    for kind, first, last, begin, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            # Of a long change both sides are shown.
            changed += [f"-{line}" for line in old[first:last][:_OF_A_SIDE]]
            changed += [f"+{line}" for line in new[begin:end][:_OF_A_SIDE]]
        if len(changed) >= most:
            break
    return changed[:most]
