"""The report for a reader: area by area, then each finding on one screen."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistants_conformance.contract import IMPACTS
from assistants_conformance.reporting.text import cut, plain, redact
from assistants_conformance.reporting.verdicts import AREAS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from assistants_conformance.contract import Requirement
    from assistants_conformance.reporting.tally import Record
    from assistants_conformance.reporting.verdicts import Row, Verdicts

_WIDTH = 100
_LABEL = 11
_LONG = 300
_LONGEST_CURL = 900
_LONGEST_STEP = 400
_KINDS_SHOWN = 2

_INDENT = re.compile(r"[ \t]*\r?\n[ \t]*")

_WORDS = {
    "pass": "passed",
    "fail": "failed",
    "warn": "warned",
    "known": "known",
    "not-applicable": "not applicable",
    "not-testable": "not testable",
    "not-run": "not run",
    "error": "error",
}
_COLOURS = {
    "pass": "green",
    "fail": "red",
    "warn": "yellow",
    "known": "cyan",
    "not-testable": "red",
    "error": "magenta",
}


@dataclass(frozen=True)
class Ink:
    """How text is dressed: in colour only where a terminal reads it, and never with a secret in it."""

    colour: bool = False
    secrets: tuple[str, ...] = ()

    def dye(self, text: str, verdict: str, *, bold: bool = False) -> str:
        """Return the text in the colour of a verdict."""
        if not self.colour or verdict not in _COLOURS:
            return text
        import click  # noqa: PLC0415 - a pytest session without colours does without it

        return click.style(text, fg=_COLOURS[verdict], bold=bold)

    def clean(self, text: str, *, lines: bool = False) -> str:
        """Return text of a target without secrets and without anything that a terminal acts on."""
        text = redact(text, self.secrets)
        # JSON that was indented for reading would fill the screen.
        return plain(text if lines else _INDENT.sub(" ", text), lines=lines)


# -- one finding ---------------------------------------------------------------------------------------------------


def screen(
    requirement: Requirement, records: Sequence[Record], ink: Ink, *, verdict: str = "fail", failures: int = 0
) -> str:
    """Return what was found about one requirement, so that it fits on one screen.

    Args:
        requirement: the rule.
        records: the findings; the first few are shown.
        ink: how text is dressed.
        verdict: decides the colour.
        failures: how often the rule was broken; 0: as often as the records say.
    """
    head = ink.dye(requirement.id, verdict, bold=True)
    lines = [
        f"{head}  {requirement.level}  {requirement.impact}  {requirement.title}",
        *_labelled("", requirement.statement, 3),
        *_labelled("source", requirement.source, 2),
    ]
    for record in records[:_KINDS_SHOWN]:
        lines += _record(record, ink, whole=record is records[0])
    if len(records) > _KINDS_SHOWN:
        told = failures or sum(record.places for record in records)
        lines += _labelled("more", f"{told} findings in all; the result file (--json) has the other kinds", 1)
    return "\n".join(lines)


def _record(record: Record, ink: Ink, *, whole: bool) -> Iterator[str]:
    most = 3 if whole else 2
    yield from _labelled("observed", cut(ink.clean(record.observed), _LONG), most)
    yield from _labelled("expected", cut(ink.clean(record.expected), _LONG), most)
    told = f"{record.places} places, the first: " if record.places > 1 else ""
    if record.source or told:
        yield _label("where") + cut(told + ink.clean(record.source), _LONG)
    if whole and record.exchange:
        yield _label("exchange") + cut(ink.clean(record.exchange), _LONG)
    if whole and record.steps:
        yield from _steps(record, ink)
    elif whole and record.curl:
        # A command that is broken into lines cannot be pasted.
        yield _label("curl") + cut(ink.clean(record.curl), _LONGEST_CURL)


def _steps(record: Record, ink: Ink) -> Iterator[str]:
    for number, step in enumerate(record.steps):
        yield _label("steps" if not number else "") + cut(ink.clean(f"{number}. {step['step']}"), _WIDTH)
    for number, step in enumerate(record.steps):
        if step["curl"]:
            yield _label(f"curl {number}") + cut(ink.clean(step["curl"]), _LONGEST_STEP)
    yield _label("python") + "a program that does the steps stands in the result file (--json), as `snippet`"


def _label(name: str) -> str:
    return f"  {name:<{_LABEL - 2}}"


def _labelled(name: str, text: str, most: int) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=_label(name),
        subsequent_indent=" " * _LABEL,
        max_lines=most,
        placeholder=" …",
        break_on_hyphens=False,
    )


def by_impact(row: Row) -> tuple[int, int, str]:
    """Sort key: what breaks programs comes first, a failure before a warning."""
    order = {"fail": 0, "warn": 1, "known": 2}
    return IMPACTS.index(row.requirement.impact), order.get(row.verdict, 3), row.requirement.id


# -- the whole ---------------------------------------------------------------------------------------------------------


def report(verdicts: Verdicts, requirements: Mapping[str, Requirement], ink: Ink) -> Iterator[str]:
    """Yield the report, block by block.

    Args:
        verdicts: what was decided.
        requirements: every requirement of the profile, the excluded ones too.
        ink: how text is dressed.
    """
    yield from areas(verdicts, requirements, ink)
    found = sorted((row for row in verdicts.rows if row.findings), key=by_impact)
    impact = ""
    told: dict[str, str] = {}
    for row in found:
        if row.requirement.impact != impact:
            impact = row.requirement.impact
            yield f"\n--- {impact} " + "-" * (_WIDTH - 5 - len(impact))
        records = [_once(record, row.requirement.id, told) for record in row.findings]
        yield "\n" + screen(row.requirement, records, ink, verdict=row.verdict, failures=row.failures)
        if row.reason:
            yield "\n".join(_labelled("known", ink.clean(row.reason), 2))
    yield from _stale(verdicts, ink)
    yield from _errors(verdicts, ink)


def _once(record: Record, identifier: str, told: dict[str, str]) -> Record:
    """Return a finding without its steps where another one has told the same steps."""
    if not record.steps:
        return record
    first = told.setdefault(str(record.steps), identifier)
    if first == identifier:
        return record
    return replace(record, steps=[], expected=f"{record.expected} (the steps stand under {first})")


def areas(verdicts: Verdicts, requirements: Mapping[str, Requirement], ink: Ink) -> Iterator[str]:
    """Yield the table of areas with the reasons of whatever was not judged."""
    rows: dict[str, list[Row]] = {}
    for row in verdicts.rows:
        rows.setdefault(row.requirement.area, []).append(row)
    excluded: dict[str, dict[str, str]] = {}
    for identifier, reason in verdicts.excluded.items():
        excluded.setdefault(requirements[identifier].area, {})[identifier] = reason
    places = {area: place for place, area in enumerate(AREAS)}
    asked = {area for area, inside in rows.items() if any(row.reason != "filter" for row in inside)}
    if asked != rows.keys():
        # A filter hides what it leaves out, and the exclusions; the totals count them.
        excluded = {}
        rows = {area: inside for area, inside in rows.items() if area in asked}
    for area in sorted({*rows, *excluded}, key=lambda one: (places.get(one, len(places)), one)):
        yield _area(area, rows.get(area, []), excluded.get(area, {}), ink)
        yield from _reasons(rows.get(area, []), excluded.get(area, {}), ink)


def _area(area: str, rows: list[Row], excluded: Mapping[str, str], ink: Ink) -> str:
    counts = dict.fromkeys(_WORDS, 0)
    for row in rows:
        counts[row.verdict] += 1
    told = [ink.dye(f"{counts[verdict]} {word}", verdict) for verdict, word in _WORDS.items() if counts[verdict]]
    if excluded:
        told.append(f"{len(excluded)} excluded")
    return f"{area:<16} " + ", ".join(told)


def _reasons(rows: list[Row], excluded: Mapping[str, str], ink: Ink) -> Iterator[str]:
    grouped: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row.verdict in ("not-applicable", "not-testable", "not-run") and row.reason != "filter":
            # A crowd that was blocked by one cause differs only in the ids that the target made up.
            reason = cut(ink.clean(row.reason or ""), 300)
            grouped.setdefault((_WORDS[row.verdict], reason), []).append(row.requirement.id)
    for identifier, reason in excluded.items():
        grouped.setdefault(("excluded", reason), []).append(identifier)
    for (word, reason), identifiers in grouped.items():
        yield from textwrap.wrap(
            f"{word}: {_some(identifiers)}: {reason}",
            _WIDTH,
            initial_indent="    ",
            subsequent_indent="      ",
            max_lines=4,
            placeholder=" …",
            break_on_hyphens=False,
        )


def _some(identifiers: Sequence[str], most: int = 12) -> str:
    more = len(identifiers) - most
    return ", ".join(identifiers[:most]) + (f" and {more} more" if more > 0 else "")


def _stale(verdicts: Verdicts, ink: Ink) -> Iterator[str]:
    for row in verdicts.rows:
        if row.verdict == "fail" and not row.findings:
            head = ink.dye(row.requirement.id, "fail", bold=True)
            yield f"\n{head}  {row.requirement.title}: {ink.clean(row.reason or '')}"


def _errors(verdicts: Verdicts, ink: Ink) -> Iterator[str]:
    grouped: dict[str, list[str]] = {}
    for row in verdicts.rows:
        if row.verdict == "error":
            grouped.setdefault(row.reason or "", []).append(row.requirement.id)
    for reason, identifiers in grouped.items():
        head = ink.dye(f"error in the suite itself: {_some(identifiers)}", "error", bold=True)
        yield f"\n{head}\n{textwrap.indent(ink.clean(reason, lines=True).rstrip(), '  ')}"


def totals(verdicts: Verdicts, ink: Ink) -> str:
    """Return the counts in one line."""
    counts = verdicts.totals
    told = [ink.dye(f"{counts[verdict]} {word}", verdict) for verdict, word in _WORDS.items() if counts[verdict]]
    if verdicts.excluded:
        told.append(f"{len(verdicts.excluded)} excluded")
    return ", ".join(told) or "nothing judged"


def verdict_line(verdicts: Verdicts, ink: Ink) -> str:
    """Return the verdict of the target in one line."""
    colour = {"conformant": "pass", "incomplete": "warn", "error": "error"}.get(verdicts.overall, "fail")
    return ink.dye(f"verdict: {verdicts.overall}", colour, bold=True)


def echo(blocks: Iterable[str]) -> str:
    """Join blocks to one text."""
    return "\n".join(blocks)
