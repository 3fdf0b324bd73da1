"""Scenarios that wait for a real clock: each in a thread of its own from the start, while everything else runs."""

from __future__ import annotations

import threading
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from assistants_conformance.plugin.word import Word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from assistants_conformance.reporting.tally import Tally
    from assistants_conformance.scenario import Binding

T = TypeVar("T")


@dataclass(frozen=True)
class Waiting:
    """A scenario that waits."""

    name: str
    function: Callable[..., Any]
    binding: Binding
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """What came of it: the kind of its outcome, the words for it, and what it adds to the whole."""

    kind: str
    told: str
    tally: Tally


def carried(one: Waiting, conduct: Callable[[], T]) -> T | Done:
    """Return what comes of a scenario; what breaks is an error of its requirements."""
    try:
        return conduct()
    except Exception:
        from assistants_conformance.reporting.tally import Tally  # noqa: PLC0415 - the help does without it

        told, tally = traceback.format_exc(limit=-4), Tally()
        for identifier in one.binding.requirements:
            tally.errors.setdefault(identifier, told)
        return Done("error", told, tally)


class Background:
    """What waits in the threads of this process, and where other processes of the run say what came of theirs.

    Args:
        folder: all processes of the run write there; None: this one is alone.
        conduct: carries one scenario out; the number tells those of one process apart.
    """

    def __init__(self, folder: Path | None, conduct: Callable[[Waiting, int], Done]) -> None:
        self._word = Word(folder)
        self._conduct = conduct
        self._threads: dict[str, threading.Thread] = {}
        self._done: dict[str, Done] = {}

    def begin(self, scenarios: Iterable[Waiting]) -> None:
        """Start a thread for each scenario."""
        for number, one in enumerate(scenarios, start=1):
            self._word.begin(one.name)
            thread = threading.Thread(target=self._run, args=(one, number), name=one.name, daemon=True)
            self._threads[one.name] = thread
            thread.start()

    def _run(self, one: Waiting, number: int) -> None:
        self._done[one.name] = done = carried(one, lambda: self._conduct(one, number))
        self._word.end(one.name, done.kind, done.told)

    def outcome(self, name: str) -> tuple[str, str] | None:
        """Wait for a scenario and return the kind of its outcome and the words for it; None: nobody carries it out."""
        if (thread := self._threads.get(name)) is not None:
            thread.join()
            done = self._done[name]
            return done.kind, done.told
        return self._word.outcome(name)

    def all(self) -> Iterator[Tally]:
        """Wait for what waits in this process, and yield what each adds to the whole."""
        for name, thread in self._threads.items():
            thread.join()
            yield self._done[name].tally


__all__ = ["Background", "Done", "Waiting", "carried"]
