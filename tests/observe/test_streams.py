"""The judge on streams written by hand: small violations are found under their ids, and nothing else is ever said."""

import json
from copy import deepcopy
from dataclasses import replace

import pytest

from assistants_conformance.contract import load_profile, profile_ids
from tests.support.streams import (
    CALL,
    CODE_CALL,
    MESSAGE,
    PROFILES,
    RUN,
    STREAMS,
    THREAD,
    Teller,
    found,
    framed,
    ids,
    judged,
    plain,
    streamed,
)

#: What a violation is one of, by its id: the stream that it is done to, and how.
VIOLATIONS = []


def violation(requirement, stream, name, **options):
    def register(change):
        VIOLATIONS.append(pytest.param(requirement, stream, change, options, id=f"{requirement} {name}"))
        return change

    return register


def place(events, name, number=0):
    return [index for index, event in enumerate(events) if event[0] == name][number]


def data(events, name, number=0):
    return events[place(events, name, number)][1]


def drop(name, number=0):
    def change(events):
        del events[place(events, name, number)]

    return change


def double(name, number=0):
    def change(events):
        index = place(events, name, number)
        events.insert(index, deepcopy(events[index]))

    return change


def rename(name, other, number=0):
    def change(events):
        index = place(events, name, number)
        events[index] = (other, events[index][1])

    return change


def swap(name, number=0):
    """Change an event's place with the next one's."""

    def change(events):
        index = place(events, name, number)
        events[index], events[index + 1] = events[index + 1], events[index]

    return change


def put(name, *path, number=0, value):
    """Set a member of the data of an event, at a path of keys and indices."""

    def change(events):
        node = data(events, name, number)
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = value

    return change


def lose(name, *path, number=0):
    def change(events):
        node = data(events, name, number)
        for key in path[:-1]:
            node = node[key]
        del node[path[-1]]

    return change


def both(*changes):
    def change(events):
        for one in changes:
            one(events)

    return change


PARTS = ("delta", "content", 0)
CALLS = ("delta", "step_details", "tool_calls", 0)
RUN_EVENT, STEP_EVENT, MESSAGE_EVENT = "thread.run.", "thread.run.step.", "thread.message."
OTHER_MESSAGE = "msg_" + "Z9" * 12

