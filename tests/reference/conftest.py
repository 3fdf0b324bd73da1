"""A reference server in this process and a thin client for it."""

from __future__ import annotations

import httpx2
import pytest

from assistants_conformance.contract import load_profile, profile_ids
from assistants_conformance.reference import Reference, VirtualClock, in_process

WEATHER = {
    "type": "function",
    "function": {
        "name": "getCurrentWeather",
        "parameters": {
            "type": "object",
            "properties": {"location": {"type": "string"}, "unit": {"type": "string", "enum": ["c", "f"]}},
            "required": ["location"],
        },
    },
}
NICKNAME = {
    "type": "function",
    "function": {
        "name": "getNickname",
        "parameters": {"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]},
    },
}
QUESTION = "What's the weather in San Francisco, and the nickname of Los Angeles?"
MODEL = "gpt-4o"


class Client:
    """Speaks to one server with the right credentials; every call answers the response."""

    def __init__(self, server):
        self.server = server
        profile = server.profile
        self.profile = profile
        headers = {"api-key": server.key}
        params = {"api-version": profile.api_versions[0]}
        if profile.traits.get("entra_only"):
            headers = {"authorization": f"Bearer {server.token}"}
        if profile.platform == "openai":
            headers, params = {"authorization": f"Bearer {server.key}", "openai-beta": profile.beta_header}, {}
        self.params = params
        self.http = httpx2.Client(
            base_url=f"http://reference{profile.base_path}", transport=in_process(server), headers=headers
        )

    def send(self, method, path, *, query=(), **options):
        return self.http.request(method, path, params={**self.params, **dict(query)}, **options)

    def get(self, path, **query):
        return self.send("GET", path, query=query)

    def post(self, path, body=None, **query):
        return self.send("POST", path, query=query, json={} if body is None else body)

    def delete(self, path):
        return self.send("DELETE", path)

    def made(self, path, body=None):
        answer = self.post(path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def assistant(self, **body):
        return self.made("/assistants", {"model": MODEL, "instructions": "You are a bot.", **body})

    def thread(self, *texts):
        return self.made("/threads", {"messages": [{"role": "user", "content": text} for text in texts]})

    def run(self, thread, assistant, **body):
        return self.made(f"/threads/{thread['id']}/runs", {"assistant_id": assistant["id"], **body})

    def read(self, run):
        answer = self.get(f"/threads/{run['thread_id']}/runs/{run['id']}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def settled(self, run):
        """Read a run until it waits or has ended."""
        for _ in range(30):
            run = self.read(run)
            if run["status"] not in ("queued", "in_progress", "cancelling"):
                return run
        raise AssertionError(f"still {run['status']}")

    def parked(self, thread=None, assistant=None):
        """Return a run that waits for the outputs of two functions."""
        assistant = assistant or self.assistant(tools=[WEATHER, NICKNAME])
        run = self.settled(self.run(thread or self.thread(QUESTION), assistant))
        assert run["status"] == "requires_action"
        return run

    def outputs(self, run, *texts):
        calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        texts = texts or tuple(f"output {number}" for number in range(len(calls)))
        return [{"tool_call_id": call["id"], "output": text} for call, text in zip(calls, texts, strict=True)]

    def submit(self, run, outputs):
        return self.post(f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs", {"tool_outputs": outputs})

    def cancel(self, run):
        return self.post(f"/threads/{run['thread_id']}/runs/{run['id']}/cancel")

    def steps(self, run):
        return self.get(f"/threads/{run['thread_id']}/runs/{run['id']}/steps", order="asc").json()["data"]

    def messages(self, thread_id):
        return self.get(f"/threads/{thread_id}/messages", order="asc").json()["data"]

    def upload(self, name, data, purpose="assistants", kind="application/octet-stream"):
        return self.send("POST", "/files", files={"file": (name, data, kind)}, data={"purpose": purpose})

    def file(self, name, data):
        answer = self.upload(name, data)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def error(self, answer, status):
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/json"
        return answer.json()["error"]


def server(profile, **options):
    options.setdefault("clock", VirtualClock(1_700_000_000.0))
    return Reference(load_profile(profile), **options)


@pytest.fixture(params=profile_ids())
def profile_id(request):
    return request.param


@pytest.fixture
def serve_as():
    """Start a server: profile and options in, client out."""
    return lambda profile, **options: Client(server(profile, **options))


@pytest.fixture
def client(profile_id):
    return Client(server(profile_id))


@pytest.fixture
def second(serve_as):
    """The default profile."""
    return serve_as("azure-2024-05-01-preview")
