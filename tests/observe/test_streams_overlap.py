"""What is asked while a stream is open gives no false finding, in whatever order the judge hears of it."""

import random
from dataclasses import replace

import pytest

from tests.support.streams import (
    ASSISTANT,
    CALL,
    MESSAGE,
    PROFILES,
    RUN,
    STREAMS,
    T0,
    THREAD,
    Teller,
    answered,
    asked,
    found,
    ids,
    judged,
    streamed,
)

ENDED = ("completed", "failed", "cancelled", "expired", "incomplete")


def plain_form(item):
    """An object of an event as other answers have it."""
    item = dict(item)
    if item["object"] == "thread.run":
        item["tool_resources"] = {}
    elif item["object"] == "thread.message":
        for name in ("status", "incomplete_details", "completed_at", "incomplete_at"):
            del item[name]
    return item


def listed(items):
    first, last = (items[0]["id"], items[-1]["id"]) if items else (None, None)
    return {"object": "list", "data": items, "first_id": first, "last_id": last, "has_more": False}


class World:
    """Answers questions at any time of a stream as the service does: it knows of an event `ahead` before it is told."""

    def __init__(self, name, profile, ahead=0.0):
        self.profile = profile
        operation, write = STREAMS[name]
        self.stream = streamed(operation, profile, write(profile))
        self.ahead = ahead
        self.timed = list(zip(self.stream.arrivals, write(profile), strict=True))

    def known(self, at, kind):
        """The latest form of each object of a kind."""
        latest = {}
        for when, (name, data) in self.timed:
            if (
                isinstance(data, dict)
                and data.get("object") == kind
                and when - self.ahead <= at
                and "delta" not in name
            ):
                latest[data["id"]] = plain_form(data)
        return list(latest.values())

    def get(self, path, body, at, **more):
        return answered(asked("GET", self.profile, path), self.profile, body, at=at, **more)

    def poll(self, at):
        runs = self.known(at, "thread.run")
        return [self.get(f"/threads/{THREAD}/runs/{RUN}", runs[0], at)] if runs else []

    def steps(self, at):
        over = any(run["status"] in ENDED for run in self.known(at, "thread.run"))
        steps = [
            {**step, "expires_at": None if over or step["status"] != "in_progress" else step["expires_at"]}
            for step in self.known(at, "thread.run.step")
        ]
        return [self.get(f"/threads/{THREAD}/runs/{RUN}/steps", listed(steps[::-1]), at)]

    def messages(self, at):
        return [self.get(f"/threads/{THREAD}/messages", listed(self.known(at, "thread.message")), at)]

    def refused(self, at):
        runs = self.known(at, "thread.run")
        if not runs or runs[0]["status"] in ENDED:
            return []
        told = f"Can't add messages to {THREAD} while a run {RUN} is active."
        second = f"Thread {THREAD} already has an active run {RUN}."
        return [
            self.post(f"/threads/{THREAD}/messages", {"role": "user", "content": "Hm?"}, told, at),
            self.post(f"/threads/{THREAD}/runs", {"assistant_id": ASSISTANT}, second, at + 0.001),
            self.post(f"/threads/{THREAD}/runs", {"assistant_id": ASSISTANT, "stream": True}, second, at + 0.002),
        ]

    def post(self, path, body, told, at):
        error = {"error": {"message": told, "type": "invalid_request_error", "param": None, "code": None}}
        return answered(asked("POST", self.profile, path, body), self.profile, error, at=at, status=400)

    def cancel(self):
        when = next((when for when, (name, _) in self.timed if name == "thread.run.cancelling"), None)
        if when is None:
            return []
        body = plain_form(next(data for _, (name, data) in self.timed if name == "thread.run.cancelling"))
        path = f"/threads/{THREAD}/runs/{RUN}/cancel"
        return [answered(asked("POST", self.profile, path), self.profile, body, at=max(when - self.ahead - 0.01, 1.0))]

    def traffic(self, dice):
        end = self.stream.ended
        asking = [self.poll, self.steps, self.messages, self.refused]
        times = sorted(dice.uniform(1.0, end + 0.5) for _ in range(12))
        got = [exchange for at in times for exchange in dice.choice(asking)(at)]
        for ask in (self.poll, self.steps, self.messages):
            got += ask(end + 1.0)
        return [self.stream, *self.cancel(), *got]


def orders(exchanges, dice):
    yield "as begun", sorted(exchanges, key=lambda exchange: exchange.started)
    yield "as ended", sorted(exchanges, key=lambda exchange: exchange.ended)
    yield "stream first", sorted(exchanges, key=lambda exchange: (not exchange.response.is_stream, exchange.started))
    others = sorted(exchanges[1:], key=lambda exchange: exchange.started)
    others.insert(dice.randrange(len(others) + 1), exchanges[0])
    yield "the stream anywhere", others


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("ahead", [0.0, 0.15, 0.35])
@pytest.mark.parametrize("name", [name for name in STREAMS if "error" not in name])
def test_asking_while_a_stream_is_open(name, ahead, profile):
    dice = random.Random(f"{name} {ahead} {profile}")
    world = World(name, profile, ahead)
    for _ in range(4):
        for how, exchanges in orders(world.traffic(dice), dice):
            assert found(judged(profile, exchanges)) == [], how


