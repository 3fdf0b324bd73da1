"""Scenarios ahead of their turn: while one waits for the target, another one of the same process asks.

pytest carries out one test after the other, and most of the time of a live run goes by in waiting for a model or an
index. So a few threads begin scenarios whose turn has not come yet. A baton goes round among them: one thread asks at a
time, and lays the baton down only where it waits, so that the target has no more to bear than from one worker.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from assistants_conformance.plugin.background import Done, Waiting, carried
from assistants_conformance.plugin.word import Word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from assistants_conformance.reporting.tally import Tally
    from assistants_conformance.target.baton import Baton

#: How many threads beside the one of pytest.
LANES = 3


class Lanes:
    """The scenarios of a run in the order in which this process begins them, and the threads that do.

    Args:
        folder: all processes of the run leave word there, since what one has begun may be another's turn; None: this
            one is alone.
        conduct: carries a scenario out, in the lane of this number, the baton in hand; None: it is not to be carried
            out any more.
    """

    def __init__(
        self,
        folder: Path | None,
        baton: Baton,
        scenarios: Sequence[Waiting],
        conduct: Callable[[Waiting, int], Done | None],
    ) -> None:
        self._word = Word(folder)
        self._baton = baton
        self._scenarios = list(scenarios)
        self._names = {one.name for one in self._scenarios}
        self._conduct = conduct
        self._lock = threading.Lock()
        self._next = 0
        self._mine: dict[str, threading.Event] = {}
        self._done: dict[str, Done] = {}
        self._over = self._stopped = False
        self._threads: list[threading.Thread] = []

    def begin(self) -> None:
        """Start the threads."""
        for number in range(1, LANES + 1):
            thread = threading.Thread(target=self._work, args=(number,), name=f"lane {number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self, number: int) -> None:
        while (one := self._claimed()) is not None:
            with self._baton.held():
                done = carried(one, partial(self._conduct, one, number))
            if done is None or self._stopped:
                self._word.release(one.name)
                self._mine[one.name].set()
                return
            self._done[one.name] = done
            self._word.end(one.name, done.kind, done.told)
            self._mine[one.name].set()

    def _claimed(self) -> Waiting | None:
        with self._lock:
            while self._next < len(self._scenarios) and not self._over:
                one = self._scenarios[self._next]
                self._next += 1
                if one.name not in self._mine and self._word.claim(one.name):
                    self._mine[one.name] = threading.Event()
                    return one
        return None

    def outcome(self, name: str) -> tuple[str, str] | None:
        """Return kind and words of what came of a scenario, once its turn has come; None: who asks carries it out."""
        if name not in self._names:
            return None
        with self._lock:
            mine = self._mine.get(name)
            if mine is None and self._word.claim(name):
                return None
        if mine is None:
            return self._word.outcome(name)
        mine.wait()
        done = self._done.get(name)
        return (done.kind, done.told) if done is not None else None

    def carried_out(self, name: str, kind: str, told: str) -> None:
        """Take word of what the asking thread came to itself."""
        if name in self._names:
            self._word.end(name, kind, told)

    def stop(self, *, stopped: bool) -> None:
        """Begin nothing more; where the run was `stopped`, what goes on comes to nothing."""
        with self._lock:
            self._over, self._stopped = True, stopped

    def end(self, *, stopped: bool) -> Iterator[Tally]:
        """Begin nothing more, wait for what goes on unless the run was stopped, and yield what each has found."""
        self.stop(stopped=stopped)
        for thread in self._threads:
            if not stopped:
                thread.join()
        yield from [done.tally for done in list(self._done.values())]


__all__ = ["LANES", "Lanes"]
