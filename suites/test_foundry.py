"""What only Foundry Agent Service (classic) has: project paths, tokens alone, a list of threads, tools of its own.

Covers FND-001 to FND-012, AUTH-004, VER-017, VER-018 and N-30. The tools need a server or a connection that a
target need not have: `mcp_server_url` and `bing_connection` name them, without them their scenarios do not apply.
"""

from __future__ import annotations

from typing import Any

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import text_of
from assistants_conformance.target import Answer, Api, Blocked, NotApplicable, call_ids
from assistants_conformance.target.prompts import BRIEF, SERVER, bing_tool, mcp_tool

QUESTION = "Ask the server for the newest news on lighthouses, and tell me in one sentence what it says."
USE = "You answer every question by calling a tool of the server, never from memory."
SEARCH = "Search the web for the height of the lighthouse of Alexandria and cite the page."
#: Stands in a header for a server; it opens nothing.
HEADER_VALUE = "conformance-header-value"
#: Where the newest threads are looked for; on a shared account others make some in the same moment.
NEWEST = 100


# -- paths, credentials, lists -----------------------------------------------------------------------------------------


@requirement("AUTH-004")
def test_api_key_is_no_credential(api: Api, verify: Verify) -> None:
    secret = api.settings.bearer_token or api.settings.api_key
    if not secret:
        raise Blocked("no token is configured")
    if api.call("list_assistants", query={"limit": 1}, headers={"Authorization": None}).ok:
        raise Blocked("requests without a credential are served too, so nothing shows that one authenticates")
    answer = api.call("list_assistants", query={"limit": 1}, headers={"Authorization": None, "api-key": secret})
    verify.refused("AUTH-004", answer, 401)


@requirement("VER-017")
def test_operations_hang_off_the_project_in_every_version(api: Api, verify: Verify) -> None:
    for version in api.profile.api_versions:
        query = {"api-version": version, "limit": 1}
        for operation in ("list_assistants", "list_threads"):
            verify.status("VER-017", api.call(operation, query=query), 200)
        verify.status("VER-017", api.call("list_files", query={"api-version": version}), 200)


@requirement("VER-018", "N-30")
def test_threads_are_listed(api: Api, verify: Verify) -> None:
    with api.own():
        older, newer = api.thread(metadata={"one": "1"})["id"], api.thread()["id"]
    answer = api.call("list_threads", query={"limit": NEWEST})
    if not verify.status("VER-018", answer, 200):
        return
    kinds = sorted({str(item.get("object")) for item in answer.data})
    verify("VER-018", kinds == ["thread"], observed=f"objects {kinds}", expected="threads", answer=answer)
    items = {item.get("id"): item for item in answer.data}
    if older not in items or newer not in items:
        raise Blocked(f"threads made just now are not among the newest {NEWEST}")
    for name in (older, newer):
        retrieved = api.call("get_thread", thread_id=name)
        verify.equal("N-30", items[name], retrieved.json, answer)
    times = [item["created_at"] for item in answer.data if isinstance(item.get("created_at"), int)]
    newest_first = times == sorted(times, reverse=True) and list(items).index(newer) < list(items).index(older)
    verify("N-30", newest_first, observed=f"created_at {times[:20]}", expected="newest first", answer=answer)


@requirement("FND-010")
def test_model_that_is_not_deployed_fails_its_run(api: Api, verify: Verify) -> None:
    assistant = api.assistant(model=api.unique("no-such-model"))["id"]
    thread = api.thread(messages=[{"role": "user", "content": "Say hello."}])["id"]
    run = api.finished(api.run(thread, assistant), "failed")
    error, usage = run.get("last_error"), run.get("usage")
    code = error.get("code") if isinstance(error, dict) else None
    spent = usage.get("total_tokens") if isinstance(usage, dict) else None
    verify(
        "FND-010",
        code == "invalid_engine_error" and run.get("started_at") is not None and spent == 0,
        observed=f"last_error {error!r}, started_at {run.get('started_at')!r}, usage {usage!r}",
        expected="code invalid_engine_error, started_at set, usage of zeros",
    )


