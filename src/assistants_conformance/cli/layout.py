"""How the table of requirements is laid out: for a terminal of any width, and for a pipe."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Row = dict[str, Any]

#: From this width on, in characters, a requirement and its title share a line.
WIDE = 132
_INDENT = " " * 13
_COLUMNS = ("id", "area", "level", "impact", "decision", "judge", "scenarios", "faults", "title", "note")


def for_pipe(rows: Sequence[Row], *, names: bool) -> Iterator[str]:
    """Give one line a row, the columns apart by tabs, after a line with their names.

    `names` puts the names of scenarios and faults where otherwise their number stands.
    """
    yield "\t".join(_COLUMNS)
    for row in rows:
        counted = [", ".join(row[key]) if names else str(len(row[key])) for key in ("scenarios", "faults")]
        yield "\t".join(
            (
                *(row[key] for key in ("id", "area", "level", "impact", "decision")),
                ", ".join(row["judge"]),
                *counted,
                row["title"],
                _note(row),
            )
        )


def for_terminal(rows: Sequence[Row], width: int, *, names: bool) -> Iterator[str]:
    """Give the table by area, no line longer than `width` characters (at least 60), `names` apart."""
    width = max(width, 60)
    area = ""
    for row in rows:
        if row["area"] != area:
            area = row["area"]
            yield ""
            yield area
        head = f"  {row['id']:<10} {row['level']:<8} {row['impact']:<17} "
        told = f"{row['decision']:<8} {_proof(row)}".rstrip()
        if width >= WIDE:
            yield from _wrapped(f"{head}{told:<40} ", row["title"], width)
        else:
            yield from _wrapped(head, told, width)
            yield from _wrapped(_INDENT, row["title"], width)
        if note := _note(row):
            yield from _wrapped(_INDENT, note, width)
        if names:
            for key in ("judge", "scenarios", "faults"):
                # Names stay whole, for they are copied; a terminal folds what is too long.
                for number, name in enumerate(row[key]):
                    yield f"{_INDENT}{'' if number else key:<10} {name}"


def _proof(row: Row) -> str:
    if row["decision"] != "active":
        return ""
    parts = ["judge"] if row["judge"] else []
    counts = [(len(row[key]), key) for key in ("scenarios", "faults")]
    parts += [f"{count} {key if count > 1 else key[:-1]}" for count, key in counts if count]
    return ", ".join(parts)


def _note(row: Row) -> str:
    if row["reason"]:
        return str(row["reason"])
    return f"occasion: {row['occasion']}" if row["occasion"] else ""


def _wrapped(lead: str, text: str, width: int) -> Iterator[str]:
    yield from textwrap.wrap(
        text,
        width,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_on_hyphens=False,
    ) or [lead.rstrip()]
