"""The pages of the catalogue: all profiles side by side, and the whole table of each profile."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tools.pages.markdown import cell, names, page, plain, table

from assistants_conformance.contract import IMPACTS, LEVELS, Profile, catalogue
from assistants_conformance.reporting.verdicts import AREAS
from assistants_conformance.scenario.proof import Proof, proofs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assistants_conformance.contract import Requirement

_CONTRADICTION = re.compile(r"\bC-\d{2}\b")
#: How an exclusion is told in one word; the reasons begin with these (tests/test_catalogue.py).
KINDS = {
    "static": "static",
    "needs another issue": "later",
    "needs ": "needs",
    "contradicted by the wire": "contradicted",
    "no recording decides it": "undecided",
    "cannot be judged": "unjudgeable",
}

_READING = """\
A row is **active** where a rule of the judge or a scenario holds it and at least one fault of the reference
server is found by it, or **excluded** with a reason: *static* examines documents, no endpoint is asked;
*needs* something that a run of the suite does not have; *contradicted* by recordings of the real service;
*undecided*, for no recording or text says which answer is right; *unjudgeable* from outside. The verdict of
an active row with an *occasion* is given only when that occasion arises.""".replace("\n", " ")


_COUNTS = """\
Active rows of the rows that apply; a dash where none applies. Profiles that are *for audit alone* judge recordings;
no target can be run on them.""".replace("\n", " ")


_OCCASIONS = """\
Rows that can only be judged when something happens which no client can bring about on every target, or which the
configuration must name. Without it their verdict is *not-applicable*, with this reason.""".replace("\n", " ")


def kind_of(reason: str) -> str:
    """Return the one word for a reason of exclusion."""
    return next((word for start, word in KINDS.items() if reason.startswith(start)), "other")


def index(profiles: Sequence[Profile]) -> str:
    """Return the page with all profiles side by side."""
    heads = [f"[{profile.id}]({profile.id}.md)" for profile in profiles]
    areas = _areas(catalogue().values())
    counts = [
        [f"[{area}](#{area})", str(len(rows)), *(_count(profile, rows) for profile in profiles)]
        for area, rows in areas.items()
    ]
    counts.append(["**all**", f"**{len(catalogue())}**", *(f"**{_count(p, catalogue().values())}**" for p in profiles)])
    parts = [
        _READING,
        "## Areas",
        _COUNTS,
        table(["area", "rows", *heads], counts),
        table(
            ["excluded as", *(profile.id for profile in profiles)],
            [
                [word, *(str(_excluded(profile, word)) for profile in profiles)]
                for word in [*KINDS.values(), "other"]
                if any(_excluded(profile, word) for profile in profiles)
            ],
        ),
    ]
    occasions = [row for rows in areas.values() for row in rows if row.occasion]
    parts += [
        "## Occasions",
        _OCCASIONS,
        table(["id", "title", "occasion"], [[r.id, plain(r.title), plain(r.occasion)] for r in occasions]),
    ]
    for area, rows in areas.items():
        parts.append(f"## {area}")
        parts.append(
            table(
                ["id", "level", "title", *(profile.id for profile in profiles)],
                [[row.id, row.level, plain(row.title), *(_decision(p, row) for p in profiles)] for row in rows],
            )
        )
    return page("Requirements", *parts)


def of_profile(profile: Profile) -> str:
    """Return the whole table of one profile."""
    behind = proofs(profile)
    excluded = sum(1 for reason in profile.excluded.values() if kind_of(reason) != "static")
    applies = len(profile.requirements)
    sentence = (
        f"{profile.title}. {applies} requirements apply: {len(profile.active)} active, "
        f"{len(profile.excluded)} excluded, {excluded} of these for another reason than *static*."
    )
    if not profile.runnable:
        sentence += " This profile is for audit alone: recordings are judged by it, no target can be run on it."
    rows = profile.requirements.values()
    areas = _areas(rows)
    levels = [
        [level, *(str(sum(1 for row in rows if row.level == level and row.impact == impact)) for impact in IMPACTS)]
        for level in LEVELS
    ]
    parts = [
        sentence,
        _READING,
        table(["level", *IMPACTS], levels),
        "Areas: " + ", ".join(f"[{area}](#{area})" for area in areas),
    ]
    for area, found in areas.items():
        parts.append(f"## {area}")
        parts.append(
            table(
                ["requirement", "statement", "decision"],
                [
                    [
                        f"**{row.id}**<br>{row.level}<br>{row.impact}",
                        f"**{plain(row.title)}.** {plain(row.statement)}<br><sub>Source: {_source(row)}</sub>",
                        _told(profile, row, behind.get(row.id, Proof())),
                    ]
                    for row in found
                ],
            )
        )
    return page(f"Requirements of {profile.id}", *parts)


def _told(profile: Profile, row: Requirement, proof: Proof) -> str:
    if row.id in profile.excluded:
        return f"**excluded**: {plain(profile.excluded[row.id])}"
    parts = ["**active**" + (f"; occasion: {plain(row.occasion)}" if row.occasion else "")]
    if proof.judge:
        parts.append("judge: " + ", ".join(cell(name) for name in proof.judge))
    if proof.scenarios and profile.runnable:
        parts.append("scenarios: " + names([name.removeprefix("suites/") for name in proof.scenarios], 2))
    if proof.faults:
        parts.append(f"{len(proof.faults)} {'faults' if len(proof.faults) > 1 else 'fault'}: {names(proof.faults, 2)}")
    return "<br>".join(parts)


def _source(row: Requirement) -> str:
    return _CONTRADICTION.sub(lambda found: f"[{found[0]}](../contradictions.md#{found[0].lower()})", plain(row.source))


def _areas(rows: Iterable[Requirement]) -> dict[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    for row in sorted(rows, key=lambda row: row.id):
        found.setdefault(row.area, []).append(row)
    places = {area: place for place, area in enumerate(AREAS)}
    return {area: found[area] for area in sorted(found, key=lambda area: (places.get(area, len(places)), area))}


def _count(profile: Profile, rows: Iterable[Requirement]) -> str:
    applies = [row.id for row in rows if profile.id in row.profiles]
    return f"{sum(1 for name in applies if name in profile.active)} of {len(applies)}" if applies else "—"


def _excluded(profile: Profile, word: str) -> int:
    return sum(1 for reason in profile.excluded.values() if kind_of(reason) == word)


def _decision(profile: Profile, row: Requirement) -> str:
    if row.id in profile.active:
        return "active"
    return kind_of(profile.excluded[row.id]) if row.id in profile.excluded else "—"
