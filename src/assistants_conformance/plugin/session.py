"""One session of the suites: the target, what is found out about it, and the end."""

from __future__ import annotations

import json
import os
import time
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from assistants_conformance._data import folder
from assistants_conformance.contract import LEVELS, LIVE_EFFORT
from assistants_conformance.observe import Judge
from assistants_conformance.plugin.aside import Lane, attempt, from_own_place, share
from assistants_conformance.plugin.background import Background, Done, Waiting
from assistants_conformance.plugin.files import check_folders, files_of, write_files
from assistants_conformance.plugin.keeping import Keeping
from assistants_conformance.plugin.lanes import Lanes
from assistants_conformance.plugin.options import embedded, level_of, options_of
from assistants_conformance.plugin.recording import KeepError, Recording
from assistants_conformance.plugin.replaying import Replaying
from assistants_conformance.plugin.taping import LIVE_ONLY, NoCassette, Tapes, asked
from assistants_conformance.plugin.word import Word
from assistants_conformance.reporting.console import Ink, report, screen, totals, verdict_line
from assistants_conformance.reporting.costs import costs, spent
from assistants_conformance.reporting.edges import lifecycle, table
from assistants_conformance.reporting.result import Target, document
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.reporting.text import redact
from assistants_conformance.reporting.verdicts import Verdicts, decide
from assistants_conformance.scenario import Outcome, conduct
from assistants_conformance.target import Api, Capabilities, TargetSettings
from assistants_conformance.target.baton import Baton
from assistants_conformance.target.lending import Lending
from assistants_conformance.target.reach import UnreachableError, reach
from assistants_conformance.target.resolve import REFERENCE, Resolved, resolve
from assistants_conformance.target.table import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from assistants_conformance.scenario import Binding

#: The statuses of pytest that say only how the tests ended: passed, failed, none collected.
_ORDINARY = (0, 1, 5)
#: The numbers of those that are begun ahead come after the numbers of those that wait.
_FIRST_LANE = 1000


class Stopped(Exception):
    """A session cannot begin; the message is one line."""


