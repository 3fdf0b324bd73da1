"""Searching with Hypothesis inside a scenario: many examples, one deviation, as small as it can be made.

A property gives what deviates, and never raises for it. The examples come from a seed; in a replay they come from the
cassette, since another version of Hypothesis or Python would draw others.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from assistants_conformance.contract import brief
from assistants_conformance.target import Answer, Api, Blocked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hypothesis.strategies import SearchStrategy

    from assistants_conformance.scenario.verify import Verify

T = TypeVar("T")


@dataclass(frozen=True)
class Deviation:
    """What a property saw and should not have seen."""

    requirement: str
    observed: str
    expected: str
    answer: Answer | None = None


class _Deviates(AssertionError):
    """Tells Hypothesis that an example is one to keep."""


class _Search:
    """The state of one search."""

    def __init__(self, api: Api, verify: Verify, check: Callable[[Any], Iterable[Deviation]]) -> None:
        self._api = api
        self._verify = verify
        self._check = check
        self.examples: list[Any] = []
        self.found: tuple[Any, list[Deviation]] | None = None
        self.blocked: Blocked | None = None
        self.tried = 0

    def one(self, example: Any) -> None:
        """Try one example.

        Raises:
            _Deviates: it deviates.
        """
        if self.blocked is not None:
            return
        self.examples.append(example)
        self.tried += 1
        try:
            found = [one for one in self._check(example) if one.requirement in self._verify.profile.active]
        except Blocked as error:
            self.blocked = error
            return
        if found:
            self.found = (example, found)
            raise _Deviates


def explore(
    api: Api,
    verify: Verify,
    requirements: tuple[str, ...],
    strategy: Callable[[], SearchStrategy[T]],
    check: Callable[[T], Iterable[Deviation]],
    *,
    share: float = 1.0,
) -> None:
    """Try examples until one deviates or the effort is spent; then verify each requirement once.

    Args:
        api: the target; its effort says how many examples are tried.
        verify: told of the outcome.
        requirements: what the property is about; one that does not deviate has passed.
        strategy: gives the strategy, whose examples are plain data, as JSON holds it; called only where it is needed.
        check: gives what deviates with an example.
        share: the part of the effort's examples that this property is worth.

    Raises:
        Blocked: an example could not be tried, and none before it deviated.
    """
    search = _Search(api, verify, check)
    recorded = api.corpus()
    if recorded is not None:
        _again(search, recorded)
    else:
        _draw(search, api, strategy, max(1, round(api.settings.effort.examples * share)))
        api.keep_corpus(search.examples)
    if search.found is None and search.blocked is not None:
        raise search.blocked
    deviating = {one.requirement: one for one in search.found[1]} if search.found is not None else {}
    example = brief(search.found[0], 300) if search.found is not None else ""
    for identifier in dict.fromkeys((*requirements, *deviating)):
        one = deviating.get(identifier)
        if one is None:
            if search.found is None:
                verify(identifier, True, observed="", expected="")
            continue
        told = f"{one.observed} (example {search.tried}: {example})"
        verify(identifier, False, observed=told, expected=one.expected, answer=one.answer)


def _again(search: _Search, examples: list[Any]) -> None:
    for example in examples:
        try:
            search.one(example)
        except _Deviates:
            continue


def _draw(search: _Search, api: Api, strategy: Callable[[], SearchStrategy[Any]], count: int) -> None:
    from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings  # noqa: PLC0415 - slow to load

    import assistants_conformance.scenario.steady  # noqa: F401, PLC0415 - keeps Hypothesis out of the user's folder

    phases = [Phase.explicit, Phase.generate]
    if api.shrinks:
        phases.append(Phase.shrink)
    limits = settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=phases,
        derandomize=False,
        print_blob=False,
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )

    @seed(api.chance.child("explore").number())
    @limits
    @given(strategy())
    def tried(example: Any) -> None:
        search.one(example)

    with _no_constants():
        try:
            tried()
        except _Deviates:
            return


@contextmanager
def _no_constants() -> Iterator[None]:
    """Keep Hypothesis from drawing the constants of modules: which are loaded differs from process to process."""
    from hypothesis.internal.conjecture import providers  # noqa: PLC0415 - slow to load
    from hypothesis.internal.constants_ast import Constants  # noqa: PLC0415

    known = getattr(providers, "_get_local_constants", None)
    if known is None:
        yield
        return
    none = Constants()
    providers._get_local_constants = lambda: none
    providers.CONSTANTS_CACHE.cache.clear()
    try:
        yield
    finally:
        providers._get_local_constants = known
        providers.CONSTANTS_CACHE.cache.clear()
