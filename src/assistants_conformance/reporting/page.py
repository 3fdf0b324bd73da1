"""The report as one page of HTML: nothing of it is fetched from anywhere, nothing of it runs.

A template language that escapes by itself stands between the page and what a target has sent; forgetting it at one
place of a hundred would be enough. Whatever still got through could do nothing: the page forbids scripts, pictures,
forms and connections.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assistants_conformance.reporting.sheet import matrix, sheets
from assistants_conformance.reporting.text import cut, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Characters of a text that the page shows; the result file has the rest.
_LONG = 1200
_INDENT = re.compile(r"[ \t]*\r?\n[ \t]*")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["safe"] = _refused
    # JSON that was indented for reading would fill the screen.
    made.filters["told"] = lambda text: cut(plain(_INDENT.sub(" ", text)), _LONG)
    made.filters["lines"] = lambda text: cut(plain(text, lines=True), _LONG)
    made.filters["grouped"] = lambda number: f"{number:,}".replace(",", "\u2009")
    return made


def _refused(_: object) -> str:
    raise TypeError("nothing on this page is taken for safe")


def page(results: Sequence[dict[str, Any]]) -> str:
    """Return the page of one result, or of several side by side. Equal results give an equal page."""
    several = sheets(results)
    table = matrix(several) if len(several) > 1 else None
    return _environment().get_template("report.html").render(sheets=several, matrix=table)