@requirement("FND-011", needs=("function_calling",))
def test_outputs_may_carry_more(api: Api, verify: Verify) -> None:
    run = api.parked()
    outputs = [{"tool_call_id": call, "output": "22 C", "type": "function_call_output"} for call in call_ids(run)]
    body = {"tool_outputs": outputs, "stream": False}
    answer = api.call("submit_tool_outputs", thread_id=run["thread_id"], run_id=run["id"], json=body)
    verify.status("FND-011", answer, 200)
    if not answer.ok:
        api.cancel(run)


@requirement("FND-012")
def test_additional_messages_take_parts(api: Api, verify: Verify) -> None:
    thread, text = api.thread()["id"], api.unique("part")
    parts = [{"type": "text", "text": text}]
    answer = api.post_run(
        thread, api.assistant()["id"], additional_messages=[{"role": "user", "content": parts}], tool_choice="none"
    )
    if not verify.status("FND-012", answer, 200):
        return
    told = [text_of(message) for message in api.messages(thread)]
    verify("FND-012", text in told, observed=f"messages {told}", expected=f"a message {text!r}", answer=answer)
    api.finished(api.need(answer, "create a run"))


# -- servers that speak MCP --------------------------------------------------------------------------------------------


def _tool(api: Api) -> dict[str, Any]:
    if not api.settings.mcp_server_url:
        raise NotApplicable("no server is named: [target] mcp_server_url")
    return mcp_tool(api.settings.mcp_server_url)


def _asked(api: Api, **resources: Any) -> dict[str, Any]:
    """Return a run that has a server's tool and a question for it, when it waits or has ended."""
    assistant = api.assistant(instructions=USE, tools=[_tool(api)])["id"]
    thread = api.thread(messages=[{"role": "user", "content": QUESTION}])["id"]
    entry = {"server_label": SERVER, **resources}
    return api.wait(api.run(thread, assistant, tool_resources={"mcp": [entry]}))


def _waiting(api: Api, verify: Verify, **resources: Any) -> dict[str, Any]:
    """Return a run that waits for an approval.

    Raises:
        Blocked: it ended, and its steps show no call of the server either.
    """
    run = _asked(api, **resources)
    action = run.get("required_action")
    kind = action.get("type") if isinstance(action, dict) else None
    inner = action.get(kind) if isinstance(action, dict) and isinstance(kind, str) else None
    calls = inner.get("tool_calls") if isinstance(inner, dict) else None
    if run.get("status") != "requires_action" and not _calls(api, run):
        raise Blocked(f"the model called no tool of the server: the run went to {run.get('status')}")
    whole = isinstance(calls, list) and bool(calls) and all(map(_is_call, calls))
    verify(
        "FND-001",
        run.get("status") == "requires_action" and kind == "submit_tool_approval" and whole,
        observed=f"{run.get('status')}, required_action {action!r}",
        expected="requires_action, submit_tool_approval with calls of id, type mcp, name, arguments, server_label",
    )
    if not call_ids(run):
        raise Blocked(f"no run waits for an approval: {run.get('status')}, required_action {action!r}")
    return run


def _is_call(call: Any) -> bool:
    texts = ("id", "name", "arguments", "server_label")
    return isinstance(call, dict) and call.get("type") == "mcp" and all(isinstance(call.get(one), str) for one in texts)


