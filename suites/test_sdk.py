"""The `openai` package: the documented programs, driven as a user's program drives them.

Covers SDK-001 to SDK-007. Whatever the package or the program around it stumbles over is a finding of the journey; what
a model writes decides nothing. Each journey follows one of the documents: a conversation about a sine wave, function
calling with two functions, code interpreter with a file, footnotes for citations, and a search of a vector store.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.target import Api, Blocked, NotApplicable
from assistants_conformance.target.handing import assistant_body, message_files
from assistants_conformance.target.samples import sample
from assistants_conformance.target.specimens import series

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openai import OpenAI

CODE = {"type": "code_interpreter"}
MODEL_AT_WORK = ("queued", "in_progress", "cancelling")
IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"RIFF")
#: The embedded server's clock moves with each request, so a deadline of seconds alone would be thousands of them.
MOST_POLLS = 200
#: What a program stumbles over when an answer is not what the package and the documents say it is.
STUMBLES = (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError, httpx2.InvalidURL)

PAINTER = (
    "You turn data into pictures. You have a sandbox in which Python code can be run: "
    "when somebody asks for a picture, write the code, run it, and show what it drew."
)
QUESTIONS = (
    "Draw a plot of a sine wave and show me the image.",
    "Please show me the code that made this plot.",
    "Dark mode is easier on my eyes: draw the plot again with dark colors and show me the image.",
)


def function(name: str, description: str, **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": ["location"]}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


LOCATION = {"type": "string", "description": "A city and its state, such as San Francisco, CA"}
WEATHER_BOT = (
    function(
        "getCurrentWeather",
        "Tell the present weather of a place",
        location=LOCATION,
        unit={"type": "string", "enum": ["c", "f"]},
    ),
    function("getNickname", "Tell what a city is called by those who live there", location=LOCATION),
)


@contextmanager
def journey(api: Api, verify: Verify, identifier: str) -> Iterator[OpenAI]:
    """Run a program with the package; where it breaks, that is a finding, and the rest of it cannot be told."""
    from openai import APIConnectionError, OpenAIError  # noqa: PLC0415 - slow to load, and only needed here

    with api.sdk() as client:
        try:
            yield client
        except (OpenAIError, *STUMBLES) as error:
            if isinstance(error, APIConnectionError) and error.__cause__ is not None:
                # The package hides what the client on the other side of the bridge has told already.
                raise error.__cause__ from error
            told = f"{type(error).__name__}: {error}"
            verify(identifier, False, observed=told[:400], expected="the documented program runs to its end")
            raise Blocked(f"the program broke off ({told[:200]})") from error


def ended(api: Api, client: OpenAI, run: Any) -> Any:
    """Poll as the documents do, until the run has ended or waits for the program."""
    deadline = time.monotonic() + api.settings.run_timeout
    while run.status in MODEL_AT_WORK:
        if time.monotonic() > deadline:
            raise Blocked(f"a run was still {run.status} after {api.settings.run_timeout:.0f} s")
        api.pause(0.5)
        run = client.beta.threads.runs.retrieve(thread_id=run.thread_id, run_id=run.id)
    return run


def completed(run: Any) -> None:
    if run.status != "completed":
        raise Blocked(f"a run ended {run.status} ({run.last_error}), not completed")


def image_of(messages: list[Any]) -> str | None:
    """The first image of the newest message that has one."""
    for message in messages:
        for part in message.content:
            if part.type == "image_file":
                return str(part.image_file.file_id)
    return None


def can(api: Api, capability: str) -> bool:
    try:
        api.require(capability)
    except NotApplicable:
        return False
    return True


def as_sdk(body: dict[str, Any]) -> dict[str, Any]:
    """The members of the v1 shape, which the package no longer knows, go into `extra_body`."""
    if "file_ids" not in body:
        return body
    rest = {name: value for name, value in body.items() if name != "file_ids"}
    return {**rest, "extra_body": {"file_ids": body["file_ids"]}}


@requirement("SDK-001", "SDK-003")
def test_conversation_about_a_sine_wave(api: Api, verify: Verify) -> None:
    draws = can(api, "code_interpreter")
    pictures: list[str | None] = []
    with journey(api, verify, "SDK-001") as client:
        assistant = client.beta.assistants.create(
            name="Data Visualization",
            instructions=PAINTER,
            tools=[CODE] if draws else [],
            model=api.settings.model,
        )
        thread = client.beta.threads.create()
        earlier: set[str] = set()
        for question in api.some(QUESTIONS):
            message = client.beta.threads.messages.create(thread_id=thread.id, role="user", content=question)
            run = client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id)
            run = ended(api, client, run)
            completed(run)
            listed = client.beta.threads.messages.list(thread_id=thread.id).data
            answers = [entry for entry in listed if entry.run_id == run.id and entry.role == "assistant"]
            whole = earlier | {message.id} | {entry.id for entry in answers}
            # The programs take the first entry for the answer; what was made in the same second may stand before it.
            first = answers and listed[0].created_at == max(entry.created_at for entry in answers)
            verify(
                "SDK-001",
                first and {entry.id for entry in listed} == whole,
                observed=f"{[(entry.id, entry.role, entry.run_id, entry.created_at) for entry in listed]}",
                expected=f"first an answer of {run.id}, then {message.id} and {sorted(earlier)}",
            )
            pictures.append(image_of(answers))
            earlier = whole
    if not draws:
        raise NotApplicable("the target lacks code_interpreter, so no image is drawn")
    with journey(api, verify, "SDK-003") as client:
        drawn = [picture for picture in pictures if picture is not None]
        for picture in drawn:
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "sinewave.png"
                client.files.content(picture).write_to_file(file)
                shown = file.read_bytes()
            verify("SDK-003", shown.startswith(IMAGES), observed=f"{shown[:16]!r}...", expected="an image")
        if not drawn:
            raise Blocked("none of the runs drew an image")


@requirement("SDK-002", needs=("function_calling",))
def test_function_calling_with_two_functions(api: Api, verify: Verify) -> None:
    outputs = {"getCurrentWeather": "22C", "getNickname": "LA"}
    asked: list[str] = []
    with journey(api, verify, "SDK-002") as client:
        assistant = client.beta.assistants.create(
            instructions="You know nothing of cities yourself: answer every question with the functions that you have.",
            model=api.settings.model,
            tools=list(WEATHER_BOT),
        )
        thread = client.beta.threads.create()
        client.beta.threads.messages.create(
            thread_id=thread.id,
            role="user",
            content="How is the weather in San Francisco, and what nickname does Los Angeles have?",
        )
        run = ended(api, client, client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id))
        for _ in range(len(WEATHER_BOT) * 2):
            if run.status != "requires_action":
                break
            calls = run.required_action.submit_tool_outputs.tool_calls
            known = all(call.function.name in outputs for call in calls)
            names = [call.function.name for call in calls]
            verify("SDK-002", known and calls, observed=f"calls of {names}", expected=f"calls of {list(outputs)}")
            asked += names
            given = [
                {
                    "tool_call_id": call.id,
                    "output": f"{outputs.get(call.function.name)} {json.loads(call.function.arguments)}",
                }
                for call in calls
            ]
            run = client.beta.threads.runs.submit_tool_outputs(thread_id=thread.id, run_id=run.id, tool_outputs=given)
            run = ended(api, client, run)
        if not asked:
            raise Blocked(f"the model called no function; the run ended {run.status}")
        completed(run)
        (newest, *_) = client.beta.threads.messages.list(thread_id=thread.id).data
        verify(
            "SDK-002",
            (newest.role, newest.run_id) == ("assistant", run.id),
            observed=f"the newest message is of {newest.role}, run {newest.run_id}",
            expected=f"an answer of {run.id}",
        )


@requirement("SDK-003", needs=("code_interpreter", "content_download"))
def test_code_interpreter_with_a_file(api: Api, verify: Verify) -> None:
    with journey(api, verify, "SDK-003") as client:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{api.unique()}.csv"
            path.write_bytes(sample(".csv"))
            with path.open("rb") as stream:
                file = client.files.create(file=stream, purpose="assistants")
        verify.equal("SDK-003", (file.filename, file.bytes), (path.name, len(sample(".csv"))))
        assistant = client.beta.assistants.create(
            instructions=PAINTER, model=api.settings.model, **as_sdk(assistant_body(api, file.id))
        )
        # The v1 member has no place in the package's model and is kept as it came.
        held = assistant.tool_resources.code_interpreter.file_ids if api.v2 else assistant.file_ids
        verify.equal("SDK-003", held, [file.id])
        question = "Plot the values in the file as a bar chart and show me the image."
        message = {"role": "user", "content": question, **message_files(api, file.id)}
        thread = client.beta.threads.create(messages=[message])
        run = ended(api, client, client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id))
        completed(run)
        image = image_of(client.beta.threads.messages.list(thread_id=thread.id).data)
        if image is None:
            raise Blocked("the run ended without an image")
        shown = client.files.content(image).read()
        verify("SDK-003", shown.startswith(IMAGES), observed=f"{shown[:16]!r}...", expected="an image")
        gone = client.files.delete(file.id)
        verify.equal("SDK-003", (gone.id, gone.deleted), (file.id, True))


@requirement("SDK-004", needs=("file_search",))
def test_citations_become_footnotes(api: Api, verify: Verify) -> None:
    facts = b"The lighthouse of Alexandria was one hundred metres high. It was built on the island of Pharos.\n"
    with journey(api, verify, "SDK-004") as client:
        file = client.files.create(file=(f"{api.unique()}.txt", facts), purpose="assistants")
        tool = {"type": "file_search" if api.v2 else "retrieval"}
        body = {"tools": [tool]} if api.v2 else {"tools": [tool], "file_ids": [file.id]}
        assistant = client.beta.assistants.create(
            instructions="Answer from the files that you are given and cite them.",
            model=api.settings.model,
            **as_sdk(body),
        )
        question = "How high was the lighthouse of Alexandria? Search the file and cite it."
        asked = {"role": "user", "content": question, **message_files(api, file.id, tool="file_search")}
        thread = client.beta.threads.create(messages=[asked])
        run = ended(api, client, client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id))
        completed(run)
        (newest, *_) = client.beta.threads.messages.list(thread_id=thread.id).data
        message = client.beta.threads.messages.retrieve(thread_id=thread.id, message_id=newest.id)
        texts = [part.text for part in message.content if part.type == "text"]
        if not any(text.annotations for text in texts):
            raise Blocked("the answer cites nothing")
        for text in texts:
            _footnotes(client, verify, text, file)


def _footnotes(client: OpenAI, verify: Verify, text: Any, file: Any) -> None:
    value, notes = text.value, []
    for index, annotation in enumerate(text.annotations):
        there = annotation.text in text.value
        verify("SDK-004", there, observed=f"{annotation.text!r} is not in the text", expected="a text of the message")
        value = value.replace(annotation.text, f" [{index}]")
        if (citation := getattr(annotation, "file_citation", None)) is not None:
            cited = client.files.retrieve(citation.file_id)
            verify.equal("SDK-004", (cited.id, cited.filename), (file.id, file.filename))
            # The documented access to `quote` fails where the later shape has none.
            notes.append(f"[{index}] {getattr(citation, 'quote', '')} from {cited.filename}")
        elif (path := getattr(annotation, "file_path", None)) is not None:
            notes.append(f"[{index}] Click <here> to download {client.files.retrieve(path.file_id).filename}")
    left = [annotation.text for annotation in text.annotations if annotation.text in value]
    verify("SDK-004", not left, observed=f"{left} in {value!r:.200}", expected=f"footnotes alone: {notes}")


@requirement("SDK-007", needs=("file_search", "vector_stores"))
def test_file_search_program_runs(api: Api, verify: Verify) -> None:
    texts = {"lighthouse": b"The lighthouse of Alexandria was one hundred metres high.", "tower": b"A tower leans."}
    with journey(api, verify, "SDK-007") as client:
        files = [
            client.files.create(file=(f"{name}-{api.unique()}.txt", text), purpose="assistants").id
            for name, text in texts.items()
        ]
        store = client.vector_stores.create(name=api.unique())
        batch = client.vector_stores.file_batches.create(vector_store_id=store.id, file_ids=files)
        deadline = time.monotonic() + api.settings.run_timeout
        for _ in range(MOST_POLLS):
            if batch.status != "in_progress" or time.monotonic() > deadline:
                break
            api.pause(0.5)
            batch = client.vector_stores.file_batches.retrieve(batch.id, vector_store_id=store.id)
        told = (batch.status, batch.file_counts.completed, batch.file_counts.total)
        verify.equal("SDK-007", told, ("completed", len(files), len(files)))
        # Iterating asks for page after page, and some lists never end.
        pages = islice(client.vector_stores.files.list(vector_store_id=store.id, limit=1), 3 * len(files))
        listed = [entry.id for entry in pages]
        verify.equal("SDK-007", sorted(listed), sorted(files))
        assistant = client.beta.assistants.create(
            instructions="Answer from the files that you are given and cite them.",
            model=api.settings.model,
            tools=[{"type": "file_search"}],
            tool_resources={"file_search": {"vector_store_ids": [store.id]}},
        )
        question = "How high was the lighthouse of Alexandria? Search the files and cite them."
        thread = client.beta.threads.create(messages=[{"role": "user", "content": question}])
        run = ended(api, client, client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id))
        completed(run)
        (newest, *_) = client.beta.threads.messages.list(thread_id=thread.id).data
        notes = [note for part in newest.content if part.type == "text" for note in part.text.annotations]
        cited = {note.file_citation.file_id for note in notes if note.type == "file_citation"}
        verify("SDK-007", cited <= set(files), observed=f"cited {sorted(cited)}", expected=f"only {sorted(files)}")


LIMITS = (3, 20, 1)


@requirement("SDK-005")
@pytest.mark.parametrize("limit", LIMITS)
def test_auto_paging_gives_every_message_once(api: Api, verify: Verify, limit: int) -> None:
    api.tries(limit, LIMITS)
    thread, made = series(api, 7)
    with journey(api, verify, "SDK-005") as client:
        found: list[str] = []
        for message in client.beta.threads.messages.list(thread_id=thread, limit=limit):
            found.append(message.id)
            if len(found) > 3 * len(made):
                break
        verify("SDK-005", sorted(found) == sorted(made), observed=found, expected=f"each of {made} once, then an end")


REFUSALS = {
    "unknown thread": (404, "NotFoundError"),
    "unknown role": (400, "BadRequestError"),
    "wrong key": (401, "AuthenticationError"),
}


@requirement("SDK-006")
@pytest.mark.parametrize("case", list(REFUSALS))
def test_errors_arrive_as_exceptions(api: Api, verify: Verify, case: str) -> None:
    from openai import APIStatusError  # noqa: PLC0415 - see journey

    thread = api.thread()["id"]
    status, name = REFUSALS[case]
    with journey(api, verify, "SDK-006") as client:
        try:
            if case == "unknown thread":
                client.beta.threads.retrieve(thread[:-12] + api.unique()[-12:])
            elif case == "unknown role":
                client.beta.threads.messages.create(thread_id=thread, role="robot", content="Hello.")  # type: ignore[arg-type]
            else:
                client.with_options(api_key="no-key-of-this-target").beta.assistants.list()
        except APIStatusError as error:
            kind = type(error).__name__
            told = f"{kind}, status_code {error.status_code}, code {error.code!r}, body {error.body!r:.200}"
            holds = (kind, error.status_code) == (name, status)
            spoken = isinstance(error.body, Mapping) and isinstance(error.body.get("message"), str)
            coded = error.code is None or isinstance(error.code, str)
            expected = f"{name} with status_code {status}, code and a body with a message"
            verify("SDK-006", holds and spoken and coded, observed=told, expected=expected)
            return
    raise Blocked(f"{case}: the request was not refused")
