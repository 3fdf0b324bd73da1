"""Runs: created, read, listed, modified; what they take over from their assistant, and what a request may change.

Covers RUN-001 to RUN-032, RUN-035 to RUN-044 and N-33; the fields (RUN-F..) and the sums are judged in all traffic.
"""

from __future__ import annotations

from typing import Any

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import (
    CODE_INTERPRETER,
    STORY,
    able,
    asked,
    functions,
    judged,
    text_of,
    tool_names,
)
from assistants_conformance.target import Answer, Api, Blocked, call_ids
from assistants_conformance.target.prompts import NICKNAME, WEATHER, demand

UNKNOWN = {"assistant": "asst_" + "q" * 24, "thread": "thread_" + "q" * 24}
#: What every run on any target answers fast and cheaply.
BRIEF = "Answer with one word."


def _limit(api: Api, member: str, keyword: str) -> Any:
    """The limit of a member of a create run request as the profile states it, None where it states none."""
    return api.profile.request_schema("create_run")["properties"][member].get(keyword)


def _tools(api: Api) -> list[dict[str, Any]]:
    return [WEATHER] if able(api, "function_calling") else []


def _kept(api: Api, thread: str) -> list[list[str]]:
    return [api.ids("list_runs", thread_id=thread), api.ids("list_messages", thread_id=thread)]


def _refuse(api: Api, verify: Verify, name: str, assistant: str, *allowed: int, **body: Any) -> Answer:
    """Ask a thread of its own for a run that must be refused, and look at what it left behind."""
    thread = asked(api)
    before = _kept(api, thread)
    answer = api.post_run(thread, assistant, **body)
    verify.refused(name, answer, *allowed)
    if not answer.ok:
        verify.unchanged("RUN-043", before, _kept(api, thread), "runs and messages")
    return answer


def _accept(api: Api, verify: Verify, assistant: str, *cases: tuple[str, dict[str, Any]]) -> None:
    """Ask for one run with every value of the cases; only where it is refused, for one run with each."""
    merged = {name: value for _, body in cases for name, value in body.items()}
    answer = api.post_run(asked(api), assistant, **merged)
    for name, body in cases:
        own = answer if answer.ok else api.post_run(asked(api), assistant, **body)
        verify(name, own.ok, observed=own.told, expected=f"{body} accepted", answer=own)
        if own.ok:
            for member, value in body.items():
                if value is not None:
                    shown = own.json.get(member)
                    told = f"{member} {shown!r}"
                    verify(name, _shows(shown, value), observed=told, expected=f"{member} {value!r}", answer=own)


def _shows(answered: Any, sent: Any) -> bool:
    if isinstance(sent, dict) and isinstance(answered, dict):
        return all(name in answered and _shows(answered[name], value) for name, value in sent.items())
    return bool(answered == sent)


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
    verify.equal("RUN-004", read.json.get("id"), run["id"], read)
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
                holds = _shows(shown.json.get(name), value)
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
    assistant = api.assistant(instructions=BRIEF)["id"]
    texts = [api.unique(name) for name in ("old", "first", "second")]
    thread = asked(api, texts[0])
    more = [{"role": "user", "content": texts[1]}, {"role": "user", "content": texts[2]}]
    run = api.run(thread, assistant, additional_messages=more)
    messages = api.walk("list_messages", query={"order": "asc"}, thread_id=thread)
    verify.equal("RUN-013", [text_of(message) for message in messages if text_of(message) in texts], texts)
    runs = [message.get("run_id") for message in messages if text_of(message) in texts]
    verify("RUN-013", set(runs) == {None}, observed=f"run_id {runs}", expected="run_id null in each")
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
    answer = api.created("create_thread_and_run", api.call("create_thread_and_run", json=body))
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
            verify("RUN-016", _shows(run.get(name), value), observed=told, expected=f"{name} {value!r}", answer=answer)
    if "tool_resources" in thread:
        resources = made.json.get("tool_resources")
        holds = _shows(resources, thread["tool_resources"])
        verify("RUN-016", holds, observed=resources, expected=f"{thread['tool_resources']}", answer=made)