for requirement, stream, name, change in [
    # how it begins
    ("SSE-007", "thread and run", "no thread.created", drop("thread.created")),
    ("SSE-007", "thread and run", "the thread second", swap("thread.created")),
    ("SSE-007", "thread and run", "no run.created", drop("thread.run.created")),
    ("SSE-008", "plain", "no run.created", drop("thread.run.created")),
    ("SSE-008", "plain", "no run.queued", drop("thread.run.queued")),
    ("SSE-008", "plain", "no run.in_progress", drop("thread.run.in_progress")),
    ("SSE-008", "plain", "queued first", swap("thread.run.created")),
    ("SSE-008", "plain", "a thread that was there", lambda e: e.insert(0, ("thread.created", Teller().thread()))),
    ("SSE-009", "plain", "created in progress", put("thread.run.created", "status", value="in_progress")),
    ("SSE-009", "plain", "queued in progress", put("thread.run.queued", "status", value="in_progress")),
    ("SSE-012", "submit", "no step.completed", drop("thread.run.step.completed")),
    ("SSE-012", "submit", "the step second", swap("thread.run.step.completed")),
    ("SSE-012", "submit", "another output",
     put("thread.run.step.completed", "step_details", "tool_calls", 0, "function", "output", value="23 C")),
    ("SSE-012", "submit", "output null",
     put("thread.run.step.completed", "step_details", "tool_calls", 0, "function", "output", value=None)),
    ("SSE-012", "submit", "no run.queued", drop("thread.run.queued")),
    ("N-14", "submit", "run.created", lambda e: e.insert(1, ("thread.run.created", deepcopy(e[1][1])))),
    ("N-14", "submit", "run.created late", rename("thread.run.in_progress", "thread.run.created")),
    ("N-14", "submit", "no step.completed", drop("thread.run.step.completed")),
    ("SUB-015", "submit", "no step.completed", drop("thread.run.step.completed")),
    # how it ends
    ("SSE-004", "plain", "no done", drop("done")),
    ("SSE-004", "plain", "done before the end", swap("thread.run.completed")),
    ("SSE-004", "plain", "an event after done", lambda e: e.append(deepcopy(e[-2]))),
    ("SSE-004", "plain", "done twice", double("done")),
    ("SSE-004", "plain", "other data", lambda e: e.__setitem__(-1, ("done", "DONE"))),
    ("SSE-004", "plain", "an object as data", lambda e: e.__setitem__(-1, ("done", {}))),
    ("SSE-004", "plain", "another name", rename("done", "end")),
    ("SSE-013", "plain", "no closing event", drop("thread.run.completed")),
    ("SSE-013", "plain", "two closing events", double("thread.run.completed")),
    ("SSE-013", "plain", "an event between", swap("thread.run.step.completed")),
    ("SSE-013", "plain", "failed after completed",
     lambda e: e.insert(-1, ("thread.run.failed", Teller().run("failed")))),
    ("SSE-013", "function call", "no requires_action", drop("thread.run.requires_action")),
    ("SSE-023", "plain", "just stops", lambda e: e.__delitem__(slice(9, None))),
    ("SSE-023", "plain", "nothing at all", lambda e: e.clear()),
    ("SSE-023", "error", "no message", put("error", "error", value={"code": "server_error"})),
    ("SSE-023", "error", "a string", lambda e: e.__setitem__(-1, ("error", '"out of order"'))),
    ("SSE-023", "error", "goes on", lambda e: e.append(("thread.run.failed", Teller().run("failed")))),
    # names and data
    ("SSE-005", "plain", "wrapped", lambda e: e.__setitem__(0, (e[0][0], {"event": e[0][0], "data": e[0][1]}))),
    ("SSE-005", "plain", "a list", lambda e: e.__setitem__(0, (e[0][0], [e[0][1]]))),
    ("SSE-005", "plain", "no JSON", lambda e: e.__setitem__(7, (e[7][0], "{'id': 1}"))),
    ("SSE-005", "plain", "another object", put("thread.message.delta", "object", value="thread.message")),
    ("SSE-005", "plain", "no delta", lose("thread.message.delta", "delta")),
    ("SSE-005", "plain", "a value that is no text", put("thread.message.delta", *PARTS, "text", "value", value=5)),
    ("SSE-006", "plain", "an unknown name", rename("thread.message.delta", "response.output_text.delta")),
    ("SSE-006", "plain", "a name in capitals", rename("thread.run.completed", "Thread.Run.Completed")),
    ("SSE-006", "plain", "no such state", rename("thread.message.completed", "thread.message.finished")),
    # blocks
    ("SSE-010", "plain", "no step.created", drop("thread.run.step.created")),
    ("SSE-010", "plain", "no step.in_progress", drop("thread.run.step.in_progress")),
    ("SSE-010", "plain", "no step events", both(drop("thread.run.step.created"), drop("thread.run.step.in_progress"))),
    ("SSE-010", "plain", "no step.completed", drop("thread.run.step.completed")),
    ("SSE-010", "plain", "no message.created", drop("thread.message.created")),
    ("SSE-010", "plain", "no message.in_progress", drop("thread.message.in_progress")),
    ("SSE-010", "plain", "no message.completed", drop("thread.message.completed")),
    ("SSE-010", "plain", "the step ends before its message", swap("thread.message.completed")),
    ("SSE-010", "plain", "a delta before the message", swap("thread.message.in_progress")),
    ("SSE-010", "plain", "a delta after the message", swap("thread.message.delta", 3)),
    ("SSE-010", "plain", "a message step without message",
     lambda e: e.__delitem__(slice(place(e, "thread.message.created"), place(e, "thread.message.completed") + 1))),
    ("SSE-010", "plain", "a status that is not the name's", put("thread.run.step.completed", "status", value="failed")),
    ("SSE-010", "plain", "message status", put("thread.message.completed", "status", value="in_progress")),
    ("SSE-010", "code interpreter", "one step in another",
     lambda e: e.insert(place(e, "thread.run.step.delta", 2), deepcopy(e[place(e, "thread.run.step.created", 1)]))),
    ("SSE-010", "code interpreter", "a delta after the step", swap("thread.run.step.delta", 5)),
    ("SSE-010", "plain", "the end of another step", put("thread.run.step.completed", "id", value="step_" + "Z" * 24)),
    ("SSE-011", "function call", "step.completed before the submit",
     lambda e: e.insert(-2, ("thread.run.step.completed", {**data(e, "thread.run.step.created"), "status": "completed",
                                                           "completed_at": 1_717_000_003}))),
    ("SSE-011", "function call", "no deltas",
     lambda e: e.__delitem__(slice(place(e, "thread.run.step.delta"), place(e, "thread.run.requires_action")))),
    ("SSE-011", "function call", "goes on",
     lambda e: e.insert(-1, ("thread.run.completed", Teller().run("completed")))),
    # deltas
    ("SSE-014", "plain", "a delta lost", drop("thread.message.delta", 1)),
    ("SSE-014", "plain", "the first delta lost", drop("thread.message.delta")),
    ("SSE-014", "plain", "a delta twice", double("thread.message.delta", 2)),
    ("SSE-014", "plain", "two deltas change places", swap("thread.message.delta", 1)),
    ("SSE-014", "plain", "white space lost",
     put("thread.message.delta", *PARTS, "text", "value", number=1, value="Tag")),
    ("SSE-014", "plain", "another text", put("thread.message.completed", "content", 0, "text", "value", value="Hi!")),
    ("SSE-014", "plain", "another type", put("thread.message.delta", *PARTS, "type", value="markdown")),
    ("SSE-014", "cap", "another text", put("thread.message.incomplete", "content", 0, "text", "value", value="Once")),
    ("SSE-014", "code interpreter", "another picture",
     put("thread.message.delta", *PARTS, "image_file", "file_id", value="file-" + "X" * 24)),
    ("SSE-014", "code interpreter", "an annotation lost",
     put("thread.message.completed", "content", 1, "text", "annotations", value=[])),
    ("SSE-014", "code interpreter", "an annotation elsewhere",
     put("thread.message.delta", *PARTS, "text", "annotations", 0, "start_index", number=2, value=4)),
    ("SSE-014", "code interpreter", "a part lost", lambda e: data(e, "thread.message.completed")["content"].pop()),
    ("N-12", "plain", "a delta lost", drop("thread.message.delta", 1)),
    ("SSE-015", "plain", "a text in created",
     put("thread.message.created", "content", value=[{"type": "text", "text": {"value": "", "annotations": []}}])),
    ("SSE-015", "plain", "content null", put("thread.message.in_progress", "content", value=None)),
    ("SSE-015", "plain", "completed in the beginning", put("thread.message.created", "status", value="completed")),
    ("SSE-016", "plain", "no annotations", lose("thread.message.delta", *PARTS, "text", "annotations")),
    ("SSE-016", "plain", "annotations null", put("thread.message.delta", *PARTS, "text", "annotations", value=None)),
    ("SSE-016", "plain", "[] in each",
     put("thread.message.delta", *PARTS, "text", "annotations", number=2, value=[])),
    ("SSE-017", "plain", "no index", lose("thread.message.delta", *PARTS, "index")),
    ("SSE-017", "plain", "an index as text", put("thread.message.delta", *PARTS, "index", value="0")),
    ("SSE-017", "plain", "from one on", put("thread.message.delta", *PARTS, "index", value=1)),
    ("SSE-017", "plain", "an index left out", put("thread.message.delta", *PARTS, "index", number=1, value=2)),
    ("SSE-017", "function call", "no index of a call", lose("thread.run.step.delta", *CALLS, "index")),
    ("SSE-017", "two function calls", "calls from one on", put("thread.run.step.delta", *CALLS, "index", value=1)),
    ("SSE-017", "code interpreter", "no index of an output",
     lose("thread.run.step.delta", *CALLS, "code_interpreter", "outputs", 0, "index", number=4)),
    ("SSE-018", "function call", "no id", lose("thread.run.step.delta", *CALLS, "id")),
    ("SSE-018", "function call", "no type", lose("thread.run.step.delta", *CALLS, "type")),
    ("SSE-018", "function call", "a piece lost", drop("thread.run.step.delta", 2)),
    ("SSE-018", "two function calls", "pieces of the other call",
     put("thread.run.step.delta", *CALLS, "index", number=5, value=0)),
    ("SSE-018", "code interpreter", "a piece lost", drop("thread.run.step.delta", 2)),
    ("SSE-018", "code interpreter", "a piece twice", double("thread.run.step.delta", 2)),
    ("SSE-018", "code interpreter", "no outputs in deltas",
     both(drop("thread.run.step.delta", 5), drop("thread.run.step.delta", 4))),
    ("SSE-018", "code interpreter", "another log",
     put("thread.run.step.completed", "step_details", "tool_calls", 0, "code_interpreter", "outputs", 0, "logs",
         value="41\n")),
    ("SSE-018", "code interpreter", "another id",
     put("thread.run.step.completed", "step_details", "tool_calls", 0, "id", value=CALL)),
    ("SSE-018", "code interpreter", "a call too many",
     lambda e: data(e, "thread.run.step.completed")["step_details"]["tool_calls"].append(
         {"id": CALL, "type": "code_interpreter", "code_interpreter": {"input": "", "outputs": []}})),
    ("N-13", "function call", "another id",
     put("thread.run.requires_action", "required_action", "submit_tool_outputs", "tool_calls", 0, "id",
         value=CODE_CALL)),
    ("N-13", "function call", "other arguments",
     put("thread.run.requires_action", "required_action", "submit_tool_outputs", "tool_calls", 0, "function",
         "arguments", value='{"city": "Bonn"}')),
    ("N-13", "function call", "another name",
     put("thread.run.step.delta", *CALLS, "function", "name", value="functions.weather")),
    ("N-13", "two function calls", "one call is not told",
     lambda e: e.__delitem__(slice(place(e, "thread.run.step.delta", 4), place(e, "thread.run.requires_action")))),
    # the objects
    ("SSE-019", "plain", "completed in progress", put("thread.run.completed", "status", value="in_progress")),
    ("SSE-019", "plain", "in_progress queued", put("thread.run.in_progress", "status", value="queued")),
    ("SSE-019", "failed", "failed is completed", rename("thread.run.failed", "thread.run.completed")),
    ("SSE-019", "cancelled", "cancelled is cancelling", put("thread.run.cancelled", "status", value="cancelling")),
    ("SSE-021", "plain", "usage at the beginning", put("thread.run.created", "usage", value=Teller().usage())),
    ("SSE-021", "plain", "usage in progress", put("thread.run.in_progress", "usage", value=Teller().usage())),
    ("SSE-021", "plain", "usage of zeros", put("thread.run.queued", "usage", value={"prompt_tokens": 0})),
    ("SSE-021", "plain", "no usage at the end", put("thread.run.completed", "usage", value=None)),
    ("SSE-026", "plain", "no status", lose("thread.message.completed", "status")),
    ("SSE-026", "plain", "no completed_at", lose("thread.message.created", "completed_at")),
    ("SSE-026", "plain", "no incomplete_at", lose("thread.message.in_progress", "incomplete_at")),
    ("SSE-026", "plain", "no incomplete_details", lose("thread.message.completed", "incomplete_details")),
    ("SSE-027", "cap", "the step fails",
     both(rename("thread.run.step.completed", "thread.run.step.failed"),
          put("thread.run.step.failed", "status", value="failed"))),
    ("SSE-027", "cap", "the run goes on",
     lambda e: e.insert(place(e, "thread.run.incomplete"), deepcopy(e[place(e, "thread.run.step.created")]))),
    ("SSE-031", "plain", "queued, then completed", drop("thread.run.in_progress")),
    ("SSE-031", "plain", "back to queued",
     lambda e: e.insert(3, deepcopy(e[1]))),
    ("SSE-031", "cancelled", "no cancelling", drop("thread.run.cancelling")),
    ("SSE-032", "plain", "a run of another id", put("thread.run.in_progress", "id", value="run_" + "Z9" * 12)),
    ("SSE-032", "plain", "a thread of another id",
     put("thread.run.completed", "thread_id", value="thread_" + "Z9" * 12)),
    ("SSE-032", "plain", "a step of another run", put("thread.run.step.completed", "run_id", value="run_" + "Z9" * 12)),
    ("SSE-032", "plain", "a message of another run", put("thread.message.created", "run_id", value="run_" + "Z9" * 12)),
    ("SSE-032", "plain", "a delta of another message",
     put("thread.message.delta", "id", number=1, value=OTHER_MESSAGE)),
    ("SSE-032", "function call", "a delta of another step",
     put("thread.run.step.delta", "id", number=1, value="step_" + "Z9" * 12)),
    ("SSE-032", "plain", "a step of another message",
     both(put("thread.run.step.created", "step_details", "message_creation", "message_id", value=OTHER_MESSAGE),
          put("thread.run.step.in_progress", "step_details", "message_creation", "message_id", value=OTHER_MESSAGE))),
    ("N-08", "plain", "run.queued differs", put("thread.run.queued", "expires_at", value=1_717_000_601)),
    ("N-08", "plain", "step.in_progress differs", put("thread.run.step.in_progress", "usage", value=Teller().usage())),
    ("N-08", "plain", "message.in_progress differs",
     put("thread.message.in_progress", "metadata", value={"a": "b"})),
    ("N-09", "function call", "calls in the beginning",
     put("thread.run.step.in_progress", "step_details", "tool_calls", value=[{"id": CALL, "type": "function"}])),
    ("N-09", "code interpreter", "no list", lose("thread.run.step.in_progress", "step_details", "tool_calls")),
    ("N-15", "failed", "no done", drop("done")),
    ("N-16", "plain", "a role", put("thread.message.delta", "delta", "role", value="assistant")),
    ("N-16", "plain", "file_ids", put("thread.message.delta", "delta", "file_ids", value=[])),
    ("MSG-028", "cap", "an unknown reason",
     put("thread.message.incomplete", "incomplete_details", "reason", value="length")),
    ("MSG-030", "cap", "completed_at", put("thread.message.incomplete", "completed_at", value=1_717_000_003)),
    ("MSG-030", "cap", "no incomplete_at", put("thread.message.incomplete", "incomplete_at", value=None)),
    ("MSG-030", "cap", "no details", put("thread.message.incomplete", "incomplete_details", value=None)),
    ("MSG-030", "plain", "no completed_at", put("thread.message.completed", "completed_at", value=None)),
    ("MSG-030", "plain", "completed_at too early", put("thread.message.in_progress", "completed_at", value=1)),
    ("ANN-013", "code interpreter", "no index",
     lose("thread.message.delta", *PARTS, "text", "annotations", 0, "index", number=2)),
    ("ANN-013", "code interpreter", "an index as text",
     put("thread.message.delta", *PARTS, "text", "annotations", 0, "index", number=2, value="0")),
    ("STEP-F17", "plain", "no expiry of a step", put("thread.run.step.completed", "expires_at", value=None)),
]:  # fmt: skip
    violation(requirement, stream, name)(change)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("closed", [True, False], ids=["closed", "open"])
