"""`assistants-conformance requirements` and `faults`: what is checked, what is not, and what proves the checks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from assistants_conformance.cli.problems import told

if TYPE_CHECKING:
    from assistants_conformance.contract import Profile


def _profile(name: str | None) -> Profile:
    from assistants_conformance.contract import DEFAULT_PROFILE  # noqa: PLC0415 - the help does without it
    from assistants_conformance.target.resolve import named_profile  # noqa: PLC0415

    return named_profile(name or DEFAULT_PROFILE, "--profile", runnable=False)


@click.command()
@click.option("--profile", help="The contract. [default: azure-2024-05-01-preview]")
@click.option("--area", help="Only one area: thread_locking, files ...")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def requirements(profile: str | None, area: str | None, as_json: bool) -> None:
    """List every requirement with what a profile says of it."""
    with told():
        from assistants_conformance.contract import catalogue  # noqa: PLC0415
        from assistants_conformance.reporting.verdicts import in_order  # noqa: PLC0415
        from assistants_conformance.target.table import ConfigError, near  # noqa: PLC0415

        contract = _profile(profile)
        areas = sorted({row.area for row in catalogue().values()})
        if area is not None and area not in areas:
            raise ConfigError("--area", f"there is no area {area!r}{near(area, areas)}; there are: {', '.join(areas)}")
        rows = [
            _decided(contract, identifier)
            for identifier in in_order(catalogue(), contract)
            if area is None or catalogue()[identifier].area == area
        ]
    if as_json:
        click.echo(json.dumps({"profile": contract.id, "requirements": rows}, indent=1))
        return
    current = ""
    for row in rows:
        if row["area"] != current:
            current = row["area"]
            click.echo(f"\n{current}")
        told_reason = f": {row['reason']}" if row["reason"] else ""
        click.echo(f"  {row['id']:<10} {row['level']:<8} {row['impact']:<17} {row['title']}")
        if row["decision"] != "active":
            click.echo(f"  {'':<10} {row['decision']}{told_reason}")
    counts = {name: sum(row["decision"] == name for row in rows) for name in ("active", "excluded", "does not apply")}
    click.echo(f"\n{contract.id}: " + ", ".join(f"{count} {name}" for name, count in counts.items()))


def _decided(profile: Profile, identifier: str) -> dict[str, Any]:
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
