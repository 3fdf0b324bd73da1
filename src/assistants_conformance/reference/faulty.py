"""Faults that spoil answers whatever they are about: envelope, encoding, version."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from assistants_conformance.reference.handlers import HANDLERS
from assistants_conformance.reference.refusal import Refusal, refuse
from assistants_conformance.reference.validation import validate
from assistants_conformance.reference.wire import dump_json, parse_json
from assistants_conformance.reference.world import Call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistants_conformance.contract import Match
    from assistants_conformance.reference.faults import Faults
    from assistants_conformance.reference.wire import Request
    from assistants_conformance.reference.world import World

Json = dict[str, Any]

_JSON = "application/json"
_CONFLICTS = ("thread_locked", "run_not")
_OF_V2 = ("tool_resources", "attachments", "temperature", "top_p", "tool_choice", "truncation_strategy",
          "max_prompt_tokens", "max_completion_tokens", "stream")  # fmt: skip
_OTHER_FAULT = {"message": "Internal error", "type": "internal_error", "param": None, "code": "500"}
_SUB_RESOURCE = re.compile(r"/(assistants|messages)/[^/]+/files\b")
_DEEP = b"[" * 100
_REFUSED_EACH = 10
_NO_ENTRIES: Json = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}


class DroppedError(ConnectionError):
    """The connection ends without an answer."""


def resolved(faults: Faults, request: Request) -> Request:
    """Return a request as it comes through a gateway that tidies paths up."""
    if faults.on("dots-in-paths-are-resolved") and "%2f" in request.path.lower():
        return replace(request, path=posixpath.normpath(unquote(request.path)))
    return request


def parsed(faults: Faults, body: bytes) -> Any:
    """Parse a JSON body.

    Raises:
        Refusal: it is no JSON.
    """
    try:
        return parse_json(body)
    except Refusal:
        if faults.on("malformed-json-counts-as-empty"):
            return {}
        raise


def check_alive(faults: Faults, request: Request) -> None:
    """Let a request through; only a fault ends the connection.

    Raises:
        DroppedError: the fault is on and the body is deeply nested.
    """
    if faults.on("deep-body-kills-the-worker") and request.body.startswith(_DEEP):
        raise DroppedError("the worker is gone")


def rate_limited(faults: Faults, world: World, request: Request) -> tuple[bytes, str, Json] | None:
    """Refuse the first request of every kind for coming too fast: body, content type and headers; None: serve it."""
    kind = f"{request.method} {request.path.rpartition('/')[0]}"
    if not faults.on("rate-limit-without-retry-after") or kind in world.ghosts:
        return None
    world.ghosts[kind] = True
    told = {"code": "429", "message": "Rate limit is exceeded. Try again in 1 seconds."}
    return dump_json({"error": told}), _JSON, {}


def check_rate(faults: Faults, number: int) -> None:
    """Let a request through, the one of that number; the strict server has no rate limit.

    Raises:
        Refusal: only with the fault that refuses every tenth.
    """
    if number % _REFUSED_EACH == 0 and faults.on("rate-limit-in-plain-text"):
        raise refuse("rate_limited_gateway", seconds=1)


def refused(faults: Faults, request: Request, condition: str, status: int, error: Json) -> tuple[int, bytes, str]:
    """Return status, body and content type of a refusal."""
    detail = error.get("error", error)
    if condition == "rate_limited_gateway":
        return status, b"Too many requests", "text/plain"
    unknown = condition.startswith("not_found_")
    if unknown and faults.on("unknown-id-crashes"):
        return 500, b"Internal Server Error", "text/plain"
    if unknown and faults.on("server-fault-in-other-words"):
        status, error = 500, {"error": _OTHER_FAULT}
    if condition == "unknown_parameter" and request.method == "GET" and faults.on("unknown-query-redirects"):
        status = 308
    if condition.startswith(_CONFLICTS) and faults.on("state-conflict-answers-409"):
        status = 409
    if faults.on("refusal-names-no-field") and status == 400:
        detail |= {"message": "Bad request.", "param": None}
    if faults.on("refusal-type-is-an-exception"):
        detail["type"] = "BadRequestError"
    if faults.on("refusal-without-param-and-code"):
        error = {"error": {"message": detail.get("message"), "type": "invalid_request_error"}}
    if faults.on("refusal-as-detail"):
        error = {"detail": detail.get("message")}
    if faults.on("refused-stream-answers-as-stream") and b'"stream": true' in request.body:
        return 200, b"event: error\ndata: " + dump_json(error).replace(b"\n", b"") + b"\n\n", "text/event-stream"
    return status, dump_json(error), _JSON


def served(faults: Faults, request: Request, shown: Json) -> bytes:
    """Return the body of a success."""
    if faults.on("model-behind-the-deployment-is-shown") and "model" in shown:
        shown = {**shown, "model": f"{shown['model']}-2024-08-06"}
    if faults.on("search-tool-is-called-retrieval") and isinstance(shown.get("tools"), list):
        renamed = [{"type": tool["type"].replace("file_search", "retrieval")} for tool in shown["tools"]]
        shown = {**shown, "tools": renamed}
    if faults.on("beta-header-changes-the-shape") and "openai-beta" in request.headers:
        shown = {name: value for name, value in shown.items() if name != "description"}
    if faults.on("answer-with-nan"):
        shown = {**shown, "score": float("nan")}
    if faults.on("answer-with-a-key-twice"):
        return dump_json(shown).replace(b'"id":', b'"id": null,\n  "id":', 1)
    if faults.on("answer-in-latin-1"):
        return dump_json(shown).decode().encode("latin-1", "replace")
    return dump_json(shown)


def tolerated(faults: Faults, body: Json) -> Json:
    """Return a body without the properties of another version that a fault passes over in silence."""
    names: set[str] = set()
    if faults.on("properties-of-v2-are-ignored"):
        names |= set(_OF_V2)
    if faults.on("file-ids-is-ignored"):
        names.add("file_ids")
    return {name: value for name, value in body.items() if name not in names} if names else body


def vanished_path(faults: Faults, request: Request) -> Json | None:
    """Return what a path of v1 answers where a fault still serves it."""
    if faults.on("v1-file-paths-are-served") and _SUB_RESOURCE.search(request.path):
        return _NO_ENTRIES
    if faults.on("stores-are-served-by-v1") and request.path.endswith("/vector_stores"):
        return _NO_ENTRIES
    return None


def carry_out_all_the_same(world: World, match: Match, schema: Mapping[str, Any], body: Json) -> None:
    """Carry out the valid part of a request that is refused, where a fault stores before it validates."""
    creates = match.operation.creates and world.faults.on("refused-create-is-stored")
    modifies = match.operation.id.startswith("modify_") and world.faults.on("refused-modification-is-half-done")
    if not (creates or modifies):
        return
    valid = {name: value for name, value in body.items() if _fits(schema["properties"].get(name), value)}
    if valid.keys() >= set(schema.get("required", ())):
        HANDLERS[match.operation.id](world, Call(match.params, {}, valid))


def _fits(schema: Json | None, value: Any) -> bool:
    if schema is None:
        return False
    try:
        validate(schema, value)
    except Refusal:
        return False
    return True