@pytest.mark.parametrize("name", STREAMS)
def test_conforming_stream_is_not_accused(name, closed, profile):
    operation, write = STREAMS[name]
    judge = judged(profile, [streamed(operation, profile, write(profile))], closed)
    assert found(judge) == []
    assert judge.exercised["SSE-003"] > 0


@pytest.mark.parametrize(("requirement", "stream", "change", "options"), VIOLATIONS)
def test_violation_is_found_under_its_id(requirement, stream, change, options):
    operation, write = STREAMS[stream]
    tried = 0
    for profile in PROFILES:
        if requirement not in load_profile(profile).active:
            continue
        events = write(profile)
        change(events)
        for closed in (True, False):
            judge = judged(profile, [streamed(operation, profile, events, **options)], closed)
            assert requirement in ids(judge), (profile, closed, found(judge))
            tried += 1
    assert tried, f"{requirement} is active in none of {PROFILES}"


def test_every_rule_on_streams_has_a_violation_here():
    """Others need more than one exchange, an option of a request, or a scenario."""
    elsewhere = {
        "SSE-001", "SSE-002", "SSE-003", "SSE-020", "SSE-022", "SSE-024", "SSE-025", "SSE-029", "SSE-030", "SSE-033",
        "SSE-034", "SSE-035", "SSE-036", "SSE-028",
    }  # fmt: skip
    rows = set().union(*(load_profile(profile).active for profile in profile_ids()))
    streaming = {row for row in rows if row.startswith("SSE-")} | {"N-08", "N-09", *(f"N-{n}" for n in range(12, 17))}
    assert streaming - elsewhere == {row.values[0] for row in VIOLATIONS} & streaming


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("closed", [True, False], ids=["closed", "open"])
@pytest.mark.parametrize("name", STREAMS)
def test_stream_left_by_its_reader_is_not_accused(name, closed, profile):
    operation, write = STREAMS[name]
    events = write(profile)
    for number in range(len(events)):
        exchange = streamed(operation, profile, events[:number], complete=False)
        assert found(judged(profile, [exchange], closed)) == [], number


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "open"])
@pytest.mark.parametrize("name", ["plain", "function call", "error and done"])
def test_stream_left_at_any_byte_is_not_accused(name, closed):
    operation, write = STREAMS[name]
    body = framed(write("openai-v2"))
    for number in range(0, len(body), 19):
        exchange = streamed(operation, "openai-v2", body[:number], complete=False)
        assert found(judged("openai-v2", [exchange], closed)) == [], body[:number][-60:]


