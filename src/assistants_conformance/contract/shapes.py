"""Validation of one object against its schema: fast where it is valid, in words where it is not."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import jsonschema_rs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

#: How many values with departures a shape remembers.
_MOST_KNOWN = 5000


@dataclass(frozen=True, slots=True)
class Problem:
    """One place where a value departs from its schema. `requirement` is the row that rules over the place."""

    requirement: str | None
    path: str
    observed: str
    expected: str
    keyword: str


def brief(value: Any, limit: int = 120) -> str:
    """Return a short, printable form of a value."""
    text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _digest(value: Any) -> bytes:
    """Return what tells a value from others; empty where it is nested too deeply to be written."""
    try:
        return hashlib.sha256(json.dumps(value, sort_keys=True).encode("utf-8", "surrogatepass")).digest()
    except (RecursionError, TypeError, ValueError):
        return b""


class Shape:
    """One schema, compiled once."""

    def __init__(self, name: str, schema: dict[str, Any], requirement: str | None = None) -> None:
        self.name = name
        self.schema = schema
        self.requirement = requirement
        self._fast = jsonschema_rs.Draft202012Validator(schema)
        self._branches: dict[int, jsonschema_rs.Draft202012Validator] = {}
        self._known: dict[bytes, tuple[Problem, ...]] = {}

    @cached_property
    def requirements(self) -> frozenset[str]:
        """Every requirement that the schema rules on."""
        return frozenset(_requirements(self.schema)) | ({self.requirement} if self.requirement else set())

    @cached_property
    def _exact(self) -> Validator:
        from jsonschema import Draft202012Validator  # noqa: PLC0415 - needed only where something is wrong

        return Draft202012Validator(self.schema)

    def is_valid(self, value: Any) -> bool:
        """Say whether the value fits."""
        return self._fast.is_valid(value)

    def problems(self, value: Any) -> list[Problem]:
        """Return every departure; empty where the value fits."""
        if self._fast.is_valid(value):
            return []
        # A target that departs shows the same objects in list after list, and telling how is slow.
        key = _digest(value)
        known = self._known.get(key) if key else None
        if known is None:
            found = [problem for error in self._exact.iter_errors(value) for problem in self._explained(error)]
            known = tuple(dict.fromkeys(found))
            if key and len(self._known) < _MOST_KNOWN:
                self._known[key] = known
        return list(known)

    def ruled(self, value: Any) -> set[str]:
        """Return the requirements that rule on what is really there; those on absent parts have nothing to say."""
        return {self.requirement, *self._ruled(self.schema, value)} - {None}  # type: ignore[return-value]

    def _ruled(self, node: dict[str, Any], value: Any) -> Iterator[str | None]:
        yield node.get("x-requirement")
        if isinstance(value, dict):
            required = node.get("required", ())
            for name, part in node.get("properties", {}).items():
                if name in value or name in required:
                    yield from self._ruled(part, value.get(name))
        elif isinstance(value, list) and isinstance(node.get("items"), dict):
            for item in value:
                yield from self._ruled(node["items"], item)
        for branch in (*node.get("allOf", ()), *([node] if "if" in node else ())):
            if "if" not in branch:
                yield from self._ruled(branch, value)
            elif "then" in branch and self._branch(branch["if"]).is_valid(value):
                yield from self._ruled(branch["then"], value)
        for branch in (*node.get("oneOf", ()), *node.get("anyOf", ())):
            if self._branch(branch).is_valid(value):
                yield from self._ruled(branch, value)

    def _branch(self, node: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
        known = self._branches.get(id(node))
        if known is None:
            known = self._branches[id(node)] = jsonschema_rs.Draft202012Validator(node)
        return known

    def _explained(self, error: ValidationError) -> Iterator[Problem]:
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
        path = path.removeprefix(".") or "(the whole)"
        ruling, node = self._ruling(list(error.absolute_schema_path))
        if error.validator == "required":
            properties = node.get("properties", {})
            required: Any = error.validator_value
            there: Any = error.instance
            for name in required:
                if name not in there:
                    place = f"{path}.{name}" if error.absolute_path else str(name)
                    own = properties.get(name, {}).get("x-requirement", ruling)
                    yield Problem(own, place, "absent", "present", "required")
            return
        if error.validator in ("oneOf", "anyOf") and error.context:
            deepest = max(error.context, key=lambda inner: len(inner.absolute_path))
            yield Problem(
                ruling, path, f"{brief(error.instance)} ({deepest.message})", "one of the documented forms", "oneOf"
            )
            return
        yield Problem(ruling, path, brief(error.instance), _expectation(error), str(error.validator))

    def _ruling(self, steps: list[str | int]) -> tuple[str | None, dict[str, Any]]:
        node: Any = self.schema
        ruling = node.get("x-requirement", self.requirement)
        holder = node
        for step in steps[:-1]:
            try:
                node = node[step]
            except (KeyError, IndexError, TypeError):
                break
            if isinstance(node, dict):
                holder = node
                ruling = node.get("x-requirement", ruling)
        return ruling, holder


def _requirements(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        own = node.get("x-requirement")
        if isinstance(own, str):
            yield own
        for value in node.values():
            yield from _requirements(value)
    elif isinstance(node, list):
        for value in node:
            yield from _requirements(value)


def _expectation(error: ValidationError) -> str:
    value: Any = error.validator_value
    match error.validator:
        case "type":
            return " or ".join(value) if isinstance(value, list) else str(value)
        case "const":
            return repr(value)
        case "enum":
            return "one of " + ", ".join(repr(item) for item in value)
        case "pattern":
            return f"text of the form {value}"
        case _:
            return f"{error.validator} {brief(value)}"
