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
    parts = ["curl", "-sS", "-i", "-X", request.method, _quoted(request.url), *_headers(exchange), *_body(exchange)]
    return " ".join(parts)


def common(exchange: Exchange, base: str) -> str:
    """Return what the commands of `brief_curl` share: the address of the API as `$B`, the headers as `$H`."""
    kept = [part for part in _headers(exchange, without=("content-type",)) if part != "-H"]
    return f"B={_quoted(base)}; H=({' '.join(f'-H {part}' for part in kept)})"


def brief_curl(exchange: Exchange, base: str) -> str:
    """Return the command where `common` has been said."""
    request = exchange.request
    plain = request.json is not None
    method = "" if request.method == "GET" or (plain and request.method == "POST") else f"-X {request.method}"
    kind = [] if plain or not request.body else ["-H", _quoted(f"content-type: {request.headers.get('content-type')}")]
    body = ["--json", _quoted(request.body.decode("utf-8", "replace"))] if plain else _body(exchange)
    address = "$B" + _quoted(request.url.removeprefix(base))
    return " ".join(part for part in ("curl", "-sS", '"${H[@]}"', method, address, *kind, *body) if part)


def _headers(exchange: Exchange, without: tuple[str, ...] = ()) -> list[str]:
    request, parts = exchange.request, []
    for name, value in request.headers.items():
        if name in _DROPPED or name in without:
            continue
        if name in _SECRET:
            # Only Azure and Foundry have a version in the query, and their bearer is a token.
            token = name == "authorization" and "api-version" in request.query
            parts += ["-H", f'"{name}: {_TOKEN if token else _SECRET[name]}"']
        elif _HIDDEN.search(name):
            parts += ["-H", f'"{name}: $HIDDEN"']
        else:
            parts += ["-H", _quoted(f"{name}: {value}")]
    return parts


def _body(exchange: Exchange) -> list[str]:
    body = exchange.request.body
    if not body:
        return []
    text = body.decode("utf-8", "replace")
    if len(text) > _LONGEST:
        return ["--data-binary", "@body", f"# body: {len(body)} bytes, beginning {text[:80]!r}"]
    return ["--data-binary", _quoted(text)]


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
