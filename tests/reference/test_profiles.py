"""What tells the later profiles of a shape from the earlier ones: members, windows, headers, ends."""

from __future__ import annotations

import pytest

from .conftest import WEATHER

FIRST_BETA, SPRING_2025 = "openai-v1", "azure-2025-03-01-preview"
COMMON = "id object created_at assistant_id thread_id status started_at expires_at cancelled_at failed_at completed_at"
SAMPLING = "temperature top_p max_completion_tokens max_prompt_tokens truncation_strategy incomplete_details usage"
RUN = {
    FIRST_BETA: f"{COMMON} required_action last_error model instructions tools file_ids metadata {SAMPLING} "
    "response_format tool_choice",
    SPRING_2025: f"{COMMON} required_action last_error model instructions tools tool_resources metadata {SAMPLING} "
    "response_format tool_choice parallel_tool_calls",
}
ASSISTANT = {
    FIRST_BETA: "tools top_p temperature file_ids metadata response_format",
    SPRING_2025: "tools top_p temperature tool_resources metadata response_format",
}


@pytest.mark.parametrize("profile", [FIRST_BETA, SPRING_2025])
def test_members_in_the_recorded_order(serve_as, profile):
    client = serve_as(profile)
    assistant = client.assistant()
    assert list(assistant)[7:] == ASSISTANT[profile].split()
    assert (assistant["temperature"], assistant["top_p"], assistant["response_format"]) == (1.0, 1.0, "auto")
    run = client.settled(client.run(client.thread("Hello"), assistant))
    assert list(run) == RUN[profile].split()
    (step,) = client.steps(run)
    assert list(step)[-2:] == ["step_details", "usage"]
    assert step["usage"] == run["usage"]


def test_message_of_the_first_beta(serve_as):
    client = serve_as(FIRST_BETA)
    (message,) = client.messages(client.thread("Hello")["id"])
    ends = "assistant_id thread_id run_id role content file_ids metadata"
    assert list(message) == ["id", "object", "created_at", *ends.split()]


def test_usage_details(serve_as):
    def details(profile):
        client = serve_as(profile)
        run = client.settled(client.run(client.thread("Hello"), client.assistant()))
        return sorted(name for name in run["usage"] if name.endswith("details"))

    assert details(FIRST_BETA) == details("azure-2024-05-01-preview") == []
    assert details(SPRING_2025) == ["prompt_token_details"]
    assert details("openai-v2") == ["completion_tokens_details", "prompt_token_details"]


def test_ten_hours_from_the_first_wait_on(serve_as):
    client = serve_as(SPRING_2025)
    queued = client.run(client.thread("What is the weather in Paris?"), client.assistant(tools=[WEATHER]))
    assert queued["expires_at"] == queued["created_at"] + 600
    run = client.settled(queued)
    assert (run["status"], run["expires_at"]) == ("requires_action", run["created_at"] + 36_000)
    assert client.steps(run)[0]["expires_at"] == run["expires_at"]
    client.server.clock.advance(35_000)
    assert client.read(run)["status"] == "requires_action"
    answer = client.submit(run, client.outputs(run)).json()
    assert (answer["status"], answer["expires_at"]) == ("queued", run["expires_at"])
    assert client.settled(run)["status"] == "completed"


def test_waiting_run_expires_after_ten_hours(serve_as):
    client = serve_as(SPRING_2025)
    run = client.parked()
    client.server.clock.advance(36_000)
    assert client.read(run)["status"] == "expired"


def test_functions_are_shown_with_strict(serve_as):
    client = serve_as(SPRING_2025)
    shown = client.assistant(tools=[{"type": "function", "function": {"name": "now"}}])["tools"][0]["function"]
    assert shown == {
        "name": "now",
        "description": None,
        "parameters": {"type": "object", "properties": {}},
        "strict": False,
    }
    told = {"name": "now", "strict": True}
    assert client.assistant(tools=[{"type": "function", "function": told}])["tools"][0]["function"]["strict"] is True


def test_formats_of_spring_2025(serve_as):
    client = serve_as(SPRING_2025)
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}}
    assert client.assistant(response_format=form)["response_format"] == form
    run = client.run(client.thread("Hello"), client.assistant(), parallel_tool_calls=False)
    assert run["parallel_tool_calls"] is False
    together = {"assistant_id": run["assistant_id"], "stream_options": {"include_usage": True}}
    assert client.made("/threads/runs", together)["status"] == "queued"
    search = {"type": "file_search", "file_search": {"max_num_results": 50}}
    assert client.assistant(tools=[search])["tools"] == [search]
    search["file_search"]["max_num_results"] = 51
    client.error(client.post("/assistants", {"model": "m", "tools": [search]}), 400)


def test_files_of_spring_2025(serve_as):
    file = serve_as(SPRING_2025).file("numbers.csv", b"1,2\n")
    assert (file["expires_at"], len(file["id"].removeprefix("assistant-"))) == (None, 22)
    assert "expires_at" not in serve_as(FIRST_BETA).file("numbers.csv", b"1,2\n")


def test_capped_run_of_the_first_beta_is_completed(serve_as):
    client = serve_as(FIRST_BETA)
    run = client.settled(client.run(client.thread("Count to 500."), client.assistant(), max_completion_tokens=16))
    assert (run["status"], run["incomplete_details"]) == ("completed", {"reason": "max_completion_tokens"})
    assert run["completed_at"] is not None
    assert run["usage"]["completion_tokens"] == 16


def test_truth_values_of_the_first_beta_become_text(serve_as):
    client = serve_as(FIRST_BETA)
    assert client.made("/threads", {"metadata": {"modified": True}})["metadata"] == {"modified": "True"}


def test_each_beta_refuses_the_header_of_the_other(serve_as):
    for profile, other in ((FIRST_BETA, "v2"), ("openai-v2", "v1")):
        client = serve_as(profile)
        client.http.headers["openai-beta"] = f"assistants={other}"
        client.error(client.get("/assistants"), 400)
        assert client.get("/files").status_code == 200
