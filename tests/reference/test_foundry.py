"""What the server has for Foundry alone: approvals, pages that are cited, a list of threads, resources of a run."""

from __future__ import annotations

import pytest

SERVER = {"type": "mcp", "server_label": "news", "server_url": "https://mcp.example.org/"}
BING = {"type": "bing_grounding", "bing_grounding": {"search_configurations": [{"connection_id": "/c/b"}]}}


@pytest.fixture
def project(serve_as):
    return serve_as("foundry-v1")


def started(project, tool=SERVER, **body):
    return project.run(project.thread("What is new?"), project.assistant(tools=[tool]), **body)


def approve(project, run, *, approve=True):
    calls = run["required_action"]["submit_tool_approval"]["tool_calls"]
    body = {"tool_approvals": [{"tool_call_id": call["id"], "approve": approve} for call in calls]}
    return project.post(f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs", body)


def test_run_with_a_server_starts_at_once_and_waits_for_approval(project):
    run = started(project)
    assert (run["status"], run["started_at"]) == ("in_progress", run["created_at"])
    assert run["tools"] == [{**SERVER, "allowed_tools": None}]
    run = project.settled(run)
    assert (run["status"], run["required_action"]["type"]) == ("requires_action", "submit_tool_approval")
    assert run["expires_at"] == run["created_at"] + 36000
    (call,) = run["required_action"]["submit_tool_approval"]["tool_calls"]
    assert sorted(call) == ["arguments", "id", "name", "server_label", "type"]
    answer = approve(project, run).json()
    assert (answer["status"], answer["required_action"]) == ("in_progress", None)
    assert project.settled(run)["status"] == "completed"
    made = [call for step in project.steps(run) for call in step["step_details"].get("tool_calls", ())]
    assert [(one["id"], "output" in one) for one in made] == [(call["id"], True)]


def test_denied_call_is_not_made(project):
    run = project.settled(started(project))
    assert approve(project, run, approve=False).status_code == 200
    assert project.settled(run)["status"] == "completed"
    made = [call for step in project.steps(run) for call in step["step_details"].get("tool_calls", ())]
    assert ["output" in call for call in made] == [False]


@pytest.mark.parametrize(
    ("word", "waits"),
    [
        ("never", False),
        ("always", True),
        ({"never": {"tool_names": ["search"]}}, False),
        ({"never": ["search"]}, False),
        ({"always": {"tool_names": ["search"]}}, True),
    ],
)
def test_need_of_approval_is_the_runs_own(project, word, waits):
    resources = {"mcp": [{"server_label": "news", "require_approval": word}]}
    run = project.settled(started(project, tool_resources=resources))
    assert run["status"] == ("requires_action" if waits else "completed")


def test_header_values_are_hidden(project):
    entry = {"server_label": "news", "headers": {"Authorization": "secret"}}
    run = started(project, tool_resources={"mcp": [entry]})
    assert run["tool_resources"] == {"mcp": [{**entry, "headers": {"Authorization": "REDACTED"}}]}


def test_outputs_are_no_approval_and_the_other_way_round(project):
    run = project.settled(started(project))
    path = f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs"
    (call,) = run["required_action"]["submit_tool_approval"]["tool_calls"]
    outputs = {"tool_outputs": [{"tool_call_id": call["id"], "output": "x"}]}
    assert project.error(project.post(path, outputs), 400)["param"] == "tool_approvals"
    project.error(project.post(path, {}), 400)
    assert project.read(run) == run
    waiting = project.parked()
    approvals = {"tool_approvals": [{"tool_call_id": "call_x", "approve": True}]}
    path = f"/threads/{waiting['thread_id']}/runs/{waiting['id']}/submit_tool_outputs"
    assert project.error(project.post(path, approvals), 400)["param"] == "tool_outputs"


def test_waiting_run_is_cancelled_at_once(project):
    run = project.settled(started(project))
    answer = project.cancel(run).json()
    assert (answer["status"], answer["required_action"], answer["expires_at"]) == ("cancelled", None, None)
    assert answer["usage"]["total_tokens"] > 0


def test_search_of_the_web_cites_its_pages(project):
    run = project.settled(started(project, BING))
    message = project.messages(run["thread_id"])[-1]
    text = message["content"][0]["text"]
    (note,) = text["annotations"]
    assert text["value"][note["start_index"] : note["end_index"]] == note["text"]
    assert sorted(note["url_citation"]) == ["title", "url"]


def test_model_that_is_not_deployed(project):
    run = project.settled(project.run(project.thread("Hello"), project.assistant(model="no-such-model")))
    assert (run["status"], run["last_error"]["code"]) == ("failed", "invalid_engine_error")
    assert run["started_at"] is not None


def test_threads_are_listed_as_they_are_retrieved(project):
    made = [project.thread()["id"] for _ in range(3)]
    listed = project.get("/threads", limit=2).json()
    assert ([row["id"] for row in listed["data"]], listed["has_more"]) == (made[:0:-1], True)
    assert listed["data"][0] == project.get(f"/threads/{made[-1]}").json()


@pytest.mark.parametrize("version", ["v1", "2025-05-01", "2025-05-15-preview"])
def test_versions_of_a_project(project, version):
    assert project.get("/assistants", **{"api-version": version}).status_code == 200
    answer = project.get("/assistants", **{"api-version": "2024-05-01-preview"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "UnsupportedApiVersionValue")
