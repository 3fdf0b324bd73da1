"""Run steps: how a run is told, step by step, while it goes on and after its end.

Covers STEP-001 to STEP-024, the fields STEP-F01 to STEP-F17, N-10 and N-11. What can be read off a step, or off a step
and its run, is judged on all traffic (observe.rules.steps).
"""

from __future__ import annotations

from typing import Any

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import quoting
from assistants_conformance.target import Api, Blocked, NotApplicable, call_ids
from assistants_conformance.target.prompts import CODE_INTERPRETER, PICTURE, TABLE
from assistants_conformance.target.reading import inner, parts, rows, tool_calls, unlike

FIELDS = tuple(f"STEP-F{number:02}" for number in (*range(1, 11), 12, 13, 14, 16, 17))
SHAPE = ("STEP-002", "STEP-003", "STEP-004", "STEP-019", "STEP-023", *FIELDS)
SUMS = ("STEP-016", "STEP-017", "N-11")
#: The parameter of a wait that makes two times differ where a service keeps whole seconds.
APART_SECONDS = 2
RESULT_CONTENT = "step_details.tool_calls[*].file_search.results[*].content"


def _need_usage(api: Api, run: dict[str, Any], steps: list[dict[str, Any]]) -> None:
    """Go on only if run and steps say what they used; where they must, other rows tell that they do not.

    Raises:
        Blocked: one of them does not.
    """
    if api.v2 and not all(isinstance(one.get("usage"), dict) for one in (run, *steps)):
        raise Blocked("the run or one of its steps has no usage, so there is nothing to add up")


def _path(run: dict[str, Any]) -> dict[str, str]:
    return {"thread_id": run["thread_id"], "run_id": run["id"]}


@requirement("STEP-001", "STEP-005", "STEP-006", "STEP-013", "STEP-015", "N-10", *SHAPE, *SUMS)
def test_steps_are_listed_and_retrieved(api: Api, verify: Verify) -> None:
    run = api.chat("Say hello.")
    # Messages first: the judge compares steps with the messages that it knows.
    api.messages(run["thread_id"])
    answer = api.call("list_run_steps", **_path(run))
    verify.status("STEP-001", answer, 200)
    verify("STEP-001", answer.data, observed=answer.told, expected="the steps of a completed run", answer=answer)
    for step in answer.data:
        got = api.call("get_run_step", **_path(run), step_id=str(step.get("id")))
        verify.status("STEP-001", got, 200)
        verify.equal("STEP-001", got.json, step, got)
    made = [step for step in answer.data if step.get("type") == "message_creation"]
    if not made:
        raise Blocked("a run that wrote a message has no message_creation step (STEP-001)")
    for step in made:
        message = inner(step, "step_details", "message_creation", "message_id")
        got = api.call("get_message", thread_id=run["thread_id"], message_id=str(message))
        verify.status("STEP-006", got, 200)
        told = {name: got.json.get(name) for name in ("id", "run_id")}
        verify.equal("STEP-006", told, {"id": message, "run_id": run["id"]}, got)
    _need_usage(api, run, answer.data)


@requirement("STEP-001")
def test_steps_cannot_be_changed(api: Api, verify: Verify) -> None:
    run = api.chat("Say hello.")
    before = api.steps(run)
    if not before:
        raise Blocked("the list of steps is empty")
    route = f"/threads/{run['thread_id']}/runs/{run['id']}/steps"
    step = f"{route}/{before[0].get('id')}"
    for method, path in (("POST", route), ("POST", step), ("DELETE", step)):
        answer = api.send(method, path, json={"metadata": {"changed": "yes"}} if method == "POST" else None)
        holds = 400 <= answer.status < 500
        verify("STEP-001", holds, observed=f"{method}: {answer.told}", expected="refused", answer=answer)
    verify.unchanged("STEP-001", before, api.steps(run), "steps")


