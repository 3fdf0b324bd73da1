"""Credentials, versions, routes, bodies, and the derived faults."""

from __future__ import annotations

import json

import pytest

from assistants_conformance.contract import catalogue, load_profile
from assistants_conformance.reference import Reference, UnknownFaultError, VirtualClock, registry
from assistants_conformance.reference.faults import written
from assistants_conformance.reference.faults.kills import ERROR_KILLS, LIMIT_KILLS
from assistants_conformance.reference.ids import Ids
from tests.reference.conftest import MODEL, WEATHER

SECRET = "sk-wrong-key-0123456789"


def _without(client, **headers):
    """Send a request with these credentials only."""
    server = client.server
    query = f"?api-version={client.profile.api_versions[0]}" if client.profile.platform == "azure" else ""
    sent = {"openai-beta": "assistants=v2", "content-type": "application/json", **headers}
    return server.handle("POST", f"{client.profile.base_path}/assistants{query}", sent, b'{"model": 1}')


def test_missing_and_wrong_credentials(client):
    wrong = [{}, {"authorization": "Basic abc"}, {"authorization": f"Bearer {SECRET}"}]
    if client.profile.platform == "azure":
        wrong += [{"api-key": SECRET}, {"authorization": f"Bearer {client.server.key}"}]
    for headers in wrong:
        reply = _without(client, **headers)
        assert reply.status == 401, headers
        assert SECRET.encode() not in reply.body
    assert client.get("/assistants").json()["data"] == []


def test_wrong_key_texts(client):
    if client.profile.platform == "openai":
        error = json.loads(_without(client, authorization=f"Bearer {SECRET}").body)["error"]
        assert error["message"].startswith("Incorrect API key provided: ")
        assert error["code"] == "invalid_api_key"
        return
    error = json.loads(_without(client, **{"api-key": SECRET}).body)["error"]
    assert sorted(error) == ["code", "message"]
    assert error["message"].startswith("Access denied due to invalid subscription key or wrong API endpoint.")
    body = json.loads(_without(client, authorization=f"Bearer {client.server.key}").body)
    assert sorted(body) == ["message", "statusCode"]


def test_right_credentials(client):
    server = client.server
    good = [{"authorization": f"Bearer {server.key}"}]
    if client.profile.platform == "azure":
        both = {"api-key": server.key, "authorization": f"Bearer {server.key}"}
        good = [{"api-key": server.key}, {"authorization": f"Bearer {server.token}"}, both]
    assert [_without(client, **headers).status for headers in good] == [400] * len(good)


@pytest.mark.parametrize("version", [None, "2024-05-01", "2024-05-01-PREVIEW", "v1", "2023-01-01-preview"])
def test_api_versions(second, version):
    query = "" if version is None else f"?api-version={version}"
    reply = second.server.handle("GET", f"/openai/assistants{query}", {"api-key": second.server.key}, b"")
    assert (reply.status, json.loads(reply.body)["error"]) == (404, {"code": "404", "message": "Resource not found"})


def test_beta_header(serve_as):
    client = serve_as("openai-v2")
    bearer = {"authorization": f"Bearer {client.server.key}"}

    def sent(path, **headers):
        reply = client.server.handle("GET", path, bearer | headers, b"")
        return reply.status, json.loads(reply.body).get("error", {}).get("code")

    assert sent("/v1/assistants") == (400, "invalid_beta")
    assert sent("/v1/assistants", **{"openai-beta": "assistants=v1"})[0] == 400
    assert sent("/v1/assistants", **{"openai-beta": "assistants=v2"})[0] == 200
    assert sent("/v1/files")[0] == 200


def test_routes(client):
    for path in ("/nothing", "/threads", "/assistants/", "/deployments/gpt/threads"):
        assert client.get(path).status_code in (404, 405)
    assert client.send("PUT", "/assistants").status_code == 405
    assert client.send("HEAD", "/assistants").status_code == 405
    reply = client.server.handle("GET", "//[x", {"api-key": client.server.key}, b"")
    assert reply.status in (401, 404)
    files = client.get(f"/assistants/{client.assistant()['id']}/files")
    assert files.status_code == (200 if client.profile.shape == "v1" else 404)


