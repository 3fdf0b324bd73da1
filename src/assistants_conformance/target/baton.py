"""Who asks a target just now: of the threads of one process one at a time, and who waits lets another go on."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Seconds; a shorter wait is for a moment that must not be missed, and nobody is let in between.
SHORT = 0.4


class Baton:
    """Is held by one thread at a time. Who has laid it down to wait comes before who begins something new."""

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._owner: int | None = None
        self._again: deque[object] = deque()
        self._new: deque[object] = deque()

    def _take(self, queue: deque[object]) -> None:
        ticket = object()
        with self._free:
            queue.append(ticket)
            try:
                while self._owner is not None or (self._again or self._new)[0] is not ticket:
                    self._free.wait()
                self._owner = threading.get_ident()
            finally:
                queue.remove(ticket)
                self._free.notify_all()

    def _give(self) -> None:
        with self._free:
            self._owner = None
            self._free.notify_all()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it meanwhile."""
        self._take(self._new)
        try:
            yield
        finally:
            self._give()

    @contextmanager
    def laid_down(self) -> Iterator[None]:
        """Let others go on meanwhile; a thread that does not hold it has nothing to lay down."""
        if self._owner != threading.get_ident():
            yield
            return
        self._give()
        try:
            yield
        finally:
            self._take(self._again)


__all__ = ["SHORT", "Baton"]
