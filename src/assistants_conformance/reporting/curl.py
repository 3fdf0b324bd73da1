"""One exchange as a curl command that reproduces it, without secrets."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistants_conformance.observe import Exchange

_SECRET = {"api-key": "$AZURE_OPENAI_API_KEY", "authorization": "Bearer $OPENAI_API_KEY"}
_TOKEN = "Bearer $AZURE_OPENAI_AD_TOKEN"  # noqa: S105 - the name of a variable
_HIDDEN = re.compile(r"(key|token|secret|cookie|password|signature|authorization)", re.IGNORECASE)
_DROPPED = {"host", "content-length", "connection", "accept", "accept-encoding", "user-agent"}
_LONGEST = 2000


def curl(exchange: Exchange) -> str:
    """Return the command; keys and tokens stand as names of environment variables."""
    request = exchange.request
    parts = ["curl", "-sS", "-i", "-X", request.method, _quoted(request.url)]
    for name, value in request.headers.items():
        if name in _DROPPED:
            continue
        if name in _SECRET:
            # Only Azure and Foundry have a version in the query, and their bearer is a token.
            token = name == "authorization" and "api-version" in request.query
            parts += ["-H", f'"{name}: {_TOKEN if token else _SECRET[name]}"']
        elif _HIDDEN.search(name):
            parts += ["-H", f'"{name}: $HIDDEN"']
        else:
            parts += ["-H", _quoted(f"{name}: {value}")]
    if request.body:
        text = request.body.decode("utf-8", "replace")
        if len(text) > _LONGEST:
            parts += ["--data-binary", "@body", f"# body: {len(request.body)} bytes, beginning {text[:80]!r}"]
        else:
            parts += ["--data-binary", _quoted(text)]
    return " ".join(parts)


def _quoted(text: str) -> str:
    # A control character would reach the reader's terminal; $'…' carries it as text.
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        escaped = "".join(
            f"\\x{ord(character):02x}"
            if ord(character) < 32 or ord(character) == 127
            else {"'": "\\'", "\\": "\\\\"}.get(character, character)
            for character in text
        )
        return f"$'{escaped}'"
    return shlex.quote(text)
