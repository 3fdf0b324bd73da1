"""Recording a session scenario by scenario, and replaying one."""

from __future__ import annotations

import contextlib
import itertools
import json
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2

from assistants_conformance import __version__
from assistants_conformance.cassette.difference import difference
from assistants_conformance.cassette.form import Cassette, CassetteError, read, write
from assistants_conformance.cassette.library import Library, library, name_of
from assistants_conformance.cassette.masking import Masks, masks
from assistants_conformance.cassette.provenance import FILE, Provenance, load, profiles_in
from assistants_conformance.cassette.tape import RecordingTape, ReplayTape
from assistants_conformance.target import Api, Capabilities, NotApplicable
from assistants_conformance.target.capabilities import PROBES
from assistants_conformance.target.chance import Chance
from assistants_conformance.target.table import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pytest

    from assistants_conformance.contract import Profile
    from assistants_conformance.observe import Judge
    from assistants_conformance.target import TargetSettings

#: From what the embedded server's recordings are made: always the same, so that they are the same to the byte.
_OF_THE_REFERENCE = "reference"
#: The settings of a target that a replay needs to ask the same again.
_KEPT = ("url", "api_version", "model", "run_expiry_seconds", "clock_url", "failing_model", "page_limit",
         "mcp_server_url")  # fmt: skip
_KEYS = ("api_key", "bearer_token", "other_key")
NO_CASSETTE = "not-run (no cassette)"
LIVE_ONLY = "live only: a recording does not show it"


@dataclass
class Summary:
    """What became of the cassettes."""

    unchanged: int = 0
    added: int = 0
    changed: dict[str, list[str]] | None = None
    orphans: tuple[str, ...] = ()

    def lines(self) -> Iterable[str]:
        """Yield it in words."""
        changed = self.changed or {}
        yield f"cassettes: {self.added} new, {len(changed)} changed, {self.unchanged} unchanged"
        for name, lines in itertools.islice(changed.items(), 20):
            yield f"  changed: {name}"
            yield from (f"    {line[:160]}" for line in lines[:6])
        for name in self.orphans[:20]:
            yield f"  orphan: {name}: no scenario has this name; delete it"


