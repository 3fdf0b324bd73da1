"""Assistants: their operations, what they show, and what a modification and a deletion do.

Covers ASST-001 to ASST-043 with `test_assistants_limits.py`; the fields of the object are judged in all traffic. The
list of assistants is shared, so own ones are looked for by id or name.
"""

from __future__ import annotations

from typing import Any

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.assistants import attached_ids, function, property_of, taken
from assistants_conformance.scenario.situations import able
from assistants_conformance.target import Answer, Api, Blocked, NotApplicable

#: Taken by every version at a modification, whatever its limit is (C-16).
SURE_INSTRUCTIONS = 32_768


def full_body(api: Api) -> dict[str, Any]:
    """Return a body with a value in every field that needs no file."""
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    body: dict[str, Any] = {
        "model": api.settings.model,
        "name": api.unique(),
        "description": api.unique("about"),
        "instructions": api.unique("do"),
        "tools": [function(api.unique("f"), description="Looks up.", parameters=parameters)],
        "metadata": {"mark": api.unique(), "second": "2"},
    }
    if api.v2:
        body |= {"temperature": 0.5, "top_p": 0.25, "response_format": {"type": "json_object"}}
    return body


def settled(answer: Answer) -> dict[str, Any]:
    """Return an assistant with the equal empty forms of its resources made one."""
    shown = dict(answer.json)
    if "tool_resources" in shown:
        resources = shown["tool_resources"]
        members = resources.items() if isinstance(resources, dict) else [("", resources)]
        shown["tool_resources"] = {
            kind: member for kind, member in members if not isinstance(member, dict) or any(member.values())
        }
    return shown


def first_function(answer: Answer) -> dict[str, Any]:
    """Return the function of an assistant's first tool, empty where it has none."""
    tools = answer.json.get("tools")
    first = tools[0] if isinstance(tools, list) and tools and isinstance(tools[0], dict) else {}
    inner = first.get("function")
    return inner if isinstance(inner, dict) else {}


@requirement("ASST-001", "ASST-002", "ASST-003", "ASST-004", "ASST-005", "ASST-038", "ASST-040")
def test_operations_answer_200_until_the_assistant_is_deleted(api: Api, verify: Verify) -> None:
    name = api.unique()
    created = api.post_assistant(name=name)
    verify.status("ASST-001", created, 200)
    params = {"assistant_id": api.need(created, "create an assistant")["id"]}
    read = api.call("get_assistant", **params)
    changed = api.call("modify_assistant", **params, json={"description": "Changed."})
    for row, answer in (("ASST-001", created), ("ASST-003", read), ("ASST-004", changed)):
        shown = (answer.status, answer.json.get("object"), answer.json.get("id"), answer.json.get("name"))
        verify.equal(row, shown, (200, "assistant", params["assistant_id"], name), answer)
    verify.equal("ASST-004", changed.json.get("description"), "Changed.", changed)
    api.assistant()
    gone = api.call("delete_assistant", **params)
    shown = (gone.status, gone.json.get("id"), gone.json.get("object"), gone.json.get("deleted"))
    verify.equal("ASST-005", shown, (200, params["assistant_id"], "assistant.deleted", True), gone)
    listed = api.call("list_assistants")
    verify.status("ASST-002", listed, 200)
    strange = [item.get("object") for item in listed.data if item.get("object") != "assistant"]
    verify.equal("ASST-002", (listed.json.get("object"), bool(listed.data), strange), ("list", True, []), listed)
    there = params["assistant_id"] in [item.get("id") for item in listed.data]
    verify("ASST-038", not there, observed="it is listed", expected="not listed", answer=listed)
    api.need(gone, "delete an assistant")
    for answer in (
        api.call("get_assistant", **params),
        api.call("modify_assistant", **params, json={"name": "Back."}),
        api.call("delete_assistant", **params),
    ):
        verify.refused("ASST-038", answer, 404)


@requirement("ASST-007", "ASST-034")
def test_only_a_model_is_needed(api: Api, verify: Verify) -> None:
    answer = api.post_assistant()
    taken(verify, "ASST-007", answer, model=api.settings.model, name=None, instructions=None, tools=[])
    verify.equal("ASST-034", answer.json.get("metadata", "absent"), {}, answer)


@requirement("ASST-025", "ASST-028", "ASST-F15")
def test_unset_fields_show_their_defaults(api: Api, verify: Verify) -> None:
    answer = api.post_assistant(tools=[function()])
    api.need(answer, "create an assistant")
    names = ("temperature", "top_p", "response_format")
    shown = {name: answer.json.get(name, "absent") for name in names}
    verify.equal("ASST-028", shown, {"temperature": 1.0, "top_p": 1.0, "response_format": "auto"}, answer)
    verify.equal("ASST-025", answer.json.get("tool_resources"), {}, answer)
    verify.equal("ASST-F15", answer.json.get("reasoning_effort"), None, answer)
    for kind in ("code_interpreter", "file_search"):
        if able(api, kind):
            answer = api.post_assistant(tools=[{"type": kind}])
            resources = answer.json.get("tool_resources")
            verify.equal("ASST-025", sorted(resources) if isinstance(resources, dict) else resources, [kind], answer)
            verify.equal("ASST-025", attached_ids(resources), [], answer)


