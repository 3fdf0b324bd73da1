"""The one way in which lists are cut into pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from assistants_conformance.reference.refusal import refuse
from assistants_conformance.reference.state import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from assistants_conformance.reference.faults import Faults
    from assistants_conformance.reference.world import World

R = TypeVar("R", bound=Record)

_KNOWN_QUERY = frozenset({"api-version", "limit", "order", "after", "before", "run_id", "purpose", "include[]",
                          "filter"})  # fmt: skip


def page(
    world: World,
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
    faults = world.faults
    if faults.on("unknown-query-refused") and (unknown := sorted(query.keys() - _KNOWN_QUERY)):
        raise refuse("unknown_parameter", at=unknown[0])
    limit = _limit(query.get("limit"), default, most, faults)
    order = query.get("order", "asc" if faults.on("default-order-ascending") else "desc")
    if order not in ("asc", "desc") and not faults.on("unknown-order-accepted"):
        raise refuse("invalid_value", at="order", value=order, supported="'asc' and 'desc'")
    if faults.on("order-ignored"):
        order = "desc"
    rows = _sorted(items, order, limit, faults)
    places = {row.id: place for place, row in enumerate(rows)}
    if faults.on("cursor-is-an-offset"):
        # The place that an item had when it was first shown is taken for its place now.
        world.offsets.update({name: place for name, place in places.items() if name not in world.offsets})
        places = {name: world.offsets[name] for name in places}
    if faults.on("ascending-cursor-counts-from-the-end") and order == "asc":
        world.offsets.update({name: place - len(rows) for name, place in places.items() if name not in world.offsets})
        places = {name: world.offsets[name] + len(rows) for name in places}
    start, end = 0, len(rows)
    if after := query.get("after"):
        start = _place(places, after, kind, "after", faults) + 1
        if faults.on("after-includes-cursor"):
            start -= 1
        if faults.on("after-skips-one"):
            start += 1
        if faults.on("cursor-by-time") and after in places:
            # An index on created_at alone: what shares the cursor's second counts as seen.
            second = rows[places[after]].created_at
            start = 1 + max(place for place, row in enumerate(rows) if row.created_at == second)
        if faults.on("page-past-the-end-not-found") and start >= len(rows):
            raise refuse("unknown_cursor", at="after", id=after, kind=kind)
    if (before := query.get("before")) and not faults.on("before-ignored"):
        end = _place(places, before, kind, "before", faults)
        if faults.on("before-includes-cursor"):
            end += 1
        if faults.on("before-leaves-out-the-same-second"):
            end = min((place for place, row in enumerate(rows) if row.created_at == rows[end].created_at), default=end)
    window = rows[start:end]
    # `before` alone asks for the neighbours of the cursor, so what is cut off lies at the far end.
    shown = window[-limit:] if before and not after else window[:limit]
    if faults.on("walk-begins-anew") and after and not shown:
        shown = rows[:limit]
    if faults.on("before-answers-descending") and before:
        shown = sorted(shown, key=lambda row: (row.created_at, row.sequence), reverse=True)
    more = len(window) > len(shown)
    if more and shown and faults.on("has-more-overlooks-the-same-second"):
        more = window[len(shown)].created_at != shown[-1].created_at
    result = envelope([show(row) for row in shown], has_more=more)
    return _spoilt(result, limit, faults)


def _sorted(items: Iterable[R], order: str, limit: int, faults: Faults) -> list[R]:
    descending = order == "desc"
    rows = sorted(items, key=lambda row: (row.created_at, row.sequence), reverse=descending)
    if faults.on("list-sorted-by-id"):
        rows.sort(key=lambda row: row.id, reverse=descending)
    if faults.on("small-pages-sort-otherwise") and limit < 3:
        rows.sort(key=lambda row: (row.created_at, -row.sequence), reverse=descending)
    if faults.on("ascending-list-lags-behind") and not descending:
        rows = rows[:-1]
    return rows


def _spoilt(result: dict[str, Any], limit: int, faults: Faults) -> dict[str, Any]:
    if faults.on("has-more-always-true"):
        result["has_more"] = True
    if faults.on("has-more-always-false"):
        result["has_more"] = False
    if faults.on("has-more-if-page-is-full"):
        result["has_more"] = len(result["data"]) == limit
    if faults.on("walk-begins-anew") and result["data"]:
        result["has_more"] = True
    if faults.on("last-id-is-the-first"):
        result["last_id"] = result["first_id"]
    if faults.on("empty-list-with-empty-ids") and not result["data"]:
        result["first_id"] = result["last_id"] = ""
    return result


def envelope(data: list[dict[str, Any]], *, has_more: bool = False) -> dict[str, Any]:
    """Wrap items as a list object."""
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": has_more,
    }


def _limit(text: str | None, default: int, most: int, faults: Faults) -> int:
    if faults.on("limit-ignored"):
        return most
    if text is None:
        if faults.on("page-of-ten-by-default"):
            return default // 2
        return most if faults.on("no-default-limit") else default
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        if faults.on("limit-clamped"):
            return default
        raise refuse("invalid_type", at="limit", expected="an integer", got="a string")
    limit = int(text)
    if faults.on("limit-clamped"):
        limit = min(max(limit, 1), most)
    if limit < 1:
        raise refuse("integer_below_min_value", at="limit", minimum=1, value=limit)
    if limit > most:
        raise refuse("integer_above_max_value", at="limit", maximum=most, value=limit)
    return min(limit, 4) if faults.on("pages-shorter-than-limit") else limit


def _place(places: Mapping[str, int], cursor: str, kind: str, name: str, faults: Faults) -> int:
    try:
        return places[cursor]
    except KeyError:
        if faults.on("unknown-cursor-starts-over"):
            return -1
        raise refuse("unknown_cursor", at=name, id=cursor, kind=kind.replace("_", " ")) from None
