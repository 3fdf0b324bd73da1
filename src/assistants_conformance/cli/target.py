"""The options that name a target, for the commands that are not `run`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assistants_conformance.cli.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_conformance.target.resolve import Resolved

_OPTIONS = (
    click.option("--url", help="The endpoint. [default: the environment, conformance.toml]"),
    click.option("--profile", help="The contract. [default: azure-2024-05-01-preview]"),
    click.option(
        "--config", metavar="FILE", help="A configuration file. [default: conformance.toml, where there is one]"
    ),
)


def of_a_target(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options `--url`, `--profile` and `--config`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def resolved(url: str | None, profile: str | None, config: str | None, **more: Any) -> Resolved:
    """Resolve the settings of a target outside this process.

    Raises:
        Problem: no target is named.
        ConfigError: a setting is bad.
    """
    from assistants_conformance.target.resolve import Options, resolve  # noqa: PLC0415 - the help does without it

    place = Path(config).absolute() if config else None
    made = resolve(Options(url=url, profile=profile, config=place, **more), os.environ)
    if made.settings.embedded:
        raise Problem("no target is named: --url, or an address in the environment or in conformance.toml")
    return made


__all__ = ["of_a_target", "resolved"]