class Session:
    """What a process of pytest knows.

    Raises:
        Stopped: a setting is bad, or the target cannot be judged.
    """

    def __init__(self, config: pytest.Config, *, worker: bool) -> None:
        self._config = config
        self.workers = 0
        self.broken = False
        self._taken = 0
        self._tally = Tally()
        self._api: Api | None = None
        self._judge: Judge | None = None
        self._handed = False
        self._probed: dict[str, tuple[bool, str]] = {}
        self._filtered: str | None = None
        self._expected = 0
        self._matched = 0
        self._selected = 0
        self._ran = 0
        self._verdicts: Verdicts | None = None
        self._notes: list[str] = []
        self._begun = time.monotonic()
        self._files = files_of(config)
        self._recording: Recording | None = None
        self._replaying: Replaying | None = None
        self._dry = bool(config.getoption("assistants_dry_run"))
        try:
            self._level = level_of(config.getoption("assistants_level"))
            record, replay = asked(config)
            options = options_of(config)
            if self._dry:
                asked_for = options.effort or (LIVE_EFFORT if options.url not in (None, REFERENCE) else None)
                options = replace(options, url=REFERENCE, effort=asked_for)
            if replay is not None:
                self._replaying = Replaying(replay, options.profile)
                options = replace(options, url=REFERENCE, profile=self._replaying.told.profile)
            self.resolved: Resolved = resolve(options, os.environ, config.invocation_params.dir)
            self.settings = self.resolved.settings
            given = json.loads(getattr(config, "workerinput", {}).get("conformance", "{}"))
            if "seed" in given:
                self.settings = replace(self.settings, seed=given["seed"])
            if self._replaying is not None:
                self.settings = self._replaying.settings(self.settings, self.settings.profile)
            elif self.settings.embedded:
                self.settings = embedded(self.settings, declared=self._dry)
                check_faults(self.settings)
            elif not worker and not config.getoption("assistants_reached"):
                reach(self.resolved)
            check_folders(self._files)
            live = self._replaying is None and not self.settings.embedded
            self._keeping = Keeping(config, self.settings, given, live=live, counted=self._dry)
            if record is not None:
                hide = config.getoption("assistants_hide_host")
                self._recording = Recording(record, self.settings, given.get("tapes"), hide_host=hide)
        except UnreachableError as error:
            raise Stopped(redact(str(error), self.resolved.secrets)) from error
        except ConfigError as error:
            raise Stopped(str(error)) from error
        known: Mapping[str, tuple[bool, str]] = {}
        if self._replaying is not None:
            known = self._replaying.told.capabilities
        if self._recording is not None:
            if not worker:
                self._recording.probe(self.settings, self._new_judge())
            known = self._recording.capabilities
        self._capabilities = Capabilities(self.settings.capabilities, known, Word(self._keeping.meeting))
        self._known = {one.requirement: one for one in self.settings.known}
        #: A clock that can be wound, or a tape, makes waiting cost nothing.
        self.waits_aside = live and self._tapes is None and not self.settings.clock_url
        self._background: Background | None = None
        self._lanes: Lanes | None = None
        self._beside: dict[int, Lane] = {}
        self._baton = Baton()
        self._lending = Lending()
        self._ink = Ink(secrets=self.resolved.secrets)

    def header(self) -> list[str]:
        """Return the settings in lines, secrets hidden."""
        lines = self.resolved.header() if self._replaying is None else [self._replaying.header()]
        return ["assistants-conformance " + line for line in lines]

    def for_worker(self) -> str:
        """Return what a worker of xdist has to know."""
        tapes = self._tapes.for_worker() if self._tapes is not None else None
        return json.dumps({"seed": self.settings.seed, "tapes": tapes, **self._keeping.for_worker()})

    @property
    def _tapes(self) -> Tapes | None:
        return self._recording or self._replaying

    def _new_judge(self) -> Judge:
        return Judge(self.settings.profile, closed=True, expiry_seconds=self.settings.run_expiry_seconds)

    def told(self) -> tuple[Verdicts | None, int, Mapping[str, str]]:
        """Return the verdicts, how many scenarios ran, and those that a replay lacks something for, with what."""
        return self._verdicts, self._ran, self._replaying.older if self._replaying is not None else {}

    # -- selection ---------------------------------------------------------------------------------------------------

    def wants(self, binding: Binding) -> bool:
        """Say whether a scenario has anything to check in the profile, at the level that was asked for."""
        profile = self.settings.profile
        active = [identifier for identifier in binding.requirements if identifier in profile.active]
        return any(LEVELS.index(profile.requirement(identifier).level) <= self._level for identifier in active)

    def collected(self, files: Sequence[Path], wanted: set[str], selected: Sequence[str]) -> None:
        """Note what was found and what is left of it, and from that whether the run is a part only."""
        self._expected, self._selected = len(wanted), len(selected)
        self._matched += len(files)
        missing = {file.name for file in folder("suites").glob("test_*.py")} - {file.name for file in files}
        if self._level < len(LEVELS) - 1:
            self._filtered = f"level {LEVELS[self._level]}"
        elif wanted - set(selected):
            self._filtered = f"{len(wanted) - len(selected)} of {len(wanted)} scenarios were deselected"
        elif missing:
            self._filtered = f"not all suites were asked for: {len(missing)} are missing"
        elif any("::" in argument for argument in self._config.args):
            self._filtered = "single scenarios were asked for"

    def name_of(self, item: pytest.Item) -> str:
        """Return the name of a scenario, the same from a checkout and from an installation."""
        if item.path.parent == folder("suites"):
            return f"suites/{item.path.name}::{item.nodeid.partition('::')[2]}"
        return item.nodeid

    # -- one scenario ------------------------------------------------------------------------------------------------

    @property
    def api(self) -> Api:
        """The target with a judge of its own for each scenario: what one leaves behind accuses no other."""
        settings = self.settings
        judge = self._judge = self._new_judge()
        self._handed = True
        if self._api is not None:
            self._api.judge = judge
            return self._api
        if self._tapes is not None:
            # What a scenario is given in the end depends on its name.
            self._api = Api(settings, judge, httpx2.MockTransport(lambda _: httpx2.Response(500)))
        elif settings.embedded:
            from assistants_conformance.scenario.embed import embed  # noqa: PLC0415 - loads the server

            self._api = embed(settings, judge)
        else:
            self._api = Api(settings, judge)
        self._api.capabilities = self._capabilities
        self._keeping.fit(self._api)
        if self._tapes is None:
            self._api.baton = self._baton
            self._lend(self._api)
        return self._api

    def _lend(self, api: Api) -> None:
        api.lending = self._lending
        if api.ledger is not None:
            api.ledger.kept = self._lending.kept

    def _drop_api(self) -> None:
        if self._api is not None:
            self._api.close()
            self._api = None
        if self.settings.embedded:
            # What was lent went with its server.
            self._lending = Lending()

    def carry_out(
        self, function: Callable[..., Any], binding: Binding, name: str, arguments: Mapping[str, Any]
    ) -> tuple[str, str]:
        """Conduct one scenario, unless that was done aside; return its kind of outcome and the words for it."""
        self._ran += 1
        handed, self._handed = self._handed, False
        aside = self._background if binding.waits else self._lanes
        try:
            done = aside.outcome(name) if aside is not None else None
        except pytest.fail.Exception as error:
            return "not-testable", self._ink.clean(f"the scenario did not end: {error}")
        if done is not None:
            return done
        api = self._api if handed and self._api is not None else self.api
        with self._baton.held() if self._lanes is not None else nullcontext():
            done = self._now(Waiting(name, function, binding, arguments), api)
        if self._lanes is not None:
            self._lanes.carried_out(name, *done)
        return done

    def _now(self, one: Waiting, api: Api) -> tuple[str, str]:
        judge, tally, meter = self._judge, self._tally, self._keeping.meter
        active = [identifier for identifier in one.binding.requirements if identifier in self.settings.profile.active]
        if over := meter.used_up():
            for identifier in active:
                tally.blocked.setdefault(identifier, over)
            return "not-applicable", over
        try:
            if self._tapes is None or judge is None:
                outcome = attempt(one, api, meter, self._new_judge, tally)
            else:
                outcome = self._taped_one(one, judge, self._tapes)
        except NoCassette as error:
            for identifier in active:
                tally.blocked.setdefault(identifier, str(error))
            return "not-applicable", str(error)
        except pytest.fail.Exception as error:
            # The clock of pytest-timeout: a scenario that hangs must not stay without a word.
            told = f"the scenario did not end: {error}"
            for identifier in active:
                tally.blocked.setdefault(identifier, told)
            self._drop_api()
            return "not-testable", self._ink.clean(told)
        if outcome.kind == "error":
            self._drop_api()
        return self._told(outcome)

    def _taped_one(self, one: Waiting, judge: Judge, tapes: Tapes) -> Outcome:
        tally, profile = self._tally, self.settings.profile
        active = [identifier for identifier in one.binding.requirements if identifier in profile.active]
        requests, runs = tally.requests, self._keeping.meter.spent.runs
        try:
            with tapes.scenario(self.settings, judge, one.name) as own:
                own.capabilities = self._capabilities
                self._keeping.fit(own)
                outcome = conduct(one.function, own, tally, one.name, one.arguments)
                tapes.ended(outcome.gave_up)
                return outcome
        finally:
            area = profile.requirement(active[0]).area if active else "other"
            tally.add_judged(judge, area, tally.requests - requests, self._keeping.meter.spent.runs - runs)

    # -- scenarios that wait -----------------------------------------------------------------------------------------

    @property
    def longest_wait(self) -> float:
        """Seconds that a scenario which waits may take at the most."""
        return 600 + 4 * self.settings.run_timeout

    def begin_waiting(self, scenarios: Sequence[Waiting]) -> None:
        """Begin what waits for a real clock and belongs to this process, and let others begin ahead of their turn."""
        self._background = Background(self._keeping.meeting, self._wait_aside)
        waiting = [one for one in scenarios if one.binding.waits]
        self._background.begin(share(waiting, getattr(self._config, "workerinput", {})))
        rest = [one for one in scenarios if not one.binding.waits]
        ordered = from_own_place(rest, getattr(self._config, "workerinput", {}))
        self._lanes = Lanes(self._keeping.meeting, self._baton, ordered, self._ahead)
        self._lanes.begin()

    def _lane(self, number: int) -> Lane:
        return Lane(number, self.settings, self._capabilities, self._keeping, self._new_judge)

    def _wait_aside(self, one: Waiting, number: int) -> Done:
        lane = self._lane(number)
        try:
            outcome, tally = lane.conduct(one)
        finally:
            lane.close()
        return Done(*self._told(outcome), tally)

    def _ahead(self, one: Waiting, number: int) -> Done | None:
        if self._keeping.meter.used_up():
            # Whose turn it is will say so.
            return None
        lane = self._beside.get(number)
        if lane is None:
            lane = self._beside[number] = self._lane(_FIRST_LANE + number)
            lane.api.baton = self._baton
            self._lend(lane.api)
        outcome, tally = lane.conduct(one)
        return Done(*self._told(outcome), tally)

    def end_waiting(self, *, stopped: bool) -> None:
        """Take in what came of it aside; where the run was stopped, nobody waits for that any more."""
        background, self._background = self._background, None
        lanes, self._lanes = self._lanes, None
        if lanes is not None:
            lanes.stop(stopped=stopped)
        if background is not None and stopped:
            self._keeping.halt()
        elif background is not None:
            for tally in background.all():
                self._tally.merge(tally.to_json())
        if lanes is not None:
            for tally in lanes.end(stopped=stopped):
                self._tally.merge(tally.to_json())
        self._give_back(stopped=stopped)

    def _give_back(self, *, stopped: bool) -> None:
        """Delete what was lent."""
        self._lending.end()
        for lane in () if stopped else self._beside.values():
            self._tally.cleaning += lane.clean()
            lane.close()
        api = self._api
        if api is not None and api.ledger is not None:
            before = api.cleaning
            api.clean()
            self._tally.cleaning += api.cleaning - before

    def broke(self, binding: Binding, reason: str) -> None:
        """Note that a scenario failed before or after its own part."""
        for identifier in binding.requirements:
            if identifier in self.settings.profile.active:
                self._tally.errors.setdefault(identifier, reason)

    def _told(self, outcome: Outcome) -> tuple[str, str]:
        if outcome.kind in ("not-applicable", "not-testable", "error"):
            head = {"not-testable": "not testable: ", "error": "error in the suite itself:\n"}.get(outcome.kind, "")
            return outcome.kind, head + self._ink.clean(outcome.message, lines=outcome.kind == "error")
        if outcome.kind == "passed":
            return "passed", ""
        found = Tally()
        for finding in outcome.verify.findings:
            found.add_finding(finding)
        profile = self.settings.profile
        hard = {identifier for identifier in found.findings if profile.requirement(identifier).level == "MUST"}
        excused = {identifier for identifier in found.findings if self._excused(identifier)}
        screens = [screen(profile.requirement(name), records, self._ink) for name, records in found.findings.items()]
        kind = "failed" if hard - excused else "warned" if found.findings.keys() - excused else "known"
        return kind, "\n\n".join(screens)

    def _excused(self, identifier: str) -> bool:
        known = self._known.get(identifier)
        return known is not None and not (known.expires and known.expires < time.strftime("%Y-%m-%d"))

    # -- workers -----------------------------------------------------------------------------------------------------

    def give(self) -> str:
        """Return what this worker has found out, for the controller."""
        self._tally.add_tokens(*self._keeping.meter.used())
        return json.dumps(
            {
                "tally": self._tally.to_json(),
                "capabilities": dict(self._capabilities.known),
                "filtered": self._filtered,
                "tapes": self._tapes.give() if self._tapes is not None else {},
                "expected": self._expected,
                "matched": self._matched,
                "selected": self._selected,
                "ran": self._ran,
            }
        )

    def take(self, output: str) -> None:
        """Take over what a worker gave."""
        data = json.loads(output)
        self._taken += 1
        self._tally.merge(data["tally"])
        self._probed.update({name: (there, how) for name, (there, how) in data["capabilities"].items()})
        self._filtered = self._filtered or data["filtered"]
        if self._tapes is not None:
            self._tapes.take(data["tapes"])
        # Every worker collects everything and runs its share.
        self._expected, self._matched, self._selected = data["expected"], data["matched"], data["selected"]
        self._ran += data["ran"]

    # -- the end -----------------------------------------------------------------------------------------------------

    def finish(self, exitstatus: int, *, others_failed: bool) -> int:
        """Decide, write the result, and return the exit status of the session."""
        self._probed.update(self._capabilities.known)
        if self._filtered is None and (self._ran < self._selected or self._taken < self.workers):
            self._filtered = "the run was stopped before its end"
        if not self._matched:
            return exitstatus
        self._tally.add_tokens(*self._keeping.meter.used())
        requests, left = self._keeping.tidy()
        self._tally.cleaning += requests
        self._notes += left
        if self._dry:
            return 0 if self._selected else 2
        whole = self._filtered is None
        if self._replaying is not None:
            self._filtered = self._filtered or self._replaying.lacking
            for identifier, row in self.settings.profile.requirements.items():
                if row.live_only:
                    self._tally.leave_out(identifier, LIVE_ONLY)
        verdicts = self._verdicts = decide(
            self._tally,
            self.settings.profile,
            known=self.settings.known,
            filtered=self._filtered is not None,
            broken=self.broken,
        )
        status = verdicts.exit_status
        if not self._selected:
            status = self._nothing(status)
        status = max(status, self._taped(verdicts, whole=whole, stopped=exitstatus not in _ORDINARY))
        if self._files and not self._write(verdicts):
            status = 2
        if exitstatus not in _ORDINARY:
            return exitstatus
        return max(status, int(others_failed))

    def _nothing(self, status: int) -> int:
        if self._expected:
            self._notes.append("no scenario ran: none matches what was asked for (-k, -m, or a deselection)")
            return 2
        self._notes.append(f"no scenario ran: none that was collected is about the profile {self.settings.profile.id}")
        return status

    def _taped(self, verdicts: Verdicts, *, whole: bool, stopped: bool) -> int:
        """Keep what was recorded, or tell of what was replayed; return an exit status."""
        now = {row.requirement.id: row.verdict for row in verdicts.rows}
        if self._replaying is not None:
            most = self._config.getoption("assistants_max_age")
            self._notes += self._replaying.notes(now, most, whole=whole)
            return self._replaying.exit_status
        if self._recording is None:
            return 0
        if stopped:
            self._notes.append("nothing was kept: the recording was stopped before its end")
            return 2
        try:
            self._notes += self._recording.keep(verdicts.overall, now, whole=whole).lines()
        except KeepError as error:
            self._notes.append(str(error))
            return 2
        return 0

    def _write(self, verdicts: Verdicts) -> bool:
        settings = self.settings
        result = document(
            Target(
                self._replaying.told.target if self._replaying is not None else settings.url or "reference",
                settings.profile.id,
                "replay" if self._replaying is not None else "reference" if settings.embedded else "live",
                {name: there for name, (there, _) in self._probed.items()},
                {name: how for name, (_, how) in self._probed.items()},
            ),
            verdicts.rows,
            verdicts.totals,
            verdicts.overall,
            requests=self._tally.requests,
            cleaning=self._tally.cleaning,
            runs=self._tally.runs,
            tokens=(self._tally.prompt_tokens, self._tally.completion_tokens),
            duration_seconds=time.monotonic() - self._begun,
            held_back=(self._tally.holds, self._tally.held_seconds) if self._tally.holds else None,
            secrets=self.resolved.secrets,
            lifecycle=lifecycle(settings.profile, self._tally.edges),
            part=self._filtered,
        )
        unwritten = write_files(self._files, result)
        self._notes += unwritten
        return not unwritten

    def report(self, *, colour: bool) -> Iterator[str]:
        """Yield the report for a reader, block by block."""
        ink = Ink(colour=colour, secrets=self.resolved.secrets)
        if self._dry:
            yield from costs(self._tally, self.settings.profile.id)
            yield from self._notes
            return
        verdicts = self._verdicts
        if verdicts is None:
            return
        yield f"\n{'=' * 30} conformance: {self.settings.profile.id} {'=' * 30}"
        yield from report(verdicts, self.settings.profile.requirements, ink)
        yield ""
        yield from table(self.settings.profile, self._tally.edges)
        for name, (_, how) in sorted(self._probed.items()):
            yield f"capability {name}: {ink.clean(how)}"
        if self.broken:
            yield "a worker died and its findings are lost: run again with -n 0"
        yield f"{totals(verdicts, ink)}; {spent(self._tally, len(verdicts.rows), self._keeping.minutes)}"
        if self._filtered is not None:
            yield f"a part only: {self._filtered}"
        yield from (ink.clean(note, lines=True) for note in self._notes)
        yield verdict_line(verdicts, ink)

    def close(self) -> None:
        """Close every connection, and leave nothing behind."""
        self._drop_api()
        self._keeping.close()
        if self._tapes is not None:
            self._tapes.close()


def check_faults(settings: TargetSettings) -> None:
    """See that every fault is known.

    Raises:
        ConfigError: one is not; the message names its neighbours.
    """
    from assistants_conformance.reference.faults import Faults, UnknownFaultError  # noqa: PLC0415 - loads the server

    try:
        Faults(settings.profile, settings.faults)
    except UnknownFaultError as error:
        raise ConfigError("--fault", str(error)) from error
