"""`assistants-conformance audit`: recordings judged, without a target and without network."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistants_conformance.cli.problems import Problem, told, writable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistants_conformance.reporting.audit import Audit
    from assistants_conformance.reporting.console import Ink

_LISTED = 20


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--profile", default="auto", show_default=True, help="The contract; auto: that of each exchange.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out sources like this (may be given again).")
@click.option("--json", "result", metavar="FILE", help="Write the result to this file.")
def audit(paths: tuple[str, ...], profile: str, exclude: tuple[str, ...], result: str | None) -> None:
    """Judge recordings: vcrpy, Ruby VCR, Azure SDK test records, HAR, JSON lines; files or folders."""
    with told():
        from assistants_conformance.reporting.audit import audit as judge  # noqa: PLC0415 - the help does without all
        from assistants_conformance.reporting.console import Ink  # noqa: PLC0415
        from assistants_conformance.reporting.result import write  # noqa: PLC0415
        from assistants_conformance.target.resolve import named_profile  # noqa: PLC0415

        file = writable(result, "--json")
        contract = None if profile == "auto" else named_profile(profile, "--profile", runnable=False)
        done = judge([Path(path) for path in paths], contract, exclude)
    if file is not None:
        try:
            write(file, done.result())
        except OSError as error:
            raise Problem(f"--json: {file}: {error.strerror}") from error
    ink = Ink(colour=sys.stdout.isatty())
    _found(done, ink)
    _summary(done, ink)
    for line in done.unread:
        click.echo(f"Error: {ink.clean(line)}", err=True)
    sys.exit(done.exit_status)


def _found(done: Audit, ink: Ink) -> None:
    from assistants_conformance.reporting.console import by_impact, screen  # noqa: PLC0415

    for row in sorted((row for row in done.rows if row.findings), key=by_impact):
        click.echo(screen(row.requirement, row.findings, ink, verdict=row.verdict, failures=row.failures) + "\n")


def _summary(done: Audit, ink: Ink) -> None:
    for profile in done.profiles:
        click.echo(f"{profile.id}: {done.judged[profile.id]} exchanges judged")
    if done.passed_over:
        click.echo("passed over: " + ", ".join(f"{count} {why}" for why, count in sorted(done.passed_over.items())))
    _listed("server errors, no findings", done.server_errors, ink)
    _listed("no recordings", [str(problem) for problem in done.foreign], ink)
    exercised = sum(1 for row in done.rows if row.exercised)
    places = sum(row.failures for row in done.rows)
    click.echo(f"{exercised} requirements exercised, {places} findings of {len(done.tally.findings)} requirements")


def _listed(head: str, lines: Sequence[str], ink: Ink) -> None:
    if not lines:
        return
    click.echo(f"{head}: {len(lines)}")
    for line in lines[:_LISTED]:
        click.echo(f"  {ink.clean(line)[:300]}")
    if len(lines) > _LISTED:
        click.echo(f"  and {len(lines) - _LISTED} more")
