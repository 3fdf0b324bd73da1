"""The command line. What a command needs is imported when it is run, so that the help is quick."""

from __future__ import annotations

import click

from assistants_conformance import __version__
from assistants_conformance.cli.audit import audit
from assistants_conformance.cli.baseline import baseline
from assistants_conformance.cli.openapi import openapi
from assistants_conformance.cli.report import report
from assistants_conformance.cli.run import run
from assistants_conformance.cli.serve import serve
from assistants_conformance.cli.smoke import smoke
from assistants_conformance.cli.sweep import sweep
from assistants_conformance.cli.tables import faults, requirements


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="assistants-conformance")
def main() -> None:
    """Hold an endpoint, or recordings of one, to the contract of the Assistants API.

    Exit status: 0 nothing was found, 1 findings, 2 bad usage or configuration, or a target that cannot be reached.
    """


for _command in (run, smoke, sweep, baseline, audit, report, serve, requirements, faults, openapi):
    main.add_command(_command)

__all__ = ["main"]