class Taping:
    """What a session records, or replays.

    Raises:
        ConfigError: the cassettes cannot be used.
    """

    def __init__(self, place: Path, *, replays: bool) -> None:
        self.place = place
        self.replays = replays
        self.shelf: Library = library(place)
        self.seed = ""
        self.capabilities: dict[str, tuple[bool, str]] = {}
        self.server = ""
        self.staging: Path | None = None
        self._masks: Masks | None = None
        self._tape: RecordingTape | ReplayTape | None = None

    # -- settings ----------------------------------------------------------------------------------------------------

    def provenance(self, profile: str | None, default: str) -> Provenance:
        """Return of what the cassettes are that are to be replayed.

        Raises:
            ConfigError: there are none.
        """
        there = profiles_in(self.shelf)
        chosen = profile or (there[0] if len(there) == 1 else default)
        try:
            return load(self.shelf, chosen, str(self.place))
        except CassetteError as error:
            raise ConfigError("--replay", str(error)) from error

    @staticmethod
    def settings(told: Provenance, settings: TargetSettings, profile: Profile) -> TargetSettings:
        """Return the settings of the target that was recorded, with placeholders in the place of its keys."""
        changed: dict[str, Any] = {
            name: told.settings[name] for name in _KEPT if name in told.settings and hasattr(settings, name)
        }
        changed |= {name: f"recorded-{name}" if told.settings.get(name) else "" for name in _KEYS}
        return replace(settings, profile=profile, headers={}, **changed)

    # -- recording ---------------------------------------------------------------------------------------------------

    def begin_recording(self, settings: TargetSettings, hidden: tuple[str, ...], given: str | None) -> None:
        """Get ready to record; `given` is what the controller tells a worker of itself."""
        if given is not None:
            told = json.loads(given)
            self.seed, self.staging, self.capabilities = told["seed"], Path(told["staging"]), told["capabilities"]
        else:
            self.seed = _OF_THE_REFERENCE if settings.embedded else Chance().seed
            self.staging = Path(tempfile.mkdtemp(prefix="assistants-conformance-"))
        secrets = {name: getattr(settings, name) for name in _KEYS}
        secrets |= {f"header-{name.lower()}": value for name, value in settings.headers.items()}
        self._masks = masks(secrets, hidden)

    def for_worker(self) -> str:
        """Return what a worker has to know."""
        return json.dumps({"seed": self.seed, "staging": str(self.staging), "capabilities": self.capabilities})

    def probe(self, settings: TargetSettings, judge: Judge) -> None:
        """Find out every capability before the first scenario, so that no cassette holds a probe."""
        api, found = self.api(settings, judge, "probes"), Capabilities(settings.capabilities)
        with api.named("probes"):
            for name in PROBES:
                with contextlib.suppress(NotApplicable):
                    found.require(api, name)
            if api.latest is not None:
                self.server = api.latest.response.headers.get("server", "")
        api.close()
        self.capabilities = dict(found.known)

    def api(self, settings: TargetSettings, judge: Judge, name: str) -> Api:
        """Return the target for one scenario: of the embedded server a new one, which knows of no other scenario."""
        if self.replays:
            made = Api(settings, judge, httpx2.MockTransport(_nobody))
        elif not settings.embedded:
            made = Api(settings, judge)
        else:
            from assistants_conformance.scenario.embed import embed  # noqa: PLC0415 - loads the server

            made = embed(settings, judge, seed=f"{self.seed}/{name}")
            made.now = itertools.count(1).__next__
        return made

    # -- one scenario ------------------------------------------------------------------------------------------------

    def insert(self, api: Api, name: str) -> bool:
        """Put the tape of a scenario in; say whether there is one."""
        if self.replays:
            where = name_of(api.profile.id, name)
            text = self.shelf.get(where)
            if text is None:
                return False
            self._tape = ReplayTape(read(text, f"{self.place}/{where}"))
            api.chance = Chance(str(self._tape.about.get("seed", "")))
        else:
            self._tape = RecordingTape()
            api.chance = Chance(f"{self.seed}/{name}")
        api.tape = self._tape
        return True

    def eject(self, api: Api, name: str) -> None:
        """Take the tape out; of a recording, keep what is on it.

        Raises:
            SecretError: a secret would have been written.
        """
        tape, api.tape, self._tape = self._tape, None, None
        if not isinstance(tape, RecordingTape) or self._masks is None or self.staging is None:
            return
        about = {"scenario": name, "profile": api.profile.id, "seed": api.chance.seed}
        where = name_of(api.profile.id, name)
        text = write(self._masks.cassette(tape.cassette(about)))
        self._masks.search(text, where)
        file = self.staging / where
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    # -- the end of a recording --------------------------------------------------------------------------------------

    def keep(self, told: Provenance, *, whole: bool) -> Summary:
        """Put what was recorded in its place; a cassette in which nothing has changed stays as it is.

        Args:
            told: of what it is.
            whole: every scenario was carried out, so a cassette without one is an orphan.
        """
        assert self.staging is not None
        summary, texts = Summary(changed={}), dict[str, bytes]()
        staged = {file.relative_to(self.staging).as_posix(): file for file in sorted(self.staging.rglob("*.yaml"))}
        for name, file in staged.items():
            new, old = file.read_bytes(), self.shelf.get(name)
            lines = ["not recorded before"] if old is None else _changes(old, new, name)
            if old is None:
                summary.added += 1
            elif lines and summary.changed is not None:
                summary.changed[name] = lines
            else:
                summary.unchanged += 1
            if lines:
                texts[name] = new
            file.unlink()
        if whole:
            head = f"{told.profile}/"
            summary.orphans = tuple(
                name
                for name in self.shelf.names()
                if name.startswith(head) and name.endswith(".yaml") and name not in staged
            )
        where = f"{told.profile}/{FILE}"
        if whole and (texts or self.shelf.get(where) is None or self._otherwise(told)):
            texts[where] = told.text().encode()
        if texts:
            self.shelf.put(texts)
        return summary

    def _otherwise(self, told: Provenance) -> bool:
        """Say whether anything but the day and the seed is told otherwise than before."""
        try:
            before = load(self.shelf, told.profile, str(self.place))
        except CassetteError:
            return True
        return replace(before, recorded=told.recorded, seed=told.seed).text() != told.text()

    def compared(self, told: Provenance, now: Mapping[str, str], most: int | None) -> Iterable[str]:
        """Yield which verdicts are others than when the cassettes were recorded, and whether they are too old.

        Args:
            told: of what they are.
            now: the verdicts of this replay; empty where only a part was replayed.
            most: how many days they may be old, None: any.
        """
        for name in sorted(told.verdicts.keys() & now.keys()):
            if told.verdicts[name] != now[name] and now[name] != "not-applicable":
                yield f"{name}: {told.verdicts[name]} when recorded, {now[name]} now"
        age = told.age(_today())
        if most is not None and age is not None and age > most:
            yield f"the cassettes are {age} days old, recorded {told.recorded}: record them again"

    def describe(self, settings: TargetSettings, verdict: str, verdicts: Mapping[str, str]) -> Provenance:
        """Return of what the recording is."""
        mask = self._masks.text if self._masks is not None else str
        url = settings.url or ""
        host = urlsplit(url).hostname or "embedded reference server"
        kept = {name: getattr(settings, name) for name in _KEPT if hasattr(settings, name)}
        masked: dict[str, Any] = {name: mask(one) if isinstance(one, str) else one for name, one in kept.items()}
        keys = {name: bool(getattr(settings, name)) for name in _KEYS}
        return Provenance(
            profile=settings.profile.id,
            target=mask(host),
            settings={**masked, **keys},
            capabilities=self.capabilities,
            seed=self.seed,
            server=mask(self.server),
            recorded=_today().isoformat(),
            tool=f"assistants-conformance {__version__}",
            command=f"assistants-conformance run --profile {settings.profile.id} --record {self.place.name}",
            verdict=verdict,
            verdicts=verdicts,
        )


