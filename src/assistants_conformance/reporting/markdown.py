"""The report as Markdown, for a comment or a job's summary: verdict, counts, findings by impact, a matrix."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from assistants_conformance.reporting.sheet import Sheet, matrix, sheets
from assistants_conformance.reporting.text import cut, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LONG = 300
#: Lines that a comment can bear; the rest stands in the result.
_MOST = 200
#: Everything that Markdown, or HTML inside it, could read as more than text; `@` and `#` would call people and issues.
_MARKUP = re.compile(r"[\\`*_{}\[\]()<>#+\-.!|~&@$:]")


def markdown(results: Sequence[dict[str, Any]]) -> str:
    """Return the report of one result, or of several side by side."""
    several = sheets(results)
    return "\n".join(_lines(several)) + "\n"


def _lines(several: Sequence[Sheet]) -> Iterator[str]:
    yield "# Conformance with the Assistants API"
    yield ""
    yield "| target | profile | verdict | requirements |"
    yield "| --- | --- | --- | --- |"
    for sheet in several:
        told = ", ".join(f"{count} {verdict}" for verdict, count in sheet.counts)
        part = f" (a part only: {_text(sheet.part)})" if sheet.part else ""
        yield f"| {_text(sheet.name)} | {_text(sheet.profile)} | **{sheet.verdict}**{part} | {told} |"
    if len(several) > 1:
        yield from _matrix(several)
    for sheet in several:
        yield from _found(sheet, titled=len(several) > 1)


def _matrix(several: Sequence[Sheet]) -> Iterator[str]:
    table = matrix(several)
    yield from ("", "## Side by side", "")
    yield "Requirements that one of them breaks, or that could not be judged; – is not in the profile."
    yield ""
    yield "| requirement | " + " | ".join(_text(sheet.name) for sheet in several) + " |"
    yield "| --- |" + " --- |" * len(several)
    for line in table.lines[:_MOST]:
        verdicts = [verdict or "–" for verdict in line.verdicts]
        yield f"| {_text(line.row.id)} {_text(line.row.title)} | " + " | ".join(verdicts) + " |"
    yield from _more(len(table.lines), "requirements")


def _found(sheet: Sheet, *, titled: bool) -> Iterator[str]:
    if not sheet.found:
        return
    yield from ("", f"## Findings: {_text(sheet.name)}" if titled else "## Findings")
    impact = ""
    for row in sheet.found[:_MOST]:
        if row.impact != impact:
            impact = row.impact
            yield from (
                "",
                f"### {impact}",
                "",
                "| requirement | level | observed | expected |",
                "| --- | --- | --- | --- |",
            )
        observed, expected = (
            (row.findings[0]["observed"], row.findings[0]["expected"]) if row.findings else (row.reason, "")
        )
        known = " (known)" if row.verdict == "known" else ""
        name = f"{_text(row.id)}{known} {_text(row.title)}"
        yield f"| {name} | {row.level} | {_text(observed)} | {_text(expected)} |"
    yield from _more(len(sheet.found), "findings")


def _more(count: int, what: str) -> Iterator[str]:
    if count > _MOST:
        yield from ("", f"and {count - _MOST} more {what}: see the result file")


def _text(text: str) -> str:
    return _MARKUP.sub(lambda found: "\\" + found[0], cut(plain(text), _LONG))
