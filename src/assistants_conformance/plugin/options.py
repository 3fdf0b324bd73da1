"""What is asked for with options of pytest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from assistants_conformance.contract import LEVELS
from assistants_conformance.target.resolve import Options
from assistants_conformance.target.table import ConfigError, near

if TYPE_CHECKING:
    import pytest

    from assistants_conformance.target import TargetSettings


def options_of(config: pytest.Config) -> Options:
    """Return what was asked for with `--assistants-` options."""
    asked = config.getoption
    path = asked("assistants_config")
    return Options(
        url=asked("assistants_url"),
        profile=asked("assistants_profile"),
        config=config.invocation_params.dir / path if path else None,
        model=asked("assistants_model"),
        run_expiry=asked("assistants_run_expiry"),
        clock_url=asked("assistants_clock_url"),
        failing_model=asked("assistants_failing_model"),
        request_timeout=asked("assistants_request_timeout"),
        run_timeout=asked("assistants_run_timeout"),
        effort=asked("assistants_effort"),
        seed=asked("assistants_seed"),
        faults=tuple(asked("assistants_fault") or ()),
    )


def level_of(name: str | None) -> int:
    """Return the place of a level in the order of levels; nothing asked for: the last.

    Raises:
        ConfigError: there is no such level.
    """
    if not name:
        return len(LEVELS) - 1
    if name.upper() not in LEVELS:
        raise ConfigError("level", f"there is no level {name!r}{near(name, LEVELS)}; there are: {', '.join(LEVELS)}")
    return list[str](LEVELS).index(name.upper())


def embedded(settings: TargetSettings, *, declared: bool = False) -> TargetSettings:
    """Return the settings with the credentials of the server in this process, never with anybody's own.

    `declared` leaves what a target may offer besides as it is declared.
    """
    from assistants_conformance.scenario.embed import embedded_settings  # noqa: PLC0415 - loads the server

    own = embedded_settings(settings.profile)
    if declared:
        own = replace(own, failing_model="", mcp_server_url="", bing_connection="")
    return replace(
        settings,
        api_key=own.api_key,
        bearer_token=own.bearer_token,
        other_key=own.other_key,
        failing_model=settings.failing_model or own.failing_model,
        mcp_server_url=settings.mcp_server_url or own.mcp_server_url,
        bing_connection=settings.bing_connection or own.bing_connection,
        headers={},
    )
