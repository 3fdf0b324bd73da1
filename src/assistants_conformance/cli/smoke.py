"""`assistants-conformance smoke`: do target, key, version and model work?"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from assistants_conformance.cli.problems import told
from assistants_conformance.cli.target import of_a_target, resolved


@click.command()
@of_a_target
@click.option("--model", help="The model or deployment to try.")
@click.option("--request-timeout", type=float, metavar="SECONDS", help="How long to wait for an answer. [default: 30]")
@click.option("--ledger", metavar="DIR", help="Where is written what is made, until it is deleted.")
@click.option("--run-timeout", type=float, metavar="SECONDS", help="How long to wait for a run. [default: 60]")
def smoke(
    url: str | None,
    profile: str | None,
    config: str | None,
    model: str | None,
    request_timeout: float | None,
    ledger: str | None,
    run_timeout: float | None,
) -> None:
    """Say in at most ten requests whether target, key, version and model work, before anything is judged.

    Exit status: 0 they do, 2 they do not; each line says why, and how to mend it.
    """
    with told():
        from assistants_conformance.reporting.console import Ink  # noqa: PLC0415 - the help does without all of it
        from assistants_conformance.target.ledger import default_folder, opened  # noqa: PLC0415
        from assistants_conformance.target.smoke import smoke as walk  # noqa: PLC0415

        target = resolved(url, profile, config, model=model, request_timeout=request_timeout, run_timeout=run_timeout)
        book = opened(target.settings, Path(ledger) if ledger is not None else default_folder(os.environ))
        ink = Ink(secrets=target.secrets)
        for line in target.header():
            click.echo(ink.clean(line))
        good = True
        for step in walk(target, ledger=book):
            good = good and step.good
            click.echo(ink.clean(f"{'ok  ' if step.good else 'FAIL'} {step.name:<9} {step.told}"))
            if step.mend:
                click.echo(ink.clean(f"{'':<14} mend: {step.mend}"))
    sys.exit(0 if good else 2)
