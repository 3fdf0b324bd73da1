"""The streams of the reference server: in this process, event by event, and on a socket, as they come."""

from __future__ import annotations

import contextlib
import http.client
import re
import threading
import time
from itertools import pairwise
from urllib.parse import urlsplit

import httpx2
import pytest

from assistants_conformance.contract import load_profile, profile_ids
from assistants_conformance.observe import Decoder
from assistants_conformance.observe.events import decode_events
from assistants_conformance.reference import RealClock, VirtualClock
from assistants_conformance.reference.serve import running
from tests.reference.conftest import NICKNAME, QUESTION, WEATHER, Client, server

STREAMING = [name for name in profile_ids() if load_profile(name).shape == "v2"]
CODE = {"type": "code_interpreter"}
STORY = "Tell me a story of 1000 words."
#: The order of a stream that ends well, as it was recorded without an exception.
STEP = r"step\.created step\.in_progress (step\.delta )*"
MESSAGE = r"message\.created message\.in_progress (message\.delta )*message\.(completed|incomplete) "
ORDER = rf"(thread\.created )?created queued in_progress ({STEP}({MESSAGE})?step\.completed )*"


@pytest.fixture(params=STREAMING)
def client(request):
    return Client(server(request.param, failing_model="broken"))


def order(events):
    names = [event.name.removeprefix("thread.run.") for event in events]
    return " ".join(name.replace("thread.message", "message") for name in names)


def streamed(client, question="Say hello.", *, body=None, **assistant):
    thread, made = client.thread(question), client.assistant(**assistant)
    answer = client.post(f"/threads/{thread['id']}/runs", {"assistant_id": made["id"], "stream": True, **(body or {})})
    return events_of(answer)


