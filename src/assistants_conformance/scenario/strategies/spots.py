"""Walking through a request schema, and the plainest body that holds a given place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
Steps = tuple[str, ...]

ITEM = "[]"
VALUE = "{}"
#: What only the target can give, by the name of the member that holds it.
_GIVEN = {
    "model": "model",
    "file_id": "file",
    "file_ids": "file",
    "assistant_id": "assistant",
    "vector_store_ids": "store",
}
_URL = "https://example.com/picture.png"


@dataclass(frozen=True)
class Spot:
    """A place in a body. `requirement` is the one beside it in the schema, or beside what holds it."""

    steps: Steps
    schema: Json
    requirement: str | None

    @property
    def path(self) -> str:
        """The place as limits are named: `tools[].function.name`; what stands in a map goes by the map."""
        told = ""
        for step in self.steps:
            if step == VALUE:
                break
            told += step if step == ITEM else f".{step}" if told else step
        return told

    @property
    def types(self) -> tuple[str, ...]:
        """The JSON types that may stand there; empty where the schema names none."""
        return types_of(self.schema)


def types_of(schema: Json) -> tuple[str, ...]:
    """Return the JSON types that a schema names."""
    types = schema.get("type", ())
    return (types,) if isinstance(types, str) else tuple(types)


def members(schema: Json) -> dict[str, Json]:
    """Return the members of an object, also where they stand beside another form."""
    own: dict[str, Json] = schema.get("properties", {})
    other: dict[str, Json] = schema.get("else", {}).get("properties", {})
    return {**other, **own}


def spots(schema: Json, steps: Steps = (), inherited: str | None = None) -> Iterator[Spot]:
    """Give every place of a body, the body itself first."""
    requirement = schema.get("x-requirement", inherited)
    yield Spot(steps, schema, requirement)
    # The row of the body itself is about its unknown members.
    below = None if not steps else requirement
    for name, part in members(schema).items():
        yield from spots(part, (*steps, name), below)
    if isinstance(items := schema.get("items"), dict):
        yield from spots(items, (*steps, ITEM), requirement)
    if isinstance(values := schema.get("additionalProperties"), dict):
        yield from spots(values, (*steps, VALUE), requirement)


def given(kind: str, number: int = 0) -> Json:
    """Return the placeholder of what only the target can give."""
    return {"$": kind, "number": number}


def text(of: str, times: int) -> Any:
    """Return a long text; short ones as they are."""
    return of * times if times <= 64 else {"$": "text", "of": of, "times": times}


def is_given(value: Json) -> bool:
    """Say whether an object is such a placeholder; an example may have a key of its own that looks like its own."""
    return value.keys() == {"$", "number"} and isinstance(value["$"], str) and isinstance(value["number"], int)


def is_text(value: Json) -> bool:
    """Say whether an object stands for a long text."""
    return value.keys() == {"$", "of", "times"} and value["$"] == "text" and isinstance(value["times"], int)


def plain(schema: Json, name: str = "", number: int = 0) -> Any:
    """Return the plainest value that a schema allows; with another `number` another one, where there are several."""
    if name in _GIVEN and "array" not in types_of(schema):
        return given(_GIVEN[name], number)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if "enum" in schema.get("then", {}):
        return schema["then"]["enum"][0]
    match next((one for one in types_of(schema) if one != "null"), "string"):
        case "string":
            return _URL if name == "url" else f"{name.replace('[]', '') or 'text'}_{number}"
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case "array":
            return [plain(schema.get("items", {}), name, each) for each in range(schema.get("minItems", 0))]
        case _:
            return plain_object(schema, number=number)


def plain_object(schema: Json, kind: str | None = None, number: int = 0) -> Json:
    """Return the plainest object that a schema allows; `kind` is the value of its member `type`."""
    parts = members(schema)
    wanted = [*schema.get("required", ()), *schema.get("else", {}).get("required", ())]
    if forms := schema.get("anyOf"):
        wanted += forms[0].get("required", ())
    made: Json = {}
    for name in dict.fromkeys(wanted):
        made[name] = plain(parts.get(name, {}), name, number)
    if kind is not None:
        made["type"] = kind
    if "type" in made:
        for name in _demanded(schema, made["type"]):
            made.setdefault(name, plain(parts.get(name, {}), name, number))
    return made


def _demanded(schema: Json, kind: Any) -> Iterator[str]:
    other = schema.get("else", {})
    for branch in (*schema.get("allOf", ()), *other.get("allOf", ()), *([other] if "if" in other else ())):
        if branch.get("if", {}).get("properties", {}).get("type", {}).get("const") == kind:
            yield from branch.get("then", {}).get("required", ())


def holding(schema: Json, steps: Steps, value: Any, name: str = "") -> Any:
    """Return the plainest body that has a value at a place."""
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if step == ITEM:
        return [holding(schema["items"], rest, value, name)]
    if step == VALUE:
        return {"key": holding(schema["additionalProperties"], rest, value, name)}
    parts = members(schema)
    # A member that is called like a kind belongs to the objects of that kind.
    kinds = parts.get("type", {}).get("enum", ())
    made = plain_object(schema, step if step in kinds else None)
    made[step] = holding(parts[step], rest, value, step)
    return made


def without(schema: Json, steps: Steps, name: str) -> Any:
    """Return the plainest body in which the object at a place lacks a member."""
    place: Json = schema
    for step in steps:
        place = place["items"] if step == ITEM else members(place)[step]
    made = plain_object(place)
    made.pop(name, None)
    return holding(schema, steps, made)
