"""Runs, steps, the thread lock and the clock."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.reference.conftest import NICKNAME, QUESTION, WEATHER, Client

if TYPE_CHECKING:
    import httpx2


def test_life_of_a_plain_run(client):
    thread = client.thread("Hello")
    run = client.run(thread, client.assistant())
    assert (run["status"], run["started_at"]) == ("queued", None)
    assert run["expires_at"] == run["created_at"] + client.profile.expiry.before_action[-1]
    seen = [run["status"]]
    while run["status"] not in ("completed", "failed"):
        run = client.read(run)
        seen.append(run["status"])
    assert list(dict.fromkeys(seen)) == ["queued", "in_progress", "completed"]
    assert run["expires_at"] is None
    assert run["created_at"] <= run["started_at"] <= run["completed_at"]
    assert client.read(run) == run
    (step,) = client.steps(run)
    message = client.messages(thread["id"])[-1]
    assert step["step_details"]["message_creation"]["message_id"] == message["id"]
    assert step["created_at"] == message["created_at"]
    assert (message["run_id"], message["assistant_id"]) == (run["id"], run["assistant_id"])


def test_every_object_fits_its_schema(client):
    first = client.profile.shape == "v1"
    file = client.file("notes.txt", b"The weather in Oslo is cold.")
    assistant = client.assistant(tools=[WEATHER, {"type": "code_interpreter"}])
    given = (
        {"file_ids": [file["id"]]}
        if first
        else {"attachments": [{"file_id": file["id"], "tools": [{"type": "code_interpreter"}]}]}
    )
    thread = client.made("/threads", {"messages": [{"role": "user", "content": QUESTION + " Plot it.", **given}]})
    run = client.settled(client.run(thread, assistant))
    waiting = run
    client.submit(run, client.outputs(run))
    run = client.settled(run)
    assert run["status"] == "completed"
    rows = {
        "assistant": [assistant],
        "thread": [thread, client.get(f"/threads/{thread['id']}").json()],
        "message": client.messages(thread["id"]),
        "run": [waiting, run],
        "run_step": client.steps(run),
        "file": [file],
        "list": [client.get("/assistants").json()],
    }
    for kind, objects in rows.items():
        shape = client.profile.object_shape(kind)
        assert shape is not None
        for row in objects:
            assert shape.problems(row) == [], kind


def test_function_round(client):
    run = client.parked()
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    assert [call["function"]["name"] for call in calls] == ["getCurrentWeather", "getNickname"]
    assert [call["function"]["arguments"] for call in calls] == [
        '{"location": "San Francisco"}',
        '{"location": "Los Angeles"}',
    ]
    (step,) = client.steps(run)
    assert step["status"] == "in_progress"
    assert step["expires_at"] == run["expires_at"]
    assert [call["id"] for call in step["step_details"]["tool_calls"]] == [call["id"] for call in calls]
    assert all("output" not in call["function"] for call in step["step_details"]["tool_calls"])

    client.server.clock.advance(60)
    answer = client.submit(run, list(reversed(client.outputs(run, "22C", "LA")))).json()
    assert answer["status"] == "queued"
    assert answer.get("required_action") is None
    assert (answer["started_at"], answer["expires_at"]) == (run["started_at"], run["expires_at"])
    done = client.settled(run)
    assert done["status"] == "completed"
    assert done["started_at"] > run["started_at"]
    tool, message = client.steps(done)
    assert [call["function"]["output"] for call in tool["step_details"]["tool_calls"]] == ["22C", "LA"]
    assert message["type"] == "message_creation"
    text = client.messages(run["thread_id"])[-1]["content"][0]["text"]["value"]
    assert "22C" in text
    assert "LA" in text


def test_required_action_key(client):
    run = client.run(client.thread("Hello"), client.assistant())
    assert ("required_action" in run) == (client.profile.id != "azure-2024-02-15-preview")
    assert "required_action" in client.parked()


def test_submit_refusals(client):
    run = client.parked()
    outputs = client.outputs(run)
    ids = [row["tool_call_id"] for row in outputs]
    error = client.error(client.submit(run, outputs[:1]), 400)
    assert error["message"] == f"Expected tool outputs for call_ids {ids}, got {ids[:1]}"
    for wrong in (
        [*outputs, {"tool_call_id": "call_" + "0" * 24, "output": "x"}],
        [outputs[0], outputs[0]],
        [],
        [{"output": "x"}, outputs[1]],
        [{"tool_call_id": ids[0], "output": 5}, outputs[1]],
    ):
        client.error(client.submit(run, wrong), 400)
    assert client.read(run) == run
    assert client.submit(run, outputs).status_code == 200
    error = client.error(client.submit(run, outputs), 400)
    assert error["message"].startswith('Runs in status "')
    assert error["message"].endswith('" do not accept tool outputs.')


def test_lock_texts_and_atomicity(client):
    run = client.parked()
    path = f"/threads/{run['thread_id']}"
    before = client.messages(run["thread_id"])
    error = client.error(client.post(f"{path}/messages", {"role": "user", "content": "more"}), 400)
    assert error["message"] == f"Can't add messages to {run['thread_id']} while a run {run['id']} is active."
    more = {} if client.profile.shape == "v1" else {"additional_messages": [{"role": "user", "content": "more"}]}
    error = client.error(client.post(f"{path}/runs", {"assistant_id": run["assistant_id"], **more}), 400)
    assert error["message"] == f"Thread {run['thread_id']} already has an active run {run['id']}."
    error = client.error(client.post(f"{path}/runs/{run['id']}", {"metadata": {"a": "b"}}), 400)
    assert error["message"] == "Cannot update run with status 'requires_action'."
    assert client.messages(run["thread_id"]) == before
    assert [row["id"] for row in client.get(f"{path}/runs").json()["data"]] == [run["id"]]
    for read in ("", "/messages", "/runs", f"/runs/{run['id']}", f"/runs/{run['id']}/steps"):
        assert client.get(path + read).status_code == 200
    other = client.thread("Hello")
    assert client.settled(client.run(other, {"id": run["assistant_id"]}))["status"] == "completed"


def test_lock_ends_with_the_run(client):
    run = client.parked()
    client.submit(run, client.outputs(run))
    client.settled(run)
    path = f"/threads/{run['thread_id']}"
    assert client.post(f"{path}/messages", {"role": "user", "content": "more"}).status_code == 200
    assert client.post(f"{path}/runs", {"assistant_id": run["assistant_id"]}).status_code == 200


def test_one_of_two_runs_at_once(client):
    thread, assistant = client.thread("Hello"), client.assistant()
    answers = []

    def create():
        answers.append(client.post(f"/threads/{thread['id']}/runs", {"assistant_id": assistant["id"]}).status_code)

    workers = [threading.Thread(target=create) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(answers) == [200, 400]


def test_deletions_are_not_locked(client):
    run = client.parked()
    if client.profile.shape == "v2":
        message = client.messages(run["thread_id"])[0]
        assert client.delete(f"/threads/{run['thread_id']}/messages/{message['id']}").status_code == 200
    assert client.delete(f"/assistants/{run['assistant_id']}").status_code == 200
    assert client.delete(f"/threads/{run['thread_id']}").status_code == 200
    client.error(client.get(f"/threads/{run['thread_id']}/runs/{run['id']}"), 404)
    client.server.clock.advance(1000)
    assert client.get("/assistants").status_code == 200


def test_cancel_a_working_run(client):
    run = client.run(client.thread("Hello"), client.assistant())
    answer = client.cancel(run).json()
    assert (answer["status"], answer["cancelled_at"]) == ("cancelling", None)
    assert answer["started_at"] is not None
    assert answer["expires_at"] == run["expires_at"]
    done = client.read(run)
    assert (done["status"], done["expires_at"]) == ("cancelled", None)
    assert done["cancelled_at"] >= done["created_at"]
    assert [row["role"] for row in client.messages(run["thread_id"])] == ["user"]
    assert client.error(client.cancel(run), 400)["message"] == "Cannot cancel run with status 'cancelled'."


def test_cancel_a_waiting_run(client):
    run = client.parked()
    answer = client.cancel(run).json()
    at_once = client.profile.traits.get("waiting_run_cancelled_at_once")
    assert answer["status"] == ("cancelled" if at_once else "cancelling")
    assert (answer["cancelled_at"] is not None) == bool(at_once)
    assert answer.get("required_action") is None
    client.settled(run)
    (step,) = client.steps(run)
    assert (step["status"], step["expires_at"]) == ("cancelled", None)
    assert step["cancelled_at"] is not None
    client.error(client.submit(run, client.outputs(run)), 400)


def test_expiry_by_the_clock(client):
    run = client.parked()
    client.server.clock.advance(run["expires_at"] - client.server.clock.now() - 1)
    assert client.read(run)["status"] == "requires_action"
    client.server.clock.advance(1)
    done = client.read(run)
    assert (done["status"], done["expires_at"], done.get("required_action")) == ("expired", None, None)
    assert (done["completed_at"], done["failed_at"], done["cancelled_at"], done["last_error"]) == (None,) * 4
    (step,) = client.steps(run)
    assert (step["status"], step["expires_at"]) == ("expired", None)
    error = client.error(client.submit(run, client.outputs(run)), 400)
    assert error["message"] == 'Runs in status "expired" do not accept tool outputs.'
    client.error(client.cancel(run), 400)
    message = {"role": "user", "content": "more"}
    assert client.post(f"/threads/{run['thread_id']}/messages", message).status_code == 200


def test_run_expiry_option(serve_as, profile_id):
    client = serve_as(profile_id, run_expiry=5)
    run = client.parked()
    assert run["expires_at"] == run["created_at"] + 5
    client.server.clock.advance(5)
    assert client.read(run)["status"] == "expired"


def test_failing_model(serve_as, profile_id):
    client = serve_as(profile_id, failing_model="broken")
    plain = client.settled(client.run(client.thread("Hello"), client.assistant(model="broken")))
    assert plain["status"] == "failed"
    assert plain["last_error"]["code"] == "rate_limit_exceeded"
    assert plain["failed_at"] is not None
    assert client.steps(plain) == []
    coding = client.assistant(model="broken", tools=[{"type": "code_interpreter"}])
    run = client.settled(client.run(client.thread("Plot a sine wave with code"), coding))
    (step,) = client.steps(run)
    assert step["status"] == "failed"
    assert step["last_error"] == run["last_error"]
    assert step["completed_at"] is None
    if client.profile.shape == "v2":
        assert plain["usage"]["total_tokens"] == 0
        assert run["usage"] == step["usage"]


def test_unknown_model(client):
    answer = client.post("/assistants", {"model": "no-such-model"})
    if client.profile.platform == "openai":
        assert client.error(answer, 400)["code"] == "model_not_found"
    else:
        run = client.settled(client.run(client.thread("Hello"), answer.json()))
        assert (run["status"], run["last_error"]["code"]) == ("failed", "invalid_engine_error")


@pytest.mark.parametrize(
    ("body", "question"),
    [({"max_completion_tokens": 256}, "Count from 1 to 2000"), ({"max_prompt_tokens": 256}, "word " * 600)],
)
def test_token_caps(second, body, question):
    run = second.settled(second.run(second.thread(question), second.assistant(), **body))
    assert (run["status"], run["incomplete_details"]["reason"]) == ("incomplete", next(iter(body)))
    assert run["completed_at"] is not None
    steps = second.steps(run)
    assert all(step["status"] == "completed" for step in steps)
    assert sum(step["usage"]["total_tokens"] for step in steps) == run["usage"]["total_tokens"]
    assert second.post(f"/threads/{run['thread_id']}/messages", {"role": "user", "content": "x"}).status_code == 200


def test_usage_adds_up(second):
    run = second.parked()
    assert run["usage"] is None
    assert [step["usage"] for step in second.steps(run)] == [None]
    second.submit(run, second.outputs(run))
    run = second.settled(run)
    usage = run["usage"]
    assert usage["prompt_tokens"] + usage["completion_tokens"] == usage["total_tokens"] > 0
    assert sum(step["usage"]["total_tokens"] for step in second.steps(run)) == usage["total_tokens"]


def test_overrides_leave_the_assistant_alone(client):
    assistant = client.assistant(tools=[WEATHER])
    run = client.run(client.thread("Hello"), assistant, model="gpt-4", instructions="Be brief.", tools=[NICKNAME])
    assert (run["model"], run["instructions"]) == ("gpt-4", "Be brief.")
    assert [tool["function"]["name"] for tool in run["tools"]] == ["getNickname"]
    assert client.get(f"/assistants/{assistant['id']}").json() == assistant


def test_additions_of_the_second_shape(second):
    thread = second.thread("Hello")
    run = second.run(
        thread,
        second.assistant(),
        additional_instructions="Be brief.",
        additional_messages=[{"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "Go on"}],
        metadata={"a": "b"},
        truncation_strategy={"type": "last_messages", "last_messages": 1},
        temperature=0.5,
    )
    assert run["instructions"] == "You are a bot. Be brief."
    assert run["truncation_strategy"] == {"type": "last_messages", "last_messages": 1}
    assert (run["metadata"], run["temperature"]) == ({"a": "b"}, 0.5)
    texts = [row["content"][0]["text"]["value"] for row in second.messages(thread["id"])]
    assert texts == ["Hello", "Yes?", "Go on"]


def test_thread_and_run(client):
    body = {"assistant_id": client.assistant()["id"], "thread": {"messages": [{"role": "user", "content": "Hello"}]}}
    run = client.made("/threads/runs", body)
    assert client.settled(run)["status"] == "completed"
    assert [row["role"] for row in client.messages(run["thread_id"])] == ["user", "assistant"]


def test_run_without_any_input(client):
    assistant = client.assistant(instructions=None)
    answer = client.post(f"/threads/{client.thread()['id']}/runs", {"assistant_id": assistant["id"]})
    if client.profile.id == "openai-v2":
        assert client.error(answer, 400)["code"] == "invalid_thread"
    else:
        assert client.settled(answer.json())["status"] == "completed"


def test_ids_of_another_place(client):
    run = client.parked()
    other = client.thread("Hello")
    for path in (f"/threads/{other['id']}/runs/{run['id']}", f"/threads/{run['id']}", f"/assistants/{other['id']}"):
        error = client.error(client.get(path), 404)
        assert error["message"].startswith("No ")
        assert path.rsplit("/", 1)[-1] in error["message"]
    error = client.error(client.get(f"/threads/{run['thread_id']}/runs/{run['id']}/steps/step_1"), 404)
    assert error["message"] == "No run step found with id 'step_1'."


def test_paging(client):
    made = [client.assistant(name=f"number {number}")["id"] for number in range(23)]
    first = client.get("/assistants").json()
    assert ([row["id"] for row in first["data"]], first["has_more"]) == (made[::-1][:20], True)
    assert (first["first_id"], first["last_id"]) == (made[-1], made[3])
    for size in (1, 2, 7, 100):
        walked, cursor = [], {}
        while True:
            page = client.get("/assistants", limit=size, order="asc", **cursor).json()
            walked += [row["id"] for row in page["data"]]
            if not page["has_more"]:
                break
            assert len(page["data"]) == size
            cursor = {"after": page["last_id"]}
        assert walked == made
    page = client.get("/assistants", order="asc", before=made[5], limit=3).json()
    assert ([row["id"] for row in page["data"]], page["has_more"]) == (made[2:5], True)
    page = client.get("/assistants", order="asc", before=made[2]).json()
    assert ([row["id"] for row in page["data"]], page["has_more"]) == (made[:2], False)
    end = client.get("/assistants", after=made[0]).json()
    assert end == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}


@pytest.mark.parametrize(
    "query",
    [{"limit": "0"}, {"limit": "101"}, {"limit": "-1"}, {"limit": "x"}, {"limit": "1_0"}, {"order": "up"}],
)
def test_bad_paging(client, query):
    client.error(client.get("/assistants", **query), 400)
    assert client.get("/assistants", nonsense="1").status_code == 200


def test_unknown_cursor(client):
    other = client.thread("Hello")
    thread = client.thread("Hello")
    cursor = client.messages(other["id"])[0]["id"]
    client.error(client.get(f"/threads/{thread['id']}/messages", after=cursor), 404)


@dataclass
class Locked:
    """What came of a locked thread: the answers to a message and to a second run."""

    client: Client
    run: dict
    message: httpx2.Response
    second: httpx2.Response

    @property
    def path(self):
        return f"/threads/{self.run['thread_id']}"

    def modified(self):
        return self.client.post(f"{self.path}/runs/{self.run['id']}", {"metadata": {}})

    def elsewhere(self):
        thread = self.client.thread("x")
        return self.client.post(f"/threads/{thread['id']}/runs", {"assistant_id": self.run["assistant_id"]})

    def stored(self, what):
        return len(self.client.get(f"{self.path}/{what}").json()["data"])


FAULTS_OF_THE_LOCK = {
    "message-accepted-while-locked": lambda seen: seen.message.status_code == 200,
    "second-run-accepted": lambda seen: seen.second.status_code == 200,
    "waiting-run-does-not-lock": lambda seen: seen.message.status_code == 200,
    "message-lock-text-without-ids": lambda seen: seen.run["id"] not in seen.message.text,
    "run-lock-text-without-ids": lambda seen: seen.run["id"] not in seen.second.text,
    "refused-message-is-stored": lambda seen: seen.message.status_code == 400 and seen.stored("messages") == 2,
    "refused-run-is-stored": lambda seen: seen.second.status_code == 400 and seen.stored("runs") == 2,
    "lock-is-per-assistant": lambda seen: seen.elsewhere().status_code == 400,
    "reads-locked": lambda seen: seen.client.get(f"{seen.path}/messages").status_code == 400,
    "delete-locked": lambda seen: seen.client.delete(seen.path).status_code == 404,
    "modify-run-accepted-while-active": lambda seen: seen.modified().status_code == 200,
    "modify-lock-text-without-status": lambda seen: "requires_action" not in seen.modified().text,
}


@pytest.mark.parametrize("fault", FAULTS_OF_THE_LOCK)
def test_faults_of_the_lock_change_what_they_say(serve_as, profile_id, fault):
    changed = []
    for faults in ((), (fault,)):
        client = serve_as(profile_id, faults=faults)
        run = client.parked()
        path = f"/threads/{run['thread_id']}"
        message = client.post(f"{path}/messages", {"role": "user", "content": "x"})
        second = client.post(f"{path}/runs", {"assistant_id": run["assistant_id"]})
        changed.append(FAULTS_OF_THE_LOCK[fault](Locked(client, run, message, second)))
    assert changed == [False, True]


def test_faults_of_the_lock_at_other_times(serve_as):
    def refused(fault, *, late):
        client = serve_as("openai-v2", faults=[fault] if fault else [])
        thread, assistant = client.thread("Hello"), client.assistant()
        run = client.run(thread, assistant)
        if late:
            client.settled(run)
        more = [{"role": "user", "content": "more"}]
        body = {"assistant_id": assistant["id"], "additional_messages": more}
        return client.post(f"/threads/{thread['id']}/runs", body).status_code, len(client.messages(thread["id"]))

    assert refused(None, late=False)[0] == 400
    assert refused("two-runs-at-once", late=False)[0] == 200
    assert refused("refused-run-adds-additional-messages", late=False) == (400, refused(None, late=False)[1] + 1)
    assert refused(None, late=True)[0] == 200
    assert refused("lock-never-ends", late=True)[0] == 400
