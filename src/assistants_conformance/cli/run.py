"""`assistants-conformance run`: the suites against a target."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistants_conformance.cli.problems import Problem, told, writable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_conformance.target.resolve import Options, Resolved

_INI = Path(__file__).with_name("pytest.ini")


@click.command()
@click.option("--url", help="The endpoint; 'reference' or nothing: a server in this process, without network.")
@click.option("--profile", help="The contract to hold it to. [default: azure-2024-05-01-preview]")
@click.option("--config", metavar="FILE", help="A configuration file. [default: conformance.toml, where there is one]")
@click.option("-k", "expression", metavar="EXPR", help="Only scenarios whose name matches: -k thread_locking.")
@click.option("-m", "level", metavar="LEVEL", help="Only this level and above: MUST, SHOULD, OBSERVED, MAY.")
@click.option("-n", "workers", metavar="N", help="Run in N processes, or auto.")
@click.option("--json", "result", metavar="FILE", help="Write the result to this file.")
@click.option("--junit", metavar="FILE", help="Write a JUnit report to this file.")
@click.option("--html", metavar="FILE", help="Write the report as one page to this file.")
@click.option(
    "--effort",
    metavar="NAME",
    help="How much is searched: quick, thorough, live. [default: live with --url, else quick]",
)
@click.option("--seed", metavar="TEXT", help="What chance begins with; the same seed asks the same.")
@click.option("--record", metavar="DIR", help="Keep the traffic, a cassette a scenario; a name with .zip: one archive.")
@click.option("--replay", metavar="DIR", help="Take the answers from cassettes: no key, no network.")
@click.option("--max-age", type=click.IntRange(0), metavar="DAYS", help="With --replay: tell of older cassettes.")
@click.option("--hide-host", is_flag=True, help="With --record: do not write the name of the target's host.")
@click.option("--model", help="The model or deployment that scenarios name.")
@click.option("--run-expiry", type=click.IntRange(1), metavar="SECONDS", help="When the target lets a run expire.")
@click.option("--clock-url", metavar="URL", help='Where its clock is wound: POST {"advance_seconds": N}.')
@click.option("--failing-model", metavar="NAME", help="A model whose runs fail.")
@click.option("--request-timeout", type=float, metavar="SECONDS", help="How long to wait for an answer. [default: 30]")
@click.option("--run-timeout", type=float, metavar="SECONDS", help="How long to wait for a run. [default: 60]")
@click.option("--ledger", metavar="DIR", help="Where is written what the run makes, until it is deleted.")
@click.option("--dry-run", is_flag=True, help="Send nothing to the target: print what would be sent, by area.")
@click.option("--fault", "faults", multiple=True, metavar="NAME", hidden=True, help="Break the server in this process.")
@click.option("-v", "--verbose", count=True, help="Name every scenario.")
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def run(
    url: str | None,
    profile: str | None,
    config: str | None,
    expression: str | None,
    level: str | None,
    workers: str | None,
    result: str | None,
    junit: str | None,
    html: str | None,
    effort: str | None,
    seed: str | None,
    record: str | None,
    replay: str | None,
    max_age: int | None,
    hide_host: bool,
    model: str | None,
    run_expiry: int | None,
    clock_url: str | None,
    failing_model: str | None,
    request_timeout: float | None,
    run_timeout: float | None,
    ledger: str | None,
    dry_run: bool,
    faults: tuple[str, ...],
    verbose: int,
    pytest_arguments: tuple[str, ...],
) -> None:
    """Run the suites against an endpoint, without --url against the reference server in this process.

    Keys are read from the environment: AZURE_OPENAI_API_KEY, AZURE_OPENAI_AD_TOKEN, OPENAI_API_KEY. What stands after
    -- goes to pytest.
    """
    with told():
        from assistants_conformance._data import folder  # noqa: PLC0415 - the help does without all of it
        from assistants_conformance.target.resolve import Options  # noqa: PLC0415

        options = Options(
            url=url,
            profile=profile,
            config=Path(config).absolute() if config else None,
            model=model,
            run_expiry=run_expiry,
            clock_url=clock_url,
            failing_model=failing_model,
            request_timeout=request_timeout,
            run_timeout=run_timeout,
            effort=effort,
            seed=seed,
            faults=faults,
        )
        given = {
            "--assistants-json": writable(result, "--json"),
            "--assistants-html": writable(html, "--html"),
            "--junitxml": writable(junit, "--junit"),
        }
        _check_dry(dry_run, result=result, junit=junit, html=html, record=record, replay=replay)
        from assistants_conformance.plugin.taping import check  # noqa: PLC0415

        check(record=record, replay=replay, max_age=max_age, hide_host=hide_host, url=url, faults=faults)
        if record is not None:
            from assistants_conformance.plugin.recording import check_writable  # noqa: PLC0415

            check_writable(Path(record).absolute())
        if replay is None:
            options = _begin(options, level, given["--assistants-json"], dry=dry_run)
        else:
            _begin_replay(Path(replay), options, level)
        suites = folder("suites")
    arguments = [
        str(suites),
        f"--rootdir={suites.parent}",
        f"--confcutdir={suites}",
        f"--config-file={_INI}",
        *("-p", "no:cacheprovider", "-p", "pytest_timeout", "-p", "assistants_conformance.plugin"),
        "-rN",
        "--assistants-reached",
        *(f"{name}={path.absolute()}" for name, path in given.items() if path is not None),
        *_taped(record, replay, max_age, hide_host),
        *([f"--assistants-ledger={Path(ledger).absolute()}"] if ledger is not None else []),
        *(["--assistants-dry-run"] if dry_run else []),
        *_workers(workers),
        *_passed_on(options, level),
        *(["-k", expression] if expression is not None else []),
        *(["--no-header", "-" + "v" * verbose] if verbose else ["-qq", "--no-header", "--tb=no"]),
        *pytest_arguments,
    ]
    sys.exit(_pytest(arguments))


def _taped(record: str | None, replay: str | None, max_age: int | None, hide_host: bool) -> Iterator[str]:
    for name, path in (("record", record), ("replay", replay)):
        if path is not None:
            yield f"--assistants-{name}={Path(path).absolute()}"
    if max_age is not None:
        yield f"--assistants-max-age={max_age}"
    if hide_host:
        yield "--assistants-hide-host"


def _check_dry(dry: bool, **others: str | None) -> None:
    for name, value in others.items():
        if dry and value is not None:
            raise Problem(f"--dry-run: nothing is judged, so --{name} has nothing to hold")


def _begin(options: Options, level: str | None, result: Path | None, *, dry: bool) -> Options:
    """See that the target can be judged, show the settings, and return the options with what was chosen by default."""
    from assistants_conformance.plugin.options import level_of  # noqa: PLC0415
    from assistants_conformance.plugin.session import check_faults  # noqa: PLC0415
    from assistants_conformance.reporting.text import plain, redact  # noqa: PLC0415
    from assistants_conformance.target.reach import UnreachableError, reach  # noqa: PLC0415
    from assistants_conformance.target.resolve import resolve  # noqa: PLC0415

    resolved = resolve(options, os.environ)
    level_of(level)
    check_faults(resolved.settings)
    try:
        if not dry:
            reach(resolved)
    except UnreachableError as error:
        if error.retired and result is not None:
            _write_retired(resolved, result)
        raise UnreachableError(redact(str(error), resolved.secrets), retired=error.retired) from error
    for line in resolved.header():
        click.echo(plain(line))
    # A dry run counts on the server in this process what the target would be asked.
    return replace(options, seed=resolved.settings.seed, effort=resolved.settings.effort.name)


def _begin_replay(place: Path, options: Options, level: str | None) -> None:
    from assistants_conformance.plugin.options import level_of  # noqa: PLC0415
    from assistants_conformance.plugin.replaying import Replaying  # noqa: PLC0415
    from assistants_conformance.reporting.text import plain  # noqa: PLC0415
    from assistants_conformance.target.resolve import named_profile  # noqa: PLC0415

    level_of(level)
    if options.profile is not None:
        named_profile(options.profile, "--profile")
    click.echo(plain(Replaying(place.absolute(), options.profile).header()))


def _write_retired(resolved: Resolved, result: Path) -> None:
    from assistants_conformance.reporting.result import Target, document, write  # noqa: PLC0415
    from assistants_conformance.reporting.tally import Tally  # noqa: PLC0415
    from assistants_conformance.reporting.verdicts import decide  # noqa: PLC0415

    settings = resolved.settings
    verdicts = decide(Tally(), settings.profile, filtered=True)
    target = Target(settings.url or "", settings.profile.id, "live")
    write(
        result,
        document(
            target,
            verdicts.rows,
            verdicts.totals,
            "retired",
            requests=1,
            runs=0,
            duration_seconds=0.0,
            secrets=resolved.secrets,
        ),
    )


def _workers(asked: str | None) -> list[str]:
    if asked in (None, "0"):
        return []
    if not (asked == "auto" or (asked is not None and asked.isdecimal())):
        raise Problem(f"-n: {asked!r} is no number of processes: write a number or auto")
    return ["-p", "xdist.plugin", "-n", str(asked)]


def _passed_on(options: Options, level: str | None) -> list[str]:
    given = {
        "url": options.url,
        "profile": options.profile,
        "config": options.config,
        "level": level,
        "model": options.model,
        "run-expiry": options.run_expiry,
        "clock-url": options.clock_url,
        "failing-model": options.failing_model,
        "request-timeout": options.request_timeout,
        "run-timeout": options.run_timeout,
        "effort": options.effort,
        "seed": options.seed,
    }
    made = [f"--assistants-{name}={value}" for name, value in given.items() if value is not None]
    return [*made, *(f"--assistants-fault={name}" for name in options.faults)]


def _pytest(arguments: list[str]) -> int:
    # Neither the settings of another project nor the plugins of the environment belong to a verdict.
    changed = {"PYTEST_ADDOPTS": "", "PYTEST_PLUGINS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    import pytest  # noqa: PLC0415 - the help does without it

    try:
        status = int(pytest.main(arguments))
    finally:
        # Who calls this from a program of his own has his environment again.
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    return status if status in (0, 1) else 2