@requirement("RUN-002", "RUN-017")
def test_thread_and_run_work_without_a_thread(api: Api, verify: Verify) -> None:
    assistant = api.assistant(instructions="Greet the user with one word.")["id"]
    body = {"assistant_id": assistant}
    answer = api.created("create_thread_and_run", api.call("create_thread_and_run", json=body))
    verify.status("RUN-017", answer, 200)
    run = api.need(answer, "create a run without a thread")
    thread = api.call("get_thread", thread_id=str(run.get("thread_id")))
    verify.status("RUN-002", thread, 200)
    other = api.created("create_thread_and_run", api.call("create_thread_and_run", json=body))
    distinct = run.get("thread_id") != other.json.get("thread_id")
    verify("RUN-002", distinct, observed=f"thread {run.get('thread_id')} twice", expected="a new thread", answer=other)
    messages = api.messages(str(run.get("thread_id")))
    strange = [message.get("id") for message in messages if message.get("run_id") != run["id"]]
    verify("RUN-017", not strange, observed=f"messages {strange}", expected="no message but what the run wrote")


@requirement("RUN-003")
def test_runs_of_a_thread_are_listed(api: Api, verify: Verify) -> None:
    assistant = api.assistant(instructions=BRIEF)["id"]
    first, second, empty = asked(api), asked(api), asked(api)
    mine = [api.run(first, assistant)]
    api.finished(mine[0])
    mine.append(api.run(first, assistant))
    other = api.run(second, assistant)
    for thread, runs in ((first, mine), (second, [other]), (empty, [])):
        answer = api.call("list_runs", thread_id=thread)
        verify.status("RUN-003", answer, 200)
        told = sorted(str(run.get("id")) for run in answer.data)
        verify.equal("RUN-003", told, sorted(str(run["id"]) for run in runs), answer)


# -- modified, submitted to, cancelled -------------------------------------------------------------------------------


@requirement("RUN-005", "RUN-031", "RUN-032")
def test_only_the_metadata_of_a_run_can_be_modified(api: Api, verify: Verify) -> None:
    assistant = api.assistant(instructions=f"{BRIEF} {api.unique()}")["id"]
    run = api.finished(api.run(asked(api), assistant, metadata={"old": api.unique()}))
    ids = {"thread_id": run["thread_id"], "run_id": run["id"]}
    limits = api.profile.request_schema("modify_run")["properties"]["metadata"]
    pairs, length = limits["maxProperties"], limits["propertyNames"]["maxLength"]
    width = limits["additionalProperties"]["maxLength"]
    wide = {f"{number:02}".ljust(length, "k"): "v" * width for number in range(pairs)}
    for metadata in ({"new": api.unique()}, wide):
        answer = api.call("modify_run", **ids, json={"metadata": metadata})
        for rule in ("RUN-005", "RUN-032"):
            verify.status(rule, answer, 200)
        verify.equal("RUN-005", answer.json.get("id"), run["id"], answer)
        now = api.get_run(run)
        for rule in ("RUN-005", "RUN-031"):
            verify.equal(rule, now.get("metadata"), metadata)
        changed = sorted(name for name in (run.keys() | now.keys()) - {"metadata"} if run.get(name) != now.get(name))
        verify("RUN-005", not changed, observed=f"changed: {changed}", expected="no change but that of metadata")
    for metadata in (
        {f"key{number}": "v" for number in range(pairs + 1)},
        {"k" * (length + 1): "v"},
        {"key": "v" * (width + 1)},
    ):
        verify.refused("RUN-031", api.call("modify_run", **ids, json={"metadata": metadata}))
        verify.equal("RUN-031", api.get_run(run).get("metadata"), wide)
    for body in ({"instructions": api.unique()}, {"status": "queued"}, {"assistant_id": UNKNOWN["assistant"]}):
        answer = api.call("modify_run", **ids, json=body)
        now, member = api.get_run(run), next(iter(body))
        told = f"{member} {now.get(member)!r} (the request answered {answer.status})"
        holds = now.get(member) == run.get(member)
        verify("RUN-031", holds, observed=told, expected=f"{member} as before", answer=answer)


