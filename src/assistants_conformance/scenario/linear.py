"""Linearizability: whether answers to requests that overlapped fit some order of the requests.

The search is complete: an order is looked for in which no request stands before one that was over when it began, and in
which a sequential specification gives each answer. It is the search of Wing and Gong, with the memory of Lowe: what is
left and what state it left behind is never tried twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from math import comb, inf
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    State = TypeVar("State", bound=Hashable)

#: After so many configurations a history is left undecided, which accuses nobody.
LIMIT = 50_000
#: The same where an explanation is made small, which is asked often.
_SMALL_LIMIT = 5_000
#: How many sets of answers are tried to find one that is smaller still.
_MOST_SETS = 3_000


@dataclass(frozen=True)
class Act:
    """One request with what was answered to it.

    `began` and `ended` are seconds of one clock. `kind` and `outcome` are words of the specification; `subject` names
    what the request was about, `seen` what the answer showed. An act that is `optional` may have had its effect, at any
    time since it began, or none. `told` is for a reader.
    """

    kind: str
    outcome: str
    subject: str = ""
    seen: frozenset[str] = frozenset()
    began: float = 0.0
    ended: float = 0.0
    optional: bool = False
    told: str = ""


def fits(
    acts: Sequence[Act],
    start: State,
    step: Callable[[State, Act], Iterable[State]],
    *,
    passive: Callable[[Act], bool] = lambda act: False,  # noqa: ARG005 - one that says it of none
    limit: int = LIMIT,
) -> bool | None:
    """Say whether some order of the acts gives their answers; None: not decided within `limit` configurations.

    Args:
        acts: the history; of those that may come next the first is tried first.
        start: the state before it.
        step: gives the states that may follow where an act has the answer that it had; none where it cannot have it.
        passive: says whether an act never does more than to tell of the state.
        limit: how many configurations are looked at.
    """
    before = [
        sum(1 << other for other, first in enumerate(acts) if not first.optional and first.ended < act.began)
        for act in acts
    ]
    wanted = sum(1 << number for number, act in enumerate(acts) if not act.optional)
    stack: list[tuple[int, State]] = [(0, start)]
    known = {stack[0]}
    while stack:
        done, state = stack.pop()
        if wanted & ~done == 0:
            return True
        following: list[tuple[int, State]] = []
        for number in reversed(range(len(acts))):
            bit = 1 << number
            if done & bit or before[number] & ~done:
                continue
            states = list(step(state, acts[number]))
            if state in states and passive(acts[number]) and not acts[number].optional:
                # What only tells of the state may as well tell now: every order that goes on without it still does.
                following = [(done | bit, state)]
                break
            following += [(done | bit, one) for one in states]
        for configuration in following:
            if configuration not in known:
                known.add(configuration)
                stack.append(configuration)
        if len(known) > limit:
            return None
    return False


def optional(act: Act) -> Act:
    """Return an act of which nobody knows what came."""
    return replace(act, optional=True, outcome="done", ended=inf)


def conflict(
    acts: Sequence[Act], check: Callable[[list[Act], int], bool | None], weaken: Callable[[Act], Act | None]
) -> list[Act]:
    """Return the smallest set of acts whose answers fit no order, whatever the other requests were answered.

    Args:
        acts: a history that fits no order.
        check: says whether a history fits some order, within a limit of configurations.
        weaken: gives an act without its answer; None where nothing hangs on it.
    """

    def refuted(chosen: frozenset[int]) -> bool:
        kept = [act if number in chosen else weaken(act) for number, act in enumerate(acts)]
        return check([act for act in kept if act is not None], _SMALL_LIMIT) is False

    core = frozenset(range(len(acts)))
    size = max(1, len(acts) // 2)
    while size:
        for first in range(0, len(acts), size):
            fewer = core - set(range(first, first + size))
            if fewer != core and refuted(fewer):
                core = fewer
        size //= 2
    tried = 0
    # Of the smallest the first is taken: what began the trouble tells more than what was read of it afterwards.
    for few in range(1, len(core) + 1):
        tried += comb(len(acts), few)
        if tried > _MOST_SETS:
            break
        for chosen in combinations(range(len(acts)), few):
            if refuted(frozenset(chosen)):
                return [acts[number] for number in chosen]
    return [acts[number] for number in sorted(core)]
