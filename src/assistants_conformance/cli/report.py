"""`assistants-conformance report`: result files as a page, as Markdown, as a badge; one target or many side by side."""

from __future__ import annotations

from pathlib import Path

import click

from assistants_conformance.cli.problems import Problem, told, writable


@click.command()
@click.argument("results", nargs=-1, required=True, metavar="RESULT.json...")
@click.option("--html", metavar="FILE", help="Write one page that needs nothing else.")
@click.option("--markdown", metavar="FILE", help="Write Markdown, for a comment or a job's summary.")
@click.option("--badge", metavar="FILE", help="Write the verdict as a picture (SVG); of one whole run only.")
def report(results: tuple[str, ...], html: str | None, markdown: str | None, badge: str | None) -> None:
    """Tell what result files say (run --json, audit --json). Without an option, Markdown goes to the output."""
    with told():
        from assistants_conformance.reporting.badge import NoClaimError  # noqa: PLC0415 - the help does without it
        from assistants_conformance.reporting.badge import badge as draw  # noqa: PLC0415
        from assistants_conformance.reporting.markdown import markdown as put  # noqa: PLC0415
        from assistants_conformance.reporting.page import page  # noqa: PLC0415
        from assistants_conformance.reporting.reading import ResultError, read_result  # noqa: PLC0415
        from assistants_conformance.reporting.result import write_text  # noqa: PLC0415
        from assistants_conformance.reporting.text import plain  # noqa: PLC0415

        forms = [
            (writable(file, option), make)
            for file, option, make in ((html, "--html", page), (markdown, "--markdown", put), (badge, "--badge", draw))
        ]
        try:
            read = [read_result(Path(name)) for name in results]
            made = [(path, make(read)) for path, make in forms if path is not None]
        except (ResultError, NoClaimError) as error:
            raise Problem(plain(str(error))) from error
    for path, text in made:
        try:
            write_text(path, text)
        except OSError as error:
            raise Problem(f"{path}: {error.strerror}") from error
    if not made:
        click.echo(put(read), nl=False)
