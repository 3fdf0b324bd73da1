"""Who rules a limit of a request body, and whether anybody does."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from assistants_conformance.contract.documents import read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistants_conformance.contract.profile import Profile


@cache
def _table() -> Mapping[str, Any]:
    return MappingProxyType(read("limits"))


@cache
def named_limits() -> Mapping[str, tuple[str, ...]]:
    """Return the rows of `schemas/limits.json`: requirements by `operation.path.keyword`."""
    return MappingProxyType({name: tuple(rows) for name, rows in _table()["limits"].items()})


def ruling(profile: Profile, operation: str, path: str, keyword: str, beside: str | None) -> str | None:
    """Return the requirement that forbids to go past a limit; None where nobody is bound to it in the profile.

    Args:
        profile: the contract.
        operation: the id of the operation.
        path: where in the body, as in `tools[].function.name`; empty: the body itself.
        keyword: the keyword of the schema, or `type`.
        beside: the requirement that stands beside it in the schema.
    """
    table = _table()
    rows = _named(f"{operation}.{path or 'body'}", keyword, table["like"])
    if rows is None:
        general = table["keywords"].get(keyword)
        # What may be missing inside a member differs between texts, so a row of its own has to forbid it.
        own = None if keyword == "required" and path else general or beside
        rows = (own,) if own else ()
    return next((row for row in rows if row in profile.active and row not in table["shown"]), None)


def longest_sure(profile: Profile, operation: str, path: str, limit: int) -> int:
    """Return the length of the longest text that every source accepts at a place whose limit is given."""
    sure: int = min(limit, _table()["sure"].get(f"{operation}.{path}", limit))
    return min(sure, int(profile.traits.get("sure_text_length", sure)))


def _named(place: str, keyword: str, like: Mapping[str, str]) -> tuple[str, ...] | None:
    known = named_limits()
    while True:
        if (rows := known.get(f"{place}.{keyword}")) is not None:
            return rows
        longest = max((name for name in like if place.startswith(name)), key=len, default=None)
        if longest is None:
            return None
        place = like[longest] + place.removeprefix(longest)
