"""What the judge remembers: of every object that is alive, the little that its rules need."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistants_conformance.observe.exchange import Exchange

#: How many ended objects are remembered, so that a use after the end is noticed without growing for ever.
_REMEMBERED_ENDS = 4096


@dataclass
class Seen:
    """One live object: when it was last seen and how it looked."""

    kind: str
    id: str
    born: Exchange | None = None
    parents: dict[str, str] = field(default_factory=dict)
    constant: dict[str, Any] = field(default_factory=dict)
    snapshot: dict[str, Any] | None = None
    snapshot_ended: float = 0.0


@dataclass
class RunSeen:
    """One run: its last status and what the lifecycle and the lock need to know."""

    id: str
    thread_id: str
    status: str = ""
    ended: float = float("-inf")
    exchange: Exchange | None = None
    started: bool = False
    action_seen: bool = False
    last_expiry: int | None = None
    created_at: int | None = None
    terminal: dict[str, Any] | None = None
    called: set[str] = field(default_factory=set)
    call_ids: frozenset[str] = frozenset()
    tools_used: frozenset[str] | None = None
    annotated: set[str] = field(default_factory=set)
    asked_before: frozenset[str] = frozenset()
    answered: frozenset[str] = frozenset()
    started_at: int | None = None
    action_expiry: int | None = None
    cancelled_in: str = ""
    admitted: list[tuple[str, Exchange]] = field(default_factory=list)
    searches: bool = True
    cited: set[str] = field(default_factory=set)
    found: frozenset[str] | None = None


@dataclass(frozen=True)
class Coming:
    """A submit or cancel that was begun while other requests were under way."""

    run: str
    operation: str
    started: float
    ended: float


@dataclass
class EntrySeen:
    """One file of a vector store: its last status, the chunking that it was given, whether it was there before."""

    status: str = ""
    ended: float = float("-inf")
    chunking: dict[str, Any] | None = None
    again: bool = False


@dataclass
class BatchSeen:
    """One batch of files: its last status, and what was submitted."""

    status: str = ""
    ended: float = float("-inf")
    total: int | None = None
    files: frozenset[str] | None = None


@dataclass
class StoreSeen:
    """One vector store. `quiet` is the number of writes at which nothing was going on in it, -1 where something was."""

    id: str
    status: str = ""
    ended: float = float("-inf")
    last_active: int | None = None
    policy: Any = None
    quiet: int = -1
    modified: bool = False
    filled: bool = False
    files: dict[str, EntrySeen] = field(default_factory=dict)
    batches: dict[str, BatchSeen] = field(default_factory=dict)


class World:
    """The live objects of one trace."""

    def __init__(self) -> None:
        self.objects: dict[str, Seen] = {}
        self.runs: dict[str, RunSeen] = {}
        self.runs_of_thread: dict[str, set[str]] = {}
        self.children: dict[str, set[str]] = {}
        self.stores: dict[str, StoreSeen] = {}
        #: How many requests were seen that may change something.
        self.writes = 0
        self.ended: OrderedDict[str, tuple[str, float]] = OrderedDict()
        #: By id: a run or message as the end of a stream showed it, and when the stream ended.
        self.streamed: dict[str, tuple[dict[str, Any], float]] = {}
        #: By how many seconds the Date header is ahead of the server's own clock at least; None: not known.
        self.skew: float | None = None
        #: Ids that were given to more than one object.
        self.doubled: set[str] = set()
        #: What is known to come among requests that overlap; see `Judge.foresee`.
        self.coming: tuple[Coming, ...] = ()

    def see(self, kind: str, identifier: str, parents: dict[str, str]) -> Seen:
        """Return what is remembered of an object, new or known."""
        seen = self.objects.get(identifier)
        if seen is None:
            seen = self.objects[identifier] = Seen(kind, identifier, parents=parents)
            for parent in parents.values():
                self.children.setdefault(parent, set()).add(identifier)
        return seen

    def run(self, identifier: str, thread_id: str) -> RunSeen:
        """Return what is remembered of a run, new or known."""
        run = self.runs.get(identifier)
        if run is None:
            run = self.runs[identifier] = RunSeen(identifier, thread_id)
            self.runs_of_thread.setdefault(thread_id, set()).add(identifier)
        return run

    def called(self, run: RunSeen, until: float) -> set[str]:
        """Return what may have been done to a run since it was last seen, up to a time.

        Of requests that overlap the judge hears in the order in which they began; one that began later may have been
        carried out before.
        """
        since = run.exchange.started if run.exchange is not None else float("-inf")
        coming = [row for row in self.coming if row.run == run.id and row.started < until and row.ended > since]
        return run.called | {row.operation for row in coming}

    def store(self, identifier: str) -> StoreSeen:
        """Return what is remembered of a vector store, new or known."""
        return self.stores.setdefault(identifier, StoreSeen(identifier))

    def end(self, identifier: str, at: float) -> None:
        """Forget an object and everything below it; remember only that it has ended."""
        self.streamed.pop(identifier, None)
        for child in self.children.pop(identifier, ()):
            self._forget(child)
        for run in self.runs_of_thread.pop(identifier, set()):
            self.runs.pop(run, None)
            self._forget(run)
        self.stores.pop(identifier, None)
        for store in self.stores.values():
            store.files.pop(identifier, None)
        kind = self.objects[identifier].kind if identifier in self.objects else ""
        self._forget(identifier)
        self.ended[identifier] = (kind, at)
        while len(self.ended) > _REMEMBERED_ENDS:
            self.ended.popitem(last=False)

    def _forget(self, identifier: str) -> None:
        self.streamed.pop(identifier, None)
        seen = self.objects.pop(identifier, None)
        if seen is not None:
            for parent in seen.parents.values():
                self.children.get(parent, set()).discard(identifier)
        for child in self.children.pop(identifier, ()):
            self._forget(child)
