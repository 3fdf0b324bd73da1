"""Keeping the traffic of a scenario, and giving it again: request by request, each answer once."""

from __future__ import annotations

import contextlib
import difflib
import json
from collections import deque
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from assistants_conformance.cassette.form import Cassette, Lost
from assistants_conformance.observe.form import read_form
from assistants_conformance.target.tape import EndedError, LostError, NotRecordedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistants_conformance.observe import Exchange, Request

#: How many lines of a difference are shown, how many requests are compared for it, and so many letters of each.
_LINES, _COMPARED, _LETTERS = 24, 40, 4000
#: What a cassette says of a scenario that gave up while it was recorded.
BLOCKED = "blocked"


def key_of(request: Request) -> tuple[str, str, str]:
    """Return what makes two requests the same: method, path with query, and what the body says.

    Host and credentials may be others; the boundary of a form and the order of members say nothing.
    """
    parts = urlsplit(request.url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    return request.method, target, _said(request)


def _said(request: Request) -> str:
    if not request.body:
        return ""
    fields = read_form(request)
    if fields:
        return repr([(name, field.filename, field.content) for name, field in fields.items()])
    value = request.json
    if value is None:
        return repr(request.body)
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


class RecordingTape:
    """Keeps what happens."""

    replays = False

    def __init__(self) -> None:
        self._entries: list[tuple[float, Exchange | Lost]] = []
        self._examples: list[list[Any]] = []

    def answer(self, request: Request) -> Exchange:
        """Nothing is answered from here.

        Raises:
            NotRecordedError: always.
        """
        raise NotRecordedError(f"{request.method} {request.path}: this tape records")

    def keep(self, exchange: Exchange) -> None:
        """Keep an exchange."""
        self._entries.append((exchange.started, exchange))

    def lost(self, request: Request, told: str) -> None:
        """Keep that a request got no answer."""
        at = self._entries[-1][0] if self._entries else 0.0
        self._entries.append((at, Lost(request, told)))

    def cassette(self, about: Mapping[str, Any]) -> Cassette:
        """Return everything in the order in which it was begun."""
        if self._examples:
            # Written as JSON: YAML would bend some texts and numbers that a search likes to try.
            about = {**about, "examples": [json.dumps(one) for one in self._examples]}
        return Cassette(tuple(entry for _, entry in sorted(self._entries, key=lambda one: one[0])), about)

    def examples(self) -> list[Any]:
        """Nothing is drawn from here."""
        return []

    def keep_examples(self, examples: list[Any]) -> None:
        """Keep the examples of a search."""
        self._examples.append(examples)


class ReplayTape:
    """Gives what was kept. Of requests that are the same, the first recorded answer is given first."""

    replays = True

    def __init__(self, cassette: Cassette) -> None:
        self.about = cassette.about
        self._examples = deque(str(one) for one in cassette.about.get("examples", ()))
        #: Requests that the cassette does not hold, each with the nearest that it holds.
        self.missed: list[str] = []
        self._left: dict[tuple[str, str, str], deque[Exchange | Lost]] = {}
        for entry in cassette.entries:
            self._left.setdefault(key_of(entry.request), deque()).append(entry)

    def examples(self) -> list[Any]:
        """Return the examples of the next search."""
        found = json.loads(self._examples.popleft()) if self._examples else []
        return found if isinstance(found, list) else []

    def keep_examples(self, examples: list[Any]) -> None:
        """Keep nothing: they are kept already."""

    @property
    def unasked(self) -> int:
        """How many recorded answers nobody has asked for."""
        return sum(map(len, self._left.values()))

    def answer(self, request: Request) -> Exchange:
        """Return what was answered to a request.

        Raises:
            NotRecordedError: the cassette has no answer left; the message shows the nearest request that it has.
            EndedError: this was asked as often as it was recorded, and then the recording gave up.
            LostError: it was recorded that there was no answer.
        """
        waiting = self._left.get(key_of(request))
        if not waiting:
            gave_up = str(self.about.get(BLOCKED) or "")
            if waiting is not None and gave_up:
                raise EndedError(gave_up)
            told = self._missing(request)
            self.missed.append(told)
            raise NotRecordedError(told)
        entry = waiting.popleft()
        if isinstance(entry, Lost):
            raise LostError(entry.told)
        return entry

    def keep(self, exchange: Exchange) -> None:
        """Keep nothing: it is kept already."""

    def lost(self, request: Request, told: str) -> None:
        """Keep nothing: it is kept already."""

    def _missing(self, request: Request) -> str:
        head = f"not in the cassette: {request.method} {request.path}"
        wanted = _lines(request)
        rest = [entry.request for waiting in self._left.values() for entry in waiting]
        if not rest:
            return f"{head}; every recorded answer was given already"
        near = _nearest(rest, request)
        shown = list(difflib.unified_diff(_lines(near), wanted, "recorded", "asked for", lineterm="", n=2))
        return "\n".join([f"{head}; the nearest that is there:", *shown[:_LINES]])


def _nearest(rest: list[Request], wanted: Request) -> Request:
    """Return the most similar request; only those are compared letter by letter that a glance finds similar."""

    def glance(one: Request) -> tuple[bool, int, int]:
        parts, other = one.path.split("/"), wanted.path.split("/")
        shared = sum(mine == theirs for mine, theirs in zip(parts, other, strict=False))
        return (
            one.method == wanted.method,
            shared - abs(len(parts) - len(other)),
            -abs(len(one.body) - len(wanted.body)),
        )

    text = "\n".join(_lines(wanted))
    likely = sorted(rest, key=glance, reverse=True)[:_COMPARED]
    return max(likely, key=lambda one: difflib.SequenceMatcher(None, "\n".join(_lines(one)), text).ratio())


def _lines(request: Request) -> list[str]:
    method, target, said = key_of(request)
    with contextlib.suppress(ValueError, RecursionError):
        said = json.dumps(json.loads(said), indent=1, sort_keys=True, ensure_ascii=False)
    return [f"{method} {target}", *said[:_LETTERS].splitlines()]
