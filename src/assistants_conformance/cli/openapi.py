"""`assistants-conformance openapi`: the contract of a profile as an OpenAPI document."""

from __future__ import annotations

import json
from pathlib import Path

import click

from assistants_conformance.cli.problems import told, writable


@click.command()
@click.option("--profile", help="The contract. [default: azure-2024-05-01-preview]")
@click.option("--output", metavar="FILE", help="Write to this file; nothing: to standard output.")
def openapi(profile: str | None, output: str | None) -> None:
    """Print the contract of a profile as an OpenAPI 3.1 document in JSON, the same each time."""
    with told():
        from assistants_conformance.contract import DEFAULT_PROFILE  # noqa: PLC0415 - the help does without it
        from assistants_conformance.contract import openapi as assembly  # noqa: PLC0415
        from assistants_conformance.target.resolve import named_profile  # noqa: PLC0415

        contract = named_profile(profile or DEFAULT_PROFILE, "--profile", runnable=False)
        text = json.dumps(assembly.openapi(contract), indent=1, ensure_ascii=False) + "\n"
        if output is not None:
            writable(output, "--output")
            Path(output).write_text(text, "utf-8")
    if output is None:
        click.echo(text, nl=False)
