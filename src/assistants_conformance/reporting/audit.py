"""Recordings judged: what they show, of which profiles, and what could not be read."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from assistants_conformance.contract import load_profile
from assistants_conformance.observe import Judge
from assistants_conformance.recordings import Problem, read_paths
from assistants_conformance.reporting.result import Target, document
from assistants_conformance.reporting.tally import Tally, outline
from assistants_conformance.reporting.verdicts import VERDICTS, Row, in_order

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from assistants_conformance.contract import Profile
    from assistants_conformance.observe import Exchange, Finding


@dataclass
class Audit:
    """The outcome of an audit. `missing` are paths that do not exist."""

    paths: tuple[Path, ...]
    profile: Profile | None
    tally: Tally = field(default_factory=Tally)
    judged: dict[str, int] = field(default_factory=dict)
    passed_over: dict[str, int] = field(default_factory=dict)
    server_errors: list[str] = field(default_factory=list)
    damaged: list[Problem] = field(default_factory=list)
    foreign: list[Problem] = field(default_factory=list)
    missing: list[Path] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    seen_in: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def profiles(self) -> list[Profile]:
        """The profiles that exchanges belonged to, the one with the most first."""
        return [load_profile(name) for name, _ in sorted(self.judged.items(), key=lambda one: (-one[1], one[0]))]

    @property
    def rows(self) -> list[Row]:
        """A row for each requirement of these profiles; what no exchange touched is not-run."""
        worded: dict[str, Profile] = {}
        for profile in self.profiles:
            for identifier in profile.active:
                worded.setdefault(identifier, profile)
        for identifier, name in self.seen_in.items():
            worded[identifier] = load_profile(name)
        if not worded:
            return []
        order = in_order(worded, self.profiles[0])
        return [self._row(worded[identifier], identifier) for identifier in order]

    def _row(self, profile: Profile, identifier: str) -> Row:
        requirement, tally = profile.requirement(identifier), self.tally
        findings = tuple(tally.findings.get(identifier, ()))
        exercised = tally.exercised[identifier]
        if findings:
            return Row(
                requirement,
                "fail" if requirement.level == "MUST" else "warn",
                None,
                exercised,
                findings=findings,
                failures=tally.failures[identifier],
            )
        if exercised:
            return Row(requirement, "pass", None, exercised)
        return Row(requirement, "not-run", "the recordings do not show it", 0)

    @property
    def unread(self) -> list[str]:
        """What must not pass in silence: missing and damaged files, and files that were named and hold no recording."""
        named = {path.resolve() for path in self.paths}
        lines = [f"{path}: there is no such file or folder" for path in self.missing]
        lines += [str(problem) for problem in self.damaged]
        lines += [str(problem) for problem in self.foreign if problem.path.resolve() in named]
        if not lines and not sum(self.judged.values()):
            lines.append(f"{', '.join(map(str, self.paths))}: no exchange of this API was found: nothing was judged")
        return [*lines, *(f"the judge itself stumbled: {crash}" for crash in self.crashes)]

    @property
    def exit_status(self) -> int:
        """0: nothing was found; 1: findings; 2: something could not be read."""
        return 2 if self.unread else int(bool(self.tally.findings))

    def result(self) -> dict[str, Any]:
        """Return the result as `result.schema.json` describes it. An audit finds, but never declares conformance."""
        rows = self.rows
        totals: Mapping[str, int] = {verdict: sum(row.verdict == verdict for row in rows) for verdict in VERDICTS}
        names = list(self.judged)
        return document(
            Target(
                ", ".join(map(str, self.paths)),
                self.profile.id if self.profile is not None else names[0] if len(names) == 1 else "auto",
                "audit",
            ),
            rows,
            totals,
            "non-conformant" if totals["fail"] else "incomplete",
            requests=sum(self.judged.values()),
            runs=self.tally.runs,
            duration_seconds=self.seconds,
            audit={
                "judged": self.judged,
                "passed_over": self.passed_over,
                "server_errors": self.server_errors,
                "damaged": [*map(str, self.missing), *map(str, self.damaged)],
                "foreign": list(map(str, self.foreign)),
            },
        )


def audit(paths: Iterable[Path], profile: Profile | None = None, exclude: Collection[str] = ()) -> Audit:
    """Judge recordings.

    Args:
        paths: files and folders.
        profile: the contract; None: that of each exchange is found by itself.
        exclude: patterns (as of a shell) of sources that are no evidence, such as cassettes written by hand.
    """
    passed = Counter[str]()
    given = tuple(paths)
    made = Audit(given, profile, missing=[path for path in given if not path.is_file() and not path.is_dir()])
    begun = time.monotonic()

    def note(finding: Finding) -> None:
        made.tally.add_finding(finding)
        if judge.report.profile is not None:
            made.seen_in.setdefault(finding.requirement, judge.report.profile.id)

    def unread(problem: Problem) -> None:
        if problem.kind == "unanswered":
            passed["without an answer"] += 1
            return
        (made.damaged if problem.kind == "damaged" else made.foreign).append(problem)

    judge = Judge(profile, on_finding=note)
    for exchange in read_paths([path for path in given if path not in made.missing], unread):
        if any(fnmatchcase(exchange.source, pattern) for pattern in exclude):
            passed["left out by --exclude"] += 1
            continue
        judge.observe(exchange)
        made.tally.runs += _creates_run(exchange)
    made.tally.exercised.update(judge.exercised)
    made.judged = dict(judge.judged)
    made.passed_over = {**judge.passed_over, **passed}
    made.crashes = judge.crashes
    made.server_errors = [f"{one.source}: {outline(one)}" for one in judge.server_errors]
    made.seconds = time.monotonic() - begun
    return made


def _creates_run(exchange: Exchange) -> bool:
    request = exchange.request
    return (request.method == "POST" and request.path.endswith("/threads/runs")) or (
        request.method == "POST" and "/threads/" in request.path and request.path.endswith("/runs")
    )
