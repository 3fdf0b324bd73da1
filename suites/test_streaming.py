"""Streaming: runs whose events are read as they come.

Covers SSE-001 to SSE-027 and SSE-031 to SSE-035, the rules on messages and annotations that events alone can show
(MSG-028, MSG-030, MSG-F11 to F14, ANN-013), RUN-030, SUB-015 and N-08 to N-16. Order, frames and deltas are judged in
all traffic; the scenarios bring the situations about. What is streamed through the openai package stands in
test_streaming_sdk.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import LABOUR, STORY, TRIES, asked, has_ended, judged, text_of, worker
from assistants_conformance.scenario.stores import filled, with_store
from assistants_conformance.scenario.streams import (
    function_body,
    last_run,
    run_of,
    stream_question,
    stream_run,
    told,
    whole,
)
from assistants_conformance.target import Answer, Api, Blocked, NotApplicable
from assistants_conformance.target.api import call_ids
from assistants_conformance.target.prompts import CODE_INTERPRETER, NICKNAME, PICTURE, TABLE, WEATHER, demand
from assistants_conformance.target.specimens import unknown_id

if TYPE_CHECKING:
    from collections.abc import Iterator

STREAMING = ("streaming",)
#: How long a message is that shows where a stream cuts it off.
LONG = {"max_completion_tokens": 256}
OF_ANY_STREAM = ("SSE-001", "SSE-002", "SSE-003", "SSE-004", "SSE-005", "SSE-006", "SSE-009", "SSE-010", "SSE-013",
                 "SSE-019", "SSE-021", "SSE-023", "SSE-031", "SSE-032", "RUN-030", "N-08")  # fmt: skip
OF_MESSAGES = ("SSE-014", "SSE-015", "SSE-016", "SSE-017", "SSE-026", "MSG-030", "MSG-F11", "MSG-F12", "MSG-F13",
               "MSG-F14", "N-12", "N-16")  # fmt: skip


def plainly(answer: Any) -> bool:
    """Say whether a request was refused with an object, whatever envelope the target has for its refusals."""
    return 400 <= answer.status < 500 and not answer.events and bool(answer.json)


def begun(answer: Any) -> dict[str, Any]:
    """The run of a stream that has to have a message in it."""
    run = last_run(whole(answer))
    if run.get("status") != "completed" or not told(answer, "thread.message.completed"):
        raise Blocked(f"no message was streamed: the run ended {run.get('status')} ({run.get('last_error')})")
    return run


@requirement(*OF_ANY_STREAM, *OF_MESSAGES, "SSE-008", "SSE-022", needs=STREAMING)
def test_run_is_streamed(api: Api, verify: Verify) -> None:
    with judged(api, "SSE-008", *OF_ANY_STREAM, *OF_MESSAGES):
        answer = stream_question(api)
        run = begun(answer)
    # What was streamed is what is read later.
    with judged(api, "SSE-022"):
        api.get_run(run)
        messages = api.messages(run["thread_id"])
        for message in told(answer, "thread.message.completed"):
            api.call("get_message", thread_id=run["thread_id"], message_id=str(message.get("id")))
        streamed = {str(message.get("id")) for message in told(answer, "thread.message.completed")}
        listed = {str(message.get("id")) for message in messages}
        verify("SSE-022", streamed <= listed, observed=f"listed: {sorted(listed)}", expected=f"{sorted(streamed)} too")


@requirement("SSE-007", *OF_ANY_STREAM, needs=STREAMING)
def test_thread_and_run_are_streamed(api: Api, verify: Verify) -> None:
    body = {
        "assistant_id": api.assistant()["id"],
        "thread": {"messages": [{"role": "user", "content": "Say hello."}]},
        "stream": True,
    }
    with judged(api, "SSE-007", *OF_ANY_STREAM):
        begun(api.call("create_thread_and_run", json=body))


@requirement("SSE-011", "SSE-018", "N-09", "N-13", needs=(*STREAMING, "function_calling"))
def test_function_call_is_streamed(api: Api, verify: Verify) -> None:
    assistant, choice = function_body(api)
    with judged(api, "SSE-011", "SSE-018", "N-09", "N-13"):
        waiting(stream_question(api, "What is the weather in Paris?", run=choice, **assistant))


@requirement("SSE-018", "N-13", needs=(*STREAMING, "function_calling"))
def test_two_function_calls_are_streamed(api: Api, verify: Verify) -> None:
    tools = [WEATHER, NICKNAME]
    names = [tool["function"]["name"] for tool in tools]
    question = "What is the weather in Paris, and what is its nickname?"
    with judged(api, "SSE-018", "N-13"):
        run = waiting(stream_question(api, question, instructions=demand(names), tools=tools))
        if len(call_ids(run)) < len(tools):
            raise Blocked(f"the model asked for {len(call_ids(run))} function call at once")


def waiting(answer: Any) -> dict[str, Any]:
    """The run of a stream that has to end with function calls."""
    run = last_run(answer)
    if run.get("status") != "requires_action":
        raise Blocked(f"no function was called: the run went to {run.get('status')}")
    return run


@requirement("SSE-012", "N-14", "SUB-015", *OF_MESSAGES, needs=(*STREAMING, "function_calling"))
def test_submit_is_streamed(api: Api, verify: Verify) -> None:
    run = api.parked()
    outputs = [{"tool_call_id": name, "output": "22 C"} for name in call_ids(run)]
    with judged(api, "SSE-012", "N-14", "SUB-015", *OF_MESSAGES):
        begun(api.submit(run, outputs, stream=True))


@requirement("SSE-018", "N-09", needs=(*STREAMING, "code_interpreter"))
def test_code_is_streamed(api: Api, verify: Verify) -> None:
    with judged(api, "SSE-018", "N-09"):
        coded(api, stream_question(api, PICTURE, tools=[CODE_INTERPRETER]))


@requirement("ANN-013", needs=(*STREAMING, "code_interpreter"))
def test_link_to_a_file_is_streamed(api: Api, verify: Verify) -> None:
    with judged(api, "ANN-013"):
        coded(api, stream_question(api, TABLE, tools=[CODE_INTERPRETER]))


def coded(api: Api, answer: Any) -> None:
    """See that the run of a stream has used its tool."""
    if not any(step.get("type") == "tool_calls" for step in api.steps(begun(answer))):
        raise Blocked("the model did not use the code interpreter")


@requirement("ANN-013", needs=(*STREAMING, "file_search"))
def test_citation_is_streamed(api: Api, verify: Verify) -> None:
    if not api.has("create_vector_store"):
        raise NotApplicable("files are cited by the search of the second shape, which this version does not have")
    text = b"The lighthouse of Skerryvore was lit for the first time on 1 February 1844."
    file = api.file(text, "lighthouse.txt", "text/plain")["id"]
    # A file that is still being indexed cannot be cited.
    thread = api.thread(**with_store(filled(api, file)))["id"]
    api.message(
        thread, "On which day was the lighthouse of Skerryvore lit for the first time? Search the file and cite it."
    )
    with judged(api, "ANN-013"):
        begun(stream_run(api, thread, api.assistant(tools=[{"type": "file_search"}])["id"]))


@requirement("SSE-027", "MSG-028", "MSG-030", needs=STREAMING)
def test_cap_is_seen_in_the_streamed_message(api: Api, verify: Verify) -> None:
    answer = stream_question(api, STORY, run=LONG, instructions="Do what you are asked for, at full length.")
    if not told(answer, "thread.message.incomplete"):
        run = last_run(answer)
        raise Blocked(f"no message met the cap: the run ended {run.get('status')} with usage {run.get('usage')}")
    with judged(api):
        verify(
            "SSE-027",
            last_run(answer).get("status") in ("incomplete", "completed"),
            observed=f"the run ended {last_run(answer).get('status')}",
            expected="a run that is incomplete",
        )


@requirement("N-15", needs=STREAMING)
def test_failing_run_streams_to_its_end(api: Api, verify: Verify) -> None:
    if not api.settings.failing_model:
        raise NotApplicable("the target declares no way to fail a run (failing_model)")
    with judged(api, "N-15"):
        answer = stream_question(api, run={"model": api.settings.failing_model})
        if last_run(answer).get("status") != "failed":
            raise Blocked(f"the run of the failing model ended {last_run(answer).get('status')}")


@requirement("SSE-013", "SSE-019", "SSE-031", needs=STREAMING)
def test_cancelled_run_closes_its_stream(api: Api, verify: Verify) -> None:
    for _ in range(TRIES):
        thread, assistant = asked(api, STORY), worker(api)
        with api.stream("create_run", thread_id=thread, json={"assistant_id": assistant, "stream": True}) as live:
            for event in live:
                if event.name == "thread.run.in_progress":
                    api.cancel(run_of(event))
        names = [event.name for event in live.exchange.response.events] if live.exchange is not None else []
        if "thread.run.cancelled" in names:
            break
    else:
        raise Blocked(f"in {TRIES} tries no run was cancelled before it had ended")
    before = [name for name in names if name != "done"]
    verify("SSE-013", before[-1:] == ["thread.run.cancelled"], observed=names[-4:], expected="cancelled, then done")


@requirement("SSE-033", needs=STREAMING)
def test_events_arrive_while_the_run_goes_on(api: Api, verify: Verify) -> None:
    thread, assistant = asked(api, STORY), worker(api)
    seen = None
    with judged(api, "SSE-033"):
        with api.stream("create_run", thread_id=thread, json={"assistant_id": assistant, "stream": True}) as live:
            for event in live:
                if seen is None and event.json.get("object") == "thread.run":
                    seen = api.get_run(run_of(event))
        if seen is None:
            raise Blocked("the stream tells of no run")
        if not has_ended(api, seen):
            verify("SSE-033", True, observed="", expected="")


@requirement("SSE-024", "LOCK-005", needs=STREAMING)
def test_leaving_a_stream_leaves_the_run(api: Api, verify: Verify) -> None:
    for _ in range(TRIES):
        thread, assistant = asked(api, STORY), worker(api)
        run: dict[str, Any] | None = None
        with api.stream("create_run", thread_id=thread, json={"assistant_id": assistant, "stream": True}) as live:
            for event in live:
                if event.name == "thread.run.in_progress":
                    run = run_of(event)
                    break
        if run is None:
            raise Blocked("the stream was over before the run was in progress")
        refused = api.post_message(thread, "Are you there?")
        now = api.get_run(run)
        if not refused.ok or not has_ended(api, now) or now.get("status") == "cancelled":
            break
    else:
        raise Blocked(f"in {TRIES} tries every run had ended when its stream was left")
    if now.get("status") != "cancelled":
        verify.refused("SSE-024", refused)
    ended = api.finished(run)
    status = ended.get("status")
    verify("SSE-024", status in ("completed", "incomplete"), observed=f"the run ended {status}", expected="completed")
    verify.status("LOCK-005", api.post_message(thread, "And now?"), 200)


def _meanwhile(api: Api, run: dict[str, Any], text: str) -> Iterator[Answer]:
    """Try a message and a run beside an open stream, and give what came while its run went on."""
    for ask in (
        lambda: api.post_message(run["thread_id"], text),
        lambda: api.post_run(run["thread_id"], run["assistant_id"]),
    ):
        answer = ask()
        if answer.ok and has_ended(api, api.get_run(run)):
            return
        yield answer


@requirement("SSE-035", needs=STREAMING)
def test_open_stream_holds_the_lock(api: Api, verify: Verify) -> None:
    for _ in range(TRIES):
        thread, assistant, text = asked(api, LABOUR), worker(api), api.unique()
        answers: list[Answer] = []
        with api.stream("create_run", thread_id=thread, json={"assistant_id": assistant, "stream": True}) as live:
            for event in live:
                if event.name == "thread.run.in_progress" and not answers:
                    answers = list(_meanwhile(api, run_of(event), text))
        if answers:
            break
    else:
        raise Blocked(f"in {TRIES} tries every run had ended before anything else could be asked")
    for answer in answers:
        verify.refused("SSE-035", answer)
    texts = [text_of(message) for message in api.messages(thread)]
    verify("SSE-035", text not in texts, observed=f"messages {texts}", expected="no message that was refused")
    verify.status("SSE-035", api.post_message(thread, "And now?"), 200)


@requirement("SSE-034", "ERR-022", needs=STREAMING)
def test_refused_stream_is_a_plain_answer(api: Api, verify: Verify) -> None:
    thread, assistant = asked(api), api.assistant()["id"]
    long, unknown = {"assistant_id": assistant, "metadata": {"key": "x" * 513}}, unknown_id(api, "assistant")
    answers = [
        api.call("create_run", thread_id=thread, json={**body, "stream": True})
        for body in (long, {"assistant_id": unknown})
    ]
    _plain(verify, *answers)
    if not any(answer.ok for answer in answers):
        verify.unchanged("SSE-034", [], api.ids("list_runs", thread_id=thread), "runs", answers[-1])


def _plain(verify: Verify, *answers: Answer) -> None:
    for answer in answers:
        for rule in ("SSE-034", "ERR-022"):
            verify(rule, plainly(answer), observed=answer.told, expected="a refusal as JSON", answer=answer)


@requirement("SSE-034", "ERR-022", needs=(*STREAMING, "function_calling"))
def test_stream_is_refused_plainly_while_a_run_waits(api: Api, verify: Verify) -> None:
    run = api.parked()
    body = {"assistant_id": run["assistant_id"], "stream": True}
    answer = api.call("create_run", thread_id=run["thread_id"], json=body)
    _plain(verify, answer)
    verify.unchanged("SSE-034", [run["id"]], api.ids("list_runs", thread_id=run["thread_id"]), "runs", answer)
    late = api.submit(run, [{"tool_call_id": unknown_id(api, "tool_call"), "output": "1"}], stream=True)
    verify("SSE-034", plainly(late), observed=late.told, expected="a refusal as JSON", answer=late)
    status = api.get_run(run).get("status")
    told = f"the run is {status}"
    verify("SSE-034", status == "requires_action", observed=told, expected="requires_action as before")


@requirement("RUN-030", needs=STREAMING)
def test_no_stream_is_one_object(api: Api, verify: Verify) -> None:
    for value in (False,) if api.settings.effort.breadth else (False, None):
        with judged(api, "RUN-030"):
            answer = api.post_run(asked(api), api.assistant()["id"], stream=value)
            verify("RUN-030", answer.ok and "id" in answer.json, observed=answer.told, expected="one run as JSON")


@requirement("SSE-030", needs=STREAMING)
def test_stream_options_are_accepted(api: Api, verify: Verify) -> None:
    body = {
        "assistant_id": api.assistant()["id"],
        "thread": {"messages": [{"role": "user", "content": "Say hello."}]},
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    answer = api.call("create_thread_and_run", json=body)
    verify("SSE-030", answer.ok and answer.events, observed=answer.told, expected="a stream", answer=answer)


@requirement("SSE-028")
def test_first_shape_has_no_streams(api: Api, verify: Verify) -> None:
    thread = asked(api)
    answer = api.post_run(thread, api.assistant()["id"], stream=True)
    holds = not answer.events and (answer.ok or answer.status == 400)
    verify("SSE-028", holds, observed=answer.told, expected="a refusal with 400, or one run as JSON", answer=answer)
    if not answer.ok:
        verify.unchanged("SSE-028", [], api.ids("list_runs", thread_id=thread), "runs")
