"""The OpenAPI document: valid, whole, the same each time, and true to the contract that it is made of."""

import json
import subprocess
import sys
from functools import cache

import pytest
from jsonschema import Draft202012Validator
from schemathesis.specs.openapi.definitions import OPENAPI_31

from assistants_conformance.contract import load_profile, profile_ids
from assistants_conformance.contract.openapi import openapi

PROFILES = pytest.mark.parametrize("profile", profile_ids(runnable=False))


@cache
def document(profile):
    return openapi(load_profile(profile))


def operations(profile):
    return {
        row["operationId"]: (path, method, row)
        for path, item in document(profile)["paths"].items()
        for method, row in item.items()
        if method != "parameters"
    }


def nodes(value):
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from nodes(item)
    elif isinstance(value, list):
        for item in value:
            yield from nodes(item)


@PROFILES
def test_document_fits_the_meta_schema(profile):
    assert [error.message for error in Draft202012Validator(OPENAPI_31).iter_errors(document(profile))] == []


@PROFILES
def test_every_schema_is_a_schema(profile):
    for schema in document(profile)["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@PROFILES
def test_every_reference_leads_somewhere_and_every_component_is_needed(profile):
    whole = document(profile)
    named = {node["$ref"] for node in nodes(whole) if isinstance(node.get("$ref"), str)}
    for reference in named:
        target = whole
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
    for family in ("schemas", "parameters", "responses"):
        assert {f"#/components/{family}/{name}" for name in whole["components"][family]} <= named


@PROFILES
def test_every_operation_of_the_profile_is_there(profile):
    wanted = {row.id: (row.path, row.method.lower()) for row in load_profile(profile).operations}
    assert {name: (path, method) for name, (path, method, _) in operations(profile).items()} == wanted


@PROFILES
def test_links_give_every_parameter_of_what_they_lead_to(profile):
    rows = operations(profile)
    linked = 0
    for path, _, row in rows.values():
        for link in row["responses"]["200"].get("links", {}).values():
            target = rows[link["operationId"]][0]
            assert all(f"{{{name}}}" in target for name in link.get("parameters", {}))
            assert target.count("{") == len(link.get("parameters", {}))
            for value in link.get("parameters", {}).values():
                assert not value.startswith("$request.path.") or f"{{{value[14:]}}}" in path
            linked += 1
    assert linked > 50


@PROFILES
def test_levels_and_decisions_stand_beside_the_requirements(profile):
    loaded = load_profile(profile)
    seen = 0
    for node in nodes(document(profile)):
        if isinstance(identifier := node.get("x-requirement"), str):
            assert node["x-level"] == loaded.requirement(identifier).level
            assert node.get("x-judged", True) == (identifier in loaded.active)
            seen += 1
    assert seen > 150


@PROFILES
@pytest.mark.parametrize("kind", ["run", "message", "assistant", "file"])
def test_component_and_judge_agree(profile, kind):
    """A schema with its references says of every member what the one without says."""
    shape = load_profile(profile).object_shape(kind).schema
    component = document(profile)["components"]["schemas"][kind.capitalize()]
    assert list(component["properties"]) == list(shape["properties"])
    assert component.get("required") == shape.get("required")


def test_platforms_differ_in_keys_versions_and_headers():
    azure, openai = document("azure-2024-05-01-preview"), document("openai-v2")
    assert azure["components"]["securitySchemes"]["key"]["name"] == "api-key"
    assert azure["components"]["parameters"]["ApiVersion"]["schema"]["default"] == "2024-05-01-preview"
    assert openai["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert openai["components"]["parameters"]["OpenAIBeta"]["schema"] == {"type": "string", "const": "assistants=v2"}
    assert "OpenAIBeta" not in azure["components"]["parameters"]
    assert list(document("foundry-v1")["components"]["securitySchemes"]) == ["token"]


def test_upload_is_a_form_and_a_run_may_stream():
    rows = operations("openai-v2")
    assert list(rows["upload_file"][2]["requestBody"]["content"]) == ["multipart/form-data"]
    answer = rows["create_run"][2]["responses"]["200"]["content"]
    assert {"application/json", "text/event-stream"} == set(answer)
    assert "thread.run.created" in answer["text/event-stream"]["schema"]["x-events"]


def test_command_writes_the_same_each_time(tmp_path):
    code = "from assistants_conformance.cli import main; main()"
    command = [sys.executable, "-c", code, "openapi", "--profile", "openai-v2"]
    printed = subprocess.run(command, capture_output=True, check=True).stdout
    file = tmp_path / "openapi.json"
    subprocess.run([*command, "--output", str(file)], check=True)
    assert file.read_bytes() == printed
    assert json.loads(printed) == document("openai-v2")


def test_command_does_not_load_schemathesis():
    code = (
        "import sys; from assistants_conformance.cli import main\n"
        "main(['openapi'], standalone_mode=False); print(sorted({'schemathesis', 'hypothesis'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
