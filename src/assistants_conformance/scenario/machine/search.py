"""Searching with walks: those that go through every state, and those by chance; a deviation is made as short as can be.

A walk is plain data, a list of elements. So it can be kept on a cassette and walked again, and what is left of it when
elements are taken out is a walk as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.scenario.machine import rules_runs
from assistants_conformance.scenario.machine.rules import RULES
from assistants_conformance.scenario.machine.rules_runs import APPROVAL, ONE, ROUNDS, TWO, WORK
from assistants_conformance.scenario.machine.walker import Deviation, Element, Walker
from assistants_conformance.target import Api, Blocked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from hypothesis.strategies import SearchStrategy

    from assistants_conformance.scenario.verify import Verify

Walk = list[Element]
#: How many requirements are made short in one search, and how many walks are tried for each.
_SHORTENED = 2
_MOST_TRIES = 30
#: How many requests that may take, and on a target that deviates in so many ways that no single one is sought for.
_MOST_REQUESTS, _FEW_REQUESTS, _MANY = 2000, 300, 8
#: After so many walks that could not go on, the others would not either.
_MOST_STUCK = 5


def step(name: str, pick: int = 0, way: int = 0, *, at_once: bool = False) -> Element:
    """Return one element of a walk."""
    return [name, pick, way, int(at_once)]


def _now(name: str, way: int = 0) -> Element:
    return step(name, way=way, at_once=True)


#: By state of a run: how a client brings a run there.
STATES: dict[str, Walk] = {
    "queued": [_now("run", ONE)],
    "in_progress": [_now("run", WORK), _now("poll")],
    "requires_action": [_now("run", TWO), _now("wait")],
    "resumed": [_now("run", ROUNDS), _now("wait"), _now("submit")],
    "requires_action again": [
        _now("run", ROUNDS),
        _now("wait"),
        _now("time", rules_runs.HALF),
        _now("submit"),
        _now("wait"),
    ],
    "approval": [_now("run", APPROVAL), _now("wait")],
    "cancelling": [_now("run", ONE), _now("wait"), _now("cancel")],
    "cancelling at work": [_now("run", WORK), _now("cancel")],
    "cancelled": [_now("run", ONE), _now("wait"), _now("cancel"), _now("wait")],
    "completed": [_now("run", ONE), _now("wait"), _now("submit"), _now("wait")],
    "expired": [_now("run", ONE), _now("wait"), _now("time")],
}
#: What a client does that moves nothing where it is refused, or nothing of the run.
_STILL: Walk = [
    step("message", way=1),
    step("submit", way=rules_runs.WRONG),
    step("submit", way=rules_runs.PART),
    step("submit", way=rules_runs.DOUBLED),
    step("modify thread"),
    step("modify message"),
    step("modify run"),
    step("modify assistant"),
    step("delete message", 1),
    step("steps"),
    step("message elsewhere"),
    step("run elsewhere"),
    step("time", way=rules_runs.HALF),
]
#: What moves the run, or ends what it hangs on; each is done for itself.
_MOVES: Walk = [
    step("message"),
    step("run"),
    step("cancel"),
    step("submit"),
    step("submit", way=rules_runs.REVERSED),
    step("delete thread"),
    step("delete assistant"),
    step("time"),
]
#: How a run that waits comes to its end otherwise than by outputs.
_ENDS: Walk = [step("time"), step("cancel")]
_AFTER: Walk = [_now("wait"), _now("submit"), step("wait"), step("message"), step("run")]


def tours(*, whole: bool) -> Iterator[Walk]:
    """Yield walks that bring every operation to every state of a run that a client can reach.

    `whole`: each operation that moves a run gets a walk of its own, some hundred runs in all.
    """
    for name, way in STATES.items():
        for move in _MOVES if whole else ():
            yield [*way, [*move[:3], 1], *_AFTER]
        for end in [[], *([one] for one in _ENDS if name == "requires_action")]:
            yield [step("thread"), step("thread", way=2), *way, *_STILL, *end, *_AFTER, step("wait"), step("message")]


def chance(*, runs: bool, steps: int) -> SearchStrategy[Walk]:
    """Return the strategy of walks by chance."""
    from hypothesis import strategies as st  # noqa: PLC0415 - slow to load

    names = [rule.name for rule in RULES.values() for _ in range(rule.weight) if runs or not rule.runs]

    def element(name: str) -> SearchStrategy[Element]:
        ways = RULES[name].ways
        return st.tuples(st.just(name), st.integers(0, 3), st.integers(0, ways - 1), st.integers(0, 1)).map(list)

    return st.lists(st.sampled_from(names).flatmap(element), min_size=steps, max_size=steps)


def walk(api: Api, elements: Walk, *, runs: bool, clock: bool, known: Collection[str] = ()) -> Walker:
    """Do a walk, to its end or to what deviates, and return the walker that did it.

    What the judge finds of the requirements in `known` does not end it.

    Raises:
        Blocked: it could not go on, and nothing deviated.
    """
    walker = Walker(api, runs=runs, clock=clock, known=known)
    try:
        for name, pick, way, at_once in elements:
            touched = RULES[name].carry(walker, pick, way)
            if walker.deviations:
                return walker
            if touched is not None and not at_once:
                walker.compare(touched)
            if walker.deviations:
                return walker
        walker.compare_all()
    except Blocked:
        if not walker.deviations:
            raise
    return walker


class Search:
    """The state of one search."""

    def __init__(self, api: Api, verify: Verify, *, runs: bool) -> None:
        self._api = api
        self._verify = verify
        self._runs = runs
        self._clock = api.winder is not None or bool(api.settings.clock_url)
        self.tried: list[Any] = []
        self.checked: set[str] = set()
        self.found: dict[str, tuple[Walk, Deviation]] = {}
        self.blocked: Blocked | None = None
        self._stuck = 0

    def one(self, elements: Walk, known: Collection[str] = ()) -> set[str]:
        """Do a walk and return the requirements that it found broken; of equal ones the shortest walk is kept."""
        self.tried.append([elements, sorted(known)])
        try:
            walker = walk(self._api, elements, runs=self._runs, clock=self._clock, known=known)
        except Blocked as error:
            self.blocked = self.blocked or error
            self._stuck += 1
            return set()
        self.checked.update(walker.checked)
        for one in walker.deviations:
            shortest = self.found.get(one.requirement)
            if shortest is None or len(elements) < len(shortest[0]):
                self.found[one.requirement] = (elements, one)
        return {one.requirement for one in walker.deviations}

    def all(self, walks: Iterable[Walk]) -> None:
        """Do walks; what deviates first of a few requirements is made short."""
        api, effort = self._api, self._api.settings.effort
        shortened, begun = 0, api.requests
        for elements in walks:
            if self._stuck >= _MOST_STUCK or (effort.requests and api.requests - begun >= effort.requests):
                return
            known = set(self.found)
            new = self.one(elements, known) - known
            if new and api.shrinks and shortened < _SHORTENED:
                shortened += 1
                self._shorten(elements, min(new), known)

    def _shorten(self, elements: Walk, requirement: str, known: Collection[str]) -> None:
        """Take out elements, halves first, then single ones, then make their numbers small, as long as it deviates."""
        allowed = _MOST_REQUESTS if len(self.found) < _MANY else _FEW_REQUESTS
        left, most = _MOST_TRIES, self._api.requests + allowed
        size = max(1, len(elements) // 2)
        while True:
            place = 0
            shorter = False
            while place < len(elements):
                smaller = elements[:place] + elements[place + size :]
                left -= 1
                if left < 0 or self._api.requests > most:
                    return
                if smaller and requirement in self.one(smaller, known):
                    elements, shorter = smaller, True
                else:
                    place += size
            if size == 1 and not shorter:
                break
            size = max(1, size // 2)
        for place, (name, pick, _, at_once) in enumerate(elements):
            for plain in ([name, 0, 0, 0], [name, pick, 0, 0], [name, pick, 0, at_once]):
                if plain == elements[place] or left <= 0:
                    continue
                left -= 1
                smaller = [*elements[:place], plain, *elements[place + 1 :]]
                if requirement in self.one(smaller, known):
                    elements = smaller
                    break

    def again(self, recorded: list[Any]) -> None:
        """Do the walks of a cassette again."""
        for item in recorded:
            if isinstance(item, dict):
                self._clock = bool(item.get("clock"))
            else:
                self.one(*item)

    @property
    def corpus(self) -> list[Any]:
        """What a cassette keeps of the search."""
        return [{"clock": self._clock}, *self.tried]


def drawn(api: Api, strategy: SearchStrategy[Walk], count: int) -> list[Walk]:
    """Draw walks from a seed; they hang on no answer, so they are all drawn before the first is done."""
    from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings  # noqa: PLC0415 - slow to load

    found: list[Walk] = []
    limits = settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )

    @seed(api.chance.child("walks").number())
    @limits
    @given(strategy)
    def collect(example: Walk) -> None:
        found.append(example)

    collect()
    return found[:count]


def explore(api: Api, verify: Verify, requirements: tuple[str, ...], *, runs: bool, through: bool) -> None:
    """Walk, and verify what the walks were about.

    Args:
        api: the target; its effort says how many walks are drawn, and how long they are.
        verify: told of the outcome.
        requirements: what the walks are about; one that was checked and did not deviate has passed.
        runs: whether runs are made.
        through: whether every state is gone through; else walks are drawn.

    Raises:
        Blocked: a walk could not go on, and none deviated.
    """
    search = Search(api, verify, runs=runs)
    recorded, effort = api.corpus(), api.settings.effort
    if recorded is not None:
        search.again(recorded)
    else:
        whole = api.settings.embedded or effort.shrink
        search.all(tours(whole=whole) if through else drawn(api, chance(runs=runs, steps=effort.steps), effort.walks))
        api.keep_corpus(search.corpus)
    for identifier in sorted(search.checked | search.found.keys()):
        if identifier not in search.found:
            verify(identifier, True, observed="", expected="")
            continue
        _, one = search.found[identifier]
        verify.told(identifier, one.observed, one.expected, one.answer, one.history)
    for identifier in requirements:
        if identifier not in search.checked and identifier not in search.found:
            verify.untold.setdefault(identifier, str(search.blocked or "no walk came there"))
    if search.blocked is not None and not search.found:
        raise search.blocked
