"""A session that is recorded: a cassette for each scenario, without secrets, put in its place once all is over."""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from assistants_conformance import __version__
from assistants_conformance.cassette.difference import difference
from assistants_conformance.cassette.form import CassetteError, read, write
from assistants_conformance.cassette.library import library, name_of
from assistants_conformance.cassette.masking import SecretError, masks
from assistants_conformance.cassette.provenance import FILE, Provenance, load
from assistants_conformance.cassette.tape import BLOCKED, RecordingTape
from assistants_conformance.plugin.replaying import orphans
from assistants_conformance.plugin.taping import EFFORT, HEADERS, KEPT, KEYS, few
from assistants_conformance.target import Api, Capabilities, NotApplicable
from assistants_conformance.target.capabilities import PROBES
from assistants_conformance.target.chance import Chance
from assistants_conformance.target.table import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from assistants_conformance.observe import Judge
    from assistants_conformance.target import TargetSettings

#: From what the embedded server's recordings are made: always the same, so that they are the same to the byte.
_OF_THE_REFERENCE = "reference"
#: How many changed cassettes are shown, how many lines of each, and how many letters of a line.
_SHOWN, _LINES, _LETTERS = 20, 10, 160


class KeepError(Exception):
    """What was recorded cannot be kept; the message is one line."""


@dataclass
class Summary:
    """What became of the cassettes."""

    unchanged: int = 0
    added: int = 0
    changed: dict[str, list[str]] = field(default_factory=dict)
    orphans: tuple[str, ...] = ()

    def lines(self) -> Iterable[str]:
        """Yield it in words."""
        yield f"cassettes: {self.added} new, {len(self.changed)} changed, {self.unchanged} unchanged"
        for name, lines in itertools.islice(self.changed.items(), _SHOWN):
            yield f"  changed: {name}"
            yield from (f"    {line[:_LETTERS]}" for line in lines[:_LINES])
        if len(self.changed) > _SHOWN:
            yield f"  changed: and {len(self.changed) - _SHOWN} more"
        yield from few("  orphan, no scenario has this name: delete it", self.orphans)


