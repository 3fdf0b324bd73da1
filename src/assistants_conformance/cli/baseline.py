"""`assistants-conformance baseline`: the deviations of a result as a list of known ones."""

from __future__ import annotations

import json
from pathlib import Path

import click

from assistants_conformance.cli.problems import Problem, told, writable


@click.command()
@click.argument("result", metavar="RESULT.json")
@click.option("--output", metavar="FILE", help="Write to this file, which must not be there yet. [default: print]")
@click.option("--days", type=click.IntRange(1), default=90, show_default=True, help="When the entries end.")
def baseline(result: str, output: str | None, days: int) -> None:
    """Write what a result has found as [[known]] entries for conformance.toml.

    An entry that has ended, and one whose deviation no longer occurs, turn a run red.
    """
    with told():
        from assistants_conformance.reporting.baseline import NoResultError, entries  # noqa: PLC0415 - see the help

        file = writable(output, "--output")
        if file is not None and file.exists():
            raise Problem(
                f"--output: {output} is there already: name a new file, and put its entries where they belong"
            )
        try:
            document = json.loads(Path(result).read_text("utf-8"))
            text, notes = entries(document, days)
        except OSError as error:
            raise Problem(f"{result}: cannot be read: {error.strerror}") from error
        except (ValueError, RecursionError) as error:
            raise Problem(f"{result}: not JSON: name a file that run --json has written") from error
        except NoResultError as error:
            raise Problem(f"{result}: {error}") from error
    if file is None:
        click.echo(text, nl=False)
    else:
        try:
            file.write_text(text, "utf-8")
        except OSError as error:
            raise Problem(f"--output: {output}: {error.strerror}") from error
    for note in notes:
        click.echo(note, err=True)
