"""From what was seen to one verdict for every requirement, and one for the target."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from assistants_conformance.contract import Profile, Requirement
    from assistants_conformance.reporting.tally import Record, Tally
    from assistants_conformance.target import Known

Verdict = Literal["pass", "fail", "warn", "known", "not-applicable", "not-testable", "not-run", "error"]
Overall = Literal["conformant", "non-conformant", "incomplete", "retired", "error"]

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

#: The order in which areas are told; it is the order of the documentation.
AREAS = (
    "versions",
    "authentication",
    "errors",
    "pagination",
    "objects",
    "assistants",
    "threads",
    "thread_locking",
    "messages",
    "annotations",
    "runs",
    "run_lifecycle",
    "tool_outputs",
    "cancellation",
    "run_steps",
    "expiry",
    "files",
    "file_types",
    "stateful",
    "search",
    "sdk",
    "streaming",
    "vector_stores",
    "documentation",
    "foundry",
)

_STATUS: Mapping[Overall, int] = {"conformant": 0, "incomplete": 0, "non-conformant": 1, "retired": 2, "error": 2}
#: How a reason begins that a budget or a missing cassette left a scenario out.
_LEFT_OUT = "not-run ("
#: How it ends where the run was cut short, so that what no scenario reached may stand in what was left out.
_USED_UP = "were used up"
#: Where at least so large a part of all creates gave an id that was given before, objects have no identity at all.
_NO_IDENTITY = 0.5
_NOTHING_SHOWN = "one id stands for many objects (OBJ-001), so what was seen of one proves nothing"
STALE = "known deviation no longer occurs: remove it"


@dataclass(frozen=True)
class Row:
    """The verdict of one requirement. `failures` counts all findings, of which `findings` are the first few kinds."""

    requirement: Requirement
    verdict: Verdict
    reason: str | None
    exercised: int
    tests: tuple[str, ...] = ()
    findings: tuple[Record, ...] = ()
    failures: int = 0


@dataclass(frozen=True)
class Verdicts:
    """The verdicts of a run: a row for each active requirement, and what is excluded with its reason."""

    rows: tuple[Row, ...]
    excluded: Mapping[str, str]
    overall: Overall

    @property
    def totals(self) -> dict[str, int]:
        """How many requirements have each verdict."""
        made: dict[str, int] = dict.fromkeys(VERDICTS, 0)
        for row in self.rows:
            made[row.verdict] += 1
        return made

    @property
    def exit_status(self) -> int:
        """0: nothing was found; 1: findings, or something that could not be tested; 2: no judgement was possible."""
        return _STATUS[self.overall]


def decide(
    tally: Tally,
    profile: Profile,
    *,
    known: Collection[Known] = (),
    filtered: bool = False,
    broken: bool = False,
    today: date | None = None,
) -> Verdicts:
    """Give every active requirement of a profile its verdict.

    Args:
        tally: what was seen.
        profile: the contract.
        known: declared deviations.
        filtered: only a part of the scenarios was asked for, or the run was stopped early.
        broken: a part of the run was lost (a worker died), which no requirement can be blamed for.
        today: the day on which declared deviations may have ended; None: today.
    """
    declared = {deviation.requirement: deviation for deviation in known}
    day = (today or date.today()).isoformat()
    left_out = any(reason.startswith(_LEFT_OUT) for reason in tally.blocked.values())
    cut = any(reason.startswith(_LEFT_OUT) and reason.endswith(_USED_UP) for reason in tally.blocked.values())
    rows = tuple(
        _row(profile.requirement(identifier), tally, declared.get(identifier), (filtered, cut), day)
        for identifier in in_order(profile.active, profile)
    )
    return Verdicts(rows, profile.excluded, _overall(rows, filtered or left_out, broken or bool(tally.errors)))


def in_order(identifiers: Iterable[str], profile: Profile) -> list[str]:
    """Return requirement ids in the order in which they are told: by area, then by id."""
    places = {area: place for place, area in enumerate(AREAS)}

    def place(identifier: str) -> tuple[int, str, str]:
        area = profile.requirement(identifier).area
        return places.get(area, len(places)), area, identifier

    return sorted(identifiers, key=place)


def _row(requirement: Requirement, tally: Tally, known: Known | None, part: tuple[bool, bool], day: str) -> Row:
    identifier = requirement.id
    verdict, reason = _verdict(requirement, tally, known, part, day)
    return Row(
        requirement,
        verdict,
        reason,
        tally.exercised[identifier],
        tuple(sorted(tally.tests.get(identifier, ()))),
        tuple(tally.findings.get(identifier, ())),
        tally.failures[identifier],
    )


def _verdict(
    requirement: Requirement, tally: Tally, known: Known | None, part: tuple[bool, bool], day: str
) -> tuple[Verdict, str | None]:
    identifier, (filtered, cut) = requirement.id, part
    if tally.findings.get(identifier):
        if known is None:
            return ("fail" if requirement.level == "MUST" else "warn"), None
        if known.expires and known.expires < day:
            return "fail", f"known deviation ended on {known.expires}: {known.reason}"
        return "known", known.reason + (f" ({known.link})" if known.link else "")
    if identifier in tally.errors:
        return "error", tally.errors[identifier]
    blocked = tally.blocked.get(identifier)
    if tally.exercised[identifier] and not requirement.shape and _without_identity(tally):
        return "not-testable", _NOTHING_SHOWN
    if tally.exercised[identifier]:
        # Where only a part was exercised, the deviation may stand in the other part.
        if known is not None and not filtered and not cut and blocked is None:
            return "fail", STALE
        return "pass", f"in part; elsewhere: {blocked}" if blocked is not None else None
    if blocked is not None:
        if blocked.startswith(_LEFT_OUT):
            return "not-run", blocked.removeprefix("not-run").strip().replace("(budget)", "budget", 1)
        return "not-testable", blocked
    if identifier in tally.not_applicable:
        return "not-applicable", tally.not_applicable[identifier]
    if filtered:
        return "not-run", "filter"
    if cut:
        return "not-run", "the run was cut short"
    if requirement.occasion is not None:
        return "not-applicable", f"the occasion did not arise: {requirement.occasion}"
    return "not-testable", "no scenario reached it"


def _without_identity(tally: Tally) -> bool:
    """A mock that answers everything with one example keeps every rule that speaks of one object over time."""
    creates = tally.exercised["OBJ-001"]
    return creates > 0 and tally.failures["OBJ-001"] >= creates * _NO_IDENTITY


def _overall(rows: Iterable[Row], filtered: bool, error: bool) -> Overall:
    given = {row.verdict for row in rows}
    if error or "error" in given:
        return "error"
    if given & {"fail", "not-testable"}:
        return "non-conformant"
    return "incomplete" if filtered or "not-run" in given else "conformant"
