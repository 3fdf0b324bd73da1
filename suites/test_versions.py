"""Versions: how a request says which version it speaks, and what one version has that another has not.

Covers VER-001 to VER-014.
"""

from __future__ import annotations

from typing import Any

import pytest

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.target import Answer, Api, Blocked, Part, form
from assistants_conformance.target.specimens import specimens

UNKNOWN_VERSION = "2019-01-01-preview"
BETA = "OpenAI-Beta"


def fitting_beta(api: Api) -> str:
    """Return the value of the header for the version that the target serves."""
    return "assistants=v2" if api.v2 else "assistants=v1"


def version_of(api: Api) -> str:
    return api.default_query().get("api-version", "")


def probe(api: Api, version: str | None) -> Answer:
    return api.call("list_assistants", query={"limit": 1, "api-version": version})


def served(api: Api) -> None:
    """Go on only if the request is served with the right version; else its refusal shows nothing."""
    answer = probe(api, version_of(api))
    if not answer.ok:
        raise Blocked(f"the api-version {version_of(api)} is not served either: {answer.told}")


@requirement("VER-001")
def test_request_without_api_version_is_not_served(api: Api, verify: Verify) -> None:
    wrongly = []
    every = specimens(api)
    if api.settings.effort.breadth:
        # Where each costs, one operation of a method stands for those of its area.
        every = list({(one.operation.area, one.operation.method): one for one in every}.values())
    for specimen in every:
        answer = specimen.send(api, query={"api-version": None})
        if answer.ok:
            wrongly.append(f"{specimen.operation.id} {answer.status}")
    verify("VER-001", not wrongly, observed=", ".join(wrongly), expected="no operation served without api-version")


@requirement("VER-009")
def test_unknown_api_version_is_refused(api: Api, verify: Verify) -> None:
    served(api)
    own = api.profile.errors["unknown_api_version"].status
    verify.refused("VER-009", probe(api, UNKNOWN_VERSION), *sorted({404, own}))


@requirement("VER-010")
def test_api_version_is_matched_exactly(api: Api, verify: Verify) -> None:
    served(api)
    version = version_of(api)
    near = {version.removesuffix("-preview"), version.upper(), version[:-1], f"{version}-1"} - {version}
    for value in sorted(near - set(api.profile.api_versions)):
        answer = probe(api, value)
        verify("VER-010", not answer.ok, observed=f"{value}: {answer.told}", expected="not served", answer=answer)


@requirement("VER-002")
def test_paths_hang_directly_off_the_base(api: Api, verify: Verify) -> None:
    made = api.post_assistant()
    thread = api.post_thread()
    if made.ok and thread.ok and not (made.json.get("id") and thread.json.get("id")):
        raise Blocked("what is made has no id, so nothing shows that it is served")
    for answer in (made, thread, api.call("list_assistants", query={"limit": 1}), api.call("list_files")):
        verify.status("VER-002", answer, 200)
    if isinstance(thread.json.get("id"), str):
        verify.status("VER-002", api.call("list_runs", thread_id=thread.json["id"]), 200)


@requirement("VER-003")
def test_model_answers_the_name_that_was_sent(api: Api, verify: Verify) -> None:
    name = api.settings.model
    assistant = api.assistant()
    verify.equal("VER-003", assistant.get("model"), name)
    verify.equal("VER-003", api.call("get_assistant", assistant_id=assistant["id"]).json.get("model"), name)
    thread = api.thread()["id"]
    api.message(thread)
    free = api.unique("deployment")
    other = api.post_assistant(model=free)
    if other.ok:
        # A service that looks for the deployment at once refuses this one.
        verify.equal("VER-003", other.json.get("model"), free, other)
    run = api.run(thread, assistant["id"], model=name)
    verify.equal("VER-003", run.get("model"), name)
    api.finished(run)


@requirement("VER-005")
def test_file_sub_resources_are_gone(api: Api, verify: Verify) -> None:
    assistant, thread, file = api.assistant()["id"], api.thread()["id"], api.file()["id"]
    message = api.message(thread)["id"]
    files = f"/assistants/{assistant}/files"
    enclosed = f"/threads/{thread}/messages/{message}/files"
    for method, path, body in (
        ("GET", files, None),
        ("POST", files, {"file_id": file}),
        ("GET", f"{files}/{file}", None),
        ("DELETE", f"{files}/{file}", None),
        ("GET", enclosed, None),
        ("GET", f"{enclosed}/{file}", None),
    ):
        answer = api.send(method, path, json=body)
        verify.refused("VER-005", answer, 404, 405)


@requirement("VER-006")
def test_search_tool_is_called_file_search(api: Api, verify: Verify) -> None:
    api.require("file_search")
    assistant = api.assistant(tools=[{"type": "file_search"}])["id"]
    seen = api.call("get_assistant", assistant_id=assistant)
    if not seen.json.get("tools"):
        raise Blocked(f"the assistant shows no tool: {seen.told}")