@requirement("RUN-006", needs=("function_calling",))
def test_tool_outputs_answer_the_run(api: Api, verify: Verify) -> None:
    run = api.parked()
    answer = api.submit(run)
    verify.status("RUN-006", answer, 200)
    told = [answer.json.get("id"), answer.json.get("thread_id"), answer.json.get("object")]
    verify.equal("RUN-006", told, [run["id"], run["thread_id"], "thread.run"], answer)


@requirement("RUN-007")
def test_cancel_without_a_body_answers_the_run(api: Api, verify: Verify) -> None:
    assistant = api.assistant(instructions="Do what you are asked for.")["id"]
    for _ in range(3):
        run = api.run(asked(api, STORY), assistant)
        answer = api.cancel(run)
        if answer.status == 400 and api.get_run(run).get("status") in api.profile.lifecycle("run").terminal:
            continue  # It had ended before the cancel came.
        verify.status("RUN-007", answer, 200)
        verify.equal("RUN-007", [answer.json.get("id"), answer.json.get("object")], [run["id"], "thread.run"], answer)
        return
    raise Blocked("every run had ended before it was cancelled")


# -- refused ---------------------------------------------------------------------------------------------------------


@requirement("RUN-008", "RUN-043")
def test_run_needs_an_assistant(api: Api, verify: Verify) -> None:
    thread = asked(api)
    before = _kept(api, thread)
    verify.refused("RUN-008", api.call("create_run", thread_id=thread, json={}))
    verify.unchanged("RUN-043", before, _kept(api, thread), "runs and messages")
    verify.refused("RUN-008", api.call("create_thread_and_run", json={}))
    # thread_id in the body is not needed: the thread is taken from the path.
    made = api.post_run(thread, api.assistant(instructions=BRIEF)["id"])
    verify.status("RUN-008", made, 200)
    verify.equal("RUN-008", made.json.get("thread_id"), thread, made)


@requirement("RUN-009", "RUN-043")
def test_run_of_an_unknown_assistant_or_thread_is_not_found(api: Api, verify: Verify) -> None:
    _refuse(api, verify, "RUN-009", UNKNOWN["assistant"], 404)
    assistant = api.assistant(instructions=BRIEF)["id"]
    verify.refused("RUN-009", api.post_run(UNKNOWN["thread"], assistant), 404)
    answer = api.call("create_thread_and_run", json={"assistant_id": UNKNOWN["assistant"]})
    verify.refused("RUN-009", answer, 404)


@requirement("RUN-018", "RUN-042")
def test_run_without_any_input_is_refused(api: Api, verify: Verify) -> None:
    assistant, thread = api.assistant()["id"], api.thread()["id"]
    before = _kept(api, thread)
    answer = api.post_run(thread, assistant)
    verify.refused("RUN-018", answer)
    if answer.status == 400:
        verify.text("RUN-042", answer, "invalid_thread")
        verify("RUN-042", answer.error.get("param") is None, observed=answer.told, expected="param null", answer=answer)
        verify.unchanged("RUN-043", before, _kept(api, thread), "runs and messages")
    else:
        raise Blocked(f"a run without any input was not refused with 400 (RUN-018): {answer.status}")


@requirement("RUN-014", "RUN-043", needs=("function_calling",))
def test_run_takes_so_many_tools(api: Api, verify: Verify) -> None:
    most = _limit(api, "tools", "maxItems")
    assistant = api.assistant(instructions=BRIEF)["id"]
    _refuse(api, verify, "RUN-014", assistant, tools=functions(most + 1))
    answer = api.post_run(asked(api), assistant, tools=functions(most))
    verify.status("RUN-014", answer, 200)
    verify.equal("RUN-014", len(tool_names(answer.json)), most, answer)


