"""Error answers: envelope, status, text; and answers that are no JSON at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from assistants_conformance.observe.strict_json import NotJson

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_conformance.observe.call import Call
    from assistants_conformance.observe.context import Context

_NOT_FOUND = {
    "assistant_id": "No assistant found with id '{id}'.",
    "thread_id": "No thread found with id '{id}'.",
    "message_id": "No message found with id '{id}'.",
    "run_id": "No run found with id '{id}'.",
    "step_id": "No run step found with id '{id}'.",
    "vector_store_id": "No vector store found with id '{id}'.",
}
#: What a gateway in front of the service answers by itself, in an envelope of its own.
_GATEWAY = (401, 403, 404, 429, 502, 503, 504)
#: What a server in front of the service may refuse by itself: a line that is too long, a path that it cannot read.
_LINE_TOO_LONG = (414, 431)
_LONG_PATH = 4096
_UNREADABLE = re.compile(r"%(?:00|0a|0d|2e|2f|5c)", re.IGNORECASE)
#: How the recorded services write the id of a request.
_REQUEST_ID = re.compile(r"\breq_[0-9a-f]{16,}\b|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


def observe_errors(call: Call, context: Context) -> None:
    """Judge whatever is not a success, and that every answer which should be JSON is."""
    _strict_json(call, context)
    if context.closed:
        # That a request got no answer is written down by who sent it; a recording holds answers only.
        context.report.passed("ERR-032")
    context.report.check("ERR-025", call.status < 500, f"status {call.status}", "no server fault")
    if call.ok or call.status < 400:
        return
    _envelope(call, context)
    if call.status == 429 and call.exchange.complete:
        error, told = _error(call), f"{call.exchange.response.json!r:.160}"
        holds = isinstance(error.get("message"), str)
        if call.profile.platform == "foundry":
            holds = holds and (isinstance(error.get("code"), str) or isinstance(error.get("type"), str))
        context.report.check("ERR-016", holds, told, "an `error` object with a message, and a code or a type")
    _texts(call, context)


def _strict_json(call: Call, context: Context) -> None:
    response = call.exchange.response
    binary = call.ok and call.operation is not None and call.operation.id == "get_file_content"
    if call.streamed or binary or call.operation is None or not call.exchange.complete or _in_front(call):
        return
    told = f"{response.parsed}" if isinstance(response.parsed, NotJson) else response.content_type
    declared = response.content_type in ("", "application/json", "application/problem+json")
    context.report.check(
        "ERR-031",
        not isinstance(response.parsed, NotJson) and declared,
        f"status {call.status}: {told}",
        "strict JSON in UTF-8, declared as application/json",
    )


def _in_front(call: Call) -> bool:
    """Say whether a refusal may come from a server that let the service see nothing of the request."""
    if not 400 <= call.status < 500 or _error(call):
        return False
    path = call.exchange.request.path
    return call.status in _LINE_TOO_LONG or len(path) > _LONG_PATH or _UNREADABLE.search(path) is not None


def _error(call: Call) -> dict[str, Any]:
    body = call.exchange.response.json
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def _envelope(call: Call, context: Context) -> None:
    report, body = context.report, call.exchange.response.json
    if not call.exchange.complete or _in_front(call):
        return
    content = call.exchange.response.content_type
    token_form = (
        call.profile.platform != "openai" and call.status == 401 and isinstance(body, dict) and "statusCode" in body
    )
    # Under a project, a path that nothing serves is told as problem details (RFC 9457), by whatever stands in front.
    if call.operation is None and call.profile.platform == "foundry" and _is_problem(body):
        return
    if not token_form:
        report.check(
            "ERR-003",
            bool(_error(call)) and content in ("", "application/json"),
            f"status {call.status}, {content or 'no content type'}: {body!r:.160}",
            "application/json with one `error` object at the top",
        )
    if call.profile.platform == "openai":
        shape, rule = call.profile.object_shape("error"), "ERR-001"
    else:
        gateway = call.status in _GATEWAY or _of_another_version(call)
        shape, rule = call.profile.object_shape("error_azure" if gateway else "error"), "ERR-002"
    if shape is not None and not token_form and isinstance(body, dict):
        problems = shape.problems(body)
        told = "; ".join(f"{problem.path}: {problem.observed}" for problem in problems)
        report.check(rule, not problems, told, "the error envelope with its members")
    elif not token_form:
        report.check(rule, False, f"{body!r:.160}", "the error envelope with its members")


def _texts(call: Call, context: Context) -> None:
    report, error = context.report, _error(call)
    if not error:
        return
    message, operation = error.get("message"), call.operation
    if call.status in (400, 404, 409, 413, 415, 422) and operation is not None:
        gateway = call.profile.platform != "openai" and "type" not in error
        if not (gateway and (call.status in _GATEWAY or _of_another_version(call))):
            report.check(
                "ERR-027", error.get("type") == "invalid_request_error", error.get("type"), "type invalid_request_error"
            )
    if call.status == 404 and operation is not None and isinstance(message, str) and not _of_gateway(call, error):
        _not_found(call, context, error, message)
    if call.status == 500:
        _server_error(call, context, error)


def _of_gateway(call: Call, error: dict[str, Any]) -> bool:
    return call.profile.platform != "openai" and "type" not in error and _of_another_version(call)


def _of_another_version(call: Call) -> bool:
    # A version that is not served is refused before anybody looks for an object.
    return call.exchange.request.query.get("api-version") not in call.profile.api_versions


def _is_problem(body: Any) -> bool:
    return isinstance(body, dict) and {"title", "status"} <= body.keys()


def _server_error(call: Call, context: Context, error: dict[str, Any]) -> None:
    message = error.get("message")
    known = [call.exchange.response.headers.get(name) for name in ("x-request-id", "apim-request-id")]
    names_request = isinstance(message, str) and (
        any(name in message for name in known if name) or _REQUEST_ID.search(message) is not None
    )
    right = error.get("type") == "server_error" and names_request
    told = f"type {error.get('type')!r}, message {message!r}"
    context.report.check("ERR-017", right, told, "type server_error, a message with the id of the request")
    empty = all(name in error and error[name] is None for name in ("param", "code"))
    context.report.check(
        "N-32", right and empty, f"{error!r:.300}", "type server_error, param and code null, the id of the request"
    )


def _not_found(call: Call, context: Context, error: dict[str, Any], message: str) -> None:
    named = [*call.params.values(), *call.exchange.request.query.values(), *_texts_in(call.sent)]
    code_null = error.get("code") is None
    if call.operation is not None and call.operation.id == "list_files":
        # How the service words that it does not know a cursor of this list was never recorded.
        return
    if (call.operation is not None and call.operation.kind == "file") or "File object" in message:
        expected = [f"No such File object: {name}" for name in named]
        context.report.check(
            "ERR-006",
            message in expected and error.get("param") == "id",
            f"{message!r}, param {error.get('param')!r}",
            f"{' or '.join(expected[:2])}, param 'id'",
        )
        return
    if "vector_store_id" in call.params and len(call.params) > 1 and not message.startswith("No vector store found"):
        # How the service words that a store lacks a file or a batch was never recorded.
        return
    # The path says which kind each of its ids is of; an id in the body or a cursor may be of any kind.
    expected = [text.format(id=call.params[name]) for name, text in _NOT_FOUND.items() if name in call.params]
    others = [*call.exchange.request.query.values(), *_texts_in(call.sent)]
    expected += [text.format(id=name) for name in others for text in _NOT_FOUND.values()]
    if call.operation is not None and call.operation.listed:
        # A cursor names one of the entries, whatever these are called.
        kind = call.operation.kind.replace("_", " ")
        expected += [f"No {kind} found with id '{name}'." for name in call.exchange.request.query.values()]
    if "file_id" in call.params:
        expected += [f"No {kind} file found with id '{call.params['file_id']}'." for kind in ("message", "assistant")]
    if expected:
        context.report.check(
            "ERR-005",
            message in expected and code_null,
            f"{message!r}, code {error.get('code')!r}",
            f"{' or '.join(expected[:2])}, code null",
        )


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(part)
