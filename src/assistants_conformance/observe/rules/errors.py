"""Error answers: envelope, status, text; and answers that are no JSON at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.observe.exchange import NotJson

if TYPE_CHECKING:
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


def observe_errors(call: Call, context: Context) -> None:
    """Judge whatever is not a success, and that every answer which should be JSON is."""
    _strict_json(call, context)
    context.report.check("ERR-025", call.status < 500, f"status {call.status}", "no server fault")
    if call.ok or call.status < 400:
        return
    _envelope(call, context)
    _texts(call, context)


def _strict_json(call: Call, context: Context) -> None:
    response = call.exchange.response
    binary = call.ok and call.operation is not None and call.operation.id == "get_file_content"
    if call.streamed or binary or call.operation is None or not call.exchange.complete:
        return
    told = f"{response.parsed}" if isinstance(response.parsed, NotJson) else response.content_type
    declared = response.content_type in ("", "application/json", "application/problem+json")
    context.report.check(
        "ERR-031",
        not isinstance(response.parsed, NotJson) and declared,
        f"status {call.status}: {told}",
        "strict JSON in UTF-8, declared as application/json",
    )


def _error(call: Call) -> dict[str, Any]:
    body = call.exchange.response.json
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def _envelope(call: Call, context: Context) -> None:
    report, body = context.report, call.exchange.response.json
    if not call.exchange.complete:
        return
    content = call.exchange.response.content_type
    token_form = (
        call.profile.platform != "openai" and call.status == 401 and isinstance(body, dict) and "statusCode" in body
    )
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
        gateway = call.status in _GATEWAY
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
        if not gateway:
            report.check(
                "ERR-027", error.get("type") == "invalid_request_error", error.get("type"), "type invalid_request_error"
            )
    if call.status == 404 and operation is not None and isinstance(message, str):
        _not_found(call, context, error, message)
    if call.status >= 500 and call.profile.platform == "openai":
        for rule in ("ERR-017", "N-32"):
            report.check(rule, error.get("type") == "server_error", error.get("type"), "type server_error")


def _not_found(call: Call, context: Context, error: dict[str, Any], message: str) -> None:
    if (call.operation is not None and call.operation.area == "files") or "File object" in message:
        expected = f"No such File object: {call.params.get('file_id', '…')}"
        context.report.check(
            "ERR-006",
            message == expected and error.get("param") == "id",
            f"{message!r}, param {error.get('param')!r}",
            f"{expected!r}, param 'id'",
        )
        return
    ids = {**call.params}
    if isinstance(call.sent.get("assistant_id"), str):
        ids["assistant_id"] = call.sent["assistant_id"]
    expected_texts = [text.format(id=ids[name]) for name, text in _NOT_FOUND.items() if name in ids]
    expected_texts += [
        f"No {kind} file found with id '{ids['file_id']}'." for kind in ("message", "assistant") if "file_id" in ids
    ]
    if expected_texts:
        context.report.check("ERR-005", message in expected_texts, message, " or ".join(expected_texts))
