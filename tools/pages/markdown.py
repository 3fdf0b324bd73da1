"""Pieces of Markdown: cells that cannot break a table, tables, lists of names that stay short."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NOTE = "<!-- Written by tools/docs.py from the data of the contract: change the data and run it again. -->"


def cell(text: object) -> str:
    """Return a text as it may stand in a cell: no line break, and no pipe that ends the cell."""
    return " ".join(str(text).split()).replace("|", "\\|")


def plain(text: object) -> str:
    """Return prose for a cell; what looks like a tag or an emphasis is shown and not obeyed."""
    parts = cell(text).split("`")
    # Between backticks nothing is markup.
    parts[::2] = [
        part.replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_").replace("[", "\\[") for part in parts[::2]
    ]
    return "`".join(parts)


def code(text: object) -> str:
    """Return a text as code."""
    return f"`{cell(text)}`"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def names(found: Sequence[str], most: int = 3) -> str:
    """Return names as code, and how many more there are than are shown."""
    told = ", ".join(code(name) for name in found[:most])
    return told + (f" and {len(found) - most} more" if len(found) > most else "")


def page(title: str, *parts: str) -> str:
    """Return a page: the title, the note that it is generated, and its parts."""
    return "\n\n".join([f"# {title}", NOTE, *(part.strip("\n") for part in parts if part)]) + "\n"


def anchor(heading: str) -> str:
    """Return the name under which a heading can be linked to."""
    kept = "".join(sign for sign in heading.lower() if sign.isalnum() or sign in " -_")
    return kept.replace(" ", "-")
