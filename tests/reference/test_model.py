"""The scripted model: which tool it picks, what comes of it, and annotations that are where they say."""

from __future__ import annotations

import json
import re
import struct
import zlib

import pytest

from assistants_conformance.reference import model, sandbox
from assistants_conformance.reference.search import passages
from tests.reference.conftest import NICKNAME, WEATHER

CODE = {"type": "code_interpreter"}


def _answer(client, question, *tools, instructions="You are a bot.", files=(), **body):
    """Run one question to its end, outputs given where asked for; answer run, steps and the closing message."""
    assistant = client.assistant(tools=list(tools), instructions=instructions)
    message = {"role": "user", "content": question}
    if client.profile.shape == "v1":
        message |= {"file_ids": [row["id"] for row in files]} if files else {}
    else:
        kinds = [{"type": tool["type"]} for tool in tools if tool["type"] != "function"]
        message["attachments"] = [{"file_id": row["id"], "tools": kinds} for row in files]
    thread = client.made("/threads", {"messages": [message]})
    run = client.settled(client.run(thread, assistant, **body))
    while run["status"] == "requires_action":
        client.submit(run, client.outputs(run))
        run = client.settled(run)
    return run, client.steps(run), client.messages(thread["id"])[-1]


def _tools(steps):
    calls = [call for step in steps for call in step["step_details"].get("tool_calls", [])]
    return [call["function"]["name"] if call["type"] == "function" else call["type"] for call in calls]


def _check_annotations(message):
    rows = []
    for part in message["content"]:
        if part["type"] == "text":
            for row in part["text"]["annotations"]:
                assert part["text"]["value"][row["start_index"] : row["end_index"]] == row["text"]
                rows.append(row)
    ends = [(row["start_index"], row["end_index"]) for row in rows]
    assert all(left[1] <= right[0] for left, right in zip(sorted(ends), sorted(ends)[1:], strict=False))
    return rows


@pytest.mark.parametrize(
    ("question", "instructions", "wanted"),
    [
        ("What is the weather in Oslo?", "Hi", ["getCurrentWeather"]),
        ("weather and nickname of Oslo?", "Hi", ["getCurrentWeather", "getNickname"]),
        ("Tell me about Oslo", "Call getNickname first.", ["getNickname"]),
        ("Use getNickname", "Hi", ["getNickname"]),
        ("Get the current time", "Hi", []),
        ("Hello", "Hi", []),
    ],
)
def test_functions_by_general_rules(client, question, instructions, wanted):
    _, steps, _ = _answer(client, question, WEATHER, NICKNAME, instructions=instructions)
    assert _tools(steps) == wanted


def test_arguments_fit_their_schema():
    schema = {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"enum": ["c", "f"]},
            "days": {"type": "integer", "minimum": 3},
            "tags": {"type": "array", "items": {"type": "string"}},
            "exact": {"type": ["boolean", "null"]},
            "spot": {"type": "object", "properties": {"lat": {"type": "number"}}, "required": ["lat"]},
            "left_out": {"type": "string"},
        },
        "required": ["city", "unit", "days", "tags", "exact", "spot"],
    }
    tool = {"type": "function", "function": {"name": "forecast", "parameters": schema}}
    now = model.Situation("", "Give the forecast for New York.", [tool], None, True, [], False, False)
    action = model.decide(now)
    assert isinstance(action, model.CallFunctions)
    arguments = json.loads(action.calls[0][1])
    assert arguments == {
        "city": "New York",
        "unit": "c",
        "days": 3,
        "tags": ["example"],
        "exact": True,
        "spot": {"lat": 1.0},
    }


@pytest.mark.parametrize("name", ["getCurrentWeather", "get_current_weather", "lookup_weather", "WEATHER-2"])
def test_significant_words(name):
    assert model.significant_words(name) == ["weather"]


def test_tool_choice(serve_as):
    client = serve_as("openai-v2")
    forced = {"type": "function", "function": {"name": "getNickname"}}
    assert _tools(_answer(client, "Hello", WEATHER, NICKNAME, tool_choice=forced)[1]) == ["getNickname"]
    assert _tools(_answer(client, "weather?", WEATHER, tool_choice="none")[1]) == []
    assert _tools(_answer(client, "Hello", WEATHER, NICKNAME, tool_choice="required")[1]) == ["getCurrentWeather"]
    assert _tools(_answer(client, "Hello", CODE, WEATHER, tool_choice=CODE)[1]) == ["code_interpreter"]
    search = {"type": "file_search"}
    assert _tools(_answer(client, "Hello", search, tool_choice=search)[1]) == ["file_search"]


def test_one_call_at_a_time(serve_as):
    client = serve_as("openai-v2")
    _, steps, _ = _answer(client, "weather and nickname of Oslo?", WEATHER, NICKNAME, parallel_tool_calls=False)
    rounds = [step["step_details"]["tool_calls"] for step in steps if step["type"] == "tool_calls"]
    assert [len(calls) for calls in rounds] == [1, 1]
    assert rounds[0][0]["id"] != rounds[1][0]["id"]


def test_picture(client):
    run, steps, message = _answer(client, "Use Python code to plot a sine wave and show the image.", CODE)
    assert run["status"] == "completed"
    assert [step["type"] for step in steps] == ["tool_calls", "message_creation"]
    assert [part["type"] for part in message["content"]] == ["image_file", "text"]
    name = message["content"][0]["image_file"]["file_id"]
    outputs = steps[0]["step_details"]["tool_calls"][0]["code_interpreter"]["outputs"]
    assert {"type": "image", "image": {"file_id": name}} in outputs
    data = client.get(f"/files/{name}/content").content
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert client.get(f"/files/{name}").json()["purpose"] == "assistants_output"


