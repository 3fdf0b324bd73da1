"""`assistants-conformance serve`: the reference server on a socket."""

from __future__ import annotations

import click

from assistants_conformance.cli.problems import Problem, told


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="The port; 0: any free one.")
@click.option("--profile", help="The contract to keep. [default: azure-2024-05-01-preview]")
@click.option("--fault", "faults", multiple=True, metavar="NAME", help="A deliberate deviation; can be repeated.")
@click.option("--clock", type=click.Choice(["virtual", "real"]), default="virtual", show_default=True)
@click.option("--run-expiry", type=click.IntRange(1), metavar="SECONDS", help="When an unfinished run expires.")
@click.option("--latency", type=click.FloatRange(0), default=0.0, metavar="SECONDS", help="Wait before each answer.")
@click.option(
    "--key", help="The API key that is taken, by Foundry the token. [default: reference-key, reference-token]"
)
@click.option("--failing-model", metavar="NAME", help="A model whose runs fail.")
def serve(
    host: str,
    port: int,
    profile: str | None,
    faults: tuple[str, ...],
    clock: str,
    run_expiry: int | None,
    latency: float,
    key: str | None,
    failing_model: str | None,
) -> None:
    """Serve the reference server.

    Prints one line when it is ready. A virtual clock is wound with POST /_reference/clock and {"advance_seconds": N}.
    """
    with told():
        from assistants_conformance.contract import DEFAULT_PROFILE  # noqa: PLC0415 - the help does without all of it
        from assistants_conformance.reference import (  # noqa: PLC0415
            DEFAULT_KEY,
            DEFAULT_TOKEN,
            RealClock,
            Reference,
            UnknownFaultError,
            VirtualClock,
        )
        from assistants_conformance.reference.serve import serve as serve_forever  # noqa: PLC0415
        from assistants_conformance.target.resolve import named_profile  # noqa: PLC0415

        contract = named_profile(profile or DEFAULT_PROFILE, "--profile")
        try:
            reference = Reference(
                contract,
                clock=VirtualClock() if clock == "virtual" else RealClock(),
                key=key or DEFAULT_KEY,
                token=(key if contract.traits.get("entra_only") else None) or DEFAULT_TOKEN,
                faults=faults,
                failing_model=failing_model,
                run_expiry=run_expiry,
            )
        except UnknownFaultError as error:
            raise Problem(f"--fault: {error}") from error
    try:
        serve_forever(reference, host=host, port=port, latency=latency)
    except OSError as error:
        raise Problem(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