@requirement("RUN-015", needs=("code_interpreter",))
def test_tool_resources_cannot_be_overridden(api: Api, verify: Verify) -> None:
    assistant = api.assistant(instructions=BRIEF, tools=[CODE_INTERPRETER])
    thread, file = asked(api), api.file()["id"]
    before = _kept(api, thread)
    answer = api.post_run(
        thread, assistant["id"], tool_resources={"code_interpreter": {"file_ids": [file]}}, tool_choice="none"
    )
    shown = answer.json.get("tool_resources")
    holds = answer.status == 400 or (answer.ok and file not in repr(shown))
    verify("RUN-015", holds, observed=answer.told, expected="refused with 400, or without effect", answer=answer)
    if answer.status == 400:
        verify.unchanged("RUN-043", before, _kept(api, thread), "runs and messages")
    for owner in (api.call("get_assistant", assistant_id=assistant["id"]), api.call("get_thread", thread_id=thread)):
        told = owner.json.get("tool_resources")
        verify("RUN-015", file not in repr(told), observed=told, expected="without the file", answer=owner)


@requirement("RUN-019", "RUN-020", "RUN-022", "RUN-024", "RUN-029")
def test_options_at_their_limits_are_taken(api: Api, verify: Verify) -> None:
    assistant = api.assistant(instructions=BRIEF)["id"]
    least = _limit(api, "max_prompt_tokens", "minimum")
    low = {name: _limit(api, name, "minimum") for name in ("temperature", "top_p")}
    high = {name: _limit(api, name, "maximum") for name in ("temperature", "top_p")}
    _accept(
        api,
        verify,
        assistant,
        ("RUN-019", low),
        ("RUN-020", {"max_prompt_tokens": least, "max_completion_tokens": 256}),
        ("RUN-022", {"truncation_strategy": {"type": "last_messages", "last_messages": 1}}),
        ("RUN-024", {"tool_choice": "none"}),
        ("RUN-029", {"response_format": {"type": "text"}}),
    )
    _accept(
        api,
        verify,
        assistant,
        ("RUN-019", high),
        ("RUN-020", {"max_prompt_tokens": None, "max_completion_tokens": None}),
        ("RUN-022", {"truncation_strategy": {"type": "auto"}}),
        ("RUN-024", {"tool_choice": "auto"}),
        ("RUN-029", {"response_format": "auto"}),
    )
    given = api.assistant(instructions=BRIEF, temperature=0.25, top_p=0.5)["id"]
    answer = api.post_run(asked(api), given, temperature=None, top_p=None)
    told = [answer.json.get("temperature"), answer.json.get("top_p")]
    verify("RUN-019", told == [0.25, 0.5], observed=answer.told, expected="the assistant's 0.25 and 0.5", answer=answer)


@requirement("RUN-019")
def test_temperature_and_top_p_outside_their_ranges_are_refused(api: Api, verify: Verify) -> None:
    assistant = api.assistant(instructions=BRIEF)["id"]
    for name in ("temperature", "top_p"):
        low, high = _limit(api, name, "minimum"), _limit(api, name, "maximum")
        _refuse(api, verify, "RUN-019", assistant, **{name: low - 0.1})
        _refuse(api, verify, "RUN-019", assistant, **{name: high + 0.1})


@requirement("RUN-020")
def test_token_caps_below_their_least_are_refused(api: Api, verify: Verify) -> None:
    assistant = api.assistant(instructions=BRIEF)["id"]
    for name in ("max_prompt_tokens", "max_completion_tokens"):
        least = _limit(api, name, "minimum")
        if least is not None:
            _refuse(api, verify, "RUN-020", assistant, **{name: least - 1})