def test_stream_cut_by_its_server_is_accused_wherever_it_is_cut():
    events = plain("openai-v2")
    body = framed(events)
    for number in range(1, len(body) - 2, 41):
        told = ids(judged("openai-v2", [streamed("create_run", "openai-v2", body[:number])]))
        assert "SSE-004" in told, body[:number][-60:]
        closing = b"\n\nevent: done" in body[:number] or b"thread.run.completed\ndata: " in body[:number]
        assert closing or "SSE-023" in told, body[:number][-60:]


@pytest.mark.parametrize("name", ["cancelling", "error"])
@pytest.mark.parametrize("stream", ["plain", "code interpreter", "submit"])
def test_a_cancellation_or_an_error_comes_at_any_time(stream, name):
    operation, write = STREAMS[stream]
    events = write("openai-v2")
    teller = Teller()
    teller.tools = next(event[1]["tools"] for event in events if event[0] == "thread.run.queued")
    told = {"error": {"message": "Sorry.", "type": "server_error", "param": None, "code": None}}
    end = {
        "cancelling": [*teller.told_run("cancelling").told_run("cancelled").done().events],
        "error": [("error", told)],
    }[name]
    first = place(events, "thread.run.in_progress") + 1
    for number in range(first, place(events, "thread.run.completed")):
        exchange = streamed(operation, "openai-v2", [*events[:number], *end])
        assert found(judged("openai-v2", [exchange])) == [], events[number - 1][0]


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "open"])
def test_unknown_name_is_one_finding_and_its_data_are_passed_over(closed):
    events = plain("openai-v2")
    events.insert(5, ("thread.run.dreaming", {"object": "dream", "id": 5}))
    assert ids(judged("openai-v2", [streamed("create_run", "openai-v2", events)], closed)) == {"SSE-006"}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (lambda raw: raw.replace(b"\n", b"\r\n"), set()),
        (lambda raw: raw.replace(b"\n", b"\r"), set()),
        (lambda raw: b"\xef\xbb\xbf" + raw, set()),
        (lambda raw: b": hello\n\n" + raw.replace(b"\n\n", b"\n: ping\n\n"), set()),
        (lambda raw: raw.replace(b"data: {", b"data: {\ndata: "), set()),
        (lambda raw: raw.replace(b"\ndata: ", b"\nid: 5\nretry: 100\ndata:"), set()),
        (lambda raw: raw.replace(b"event: thread.run.queued\n", b""), {"SSE-003"}),
        (lambda raw: raw.replace("世".encode(), b"\xff"), {"SSE-003"}),
        (lambda raw: raw[:-1], {"SSE-003"}),
        (lambda raw: raw.replace(b"\n\n", b"\n"), {"SSE-003", "SSE-004", "SSE-023"}),
    ],
)
def test_frames(body, told):
    exchange = streamed("create_run", "openai-v2", body(framed(plain("openai-v2"))))
    judge = judged("openai-v2", [exchange])
    assert told <= ids(judge), found(judge)
    assert told or found(judge) == []


