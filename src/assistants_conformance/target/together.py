"""Several callers, each in a thread of its own: one after the other, or all at the same moment."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def in_turn(work: Callable[[int], None], count: int) -> None:
    """Work one after the other, each in a thread of its own: a server tells its callers apart by them."""
    turns = [threading.Event() for _ in range(count + 1)]

    def wait_and_work(number: int) -> None:
        turns[number].wait()
        try:
            work(number)
        finally:
            turns[number + 1].set()

    workers = _started(wait_and_work, count)
    turns[0].set()
    for worker in workers:
        worker.join()


def at_once(work: Callable[[int], None], count: int, patience: float) -> None:
    """Let all begin at the same moment, and wait at most `patience` seconds for each to end."""
    gate = threading.Barrier(count)

    def meet_and_work(number: int) -> None:
        gate.wait()
        work(number)

    for worker in _started(meet_and_work, count):
        worker.join(patience)


def _started(work: Callable[[int], None], count: int) -> list[threading.Thread]:
    workers = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(count)]
    for worker in workers:
        worker.start()
    return workers


__all__ = ["at_once", "in_turn"]
