"""Every way to break a request schema in one place: one past a limit, another type, too much, too little."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistants_conformance.contract import longest_sure, ruling
from assistants_conformance.scenario.strategies.spots import (
    ITEM,
    VALUE,
    Json,
    Spot,
    given,
    holding,
    is_given,
    is_text,
    members,
    plain,
    plain_object,
    spots,
    text,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_conformance.contract import Profile

UNKNOWN = "no_such_member"
OUTSIDE = "no_such_value"
#: Beyond every integer of 64 bits, and beyond what a double holds exactly.
HUGE = 10**30
#: A longer list is not made of different objects, and a much longer one not at all.
_MOST_DIFFERENT = 150
_LONGEST_LIST = 1000
#: Bodies that are no JSON, whoever reads them.
RAW: dict[str, bytes] = {
    "truncated": b'{"metadata": {"key": "val',
    "no value": b'{"metadata": }',
    "single quotes": b"{'metadata': {}}",
    "NaN": b'{"metadata": {"key": NaN}}',
    "Infinity": b'{"metadata": -Infinity}',
    "a comma too many": b'{"metadata": {},}',
    "something behind": b'{"metadata": {}} {}',
    "no UTF-8": b'{"metadata": {"key": "\xff\xfe"}}',
    "text": b"metadata",
    "a comment": b'{"metadata": {} /* none */}',
}


@dataclass(frozen=True)
class Violation:
    """A body that breaks its schema in one place. `requirement` is broken by who takes it.

    `limit` is the like body that keeps the limit, just so; None where there is no such thing.
    """

    path: str
    keyword: str
    requirement: str
    body: Any
    limit: Any = None

    @property
    def told(self) -> str:
        """The place and the keyword, for a reader."""
        return f"{self.keyword} of {self.path or 'the body'}"


def violations(profile: Profile, operation: str, request: str) -> list[Violation]:
    """Return every violation of the body of an operation that somebody is bound to refuse in a profile."""
    schema = profile.request_schema(request)
    shape = profile.request_shape(request)
    found = []
    for spot in spots(schema):
        for keyword, broken, within in _broken(schema, spot):
            requirement = _ruling(profile, operation, spot, keyword)
            if requirement is None:
                continue
            kept = within
            if keyword == "maxLength":
                most = longest_sure(profile, operation, spot.path, spot.schema["maxLength"])
                kept = holding(schema, spot.steps, text(_letter(spot.schema), most))
            found.append(Violation(spot.path, keyword, requirement, broken, kept))
    # Where a body breaks nothing, the schema says it in another way than this module reads it.
    return [one for one in found if shape is None or not shape.is_valid(_checkable(one.body))]


def _ruling(profile: Profile, operation: str, spot: Spot, keyword: str) -> str | None:
    """Return who forbids to break a keyword; what stands in a map goes by the map."""
    name = keyword.partition(" ")[0]
    if VALUE not in spot.steps:
        return ruling(profile, operation, spot.path, name, spot.requirement)
    of_the_map = ruling(profile, operation, spot.path, "additionalProperties", spot.requirement)
    return ruling(profile, operation, spot.path, "type", None) if name == "type" and of_the_map else of_the_map


def _checkable(value: Any) -> Any:
    """Return a body with something of the right type in the place of every placeholder."""
    if isinstance(value, dict):
        if is_text(value):
            return value["of"] * value["times"]
        if is_given(value):
            return f"{value['$']}-{value['number']}"
        return {name: _checkable(item) for name, item in value.items()}
    return [_checkable(item) for item in value] if isinstance(value, list) else value


def _broken(schema: Json, spot: Spot) -> Iterator[tuple[str, Any, Any]]:
    """Give keyword, broken body and body at the limit."""

    def put(value: Any) -> Any:
        return holding(schema, spot.steps, value)

    for keyword, broken, kept in (*_texts(spot), *_numbers(spot), *_lists(spot), *_maps(spot)):
        yield keyword, put(broken), None if kept is None else put(kept)
    for keyword, broken in (*_choices(spot), *_types(spot)):
        yield keyword, put(broken), None
    yield from _objects(schema, spot)


def _texts(spot: Spot) -> Iterator[tuple[str, Any, Any]]:
    node = spot.schema
    if "maxLength" in node:
        yield "maxLength", text("v", node["maxLength"] + 1), text(_letter(node), node["maxLength"])
    if node.get("minLength"):
        yield "minLength", "", None if spot.steps[-1] == "model" else text("a", node["minLength"])
    if "pattern" in node:
        yield "pattern", "not allowed!", None


def _letter(node: Json) -> str:
    # A letter of two bytes, for a limit counts characters.
    return "a" if "pattern" in node else "é"


def _numbers(spot: Spot) -> Iterator[tuple[str, Any, Any]]:
    node = spot.schema
    if "maximum" in node:
        yield "maximum", node["maximum"] + 1, node["maximum"]
        yield "maximum by far", HUGE, None
        if "number" in spot.types:
            yield "maximum by little", node["maximum"] + 0.01, None
    if "minimum" in node:
        yield "minimum", node["minimum"] - 1, node["minimum"]
        yield "minimum by far", -HUGE, None
        if "number" in spot.types:
            yield "minimum by little", node["minimum"] - 0.01, None


def _lists(spot: Spot) -> Iterator[tuple[str, Any, Any]]:
    node = spot.schema
    if 0 < node.get("maxItems", 0) <= _LONGEST_LIST:
        most = node["maxItems"]
        kept = _several(spot, most) if most <= _MOST_DIFFERENT else None
        yield "maxItems", _several(spot, most + 1), kept
    if node.get("minItems"):
        yield "minItems", [], None


def _several(spot: Spot, count: int) -> list[Any]:
    items, name = spot.schema.get("items", {}), spot.steps[-1]
    parts = members(items)
    if "function" in parts.get("type", {}).get("enum", ()):
        return [plain_object(items, "function", number) for number in range(count)]
    return [plain(items, name, number if count <= _MOST_DIFFERENT + 1 else 0) for number in range(count)]


def _maps(spot: Spot) -> Iterator[tuple[str, Any, Any]]:
    node = spot.schema
    if "maxProperties" in node:
        most = node["maxProperties"]
        full = {f"key_{number}": "value" for number in range(most)}
        yield "maxProperties", {**full, "one_more": "value"}, full
    if (longest := node.get("propertyNames", {}).get("maxLength")) is not None:
        yield "propertyNames", {"k" * (longest + 1): "value"}, {"é" * longest: "value"}


def _choices(spot: Spot) -> Iterator[tuple[str, Any]]:
    if "enum" in spot.schema or "enum" in spot.schema.get("then", {}):
        yield "enum", OUTSIDE


def _types(spot: Spot) -> Iterator[tuple[str, Any]]:
    """Give values of other types. A list in the place of a text is another form of it in some versions."""
    types = set(spot.types)
    if not types or not spot.steps:
        return
    candidates: list[tuple[str, Any]] = [("boolean", True), ("object", {UNKNOWN: 1})]
    if "number" not in types and "integer" not in types:
        candidates.append(("number", 5))
    if "string" not in types:
        candidates += [("string", "text"), ("array", [[]])]
    if "integer" in types and "number" not in types:
        candidates.append(("decimal", spot.schema.get("minimum", 1) + 0.5))
    for name, value in candidates:
        if name not in types:
            yield f"type {name}", value


def _objects(schema: Json, spot: Spot) -> Iterator[tuple[str, Any, Any]]:
    node = spot.schema
    if node.get("additionalProperties") is False:
        yield "additionalProperties", holding(schema, spot.steps, {**plain_object(node), UNKNOWN: 1}), None
    for name in node.get("required", ()):
        yield f"required {name}", without(schema, spot.steps, name), None
        if not spot.steps:
            yield f"null {name}", holding(schema, spot.steps, {**plain_object(node), name: None}), None


__all__ = ["HUGE", "ITEM", "OUTSIDE", "RAW", "UNKNOWN", "Violation", "given", "violations"]
