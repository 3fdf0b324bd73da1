"""What recording and replaying have in common: what a session asks of its cassettes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from assistants_conformance.target.table import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager
    from pathlib import Path

    import pytest

    from assistants_conformance.observe import Judge
    from assistants_conformance.target import Api, TargetSettings

#: The settings of a target that a replay needs to ask the same again.
KEPT = ("url", "api_version", "model", "run_expiry_seconds", "run_timeout", "clock_url", "failing_model", "page_limit",
        "mcp_server_url", "bing_connection", "faults")  # fmt: skip
#: The credentials, of which a recording keeps only that they were there.
KEYS = ("api_key", "bearer_token", "other_key")
#: The headers of the configuration; of them a recording keeps only the names.
HEADERS = "headers"
#: The name of the effort.
EFFORT = "effort"
NO_CASSETTE = "not-run (no cassette)"
LIVE_ONLY = "live only: a recording does not show it"


class NoCassette(Exception):
    """A scenario that was not recorded, or whose cassette cannot be read."""


class Tapes(Protocol):
    """The cassettes of a session."""

    def scenario(self, settings: TargetSettings, judge: Judge, name: str) -> AbstractContextManager[Api]:
        """Give the target for one scenario.

        Raises:
            NoCassette: of this scenario nothing was recorded.
        """

    def ended(self, blocked: str) -> None:
        """Note how the scenario ended, while it is still given: why it gave up, empty where it did not."""

    def for_worker(self) -> str:
        """Return what a worker has to know."""

    def give(self) -> dict[str, Any]:
        """Return what a worker has to tell in the end."""

    def take(self, told: dict[str, Any]) -> None:
        """Take over what a worker has told."""

    def close(self) -> None:
        """Leave nothing behind."""


def few(head: str, names: Iterable[str], most: int = 10) -> Iterable[str]:
    """Yield a line for each of the first names, and one for how many there are more."""
    there = sorted(names)
    yield from (f"{head}: {name}" for name in there[:most])
    if len(there) > most:
        yield f"{head}: and {len(there) - most} more"


def asked(config: pytest.Config) -> tuple[Path | None, Path | None]:
    """Return where is to be recorded to and replayed from.

    Raises:
        ConfigError: what is asked for contradicts itself.
    """
    option = config.getoption
    record, replay = option("assistants_record"), option("assistants_replay")
    check(
        record=record,
        replay=replay,
        max_age=option("assistants_max_age"),
        hide_host=option("assistants_hide_host"),
        url=option("assistants_url"),
        faults=option("assistants_fault"),
    )
    here = config.invocation_params.dir
    return here / record if record else None, here / replay if replay else None


def check(*, record: Any, replay: Any, max_age: int | None, hide_host: bool, url: str | None, faults: Any) -> None:
    """See that options of recording and replaying go together.

    Raises:
        ConfigError: they do not.
    """
    if record and replay:
        raise ConfigError("--replay", "either record or replay: leave one of --record and --replay out")
    if replay and url:
        raise ConfigError("--url", "a replay asks no endpoint: leave --url out")
    if replay and faults:
        raise ConfigError("--fault", "a replay has no server that could be broken: leave --fault out")
    if max_age is not None and not replay:
        raise ConfigError("--max-age", "says how old cassettes may be that are replayed: it needs --replay")
    if hide_host and not record:
        raise ConfigError("--hide-host", "says what a recording does not hold: it needs --record")
