"""Runs: created, read, listed, modified; what they take over from their assistant, and what a request may change.

Covers RUN-001 to RUN-007, RUN-010 to RUN-013, RUN-016, RUN-017, RUN-031, RUN-032, RUN-040 and RUN-044; the fields
(RUN-F..) are judged in all traffic. What a request may say besides stands in test_runs_options.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.scenario import Verify, pairs, requirement
from assistants_conformance.scenario.assistants import property_of
from assistants_conformance.scenario.situations import (
    CODE_INTERPRETER,
    able,
    asked,
    shows,
    text_of,
    tool_names,
    two_runs,
)
from assistants_conformance.target.prompts import NICKNAME, WEATHER

if TYPE_CHECKING:
    from assistants_conformance.target import Api

UNKNOWN = {"assistant": "asst_" + "q" * 24}
#: What every run on any target answers fast and cheaply.
BRIEF = "Answer with one word."


def _tools(api: Api) -> list[dict[str, Any]]:
    return [WEATHER] if able(api, "function_calling") else []


# -- created and read ------------------------------------------------------------------------------------------------


@requirement("RUN-001", "RUN-004", "RUN-010", "RUN-044")
def test_run_takes_over_the_settings_of_its_assistant(api: Api, verify: Verify) -> None:
    assistant = api.assistant(instructions=f"{BRIEF} {api.unique()}", tools=_tools(api))
    thread, metadata = asked(api), {"ticket": api.unique()}
    answer = api.post_run(thread, assistant["id"], metadata=metadata)
    verify.status("RUN-001", answer, 200)
    run = api.need(answer, "create a run")
    verify.equal("RUN-001", [run.get("thread_id"), run.get("assistant_id")], [thread, assistant["id"]], answer)
    read = api.call("get_run", thread_id=thread, run_id=run["id"])
    verify.status("RUN-004", read, 200)
    told = [read.json.get(name) for name in ("id", "thread_id", "metadata")]
    verify.equal("RUN-004", told, [run["id"], thread, run.get("metadata")], read)
    for shown in (answer, read):
        for name in ("model", "instructions"):
            verify.equal("RUN-010", shown.json.get(name), assistant.get(name), shown)
        verify.equal("RUN-010", tool_names(shown.json), tool_names(assistant), shown)
        verify.equal("RUN-044", shown.json.get("metadata"), metadata, shown)


@requirement("RUN-011", "RUN-044")
def test_overrides_apply_to_one_run(api: Api, verify: Verify) -> None:
    own, tools = f"{BRIEF} {api.unique()}", _tools(api)
    assistant = api.assistant(instructions=own, tools=tools)
    body: dict[str, Any] = {
        "model": api.settings.failing_model or api.settings.model,
        "instructions": f"{BRIEF} {api.unique()}",
        "tools": [NICKNAME] if tools else [],
        "metadata": {"ticket": api.unique()},
    }
    if api.v2:
        body |= {
            "temperature": 0.5,
            "top_p": 0.75,
            "max_prompt_tokens": 5000,
            "max_completion_tokens": 500,
            "truncation_strategy": {"type": "last_messages", "last_messages": 5},
            "tool_choice": "none",
            "response_format": {"type": "text"},
        }
    answer = api.post_run(asked(api), assistant["id"], **body)
    run = api.need(answer, "create a run with overrides")
    read = api.call("get_run", thread_id=run["thread_id"], run_id=run["id"])
    for shown in (answer, read):
        for name, value in body.items():
            if name == "tools":
                holds = tool_names(shown.json) == tool_names(body)
            else:
                holds = shows(shown.json.get(name), value)
            rule = "RUN-011" if name in ("model", "instructions", "tools") else "RUN-044"
            told = f"{name} {shown.json.get(name)!r}"
            verify(rule, holds, observed=told, expected=f"{name} {value!r}", answer=shown)
    after = api.call("get_assistant", assistant_id=assistant["id"])
    following = api.post_run(asked(api), assistant["id"])
    for shown in (after, following):
        for name in ("model", "instructions"):
            told = f"{name} {shown.json.get(name)!r}"
            verify(
                "RUN-011",
                shown.json.get(name) == assistant.get(name),
                observed=told,
                expected=f"{name} of the assistant as before: {assistant.get(name)!r}",
                answer=shown,
            )
        verify.equal("RUN-011", tool_names(shown.json), tool_names(assistant), shown)


@requirement("RUN-012")
def test_additional_instructions_follow_the_instructions(api: Api, verify: Verify) -> None:
    own, override, more = (f"{BRIEF} {api.unique()}" for _ in range(3))
    assistant = api.assistant(instructions=own)["id"]
    for base, body in ((own, {}), (override, {"instructions": override})):
        answer = api.post_run(asked(api), assistant, additional_instructions=more, **body)
        told = api.need(answer, "create a run with additional_instructions").get("instructions")
        holds = isinstance(told, str) and told.startswith(base) and told.endswith(more)
        verify("RUN-012", holds, observed=told, expected=f"{base!r}, followed by {more!r}", answer=answer)


@requirement("RUN-013")
def test_additional_messages_are_added_before_the_run(api: Api, verify: Verify) -> None:
    assistant = api.assistant()["id"]
    texts = [api.unique(name) for name in ("old", "first", "second")]
    thread = asked(api, texts[0])
    more = [{"role": "user", "content": texts[1]}, {"role": "user", "content": texts[2]}]
    run = api.run(thread, assistant, additional_messages=more)
    messages = api.walk("list_messages", query={"order": "asc"}, thread_id=thread)
    verify.equal("RUN-013", [text_of(message) for message in messages if text_of(message) in texts], texts)
    runs = [message.get("run_id") for message in messages if text_of(message) in texts]
    verify("RUN-013", all(run is None for run in runs), observed=f"run_id {runs}", expected="run_id null in each")
    api.finished(run)


@requirement("RUN-002", "RUN-016")
def test_thread_and_run_are_created_in_one_request(api: Api, verify: Verify) -> None:
    coding = able(api, "code_interpreter")
    file = api.file()["id"] if coding else ""
    tools = [CODE_INTERPRETER] if coding else []
    assistant = api.assistant(instructions=BRIEF, tools=tools)["id"]
    texts, metadata = [api.unique("first"), api.unique("second")], {"ticket": api.unique()}
    thread: dict[str, Any] = {
        "messages": [{"role": "user", "content": text} for text in texts],
        "metadata": {"thread": api.unique()},
    }
    body: dict[str, Any] = {"assistant_id": assistant, "thread": thread, "metadata": metadata}
    body["instructions"] = f"{BRIEF} {api.unique()}"
    if api.v2:
        body |= {"temperature": 0.5, "top_p": 0.75, "max_prompt_tokens": 5000, "max_completion_tokens": 500}
        body |= {"tool_choice": "none", "truncation_strategy": {"type": "last_messages", "last_messages": 5}}
        if coding:
            thread["tool_resources"] = {"code_interpreter": {"file_ids": [file]}}
            body["tool_resources"] = {"code_interpreter": {"file_ids": [file]}}
    answer = api.call("create_thread_and_run", json=body)
    verify.status("RUN-002", answer, 200)
    run = api.need(answer, "create a thread and a run")
    made = api.call("get_thread", thread_id=str(run.get("thread_id")))
    verify.status("RUN-002", made, 200)
    verify.equal("RUN-002", run.get("assistant_id"), assistant, answer)
    messages = api.walk("list_messages", query={"order": "asc"}, thread_id=str(run.get("thread_id")))
    for rule in ("RUN-002", "RUN-016"):
        verify.equal(rule, [text_of(message) for message in messages[:2]], texts)
        verify.equal(rule, made.json.get("metadata"), thread["metadata"], made)
    for name, value in body.items():
        if name not in ("assistant_id", "thread", "tool_resources"):
            told = f"{name} {run.get(name)!r}"
            verify("RUN-016", shows(run.get(name), value), observed=told, expected=f"{name} {value!r}", answer=answer)
    if "tool_resources" in thread:
        resources = made.json.get("tool_resources")
        holds = shows(resources, thread["tool_resources"])
        verify("RUN-016", holds, observed=resources, expected=f"{thread['tool_resources']}", answer=made)


@requirement("RUN-002", "RUN-017")
def test_thread_and_run_work_without_a_thread(api: Api, verify: Verify) -> None:
    assistant = api.assistant(instructions="Greet the user with one word.")["id"]
    body = {"assistant_id": assistant}
    answer = api.call("create_thread_and_run", json=body)
    verify.status("RUN-017", answer, 200)
    run = api.need(answer, "create a run without a thread")
    thread = api.call("get_thread", thread_id=str(run.get("thread_id")))
    verify.status("RUN-002", thread, 200)
    other = api.call("create_thread_and_run", json=body)
    distinct = run.get("thread_id") != other.json.get("thread_id")
    verify("RUN-002", distinct, observed=f"thread {run.get('thread_id')} twice", expected="a new thread", answer=other)
    messages = api.messages(str(run.get("thread_id")))
    strange = [message.get("id") for message in messages if message.get("run_id") != run["id"]]
    verify("RUN-017", not strange, observed=f"messages {strange}", expected="no message but what the run wrote")


@requirement("RUN-003")
def test_runs_of_a_thread_are_listed(api: Api, verify: Verify) -> None:
    mine, other = two_runs(api), api.chat("Say hello.")
    _listed(api, verify, mine[0]["thread_id"], mine)
    _listed(api, verify, other["thread_id"], [other])
    _listed(api, verify, asked(api), [])


def _listed(api: Api, verify: Verify, thread: str, runs: list[dict[str, Any]]) -> None:
    answer = api.call("list_runs", thread_id=thread)
    verify.status("RUN-003", answer, 200)
    told = sorted(str(run.get("id")) for run in answer.data)
    verify.equal("RUN-003", told, sorted(str(run["id"]) for run in runs), answer)


# -- modified, submitted to, cancelled -------------------------------------------------------------------------------


@requirement("RUN-005", "RUN-031", "RUN-032")
def test_only_the_metadata_of_a_run_can_be_modified(api: Api, verify: Verify) -> None:
    assistant = api.assistant(instructions=f"{BRIEF} {api.unique()}")["id"]
    run = api.finished(api.start("Say hello.", assistant, metadata={"old": api.unique()}))
    ids = {"thread_id": run["thread_id"], "run_id": run["id"]}
    limits = property_of(api, "metadata", request="modify_run")
    wide = pairs.full(limits)
    answer = api.call("modify_run", **ids, json={"metadata": wide})
    for rule in ("RUN-005", "RUN-032"):
        verify.status(rule, answer, 200)
    verify.equal("RUN-005", answer.json.get("id"), run["id"], answer)
    now = api.get_run(run)
    for rule in ("RUN-005", "RUN-031"):
        verify.equal(rule, now.get("metadata"), wide)
    changed = sorted(name for name in (run.keys() | now.keys()) - {"metadata"} if run.get(name) != now.get(name))
    verify("RUN-005", not changed, observed=f"changed: {changed}", expected="no change but that of metadata")
    for metadata in pairs.beyond(limits):
        verify.refused("RUN-031", api.call("modify_run", **ids, json={"metadata": metadata}))
    verify.equal("RUN-031", api.get_run(run).get("metadata"), wide)
    others = ({"instructions": api.unique()}, {"status": "queued"}, {"assistant_id": UNKNOWN["assistant"]})
    tried = [(body, api.call("modify_run", **ids, json=body)) for body in api.some(others)]
    now = api.get_run(run)
    for body, answer in tried:
        member = next(iter(body))
        told = f"{member} {now.get(member)!r} (the request answered {answer.status})"
        holds = now.get(member) == run.get(member)
        verify("RUN-031", holds, observed=told, expected=f"{member} as before", answer=answer)
