"""A session that is replayed: every answer comes from a cassette, and nothing goes out."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import httpx2

from assistants_conformance.cassette.form import CassetteError, read
from assistants_conformance.cassette.library import library, name_of
from assistants_conformance.cassette.provenance import Provenance, load, profiles_in
from assistants_conformance.cassette.tape import ReplayTape
from assistants_conformance.contract import DEFAULT_PROFILE
from assistants_conformance.contract.efforts import efforts
from assistants_conformance.plugin.taping import EFFORT, HEADERS, KEPT, KEYS, NO_CASSETTE, NoCassette, few
from assistants_conformance.target import Api
from assistants_conformance.target.chance import Chance
from assistants_conformance.target.table import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from assistants_conformance.contract import Profile
    from assistants_conformance.observe import Judge
    from assistants_conformance.target import TargetSettings


#: How many requests that were not recorded are shown.
SHOWN = 5


class Replaying:
    """The cassettes of a session that is replayed.

    Args:
        place: a folder or an archive.
        profile: the profile that is asked for; None: the only one that is there, or the default.

    Raises:
        ConfigError: there is nothing that could be replayed.
    """

    def __init__(self, place: Path, profile: str | None) -> None:
        self.place = place
        if not place.exists():
            raise ConfigError("--replay", f"there is nothing at {place}")
        self._shelf = library(place)
        try:
            there = profiles_in(self._shelf)
            chosen = profile or (there[0] if len(there) == 1 else DEFAULT_PROFILE)
            self.told: Provenance = load(self._shelf, chosen, str(place))
        except (CassetteError, OSError) as error:
            raise ConfigError("--replay", str(error)) from error
        self._asked: set[str] = set()
        self._missing: set[str] = set()
        self._unasked: dict[str, int] = {}
        self._missed: dict[str, str] = {}

    @property
    def older(self) -> Mapping[str, str]:
        """The scenarios that ask for what was not recorded, or of which nothing was; each with what is lacking."""
        return {**dict.fromkeys(self._missing, NO_CASSETTE), **self._missed}

    def header(self) -> str:
        """Return in one line of what the cassettes are."""
        told = self.told
        searched = f", effort {told.settings[EFFORT]}" if EFFORT in told.settings else ""
        return f"replay: {told.target}, recorded {told.recorded} for {told.profile} by {told.tool}{searched}"

    def settings(self, settings: TargetSettings, profile: Profile) -> TargetSettings:
        """Return the settings of the target that was recorded, with placeholders in the place of its keys."""
        told = self.told.settings
        changed: dict[str, Any] = {name: told[name] for name in KEPT if name in told and hasattr(settings, name)}
        changed["faults"] = tuple(map(str, told.get("faults", ())))
        changed |= {name: f"recorded-{name}" if told.get(name) else "" for name in KEYS}
        headers = {str(name): f"recorded-header-{str(name).lower()}" for name in told.get(HEADERS, ())}
        changed[HEADERS] = MappingProxyType(headers)
        # How much was searched decides what was asked; a recording of an earlier version does not say it.
        if told.get(EFFORT) in efforts():
            changed["effort"] = efforts()[told[EFFORT]]
        # A replay costs nothing, so nothing is left out.
        return replace(
            settings, profile=profile, capabilities={}, budget_requests=0, budget_runs=0, budget_minutes=0.0, **changed
        )

    @contextmanager
    def scenario(self, settings: TargetSettings, judge: Judge, name: str) -> Iterator[Api]:
        """Give a target that answers from the cassette of a scenario.

        Raises:
            NoCassette: there is none, or it cannot be read.
        """
        where = name_of(settings.profile.id, name)
        self._asked.add(where)
        try:
            text = self._shelf.get(where)
            if text is None:
                self._missing.add(name)
                raise NoCassette(f"{NO_CASSETTE}: record it again")
            tape = ReplayTape(read(text, f"{self.place}/{where}"))
        except (CassetteError, OSError) as error:
            self._missing.add(f"{name}: {error}")
            raise NoCassette(f"{NO_CASSETTE}: {error}") from error
        api = Api(settings, judge, httpx2.MockTransport(_nobody))
        api.chance = Chance(str(tape.about.get("seed", "")))
        api.tape = tape
        try:
            with _offline():
                yield api
        finally:
            api.close()
        if tape.missed:
            self._missed[name] = tape.missed[0]
        elif tape.unasked:
            self._unasked[name] = tape.unasked

    def ended(self, blocked: str) -> None:
        """Nothing is noted: what was recorded says how it ended."""

    def for_worker(self) -> str:
        """Return nothing: a worker reads the cassettes itself."""
        return ""

    def give(self) -> dict[str, Any]:
        """Return what a worker has to tell in the end."""
        return {
            "asked": sorted(self._asked),
            "missing": sorted(self._missing),
            "unasked": self._unasked,
            "missed": self._missed,
        }

    def take(self, told: dict[str, Any]) -> None:
        """Take over what a worker has told."""
        self._asked.update(told["asked"])
        self._missing.update(told["missing"])
        self._unasked.update(told["unasked"])
        self._missed.update(told["missed"])

    @property
    def exit_status(self) -> int:
        """1 where something was asked for that was not recorded: a pass elsewhere does not make up for it."""
        return int(bool(self._missed))

    @property
    def lacking(self) -> str | None:
        """What keeps the replay from being a whole one, None where nothing does."""
        counts = {"have no cassette": len(self._missing), "ask for what was not recorded": len(self._missed)}
        told = [f"{count} scenarios {what}" for what, count in counts.items() if count]
        return ", ".join(told) or None

    def notes(self, now: Mapping[str, str], most: int | None, *, whole: bool) -> Iterable[str]:
        """Yield what a reader should know of the cassettes.

        Args:
            now: the verdicts of this replay.
            most: how many days the cassettes may be old, None: any.
            whole: every scenario was asked for.
        """
        told = self.told
        yield from (f"{name}: {told}" for name, told in sorted(self._missed.items())[:SHOWN])
        yield from few("no cassette", self._missing)
        yield from few(
            "recorded answers that nobody asked for", (f"{name}: {count}" for name, count in self._unasked.items())
        )
        if whole:
            head = f"{told.profile}/"
            yield from few("orphan, no scenario has this name", orphans(self._shelf.names(), head, self._asked))
        if whole and self.lacking is None:
            for name in sorted(told.verdicts.keys() & now.keys()):
                if told.verdicts[name] != now[name] and now[name] != "not-applicable":
                    yield f"{name}: {told.verdicts[name]} when recorded, {now[name]} now"
        age = told.age(datetime.now(UTC).date())
        if most is not None and age is not None and age > most:
            yield f"the cassettes are {age} days old, recorded {told.recorded}: record them again"

    def close(self) -> None:
        """Nothing is open."""


def orphans(names: Iterable[str], head: str, asked: Iterable[str]) -> list[str]:
    """Return the cassettes below `head` that no scenario has asked for."""
    known = set(asked)
    return [name for name in names if name.startswith(head) and name.endswith(".yaml") and name not in known]


def _nobody(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("nothing goes out in a replay", request=request)


@contextmanager
def _offline() -> Iterator[None]:
    """Let nothing open a socket meanwhile."""
    from pytest_socket import disable_socket, enable_socket  # noqa: PLC0415 - only for a replay

    disable_socket()
    try:
        yield
    finally:
        enable_socket()
