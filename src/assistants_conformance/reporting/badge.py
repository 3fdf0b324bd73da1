"""The verdict as a small picture. It is a claim about a whole profile, so only a whole run of one gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from assistants_conformance.reporting.sheet import Sheet, sheets

if TYPE_CHECKING:
    from collections.abc import Sequence

_COLOURS = {"conformant": "#1a7f37", "non-conformant": "#b42318"}
#: Pixels of a letter at 11 px, about; the text is fitted to it.
_LETTER = 6.4


class NoClaimError(ValueError):
    """A result that carries no claim; the message says why."""


def badge(results: Sequence[dict[str, Any]]) -> str:
    """Return the badge of one result, as SVG.

    Raises:
        NoClaimError: there are several, or the one is of a part, of recordings, or ended otherwise.
    """
    if len(results) != 1:
        raise NoClaimError(f"a badge is of one target, and {len(results)} results were given")
    (sheet,) = sheets(results)
    if not sheet.claims:
        raise NoClaimError(f"no badge: {_why_not(sheet)}; a badge comes only from a whole run of a profile")
    return _drawn(f"Assistants API {sheet.profile}", sheet.verdict)


def _why_not(sheet: Sheet) -> str:
    if sheet.mode == "audit":
        return "this result is an audit of recordings"
    if sheet.part:
        return f"this run was a part only ({sheet.part})"
    left = sum(row.verdict == "not-run" for row in sheet.rows)
    return f"{left} requirements were not run" if left else f"the verdict of this run is {sheet.verdict}"


def _drawn(left: str, right: str) -> str:
    widths = [round(len(text) * _LETTER + 12) for text in (left, right)]
    total = sum(widths)
    texts = "".join(
        f'<text x="{x}" y="14" textLength="{width - 12}">{escape(text)}</text>'
        for x, width, text in ((6, widths[0], left), (widths[0] + 6, widths[1], right))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="20" role="img"'
        f" aria-label={quoteattr(f'{left}: {right}')}>"
        f"<title>{escape(f'{left}: {right}')}</title>"
        f'<rect width="{total}" height="20" rx="3" fill="#3b434b"/>'
        f'<path d="M{widths[0]} 0h{widths[1] - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{widths[1] - 3}z"'
        f' fill="{_COLOURS[right]}"/>'
        f'<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">{texts}</g></svg>\n'
    )
