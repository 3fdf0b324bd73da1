"""The document that requests are made from: the contract without what other scenarios check better.

Where a request names an object, only a placeholder may stand (`@thread_id`), which becomes the id of a real object when
the request is sent: an id by chance would answer 404 to everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.contract.openapi import openapi

if TYPE_CHECKING:
    from assistants_conformance.target import Api

Json = dict[str, Any]

MARK = "@"
#: Stands for a parameter that is left out after all.
NONE = "@none"
_COSTLY = frozenset(
    {"create_run", "create_thread_and_run", "submit_tool_outputs", "cancel_run", "modify_run", "get_run_step"}
)
_CREDENTIALS = frozenset({"ApiVersion", "OpenAIBeta"})
_REFERENCE = "#/components/schemas/"
#: The longest text that is made; longer ones are sent by the scenarios of the areas, and making them takes seconds.
_LONGEST = 4096
_NAMES = {
    "assistant_id": "assistant_id",
    "file_id": "file_id",
    "file_ids": "file_id",
    "vector_store_ids": "vector_store_id",
    "model": "model",
}
_CURSORS = {"after": "cursor", "before": "cursor", "run_id": "run_id"}


def narrowed(api: Api, *, stores: bool) -> Json:
    """Return the document for one target, without operations that its effort does without; `stores`: it has these."""
    whole = openapi(api.profile)
    left_out = set() if api.settings.effort.runs else set(_COSTLY)
    paths: Json = {}
    for path, item in whole["paths"].items():
        kept = {
            method: _operation(row)
            for method, row in item.items()
            if method != "parameters"
            and row["operationId"] not in left_out
            and (stores or "vector_stores" not in row["tags"])
        }
        if kept:
            shared = {"parameters": item["parameters"]} if "parameters" in item else {}
            paths[path] = {**shared, **kept}
    operations = {row["operationId"] for item in paths.values() for name, row in item.items() if name != "parameters"}
    for item in paths.values():
        for method, row in item.items():
            if method != "parameters":
                found = row["responses"]["200"].get("links", {})
                row["responses"]["200"]["links"] = {
                    name: one for name, one in found.items() if name in operations and not _from_list(one)
                }
    components = whole["components"]
    schemas: Json = {}
    _collect(paths, components["schemas"], schemas)
    parameters = {name: row for name, row in components["parameters"].items() if name not in _CREDENTIALS}
    for row in parameters.values():
        row["schema"] = {"type": "string", "enum": [MARK + row["name"]]}
    return {
        "openapi": whole["openapi"],
        "info": {"title": whole["info"]["title"], "version": whole["info"]["version"]},
        "paths": paths,
        "components": {"schemas": schemas, "parameters": parameters},
    }


def _from_list(link: Json) -> bool:
    # What stands first in a list depends on whoever else uses the account.
    return any("#/data/0/" in value for value in link.get("parameters", {}).values())


def _operation(row: Json) -> Json:
    parameters = []
    for one in row.get("parameters", ()):
        if one.get("$ref", "").rpartition("/")[2] in _CREDENTIALS:
            continue
        name = one.get("name")
        cursor = {"schema": {"type": "string", "enum": [NONE, MARK + _CURSORS[name]]}} if name in _CURSORS else {}
        parameters.append(_bare({**one, **cursor}))
    success = {"description": "", "links": row["responses"]["200"].get("links", {})}
    made = {"operationId": row["operationId"], "parameters": parameters, "responses": {"200": success}}
    return {**made, "requestBody": row["requestBody"]} if "requestBody" in row else made


def _collect(node: Any, known: Json, found: Json) -> None:
    """Bring every schema that a node leads to among the found ones."""
    if isinstance(node, list):
        for item in node:
            _collect(item, known, found)
    elif isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str) and reference.startswith(_REFERENCE):
            name = reference.removeprefix(_REFERENCE)
            if name not in found:
                found[name] = _bare(known[name])
                _collect(found[name], known, found)
        for item in node.values():
            _collect(item, known, found)


def _bare(node: Any, *, whole: bool = True) -> Any:
    """Return a schema without what generation need not know, and with placeholders.

    `whole` says that the schema tells all of a value, and not one condition on it.
    """
    if isinstance(node, list):
        return [_bare(item, whole=whole) for item in node]
    if not isinstance(node, dict):
        return node
    if whole and (forms := _forms(node)):
        return {"oneOf": [_bare(form) for form in forms]}
    made = {}
    for key, value in node.items():
        if key.startswith(("x-", "$comment")) or (key in ("title", "description") and isinstance(value, str)):
            continue
        if key == "maxLength" and isinstance(value, int) and value > _LONGEST:
            continue
        part = whole and key not in ("if", "then", "else", "allOf", "not")
        made[key] = _properties(value) if key == "properties" else _bare(value, whole=part)
    if whole and "properties" in made:
        # What a service does with a key that nobody knows, deep down in a body, is not recorded.
        made.setdefault("additionalProperties", False)
    return made


def _forms(node: Json) -> list[Json]:
    """Return the forms of an object whose `type` says which members it has; empty where it is no such object.

    A member that belongs to another type may be refused, dropped or kept: no text says which.
    """
    named = node.get("properties", {}).get("type", {}).get("enum")
    conditions = [one for one in node.get("allOf", ()) if "type" in one.get("if", {}).get("properties", {})]
    if not named or not conditions:
        return []
    forms: list[Json] = [{"type": "null"}] if "null" in node.get("type", ()) else []
    for name in named:
        members, required = {name}, list(node.get("required", ()))
        narrowed_to: Json = {}
        for one in conditions:
            asked = one["if"]["properties"]["type"]
            if name in asked.get("enum", [asked.get("const")]):
                required += one.get("then", {}).get("required", ())
                narrowed_to |= one.get("then", {}).get("properties", {})
        properties = {
            key: {**value, **narrowed_to.get(key, {})}
            for key, value in node["properties"].items()
            if key in members or key in required
        }
        properties["type"] = {"type": "string", "enum": [name]}
        forms.append({"type": "object", "required": sorted(set(required)), "properties": properties})
    return forms


def _properties(node: Json) -> Json:
    made = {}
    for name, value in node.items():
        made[name] = _bare(value)
        if name in _NAMES and isinstance(value, dict):
            place = made[name].get("items") if name.endswith("s") else made[name]
            if isinstance(place, dict) and "$ref" not in place and "anyOf" not in place:
                nothing = [None] if "null" in place.get("type", ()) else []
                place.clear()
                place["enum"] = [MARK + _NAMES[name], *nothing]
                if name.endswith("s"):
                    made[name]["uniqueItems"] = True
    return made
