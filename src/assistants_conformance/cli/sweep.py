"""`assistants-conformance sweep`: what runs that were cut off have left at a target is deleted."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import click

from assistants_conformance.cli.problems import Problem, told
from assistants_conformance.cli.target import of_a_target, resolved

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@click.command()
@of_a_target
@click.option("--older-than", metavar="TIME", help="Only runs that nobody has heard of for so long: 90s, 30m, 1h, 2d.")
@click.option("--ledger", metavar="DIR", help="Where the ledgers are. [default: a folder of the user's state]")
@click.option("--dry-run", is_flag=True, help="Say what would be deleted; what must be looked for is looked for.")
def sweep(
    url: str | None, profile: str | None, config: str | None, older_than: str | None, ledger: str | None, dry_run: bool
) -> None:
    """Delete what interrupted runs have left at a target: what their ledgers name, and nothing else.

    Runs that go on are passed over. Exit status: 0 nothing is left, 1 something could not be deleted, 2 as ever.
    """
    with told():
        from assistants_conformance.reporting.console import Ink  # noqa: PLC0415 - the help does without all of it
        from assistants_conformance.target.ledger import default_folder  # noqa: PLC0415
        from assistants_conformance.target.sweep import ledgers  # noqa: PLC0415
        from assistants_conformance.target.sweep import sweep as delete  # noqa: PLC0415

        age = _seconds(older_than)
        target = resolved(url, profile, config)
        folder = Path(ledger) if ledger is not None else default_folder(os.environ)
        if ledger is not None and not folder.is_dir():
            raise Problem(f"--ledger: there is no folder {folder}")
        ink = Ink(secrets=target.secrets)
        done = delete(target.settings, ledgers(folder), older_than=age, dry=dry_run)
    for line in done.lines:
        click.echo(ink.clean(line))
    if dry_run:
        click.echo(f"nothing was deleted; {done.requests} requests")
        return
    click.echo(
        f"{done.deleted} deleted, {done.gone} were gone already, {done.left} left; {done.requests} requests;"
        f" ledgers in {folder}"
    )
    sys.exit(1 if done.left else 0)


def _seconds(age: str | None) -> float:
    if age is None:
        return 0.0
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", age.strip())
    if found is None:
        raise Problem(f"--older-than: {age!r} is no time: write it like 90s, 30m, 1h or 2d")
    return float(found.group(1)) * _UNITS[found.group(2)]
