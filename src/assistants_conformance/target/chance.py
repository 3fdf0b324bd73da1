"""Chance that can be had again: texts and ids that nothing else contains, drawn from a seed."""

from __future__ import annotations

import hashlib
import secrets


class Chance:
    """A source of texts by chance.

    Args:
        seed: the same seed gives the same texts in the same order; None: a seed that nobody had before.
    """

    def __init__(self, seed: str | None = None) -> None:
        self.seed = secrets.token_hex(8) if seed is None else seed
        self._drawn = 0

    def digits(self, count: int) -> str:
        """Return so many hexadecimal digits."""
        found = ""
        while len(found) < count:
            found += hashlib.sha256(f"{self.seed}/{self._drawn}".encode()).hexdigest()
            self._drawn += 1
        return found[:count]

    def child(self, name: str) -> Chance:
        """Return a source of its own for something that has a name."""
        return Chance(f"{self.seed}/{name}")
