"""What can be wrong with a recording, and how the readers say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class RecordingError(ValueError):
    """A path that was named and cannot be read as anything: it does not exist or is no file and no folder."""


@dataclass(frozen=True)
class Problem:
    """Something that was not read.

    `place` is an entry number (from 0), a line and a column (from 1), or empty where the whole file is meant. `damaged`
    is a recording, or what should be one, with a fault; `foreign` is a valid file that is no recording of a known form;
    `unanswered` is a request that got no answer when it was recorded.
    """

    path: Path
    place: str
    message: str
    kind: Literal["damaged", "foreign", "unanswered"]

    def __str__(self) -> str:
        return f"{self.path}: {self.place}: {self.message}" if self.place else f"{self.path}: {self.message}"


class DamagedError(Exception):
    """An entry that cannot become an exchange; the message says why and how to mend it."""


class ForeignError(Exception):
    """A valid file that holds no recording."""


class Entry(NamedTuple):
    """One entry of a recording as it stands in the file. `key` names its list there, `line` counts from 1."""

    key: str
    number: int
    line: int | None
    value: Any


class Broken(NamedTuple):
    """A place in a file that cannot be parsed."""

    place: str
    message: str


EMPTY = "the file is empty: remove it or record it again"
REREAD = "mend the file there or record it again"


def place_of(line: int, column: int | None = None, entry: int | None = None) -> str:
    """Name a place: line and column from 1, entry from 0."""
    parts = [f"line {line}"]
    if column is not None:
        parts.append(f"column {column}")
    if entry is not None:
        parts.append(f"in entry {entry}")
    return ", ".join(parts)