def test_headers(client):
    answer = client.get("/assistants")
    assert answer.headers["date"].endswith(" GMT")
    assert answer.headers["x-request-id"]
    openai = client.profile.platform == "openai"
    early = client.profile.id.startswith("azure-2024")
    assert answer.headers.get("openai-version") == (None if early else "2020-10-01")
    assert ("apim-request-id" in answer.headers) == (not openai)
    assert answer.headers["x-request-id"] != client.get("/assistants").headers["x-request-id"]


@pytest.mark.parametrize(
    "body",
    [b"{", b"nonsense", b"[]", b'"text"', b'{"model": NaN}', b"\xff\xfe", b'{"model": "\\ud800"}', b'{"model": 1e999}'],
)
def test_bodies_that_are_no_objects(client, body):
    answer = client.send("POST", "/assistants", content=body, headers={"content-type": "application/json"})
    assert client.error(answer, 400)["type"] == "invalid_request_error"


def test_deep_nesting(client):
    answer = client.send("POST", "/assistants", content=b'{"a":' * 100_000)
    client.error(answer, 400)


def test_form_sent_to_a_json_operation(client):
    answer = client.send("POST", "/assistants", files={"file": ("a", b"b")})
    assert "value is not a valid dict" in client.error(answer, 400)["message"]


def _tool(**function):
    return {"tools": [{"type": "function", "function": {"name": "f", **function}}]}


@pytest.mark.parametrize(
    ("body", "param", "code", "text"),
    [
        (
            {"name": "n" * 257},
            "name",
            "string_above_max_length",
            "maximum length 256, but got a string with length 257",
        ),
        ({"description": "d" * 513}, "description", "string_above_max_length", "513"),
        ({"tools": [WEATHER] * 129}, "tools", "array_above_max_length", "129"),
        (_tool(name="a b"), "tools[0].function.name", "invalid_value", "pattern"),
        (_tool(name="a\n"), "tools[0].function.name", "invalid_value", "pattern"),
        (_tool(name="n" * 65), "tools[0].function.name", "string_above_max_length", "65"),
        ({"tools": [{"type": "code-interpreter"}]}, "tools[0].type", "invalid_value", "'code_interpreter', '"),
        ({"tools": [{"type": "function"}]}, "tools[0].function", "missing_required_parameter", "tools[0].function"),
        ({"tools": {}}, "tools", "invalid_type", "expected an array, but got an object instead"),
        ({"metadata": {str(n): "" for n in range(17)}}, "metadata", "object_above_max_properties", "17"),
        ({"metadata": {"k" * 65: ""}}, "metadata", "string_above_max_length", "65"),
        ({"metadata": {"k": "v" * 513}}, "metadata.k", "string_above_max_length", "513"),
        ({"metadata": {"k": {}}}, "metadata.k", "invalid_type", "metadata.k"),
        ({"surprise": 1}, "surprise", "unknown_parameter", "Unknown parameter: 'surprise'."),
        ({"model": 5}, "model", "invalid_type", "expected a string, but got an integer instead"),
        ({"model": None}, "model", "invalid_type", "but got null instead"),
    ],
)
def test_refused_assistants(client, body, param, code, text):
    error = client.error(client.post("/assistants", {"model": MODEL, **body}), 400)
    assert (error["param"], error["code"]) == (param, code)
    assert text in error["message"]
    assert client.get("/assistants").json()["data"] == []


def test_limits_are_inclusive(client):
    metadata = {f"{number:064}": "v" * 512 for number in range(16)}
    body = {"model": MODEL, "name": "n" * 256, "description": "d" * 512, "metadata": metadata, "tools": [WEATHER] * 128}
    made = client.made("/assistants", body)
    assert (made["name"], made["metadata"], len(made["tools"])) == (body["name"], metadata, 128)
    assert client.get(f"/assistants/{made['id']}").json() == made


def test_missing_model(client):
    error = client.error(client.post("/assistants", {"name": "x"}), 400)
    assert error == {
        "message": "Missing required parameter: 'model'.",
        "type": "invalid_request_error",
        "param": "model",
        "code": "missing_required_parameter",
    }


def test_boolean_metadata(client):
    answer = client.post("/threads", {"metadata": {"modified": True}})
    if client.profile.shape == "v1":
        assert answer.json()["metadata"] == {"modified": "True"}
    else:
        message = "Invalid type for 'metadata.modified': expected a string, but got a boolean instead."
        assert client.error(answer, 400)["message"] == message