@pytest.mark.parametrize("profile", PROFILES)
def test_submitting_before_the_end_mark_has_come(profile):
    """The closing event is there, the outputs go out, and only then comes `done`."""
    first = STREAMS["function call"][1](profile)
    calling = streamed("create_run", profile, first)
    second = streamed(
        "submit_tool_outputs", profile, STREAMS["submit"][1](profile), started=calling.arrivals[-2] + 0.01
    )
    for exchanges in ([calling, second], [second, calling]):
        assert found(judged(profile, exchanges)) == []


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("closed", [True, False], ids=["closed", "open"])
def test_calling_and_submitting_in_two_streams(closed, profile):
    calling = streamed("create_run", profile, STREAMS["function call"][1](profile))
    second = streamed("submit_tool_outputs", profile, STREAMS["submit"][1](profile), started=calling.ended + 1)
    assert found(judged(profile, [calling, second], closed)) == []


def test_left_stream_and_polls_after_it():
    world = World("plain", "openai-v2")
    for number in range(1, len(world.timed)):
        events = STREAMS["plain"][1]("openai-v2")[:number]
        left = streamed("create_run", "openai-v2", events, complete=False)
        exchanges = [left, *world.poll(left.ended + 0.1), *world.steps(5.0), *world.poll(5.0), *world.messages(5.1)]
        assert found(judged("openai-v2", exchanges)) == [], number


# -- true findings stay ----------------------------------------------------------------------------------------------


def test_run_that_looks_otherwise_afterwards():
    world = World("plain", "openai-v2")
    (poll,) = world.poll(9.0)
    body = {**poll.response.json, "completed_at": T0 + 4}
    again = answered(poll.request, "openai-v2", body, at=9.0)
    assert "SSE-022" in ids(judged("openai-v2", [world.stream, again]))


def test_run_that_goes_on_after_its_end():
    world = World("plain", "openai-v2")
    (poll,) = world.poll(9.0)
    body = Teller().run("in_progress", tool_resources={})
    assert "SM-020" in ids(judged("openai-v2", [world.stream, answered(poll.request, "openai-v2", body, at=9.0)]))


@pytest.mark.parametrize("change", [lambda data: data.clear(), lambda data: data[0]["content"].clear()])
def test_message_that_is_not_kept(change):
    world = World("plain", "openai-v2")
    (answer,) = world.messages(9.0)
    rows = answer.response.json["data"]
    change(rows)
    again = answered(answer.request, "openai-v2", listed(rows), at=9.0)
    assert "SSE-022" in ids(judged("openai-v2", [world.stream, again]))
    early = replace(again, started=world.stream.ended - 0.01)
    assert "SSE-022" not in ids(judged("openai-v2", [world.stream, early]))


def test_deleted_message_is_not_missed():
    world = World("plain", "openai-v2")
    gone = {"id": MESSAGE, "object": "thread.message.deleted", "deleted": True}
    path = f"/threads/{THREAD}/messages/{MESSAGE}"
    deletion = answered(asked("DELETE", "openai-v2", path), "openai-v2", gone, at=8.0)
    empty = world.get(f"/threads/{THREAD}/messages", listed([]), 9.0)
    assert found(judged("openai-v2", [world.stream, deletion, empty])) == []


def test_message_let_in_while_a_streamed_run_waits():
    calling = streamed("create_run", "openai-v2", STREAMS["function call"][1]("openai-v2"))
    posted = {
        "id": "msg_" + "N1" * 12, "object": "thread.message", "created_at": T0 + 5, "assistant_id": None,
        "thread_id": THREAD, "run_id": None, "role": "user", "metadata": {}, "attachments": [],
        "content": [{"type": "text", "text": {"value": "Hm?", "annotations": []}}],
    }  # fmt: skip
    request = asked("POST", "openai-v2", f"/threads/{THREAD}/messages", {"role": "user", "content": "Hm?"})
    told = ids(judged("openai-v2", [calling, answered(request, "openai-v2", posted, at=calling.ended + 1)]))
    assert "LOCK-001" in told


# -- held back -------------------------------------------------------------------------------------------------------


def held(date, gap=2):
    events = STREAMS["plain"][1]("openai-v2")
    run = events[-2][1]
    run["completed_at"] = T0 + gap
    exchange = streamed("create_run", "openai-v2", events)
    headers = {**exchange.response.headers, "date": date}
    return replace(exchange, response=replace(exchange.response, headers=headers))


def test_answer_that_begins_after_its_run_has_ended():
    assert "SSE-033" in ids(judged("openai-v2", [held("Wed, 29 May 2024 16:26:43 GMT")]))
    assert "SSE-033" not in ids(judged("openai-v2", [held("Wed, 29 May 2024 16:26:41 GMT")]))
    assert "SSE-033" not in ids(judged("openai-v2", [held("Wed, 29 May 2024 16:26:43 GMT", gap=9)]))


def test_events_that_come_all_at_once_after_a_long_silence():
    exchange = held("Wed, 29 May 2024 16:26:40 GMT")
    count = len(exchange.arrivals)
    late = replace(exchange, arrivals=tuple(9.0 + number / 1000 for number in range(count)))
    assert "SSE-033" in ids(judged("openai-v2", [late]))
    slow = replace(exchange, arrivals=(9.0, *(9.5 + number / 1000 for number in range(count - 1))))
    assert "SSE-033" not in ids(judged("openai-v2", [slow]))


def test_outputs_that_were_sent_are_those_that_are_shown():
    """An empty output, and two calls in another order."""
    for profile in PROFILES:
        events = STREAMS["submit"][1](profile)
        step = events[0][1]
        step["step_details"]["tool_calls"][0]["function"]["output"] = ""
        body = {"tool_outputs": [{"tool_call_id": CALL, "output": ""}]}
        assert found(judged(profile, [streamed("submit_tool_outputs", profile, events, body=body)])) == []