@requirement("RUN-021")
def test_small_completion_cap_is_taken(api: Api, verify: Verify) -> None:
    assistant = api.assistant(instructions=BRIEF)["id"]
    _accept(api, verify, assistant, ("RUN-021", {"max_completion_tokens": 16, "max_prompt_tokens": 256}))


@requirement("RUN-022", "RUN-023")
def test_unknown_truncation_is_refused(api: Api, verify: Verify) -> None:
    assistant = api.assistant(instructions=BRIEF)["id"]
    for strategy in ({"type": "first_messages"}, {"type": "last_messages", "last_messages": 0}):
        _refuse(api, verify, "RUN-022", assistant, truncation_strategy=strategy)
    _refuse(api, verify, "RUN-023", assistant, truncation_strategy={"type": "last_messages"})


@requirement("RUN-024", needs=("function_calling",))
def test_tool_choice_takes_its_forms(api: Api, verify: Verify) -> None:
    tools: list[dict[str, Any]] = [WEATHER]
    tools += [{"type": kind} for kind in ("code_interpreter", "file_search") if able(api, kind)]
    assistant = api.assistant(instructions=BRIEF, tools=tools)["id"]
    named = {"type": "function", "function": {"name": WEATHER["function"]["name"]}}
    for choice in (named, *tools[1:]):
        _accept(api, verify, assistant, ("RUN-024", {"tool_choice": choice}))
    for unknown in ("sometimes", {"type": "crystal_ball"}):
        _refuse(api, verify, "RUN-024", assistant, tool_choice=unknown)


@requirement("RUN-025", needs=("function_calling", "tool_choice_required"))
def test_tool_choice_required_calls_a_tool(api: Api, verify: Verify) -> None:
    assistant = api.assistant(instructions="Say hello.", tools=[WEATHER])["id"]
    answer = api.post_run(asked(api), assistant, tool_choice="required")
    verify.status("RUN-025", answer, 200)
    verify.equal("RUN-025", answer.json.get("tool_choice"), "required", answer)
    run = api.wait(api.need(answer, "create a run that must call a tool"), "requires_action")
    verify.equal("RUN-025", run.get("status"), "requires_action")


@requirement("RUN-026", needs=("function_calling",))
def test_tool_choice_decides_which_tool_is_called(api: Api, verify: Verify) -> None:
    names = [WEATHER["function"]["name"]]
    assistant = api.assistant(instructions=demand(names), tools=[NICKNAME, WEATHER])["id"]
    silent = api.wait(api.run(asked(api, "What is the weather in Paris?"), assistant, tool_choice="none"))
    kinds = [step.get("type") for step in api.steps(silent)]
    told = f"{silent.get('status')} with steps {kinds}"
    verify("RUN-026", "tool_calls" not in kinds, observed=told, expected="no step of type tool_calls")
    # The question asks for one function and the choice names the other.
    other = NICKNAME["function"]["name"]
    choice = {"type": "function", "function": {"name": other}}
    forced = api.wait(
        api.run(asked(api, "What is the weather in Paris?"), assistant, tool_choice=choice), "requires_action"
    )
    verify.equal("RUN-026", forced.get("status"), "requires_action")
    steps = api.walk("list_run_steps", query={"order": "asc"}, thread_id=forced["thread_id"], run_id=forced["id"])
    first = steps[0] if steps else {}
    details = first.get("step_details")
    calls = details.get("tool_calls") if isinstance(details, dict) else None
    called = tool_names({"tools": calls})
    holds = first.get("type") == "tool_calls" and set(called) == {other}
    told = f"the first step is {first.get('type')} of {called}"
    verify("RUN-026", holds, observed=told, expected=f"tool_calls of {other}")