def events_of(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert "content-length" not in answer.headers
    events = decode_events(answer.content)
    assert all(event.whole and event.named and event.clean for event in events)
    assert (events[-1].name, events[-1].data) == ("done", "[DONE]")
    return events


def named(events, *names):
    return [event.json for event in events if event.name in names]


def spoken(events):
    """By message and index: the text that the deltas give."""
    texts = {}
    for delta in named(events, "thread.message.delta"):
        for part in delta["delta"]["content"]:
            key = (delta["id"], part["index"])
            texts[key] = texts.get(key, "") + part.get("text", {}).get("value", "")
    return texts


def test_order_and_frames(client):
    events = streamed(client)
    assert re.fullmatch(ORDER + "completed done", order(events))
    assert order(events).count("message.created") == 1


def test_frames_are_written_as_the_service_writes_them(client):
    thread, assistant = client.thread("Hi."), client.assistant()
    answer = client.post(f"/threads/{thread['id']}/runs", {"assistant_id": assistant["id"], "stream": True})
    frames = answer.text.split("\n\n")
    assert frames.pop() == ""
    assert all(re.fullmatch(r"event: [a-z_.]+\ndata: (\{.*\}|\[DONE\])", frame) for frame in frames)


def test_deltas_add_up(client):
    events = streamed(client, STORY)
    (message,) = named(events, "thread.message.completed")
    assert spoken(events) == {(message["id"], 0): message["content"][0]["text"]["value"]}
    deltas = named(events, "thread.message.delta")
    assert len(deltas) > 20
    assert deltas[0]["delta"]["content"][0]["text"]["annotations"] == []
    assert all("annotations" not in delta["delta"]["content"][0]["text"] for delta in deltas[1:])


def test_objects_have_the_forms_of_events(client):
    events = streamed(client)
    runs = [event.json for event in events if event.json.get("object") == "thread.run"]
    assert all(run["tool_resources"] == {"code_interpreter": {"file_ids": []}} for run in runs)
    steps = [event.json for event in events if event.json.get("object") == "thread.run.step"]
    assert {step["expires_at"] for step in steps} == {runs[0]["expires_at"]}
    messages = [event.json for event in events if event.json.get("object") == "thread.message"]
    assert all({"status", "incomplete_details", "completed_at", "incomplete_at"} <= set(each) for each in messages)
    assert [message["content"] for message in messages[:2]] == [[], []]
    read = client.read(runs[-1])
    assert read["tool_resources"] == {}
    assert {**read, "tool_resources": None} == {**runs[-1], "tool_resources": None}
    assert [step["expires_at"] for step in client.steps(runs[-1])] == [None] * (len(steps) // 3)
    stored = client.messages(runs[-1]["thread_id"])[-1]
    assert stored["content"] == messages[-1]["content"]
    assert "status" not in stored


def test_thread_and_run(client):
    body = {"assistant_id": client.assistant()["id"], "thread": {"messages": [{"role": "user", "content": "Hi."}]}}
    events = events_of(client.post("/threads/runs", {**body, "stream": True}))
    assert re.fullmatch(ORDER + "completed done", order(events))
    thread = events[0].json
    assert (events[0].name, thread["object"]) == ("thread.created", "thread")
    assert events[1].json["thread_id"] == thread["id"]
    assert client.get(f"/threads/{thread['id']}").json() == thread


def called(client, tools):
    events = streamed(client, QUESTION, tools=tools)
    assert re.fullmatch(rf"created queued in_progress {STEP}requires_action done", order(events))
    return events, events[-2].json


@pytest.mark.parametrize("tools", [[WEATHER], [WEATHER, NICKNAME]], ids=["one", "parallel"])
def test_function_calls(client, tools):
    events, run = called(client, tools)
    wanted = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    assert len(wanted) == len(tools)
    merged = {}
    for delta in named(events, "thread.run.step.delta"):
        for call in delta["delta"]["step_details"]["tool_calls"]:
            if call["index"] not in merged:
                assert call["function"]["output"] is None
                merged[call["index"]] = {"id": call["id"], "type": call["type"], "function": {"arguments": ""}}
            function = merged[call["index"]]["function"]
            function["arguments"] += call["function"]["arguments"]
            function.setdefault("name", call["function"].get("name"))
    assert list(merged) == list(range(len(tools)))
    assert list(merged.values()) == wanted
    assert client.read(run)["status"] == "requires_action"


def test_submit(client):
    _, run = called(client, [WEATHER, NICKNAME])
    outputs = client.outputs(run, "22 C", "")
    path = f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs"
    events = events_of(client.post(path, {"tool_outputs": outputs, "stream": True}))
    assert re.fullmatch(
        rf"step\.completed queued in_progress {STEP}{MESSAGE}step\.completed completed done", order(events)
    )
    calls = events[0].json["step_details"]["tool_calls"]
    assert [call["function"]["output"] for call in calls] == ["22 C", ""]
    assert events[1].json["required_action"] is None
    assert events[1].json["started_at"] == run["started_at"]


def test_code_interpreter(client):
    events = streamed(client, "Draw a picture of a sine with Python.", tools=[CODE])
    assert re.fullmatch(ORDER + "completed done", order(events))
    step = named(events, "thread.run.step.completed")[0]
    (call,) = step["step_details"]["tool_calls"]
    deltas = [delta for delta in named(events, "thread.run.step.delta") if delta["id"] == step["id"]]
    pieces = [delta["delta"]["step_details"]["tool_calls"][0] for delta in deltas]
    assert [piece.get("id") for piece in pieces] == [call["id"], *[None] * (len(pieces) - 1)]
    said = "".join(piece["code_interpreter"].get("input", "") for piece in pieces)
    assert said == call["code_interpreter"]["input"] != ""
    outputs = [output for piece in pieces for output in piece["code_interpreter"].get("outputs", [])]
    assert [output.pop("index") for output in outputs] == list(range(len(outputs)))
    assert outputs == call["code_interpreter"]["outputs"] != []


def test_cap(client):
    limits = {"max_completion_tokens": 256}
    events = streamed(client, STORY, body=limits, instructions="Do what you are asked for, at full length.")
    assert order(events).endswith("message.incomplete step.completed incomplete done")
    (message,) = named(events, "thread.message.incomplete")
    assert message["incomplete_details"] == {"reason": "max_tokens"}
    assert list(spoken(events).values()) == [message["content"][0]["text"]["value"]]
    assert events[-2].json["incomplete_details"] == {"reason": "max_completion_tokens"}


def test_failure(client):
    events = streamed(client, body={"model": "broken"})
    assert order(events) == "created queued in_progress failed done"
    assert events[-2].json["last_error"]["code"] == "rate_limit_exceeded"


def run_in(client, run):
    """The run as the server keeps it."""
    return client.server.world.store.threads[run["thread_id"]].runs[run["id"]]


class Opened:
    """A stream in this process of which nothing is read that nobody asks for."""

    def __init__(self, client, question=STORY, **assistant):
        self.client = client
        thread, made = client.thread(question), client.assistant(**assistant)
        self.reply = self._reply(thread, {"assistant_id": made["id"], "stream": True})

    def _reply(self, thread, body):
        http = self.client.http
        path = f"{self.client.profile.base_path}/threads/{thread['id']}/runs"
        request = http.build_request("POST", f"/threads/{thread['id']}/runs", params=self.client.params, json=body)
        assert request.url.path == path
        return self.client.server.handle("POST", str(request.url), request.headers, request.content)

    def __iter__(self):
        decoder = Decoder()
        while (got := self.reply.stream.pull()) is not None:
            if isinstance(got, bytes):
                yield from decoder.feed(got)
            else:
                self.client.server.pass_time(got)

    def until(self, name):
        for event in self:
            if event.name == name:
                return event.json
        raise AssertionError(f"no {name}")


def test_leaving_early_leaves_the_run(client):
    opened = Opened(client)
    run = opened.until("thread.run.in_progress")
    opened.reply.stream.close()
    assert opened.reply.stream.pull() is None
    assert not client.server.world.engine.streams.hears(run_in(client, run))
    assert client.post(f"/threads/{run['thread_id']}/messages", {"role": "user", "content": "Hm?"}).status_code == 400
    assert client.settled(run)["status"] == "completed"
    assert [message["role"] for message in client.messages(run["thread_id"])] == ["user", "assistant"]
    assert client.post(f"/threads/{run['thread_id']}/messages", {"role": "user", "content": "Hm?"}).status_code == 200


@pytest.mark.parametrize("name", ["thread.run.created", "thread.run.step.in_progress", "thread.message.in_progress"])
def test_leaving_at_any_time(client, name):
    opened = Opened(client)
    run = client.read(opened.until("thread.run.created") if name == "thread.run.created" else run_of(opened, name))
    opened.reply.stream.close()
    assert client.settled(run)["status"] == "completed"
    steps = client.steps(run)
    assert [step["status"] for step in steps] == ["completed"]
    assert steps[0]["step_details"]["message_creation"]["message_id"] == client.messages(run["thread_id"])[-1]["id"]


def run_of(opened, name):
    data = opened.until(name)
    return {"id": data["run_id"], "thread_id": data["thread_id"]}


def test_cancel_in_the_middle(client):
    opened = Opened(client)
    run = opened.until("thread.message.in_progress")
    answer = client.cancel({"id": run["run_id"], "thread_id": run["thread_id"]})
    assert answer.json()["status"] == "cancelling"
    rest = list(opened)
    assert order(rest) == "cancelling message.incomplete step.cancelled cancelled done"
    assert named(rest, "thread.message.incomplete")[0]["incomplete_details"] == {"reason": "run_cancelled"}


def test_expiry_in_the_middle():
    client = Client(server("openai-v2", run_expiry=2))
    opened = Opened(client)
    run = opened.until("thread.message.in_progress")
    client.server.clock.advance(0.05)
    run_in(client, {"id": run["run_id"], "thread_id": run["thread_id"]}).due = client.server.clock.now() + 60
    rest = list(opened)
    assert order(rest) == "message.incomplete step.expired expired done"
    assert named(rest, "thread.message.incomplete")[0]["incomplete_details"] == {"reason": "run_expired"}


def test_run_that_waits_too_long_after_its_stream(client):
    _, run = called(client, [WEATHER])
    client.server.pass_time(10_000_000)
    assert client.read(run)["status"] == "expired"


def test_two_streams_at_once_in_turns(client):
    first, second = Opened(client), Opened(client, "Say hello.")
    told = ([], [])
    turns = [iter(first), iter(second)]
    while turns[0] or turns[1]:
        for number, turn in enumerate(turns):
            event = next(turn, None) if turn else None
            if event is None:
                turns[number] = None
            else:
                told[number].append(event)
    for events in told:
        assert re.fullmatch(ORDER + "completed done", order(events))
        assert len({event.json["thread_id"] for event in events if "thread_id" in event.json}) == 1
        (message,) = named(events, "thread.message.completed")
        assert spoken(events) == {(message["id"], 0): message["content"][0]["text"]["value"]}


def test_streams_on_many_threads(client):
    results = {}

    def work(number):
        results[number] = streamed(client, STORY)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert len(results) == 6
    for events in results.values():
        assert re.fullmatch(ORDER + "completed done", order(events))
        (message,) = named(events, "thread.message.completed")
        assert spoken(events) == {(message["id"], 0): message["content"][0]["text"]["value"]}
    assert client.server.world.engine.streams._listening == {}


@pytest.mark.parametrize("body", [{"assistant_id": "asst_" + "n" * 24}, {"metadata": {"a": 5}}, {"stream": "yes"}])
def test_refusals_are_plain(client, body):
    thread, assistant = client.thread("Hi."), client.assistant()
    answer = client.post(f"/threads/{thread['id']}/runs", {"assistant_id": assistant["id"], "stream": True, **body})
    assert answer.status_code in (400, 404)
    assert answer.headers["content-type"] == "application/json"
    assert client.get(f"/threads/{thread['id']}/runs").json()["data"] == []


@pytest.mark.parametrize("value", [False, None])
def test_no_stream_is_one_object(client, value):
    thread, assistant = client.thread("Hi."), client.assistant()
    answer = client.post(f"/threads/{thread['id']}/runs", {"assistant_id": assistant["id"], "stream": value})
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["status"] == "queued"


def test_deleted_thread_ends_its_stream(client):
    opened = Opened(client)
    run = opened.until("thread.run.in_progress")
    assert client.delete(f"/threads/{run['thread_id']}").status_code == 200
    assert len(list(opened)) < 1000


# -- on a socket -----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def socketed(clock, profile="openai-v2"):
    reference = server(profile, clock=clock)
    with running(reference) as url:
        client = Client(reference)
        headers = dict(client.http.headers)
        client.http = httpx2.Client(base_url=f"{url}{client.profile.base_path}", headers=headers, timeout=20)
        client.url = url
        yield client
        client.http.close()


def opened_on(client, question=STORY, **assistant):
    thread, made = client.thread(question), client.assistant(**assistant)
    path = f"/threads/{thread['id']}/runs"
    return client.http.stream("POST", path, params=client.params, json={"assistant_id": made["id"], "stream": True})


def timed(response):
    decoder = Decoder()
    for piece in response.iter_bytes():
        for event in decoder.feed(piece):
            yield time.monotonic(), event


@pytest.mark.parametrize("clock", [RealClock, VirtualClock])
def test_events_come_while_the_run_goes_on(clock):
    with socketed(clock()) as client, opened_on(client) as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["transfer-encoding"] == "chunked"
        arrivals, names, seen = [], [], None
        for at, event in timed(response):
            arrivals.append(at)
            names.append(event.name)
            if seen is None:
                seen = client.read(event.json)["status"]
        assert names[-1] == "done"
        assert seen in ("queued", "in_progress")
        gaps = [second - first for first, second in pairwise(arrivals)]
        queued, working = names.index("thread.run.queued"), names.index("thread.message.in_progress")
        if clock is RealClock:
            # The run is picked up after 0.1 s, and works for 0.3 s.
            assert gaps[queued] > 0.05
            assert gaps[working] > 0.2
            assert arrivals[-1] - arrivals[0] > 0.3
        assert arrivals[-1] - arrivals[0] < 10


def still(client, before):
    """Wait until the server has let go of everything that a request brought."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if client.server.world.engine.streams._listening == {} and threading.active_count() <= before:
            return True
        threading.Event().wait(0.02)
    return False


@pytest.mark.parametrize("clock", [RealClock, VirtualClock])
def test_client_that_leaves_does_not_cancel(clock):
    with socketed(clock()) as client:
        client.thread()
        before = threading.active_count()
        with opened_on(client) as response:
            run = next(event.json for _, event in timed(response) if event.name == "thread.run.in_progress")
        assert still(client, before)
        deadline = time.monotonic() + 10
        while (now := client.read(run))["status"] in ("queued", "in_progress") and time.monotonic() < deadline:
            threading.Event().wait(0.05)
        assert now["status"] == "completed"
        assert [message["role"] for message in client.messages(run["thread_id"])] == ["user", "assistant"]


def test_time_stands_still_when_a_client_has_left():
    with socketed(VirtualClock()) as client:
        for _ in range(3):
            with opened_on(client) as response:
                run = next(event.json for _, event in timed(response) if event.name == "thread.run.in_progress")
            assert still(client, 1000)
            refused = client.post(f"/threads/{run['thread_id']}/messages", {"role": "user", "content": "Hm?"})
            assert refused.status_code == 400


def test_many_streams_at_once_on_a_socket():
    with socketed(RealClock()) as client:
        client.thread()
        before = threading.active_count()
        results = []

        def work():
            with opened_on(client) as response:
                results.append([event for _, event in timed(response)])

        workers = [threading.Thread(target=work) for _ in range(5)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(20)
        assert len(results) == 5
        assert all(re.fullmatch(ORDER + "completed done", order(events)) for events in results)
        assert still(client, before)


def test_other_answers_have_a_length():
    with socketed(VirtualClock()) as client:
        answer = client.get("/assistants")
        assert int(answer.headers["content-length"]) == len(answer.content)
        refused = client.post("/threads/thread_x/runs", {"assistant_id": "asst_x", "stream": True})
        assert refused.headers["content-type"] == "application/json"
        assert int(refused.headers["content-length"]) == len(refused.content)
        parts = urlsplit(client.url)
        plain = http.client.HTTPConnection(parts.hostname, parts.port, timeout=5)
        plain.request("HEAD", "/v1/assistants", headers=dict(client.http.headers))
        head = plain.getresponse()
        assert (head.read(), head.status) == (b"", 405 if head.status == 405 else 200)
        plain.close()


def test_server_stops_while_a_stream_is_open():
    before = threading.active_count()
    with socketed(RealClock()) as client:
        thread, made = client.thread("Hi."), client.assistant()
        body = {"assistant_id": made["id"], "stream": True}
        http = httpx2.Client(base_url=client.http.base_url, headers=client.http.headers, timeout=20)
        request = http.build_request("POST", f"/threads/{thread['id']}/runs", params=client.params, json=body)
        response = http.send(request, stream=True)
        events = timed(response)
        _, event = next(events)
        # A run that never moves on keeps its stream open.
        run_in(client, event.json).due = None
        began = time.monotonic()
    assert time.monotonic() - began < 4
    assert still(client, before)
    with contextlib.suppress(httpx2.HTTPError):
        assert [event.name for _, event in events][-1:] != ["done"]
    http.close()