@requirement("ASST-012")
def test_longest_instructions_of_a_modification(api: Api, verify: Verify) -> None:
    limit = property_of(api, "instructions", request="modify_assistant")["maxLength"]
    made = api.assistant(instructions="Before.")["id"]
    answer = api.call("modify_assistant", assistant_id=made, json={"instructions": "i" * SURE_INSTRUCTIONS})
    taken(verify, "ASST-012", answer, instructions="i" * SURE_INSTRUCTIONS)
    before = api.call("get_assistant", assistant_id=made).json
    answer = api.call("modify_assistant", assistant_id=made, json={"instructions": "i" * (limit + 1)})
    verify.refused("ASST-012", answer)
    if not answer.ok:
        after = api.call("get_assistant", assistant_id=made).json
        verify(
            "ERR-024", after == before, observed="another assistant", expected="the assistant as before", answer=answer
        )


@requirement("ASST-019")
def test_function_shows_whether_it_is_strict(api: Api, verify: Verify) -> None:
    if not api.profile.traits.get("strict_shown"):
        raise NotApplicable("a function that was sent without strict may come back without it")
    answer = api.post_assistant(tools=[function("plain")])
    verify.status("ASST-019", answer, 200)
    if answer.ok:
        verify.equal("ASST-019", first_function(answer).get("strict"), False, answer)


@requirement("ASST-006", needs=("code_interpreter",))
def test_files_of_an_assistant(api: Api, verify: Verify) -> None:
    made = api.assistant(tools=[{"type": "code_interpreter"}])["id"]
    files = [api.file(f"{number}\n".encode(), f"n{number}.txt", "text/plain")["id"] for number in range(3)]
    for file in files:
        answer = api.call("create_assistant_file", assistant_id=made, json={"file_id": file})
        shown = (answer.status, *(answer.json.get(name) for name in ("id", "object", "assistant_id")))
        verify.equal("ASST-006", shown, (200, file, "assistant.file", made), answer)
    verify.equal("ASST-006", sorted(api.ids("list_assistant_files", assistant_id=made)), sorted(files))
    page = api.call("list_assistant_files", assistant_id=made, query={"limit": 2})
    verify.equal("PAGE-012", (len(page.data), page.json.get("has_more")), (2, True), page)
    read = api.call("get_assistant_file", assistant_id=made, file_id=files[1])
    verify.equal("ASST-006", (read.status, read.json.get("id")), (200, files[1]), read)
    gone = api.call("delete_assistant_file", assistant_id=made, file_id=files[1])
    shown = (gone.status, *(gone.json.get(name) for name in ("id", "object", "deleted")))
    verify.equal("ASST-006", shown, (200, files[1], "assistant.file.deleted", True), gone)
    verify.equal("ASST-006", sorted(api.ids("list_assistant_files", assistant_id=made)), sorted([files[0], files[2]]))
    verify.status("ASST-006", api.call("get_file", file_id=files[1]), 200)


@requirement("ASST-024", needs=("code_interpreter",))
def test_misspelt_resources_attach_nothing(api: Api, verify: Verify) -> None:
    file = api.file()["id"]
    tools = [{"type": "code_interpreter"}]
    right = api.post_assistant(tools=tools, tool_resources={"code_interpreter": {"file_ids": [file]}})
    if file not in attached_ids(right.json.get("tool_resources")):
        raise Blocked(f"the right key attaches nothing either: {right.told}")
    answer = api.post_assistant(tools=tools, tool_resources={"code interpreter": {"file_ids": [file]}})
    held = attached_ids(answer.json.get("tool_resources")) if answer.ok else []
    holds = answer.status == 400 or (answer.ok and file not in held)
    verify("ASST-024", holds, observed=answer.told, expected="refused with 400, or no file attached", answer=answer)


@requirement("ASST-031", needs=("code_interpreter",))
def test_json_object_run_with_a_built_in_tool(api: Api, verify: Verify) -> None:
    assistant = api.assistant(tools=[{"type": "code_interpreter"}])["id"]
    thread = api.thread(messages=[{"role": "user", "content": "Answer in JSON."}])["id"]
    answer = api.post_run(thread, assistant, response_format={"type": "json_object"})
    verify.refused("ASST-031", answer)
    if not answer.ok:
        verify.unchanged("ERR-023", [], api.ids("list_runs", thread_id=thread), "runs")


