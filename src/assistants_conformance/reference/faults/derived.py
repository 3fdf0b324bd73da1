"""Faults that follow from the schemas: one field of one object spoilt, one error answer changed, one limit ignored."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistants_conformance._data import folder
from assistants_conformance.contract.documents import read
from assistants_conformance.reference.faults import Fault
from assistants_conformance.reference.faults.kills import ERROR_KILLS, LIMIT_KILLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_conformance.contract import Profile
    from assistants_conformance.reference.faults import Faults

Json = dict[str, Any]

_MUTATIONS = ("missing", "null", "type", "enum")
_OUT_OF_ENUMERATION = "something_else"
_LIMITS = (
    "maxLength",
    "minLength",
    "maximum",
    "minimum",
    "maxItems",
    "minItems",
    "maxProperties",
    "enum",
    "pattern",
    "additionalProperties",
    "propertyNames",
)
# What these hold is checked by an operation of its own, where the fault is derived too.
_ELSEWHERE = frozenset({"messages", "additional_messages", "vector_stores"})
_WEAKENED = (
    "create_assistant",
    "create_thread",
    "create_message",
    "create_run",
    "submit_tool_outputs",
    "upload_file",
    "create_assistant_file",
    "modify_thread",
    "modify_message",
    "modify_run",
    "create_vector_store",
    "modify_vector_store",
    "create_vector_store_file",
    "create_vector_store_file_batch",
    "modify_vector_store_file",
    "search_vector_store",
)


def derived(profile: Profile) -> Iterator[Fault]:
    """Give every derived fault of a profile."""
    for spot in _spots(profile):
        for mutation in spot.mutations if spot.requirement in profile.active else ():
            yield Fault(
                f"object:{spot.kind}.{'.'.join(spot.path)}:{mutation}",
                f"`{'.'.join(spot.path)}` of every {spot.kind} is {_TOLD[mutation]}.",
                (spot.requirement,),
            )
    conditions = read("errors")["conditions"]
    for name in profile.errors:
        row = conditions[name]
        if profile.platform not in row.get("platforms", [profile.platform]):
            continue
        if profile.shape not in row.get("shapes", [profile.shape]):
            continue
        if profile.shape not in conditions[name].get("shapes", [profile.shape]):
            continue
        text, status = ERROR_KILLS.get(name, ((), ()))
        if killed := tuple(row for row in text if row in profile.active):
            yield Fault(f"error:{name}:text", f"The refusal `{name}` is worded in another way.", killed)
        if killed := tuple(row for row in status if row in profile.active):
            yield Fault(f"error:{name}:status", f"The refusal `{name}` has another status.", killed)
    for operation in profile.operations:
        if operation.id not in _WEAKENED or operation.request is None:
            continue
        for limit in _limits(profile.request_schema(operation.request)):
            if operation.id == "create_run" and limit.path.startswith("tools[]"):
                continue
            names = LIMIT_KILLS.get(f"{operation.id}.{limit.path or 'body'}.{limit.keyword}", (limit.requirement,))
            if killed := tuple(row for row in names if row in profile.active):
                yield Fault(
                    limit.fault(operation.id),
                    f"`{limit.keyword}` of `{limit.path or 'the body'}` is not checked by {operation.id}.",
                    killed,
                )


_TOLD = {"missing": "left out", "null": "null", "type": "of another JSON type", "enum": "none of the known values"}


# Objects.


@dataclass(frozen=True)
class _Spot:
    """A property of an object that a requirement rules; `path` leads to it, `*` stands for the items of a list."""

    kind: str
    object_name: str
    path: tuple[str, ...]
    requirement: str
    mutations: tuple[str, ...]
    types: tuple[str, ...]


def _spots(profile: Profile) -> Iterator[_Spot]:
    served = {row.kind for row in profile.operations}
    for file in sorted((folder("schemas") / "objects" / profile.shape).glob("*.json")):
        shape = profile.object_shape(file.stem)
        if shape is None or (file.stem not in served and file.stem != "list"):
            continue
        part = shape.schema.get("properties", {}).get("object", {})
        name = part.get("const", part.get("enum", [None])[0])
        if name is not None:
            yield from _properties(file.stem, name, shape.schema, ())


def _properties(kind: str, name: str, schema: Json, path: tuple[str, ...]) -> Iterator[_Spot]:
    for key, part in schema.get("properties", {}).items():
        here = (*path, key)
        # The small envelopes have one requirement for the whole.
        whole = schema.get("x-requirement") if kind == "list" or kind.startswith("deleted_") else None
        requirement = part.get("x-requirement", whole)
        if requirement is not None:
            types = part.get("type", ())
            types = (types,) if isinstance(types, str) else tuple(types)
            mutations = tuple(row for row in _MUTATIONS if _forbidden(row, key, schema, part, types))
            if mutations:
                yield _Spot(kind, name, here, requirement, mutations, types)
        yield from _properties(kind, name, part, here)
        if isinstance(items := part.get("items"), dict):
            yield from _properties(kind, name, items, (*here, "*"))


def _forbidden(mutation: str, key: str, schema: Json, part: Json, types: tuple[str, ...]) -> bool:
    match mutation:
        case "missing":
            return key in schema.get("required", ())
        case "null":
            return bool(types) and "null" not in types
        case "type":
            return bool(types) and not {"array", "object", "string"} <= set(types)
        case _:
            return "enum" in part or ("const" in part and isinstance(part["const"], str))


class Spoiler:
    """Applies the faults of single fields to every answer."""

    def __init__(self, profile: Profile, faults: Faults) -> None:
        self._spots: list[tuple[_Spot, str]] = []
        active = set(faults.of_family("object"))
        if active:
            self._spots = [
                (spot, mutation)
                for spot in _spots(profile)
                for mutation in spot.mutations
                if f"object:{spot.kind}.{'.'.join(spot.path)}:{mutation}" in active
            ]

    def spoil(self, answer: Json) -> Json:
        """Return an answer with the faults in it; without faults the answer itself."""
        if not self._spots:
            return answer
        spoilt = copy.deepcopy(answer)
        rows = spoilt["data"] if spoilt.get("object") == "list" else []
        # What an object is, is settled before the first fault changes it.
        for row, name, gone in [(row, row.get("object"), "deleted" in row) for row in [spoilt, *rows]]:
            for spot, mutation in self._spots:
                if name == spot.object_name and gone == spot.kind.startswith("deleted_"):
                    _mutate(row, spot.path, mutation, spot.types)
        return spoilt


def _mutate(node: Any, path: tuple[str, ...], mutation: str, types: tuple[str, ...]) -> None:
    if path[0] == "*":
        for item in node if isinstance(node, list) else ():
            _mutate(item, path[1:], mutation, types)
        return
    if not isinstance(node, dict) or path[0] not in node:
        return
    if len(path) > 1:
        _mutate(node[path[0]], path[1:], mutation, types)
        return
    match mutation:
        case "missing":
            del node[path[0]]
        case "null":
            node[path[0]] = None
        case "type":
            node[path[0]] = _other(types)
        case _:
            node[path[0]] = _OUT_OF_ENUMERATION


def _other(types: tuple[str, ...]) -> Any:
    """Return a value of a JSON type that is not among the given ones."""
    if "string" not in types:
        return "2024-05-01T00:00:00Z" if "integer" in types else "text"
    return [] if "array" not in types else {}


# Limits of requests.


@dataclass(frozen=True)
class _Limit:
    """A keyword of a request schema; `steps` lead to the node that holds it."""

    path: str
    keyword: str
    requirement: str
    steps: tuple[str, ...]

    def fault(self, operation: str) -> str:
        """Return the name of the fault that ignores it."""
        return f"request:{operation}.{self.path or 'body'}.{self.keyword}:ignored"


def _limits(schema: Json) -> Iterator[_Limit]:
    root = schema.get("x-requirement")
    if schema.get("required"):
        yield _Limit("", "required", "ERR-009", ())
    if schema.get("additionalProperties") is False and root:
        yield _Limit("", "additionalProperties", root, ())
    yield from _below(schema, "", None, ())


def _below(schema: Json, path: str, inherited: str | None, steps: tuple[str, ...]) -> Iterator[_Limit]:
    for key, part in schema.get("properties", {}).items():
        if key not in _ELSEWHERE or "maxItems" in part:
            yield from _node(part, f"{path}.{key}" if path else key, inherited, (*steps, "properties", key))


def _node(part: Json, path: str, inherited: str | None, steps: tuple[str, ...]) -> Iterator[_Limit]:
    requirement = part.get("x-requirement", inherited)
    if requirement:
        for keyword in _LIMITS:
            # Not `in`: 1 is a limit, True is none.
            if part.get(keyword) is not None and part[keyword] is not True:
                yield _Limit(path, keyword, requirement, steps)
    if isinstance(items := part.get("items"), dict) and steps[-1] not in _ELSEWHERE:
        yield from _node(items, f"{path}[]", requirement, (*steps, "items"))
    yield from _below(part, path, requirement, steps)


def weakened(operation: str, schema: Json, faults: Faults) -> Json:
    """Return a request schema without the limits that faults ignore."""
    active = set(faults.of_family("request"))
    if not active:
        return schema
    result = copy.deepcopy(schema)
    for limit in _limits(schema):
        if limit.fault(operation) in active:
            node = result
            for step in limit.steps:
                node = node[step]
            if limit.keyword == "required":
                # The handlers rely on what is required, so what is missing counts as empty.
                node["x-filled"] = {name: _empty(node["properties"][name]) for name in node["required"]}
            del node[limit.keyword]
    return result


def _empty(schema: Json) -> Any:
    return [] if schema.get("type") == "array" else ""
