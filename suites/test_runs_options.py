"""Options of runs: what a request for a run may say, what it is refused for, and what caps of tokens do.

Covers RUN-008, RUN-009, RUN-014, RUN-015, RUN-018 to RUN-029, RUN-035 to RUN-039, RUN-042, RUN-043, SM-034 and N-33.
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
    shows,
    text_of,
    tool_names,
)
from assistants_conformance.target import Answer, Api, Blocked, NotApplicable, call_ids
from assistants_conformance.target.prompts import NICKNAME, WEATHER, demand

UNKNOWN = {"assistant": "asst_" + "q" * 24, "thread": "thread_" + "q" * 24}
#: What every run on any target answers fast and cheaply.
BRIEF = "Answer with one word."


def _limit(api: Api, member: str, keyword: str) -> Any:
    """The limit of a member of a create run request as the profile states it, None where it states none."""
    return api.profile.request_schema("create_run")["properties"][member].get(keyword)


def _kept(api: Api, thread: str, text: str) -> list[list[str]]:
    """The runs and messages of a thread, if the lists can be believed: a message of this text is among them."""
    messages = api.messages(thread)
    if text not in [text_of(message) for message in messages]:
        raise Blocked(f"the list of messages does not hold {text!r}, which was sent")
    return [api.ids("list_runs", thread_id=thread), [str(message.get("id")) for message in messages]]


def _nothing_refused(verify: Verify) -> None:
    if "RUN-043" not in verify.checked:
        raise Blocked("no request was refused, so nothing shows what a refused one leaves behind")


def _refuse(api: Api, verify: Verify, assistant: str, *cases: tuple[str, dict[str, Any]], allowed: int = 0) -> None:
    """Ask for runs that must be refused, on one thread as long as none is let in; then look at what they left there."""
    text, statuses = "Say hello.", (allowed,) if allowed else ()
    thread, answer = asked(api, text), None
    for name, body in cases:
        if answer is not None and answer.ok:
            thread = asked(api, text)
        answer = api.post_run(thread, assistant, **body)
        verify.refused(name, answer, *statuses)
    if answer is not None and not answer.ok:
        _left(api, verify, thread, text, answer)


def _left(api: Api, verify: Verify, thread: str, text: str, answer: Answer) -> None:
    runs, messages = _kept(api, thread, text)
    told = f"{len(runs)} runs, {len(messages)} messages"
    verify("RUN-043", not runs and len(messages) == 1, observed=told, expected="no run, the one message", answer=answer)


def _accept(api: Api, verify: Verify, assistant: str, *cases: tuple[str, dict[str, Any]]) -> Answer:
    """Ask for one run with every value of the cases; only where it is refused, for one run with each.

    Returns the answer that the last case goes by.
    """
    own = None
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
                    verify(name, shows(shown, value), observed=told, expected=f"{member} {value!r}", answer=own)
    return own or answer


# -- refused ---------------------------------------------------------------------------------------------------------


@requirement("RUN-008", "RUN-043")
def test_run_needs_an_assistant(api: Api, verify: Verify) -> None:
    text = "Say hello."
    thread = asked(api, text)
    answer = api.call("create_run", thread_id=thread, json={})
    verify.refused("RUN-008", answer)
    if not answer.ok:
        _left(api, verify, thread, text, answer)
    verify.refused("RUN-008", api.call("create_thread_and_run", json={}))
    # thread_id in the body is not needed: the thread is taken from the path.
    made = api.post_run(thread, api.assistant()["id"])
    verify.status("RUN-008", made, 200)
    verify.equal("RUN-008", made.json.get("thread_id"), thread, made)
    _nothing_refused(verify)


@requirement("RUN-009", "RUN-043")
def test_run_of_an_unknown_assistant_or_thread_is_not_found(api: Api, verify: Verify) -> None:
    _refuse(api, verify, UNKNOWN["assistant"], ("RUN-009", {}), allowed=404)
    assistant = api.assistant()["id"]
    verify.refused("RUN-009", api.post_run(UNKNOWN["thread"], assistant), 404)
    answer = api.call("create_thread_and_run", json={"assistant_id": UNKNOWN["assistant"]})
    verify.refused("RUN-009", answer, 404)
    _nothing_refused(verify)


@requirement("RUN-018", "RUN-042")
def test_run_without_any_input(api: Api, verify: Verify) -> None:
    assistant, thread = api.assistant(instructions=None)["id"], api.thread()["id"]
    answer = api.post_run(thread, assistant)
    if not api.profile.traits["empty_runs_refused"]:
        verify.status("RUN-018", answer, 200)
        return
    verify.refused("RUN-018", answer)
    if answer.ok:
        raise Blocked("a run without any input was accepted (RUN-018)")
    verify.text("RUN-042", answer, "invalid_thread")
    verify("RUN-042", answer.error.get("param") is None, observed=answer.told, expected="param null", answer=answer)
    verify.equal("RUN-043", api.ids("list_runs", thread_id=thread), [])


@requirement("RUN-014", "RUN-043", needs=("function_calling",))
def test_run_takes_so_many_tools(api: Api, verify: Verify) -> None:
    most = _limit(api, "tools", "maxItems")
    assistant = api.assistant()["id"]
    _refuse(api, verify, assistant, ("RUN-014", {"tools": functions(most + 1)}))
    answer = api.post_run(asked(api), assistant, tools=functions(most))
    verify.status("RUN-014", answer, 200)
    verify.equal("RUN-014", len(tool_names(answer.json)), most, answer)
    _nothing_refused(verify)


@requirement("RUN-015", needs=("code_interpreter",))
def test_tool_resources_cannot_be_overridden(api: Api, verify: Verify) -> None:
    assistant = api.assistant(instructions=BRIEF, tools=[CODE_INTERPRETER])
    thread, file, metadata = asked(api), api.file()["id"], {"ticket": api.unique()}
    resources = {"code_interpreter": {"file_ids": [file]}}
    answer = api.post_run(thread, assistant["id"], tool_resources=resources, tool_choice="none", metadata=metadata)
    shown = answer.json.get("tool_resources")
    if answer.ok and answer.json.get("metadata") != metadata:
        raise Blocked("the run that is answered is not the one that was asked for: it has other metadata")
    if api.profile.traits.get("run_takes_tool_resources"):
        verify.status("RUN-015", answer, 200)
        verify("RUN-015", file in repr(shown), observed=shown, expected="the resources shown in the run", answer=answer)
    elif answer.ok:
        verify(
            "RUN-015", file not in repr(shown), observed=shown, expected="tool_resources without effect", answer=answer
        )
    else:
        verify.refused("RUN-015", answer)
    for owner in (api.call("get_assistant", assistant_id=assistant["id"]), api.call("get_thread", thread_id=thread)):
        told = owner.json.get("tool_resources")
        verify("RUN-015", file not in repr(told), observed=told, expected="without the file", answer=owner)


@requirement("RUN-019", "RUN-020", "RUN-022", "RUN-024", "RUN-029")
def test_options_at_their_limits_are_taken(api: Api, verify: Verify) -> None:
    assistant = api.assistant()["id"]
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
    given = api.assistant(instructions="Answer as a JSON object with one member.", temperature=0.25, top_p=0.5)["id"]
    cases: list[tuple[str, dict[str, Any]]] = []
    if api.v2:
        cases.append(("RUN-029", {"response_format": {"type": "json_object"}}))
    cases.append(("RUN-019", {"temperature": None, "top_p": None}))
    answer = _accept(api, verify, given, *cases)
    told = [answer.json.get("temperature"), answer.json.get("top_p")]
    verify("RUN-019", told == [0.25, 0.5], observed=answer.told, expected="the assistant's 0.25 and 0.5", answer=answer)


@requirement("RUN-019", "RUN-020", "RUN-022", "RUN-023", "RUN-029")
def test_options_beyond_their_limits_are_refused(api: Api, verify: Verify) -> None:
    cases: list[tuple[str, dict[str, Any]]] = [
        ("RUN-019", {name: _limit(api, name, bound) + step})
        for name in ("temperature", "top_p")
        for bound, step in (("minimum", -0.1), ("maximum", 0.1))
    ]
    least = {name: _limit(api, name, "minimum") for name in ("max_prompt_tokens", "max_completion_tokens")}
    cases += [("RUN-020", {name: limit - 1}) for name, limit in least.items() if limit is not None]
    for row, strategy in (
        ("RUN-022", {"type": "first_messages"}),
        ("RUN-022", {"type": "last_messages", "last_messages": 0}),
        ("RUN-023", {"type": "last_messages"}),
    ):
        cases.append((row, {"truncation_strategy": strategy}))
    cases += [("RUN-029", {"response_format": form}) for form in ("xml", {"type": "xml"})]
    active = [(row, body) for row, body in cases if row in api.profile.active]
    _refuse(api, verify, api.assistant()["id"], *active)


@requirement("RUN-021")
def test_small_completion_cap_is_taken(api: Api, verify: Verify) -> None:
    assistant = api.assistant()["id"]
    _accept(api, verify, assistant, ("RUN-021", {"max_completion_tokens": 16, "max_prompt_tokens": 256}))


@requirement("RUN-024", needs=("function_calling",))
def test_tool_choice_takes_its_forms(api: Api, verify: Verify) -> None:
    tools: list[dict[str, Any]] = [WEATHER]
    tools += [{"type": kind} for kind in ("code_interpreter", "file_search") if able(api, kind)]
    assistant = api.assistant(instructions=BRIEF, tools=tools)["id"]
    named = {"type": "function", "function": {"name": WEATHER["function"]["name"]}}
    for choice in api.some((named, *tools[1:])):
        _accept(api, verify, assistant, ("RUN-024", {"tool_choice": choice}))
    unknown = ("sometimes", {"type": "crystal_ball"})
    _refuse(api, verify, assistant, *(("RUN-024", {"tool_choice": choice}) for choice in unknown))


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
    silent = api.wait(api.start("What is the weather in Paris?", assistant, tool_choice="none"))
    kinds = [step.get("type") for step in api.steps(silent)]
    told = f"{silent.get('status')} with steps {kinds}"
    verify("RUN-026", "tool_calls" not in kinds, observed=told, expected="no step of type tool_calls")
    # The question asks for one function and the choice names the other.
    other = NICKNAME["function"]["name"]
    choice = {"type": "function", "function": {"name": other}}
    forced = api.wait(api.start("What is the weather in Paris?", assistant, tool_choice=choice), "requires_action")
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
    choices = (named, {"type": "code_interpreter"})
    _refuse(api, verify, assistant, *(("RUN-027", {"tool_choice": choice}) for choice in choices))


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


# -- caps ------------------------------------------------------------------------------------------------------------


@requirement("RUN-037", "RUN-038", "RUN-039", "SM-007", "SM-033")
def test_run_at_its_cap_is_incomplete(api: Api, verify: Verify) -> None:
    cap = _limit(api, "max_completion_tokens", "minimum") or 16
    assistant = api.assistant(instructions="Answer at length.")["id"]
    with judged(api, "SM-033"):
        run = api.finished(api.start(STORY, assistant, max_completion_tokens=cap))
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


@requirement("SM-034")
def test_capped_run_of_the_first_beta_is_completed(api: Api, verify: Verify) -> None:
    assistant = api.assistant(instructions="Answer at length.")["id"]
    answer = api.post_run(asked(api, STORY), assistant, max_completion_tokens=16)
    if 400 <= answer.status < 500:
        raise NotApplicable("the target knows no caps of tokens")
    run = api.finished(answer.json)
    details = run.get("incomplete_details")
    reason = details.get("reason") if isinstance(details, dict) else None
    told = f"{run.get('status')}, incomplete_details {details!r}"
    holds = run.get("status") == "completed" and reason in ("max_completion_tokens", "max_prompt_tokens")
    verify("SM-034", holds, observed=told, expected="completed, incomplete_details with one of the two reasons")


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
