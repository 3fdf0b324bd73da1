"""What a run of the suite has found out, requirement by requirement; can be merged from several workers."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from assistants_conformance.reporting.curl import curl
from assistants_conformance.reporting.story import story

if TYPE_CHECKING:
    from assistants_conformance.observe import Exchange, Finding, Judge

_KEPT_FINDINGS = 5


@dataclass
class Record:
    """One finding as it is reported. `places` counts how often it was made."""

    observed: str
    expected: str
    exchange: str
    curl: str
    source: str
    places: int = 1
    steps: list[dict[str, str]] = field(default_factory=list)
    snippet: str = ""


_NAMES = re.compile(r"\b[a-z]{2,}[-_][A-Za-z0-9]{12,}|\b[0-9a-f]{12,}\b|\b\d{9,}\b")


def _kind(finding: Finding | Record) -> tuple[str, str]:
    """What a finding says apart from the ids and times in it: the same deviation in another place is no other one."""
    return _NAMES.sub("…", finding.observed), _NAMES.sub("…", finding.expected)


def outline(exchange: Exchange) -> str:
    """Return an exchange in one line."""
    request, response = exchange.request, exchange.response
    body = response.body[:400].decode("utf-8", "replace")
    return f"{request.method} {request.url} -> {response.status or 'no answer'} {body}".rstrip()


@dataclass
class Tally:
    """Everything that was seen of each requirement."""

    exercised: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    findings: dict[str, list[Record]] = field(default_factory=dict)
    tests: dict[str, list[str]] = field(default_factory=dict)
    blocked: dict[str, str] = field(default_factory=dict)
    not_applicable: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    #: How often a run was seen to go from one status to the next: `before after`, the first with nothing before.
    edges: Counter[str] = field(default_factory=Counter)
    #: What was asked, and what it took besides to delete what was made for it.
    requests: int = 0
    cleaning: int = 0
    runs: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    #: How often the target held a request back for the moment, and how many seconds that was waited for.
    holds: int = 0
    held_seconds: float = 0.0
    #: By area: scenarios, requests, runs.
    costs: dict[str, list[int]] = field(default_factory=dict)

    def add_holds(self, count: int, seconds: float) -> None:
        """Add how often requests were held back, and the seconds that were waited."""
        self.holds += count
        self.held_seconds += seconds

    def add_judged(self, judge: Judge, area: str, requests: int, runs: int) -> None:
        """Add what the judge has seen of one scenario, and what the scenario has cost."""
        self.exercised.update(judge.exercised)
        self.edges.update(judge.report.edges)
        self.runs += runs
        self.add_cost(area, requests, runs)

    def add_cost(self, area: str, requests: int, runs: int) -> None:
        """Note what one scenario of an area has cost."""
        before = self.costs.get(area, [0, 0, 0])
        self.costs[area] = [one + more for one, more in zip(before, (1, requests, runs), strict=True)]

    def add_tokens(self, prompt: int, completion: int) -> None:
        """Note tokens that runs have used."""
        self.prompt_tokens += prompt
        self.completion_tokens += completion

    def add_finding(self, finding: Finding) -> None:
        """Keep a finding; equal ones are counted, of different ones the first few are kept."""
        self.failures[finding.requirement] += 1
        kept = self.findings.setdefault(finding.requirement, [])
        for record in kept:
            if _kind(record) == _kind(finding):
                record.places += 1
                if finding.history and not record.steps:
                    made = story(finding.history, finding.observed, finding.expected)
                    record.steps, record.snippet = made.steps, made.snippet
                    kept.sort(key=lambda record: not record.steps)
                return
        told = story(finding.history, finding.observed, finding.expected) if finding.history else None
        if len(kept) < _KEPT_FINDINGS:
            exchange = finding.exchange
            kept.append(
                Record(
                    finding.observed,
                    finding.expected,
                    outline(exchange) if exchange else "",
                    curl(exchange) if exchange else "",
                    exchange.source if exchange else "",
                    steps=told.steps if told is not None else [],
                    snippet=told.snippet if told is not None else "",
                )
            )
            kept.sort(key=lambda record: not record.steps)

    def add_test(self, requirement: str, test: str) -> None:
        """Note that a test is about a requirement."""
        tests = self.tests.setdefault(requirement, [])
        if test not in tests:
            tests.append(test)

    def leave_out(self, requirement: str, reason: str) -> None:
        """Forget what was seen of a requirement that cannot be judged here."""
        for seen in (self.exercised, self.failures, self.findings, self.blocked, self.errors):
            seen.pop(requirement, None)
        self.not_applicable[requirement] = reason

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        # asdict() makes a Counter anew from its pairs, and so counts the pairs.
        counts = {name: dict(getattr(self, name)) for name in ("exercised", "failures", "edges")}
        return {**asdict(self), **counts}

    def merge(self, data: dict[str, Any]) -> None:
        """Add what another worker has found, as `to_json` gave it."""
        self.exercised.update(data["exercised"])
        self.failures.update(data["failures"])
        self.edges.update(data["edges"])
        for requirement, records in data["findings"].items():
            kept = self.findings.setdefault(requirement, [])
            for record in records:
                made = Record(**record)
                same = next((one for one in kept if _kind(one) == _kind(made)), None)
                if same is not None:
                    same.places += made.places
                elif len(kept) < _KEPT_FINDINGS:
                    kept.append(made)
        for requirement, tests in data["tests"].items():
            for test in tests:
                self.add_test(requirement, test)
        for name in ("blocked", "not_applicable", "errors"):
            for requirement, reason in data[name].items():
                getattr(self, name).setdefault(requirement, reason)
        self.requests += data["requests"]
        self.cleaning += data["cleaning"]
        self.runs += data["runs"]
        self.add_tokens(data["prompt_tokens"], data["completion_tokens"])
        self.add_holds(data["holds"], data["held_seconds"])
        for area, (scenarios, requests, runs) in data["costs"].items():
            before = self.costs.get(area, [0, 0, 0])
            self.costs[area] = [before[0] + scenarios, before[1] + requests, before[2] + runs]
