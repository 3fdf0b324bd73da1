"""A walk through every operation of a target, for rules that need traffic and no situation of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.scenario.situations import STORY
from assistants_conformance.scenario.streams import last_run, stream_question
from assistants_conformance.target import Api, Blocked, NotApplicable, call_ids
from assistants_conformance.target.prompts import (
    CODE_INTERPRETER,
    PICTURE,
    SERVER,
    TABLE,
    WEATHER,
    bing_tool,
    demand,
    mcp_tool,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _assistants(api: Api) -> None:
    made = api.assistant(
        name="Ada", description="counts", instructions="Be brief.", metadata={"a": "1"}, tools=[WEATHER]
    )
    api.assistant(name="Bob")
    api.call("get_assistant", assistant_id=made["id"])
    api.call("list_assistants", query={"limit": 1})
    api.call("list_assistants")
    api.call("modify_assistant", assistant_id=made["id"], json={"name": "Grace"})
    api.call("get_assistant", assistant_id=made["id"])
    api.call("delete_assistant", assistant_id=made["id"])
    api.call("get_assistant", assistant_id=made["id"])
    api.call("delete_assistant", assistant_id=made["id"])


def _threads(api: Api) -> None:
    thread = api.thread(messages=[{"role": "user", "content": "One."}], metadata={"b": "2"})
    other = api.thread()
    api.call("get_thread", thread_id=thread["id"])
    api.call("modify_thread", thread_id=thread["id"], json={"metadata": {"c": "3"}})
    api.call("get_thread", thread_id=thread["id"])
    message = api.message(thread["id"], "Two.", metadata={"d": "4"})
    path = {"thread_id": thread["id"], "message_id": message["id"]}
    api.call("get_message", **path)
    api.call("list_messages", thread_id=thread["id"])
    api.call("list_messages", thread_id=thread["id"], query={"order": "asc", "limit": 1})
    api.call("list_messages", thread_id=other["id"])
    api.call("modify_message", **path, json={"metadata": {"e": "5"}})
    api.call("get_message", **path)
    if api.has("delete_message"):
        api.call("delete_message", **path)
        api.call("get_message", **path)
    api.call("delete_thread", thread_id=thread["id"])
    api.call("get_thread", thread_id=thread["id"])
    api.call("delete_thread", thread_id=thread["id"])


def _conversation(api: Api) -> None:
    run = api.chat("Say hello.", instructions="Be brief.")
    path = {"thread_id": run["thread_id"], "run_id": run["id"]}
    steps = api.call("list_run_steps", **path).data
    for step in steps[:1]:
        api.call("get_run_step", **path, step_id=step["id"])
    api.call("list_runs", thread_id=run["thread_id"])
    messages = api.call("list_messages", thread_id=run["thread_id"]).data
    api.call("list_messages", thread_id=run["thread_id"], query={"after": messages[0]["id"], "run_id": run["id"]})
    api.call("modify_run", **path, json={"metadata": {"f": "6"}})
    api.call("get_run", **path)
    api.call("cancel_run", **path)
    thread = {"messages": [{"role": "user", "content": "Again."}]}
    second = api.call("create_thread_and_run", json={"assistant_id": run["assistant_id"], "thread": thread})
    if second.ok:
        api.finished(second.json)


def _functions(api: Api) -> None:
    run = api.parked(metadata={"g": "7"})
    path = {"thread_id": run["thread_id"], "run_id": run["id"]}
    api.call("list_run_steps", **path)
    api.post_message(run["thread_id"], "Wait.")
    api.post_run(run["thread_id"], run["assistant_id"])
    api.submit(run)
    api.call("get_run", **path)
    api.finished(run)
    api.call("list_run_steps", **path)
    api.submit(run)


def _cancelled(api: Api) -> None:
    run = api.parked()
    api.cancel(run)
    api.finished(run)
    api.call("list_run_steps", thread_id=run["thread_id"], run_id=run["id"])


def _expired(api: Api) -> None:
    run = api.expired(api.parked())
    api.call("list_run_steps", thread_id=run["thread_id"], run_id=run["id"])


def _failed(api: Api) -> None:
    thread = api.thread(messages=[{"role": "user", "content": "Hello."}])["id"]
    assistant = api.assistant()["id"]
    run = api.finished(api.run(thread, assistant, model=api.settings.failing_model))
    api.call("list_run_steps", thread_id=thread, run_id=run["id"])


def _capped(api: Api) -> None:
    thread = api.thread(messages=[{"role": "user", "content": "Tell me a story of a thousand words."}])["id"]
    body = {"max_completion_tokens": 256} if api.v2 else {}
    run = api.finished(api.run(thread, api.assistant()["id"], **body))
    api.call("list_run_steps", thread_id=thread, run_id=run["id"])


def _code(api: Api) -> None:
    for question in (PICTURE, TABLE):
        run = api.chat(question, tools=[CODE_INTERPRETER])
        path = {"thread_id": run["thread_id"], "run_id": run["id"]}
        api.call("list_run_steps", **path)
        for message in api.call("list_messages", thread_id=run["thread_id"]).data:
            for part in message.get("content", []):
                file = part.get("image_file", {}).get("file_id") if isinstance(part, dict) else None
                if file:
                    api.call("get_file", file_id=file)
                    api.call("get_file_content", file_id=file)


def _search(api: Api) -> None:
    text = b"The lighthouse of Alexandria was one hundred metres high.\n"
    file = api.file(text, "lighthouse.txt", "text/plain")["id"]
    question = "How high was the lighthouse? Search the file."
    if api.v2:
        assistant = api.assistant(tools=[{"type": "file_search"}])
        attachments = [{"file_id": file, "tools": [{"type": "file_search"}]}]
        thread = api.thread(messages=[{"role": "user", "content": question, "attachments": attachments}])["id"]
    else:
        assistant = api.assistant(tools=[{"type": "retrieval"}], file_ids=[file])
        thread = api.thread(messages=[{"role": "user", "content": question, "file_ids": [file]}])["id"]
        api.call("list_assistant_files", assistant_id=assistant["id"])
        api.call("get_assistant_file", assistant_id=assistant["id"], file_id=file)
        message = api.ids("list_messages", thread_id=thread)[0]
        api.call("list_message_files", thread_id=thread, message_id=message)
        api.call("get_message_file", thread_id=thread, message_id=message, file_id=file)
    run = api.finished(api.run(thread, assistant["id"]))
    api.call("list_run_steps", thread_id=thread, run_id=run["id"])
    api.call("list_messages", thread_id=thread)
    if not api.v2:
        api.call("delete_assistant_file", assistant_id=assistant["id"], file_id=file)


def _stores(api: Api) -> None:
    if not api.has("create_vector_store"):
        return
    files = [api.file(f"Note {number}.".encode(), f"{number}.txt", "text/plain")["id"] for number in range(3)]
    odd = api.file(b"\x00\x01", "odd.conformance", "application/octet-stream")["id"]
    store = api.store(name="Notes", metadata={"h": "8"}, expires_after={"anchor": "last_active_at", "days": 2})["id"]
    path = {"vector_store_id": store}
    api.store()
    api.store(file_ids=files)
    api.post_store(expires_after={"anchor": "created_at", "days": 0})
    api.call("list_vector_stores", query={"limit": 1})
    api.call("list_vector_stores")
    for file in (files[0], odd):
        api.post_store_file(store, file)
        api.call("get_vector_store", **path)
        api.call("list_vector_store_files", **path)
        api.indexed("get_vector_store_file", **path, file_id=file)
    batch = api.need(api.post_batch(store, files[1:]), "make a batch")["id"]
    named = {**path, "batch_id": batch}
    api.call("list_vector_store_file_batch_files", **named)
    api.indexed("get_vector_store_file_batch", **named)
    api.call("list_vector_store_file_batch_files", **named, query={"filter": "completed"})
    api.call("cancel_vector_store_file_batch", **named)
    second = api.need(api.post_batch(store, files), "make a batch")["id"]
    api.call("cancel_vector_store_file_batch", **path, batch_id=second)
    api.indexed("get_vector_store_file_batch", **path, batch_id=second)
    api.indexed("get_vector_store", **path)
    api.call("modify_vector_store", **path, json={"name": "More notes"})
    api.call("modify_vector_store", **path, json={"expires_after": {"anchor": "last_active_at", "days": 1}})
    api.call("get_vector_store", **path)
    api.call("delete_vector_store_file", **path, file_id=files[0])
    api.call("list_vector_store_files", **path, query={"filter": "failed"})
    api.call("delete_vector_store_file", vector_store_id=files[0], file_id=store)
    if api.has("search_vector_store"):
        wind = api.file(b"A note of the north wind.", "wind.txt", "text/plain")["id"]
        for file in (files[0], wind):
            api.post_store_file(store, file)
            api.indexed("get_vector_store_file", **path, file_id=file)
        api.call("modify_vector_store_file", **path, file_id=files[0], json={"attributes": {"i": 9}})
        api.call("get_vector_store_file_content", **path, file_id=files[0])
        api.call("search_vector_store", **path, json={"query": "A note of the north wind"})
    api.wind(86_400)
    api.call("get_vector_store", **path)
    api.call("delete_vector_store", **path)
    api.call("get_vector_store", **path)
    api.call("delete_vector_store", **path)


def _files(api: Api) -> None:
    file = api.file()["id"]
    api.call("get_file", file_id=file)
    api.call("get_file_content", file_id=file)
    api.call("list_files")
    api.call("delete_file", file_id=file)
    api.call("get_file", file_id=file)
    api.post_file(purpose="world_domination")


def _project(api: Api) -> None:
    if not api.has("list_threads"):
        return
    api.thread()
    api.call("list_threads", query={"limit": 2})
    question = {"messages": [{"role": "user", "content": "What is new?"}]}
    server = mcp_tool(api.settings.mcp_server_url)
    entry = {"server_label": SERVER, "headers": {"X-Conformance": "a header value"}}
    for approve in (True, False):
        thread = api.thread(**question)["id"]
        run = api.run(thread, api.assistant(tools=[server])["id"], tool_resources={"mcp": [entry]})
        run = api.wait(run, "requires_action")
        approvals = [{"tool_call_id": call, "approve": approve} for call in call_ids(run)]
        path = {"thread_id": thread, "run_id": run["id"]}
        api.call("submit_tool_outputs", **path, json={"tool_approvals": approvals})
        api.finished(run)
        api.call("list_run_steps", **path)
    run = api.chat("What is new?", tools=[bing_tool(api.settings.bing_connection)])
    api.call("list_messages", thread_id=run["thread_id"])


def _streams(api: Api) -> None:
    if not api.profile.request_schema("create_run")["properties"].get("stream") or not api.v2:
        return
    function, code = {"instructions": demand(["getCurrentWeather"]), "tools": [WEATHER]}, {"tools": [CODE_INTERPRETER]}
    for question, tools in (("Say hello.", {}), ("What is the weather in Paris?", function), (TABLE, code)):
        run = last_run(stream_question(api, question, **tools))
        if run["status"] == "requires_action":
            _polled(api, run)
            run = last_run(api.submit(run, stream=True))
        _polled(api, run)
        api.messages(run["thread_id"])
    story = {"instructions": "Do what you are asked for, at full length."}
    _polled(api, last_run(stream_question(api, STORY, run={"max_completion_tokens": 256}, **story)))
    _polled(api, last_run(stream_question(api, run={"model": api.settings.failing_model})))
    thread = {"messages": [{"role": "user", "content": "Say hello."}]}
    body = {"assistant_id": api.assistant()["id"], "thread": thread, "stream": True}
    _polled(api, last_run(api.call("create_thread_and_run", json=body)))
    _overlapped(api)


def _polled(api: Api, run: dict[str, Any]) -> None:
    api.get_run(run)
    api.steps(run)


def _overlapped(api: Api) -> None:
    """Ask and cancel while a stream is open."""
    thread = api.thread(messages=[{"role": "user", "content": "Say hello."}])["id"]
    body = {"assistant_id": api.assistant()["id"], "stream": True}
    with api.stream("create_run", thread_id=thread, json=body) as live:
        for event in live:
            if event.name == "thread.run.in_progress":
                api.post_message(thread, "Wait.")
                _polled(api, event.json)
                api.cancel(event.json)


def _refusals(api: Api) -> None:
    api.post_assistant(name="x" * 257)
    api.post_thread(metadata={"a": True})
    api.call("get_thread", thread_id="thread_" + "n" * 24)
    api.call("get_assistant", assistant_id="asst_" + "n" * 24)
    api.call("list_assistants", headers={"api-key": None, "Authorization": None})
    api.send("GET", "/nowhere")


WALKS: tuple[Callable[[Api], None], ...] = (
    _assistants,
    _threads,
    _conversation,
    _functions,
    _cancelled,
    _expired,
    _failed,
    _capped,
    _code,
    _search,
    _stores,
    _files,
    _project,
    _streams,
    _refusals,
)


#: The part with streams alone.
STREAMS = _streams


def survey(api: Api) -> Iterator[str]:
    """Walk through everything, part by part; a part that a fault blocks is left where it stands."""
    for walk in WALKS:
        try:
            walk(api)
        except (Blocked, NotApplicable, KeyError, IndexError, TypeError, AttributeError) as error:
            yield f"{walk.__name__}: {error}"
        else:
            yield ""