@requirement("VER-007")
@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("create_assistant", {"tool_resources": {}}),
        ("create_assistant", {"temperature": 1}),
        ("create_assistant", {"tools": [{"type": "file_search"}]}),
        ("create_thread", {"tool_resources": {}}),
        ("create_message", {"attachments": []}),
        ("create_run", {"temperature": 1}),
        ("create_run", {"tool_choice": "auto"}),
        ("create_run", {"truncation_strategy": {"type": "auto"}}),
        ("create_run", {"max_prompt_tokens": 256}),
        ("create_run", {"max_completion_tokens": 256}),
        ("create_run", {"stream": False}),
    ],
)
def test_properties_of_v2_are_refused(api: Api, verify: Verify, operation: str, body: dict[str, Any]) -> None:
    if operation == "create_assistant":
        api.assistant()
        answer = api.post_assistant(**body)
    elif operation == "create_thread":
        api.thread()
        answer = api.post_thread(**body)
    else:
        thread = api.thread()["id"]
        if operation == "create_message":
            api.message(thread)
            answer = api.post_message(thread, "Hello.", **body)
        else:
            answer = api.post_run(thread, api.assistant(instructions="Be brief.")["id"], **body)
    verify.refused("VER-007", answer)


@requirement("VER-008")
def test_file_ids_is_refused(api: Api, verify: Verify) -> None:
    file, thread = api.file()["id"], api.thread()["id"]
    verify.refused("VER-008", api.post_assistant(file_ids=[file]))
    verify.refused("VER-008", api.post_thread(file_ids=[file]))
    verify.refused("VER-008", api.post_message(thread, "Hello.", file_ids=[file]))


@requirement("VER-011")
def test_header_selects_the_shape(api: Api, verify: Verify) -> None:
    assistant = api.assistant()["id"]
    for version, own, other in (("v1", "file_ids", "tool_resources"), ("v2", "tool_resources", "file_ids")):
        answer = api.call("get_assistant", assistant_id=assistant, headers={BETA: f"assistants={version}"})
        shaped = answer.ok and own in answer.json and other not in answer.json
        # A target need not serve the other version, but never answers it in the wrong shape.
        refused = version != api.profile.shape and 400 <= answer.status < 500
        expected = f"the {version} shape" + ("" if version == api.profile.shape else ", or a refusal")
        verify("VER-011", shaped or refused, observed=answer.told, expected=expected, answer=answer)


@requirement("VER-012")
def test_call_without_the_header_is_refused(api: Api, verify: Verify) -> None:
    thread = api.thread()["id"]
    without = {BETA: None}
    for answer in (
        api.call("list_assistants", query={"limit": 1}, headers=without),
        api.call("get_thread", thread_id=thread, headers=without),
        api.call("create_thread", json={}, headers=without),
    ):
        verify.refused("VER-012", answer)


@requirement("VER-013")
def test_files_are_served_with_and_without_the_header(api: Api, verify: Verify) -> None:
    values = (None, fitting_beta(api))
    listed = [api.call("list_files", headers={BETA: value}) for value in values]
    if not any(answer.ok for answer in listed):
        raise Blocked(f"files are listed neither with nor without the header: {listed[0].told}")
    for value, answer in zip(values, listed, strict=True):
        verify.status("VER-013", answer, 200)
        _served(api, verify, {BETA: value})


def _served(api: Api, verify: Verify, headers: dict[str, str | None]) -> None:
    content, kind = form(Part("purpose", b"assistants"), Part("file", b"one,two\n1,2\n", "numbers.csv", "text/csv"))
    made = api.call("upload_file", content=content, content_type=kind, headers=headers)
    file = made.json.get("id")
    if made.ok and not isinstance(file, str):
        raise Blocked(f"the uploaded file has no id: {made.told}")
    verify.status("VER-013", made, 200)
    if isinstance(file, str):
        verify.status("VER-013", api.call("get_file", file_id=file, headers=headers), 200)
        verify.status("VER-013", api.call("delete_file", file_id=file, headers=headers), 200)


@requirement("VER-014")
def test_header_changes_nothing(api: Api, verify: Verify) -> None:
    fitting = fitting_beta(api)
    body = {"model": api.settings.model, "name": api.unique()}
    made = api.call("create_assistant", json=body, headers={BETA: None})
    other = api.call("create_assistant", json=body, headers={BETA: fitting})
    identifier = made.json.get("id")
    if made.ok and not isinstance(identifier, str):
        raise Blocked(f"what was made has no id: {made.told}")
    verify.status("VER-014", made, 200)
    verify.status("VER-014", other, 200)
    verify.equal("VER-014", sorted(other.json), sorted(made.json), other)
    if not isinstance(identifier, str):
        raise Blocked(f"no assistant to read: {made.told}")
    plain = api.call("get_assistant", assistant_id=identifier, headers={BETA: None})
    named = api.call("get_assistant", assistant_id=identifier, headers={BETA: fitting})
    verify.status("VER-014", plain, 200)
    verify.equal("VER-014", named.json, plain.json, named)
