"""Faults that lie before and behind the handlers: how bodies are read and checked, and how answers are written."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from assistants_conformance.reference.refusal import refuse

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_conformance.reference.faults import Faults

Json = dict[str, Any]

_LONGEST_NAME = 256
_SHORT_TEXT = 30_000
_LIMITS = ("maxLength", "maxItems", "maxProperties")
_MISSPELT = "code interpreter"
#: Members of a body that are not read.
_DROPPED = {
    "create-ignores-the-description": ("create_assistant", "description"),
    "modify-ignores-tools": ("modify_assistant", "tools"),
    "seeds-are-dropped": ("create_thread", "messages"),
    "thread-metadata-is-dropped": ("create_thread", "metadata"),
    "thread-keeps-its-resources": ("modify_thread", "tool_resources"),
}
#: Members of an answer that are not what they should be: fault, operations, member, value.
_SPOILT: tuple[tuple[str, tuple[str, ...], str, Any], ...] = (
    ("temperature-of-its-own", ("create_assistant",), "temperature", 0.7),
    ("reasoning-effort-shown", ("create_assistant",), "reasoning_effort", "medium"),
    ("retrieve-hides-instructions", ("get_assistant",), "instructions", None),
    ("retrieve-without-metadata", ("get_thread",), "metadata", {}),
    ("thread-hides-its-resources", ("create_thread", "get_thread", "modify_thread"), "tool_resources", {}),
)


def read_carelessly(operation: str, body: Json, faults: Faults) -> Json:
    """Return a body as a server understands it that changes or drops what it was sent.

    Raises:
        Refusal: the server wants more than the contract does.
    """
    for fault, (where, name) in _DROPPED.items():
        if faults.on(fault) and operation == where:
            body = {key: value for key, value in body.items() if key != name}
    if faults.on("name-cut-silently") and isinstance(body.get("name"), str):
        body = {**body, "name": body["name"][:_LONGEST_NAME]}
    if faults.on("metadata-is-trimmed") and isinstance(body.get("metadata"), dict):
        trimmed = {key: value.strip() if isinstance(value, str) else value for key, value in body["metadata"].items()}
        body = {**body, "metadata": trimmed}
    if faults.on("truth-value-as-json-writes-it") and isinstance(body.get("metadata"), dict):
        told = {key: str(value).lower() if value is True else value for key, value in body["metadata"].items()}
        body = {**body, "metadata": told}
    if faults.on("list-of-parts-is-written-out") and isinstance(body.get("content"), list):
        body = {**body, "content": json.dumps(body["content"])}
    resources = body.get("tool_resources")
    if faults.on("misspelt-resources-taken") and isinstance(resources, dict) and _MISSPELT in resources:
        body = {**body, "tool_resources": {"code_interpreter": resources[_MISSPELT]}}
    if faults.on("stream-options-refused") and "stream_options" in body:
        raise refuse("unknown_parameter", at="stream_options")
    if faults.on("thread-needs-a-body") and operation == "create_thread" and not body:
        raise refuse("invalid_json")
    if operation == "create_assistant":
        _demand(body, faults)
    return body


def _demand(body: Json, faults: Faults) -> None:
    if faults.on("name-is-required") and body.get("name") is None:
        raise refuse("missing_required_parameter", at="name")
    if faults.on("no-instructions-is-a-500") and body.get("instructions") is None:
        raise refuse("server_error")
    given = body.get("tools")
    for tool in given if isinstance(given, list) else ():
        kind = tool.get("type") if isinstance(tool, dict) else None
        inner = tool.get(kind) if isinstance(kind, str) else None
        if not isinstance(inner, dict):
            continue
        if faults.on("function-needs-a-description") and "name" in inner and "description" not in inner:
            raise refuse("missing_required_parameter", at="tools[0].function.description")
        if faults.on("search-options-refused") and tool.get("type") == "file_search":
            raise refuse("unknown_parameter", at="tools[0].file_search")


def limited_carelessly(operation: str, schema: Json, faults: Faults) -> Json:
    """Return a request schema as a server checks it that has read the contract badly."""
    if faults.on("modifications-are-not-checked") and operation.startswith("modify_"):
        return {}
    if faults.on("limits-are-exclusive"):
        schema = copy.deepcopy(schema)
        _each(schema, _one_less)
    if faults.on("texts-of-thirty-thousand"):
        schema = copy.deepcopy(schema)
        for name in ("instructions", "content"):
            if "maxLength" in schema.get("properties", {}).get(name, {}):
                schema["properties"][name]["maxLength"] = _SHORT_TEXT
    if faults.on("streams-in-the-first-shape") and operation == "create_run":
        schema = {**schema, "properties": {**schema["properties"], "stream": {"type": "boolean"}}}
    if faults.on("response-format-unchecked") and "response_format" in schema.get("properties", {}):
        schema = {**schema, "properties": {**schema["properties"], "response_format": {}}}
    return schema


def _one_less(node: Json) -> None:
    for name in _LIMITS:
        if isinstance(node.get(name), int):
            node[name] -= 1


def _each(node: Any, change: Callable[[Json], None]) -> None:
    if isinstance(node, dict):
        change(node)
    for item in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _each(item, change)


def written_carelessly(operation: str, answer: Json, faults: Faults, now: int) -> Json:
    """Return an answer as a server writes it that has ideas of its own; `now` is its time in Unix seconds."""
    if not faults.active:
        return answer
    answer = copy.deepcopy(answer)
    for fault, operations, name, value in _SPOILT:
        if faults.on(fault) and operation in operations:
            answer[name] = value
    _times(operation, answer, faults, now)
    if faults.on("null-metadata"):
        _each(answer, lambda node: node.update({"metadata": None}) if node.get("metadata") == {} else None)
    if faults.on("truth-value-stays-one"):
        _each(answer, _true)
    if faults.on("objects-name-their-owner"):
        _each(answer, lambda node: node.update({"owner": "me"}) if "created_at" in node else None)
    if faults.on("deletion-tells-the-time") and operation.startswith("delete_"):
        answer["deleted_at"] = now
    if faults.on("resources-of-every-tool") and answer.get("object") == "assistant":
        answer["tool_resources"] = {
            "code_interpreter": {"file_ids": []},
            "file_search": {"vector_store_ids": []},
            **answer["tool_resources"],
        }
    if faults.on("modify-answers-a-confirmation") and operation in ("modify_assistant", "modify_thread"):
        return {"id": answer["id"], "updated": True}
    if faults.on("retrieve-wraps-the-object") and operation.startswith("get_"):
        return {"success": True, "data": answer}
    return answer


def _true(node: Json) -> None:
    if isinstance(node.get("metadata"), dict):
        node["metadata"] = {key: True if value == "True" else value for key, value in node["metadata"].items()}


def _times(operation: str, answer: Json, faults: Faults, now: int) -> None:
    def each(change: Callable[[int], float]) -> None:
        def apply(node: Json) -> None:
            if isinstance(node.get("created_at"), int):
                node["created_at"] = change(node["created_at"])

        _each(answer, apply)

    if faults.on("created-at-as-float"):
        each(lambda time: time + 0.25)
    if faults.on("created-at-in-milliseconds"):
        each(lambda time: time * 1000)
    if faults.on("created-at-of-an-example"):
        each(lambda _: 1_699_009_709)
    if faults.on("created-at-is-now") and operation.startswith("get_"):
        each(lambda _: now)


def unwrapped(answer: Json, faults: Faults) -> Any:
    """Return an answer as it goes out: a list may lose its envelope."""
    return answer["data"] if faults.on("lists-are-bare-arrays") and answer.get("object") == "list" else answer
