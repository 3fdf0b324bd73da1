"""Checks of a scenario: each names its requirement, none stops the scenario, none is silent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.contract import brief
from assistants_conformance.contract.operations import locate
from assistants_conformance.observe import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from assistants_conformance.contract import Profile
    from assistants_conformance.observe import Exchange
    from assistants_conformance.target import Answer

#: The statuses that refuse what was asked, and not who asks or where.
REFUSALS = frozenset({400, 409, 413, 415, 422})
_STATUS_RULES = frozenset({"ERR-015", "ERR-033"})
#: The areas in which it is the state of an object that forbids a request.
_CONFLICTS = frozenset({"thread_locking", "tool_outputs", "cancellation", "expiry"})
#: Who asks is looked at before what is asked for.
_CREDENTIALS = frozenset({401, 403})


class Verify:
    """Collects what one scenario has checked, in its profile.

    `untold` are requirements whose check could not be made, with the reason. `latest` gives the exchange that stands
    for a check which names no answer of its own. `unserved` says of an operation, in words, that the target does not
    carry it out whatever it is asked for; empty for a requirement that is about its plainest request.
    """

    def __init__(
        self,
        profile: Profile,
        latest: Callable[[], Exchange | None] = lambda: None,
        unserved: Callable[[str, str], str] = lambda _, __: "",
    ) -> None:
        self.profile = profile
        self._unserved = unserved
        self.checked: list[str] = []
        self.findings: list[Finding] = []
        self.untold: dict[str, str] = {}
        self._latest = latest

    def __call__(
        self, requirement: str, holds: object, *, observed: Any, expected: str, answer: Answer | None = None
    ) -> bool:
        """Check one requirement. A requirement that is not active in the profile is passed over.

        Args:
            requirement: its id.
            holds: whether it holds.
            observed: what was seen; a string stands for itself, anything else is put into words.
            expected: what should have been seen.
            answer: the answer that shows it.

        Returns:
            Whether it holds.
        """
        if requirement not in self.profile.active:
            return bool(holds)
        exchange = answer.exchange if answer else self._latest()
        reason = self._nothing_said(requirement, exchange)
        if reason:
            self.untold.setdefault(requirement, reason)
            return bool(holds)
        self.checked.append(requirement)
        if not holds:
            words = observed if isinstance(observed, str) else brief(observed, 400)
            self.findings.append(Finding(requirement, words, expected, exchange))
        return bool(holds)

    def _nothing_said(self, requirement: str, exchange: Exchange | None) -> str:
        """Return why a refusal says nothing of what was asked for: the target refuses the plainest request as well."""
        if exchange is None or exchange.response.status < 400 or exchange.response.status in _CREDENTIALS:
            return ""
        place = locate(exchange.request.path)
        match = self.profile.match(exchange.request.method, place.route) if place else None
        if match is None or match.params:
            return ""
        return self._unserved(match.operation.id, requirement)

    def told(
        self,
        requirement: str,
        observed: str,
        expected: str,
        exchange: Exchange | None,
        history: tuple[Exchange | float, ...],
    ) -> None:
        """Write down what a search has found, with everything that led there."""
        if requirement in self.profile.active:
            self.checked.append(requirement)
            self.findings.append(Finding(requirement, observed, expected, exchange, history))

    def equal(self, requirement: str, observed: Any, expected: Any, answer: Answer | None = None) -> bool:
        """Check that two values are equal."""
        return self(requirement, observed == expected, observed=observed, expected=brief(expected, 400), answer=answer)

    def status(self, requirement: str, answer: Answer, *allowed: int) -> bool:
        """Check the status of an answer."""
        told = " or ".join(map(str, allowed))
        return self(
            requirement, answer.status in allowed, observed=answer.told, expected=f"status {told}", answer=answer
        )

    def refused(self, requirement: str, answer: Answer, *allowed: int) -> bool:
        """Check that a request was refused.

        With statuses named, one of them is the rule. Without, any refusal of the request itself will do, and that the
        status is 400 is a rule of its own (ERR-015 where the state of an object forbids it, else ERR-033): a target
        that says 422 throughout departs from one rule and not from every limit.
        """
        if allowed or requirement in _STATUS_RULES:
            return self.status(requirement, answer, *(allowed or (400,)))
        holds = answer.status in REFUSALS
        self(requirement, holds, observed=answer.told, expected="refused with 400", answer=answer)
        if holds:
            conflict = self.profile.requirement(requirement).area in _CONFLICTS
            self.status("ERR-015" if conflict else "ERR-033", answer, 400)
        return holds

    def text(self, requirement: str, answer: Answer, condition: str, **known: str) -> bool:
        """Check the text, type, param and code of a refusal against a situation of `schemas/errors.json`.

        Where the request was not refused at all, there is nothing to check: the rule on the status has told it.
        """
        if not self.was_refused(requirement, answer):
            return True
        row = self.profile.errors[condition]
        error = answer.error
        message = error.get("message")
        holds = isinstance(message, str) and row.pattern(**known).fullmatch(message) is not None
        if row.code is not None:
            holds = holds and error.get("code") == row.code
        expected = row.message.format_map(_Known(known)) + (f" (code {row.code})" if row.code is not None else "")
        return self(requirement, holds, observed=answer.told, expected=expected, answer=answer)

    def was_refused(self, requirement: str, answer: Answer) -> bool:
        """Say whether a request was refused; if not, note that a requirement on refusals has nothing to check."""
        if answer.ok:
            self.untold.setdefault(requirement, f"the request was not refused but answered {answer.status}")
        return not answer.ok

    def unchanged(
        self,
        requirement: str,
        before: Collection[Any],
        after: Collection[Any],
        what: str,
        refusal: Answer | None = None,
    ) -> bool:
        """Check that a refusal changed nothing; that there was none, as `refusal` may show, is told elsewhere."""
        if refusal is not None and not self.was_refused(requirement, refusal):
            return True
        return self(
            requirement,
            list(before) == list(after),
            observed=f"{what} before: {brief(before)}, after: {brief(after)}",
            expected=f"{what} as before",
        )


class _Known(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "{" + name + "}"
