"""What only Foundry shows: pages that are cited, header values of servers, and when to come again at a rate limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_conformance.observe.call import Call
    from assistants_conformance.observe.context import Context

_TOO_FAST = 429
_HIDDEN = "REDACTED"


def observe_foundry(call: Call, context: Context) -> None:
    """Judge answers of a project."""
    if call.profile.platform != "foundry":
        return
    if call.status == _TOO_FAST:
        told = call.exchange.response.headers.get("retry-after")
        # Recorders drop headers, so only in a whole trace a missing one is missing.
        if told is not None or context.closed:
            holds = told is not None and told.strip().isdecimal()
            context.report.check("FND-009", holds, f"Retry-After {told!r}", "a number of seconds")
    for message in call.objects("message"):
        for citation in _cited(message):
            _page(context, citation)
    for run in call.objects("run"):
        values = list(_header_values(run.get("tool_resources")))
        if values:
            shown = sum(value != _HIDDEN for value in values)
            context.report.check("FND-006", not shown, f"{shown} header values in the open", f"{_HIDDEN} for each")


def starts_at_once(call: Call, run: dict[str, Any]) -> bool:
    """Say whether a run that is answered as in_progress when it is created may be so: it has a server's tool."""
    tools = run.get("tools")
    kinds = [tool.get("type") for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []
    may = bool(call.profile.traits.get("run_may_start_at_once"))
    return may and "mcp" in kinds and run.get("status") == "in_progress"


def _cited(message: dict[str, Any]) -> Iterator[Any]:
    content = message.get("content")
    for part in content if isinstance(content, list) else ():
        text = part.get("text") if isinstance(part, dict) else None
        notes = text.get("annotations") if isinstance(text, dict) else None
        for note in notes if isinstance(notes, list) else ():
            if isinstance(note, dict) and note.get("type") == "url_citation":
                yield note.get("url_citation")


def _page(context: Context, citation: Any) -> None:
    page = citation if isinstance(citation, dict) else {}
    url, title = page.get("url"), page.get("title")
    context.report.check(
        "FND-008",
        isinstance(url, str) and _is_address(url) and (title is None or isinstance(title, str)),
        f"url_citation {citation!r:.300}",
        "a url that is an http or https address, and a title",
    )


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _header_values(resources: Any) -> Iterator[Any]:
    servers = resources.get("mcp") if isinstance(resources, dict) else None
    for server in servers if isinstance(servers, list) else ():
        headers = server.get("headers") if isinstance(server, dict) else None
        if isinstance(headers, dict):
            yield from headers.values()