def _today() -> date:
    return datetime.now(UTC).date()


def _nobody(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("nothing goes out in a replay", request=request)


def _changes(old: bytes, new: bytes, name: str) -> list[str]:
    if old == new:
        return []
    try:
        before: Cassette = read(old, name)
    except CassetteError as error:
        return [str(error)]
    return difference(before, read(new, name))


def hidden_hosts(settings: TargetSettings, *, hide: bool) -> tuple[str, ...]:
    """Return the names of hosts that are not to be written."""
    host = urlsplit(settings.url or "").hostname
    return (host,) if hide and host else ()


def taping_of(config: pytest.Config) -> Taping | None:
    """Return what is recorded or replayed, None where neither is.

    Raises:
        ConfigError: both are asked for, or there is nothing to replay.
    """
    record, replay = config.getoption("assistants_record"), config.getoption("assistants_replay")
    if record and replay:
        raise ConfigError("--replay", "either record or replay")
    if not (record or replay):
        return None
    place = config.invocation_params.dir / (record or replay)
    if replay and not place.exists():
        raise ConfigError("--replay", f"there is nothing at {place}")
    return Taping(place, replays=bool(replay))


@contextmanager
def offline(asked: bool) -> Iterator[None]:
    """Let nothing open a socket meanwhile."""
    if not asked:
        yield
        return
    from pytest_socket import disable_socket, enable_socket  # noqa: PLC0415 - only for a replay

    disable_socket()
    try:
        yield
    finally:
        enable_socket()