@pytest.mark.parametrize(
    "kind", ["text/event-stream", "text/event-stream; charset=latin-1", "text/event-stream; charset=utf-8; v=1"]
)
def test_content_type(kind):
    events = plain("openai-v2")
    judge = judged("openai-v2", [streamed("create_run", "openai-v2", events, headers={"content-type": kind})])
    assert ids(judge) == {"SSE-002"}
    for fine in ("text/event-stream;charset=utf-8", "text/event-stream; charset=UTF-8"):
        exchange = streamed("create_run", "openai-v2", events, headers={"content-type": fine})
        assert found(judged("openai-v2", [exchange])) == []


def test_another_status_than_200():
    exchange = streamed("create_run", "openai-v2", plain("openai-v2"))
    exchange = replace(exchange, response=replace(exchange.response, status=201))
    assert "SSE-002" in ids(judged("openai-v2", [exchange]))


@pytest.mark.parametrize("value", [False, None, ...])
def test_stream_that_nobody_asked_for(value):
    exchange = streamed("create_run", "openai-v2", plain("openai-v2"))
    sent = json.loads(exchange.request.body)
    sent["stream"] = value
    if value is ...:
        del sent["stream"]
    exchange = replace(exchange, request=replace(exchange.request, body=json.dumps(sent).encode()))
    assert "RUN-030" in ids(judged("openai-v2", [exchange]))