class Recording:
    """The cassettes of a session that is recorded.

    Args:
        place: a folder or an archive; it may be there already.
        settings: the target.
        given: what the controller tells a worker of itself; None: this is no worker.
        hide_host: the name of the target's host is not written either.

    Raises:
        ConfigError: nothing can be written there.
    """

    def __init__(self, place: Path, settings: TargetSettings, given: str | None, *, hide_host: bool) -> None:
        self.place = place
        self._shelf = library(place)
        self._settings = settings
        self._own_staging = given is None
        self.capabilities: dict[str, tuple[bool, str]] = {}
        self._server = ""
        self._blocked = ""
        #: What must not be kept, and why.
        self._refused: list[str] = []
        if given is not None:
            told = json.loads(given)
            self.seed, self._staging, self.capabilities = told["seed"], Path(told["staging"]), told["capabilities"]
        else:
            check_writable(place)
            self.seed = _OF_THE_REFERENCE if settings.embedded else Chance().seed
            self._staging = Path(tempfile.mkdtemp(prefix="assistants-conformance-"))
        parts = urlsplit(settings.url or "")
        secrets = {name: getattr(settings, name) for name in KEYS}
        secrets |= {f"header-{name.lower()}": value for name, value in settings.headers.items()}
        secrets["user"] = f"{parts.username or ''}:{parts.password}" if parts.password else ""
        secrets["password"] = parts.password or ""
        self._masks = masks(secrets, (parts.hostname,) if hide_host and parts.hostname else ())

    def for_worker(self) -> str:
        """Return what a worker has to know."""
        return json.dumps({"seed": self.seed, "staging": str(self._staging), "capabilities": self.capabilities})

    def probe(self, settings: TargetSettings, judge: Judge) -> None:
        """Find out every capability before the first scenario, so that no cassette holds a probe."""
        api, found = self._api(settings, judge, "probes"), Capabilities(settings.capabilities)
        with api.named("probes"):
            for name in PROBES:
                with contextlib.suppress(NotApplicable):
                    found.require(api, name)
            if api.latest is not None:
                self._server = api.latest.response.headers.get("server", "")
        api.close()
        self.capabilities = dict(found.known)

    def _api(self, settings: TargetSettings, judge: Judge, name: str) -> Api:
        """Return the target for one scenario: of the embedded server a new one, which knows of no other scenario."""
        if not settings.embedded:
            return Api(settings, judge)
        from assistants_conformance.scenario.embed import embed  # noqa: PLC0415 - loads the server

        made = embed(settings, judge, seed=f"{self.seed}/{name}")
        made.now = itertools.count(1).__next__
        return made

    @contextmanager
    def scenario(self, settings: TargetSettings, judge: Judge, name: str) -> Iterator[Api]:
        """Give the target for one scenario, and keep what was said once the scenario has ended."""
        api, tape = self._api(settings, judge, name), RecordingTape()
        api.chance = Chance(f"{self.seed}/{name}")
        api.tape, self._blocked = tape, ""
        try:
            yield api
        finally:
            api.close()
        about: dict[str, Any] = {"scenario": name, "profile": settings.profile.id, "seed": api.chance.seed}
        if settings.run_expiry_seconds:
            about["run_expiry_seconds"] = settings.run_expiry_seconds
        if self._blocked:
            about[BLOCKED] = self._masks.text(self._blocked)
        where = name_of(settings.profile.id, name)
        text = write(self._masks.cassette(tape.cassette(about)))
        try:
            self._masks.search(text, where)
        except SecretError as error:
            self._refused.append(str(error))
            return
        if not self._staging.is_dir():
            # The controller was stopped and has cleaned up already.
            return
        file = self._staging / where
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8", newline="")

    def ended(self, blocked: str) -> None:
        """Note why the scenario gave up; empty where it did not."""
        self._blocked = blocked

    def give(self) -> dict[str, Any]:
        """Return what a worker has to tell in the end."""
        return {"refused": self._refused}

    def take(self, told: dict[str, Any]) -> None:
        """Take over what a worker has told."""
        self._refused += told["refused"]

    # -- the end -----------------------------------------------------------------------------------------------------

    def keep(self, verdict: str, verdicts: Mapping[str, str], *, whole: bool) -> Summary:
        """Put what was recorded in its place; a cassette in which nothing has changed stays as it is.

        Args:
            verdict: of the target.
            verdicts: of the requirements.
            whole: every scenario was carried out, so a cassette without one is an orphan.

        Raises:
            KeepError: a secret would have been written, or nothing can be; everything is as it was before.
        """
        told = self._describe(verdict, verdicts)
        try:
            self._masks.search(told.text(), f"{told.profile}/{FILE}")
        except SecretError as error:
            self._refused.append(str(error))
        if self._refused:
            raise KeepError("nothing was kept: " + "; ".join(sorted(self._refused)[:5]))
        try:
            return self._put(told, whole=whole)
        except (OSError, CassetteError) as error:
            raise KeepError(f"nothing was kept: {error}") from error

    def _put(self, told: Provenance, *, whole: bool) -> Summary:
        before = self._before(told.profile)
        if not whole and before is not None and before.settings != told.settings:
            names = sorted(name for name in told.settings if told.settings[name] != before.settings.get(name))
            raise KeepError(
                f"nothing was kept: the cassettes there were recorded with other settings ({', '.join(names)}):"
                " record all of them, or into another folder"
            )
        summary, texts = Summary(), dict[str, bytes]()
        staged = {file.relative_to(self._staging).as_posix(): file for file in sorted(self._staging.rglob("*.yaml"))}
        for name, file in staged.items():
            new, old = file.read_bytes(), self._shelf.get(name)
            lines = [] if old is None else _changes(old, new, name)
            if old is None:
                summary.added += 1
            elif lines:
                summary.changed[name] = lines
            else:
                summary.unchanged += 1
                continue
            texts[name] = new
        if whole:
            summary.orphans = tuple(orphans(self._shelf.names(), f"{told.profile}/", staged))
        if before is None or (whole and (texts or self._otherwise(before, told))):
            texts[f"{told.profile}/{FILE}"] = told.text().encode()
        if texts:
            self._shelf.put(texts)
        return summary

    def _before(self, profile: str) -> Provenance | None:
        if self._shelf.get(f"{profile}/{FILE}") is None:
            return None
        try:
            return load(self._shelf, profile, str(self.place))
        except CassetteError:
            # It is written anew.
            return None

    def _otherwise(self, before: Provenance, told: Provenance) -> bool:
        """Say whether it is told otherwise than before; that of the embedded server does not age."""
        day = told.recorded if self._settings.embedded else before.recorded
        return replace(before, recorded=day, seed=told.seed).text() != told.text()

    def _describe(self, verdict: str, verdicts: Mapping[str, str]) -> Provenance:
        settings, mask = self._settings, self._masks.text
        host = urlsplit(settings.url or "").hostname or "embedded reference server"
        kept = {name: getattr(settings, name) for name in KEPT if hasattr(settings, name)}
        masked: dict[str, Any] = {
            name: self._masks.url(one) if isinstance(one, str) else list(one) if isinstance(one, tuple) else one
            for name, one in kept.items()
        }
        keys = {name: bool(getattr(settings, name)) for name in KEYS}
        url = f" --url {masked['url']}" if settings.url else ""
        clock = "of the reference server" if settings.embedded else "wound" if settings.clock_url else "real"
        return Provenance(
            profile=settings.profile.id,
            target=mask(host),
            settings={**masked, **keys, HEADERS: sorted(settings.headers), EFFORT: settings.effort.name},
            capabilities=self.capabilities,
            seed=self.seed,
            server=mask(self._server),
            clock=clock,
            recorded=datetime.now(UTC).date().isoformat(),
            tool=f"assistants-conformance {__version__}",
            command=f"assistants-conformance run{url} --profile {settings.profile.id} --record {self.place.name}",
            verdict=verdict,
            verdicts=verdicts,
        )

    def close(self) -> None:
        """Take away what was written for the time being; a worker leaves that to its controller."""
        if self._own_staging:
            shutil.rmtree(self._staging, ignore_errors=True)


def check_writable(place: Path) -> None:
    """See that a recording can be kept, before it is made.

    Raises:
        ConfigError: it cannot.
    """
    if place.suffix == ".zip":
        if place.is_dir():
            raise ConfigError("--record", f"{place} is a folder: an archive is a file")
        folder = place.parent
    else:
        if place.exists() and not place.is_dir():
            raise ConfigError("--record", f"{place} is no folder: name a folder, or an archive that ends with .zip")
        folder = place
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
        library(place).get(FILE)
    except (OSError, CassetteError) as error:
        raise ConfigError("--record", f"nothing can be written at {place}: {error}") from error


def _changes(old: bytes, new: bytes, name: str) -> list[str]:
    if old == new:
        return []
    try:
        before = read(old, name)
    except CassetteError as error:
        return [str(error)]
    return difference(before, read(new, name))