@requirement("STEP-005", "STEP-007", "STEP-011", "STEP-012", "STEP-013", "STEP-018", *SHAPE, *SUMS, waits=True)
def test_step_of_function_calls(api: Api, verify: Verify) -> None:
    run = api.parked()
    waiting = api.call("list_run_steps", **_path(run))
    newest = waiting.data[0] if waiting.data else {}
    calls = rows(inner(newest, "step_details", "tool_calls"))
    told = {
        "type": newest.get("type"),
        "status": newest.get("status"),
        "calls": sorted(str(call.get("id")) for call in calls),
    }
    awaited = sorted(call_ids(run))
    verify.equal("STEP-012", told, {"type": "tool_calls", "status": "in_progress", "calls": awaited}, waiting)
    for call in tool_calls(waiting.data, "function"):
        output = inner(call, "function", "output")
        verify("STEP-011", output is None, observed=call, expected="no output before the submit", answer=waiting)
    api.wind(APART_SECONDS)
    outputs = {call: api.unique() for call in awaited}
    sent = [{"tool_call_id": call, "output": output} for call, output in outputs.items()]
    api.need(api.submit(run, sent), "submit tool outputs")
    run = api.finished(run, "completed")
    answer = api.call("list_run_steps", **_path(run))
    shown = {str(call.get("id")): inner(call, "function", "output") for call in tool_calls(answer.data, "function")}
    verify.equal("STEP-011", {call: shown.get(call) for call in outputs}, outputs, answer)
    times = [step.get("created_at") for step in answer.data]
    known = [time for time in times if isinstance(time, int | float)]
    if len(set(known)) < 2:
        raise Blocked(f"the run has no two steps of different age: {times}")
    verify("STEP-018", known == sorted(known, reverse=True), observed=known, expected="newest first", answer=answer)
    _need_usage(api, run, answer.data)


@requirement("STEP-014", "STEP-004", waits=True)
def test_expiry_ends_the_steps(api: Api, verify: Verify) -> None:
    run = api.parked()
    open_steps = [step.get("id") for step in api.steps(run) if step.get("status") == "in_progress"]
    ended = api.expired(run)
    if ended.get("status") != "expired":
        raise Blocked(f"the run should have expired and is {ended.get('status')}")
    if not open_steps:
        raise Blocked("the waiting run shows no step in progress (STEP-012)")
    for step in api.steps(run):
        if step.get("id") in open_steps:
            verify.equal("STEP-014", step.get("status"), "expired")


@requirement("STEP-015", needs=("code_interpreter",))
def test_failed_step_says_why(api: Api, verify: Verify) -> None:
    model = api.settings.failing_model
    if not model:
        raise NotApplicable("no failing_model is declared, so no run can be made to fail")
    thread = api.thread(messages=[{"role": "user", "content": TABLE}])["id"]
    assistant = api.assistant(tools=[CODE_INTERPRETER])["id"]
    run = api.finished(api.run(thread, assistant, model=model), "failed")
    failed = [step for step in api.steps(run) if step.get("status") == "failed"]
    if not failed:
        raise NotApplicable("the run failed before it had a step")
    for step in failed:
        error = step.get("last_error")
        holds = isinstance(step.get("failed_at"), int) and all(
            isinstance(inner(error, name), str) for name in ("code", "message")
        )
        verify("STEP-015", holds, observed=step, expected="failed_at, and last_error with code and message")


@requirement("STEP-007", "STEP-008", *SHAPE, needs=("code_interpreter",))
def test_step_of_code_interpreter(api: Api, verify: Verify) -> None:
    run = api.chat(PICTURE, tools=[CODE_INTERPRETER])
    calls = tool_calls(api.steps(run), "code_interpreter")
    if not calls:
        raise Blocked("the model was asked to run code and its steps show no call of code_interpreter")
    outputs = [output for call in calls for output in rows(inner(call, "code_interpreter", "outputs"))]
    shown = {str(inner(output, "image", "file_id")) for output in outputs if output.get("type") == "image"}
    messages = [row for row in api.messages(run["thread_id"]) if row.get("run_id") == run["id"]]
    drawn = {str(inner(part, "image_file", "file_id")) for message in messages for part in parts(message, "image_file")}
    told = f"outputs with the images {shown}, messages with {drawn}"
    verify("STEP-008", drawn <= shown, observed=told, expected="every image of the messages in an output")
    for call in calls:
        code = inner(call, "code_interpreter", "input")
        verify("STEP-008", isinstance(code, str) and code.strip(), observed=call, expected="the code that ran as input")


