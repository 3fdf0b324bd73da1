"""Request bodies against their schemas, refused in the words of the real validator: first problem found, first told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from assistants_conformance.reference.refusal import Refusal, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

Schema = dict[str, Any]

_NAMES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a decimal",
    "boolean": "a boolean",
    "object": "an object",
    "array": "an array",
    "null": "null",
}


def validate(schema: Schema, body: Any) -> None:
    """Check a body.

    Raises:
        Refusal: the body departs from the schema; it says where, in the form `tools[0].function.name`.
    """
    for problem in _problems(schema, body, ""):
        raise problem


def type_name(value: Any) -> str:
    """Return the JSON type of a value, as the error texts call it, with its article."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a decimal"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"


def _is(value: Any, name: str) -> bool:
    match name:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "array":
            return isinstance(value, list)
        case _:
            return isinstance(value, dict)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _problems(schema: Schema, value: Any, path: str) -> Iterator[Refusal]:
    if (problem := _type_problem(schema, value, path)) is not None:
        yield problem
        return
    if value is None:
        return
    allowed = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if allowed is not None and value not in allowed:
        yield refuse("invalid_value", at=path, value=value, supported=listing(allowed))
        return
    match value:
        case bool():
            pass
        case int() | float():
            yield from _number(schema, value, path)
        case str():
            yield from _string(schema, value, path)
        case list():
            yield from _array(schema, value, path)
        case dict():
            yield from _object(schema, value, path)
    yield from _combined(schema, value, path)


def _type_problem(schema: Schema, value: Any, path: str) -> Refusal | None:
    types = schema.get("type")
    if types is None:
        return None
    names = [types] if isinstance(types, str) else list(types)
    if any(_is(value, name) for name in names):
        return None
    wanted = [_NAMES[name] for name in names if name != "null"] or ["null"]
    expected = wanted[0] if len(wanted) == 1 else f"one of {', '.join(wanted[:-1])} or {wanted[-1]}"
    return refuse("invalid_type", at=path, expected=expected, got=type_name(value))


def listing(values: list[Any]) -> str:
    """Return allowed values as the error texts list them: `'a', 'b', and 'c'`."""
    quoted = [f"'{value}'" for value in values]
    if len(quoted) < 3:
        return " and ".join(quoted)
    return f"{', '.join(quoted[:-1])}, and {quoted[-1]}"


def _number(schema: Schema, value: float, path: str) -> Iterator[Refusal]:
    kind = "integer" if isinstance(value, int) else "decimal"
    if "minimum" in schema and value < schema["minimum"]:
        yield refuse(f"{kind}_below_min_value", at=path, minimum=schema["minimum"], value=value)
    if "maximum" in schema and value > schema["maximum"]:
        yield refuse(f"{kind}_above_max_value", at=path, maximum=schema["maximum"], value=value)


def _string(schema: Schema, value: str, path: str) -> Iterator[Refusal]:
    if len(value) > schema.get("maxLength", len(value)):
        yield refuse("string_too_long", at=path, maximum=schema["maxLength"], length=len(value))
    if len(value) < schema.get("minLength", 0):
        yield refuse("empty_string", at=path, minimum=schema["minLength"])
    if "pattern" in schema and not re.search(schema["pattern"].removesuffix("$") + r"\Z", value):
        yield refuse("string_pattern_mismatch", at=path, pattern=schema["pattern"])


def _array(schema: Schema, value: list[Any], path: str) -> Iterator[Refusal]:
    if len(value) > schema.get("maxItems", len(value)):
        yield refuse("array_too_long", at=path, maximum=schema["maxItems"], length=len(value))
    if len(value) < schema.get("minItems", 0):
        yield refuse("array_too_short", at=path, minimum=schema["minItems"])
    if isinstance(items := schema.get("items"), dict):
        for index, item in enumerate(value):
            yield from _problems(items, item, f"{path}[{index}]")


def _object(schema: Schema, value: dict[str, Any], path: str) -> Iterator[Refusal]:
    for name in schema.get("required", ()):
        if name not in value:
            yield refuse("missing_required_parameter", at=_join(path, name))
    if len(value) > schema.get("maxProperties", len(value)):
        yield refuse("object_too_large", at=path, maximum=schema["maxProperties"], count=len(value))
    names = schema.get("propertyNames", {})
    properties = schema.get("properties", {})
    rest = schema.get("additionalProperties", True)
    for name, item in value.items():
        if len(name) > names.get("maxLength", len(name)):
            yield refuse("key_too_long", at=path, maximum=names["maxLength"], length=len(name))
        if name in properties:
            yield from _problems(properties[name], item, _join(path, name))
        elif rest is False:
            yield refuse("unknown_parameter", at=_join(path, name))
        elif isinstance(rest, dict):
            yield from _problems(rest, item, _join(path, name))


def _fits(schema: Schema, value: Any) -> bool:
    return next(_problems(schema, value, ""), None) is None


def _combined(schema: Schema, value: Any, path: str) -> Iterator[Refusal]:
    for part in schema.get("allOf", ()):
        yield from _problems(part, value, path)
    if "if" in schema:
        branch = "then" if _fits(schema["if"], value) else "else"
        if branch in schema:
            yield from _problems(schema[branch], value, path)
    if "not" in schema and _fits(schema["not"], value):
        names = schema["not"].get("required", [])
        yield refuse("mutually_exclusive", at=path, names=listing(names))
    choices = schema.get("oneOf", schema.get("anyOf"))
    if choices and not any(_fits(choice, value) for choice in choices):
        yield _closest(choices, value, path)


def _closest(choices: list[Schema], value: Any, path: str) -> Refusal:
    """Tell the problem of the alternative that comes nearest: right JSON type, right `type` member."""
    told = [next(_problems(choice, value, path)) for choice in choices]
    typed = [
        problem for problem, choice in zip(told, choices, strict=True) if _type_problem(choice, value, path) is None
    ]
    if not typed:
        names = [choice.get("type") for choice in choices]
        expected = " or ".join(_NAMES.get(str(name), "a value") for name in dict.fromkeys(names))
        return refuse("invalid_type", at=path, expected=expected, got=type_name(value))
    return max(typed, key=lambda problem: len(problem.param or ""))