@requirement("RUN-027", needs=("function_calling",))
def test_tool_choice_must_name_a_tool_of_the_run(api: Api, verify: Verify) -> None:
    assistant = api.assistant(instructions=BRIEF, tools=[WEATHER])["id"]
    named = {"type": "function", "function": {"name": NICKNAME["function"]["name"]}}
    _refuse(api, verify, "RUN-027", assistant, tool_choice=named)
    _refuse(api, verify, "RUN-027", assistant, tool_choice={"type": "code_interpreter"})


@requirement("RUN-028", needs=("function_calling",))
def test_one_call_at_a_time_where_parallel_calls_are_off(api: Api, verify: Verify) -> None:
    names = [tool["function"]["name"] for tool in (WEATHER, NICKNAME)]
    assistant = api.assistant(instructions=demand(names), tools=[WEATHER, NICKNAME])["id"]
    question = "What is the weather in Paris, and what is its nickname?"
    answer = api.post_run(asked(api, question), assistant, parallel_tool_calls=False)
    run = api.wait(api.need(answer, "create a run without parallel calls"), "requires_action")
    verify.equal("RUN-028", run.get("parallel_tool_calls"), False)
    if run.get("status") != "requires_action":
        raise Blocked(f"the model called no function: the run is {run.get('status')}")
    verify.equal("RUN-028", len(call_ids(run)), 1)


@requirement("RUN-029")
def test_response_format_keeps_its_forms(api: Api, verify: Verify) -> None:
    assistant = api.assistant(instructions="Answer as a JSON object with one member.")["id"]
    _accept(api, verify, assistant, ("RUN-029", {"response_format": {"type": "json_object"}}))
    for unknown in ("xml", {"type": "xml"}):
        _refuse(api, verify, "RUN-029", assistant, response_format=unknown)


# -- caps ------------------------------------------------------------------------------------------------------------


@requirement("RUN-037", "RUN-038", "RUN-039", "SM-007")
def test_run_at_its_cap_is_incomplete(api: Api, verify: Verify) -> None:
    cap = _limit(api, "max_completion_tokens", "minimum") or 16
    assistant = api.assistant(instructions="Answer at length.")["id"]
    run = api.finished(api.run(asked(api, STORY), assistant, max_completion_tokens=cap))
    details = run.get("incomplete_details")
    reason = details.get("reason") if isinstance(details, dict) else None
    told = f"{run.get('status')}, incomplete_details {details!r}, usage {run.get('usage')!r}"
    holds = run.get("status") == "incomplete" and reason in ("max_completion_tokens", "max_prompt_tokens")
    for rule in ("RUN-037", "SM-007"):
        verify(rule, holds, observed=told, expected="incomplete, with one of the two reasons")
    again = api.get_run(run)
    verify("RUN-039", again == run, observed=f"{again}", expected="the run as it was read before")
    verify.status("RUN-039", api.post_message(run["thread_id"], "Go on."), 200)
    if not isinstance(run.get("usage"), dict):
        raise Blocked("the run tells no usage")


@requirement("RUN-038", needs=("function_calling",))
def test_caps_count_over_all_steps(api: Api, verify: Verify) -> None:
    least = _limit(api, "max_prompt_tokens", "minimum")
    assistant = api.assistant(instructions="Answer in one sentence.", tools=[WEATHER])["id"]
    # About three quarters of the cap: one step fits, two do not.
    thread = asked(api, "What is the weather in Paris? " + "It is a fine city. " * (least // 8))
    with judged(api, "RUN-038"):
        run = api.parked(thread=thread, assistant=assistant, max_prompt_tokens=least)
        ended = api.release(run)
    usage = ended.get("usage")
    verify("RUN-038", ended.get("status") in ("completed", "incomplete"), observed=ended, expected="an end")
    if not isinstance(usage, dict):
        raise Blocked("the run tells no usage")


@requirement("RUN-035", "RUN-036", "N-33")
def test_usage_is_told_at_the_end(api: Api, verify: Verify) -> None:
    del verify  # The judge sees all of it.
    with judged(api, "RUN-035", "RUN-036", "N-33"):
        api.chat("Say hello.", instructions=BRIEF)
