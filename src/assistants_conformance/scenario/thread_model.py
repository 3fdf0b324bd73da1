"""What a thread is to requests that come one after the other: the specification that races are judged by.

A run goes on by itself, and nobody sees when. So the state holds of every run all that it may be by now; an answer
narrows that down, and what cannot be narrowed to anything is an answer that cannot have been.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple

from assistants_conformance.scenario.linear import LIMIT, Act, conflict, fits, optional

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from assistants_conformance.contract.lifecycle import Lifecycle

WAITING = "requires_action"
#: After how many configurations a history with one message is passed over.
_SMALL_LIMIT = 2_000
#: What an act on these leaves behind is needed to explain the answers to others.
_NEEDED = frozenset({"create_run", "submit", "cancel", "delete_thread"})
#: What a list shows, by the kind of the act.
_LISTS = {"list_messages": "create_message", "list_runs": "create_run"}


class Stage(NamedTuple):
    """Where a run may be: its status, and whether the calls that it made first have their outputs."""

    status: str
    served: bool


class State(NamedTuple):
    """A thread: whether it is there, its runs with all that each may be by now, and its messages."""

    there: bool = True
    runs: frozenset[tuple[str, frozenset[Stage]]] = frozenset()
    messages: frozenset[str] = frozenset()


class ThreadModel:
    """The sequential specification of one thread.

    Args:
        cycle: the lifecycle of runs.
        lenient: a run whose time is over may refuse what is asked of it before it is seen to have expired.
    """

    def __init__(self, cycle: Lifecycle, *, lenient: bool = False) -> None:
        self._cycle = cycle
        self._lenient = lenient
        self._after: dict[frozenset[Stage], frozenset[Stage]] = {}
        self._moves: dict[str, Callable[[State, Act], Iterable[State]]] = {
            "create_run": self._create_run,
            "create_message": self._create_message,
            "delete_message": self._delete_message,
            "delete_thread": self._delete_thread,
            "submit": self._submit,
            "cancel": self._cancel,
            "read_run": self._read_run,
            "read_steps": self._read_steps,
        }
        self.first = self.later(frozenset({Stage("queued", served=False)}))
        self.waiting = self.later(frozenset({Stage(WAITING, served=False)}))

    def later(self, stages: frozenset[Stage]) -> frozenset[Stage]:
        """Return what runs may become by themselves that are in one of these stages now."""
        if stages not in self._after:
            reached = {
                Stage(status, stage.served)
                for stage in stages
                for status in self._cycle.reachable(stage.status, called=())
            }
            self._after[stages] = frozenset(reached)
        return self._after[stages]

    def check(self, acts: Sequence[Act], start: State, limit: int = LIMIT) -> bool | None:
        """Say whether answers fit some order of the requests; None: not decided."""
        shown = {act.subject for act in acts if act.kind in _LISTS.values()}
        shown |= start.messages | {name for name, _ in start.runs}

        def step(state: State, act: Act) -> Iterable[State]:
            if act.kind in _LISTS:
                return self._list(state, act, shown)
            if act.kind == "read_thread":
                return [state] if state.there == (act.outcome == "done") else []
            return self._moves[act.kind](state, act)

        return fits(_likely(acts), start, step, passive=_passive, limit=limit)

    def contradiction(self, acts: Sequence[Act], start: State) -> list[Act] | None:
        """Return the fewest answers that fit no order; empty where all fit one, None where that is not decided."""
        alone = self._alone(acts, start)
        verdict = self.check(acts, start) if alone is None else False
        if verdict is not False:
            return None if verdict is None else []
        acts = acts if alone is None else alone
        return conflict(acts, lambda some, limit: self.check(some, start, limit), self.weaken)

    def _alone(self, acts: Sequence[Act], start: State) -> list[Act] | None:
        """Return what fits no order already where all messages but one are left out; None where nothing does.

        What fits no order with one message fits none with more, and all of them together are many configurations.
        """
        for one in dict.fromkeys(act.subject for act in acts if act.kind == "create_message"):
            some = [act for act in acts if act.kind != "create_message" or act.subject == one]
            if self.check(some, start, _SMALL_LIMIT) is False:
                return some
        return None

    @staticmethod
    def weaken(act: Act) -> Act | None:
        """Return an act of which nobody knows what was answered; None where no other answer hangs on it."""
        if act.optional:
            return act
        return optional(act) if act.kind in _NEEDED and act.outcome == "done" else None

    # -- the operations: which states may follow, where this was the answer ------------------------------------------

    def _create_run(self, state: State, act: Act) -> Iterator[State]:
        if act.outcome == "gone":
            yield from self._gone(state)
        elif act.outcome == "refused":
            yield from self._held(state)
        elif (free := self._free(state)) is not None:
            yield free._replace(runs=free.runs | {(act.subject, self.first)})

    def _create_message(self, state: State, act: Act) -> Iterator[State]:
        if act.outcome == "gone":
            yield from self._gone(state)
        elif act.outcome == "refused":
            yield from self._held(state)
        elif (free := self._free(state)) is not None:
            yield free._replace(messages=free.messages | {act.subject})

    def _delete_message(self, state: State, act: Act) -> Iterator[State]:
        known = state.there and act.subject in state.messages
        if act.outcome == "refused":
            yield from self._held(state)
        elif known == (act.outcome == "done"):
            yield state._replace(messages=state.messages - {act.subject})

    def _delete_thread(self, state: State, act: Act) -> Iterator[State]:
        if act.outcome == "gone":
            yield from self._gone(state)
        elif act.outcome == "refused":
            yield from self._held(state)
        elif state.there:
            yield State(there=False)

    def _submit(self, state: State, act: Act) -> Iterator[State]:
        def taken(stage: Stage) -> bool:
            return stage == Stage(WAITING, served=False)

        if act.outcome == "done":
            moved = frozenset({Stage("queued", served=True)})
            yield from self._moved(state, act, lambda stage: moved if taken(stage) else frozenset())
        else:
            yield from self._refused(state, act, lambda stage: not taken(stage))

    def _cancel(self, state: State, act: Act) -> Iterator[State]:
        ends = self._ends("cancel_run")
        if act.outcome == "done":
            yield from self._moved(
                state, act, lambda stage: frozenset(Stage(end, stage.served) for end in ends.get(stage.status, ()))
            )
        else:
            # Whether a run that is queued or waits can be cancelled is left to the service (CAN-005).
            yield from self._refused(state, act, lambda stage: stage.status != "in_progress")

    def _ends(self, operation: str) -> Mapping[str, set[str]]:
        ends: dict[str, set[str]] = {}
        for edge in self._cycle.edges:
            if edge.client == operation:
                ends.setdefault(edge.start, set()).add(edge.end)
        return ends

    def _read_run(self, state: State, act: Act) -> Iterator[State]:
        yield from self._seen(state, act, lambda stage: stage.status in act.seen)

    def _read_steps(self, state: State, act: Act) -> Iterator[State]:
        yield from self._seen(state, act, lambda stage: stage.served == ("output" in act.seen))

    def _seen(self, state: State, act: Act, shown: Callable[[Stage], bool]) -> Iterator[State]:
        if act.outcome == "done":
            yield from self._moved(state, act, lambda stage: frozenset({stage}) if shown(stage) else frozenset())
        elif not state.there or act.subject not in dict(state.runs):
            yield state

    @staticmethod
    def _list(state: State, act: Act, shown: set[str]) -> list[State]:
        if act.outcome != "done":
            return [] if state.there else [state]
        there = state.messages if act.kind == "list_messages" else {name for name, _ in state.runs}
        return [state] if state.there and act.seen & shown == there & shown else []

    # -- the lock ----------------------------------------------------------------------------------------------------

    def _free(self, state: State) -> State | None:
        """Return the thread with every run ended; None where one cannot have."""
        ended = set()
        for name, stages in state.runs:
            left = frozenset(stage for stage in stages if stage.status in self._cycle.terminal)
            if not left:
                return None
            ended.add((name, left))
        return state._replace(runs=frozenset(ended)) if state.there else None

    def _held(self, state: State) -> Iterator[State]:
        """Give the thread with one run that is active, for each that may be."""
        for name, stages in state.runs:
            left = self.later(frozenset(stage for stage in stages if stage.status in self._cycle.open))
            if left:
                yield state._replace(runs=state.runs - {(name, stages)} | {(name, left)})

    @staticmethod
    def _gone(state: State) -> Iterator[State]:
        if not state.there:
            yield state

    # -- one run -----------------------------------------------------------------------------------------------------

    def _refused(self, state: State, act: Act, may: Callable[[Stage], bool]) -> Iterator[State]:
        if act.outcome == "gone":
            if not state.there or act.subject not in dict(state.runs):
                yield state
        elif self._lenient and state.there:
            yield state
        else:
            yield from self._moved(state, act, lambda stage: frozenset({stage}) if may(stage) else frozenset())

    def _moved(self, state: State, act: Act, move: Callable[[Stage], frozenset[Stage]]) -> Iterator[State]:
        for name, stages in state.runs:
            if name == act.subject:
                left = self.later(frozenset[Stage]().union(*map(move, stages)))
                if left:
                    yield state._replace(runs=state.runs - {(name, stages)} | {(name, left)})


def _likely(acts: Sequence[Act]) -> list[Act]:
    """Return acts in the order in which they will have happened: first what most of the others tell of."""
    shown = [act.seen for act in acts if act.kind == "list_messages" and act.outcome == "done"]
    gone = sum(act.outcome == "gone" for act in acts)

    def late(act: Act) -> tuple[int, bool, float]:
        tells = {
            "create_message": gone + sum(act.subject in seen for seen in shown),
            "delete_message": gone + sum(act.subject not in seen for seen in shown),
            "delete_thread": gone,
        }
        return -tells.get(act.kind, 0), act.kind == "delete_thread", act.ended

    return sorted(acts, key=late)


def _passive(act: Act) -> bool:
    return act.outcome != "done" or act.kind.startswith(("read_", "list_"))


def explained(acts: Sequence[Act], history: Sequence[Act]) -> str:
    """Put answers that fit no order into words, with when each was under way."""
    begun = min((act.began for act in history if act.began > -inf), default=0.0)
    lines = [
        f"{act.told} (from {1000 * (act.began - begun):.1f} to {1000 * (act.ended - begun):.1f} ms)"
        for act in sorted(acts, key=lambda act: (act.began, act.ended))
    ]
    return f"no order of {len(history)} requests gives these answers: {'; '.join(lines)}"
