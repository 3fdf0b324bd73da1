"""The judge: exchanges in, findings out. It never sends anything."""

from __future__ import annotations

import re
import traceback
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING
from urllib.parse import unquote

from assistants_conformance.contract import load_profile
from assistants_conformance.observe.call import interpret
from assistants_conformance.observe.context import Context
from assistants_conformance.observe.detect import detect
from assistants_conformance.observe.report import Report
from assistants_conformance.observe.rules import RULES
from assistants_conformance.observe.world import Coming, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from assistants_conformance.contract import Profile
    from assistants_conformance.observe.exchange import Exchange
    from assistants_conformance.observe.finding import Finding

#: What moves a run, as it is addressed.
_ON_A_RUN = re.compile(r"/runs/(?P<run>[^/]+)/(?P<what>submit_tool_outputs|cancel)$")
_OPERATIONS = {"submit_tool_outputs": "submit_tool_outputs", "cancel": "cancel_run"}
#: A recording is read session by session; a few are kept so that interleaved ones stay whole.
_OPEN_SESSIONS = 64


class Judge:
    """Judges exchanges one by one, in order, with what it remembers of the objects that are alive.

    Args:
        profile: the contract; None finds the profile of each exchange by itself.
        closed: the trace is whole (a live or replayed run), so what was not seen did not happen.
        expiry_seconds: the time to live of a run that the target declares; None: what the profile knows.
        on_finding: called with each finding as it is made.
    """

    def __init__(
        self,
        profile: Profile | None = None,
        *,
        closed: bool = False,
        expiry_seconds: int | None = None,
        on_finding: Callable[[Finding], None] | None = None,
    ) -> None:
        self._profile = profile
        self._closed = closed
        self._expiry_seconds = expiry_seconds
        self._sessions: OrderedDict[str, tuple[World, str | None]] = OrderedDict()
        self.report = Report(on_finding)
        self.judged: Counter[str] = Counter()
        self.passed_over: Counter[str] = Counter()
        self.server_errors: list[Exchange] = []
        #: Rules that stumbled: the judge's own fault, told apart from anything the target did.
        self.crashes: list[str] = []

    @property
    def exercised(self) -> Counter[str]:
        """How often each requirement was checked."""
        return self.report.exercised

    @property
    def findings(self) -> list[Finding]:
        """Every finding so far, in order."""
        return self.report.findings

    def observe(self, exchange: Exchange) -> list[Finding]:
        """Judge one exchange and return the findings it gave rise to.

        A finding may point to an earlier exchange: that a message was let in while a run was active shows only later.
        """
        world, sticky = self._session(exchange.session)
        profile, closed, expiry = self._terms(exchange, sticky)
        call = interpret(exchange, profile) if profile is not None else None
        if call is None or profile is None:
            self.passed_over["not of this API"] += 1
            return []
        self._sessions[exchange.session] = (world, profile.id)
        self.judged[profile.id] += 1
        if exchange.response.status >= 500 and exchange.response.held_back:
            self.passed_over["overloaded for the moment (503 with Retry-After)"] += 1
            return []
        if exchange.response.status >= 500 and not closed:
            # The service's own fault, listed apart: nothing else can be learned from it.
            self.server_errors.append(exchange)
            return []
        if not exchange.complete and not call.streamed:
            self.passed_over["cut off by the recorder"] += 1
            return []
        report = self.report.at(profile, exchange)
        context = Context(world, report, closed, expiry)
        before = len(report.findings)
        for rule in RULES:
            try:
                rule(call, context)
            except Exception:
                self.crashes.append(f"{rule.__name__} on {exchange.source}: {traceback.format_exc(limit=-3)}")
        return report.findings[before:]

    def recall(self, exchanges: Iterable[Exchange]) -> None:
        """Hear of what was judged before, by another judge: it is remembered, and neither counted nor judged again."""
        kept = self.report, self.judged, self.passed_over, self.server_errors, self.crashes
        self.report, self.judged, self.passed_over, self.server_errors, self.crashes = (
            Report(),
            Counter(),
            Counter(),
            [],
            [],
        )
        try:
            for exchange in exchanges:
                self.observe(exchange)
        finally:
            self.report, self.judged, self.passed_over, self.server_errors, self.crashes = kept

    def foresee(self, exchanges: Iterable[Exchange]) -> None:
        """Hear of requests that were under way at the same time, before they are judged one by one."""
        coming: dict[str, list[Coming]] = {}
        for exchange in exchanges:
            request, status = exchange.request, exchange.response.status
            found = _ON_A_RUN.search(request.path) if request.method == "POST" else None
            if found is not None and (200 <= status < 300 or status >= 500):
                operation = _OPERATIONS[found["what"]]
                row = Coming(unquote(found["run"]), operation, exchange.started, exchange.ended)
                coming.setdefault(exchange.session, []).append(row)
        for session, rows in coming.items():
            self._session(session)[0].coming = tuple(rows)

    def _terms(self, exchange: Exchange, sticky: str | None) -> tuple[Profile | None, bool, int | None]:
        """Return by what an exchange is judged: the contract, whether the trace is whole, when runs expire."""
        terms = exchange.terms
        if terms is None or (self._profile is not None and self._profile.id != terms.profile):
            # A scenario that drove by another contract proves nothing by what it left out.
            return self._profile or detect(exchange, sticky), self._closed, self._expiry_seconds
        return load_profile(terms.profile), True, self._expiry_seconds or terms.expiry_seconds

    def _session(self, name: str) -> tuple[World, str | None]:
        known = self._sessions.get(name)
        if known is None:
            known = self._sessions[name] = (World(), None)
            while len(self._sessions) > _OPEN_SESSIONS:
                self._sessions.popitem(last=False)
        else:
            self._sessions.move_to_end(name)
        return known