@pytest.mark.parametrize(
    "body", [{"file_ids": []}, {"temperature": 2.01}, {"top_p": -0.01}, {"response_format": "none"}]
)
def test_refused_by_the_second_shape(second, body):
    second.error(second.post("/assistants", {"model": MODEL, **body}), 400)


@pytest.mark.parametrize(
    "body",
    [
        {"tool_resources": {}},
        {"temperature": 1},
        {"tools": [{"type": "file_search"}]},
    ],
)
def test_refused_by_the_first_shape(serve_as, body):
    client = serve_as("azure-2024-02-15-preview")
    client.error(client.post("/assistants", {"model": MODEL, **body}), 400)


@pytest.mark.parametrize(
    "body",
    [
        {"tool_choice": "sometimes"},
        {"tool_choice": {"type": "function"}},
        {"tool_choice": {"type": "function", "function": {"name": "other"}}},
        {"tool_choice": {"type": "file_search"}},
        {"max_prompt_tokens": 255},
        {"truncation_strategy": {"type": "last_messages"}},
        {"truncation_strategy": {"type": "last_messages", "last_messages": 0}},
        {"tools": [WEATHER] * 21},
        {"temperature": 3},
        {"response_format": {"type": "json_object"}, "tools": [{"type": "code_interpreter"}]},
        {"tool_resources": {}},
    ],
)
def test_refused_runs(second, body):
    thread = second.thread("Hello")
    assistant = second.assistant(tools=[WEATHER])
    path = f"/threads/{thread['id']}/runs"
    second.error(second.post(path, {"assistant_id": assistant["id"], **body}), 400)
    assert second.get(path).json()["data"] == []


@pytest.mark.parametrize(
    "body", [{"role": "user"}, {"role": "user", "content": ""}, {"role": "system", "content": "x"}]
)
def test_refused_messages(client, body):
    thread = client.thread()
    client.error(client.post(f"/threads/{thread['id']}/messages", body), 400)
    assert client.messages(thread["id"]) == []


def test_content_parts(serve_as):
    parts = [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]
    openai = serve_as("openai-v2")
    path = f"/threads/{openai.thread()['id']}/messages"
    made = openai.made(path, {"role": "user", "content": parts})
    assert [part["type"] for part in made["content"]] == ["text", "image_url"]
    openai.error(openai.post(path, {"role": "user", "content": [{"type": "text"}]}), 400)
    openai.error(openai.post(path, {"role": "user", "content": 5}), 400)
    unknown = [{"type": "image_file", "image_file": {"file_id": "file-none"}}]
    openai.error(openai.post(path, {"role": "user", "content": unknown}), 404)
    azure = serve_as("azure-2024-05-01-preview")
    azure.error(azure.post(f"/threads/{azure.thread()['id']}/messages", {"role": "user", "content": parts}), 400)


def test_text_is_kept_as_it_is(client):
    text = "  日本語 【x】 e\u0301 🍰\r\n\ttail \u0000 "
    thread = client.thread(text)
    (message,) = client.messages(thread["id"])
    assert message["content"] == [{"type": "text", "text": {"value": text, "annotations": []}}]
    assert (message["assistant_id"], message["run_id"]) == (None, None)


def test_modify_changes_what_it_names(client):
    made = client.assistant(name="a", metadata={"x": "1", "y": "2"})
    changed = client.made(f"/assistants/{made['id']}", {"name": None, "metadata": {"z": "3"}})
    assert changed == made | {"name": None, "metadata": {"z": "3"}}
    client.error(client.post(f"/assistants/{made['id']}", {"description": "d" * 513}), 400)
    assert client.get(f"/assistants/{made['id']}").json() == changed


def test_deleted_is_gone(client):
    made = client.assistant()
    path = f"/assistants/{made['id']}"
    assert client.delete(path).json() == {"id": made["id"], "object": "assistant.deleted", "deleted": True}
    for answer in (client.get(path), client.post(path, {"name": "x"}), client.delete(path)):
        assert client.error(answer, 404)["message"] == f"No assistant found with id '{made['id']}'."


def test_modified_message_has_the_first_shape(second):
    thread = second.thread("Hello")
    (message,) = second.messages(thread["id"])
    path = f"/threads/{thread['id']}/messages/{message['id']}"
    changed = second.made(path, {"metadata": {"a": "b"}})
    assert ("file_ids" in changed, "attachments" in changed) == (True, False)
    assert second.get(path).json() == message | {"metadata": {"a": "b"}}
    second.error(second.post(path, {"content": "other"}), 400)