def test_one_object_in_the_place_of_a_stream():
    events = plain("openai-v2")
    body = json.dumps(Teller().run("queued", tool_resources={})).encode()
    exchange = streamed("create_run", "openai-v2", events, headers={"content-type": "application/json"})
    exchange = replace(exchange, response=replace(exchange.response, body=body))
    assert ids(judged("openai-v2", [exchange])) >= {"SSE-001", "RUN-030"}


def test_streams_in_the_version_before():
    exchange = streamed("create_run", "azure-2024-02-15-preview", plain("azure-2024-05-01-preview"))
    assert "SSE-028" in ids(judged("azure-2024-02-15-preview", [exchange]))


def test_incomplete_run_in_completed_is_tolerated():
    """As the first streams of the second shape had it (SSE-020)."""
    _, write = STREAMS["cap"]
    events = write("openai-v2")
    rename("thread.run.incomplete", "thread.run.completed")(events)
    assert found(judged("openai-v2", [streamed("create_run", "openai-v2", events)])) == []


def test_annotations_count_characters_and_not_bytes():
    teller = Teller().begin().begin_message()
    text, link = "Da: 😀 ", "sandbox:/mnt/data/ä.csv"
    note = {
        "type": "file_path",
        "text": link,
        "start_index": len(text),
        "end_index": len(text) + len(link),
        "file_path": {"file_id": "file-" + "F1" * 12},
    }
    teller.delta({"index": 0, "type": "text", "text": {"value": text, "annotations": []}})
    teller.delta({"index": 0, "type": "text", "text": {"value": link, "annotations": [{"index": 0, **note}]}})
    teller.end_message(text + link, "completed", "", note).end_step().told_run("completed").done()
    assert found(judged("openai-v2", [streamed("create_run", "openai-v2", teller.events)])) == []


def test_two_messages_in_one_run_are_kept_apart():
    first = plain("openai-v2")
    start, stop = place(first, "thread.run.step.created"), place(first, "thread.run.step.completed") + 1
    block = json.loads(json.dumps(first[start:stop]).replace(MESSAGE, OTHER_MESSAGE).replace("step_S", "step_Y"))
    events = [*first[:stop], *map(tuple, block), *first[stop:]]
    assert found(judged("openai-v2", [streamed("create_run", "openai-v2", events)])) == []


def test_findings_name_the_event():
    events = plain("openai-v2")
    put("thread.message.delta", *PARTS, "index", number=1, value="0")(events)
    judge = judged("openai-v2", [streamed("create_run", "openai-v2", events)])
    assert any(finding.observed.startswith("event 9 (thread.message.delta): ") for finding in judge.findings)


def test_ids_are_remembered_from_events():
    exchange = streamed("create_run", "openai-v2", plain("openai-v2"))
    judge = judged("openai-v2", [exchange])
    world, _ = judge._session("")
    assert RUN in world.runs
    assert world.runs_of_thread[THREAD] == {RUN}
