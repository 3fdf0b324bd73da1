"""What a ledger says: which objects a run has made, which of them are gone, and which creates nobody was answered."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

#: The form of the lines.
VERSION = 1


@dataclass(frozen=True)
class Intent:
    """A create that was about to be sent: when, by the own clock and by the target's, in seconds since 1970."""

    number: int
    kind: str
    at: float
    server: float | None
    prints: dict[str, str]
    #: Whether it let the target make a vector store as well.
    stored: bool = False
    refused: bool = False


@dataclass
class Book:
    """The lines of a ledger, taken together."""

    head: dict[str, Any] = field(default_factory=dict)
    intents: dict[int, Intent] = field(default_factory=dict)
    alive: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    #: Threads that may hold more than they were given: a run has worked there, or the target has made a store for them.
    ran: set[str] = field(default_factory=set)
    stored: set[str] = field(default_factory=set)
    last: float = 0.0

    @property
    def run(self) -> str:
        """The id of the run."""
        return str(self.head.get("run", ""))

    @property
    def empty(self) -> bool:
        """Whether nothing is known to be left."""
        return not self.alive and not self.intents

    def apply(self, line: dict[str, Any]) -> None:
        """Take one line into account; a line of a later form is passed over."""
        at = line.get("at")
        self.last = max(self.last, at) if isinstance(at, (int, float)) else self.last
        for name, threads in (("ran", self.ran), ("stored", self.stored)):
            if isinstance(line.get(name), str):
                threads.add(line[name])
        number, identifier, kind = line.get("n"), line.get("id"), str(line.get("kind", ""))
        if "ledger" in line:
            self.head = line
        elif "gone" in line:
            self.alive.pop(str(line["gone"]), None)
            self.gone.add(str(line["gone"]))
        elif isinstance(identifier, str):
            known = self.intents.pop(number, None) if isinstance(number, int) else None
            if known is not None and known.stored and kind == "thread":
                self.stored.add(identifier)
            # A mock may give an id again that it has given before.
            self.gone.discard(identifier)
            self.alive[identifier] = kind
        elif isinstance(number, int) and "settled" in line:
            self.intents.pop(number, None)
        elif isinstance(number, int) and "refused" in line:
            known = self.intents.get(number)
            if known is not None:
                self.intents[number] = replace(known, refused=True)
        elif isinstance(number, int) and kind:
            server = line.get("server")
            prints, stored = dict(line.get("prints") or {}), line.get("stored") is True
            self.intents[number] = Intent(number, kind, self.last, server, prints, stored)


def read(path: Path) -> Book:
    """Read a ledger; a line that was not written to its end, as a killed process leaves it, is passed over.

    Raises:
        OSError: the file cannot be read.
    """
    book = Book()
    for text in path.read_bytes().splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict):
            book.apply(line)
    return book
