"""A result put in order for a reader: findings by impact, areas, and several targets side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistants_conformance.contract import IMPACTS, catalogue, load_profile, profile_ids
from assistants_conformance.reporting.verdicts import AREAS, VERDICTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Requirements that are named under one reason; the result file has them all.
_NAMED = 40
_UNJUDGED = ("not-testable", "not-applicable", "not-run", "error")


@dataclass(frozen=True)
class Row:
    """One requirement with its verdict. `statement` and `lore` (its source) are empty where this version lacks it."""

    id: str
    area: str
    level: str
    impact: str
    title: str
    verdict: str
    reason: str
    exercised: int
    findings: tuple[dict[str, Any], ...]
    statement: str
    lore: str

    @property
    def places(self) -> int:
        """How often it was violated, as far as the kinds that were kept tell."""
        return sum(finding["places"] for finding in self.findings)


@dataclass(frozen=True)
class Group:
    """Requirements that were left unjudged for one reason."""

    verdict: str
    reason: str
    ids: tuple[str, ...]

    @property
    def named(self) -> str:
        """Their ids, of a long list the beginning."""
        more = len(self.ids) - _NAMED
        return ", ".join(self.ids[:_NAMED]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True)
class Area:
    """How many requirements of an area have each verdict, in the order of the verdicts."""

    name: str
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Sheet:
    """One target. `name` is its address, with a number where several have the same."""

    name: str
    key: str
    profile: str
    mode: str
    tool: str
    verdict: str
    part: str
    requests: int
    runs: int
    seconds: float
    counts: tuple[tuple[str, int], ...]
    rows: tuple[Row, ...]

    @property
    def found(self) -> list[Row]:
        """What was found, by impact; a failure before a warning."""
        order = {"fail": 0, "warn": 1, "known": 2}
        rows = [row for row in self.rows if row.findings or row.verdict == "fail"]
        return sorted(rows, key=lambda row: (IMPACTS.index(row.impact), order.get(row.verdict, 3), row.id))

    @property
    def grouped(self) -> list[tuple[str, list[Row]]]:
        """What was found, one group an impact."""
        found = self.found
        groups = [(impact, [row for row in found if row.impact == impact]) for impact in IMPACTS]
        return [(impact, rows) for impact, rows in groups if rows]

    @property
    def areas(self) -> list[Area]:
        """The areas, in the order of the documentation."""
        made: dict[str, dict[str, int]] = {}
        for row in self.rows:
            counts = made.setdefault(row.area, {})
            counts[row.verdict] = counts.get(row.verdict, 0) + 1
        return [Area(name, _counted(made[name])) for name in _in_order(made)]

    @property
    def unjudged(self) -> list[Group]:
        """Why requirements have no verdict: what stands in the way of a claim comes first."""
        made: dict[tuple[str, str], list[str]] = {}
        for row in self.rows:
            if row.verdict in _UNJUDGED:
                made.setdefault((row.verdict, row.reason), []).append(row.id)
        groups = [Group(verdict, reason, tuple(ids)) for (verdict, reason), ids in made.items()]
        return sorted(groups, key=lambda one: (_UNJUDGED.index(one.verdict), -len(one.ids), one.ids))

    @property
    def claims(self) -> bool:
        """Whether a verdict on the whole profile can be drawn from it: of a part, or of recordings, none can."""
        whole = not self.part and not any(row.verdict == "not-run" for row in self.rows)
        return whole and self.mode != "audit" and self.verdict in ("conformant", "non-conformant")


@dataclass(frozen=True)
class Line:
    """One requirement on several targets: the verdict on each, empty where the profile of the target lacks it."""

    row: Row
    verdicts: tuple[str, ...]


@dataclass(frozen=True)
class Matrix:
    """Several targets side by side. `lines` are the requirements that one breaks, or that could not be judged."""

    sheets: tuple[Sheet, ...]
    areas: tuple[tuple[str, tuple[Area | None, ...]], ...]
    lines: tuple[Line, ...]


def sheets(results: Sequence[dict[str, Any]]) -> tuple[Sheet, ...]:
    """Put results in order."""
    return tuple(_sheet(result, f"t{number}", results) for number, result in enumerate(results, 1))


def matrix(several: Sequence[Sheet]) -> Matrix:
    """Lay targets side by side."""
    by_name = [{area.name: area for area in sheet.areas} for sheet in several]
    names = _in_order({name for areas in by_name for name in areas})
    known = [{row.id: row for row in sheet.rows} for sheet in several]
    every: dict[str, Row] = {}
    for rows in known:
        for identifier, row in rows.items():
            every.setdefault(identifier, row)
    lines = []
    for row in every.values():
        verdicts = tuple(rows[row.id].verdict if row.id in rows else "" for rows in known)
        if any(verdict in ("fail", "warn", "known", "not-testable", "error") for verdict in verdicts):
            lines.append(Line(row, verdicts))
    lines.sort(key=lambda line: (IMPACTS.index(line.row.impact), line.row.id))
    told = tuple((name, tuple(areas.get(name) for areas in by_name)) for name in names)
    return Matrix(tuple(several), told, tuple(lines))


def _sheet(result: dict[str, Any], key: str, results: Sequence[dict[str, Any]]) -> Sheet:
    target = result["target"]
    same = [other for other in results if other["target"]["url"] == target["url"]]
    name = target["url"] if len(same) == 1 else f"{target['url']} ({key.removeprefix('t')})"
    return Sheet(
        name=name,
        key=key,
        profile=target["profile"],
        mode=target["mode"],
        tool=f"{result['tool']['name']} {result['tool']['version']}",
        verdict=result["verdict"],
        part=result.get("part", ""),
        requests=result["requests"],
        runs=result["runs"],
        seconds=result["duration_seconds"],
        counts=_counted(result["totals"]),
        rows=tuple(_row(row, target["profile"]) for row in result["requirements"]),
    )


def _row(row: dict[str, Any], profile: str) -> Row:
    contract = load_profile(profile) if profile in profile_ids(runnable=False) else None
    known = contract.requirements.get(row["id"]) if contract is not None else catalogue().get(row["id"])
    return Row(
        **{name: row[name] for name in ("id", "area", "level", "impact", "title", "verdict", "exercised")},
        reason=row["reason"] or "",
        findings=tuple(row["findings"]),
        statement=known.statement if known is not None else "",
        lore=known.source if known is not None else "",
    )


def _counted(counts: dict[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple((verdict, counts[verdict]) for verdict in VERDICTS if counts.get(verdict))


def _in_order(names: Iterable[str]) -> list[str]:
    places = {area: place for place, area in enumerate(AREAS)}
    return sorted(names, key=lambda name: (places.get(name, len(places)), name))