@requirement("ASST-035", "ASST-043")
def test_create_and_retrieve_answer_the_same(api: Api, verify: Verify) -> None:
    for body in [full_body(api) for _ in range(1 if api.settings.effort.breadth else 2)]:
        created = api.post_assistant(**body)
        identifier = api.need(created, "create an assistant")["id"]
        sent = body.pop("tools")[0]["function"]
        taken(verify, "ASST-043", created, **body)
        # The service adds members to a function; what was sent must be among them.
        shown = first_function(created)
        verify.equal("ASST-043", {key: shown.get(key) for key in sent}, sent, created)
        read = api.call("get_assistant", assistant_id=identifier)
        one, two = settled(created), settled(read)
        differing = sorted(key for key in one.keys() | two.keys() if one.get(key) != two.get(key))
        verify("ASST-035", not differing, observed=f"{differing} differ: {read.told}", expected="equal", answer=read)


@requirement("ASST-036")
def test_modify_changes_only_what_was_sent(api: Api, verify: Verify) -> None:
    identifier = api.assistant(**full_body(api))["id"]
    before = settled(api.call("get_assistant", assistant_id=identifier))
    for field in ("name", "description", "instructions", "metadata", "tools"):
        value: Any = {"metadata": {"new": api.unique()}, "tools": []}.get(field, api.unique("new"))
        answer = api.call("modify_assistant", assistant_id=identifier, json={field: value})
        if not verify.status("ASST-036", answer, 200):
            continue
        after = settled(answer)
        told = f"{field} {after.get(field)!r}"
        verify("ASST-036", after.get(field) == value, observed=told, expected=f"{field} {value!r}")
        changed = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
        told = f"changed: {changed}"
        verify("ASST-036", set(changed) <= {field}, observed=told, expected=f"{field} and nothing else", answer=answer)
        before = after
    read = api.call("get_assistant", assistant_id=identifier)
    after = settled(read)
    differing = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    told = f"read: {differing} differ"
    verify("ASST-036", not differing, observed=told, expected="as the modifications answered", answer=read)


@requirement("ASST-037")
def test_modify_replaces_metadata(api: Api, verify: Verify) -> None:
    identifier = api.assistant(metadata={"first": "1", "second": "2"})["id"]
    metadata = {"second": "two", "third": "3"}
    answer = api.call("modify_assistant", assistant_id=identifier, json={"metadata": metadata})
    verify.equal("ASST-037", answer.json.get("metadata"), metadata, answer)
    read = api.call("get_assistant", assistant_id=identifier)
    verify.equal("ASST-037", read.json.get("metadata"), metadata, read)


@requirement("ASST-039")
def test_deleting_an_assistant_keeps_the_rest(api: Api, verify: Verify) -> None:
    file = api.file()["id"]
    body: dict[str, Any] = {"instructions": "Be brief."}
    if able(api, "code_interpreter"):
        body["tools"] = [{"type": "code_interpreter"}]
        body |= {"tool_resources": {"code_interpreter": {"file_ids": [file]}}} if api.v2 else {"file_ids": [file]}
    assistant = api.assistant(**body)["id"]
    thread = api.thread()["id"]
    message = api.message(thread, "Say hello.")["id"]
    run = {**api.run(thread, assistant), "thread_id": thread}
    api.finished(run, "completed")
    before = api.ids("list_messages", thread_id=thread)
    api.need(api.call("delete_assistant", assistant_id=assistant), "delete an assistant")
    for answer in (
        api.call("get_thread", thread_id=thread),
        api.call("get_message", thread_id=thread, message_id=message),
        api.call("get_run", thread_id=thread, run_id=run["id"]),
        api.call("get_file", file_id=file),
    ):
        verify.status("ASST-039", answer, 200)
    verify.unchanged("ASST-039", before, api.ids("list_messages", thread_id=thread), "messages")


@requirement("ASST-041")
def test_unknown_model_is_refused_or_fails(api: Api, verify: Verify) -> None:
    answer = api.post_assistant(model=api.unique("no-such-model"))
    late = api.profile.traits.get("model_is_looked_up_late")
    if api.profile.platform == "openai" or (400 <= answer.status < 500 and not late):
        verify("ASST-041", 400 <= answer.status < 500, observed=answer.told, expected="a 4xx", answer=answer)
        return
    if not verify.status("ASST-041", answer, 200):
        return
    thread = api.thread(messages=[{"role": "user", "content": "Say hello."}])["id"]
    started = api.post_run(thread, api.need(answer, "create an assistant")["id"])
    verify("ASST-041", started.status < 500, observed=started.told, expected="a run, or a 4xx", answer=started)
    if started.ok:
        run = api.finished({**api.need(started, "create a run"), "thread_id": thread})
        verify("ASST-041", run.get("status") == "failed", observed=f"the run {run.get('status')}", expected="failed")
