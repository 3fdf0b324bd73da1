"""The page of the operations: where they exist, what they answer with, and the limits of what goes in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tools.pages.markdown import anchor, code, page, table

from assistants_conformance.contract import operations as all_operations
from assistants_conformance.contract.documents import read

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistants_conformance.contract import Operation, Profile

Schema = dict[str, Any]

_WORDS = {
    "minLength": "{} or more characters",
    "maxLength": "up to {} characters",
    "minItems": "{} or more items",
    "maxItems": "up to {} items",
    "minProperties": "{} or more keys",
    "maxProperties": "up to {} keys",
    "minimum": "from {}",
    "maximum": "to {}",
    "pattern": "of the form `{}`",
    "const": "`{}`",
    "default": "default `{}`",
}


_BODIES = """\
Every member of a body with its limits, as `schemas/requests` and the profile's patches have them. Where the body
is *closed*, a member that is not listed is refused.""".replace("\n", " ")


def operations(profiles: Sequence[Profile]) -> str:
    """Return the page."""
    rows = [
        [
            f"[{row.id}](#{anchor(row.id)})" if row.request and _has_body(row, profiles) else row.id,
            code(f"{row.method} {row.path}"),
            ("list of " if row.listed else "") + row.kind + ("".join(f", or {kind}" for kind in row.also)),
            row.requirement or "",
            *("yes" if row in profile.operations else "—" for profile in profiles),
        ]
        for row in all_operations()
    ]
    parts = [
        "Paths stand below the base path of the profile: "
        + ", ".join(f"{code(profile.base_path)} in {code(profile.id)}" for profile in profiles)
        + ".",
        table(["operation", "request", "answers with", "requirement", *(profile.id for profile in profiles)], rows),
        "## Query parameters",
        _parameters(),
        "## Request bodies",
        _BODIES,
    ]
    for row in all_operations():
        if row.request and _has_body(row, profiles):
            parts.append(f"### {row.id}")
            for told, having in _forms(row, profiles):
                parts.append("In " + ", ".join(code(profile.id) for profile in having) + ":")
                parts.append(table(["member", "value", "requirement"], told))
    return page("Operations", *parts)


def _parameters() -> str:
    document = read("requests/list_parameters")
    rows = []
    for name, schema in document["parameters"].items():
        takes = [operation for operation, names in document["operations"].items() if name in names]
        where = [*schema.get("shapes", ()), *schema.get("profiles", ())]
        told = ", ".join(map(code, takes))
        rows.append([code(name), _told(schema), told, ", ".join(where), schema.get("x-requirement", "")])
    return table(["parameter", "value", "operations", "only in", "requirement"], rows)


def _has_body(row: Operation, profiles: Sequence[Profile]) -> bool:
    return any(_schema(row, profile) is not None for profile in profiles)


def _schema(row: Operation, profile: Profile) -> Schema | None:
    if row.request is None or row not in profile.operations or profile.request_shape(row.request) is None:
        return None
    return profile.request_schema(row.request)


def _forms(row: Operation, profiles: Sequence[Profile]) -> list[tuple[list[list[str]], list[Profile]]]:
    """Group the profiles whose bodies are equal."""
    found: list[tuple[list[list[str]], list[Profile]]] = []
    for profile in profiles:
        schema = _schema(row, profile)
        if schema is None:
            continue
        told = list(_members(schema, ""))
        for known, having in found:
            if known == told:
                having.append(profile)
                break
        else:
            found.append((told, [profile]))
    return found


def _members(schema: Schema, path: str) -> Iterator[list[str]]:
    """Give a line for every member, those inside of it below it."""
    if path == "":
        yield ["(the body)", _told(schema), schema.get("x-requirement", "")]
    for name, part in schema.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        needed = " **required**" if name in schema.get("required", ()) else ""
        yield [code(here) + needed, _told(part), part.get("x-requirement", "")]
        yield from _inside(part, here)
    for branch in (*schema.get("oneOf", ()), *schema.get("anyOf", ()), *schema.get("allOf", ())):
        yield from _members(branch, path) if path else ()


def _inside(part: Schema, path: str) -> Iterator[list[str]]:
    yield from _members(part, path)
    items = part.get("items")
    if isinstance(items, dict):
        if "properties" not in items and _told(items):
            yield [code(f"{path}[]"), _told(items), items.get("x-requirement", "")]
        yield from _members(items, f"{path}[]")
    for branch in (*part.get("oneOf", ()), *part.get("anyOf", ())):
        if isinstance(branch.get("items"), dict):
            yield from _inside({"items": branch["items"]}, path)


def _told(schema: Schema) -> str:
    kinds = schema.get("type", [])
    parts = [" or ".join([kinds] if isinstance(kinds, str) else kinds)]
    if "enum" in schema:
        parts.append("one of " + ", ".join(code(value) for value in schema["enum"]))
    parts += [word.format(_value(schema[key])) for key, word in _WORDS.items() if key in schema]
    if schema.get("additionalProperties") is False:
        parts.append("closed")
    if isinstance(keys := schema.get("propertyNames"), dict):
        parts.append(f"keys: {_told(keys)}")
    if isinstance(values := schema.get("additionalProperties"), dict):
        parts.append(f"values: {_told(values)}")
    branches = [_told(branch) for branch in (*schema.get("oneOf", ()), *schema.get("anyOf", ()))]
    parts.append("; or ".join(dict.fromkeys(filter(None, branches))))
    return ", ".join(filter(None, parts)).replace("|", "\\|")


def _value(value: object) -> str:
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)
