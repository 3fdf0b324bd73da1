"""Paths, parameters, bodies, answers and security of a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.contract.documents import read
from assistants_conformance.contract.events import stream_grammar
from assistants_conformance.contract.openapi.components import Components, pascal
from assistants_conformance.contract.openapi.links import links, path_parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistants_conformance.contract.operations import Operation
    from assistants_conformance.contract.profile import Profile

Json = dict[str, Any]

_JSON = "application/json"
_TITLES = {
    "400": "The request is invalid, or the state of the object forbids it.",
    "401": "The credentials are missing or wrong.",
    "404": "There is no object of this id.",
    "429": "Requests come too fast.",
    "500": "A fault of the server.",
}
#: Parameters of lists that come with pages; the list of all files has them where the profile pages it.
_PAGING = ("limit", "order", "after", "before")


def openapi(profile: Profile) -> Json:
    """Return the contract of a profile as an OpenAPI 3.1 document.

    `x-requirement` names the row of the catalogue that rules on a place, `x-level` its level, `x-judged` false says
    that the profile leaves the row out, and `x-source` is the file that a schema comes from.
    """
    components = Components(profile)
    rows = {row.id: row for row in profile.operations}
    paths: Json = {}
    for row in rows.values():
        item = paths.setdefault(row.path, {})
        if not item and (names := path_parameters(row.path)):
            item["parameters"] = [{"$ref": f"#/components/parameters/{pascal(name)}"} for name in names]
        item[row.method.lower()] = _operation(profile, row, components, tuple(rows.values()))
    named = sorted({name for path in paths for name in path_parameters(path)})
    refusals = _refusals(profile, components)
    return {
        "openapi": "3.1.1",
        "info": {
            "title": f"Assistants API: {profile.title}",
            "version": profile.api_versions[0],
            "description": "The contract that assistants-conformance holds an endpoint to.",
            "x-profile": profile.id,
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{"url": profile.base_path}],
        "security": [{name: []} for name in _schemes(profile)],
        "tags": [{"name": area} for area in sorted({row.area for row in rows.values()})],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.schemas.items())),
            "parameters": {**_fixed(profile), **{pascal(name): _in_path(name, profile) for name in named}},
            "responses": refusals,
            "securitySchemes": _schemes(profile),
        },
    }


def list_parameters(profile: Profile, row: Operation) -> dict[str, Json]:
    """Return the schema of every query parameter that an operation has in a profile, by name."""
    document = read("requests/list_parameters")
    names = list(document["operations"].get(row.id, ()))
    if row.id == "list_files" and profile.traits.get("files_paged"):
        names += _PAGING
    known = document["parameters"]
    return {
        name: {key: value for key, value in known[name].items() if key not in ("shapes", "profiles")}
        for name in names
        if profile.shape in known[name].get("shapes", (profile.shape,))
        and profile.id in known[name].get("profiles", (profile.id,))
    }


def _operation(profile: Profile, row: Operation, components: Components, others: tuple[Operation, ...]) -> Json:
    made: Json = {"operationId": row.id, "tags": [row.area]}
    if row.requirement is not None:
        requirement = profile.requirement(row.requirement)
        made["summary"] = requirement.title
        made |= components.ruled({"x-requirement": row.requirement})
    parameters: list[Json] = [{"$ref": f"#/components/parameters/{name}"} for name in _asked(profile, row)]
    for name, schema in list_parameters(profile, row).items():
        ruling = {key: schema.pop(key) for key in ("x-requirement",) if key in schema}
        made_of: Json = {"name": name, "in": "query", "required": False, "schema": schema}
        if name.endswith("[]"):
            made_of |= {"schema": {"type": "array", "items": schema}, "style": "form", "explode": True}
        parameters.append(components.ruled({**made_of, **ruling}))
    if parameters:
        made["parameters"] = parameters
    if (body := _body(row, components)) is not None:
        made["requestBody"] = body
    made["responses"] = _answers(profile, row, components, others)
    return made


def _asked(profile: Profile, row: Operation) -> list[str]:
    """Return the names of the fixed parameters of an operation."""
    if profile.platform != "openai":
        return ["ApiVersion"]
    return ["OpenAIBeta"] if row.beta_header and profile.beta_header else []


def _fixed(profile: Profile) -> Json:
    if profile.platform != "openai":
        versions: Json = {"type": "string", "enum": list(profile.api_versions), "default": profile.api_versions[0]}
        return {"ApiVersion": {"name": "api-version", "in": "query", "required": True, "schema": versions}}
    if profile.beta_header is None:
        return {}
    header: Json = {"type": "string", "const": profile.beta_header}
    return {"OpenAIBeta": {"name": "OpenAI-Beta", "in": "header", "required": True, "schema": header}}


def _in_path(name: str, profile: Profile) -> Json:
    kind = {"step": "run_step", "batch": "vector_store_file_batch"}.get(name.removesuffix("_id"), name[:-3])
    made: Json = {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    # Another form is no mistake of the request: it names an object that is not there.
    return {**made, "x-id-form": profile.id_forms[kind]} if kind in profile.id_forms else made


def _body(row: Operation, components: Components) -> Json | None:
    schema = components.reference("requests", row.request) if row.request else None
    if schema is None:
        return None
    if row.id == "upload_file":
        parts = {"file": {"contentType": "application/octet-stream"}}
        return {"required": True, "content": {"multipart/form-data": {"schema": schema, "encoding": parts}}}
    # Without required members the service takes no body for an empty one.
    required = bool(components.schemas[schema["$ref"].rpartition("/")[2]].get("required"))
    return {"required": required, "content": {_JSON: {"schema": schema}}}


def _answers(profile: Profile, row: Operation, components: Components, others: tuple[Operation, ...]) -> Json:
    kinds = (row.kind, *row.also)
    content: Mapping[str, Json]
    if row.id == "get_file_content":
        content = {"application/octet-stream": {}}
    elif row.listed:
        envelope = "file_list" if row.id == "list_files" else "list"
        content = {_JSON: {"schema": components.listed(kinds, envelope)}}
    else:
        found = [one for kind in kinds if (one := components.reference("objects", kind)) is not None]
        shown: Json = found[0] if len(found) == 1 else {"anyOf": found} if found else {"type": "object"}
        content = {_JSON: {"schema": shown}}
    if row.id in stream_grammar().begins:
        content = {**content, "text/event-stream": _stream(profile, components)}
    made: Json = {"description": _described(row), "content": dict(content)}
    if following := links(row, others):
        made["links"] = following
    refusals = [status for status in _TITLES if status != "404" or path_parameters(row.path) or row.request]
    return {"200": made, **{status: {"$ref": f"#/components/responses/{_named(status)}"} for status in refusals}}


def _stream(profile: Profile, components: Components) -> Json:
    events = {}
    for name, event in stream_grammar().names.items():
        if (schema := components.reference("events", event.kind)) is not None and profile.event_shape(event.kind):
            events[name] = {**schema, **({"x-status": list(event.status)} if event.status else {})}
    told = "Server-sent events, where the request has stream true; x-events tells the data of each."
    return {"schema": {"type": "string", "description": told, "x-events": events}}


def _named(status: str) -> str:
    return {"400": "Refused", "401": "Unauthorized", "404": "NotFound", "429": "TooFast", "500": "ServerFault"}[status]


def _refusals(profile: Profile, components: Components) -> Json:
    plain = components.reference("objects", "error")
    gateway = components.reference("objects", "error_azure") if profile.platform != "openai" else None
    made = {}
    for status, title in _TITLES.items():
        # What a gateway in front of the service answers has an envelope of its own.
        shapes = [one for one in (plain, gateway if status in ("401", "404", "429") else None) if one is not None]
        schema: Json = shapes[0] if len(shapes) == 1 else {"anyOf": shapes}
        made[_named(status)] = {"description": title, "content": {_JSON: {"schema": schema}}}
    return made


def _schemes(profile: Profile) -> Json:
    bearer: Json = {"type": "http", "scheme": "bearer"}
    if profile.platform == "openai":
        return {"key": {**bearer, "description": "An API key."}}
    token: Json = {"token": {**bearer, "bearerFormat": "JWT", "description": "An Entra token."}}
    if profile.traits.get("entra_only"):
        return token
    return {"key": {"type": "apiKey", "in": "header", "name": "api-key"}, **token}


def _described(row: Operation) -> str:
    kind = row.kind.replace("_", " ")
    return f"A list, each entry: {kind}." if row.listed else f"{kind.capitalize()}."
