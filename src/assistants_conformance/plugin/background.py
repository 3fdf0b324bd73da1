"""Scenarios that wait for a real clock: each in a thread of its own from the start, while everything else runs."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from assistants_conformance.reporting.tally import Tally
    from assistants_conformance.scenario import Binding

#: Seconds between two looks at what another worker has come to.
_LOOK = 0.1


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


class Background:
    """What waits in the threads of this process, and where other processes of the run say what came of theirs.

    Args:
        folder: all processes of the run write there; None: this one is alone.
        conduct: carries one scenario out; the number tells those of one process apart.
    """

    def __init__(self, folder: Path | None, conduct: Callable[[Waiting, int], Done]) -> None:
        self._folder = folder
        self._conduct = conduct
        self._threads: dict[str, threading.Thread] = {}
        self._done: dict[str, Done] = {}

    def begin(self, scenarios: Iterable[Waiting]) -> None:
        """Start a thread for each scenario."""
        for number, one in enumerate(scenarios, start=1):
            self._say(one.name, {"pid": os.getpid()})
            thread = threading.Thread(target=self._run, args=(one, number), name=one.name, daemon=True)
            self._threads[one.name] = thread
            thread.start()

    def _run(self, one: Waiting, number: int) -> None:
        try:
            done = self._conduct(one, number)
        except Exception:
            from assistants_conformance.reporting.tally import Tally  # noqa: PLC0415 - the help does without it

            told, tally = traceback.format_exc(limit=-4), Tally()
            for identifier in one.binding.requirements:
                tally.errors.setdefault(identifier, told)
            done = Done("error", told, tally)
        self._done[one.name] = done
        self._say(one.name, {"pid": os.getpid(), "kind": done.kind, "told": done.told})

    def outcome(self, name: str) -> tuple[str, str] | None:
        """Wait for a scenario and return the kind of its outcome and the words for it; None: nobody carries it out."""
        if (thread := self._threads.get(name)) is not None:
            thread.join()
            done = self._done[name]
            return done.kind, done.told
        said = self._said(name)
        while said is not None and "kind" not in said:
            if not _alive(said.get("pid")):
                # It may have ended between the two looks.
                said = self._said(name)
                break
            time.sleep(_LOOK)
            said = self._said(name)
        return (str(said["kind"]), str(said["told"])) if said is not None and "kind" in said else None

    def all(self) -> Iterator[Tally]:
        """Wait for what waits in this process, and yield what each adds to the whole."""
        for name, thread in self._threads.items():
            thread.join()
            yield self._done[name].tally

    # -- between processes -------------------------------------------------------------------------------------------

    def _file(self, name: str) -> Path | None:
        if self._folder is None:
            return None
        return self._folder / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.json"

    def _say(self, name: str, told: dict[str, Any]) -> None:
        file = self._file(name)
        if file is not None and file.parent.is_dir():
            unfinished = file.with_suffix(".part")
            unfinished.write_text(json.dumps(told), "utf-8")
            unfinished.replace(file)

    def _said(self, name: str) -> dict[str, Any] | None:
        file = self._file(name)
        if file is None:
            return None
        try:
            told: dict[str, Any] = json.loads(file.read_text("utf-8"))
        except FileNotFoundError:
            return None
        return told


def _alive(pid: object) -> bool:
    if not isinstance(pid, int):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


__all__ = ["Background", "Done", "Waiting"]