def test_ids_have_the_form_of_the_profile(profile_id):
    import re

    profile = load_profile(profile_id)
    ids = Ids(profile.id_forms)
    for kind, form in profile.id_forms.items():
        made = {ids.new(kind) for _ in range(50)}
        assert len(made) == 50
        assert all(re.fullmatch(form, identifier) for identifier in made)


def test_every_operation_is_served(profile_id):
    from assistants_conformance.reference.handlers import HANDLERS

    names = {row.id for row in load_profile(profile_id).operations}
    assert names <= HANDLERS.keys()


# Faults.


def test_unknown_fault_names_its_neighbours():
    with pytest.raises(UnknownFaultError, match="second-run-accepted"):
        Reference(load_profile(), clock=VirtualClock(), faults=["second-run-accepte"])


def test_kills_name_requirements(profile_id):
    known = catalogue()
    for fault in written().values():
        assert set(fault.kills) <= known.keys()
    tables = [ids for pair in ERROR_KILLS.values() for ids in pair] + list(LIMIT_KILLS.values())
    assert {row for ids in tables for row in ids} <= known.keys()
    profile = load_profile(profile_id)
    assert set(ERROR_KILLS) <= profile.errors.keys()
    for fault in registry(profile).values():
        assert fault.kills
        assert set(fault.kills) <= profile.active


def test_every_fault_can_be_switched_on(profile_id, serve_as):
    # What a fault does to this answer is its own affair; that the server answers at all is not.
    for name in registry(load_profile(profile_id)):
        client = serve_as(profile_id, faults=[name])
        assert client.server.faults.on(name)
        client.post("/assistants", {"model": MODEL})
        assert 200 <= client.get("/assistants").status_code < 600, name


def test_field_faults(serve_as):
    def made(fault):
        client = serve_as("azure-2024-05-01-preview", faults=[fault])
        client.post("/assistants", {"model": MODEL})
        listed = client.get("/assistants").json()
        return listed["data"][0]

    assert "name" not in made("object:assistant.name:missing")
    assert made("object:assistant.id:null")["id"] is None
    assert isinstance(made("object:assistant.created_at:type")["created_at"], str)
    assert made("object:assistant.object:enum")["object"] == "something_else"


def test_field_faults_below(serve_as):
    fault = "object:run.required_action.submit_tool_outputs.tool_calls.*.function.arguments:type"
    run = serve_as("azure-2024-05-01-preview", faults=[fault]).parked()
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    assert [isinstance(call["function"]["arguments"], str) for call in calls] == [False, False]


def test_a_faulty_envelope_leaves_objects_alone(serve_as):
    client = serve_as("azure-2024-05-01-preview", faults=["object:deleted_assistant.deleted:missing"])
    made = client.assistant()
    assert client.delete(f"/assistants/{made['id']}").json() == {"id": made["id"], "object": "assistant.deleted"}


def test_error_faults(serve_as):
    path = "/assistants/asst_none"
    plain = serve_as("openai-v2").get(path)
    text = serve_as("openai-v2", faults=["error:not_found_assistant:text"]).get(path)
    status = serve_as("openai-v2", faults=["error:not_found_assistant:status"]).get(path)
    assert (plain.status_code, text.status_code, status.status_code) == (404, 404, 400)
    assert plain.json() == status.json() != text.json()


@pytest.mark.parametrize(
    ("fault", "body"),
    [
        ("request:create_assistant.name.maxLength:ignored", {"model": MODEL, "name": "n" * 257}),
        ("request:create_assistant.body.additionalProperties:ignored", {"model": MODEL, "x": 1}),
        ("request:create_assistant.body.required:ignored", {}),
        ("request:create_assistant.top_p.maximum:ignored", {"model": MODEL, "top_p": 1.01}),
        ("request:create_assistant.tools[].type.enum:ignored", {"model": MODEL, "tools": [{"type": "magic"}]}),
    ],
)
def test_request_faults(serve_as, fault, body):
    assert serve_as("azure-2024-05-01-preview").post("/assistants", body).status_code == 400
    assert serve_as("azure-2024-05-01-preview", faults=[fault]).post("/assistants", body).status_code == 200