def test_picture_is_a_real_png():
    data = sandbox.picture(dark=True)
    place, chunks = 8, []
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        (check,) = struct.unpack(">I", data[place + 8 + length : place + 12 + length])
        assert check == zlib.crc32(kind + body)
        chunks.append((kind, body))
        place += 12 + length
    assert [kind for kind, _ in chunks] == [b"IHDR", b"IDAT", b"IEND"]
    width, height = struct.unpack(">II", chunks[0][1][:8])
    assert len(zlib.decompress(chunks[1][1])) == height * (1 + 3 * width)


def test_generated_file(client):
    question = "Use Python code to write the squares of 1 to 5 into a CSV file and give me a link to download the file."
    _, _, message = _answer(client, question, CODE)
    (row,) = _check_annotations(message)
    assert row["type"] == "file_path"
    assert row["text"] == "sandbox:/mnt/data/result.csv"
    name = row["file_path"]["file_id"]
    assert client.get(f"/files/{name}/content").content.startswith(b"x,")
    if client.profile.shape == "v1":
        assert message["file_ids"] == [name]
    else:
        assert message["attachments"] == [{"file_id": name, "tools": [CODE]}]


def test_picture_and_file_together(client):
    _, _, message = _answer(client, "Draw a chart of it and save the numbers as numbers.json file", CODE)
    assert [part["type"] for part in message["content"]] == ["image_file", "text"]
    (row,) = _check_annotations(message)
    assert row["text"] == "sandbox:/mnt/data/numbers.json"
    assert json.loads(client.get(f"/files/{row['file_path']['file_id']}/content").content)


@pytest.mark.parametrize(
    ("question", "answer"), [("Solve the equation 3x + 11 = 14", "x = 1"), ("calculate 6 * 7", "42")]
)
def test_log_of_code(client, question, answer):
    _, steps, message = _answer(client, question, CODE)
    call = steps[0]["step_details"]["tool_calls"][0]["code_interpreter"]
    assert call["outputs"] == [{"type": "logs", "logs": f"{answer}\n"}]
    assert answer in call["input"]
    assert answer in message["content"][0]["text"]["value"]


def test_code_is_not_run_without_reason(client):
    _, steps, message = _answer(client, "Hello there", CODE)
    assert _tools(steps) == []
    assert message["content"][0]["text"]["annotations"] == []


def test_citations(client):
    search = {"type": "retrieval" if client.profile.shape == "v1" else "file_search"}
    one = client.file("food.txt", "Intro.\n🍰🍰 Filip’s favourite food is cake. He swims.".encode())
    two = client.file("more.md", "Nothing here.\nThe favourite food of Ada is soup.".encode("utf-16"))
    _, steps, message = _answer(client, "Which food is the favourite?", search, files=[one, two])
    assert _tools(steps) == [search["type"]]
    rows = _check_annotations(message)
    assert {row["file_citation"]["file_id"] for row in rows} == {one["id"], two["id"]}
    value = message["content"][0]["text"]["value"]
    assert "🍰🍰 Filip’s favourite food is cake." in value
    for row in rows:
        if client.profile.shape == "v1":
            assert row["file_citation"]["quote"] in value
            assert re.fullmatch(r"【\d+†source】", row["text"])
        else:
            assert sorted(row["file_citation"]) == ["file_id"]
            assert re.fullmatch(r"【4:\d†\w+\.\w+】", row["text"])
    call = steps[0]["step_details"]["tool_calls"][0]
    if "search_results" in client.profile.traits:
        assert {row["file_name"] for row in call["file_search"]["results"]} == {"food.txt", "more.md"}
        assert all("content" not in row for row in call["file_search"]["results"])
    else:
        assert call[search["type"]] == {}


def test_included_results(serve_as):
    client = serve_as("openai-v2")
    file = client.file("food.txt", b"The favourite food is cake.")
    run, steps, _ = _answer(client, "Which food?", {"type": "file_search"}, files=[file])
    path = f"/threads/{run['thread_id']}/runs/{run['id']}/steps/{steps[0]['id']}"
    include = "step_details.tool_calls[*].file_search.results[*].content"
    step = client.get(path, **{"include[]": include}).json()
    (result,) = step["step_details"]["tool_calls"][0]["file_search"]["results"]
    assert result["content"] == [{"type": "text", "text": "The favourite food is cake."}]
    client.error(client.get(path, **{"include[]": "all"}), 400)
    assert client.get(path).json() == steps[0]


def test_search_without_files(second):
    _, steps, message = _answer(second, "Which food?", {"type": "file_search"})
    assert _tools(steps) == []
    forced = {"type": "file_search"}
    _, steps, message = _answer(second, "Which food?", forced, tool_choice=forced)
    assert _tools(steps) == ["file_search"]
    assert message["content"][0]["text"]["annotations"] == []


def test_long_passages_are_shortened():
    assert [len(part) for part in passages("a" * 1000 + "\n\n b. c")] == [300, 2, 1]


def test_follow_up_shows_the_code(client):
    assistant = client.assistant(tools=[CODE], instructions="You make visualizations with code.")
    thread = client.thread("Create a visualization of a sinewave")
    client.settled(client.run(thread, assistant))
    body = {"role": "user", "content": "Show me the code you used to generate the sinewave"}
    client.made(f"/threads/{thread['id']}/messages", body)
    client.settled(client.run(thread, assistant))
    message = client.messages(thread["id"])[-1]
    assert [part["type"] for part in message["content"]] == ["text"]
    assert "plt.plot(x, y" in message["content"][0]["text"]["value"]
