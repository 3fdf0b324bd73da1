"""`assistants-conformance requirements` and `faults`: what is checked, what is not, and what proves the checks."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING, Any

import click

from assistants_conformance.cli.problems import told

if TYPE_CHECKING:
    from assistants_conformance.contract import Profile
    from assistants_conformance.scenario.proof import Proof


def _profile(name: str | None) -> Profile:
    from assistants_conformance.contract import DEFAULT_PROFILE  # noqa: PLC0415 - the help does without it
    from assistants_conformance.target.resolve import named_profile  # noqa: PLC0415

    return named_profile(name or DEFAULT_PROFILE, "--profile", runnable=False)


@click.command()
@click.option("--profile", help="The contract. [default: azure-2024-05-01-preview]")
@click.option("--area", help="Only one area: thread_locking, files ...")
@click.option("--tests", "names", is_flag=True, help="Name the rules, scenarios and faults behind every requirement.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, everything named.")
def requirements(profile: str | None, area: str | None, names: bool, as_json: bool) -> None:
    """List every requirement with what a profile says of it, what checks it, and how many faults prove the check.

    In a pipe: one requirement a line, columns apart by tabs.
    """
    with told():
        from assistants_conformance.cli import layout  # noqa: PLC0415 - the help does without it
        from assistants_conformance.contract import catalogue  # noqa: PLC0415
        from assistants_conformance.reporting.verdicts import in_order  # noqa: PLC0415
        from assistants_conformance.scenario.proof import Proof, proofs  # noqa: PLC0415
        from assistants_conformance.target.table import ConfigError, near  # noqa: PLC0415

        contract = _profile(profile)
        areas = sorted({row.area for row in catalogue().values()})
        if area is not None and area not in areas:
            raise ConfigError("--area", f"there is no area {area!r}{near(area, areas)}; there are: {', '.join(areas)}")
        behind = proofs(contract)
        rows = [
            _decided(contract, identifier, behind.get(identifier, Proof()))
            for identifier in in_order(catalogue(), contract)
            if area is None or catalogue()[identifier].area == area
        ]
    counts = {name: sum(row["decision"] == name for row in rows) for name in ("active", "excluded", "does not apply")}
    if as_json:
        click.echo(json.dumps({"profile": contract.id, "counts": counts, "requirements": rows}, indent=1))
        return
    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns
    for line in layout.for_terminal(rows, width, names=names) if terminal else layout.for_pipe(rows, names=names):
        click.echo(line)
    # A pipe gets rows alone.
    told_counts = ", ".join(f"{count} {name}" for name, count in counts.items())
    click.echo(f"\n{contract.id}: {told_counts}", err=not terminal)


def _decided(profile: Profile, identifier: str, proof: Proof) -> dict[str, Any]:
    requirement = profile.requirement(identifier)
    if identifier in profile.active:
        decision, reason = "active", None
    elif identifier in profile.excluded:
        decision, reason = "excluded", profile.excluded[identifier]
    else:
        decision, reason = "does not apply", f"only to {', '.join(requirement.profiles)}"
    return {
        "id": requirement.id,
        "area": requirement.area,
        "level": requirement.level,
        "impact": requirement.impact,
        "title": requirement.title,
        "statement": requirement.statement,
        "source": requirement.source,
        "profiles": list(requirement.profiles),
        "decision": decision,
        "reason": reason,
        "occasion": requirement.occasion,
        "judge": list(proof.judge),
        "scenarios": list(proof.scenarios),
        "faults": list(proof.faults),
    }


@click.command()
@click.option("--profile", help="The contract. [default: azure-2024-05-01-preview]")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def faults(profile: str | None, as_json: bool) -> None:
    """List the faults that the reference server can be started with, and the requirements that find them."""
    with told():
        from assistants_conformance.reference.faults import registry  # noqa: PLC0415 - the help does without it
        from assistants_conformance.target.resolve import named_profile  # noqa: PLC0415

        contract = named_profile(_profile(profile).id, "--profile")
        rows = [
            {
                "name": fault.name,
                "description": fault.description,
                "kills": [identifier for identifier in fault.kills if identifier in contract.active],
            }
            for _, fault in sorted(registry(contract).items())
        ]
    if as_json:
        click.echo(json.dumps({"profile": contract.id, "faults": rows}, indent=1))
        return
    for row in rows:
        click.echo(f"{row['name']}\n    {row['description']}\n    kills {', '.join(row['kills']) or 'nothing'}")
    click.echo(f"\n{contract.id}: {len(rows)} faults")
