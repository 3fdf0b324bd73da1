"""What a rule writes to: how often a requirement was exercised, and the findings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from assistants_conformance.contract import brief
from assistants_conformance.observe.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_conformance.contract import Profile
    from assistants_conformance.observe.exchange import Exchange

#: Findings about one requirement in one exchange. A stream may break a rule in each of fifty thousand events.
_MOST_FINDINGS = 1000


class Report:
    """Collects the outcome of rules for one profile; requirements that are not active there are passed over."""

    def __init__(self, on_finding: Callable[[Finding], None] | None = None) -> None:
        self.exercised: Counter[str] = Counter()
        self.findings: list[Finding] = []
        #: How often a run was seen to go from one status to the next: `before after`, the first with nothing before.
        self.edges: Counter[str] = Counter()
        self._on_finding = on_finding
        self._told: Counter[str] = Counter()
        self.profile: Profile | None = None
        self.exchange: Exchange | None = None
        #: Where in the exchange the next outcomes are about, in words that are put before what was observed.
        self.place = ""

    def at(self, profile: Profile, exchange: Exchange) -> Report:
        """Set what the next outcomes are about."""
        self.profile, self.exchange, self.place = profile, exchange, ""
        self._told.clear()
        return self

    def is_active(self, requirement: str | None) -> bool:
        """Say whether the profile at hand checks this requirement."""
        return requirement is not None and self.profile is not None and requirement in self.profile.active

    def check(
        self, requirement: str | None, holds: object, observed: Any, expected: str, *, exchange: Exchange | None = None
    ) -> None:
        """Count one exercise of a requirement and, where it does not hold, write a finding.

        `observed` is put into words only where it is needed; a string stands for itself.
        """
        if requirement is None or not self.is_active(requirement):
            return
        self.exercised[requirement] += 1
        if holds:
            return
        self._told[requirement] += 1
        if self._told[requirement] > _MOST_FINDINGS:
            return
        words = observed if isinstance(observed, str) else brief(observed)
        finding = Finding(requirement, f"{self.place}{words}", expected, exchange or self.exchange)
        self.findings.append(finding)
        if self._on_finding is not None:
            self._on_finding(finding)

    def passed(self, requirement: str | None, times: int = 1) -> None:
        """Count exercises that held."""
        if requirement is not None and self.is_active(requirement):
            self.exercised[requirement] += times
