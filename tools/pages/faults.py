"""The page of the faults: every deliberate deviation of the reference server, and the requirements that find it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.pages.markdown import code, page, plain, table

from assistants_conformance.contract import catalogue
from assistants_conformance.reference.faults import registry
from assistants_conformance.reporting.verdicts import AREAS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistants_conformance.contract import Profile

_READING = """\
`assistants-conformance serve --fault NAME` starts the reference server with one of them;
`tests/test_kill_matrix.py` turns each on and demands that every requirement beside it finds it. The first
tables are written by hand, an area each (that of the first requirement); the last ones follow from the object
schemas, the error texts and the request schemas.""".replace("\n", " ")

_FAMILIES = {
    "object": "Fields of objects. The fault's name is `object:FIELD:HOW`.",
    "error": "Error answers. The fault's name is `error:SITUATION:HOW`.",
    "request": "Limits that are not checked. The fault's name is `request:PLACE:LIMIT`.",
}


def faults(profiles: Sequence[Profile]) -> str:
    """Return the page."""
    runnable = [profile for profile in profiles if profile.runnable]
    found: dict[str, tuple[str, dict[str, None], list[str]]] = {}
    for profile in runnable:
        for name, fault in registry(profile).items():
            _, kills, where = found.setdefault(name, (fault.description, {}, []))
            kills.update(dict.fromkeys(fault.kills))
            where.append(profile.id)
    written = {name: row for name, row in found.items() if ":" not in name}
    parts = [
        _READING,
        f"{len(found)} faults, {len(written)} of them written by hand: "
        + ", ".join(f"{len(registry(profile))} in {code(profile.id)}" for profile in runnable)
        + ".",
    ]
    areas: dict[str, list[list[str]]] = {}
    for name, (description, kills, where) in sorted(written.items()):
        area = catalogue()[next(iter(kills))].area
        areas.setdefault(area, []).append(
            [code(name), plain(description), ", ".join(kills), _where(where, runnable)],
        )
    for area in sorted(areas, key=lambda area: (AREAS.index(area) if area in AREAS else len(AREAS), area)):
        parts += [f"## {area}", table(["fault", "what it does", "found by", "only in"], areas[area])]
    for family, told in _FAMILIES.items():
        grouped: dict[tuple[str, str, str], list[str]] = {}
        for name, (_, kills, where) in sorted(found.items()):
            if name.startswith(f"{family}:"):
                place, _, how = name.removeprefix(f"{family}:").rpartition(":")
                grouped.setdefault((place, ", ".join(kills), _where(where, runnable)), []).append(how)
        rows = [[code(place), ", ".join(how), kills, where] for (place, kills, where), how in grouped.items()]
        parts += [f"## {family}", told, table(["place", "how", "found by", "only in"], rows)]
    return page("Faults of the reference server", *parts)


def _where(names: Sequence[str], profiles: Sequence[Profile]) -> str:
    return "" if len(names) == len(profiles) else ", ".join(code(name) for name in names)
