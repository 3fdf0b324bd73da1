"""Static rows, as far as they can be held on what the product itself ships: its tables, schemas, lifecycles, packages.

A static row examines documents and asks no endpoint, so no run gives it a verdict. Where it says something that the
data of this suite would get wrong if nobody looked, it is looked at here; the reason of the row names this file.
"""

from __future__ import annotations

import inspect
import json
import re

import pytest
from openai import HttpxBinaryResponseContent, OpenAI

from assistants_conformance._data import folder
from assistants_conformance.contract import catalogue, load_profile, profile_ids
from assistants_conformance.contract.documents import read
from assistants_conformance.observe import Exchange, Judge, Request, Response
from assistants_conformance.observe.detect import detect
from assistants_conformance.scenario.embed import embed, embedded_settings

TYPES = read("file_types")["file_types"]
OF_CODE = [row for row in TYPES if row["code_interpreter"]]
V2 = [name for name in profile_ids() if load_profile(name).shape == "v2"]


def made(profile: str, kind: str) -> dict:
    """Return an object as the reference server answers it."""
    api = embed(embedded_settings(load_profile(profile)))
    if kind == "assistant":
        return api.assistant()
    if kind == "thread":
        return api.thread()
    run = api.chat("Say hello.")
    return {"run": run, "run_step": api.steps(run)[0], "message": api.messages(run["thread_id"])[0]}[kind]


def test_code_interpreter_table_has_27_rows_file_028():
    assert [row["requirement"] for row in OF_CODE] == [f"MIME-{number:03}" for number in range(1, 28)]
    extensions = [row["extension"] for row in OF_CODE]
    # .py stands twice in the table, with two MIME types.
    assert len(set(extensions)) == 26
    assert extensions.count(".py") == 2
    assert all(re.fullmatch(r"\.[a-z]+", extension) for extension in extensions)


def test_table_is_not_that_of_the_damaged_translations_file_030():
    types = {row["extension"]: row["mime_types"] for row in OF_CODE}
    assert types[".pdf"] == ["application/pdf"]
    assert types[".json"] == ["application/json"]
    assert types[".c"] == ["text/x-c"]
    assert types[".css"] == ["text/css"]


@pytest.mark.parametrize("version", ["2024-02-15-preview", "2024-03-01-preview", "2024-04-01-preview"])
def test_three_early_versions_share_one_profile_ver_004(version):
    url = f"https://a.example.org/openai/assistants?api-version={version}"
    found = detect(Exchange(Request("GET", url), Response(200)))
    assert found is not None
    assert found.id == "azure-2024-02-15-preview"
    assert version in found.api_versions


@pytest.mark.parametrize("profile", profile_ids())
def test_judge_finds_the_impossible_run_of_the_published_example_sm_038(profile):
    contract = load_profile(profile)
    run = made(profile, "run") | {"status": "queued", "completed_at": 1_700_000_000, "expires_at": None}
    version = "" if contract.platform == "openai" else f"?api-version={contract.api_versions[0]}"
    url = f"https://a.example.org{contract.base_path}/threads/{run['thread_id']}/runs/{run['id']}{version}"
    judge = Judge(contract)
    judge.observe(Exchange(Request("GET", url), Response(200, {}, json.dumps(run).encode())))
    assert {"SM-030", "SM-035"} <= {finding.requirement for finding in judge.findings}


@pytest.mark.parametrize("profile", [name for name in profile_ids() if load_profile(name).platform != "foundry"])
def test_calls_of_type_code_are_no_calls_step_022(profile):
    shape = load_profile(profile).object_shape("step_tool_call")
    assert shape is not None
    call = {"id": "call_1", "type": "code_interpreter", "code_interpreter": {"input": "1 + 1", "outputs": []}}
    assert shape.problems(call) == []
    assert shape.problems({**call, "type": "code", "code": call["code_interpreter"]})


@pytest.mark.parametrize("profile", profile_ids())
def test_own_polling_ends_at_every_end_run_041(profile):
    contract = load_profile(profile)
    api = embed(embedded_settings(contract))
    assert api.wait(api.parked())["status"] == "requires_action"
    assert {"completed", "cancelled", "expired", "failed"} < contract.lifecycle("run").terminal
    if contract.shape == "v2":
        thread = api.thread()["id"]
        api.message(thread, "Tell me a story of 1000 words.")
        run = api.run(thread, api.assistant()["id"], max_completion_tokens=256)
        assert api.wait(run)["status"] == "incomplete"


@pytest.mark.parametrize("profile", V2)
def test_thread_of_the_old_shape_does_not_fit_doc_005(profile):
    shape = load_profile(profile).object_shape("thread")
    assert shape is not None
    thread = made(profile, "thread")
    assert shape.problems(thread) == []
    del thread["tool_resources"]
    assert [problem.path for problem in shape.problems(thread)] == ["tool_resources"]


def test_package_refuses_file_ids_doc_002():
    client = OpenAI(api_key="none", base_url="http://127.0.0.1:9/v1")
    create = client.beta.assistants.create
    assert "file_ids" not in inspect.signature(create).parameters
    with pytest.raises(TypeError, match="file_ids"):
        create(model="gpt-4o", file_ids=["assistant-1"])


def test_package_has_both_ways_to_store_a_download_doc_003():
    assert callable(HttpxBinaryResponseContent.write_to_file)
    assert getattr(HttpxBinaryResponseContent.stream_to_file, "__deprecated__", "")


@pytest.mark.parametrize("profile", profile_ids())
@pytest.mark.parametrize("kind", ["assistant", "thread", "message", "run", "run_step"])
def test_unknown_keys_do_not_disturb_the_reader_ver_016(profile, kind):
    shape = load_profile(profile).object_shape(kind)
    assert shape is not None
    assert shape.problems(made(profile, kind) | {"a_key_of_next_year": {"anything": [1, None]}}) == []


def test_reasons_that_name_this_file_name_rows_that_it_holds():
    held = {
        match[1].replace("_", "-").upper()
        for name in globals()
        if (match := re.fullmatch(r"test_\w+?_([a-z]+_\d{3})", name))
    }
    assert held <= catalogue().keys()
    for file in (folder("schemas") / "profiles").glob("*.json"):
        reasons = json.loads(file.read_text("utf-8")).get("decisions", {}).get("excluded", {})
        named = {identifier for identifier, reason in reasons.items() if "tests/test_static_rows.py" in reason}
        assert named <= held, file.name