def _calls(api: Api, run: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the calls of servers in the steps of a run."""
    details = [step.get("step_details") for step in api.steps(run)]
    calls = [part.get("tool_calls") for part in details if isinstance(part, dict)]
    every = [call for group in calls for call in (group if isinstance(group, list) else [])]
    return [call for call in every if isinstance(call, dict) and call.get("type") == "mcp"]


def _answer(api: Api, run: dict[str, Any], *, approve: bool) -> Answer:
    approvals = [{"tool_call_id": call, "approve": approve} for call in call_ids(run)]
    return api.call(
        "submit_tool_outputs", thread_id=run["thread_id"], run_id=run["id"], json={"tool_approvals": approvals}
    )


def _to_the_end(api: Api, run: dict[str, Any], *, approve: bool) -> dict[str, Any]:
    """Answer every further call alike until the run has ended."""
    for _ in range(5):
        run = api.wait(run)
        if run.get("status") != "requires_action":
            return run
        api.need(_answer(api, run, approve=approve), "answer an approval")
    raise Blocked("the model goes on to call the server")


@requirement("FND-001", "FND-002", "FND-003", needs=("mcp",))
def test_approved_call_is_made(api: Api, verify: Verify) -> None:
    run = _waiting(api, verify)
    asked = call_ids(run)
    answer = _answer(api, run, approve=True)
    verify.status("FND-002", answer, 200)
    api.need(answer, "approve a call")
    if answer.json.get("status") == "requires_action":
        raise Blocked(f"the run still waits: {answer.told}")
    ended = _to_the_end(api, run, approve=True)
    if ended.get("status") != "completed":
        raise Blocked(f"the run ended {ended.get('status')} ({ended.get('last_error')}); is the server reachable?")
    listed = [call.get("id") for call in _calls(api, ended)]
    verify("FND-003", set(asked) <= set(listed), observed=f"calls {listed}", expected=f"calls {asked} with type mcp")


@requirement("FND-001", "FND-004", needs=("mcp",))
def test_denied_call_does_not_hang_the_run(api: Api, verify: Verify) -> None:
    run = _waiting(api, verify)
    answer = _answer(api, run, approve=False)
    if not verify.status("FND-004", answer, 200):
        return
    status = answer.json.get("status")
    verify("FND-004", status != "requires_action", observed=answer.told, expected="not waiting any more", answer=answer)
    if status == "requires_action":
        raise Blocked(f"the run still waits: {answer.told}")
    _to_the_end(api, run, approve=False)


@requirement("FND-007", needs=("mcp",))
def test_nothing_is_asked_without_need_of_approval(api: Api, verify: Verify) -> None:
    run = _asked(api, require_approval="never")
    if run.get("status") != "requires_action" and not _calls(api, run):
        raise Blocked(f"the model called no tool of the server: the run went to {run.get('status')}")
    waits = run.get("status") == "requires_action"
    verify("FND-007", not waits, observed=f"required_action {run.get('required_action')!r}", expected="no wait")
    if waits:
        api.cancel(run)


@requirement("FND-005", "FND-006", needs=("mcp",))
def test_server_and_its_headers_come_back(api: Api, verify: Verify) -> None:
    made = api.assistant(instructions=BRIEF, tools=[_tool(api)])
    verify.equal("FND-005", made.get("tools"), [{**_tool(api), "allowed_tools": None}])
    thread = api.thread(messages=[{"role": "user", "content": "Say hello."}])["id"]
    entry = {"server_label": SERVER, "headers": {"X-Conformance": HEADER_VALUE}}
    run = api.run(thread, made["id"], tool_resources={"mcp": [entry]}, tool_choice="none")
    shown = run.get("tool_resources")
    given = shown.get("mcp") if isinstance(shown, dict) else None
    if not given:
        raise Blocked(f"the run does not show the servers it was given: tool_resources {shown!r}")
    verify(
        "FND-006", HEADER_VALUE not in repr(run), observed=f"tool_resources {shown!r}", expected="REDACTED in its place"
    )
    api.finished(run)


# -- Bing --------------------------------------------------------------------------------------------------------------


@requirement("FND-008", needs=("bing_grounding",))
def test_pages_are_cited_with_their_address(api: Api, verify: Verify) -> None:
    if not api.settings.bing_connection:
        raise NotApplicable("no connection is named: [target] bing_connection")
    tool = bing_tool(api.settings.bing_connection)
    run = api.chat(SEARCH, instructions="You always search the web and cite the pages.", tools=[tool])
    notes = [
        note
        for message in api.messages(run["thread_id"], run_id=run["id"])
        for part in message.get("content", [])
        if isinstance(part, dict) and isinstance(part.get("text"), dict)
        for note in part["text"].get("annotations") or []
        if isinstance(note, dict)
    ]
    cited = [note for note in notes if note.get("type") == "url_citation"]
    if not cited:
        raise Blocked(f"the model cited no page: annotations {notes!r}")
    # What each of them says is for the judge; that the address stands where clients look for it is seen here.
    pages = [note.get("url_citation") for note in cited]
    named = all(isinstance(page, dict) and isinstance(page.get("url"), str) for page in pages)
    verify("FND-008", named, observed=f"{pages!r}", expected="url_citation with a url")
