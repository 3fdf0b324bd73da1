"""The memory of the server, and the one way in which lists are cut into pages."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any, TypeVar

from assistants_conformance.reference.ids import Ids
from assistants_conformance.reference.refusal import refuse
from assistants_conformance.reference.state import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from assistants_conformance.contract import Profile
    from assistants_conformance.reference.state import Assistant, Message, Run, Step, StoredFile, Thread, VectorStore

R = TypeVar("R", bound=Record)


def found(table: Mapping[str, R], kind: str, identifier: str) -> R:
    """Return one object.

    Raises:
        Refusal: there is none of that id.
    """
    try:
        return table[identifier]
    except KeyError:
        raise refuse(f"not_found_{kind}", id=identifier) from None


class Store:
    """All objects, each kind in the order of its making."""

    def __init__(self, profile: Profile) -> None:
        self.ids = Ids(profile.id_forms)
        self.assistants: dict[str, Assistant] = {}
        self.threads: dict[str, Thread] = {}
        self.files: dict[str, StoredFile] = {}
        self.vector_stores: dict[str, VectorStore] = {}
        self._sequence = itertools.count()

    def sequence(self) -> int:
        """Return the next number in the order of making."""
        return next(self._sequence)

    def thread(self, identifier: str) -> Thread:
        """Return a thread or refuse."""
        return found(self.threads, "thread", identifier)

    def message(self, thread_id: str, identifier: str) -> Message:
        """Return a message of a thread or refuse."""
        return found(self.thread(thread_id).messages, "message", identifier)

    def run(self, thread_id: str, identifier: str) -> Run:
        """Return a run of a thread or refuse."""
        return found(self.thread(thread_id).runs, "run", identifier)

    def step(self, thread_id: str, run_id: str, identifier: str) -> Step:
        """Return a step of a run or refuse."""
        return found(self.run(thread_id, run_id).steps, "run_step", identifier)

    def assistant(self, identifier: str) -> Assistant:
        """Return an assistant or refuse."""
        return found(self.assistants, "assistant", identifier)

    def file(self, identifier: str) -> StoredFile:
        """Return a file or refuse."""
        return found(self.files, "file", identifier)

    def vector_store(self, identifier: str) -> VectorStore:
        """Return a vector store or refuse."""
        return found(self.vector_stores, "vector_store", identifier)


def page(
    items: Iterable[R],
    query: Mapping[str, str],
    show: Callable[[R], dict[str, Any]],
    *,
    kind: str,
    most: int = 100,
    default: int = 20,
) -> dict[str, Any]:
    """Return one page of a list as the query asks for it.

    Raises:
        Refusal: limit or order is out of range, or a cursor names no item of this list.
    """
    limit = _limit(query.get("limit"), default, most)
    order = query.get("order", "desc")
    if order not in ("asc", "desc"):
        raise refuse("invalid_value", at="order", value=order, supported="'asc' and 'desc'")
    rows = sorted(items, key=lambda row: (row.created_at, row.sequence), reverse=order == "desc")
    places = {row.id: place for place, row in enumerate(rows)}
    start, end = 0, len(rows)
    if after := query.get("after"):
        start = _place(places, after, kind, "after") + 1
    if before := query.get("before"):
        end = _place(places, before, kind, "before")
    window = rows[start:end]
    # `before` alone asks for the neighbours of the cursor, so what is cut off lies at the far end.
    shown = window[-limit:] if before and not after else window[:limit]
    return envelope([show(row) for row in shown], has_more=len(window) > len(shown))


def envelope(data: list[dict[str, Any]], *, has_more: bool = False) -> dict[str, Any]:
    """Wrap items as a list object."""
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": has_more,
    }


def _limit(text: str | None, default: int, most: int) -> int:
    if text is None:
        return default
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise refuse("invalid_type", at="limit", expected="an integer", got="a string")
    limit = int(text)
    if limit < 1:
        raise refuse("integer_below_min_value", at="limit", minimum=1, value=limit)
    if limit > most:
        raise refuse("integer_above_max_value", at="limit", maximum=most, value=limit)
    return limit


def _place(places: Mapping[str, int], cursor: str, kind: str, name: str) -> int:
    try:
        return places[cursor]
    except KeyError:
        raise refuse("unknown_cursor", at=name, id=cursor, kind=kind.replace("_", " ")) from None