def _searched(api: Api, **query: Any) -> dict[str, Any]:
    """Return a completed run that searched an uploaded file."""
    text = b"The lighthouse of Alexandria was 103 metres high.\n"
    file = api.file(text, "lighthouse.txt", "text/plain")["id"]
    tool = "file_search" if api.v2 else "retrieval"
    given = {"attachments": [{"file_id": file, "tools": [{"type": tool}]}]} if api.v2 else {"file_ids": [file]}
    thread = api.thread()["id"]
    api.message(thread, "Search the file: how high was the lighthouse of Alexandria?", **given)
    assistant = api.assistant(tools=[{"type": tool}])["id"]
    body = {"assistant_id": assistant}
    answer = api.call("create_run", thread_id=thread, json=body, query=query)
    return api.finished({**api.need(answer, "create a run"), "thread_id": thread}, "completed")


@requirement("STEP-007", "STEP-009", "STEP-010", *SHAPE, needs=("file_search",))
def test_step_of_search(api: Api, verify: Verify) -> None:
    run = quoting(api)["run"]
    kind = "file_search" if api.v2 else "retrieval"
    calls = tool_calls(api.steps(run), kind)
    if not calls:
        raise Blocked(f"the model was asked to search and its steps show no call of {kind}")
    for call in calls:
        verify("STEP-009", call.get("retrieval") == {}, observed=call, expected="retrieval {}")
        verify("STEP-010", isinstance(call.get("file_search"), dict), observed=call, expected="file_search, an object")


@requirement("STEP-020", needs=("file_search",))
def test_content_of_search_results_is_included(api: Api, verify: Verify) -> None:
    run = _searched(api, **{"include[]": RESULT_CONTENT})
    plain = api.call("list_run_steps", **_path(run))
    searching = [step for step in plain.data if tool_calls([step], "file_search")]
    if not any(_results([step]) for step in searching):
        raise Blocked("no step of the run shows a result of file_search")
    verify("STEP-020", not _contents(plain.data), observed=plain.told, expected="no content unless asked", answer=plain)
    asked = {"include[]": RESULT_CONTENT}
    listed = api.call("list_run_steps", **_path(run), query=asked)
    verify.status("STEP-020", listed, 200)
    verify("STEP-020", _contents(listed.data), observed=listed.told, expected="results with content", answer=listed)
    for step in searching:
        path = {**_path(run), "step_id": str(step.get("id"))}
        one = api.call("get_run_step", **path, query=asked)
        verify.status("STEP-020", one, 200)
        verify("STEP-020", _contents([one.json]), observed=one.told, expected="results with content", answer=one)
        wrong = {"include[]": api.unique()}
        verify.refused("STEP-020", api.call("get_run_step", **path, query=wrong))
        verify.refused("STEP-020", api.call("list_run_steps", **_path(run), query=wrong))


def _results(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    calls = tool_calls(steps, "file_search")
    return [result for call in calls for result in rows(inner(call, "file_search", "results"))]


def _contents(steps: list[dict[str, Any]]) -> bool:
    return any(result.get("content") for result in _results(steps))


@requirement("STEP-021")
def test_unknown_step_is_not_found(api: Api, verify: Verify) -> None:
    run = api.chat("Say hello.")
    steps = api.steps(run)
    if not steps or not isinstance(steps[0].get("id"), str):
        raise Blocked("the run shows no step whose id could be varied")
    verify.refused("STEP-021", api.call("get_run_step", **_path(run), step_id=unlike(api, steps[0]["id"])), 404)
