"""What the model holds to be there. It is told of every answer; it predicts only what the contract decides."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
#: What the lock of a thread is known to be: `open` says that a run works, which may have ended meanwhile.
Lock = Literal["free", "locked", "open"]


@dataclass
class Message:
    """A message. `run` is the id of the run that wrote it, None for a client's."""

    id: str
    role: str
    text: str | None
    metadata: Json
    created_at: int
    run: str | None = None
    files: list[str] = field(default_factory=list)


@dataclass
class Run:
    """A run. `calls` are those that it waits for, `spent` those whose outputs were taken.

    `silent` is set once the messages of its thread were listed after its end: from then on it writes nothing more.
    """

    id: str
    thread: Thread
    assistant: str
    metadata: Json
    status: str = "queued"
    calls: list[str] = field(default_factory=list)
    spent: list[str] = field(default_factory=list)
    created_at: int = 0
    expires_at: int | None = None
    started: bool = False
    cancelled: bool = False
    action: str = "tool_outputs"
    silent: bool = False
    refusals: int = 0


@dataclass
class Thread:
    """A thread, with its messages in the order in which they came about."""

    id: str
    metadata: Json
    messages: dict[str, Message] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)


@dataclass
class Assistant:
    """An assistant. `kind` says what its runs do, as `rules_runs` names it."""

    id: str
    name: str
    metadata: Json
    kind: str = ""
    files: list[str] = field(default_factory=list)


@dataclass
class File:
    """An uploaded file."""

    id: str
    filename: Any


class Model:
    """Everything that a walk has made."""

    def __init__(self, terminal: frozenset[str]) -> None:
        self.terminal = terminal
        self.threads: list[Thread] = []
        self.assistants: list[Assistant] = []
        self.files: list[File] = []
        #: What was deleted, by kind: nothing of it may be found again.
        self.gone: dict[str, list[str]] = {"thread": [], "assistant": [], "file": []}
        #: Every id that was ever given, by what it was given to.
        self.ids: dict[str, str] = {}
        #: The server's own time of its latest answer, None where it tells none; and the seconds that were waited.
        self.now: float | None = None
        self.made = 0

    def number(self) -> int:
        """Return a number that this walk has not used."""
        self.made += 1
        return self.made

    def runs(self) -> list[Run]:
        """Return every run, oldest first."""
        return [run for thread in self.threads for run in thread.runs.values()]

    def ended(self, run: Run) -> bool:
        """Say whether a run was seen in an end."""
        return run.status in self.terminal

    def lock(self, thread: Thread, slack: float) -> tuple[Lock, Run | None]:
        """Return what the lock of a thread is known to be, and the run that holds it."""
        for run in thread.runs.values():
            if not self.ended(run):
                return ("locked" if self.waits(run, slack) else "open"), run
        return "free", None

    def waits(self, run: Run, slack: float) -> bool:
        """Say whether a run certainly waits for its client: it was seen to, and its time is not up."""
        if run.status != "requires_action":
            return False
        if run.expires_at is None:
            return True
        return self.now is not None and self.now < run.expires_at - slack

    def overdue(self, run: Run, slack: float) -> bool:
        """Say whether the time of a run is certainly up."""
        return run.expires_at is not None and self.now is not None and self.now > run.expires_at + slack
