"""Tools outside the service that only Foundry has: servers that speak MCP, whose calls may need approval, and Bing.

Nothing is connected: every server offers one scripted tool, and every search finds the same page.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from assistants_conformance.reference.state import Run

Json = dict[str, Any]

#: The one tool that every MCP server is taken to offer.
SCRIPTED_TOOL = "search"
HIDDEN = "REDACTED"
_BING = "https://api.bing.microsoft.com/v7.0/search?q="


@dataclass(frozen=True)
class Page:
    """A page of the web that a search has found."""

    url: str
    title: str
    quote: str


FOUND = Page("https://example.com/", "Example Domain", "This domain is for use in documents.")


def server_call(tool: Json, question: str) -> Json:
    """Return what a call of a server's tool says beside its id."""
    allowed = tool.get("allowed_tools")
    name = allowed[0] if isinstance(allowed, list) and allowed else SCRIPTED_TOOL
    return {
        "type": "mcp",
        "arguments": json.dumps({"query": question}, ensure_ascii=False),
        "name": name,
        "server_label": tool.get("server_label"),
    }


def needs_approval(run: Run, call: Json) -> bool:
    """Say whether the client must approve a call: always, unless the run was created with another word on it."""
    given = run.given_resources.get("mcp")
    for entry in given if isinstance(given, list) else ():
        if not isinstance(entry, dict) or entry.get("server_label") != call["server_label"]:
            continue
        word = entry.get("require_approval")
        if isinstance(word, dict):
            never = word.get("never")
            names = never.get("tool_names") if isinstance(never, dict) else never
            return call["name"] not in (names if isinstance(names, list) else ())
        return bool(word != "never")
    return True


def web_call(question: str) -> Json:
    """Return what a search with Bing says beside its id."""
    return {
        "type": "bing_grounding",
        "bing_grounding": {"requesturl": _BING + quote(question), "response_metadata": "{}"},
    }


def as_shown(resources: Json) -> Json:
    """Return the resources of a run as answers show them: no value of a header, which may be a secret."""
    given = resources.get("mcp")
    if not isinstance(given, list):
        return resources
    return {**resources, "mcp": [_hidden(entry) for entry in given]}


def _hidden(entry: Any) -> Any:
    if isinstance(entry, dict) and isinstance(entry.get("headers"), dict):
        return {**entry, "headers": dict.fromkeys(entry["headers"], HIDDEN)}
    return entry
