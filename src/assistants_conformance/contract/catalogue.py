"""The requirement catalogue: every rule of the contract as one frozen value."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, get_args

from assistants_conformance._data import folder

if TYPE_CHECKING:
    from collections.abc import Mapping

Level = Literal["MUST", "SHOULD", "OBSERVED", "MAY"]
Impact = Literal["breaks-clients", "changes-behaviour", "diagnostics", "cosmetic"]

LEVELS: tuple[Level, ...] = get_args(Level)
IMPACTS: tuple[Impact, ...] = get_args(Impact)


class ContractError(ValueError):
    """The data in `schemas/` contradicts itself; the message names file and place."""


_REQUIRED = {"id", "level", "impact", "title", "statement", "source", "profiles"}
_OPTIONAL = {"field", "live_only", "occasion", "overrides", "shape"}


@dataclass(frozen=True, slots=True)
class Requirement:
    """One testable rule.

    `profiles` are the profiles it applies to; `field_name` is set for a rule about one field (`run.usage`).
    `occasion` is set for a rule that can only be judged when something happens that a client cannot bring about on any
    target. `shape` is true where one valid example shows that the rule holds, whatever the target remembers;
    `live_only` where no recording shows it: when an event arrived, what a disconnect did.
    """

    id: str
    area: str
    level: Level
    impact: Impact
    title: str
    statement: str
    source: str
    profiles: tuple[str, ...]
    field_name: str | None = None
    occasion: str | None = None
    shape: bool = False
    live_only: bool = False
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def in_profile(self, profile: str) -> Requirement:
        """Return the rule as the profile words it."""
        changed = self.overrides.get(profile)
        return replace(self, **changed) if changed else self


def _row(area: str, place: str, row: Mapping[str, Any]) -> Requirement:
    unknown = row.keys() - _REQUIRED - _OPTIONAL
    missing = _REQUIRED - row.keys()
    if unknown or missing:
        raise ContractError(f"{place}: missing {sorted(missing)}, unknown {sorted(unknown)}")
    if row["level"] not in LEVELS or row["impact"] not in IMPACTS:
        raise ContractError(f"{place}: level {row['level']!r} or impact {row['impact']!r} is not one of the known ones")
    return Requirement(
        id=row["id"],
        area=area,
        level=row["level"],
        impact=row["impact"],
        title=row["title"],
        statement=row["statement"],
        source=row["source"],
        profiles=tuple(row["profiles"]),
        field_name=row.get("field"),
        occasion=row.get("occasion"),
        shape=row.get("shape", False),
        live_only=row.get("live_only", False),
        overrides=MappingProxyType(row.get("overrides", {})),
    )


@cache
def catalogue() -> Mapping[str, Requirement]:
    """Load every requirement, by id.

    Raises:
        ContractError: a row is malformed, or an id stands twice.
    """
    rows: dict[str, Requirement] = {}
    for file in sorted((folder("schemas") / "requirements").glob("*.json")):
        document = json.loads(file.read_text("utf-8"))
        for number, row in enumerate(document["requirements"]):
            made = _row(document["area"], f"{file.name}, requirement {number} ({row.get('id')})", row)
            if made.id in rows:
                raise ContractError(f"{file.name}: the id {made.id} stands twice")
            rows[made.id] = made
    return MappingProxyType(rows)
