"""Headers that support needs: request ids and the service's version."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistants_conformance.observe.call import Call
    from assistants_conformance.observe.context import Context

_OPENAI = ("x-request-id", "openai-processing-ms", "openai-version")
_VERSION = "2020-10-01"


def observe_headers(call: Call, context: Context) -> None:
    """Judge the headers of an answer; recorders drop headers, so only a whole trace is judged."""
    if not context.closed or call.operation is None or call.status >= 500:
        return
    headers = call.exchange.response.headers
    openai = call.profile.platform == "openai"
    if openai or call.ok:
        # Other platforms are bound to the version alone, and on successes only.
        wanted = _OPENAI if openai else _OPENAI[-1:]
        missing = [name for name in wanted if name not in headers]
        version = headers.get("openai-version")
        context.report.check(
            "ERR-020",
            not missing and version == _VERSION,
            f"without {missing}" if missing else f"openai-version {version}",
            f"{', '.join(wanted)} {_VERSION}",
        )
    if call.ok:
        named = [name for name in ("apim-request-id", "x-request-id") if name in headers]
        context.report.check("ERR-021", named, "neither apim-request-id nor x-request-id", "an id of the request")
