"""The embedded reference server as a target: in this process, without a socket, with a clock of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from assistants_conformance.observe import Judge
from assistants_conformance.reference.app import Reference
from assistants_conformance.reference.clock import VirtualClock
from assistants_conformance.reference.transport import in_process
from assistants_conformance.target import Api, Capabilities, TargetSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistants_conformance.contract import Profile

#: The credentials and the failing model of the embedded server are made for each process; they open nothing else.
KEY = "embedded-reference-key"
TOKEN = "embedded-reference-token"  # noqa: S105 - opens nothing
OTHER_KEY = "embedded-other-key"
#: When a recording of the embedded server begins: 2026-01-01, in Unix seconds.
RECORDED_START = 1_767_225_600.0
FAILING_MODEL = "embedded-failing-model"
#: Nobody is asked there: the embedded server knows by itself what a server and a search would answer.
MCP_SERVER = "https://mcp.invalid/"
BING_CONNECTION = "embedded-connection"


def embedded_settings(profile: Profile, faults: Iterable[str] = ()) -> TargetSettings:
    """Return the settings of the embedded server."""
    return TargetSettings(
        profile=profile,
        api_key=KEY,
        bearer_token=TOKEN if profile.platform != "openai" else "",
        other_key=OTHER_KEY,
        failing_model=FAILING_MODEL,
        mcp_server_url=MCP_SERVER,
        bing_connection=BING_CONNECTION,
        faults=tuple(faults),
    )


def embed(settings: TargetSettings, judge: Judge | None = None, *, seed: str | None = None) -> Api:
    """Start a reference server in this process and return an Api on it.

    With a `seed` the server says the same each time: its ids come from the seed, and its clock begins at a fixed time.
    """
    clock = VirtualClock(None if seed is None else RECORDED_START)
    server = Reference(
        settings.profile,
        clock=clock,
        key=settings.api_key,
        token=settings.bearer_token,
        faults=settings.faults,
        failing_model=settings.failing_model,
        run_expiry=settings.run_expiry_seconds,
        other_key=settings.other_key,
        seed=seed,
    )
    api = Api(
        settings,
        judge or Judge(settings.profile, closed=True, expiry_seconds=settings.run_expiry_seconds),
        in_process(server),
    )
    api.capabilities = Capabilities(settings.capabilities)

    def wind(seconds: float) -> None:
        body = json.dumps({"advance_seconds": seconds}).encode()
        server.handle("POST", "/_reference/clock", {"content-type": "application/json"}, body)

    api.winder = wind
    return api
