"""Assistants: their operations, the limits of their fields, and what a modification and a deletion do.

Covers ASST-001 to ASST-043; the fields of the object are judged in all traffic. Limits are those of the profile's
request schemas. The list of assistants is shared, so own ones are looked for by id or name.
"""

from __future__ import annotations

from typing import Any

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import able, some_files, tool_names
from assistants_conformance.target import Answer, Api, Blocked, NotApplicable

#: Taken by every version at a modification, whatever its limit is (C-16).
SURE_INSTRUCTIONS = 32_768
CAPABILITY = {"code_interpreter": "code_interpreter", "file_search": "file_search", "retrieval": "file_search"}
REFUSED_TYPES = ("code-interpreter", "retrieval", "web_search")
JUST_BEYOND = 0.01


def property_of(api: Api, *path: str, request: str = "create_assistant") -> dict[str, Any]:
    """Return the schema of a property of a request body."""
    node: Any = api.profile.request_schema(request)
    for name in path:
        node = node["items"] if name == "*" else node["properties"][name]
    return dict(node)


def function(name: str = "lookup", **more: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, **more}}


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


def taken(verify: Verify, row: str, answer: Answer, **shown: Any) -> None:
    """Check that a create was accepted and that its answer shows the values."""
    if verify.status(row, answer, 200):
        for name, value in shown.items():
            verify(
                row,
                answer.json.get(name, "absent") == value,
                observed=f"{name} {answer.json.get(name, 'absent')!r:.120}",
                expected=f"{name} {value!r:.120}",
                answer=answer,
            )


def refused(api: Api, verify: Verify, row: str, field: str, *bodies: dict[str, Any], mark: str | None = None) -> None:
    """Check that creates are refused, that each refusal names the field, and that nothing was left behind.

    `mark` begins the names of the assistants that must not appear.
    """
    mark = mark or api.unique()
    marks = [mark if "name" in body else f"{mark}-{number}-" for number, body in enumerate(bodies)]
    answers = [api.post_assistant(**{"name": own, **body}) for own, body in zip(marks, bodies, strict=True)]
    for answer in answers:
        verify.refused(row, answer)
        if answer.status == 400:
            told = f"{answer.error.get('param')} {answer.error.get('message')}"
            verify("ERR-026", field in told, observed=answer.told, expected=f"{field} named", answer=answer)
    gone = tuple(own for own, answer in zip(marks, answers, strict=True) if not answer.ok)
    if not gone:
        return
    page = api.call("list_assistants", query={"limit": 100})
    left = [item.get("id") for item in page.data if str(item.get("name")).startswith(gone)]
    verify("ERR-023", page.ok and not left, observed=f"listed: {left}", expected="nothing left behind", answer=page)


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


def attached_ids(resources: Any) -> list[Any]:
    """Return every id that `tool_resources` of an answer names."""
    members = resources.values() if isinstance(resources, dict) else ()
    lists = [names for member in members if isinstance(member, dict) for names in member.values()]
    return [name for names in lists if isinstance(names, list) for name in names]


@requirement("ASST-001", "ASST-002", "ASST-003", "ASST-004", "ASST-005", "ASST-040")
def test_operations_answer_200(api: Api, verify: Verify) -> None:
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
    listed = api.call("list_assistants")
    verify.status("ASST-002", listed, 200)
    strange = [item.get("object") for item in listed.data if item.get("object") != "assistant"]
    verify.equal("ASST-002", (listed.json.get("object"), bool(listed.data), strange), ("list", True, []), listed)
    gone = api.call("delete_assistant", **params)
    shown = (gone.status, gone.json.get("id"), gone.json.get("object"), gone.json.get("deleted"))
    verify.equal("ASST-005", shown, (200, params["assistant_id"], "assistant.deleted", True), gone)


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
        if able(api, CAPABILITY[kind]):
            answer = api.post_assistant(tools=[{"type": kind}])
            resources = answer.json.get("tool_resources")
            verify.equal("ASST-025", sorted(resources) if isinstance(resources, dict) else resources, [kind], answer)
            verify.equal("ASST-025", attached_ids(resources), [], answer)


@requirement("ASST-008")
def test_longest_name(api: Api, verify: Verify) -> None:
    limit = property_of(api, "name")["maxLength"]
    mark = api.unique()
    for name in ("n" * limit, None):
        taken(verify, "ASST-008", api.post_assistant(name=name), name=name)
    refused(api, verify, "ASST-008", "name", {"name": mark.ljust(limit + 1, "n")}, mark=mark)


@requirement("ASST-009")
def test_longest_description(api: Api, verify: Verify) -> None:
    limit = property_of(api, "description")["maxLength"]
    for text in ("d" * limit, None):
        taken(verify, "ASST-009", api.post_assistant(description=text), description=text)
    refused(api, verify, "ASST-009", "description", {"description": "d" * (limit + 1)})


@requirement("ASST-010", "ASST-011")
def test_longest_instructions(api: Api, verify: Verify) -> None:
    row = property_of(api, "instructions")["x-requirement"]
    limit = property_of(api, "instructions")["maxLength"]
    # Where the limit grew in the life of a version, what every state of it takes is sure.
    sure = api.profile.traits.get("sure_text_length", limit)
    taken(verify, row, api.post_assistant(instructions="i" * sure), instructions="i" * sure)
    refused(api, verify, row, "instructions", {"instructions": "i" * (limit + 1)})


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


@requirement("ASST-013")
def test_most_tools(api: Api, verify: Verify) -> None:
    limit = property_of(api, "tools")["maxItems"]
    tools = [function(f"f{number}") for number in range(limit + 1)]
    answer = api.post_assistant(tools=tools[:limit])
    verify.status("ASST-013", answer, 200)
    shown = answer.json.get("tools")
    verify.equal("ASST-013", len(shown) if isinstance(shown, list) else shown, limit, answer)
    refused(api, verify, "ASST-013", "tools", {"tools": tools})


@requirement("ASST-014", "ASST-015")
def test_types_of_tools(api: Api, verify: Verify) -> None:
    node = property_of(api, "tools", "*", "type")
    row, known = node["x-requirement"], node["enum"]
    taken(verify, row, api.post_assistant(tools=[function()]))
    for kind in known:
        if kind in CAPABILITY and able(api, CAPABILITY[kind]):
            answer = api.post_assistant(tools=[{"type": kind}])
            tools = answer.json.get("tools")
            shown = [tool.get("type") for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else tools
            verify.equal(row, (answer.status, shown), (200, [kind]), answer)
    others = [kind for kind in REFUSED_TYPES if kind not in known]
    if api.v2:
        refused(api, verify, row, "type", *({"tools": [{"type": kind}]} for kind in others))
    else:
        for kind in others:
            answer = api.post_assistant(tools=[{"type": kind}])
            shown = answer.json.get("tools")
            tools = shown if isinstance(shown, list) else []
            strange = [tool for tool in tools if not isinstance(tool, dict) or tool.get("type") not in known]
            verify(row, not strange, observed=f"tools {tools}", expected=f"only types of {known}", answer=answer)


@requirement("ASST-016", "ASST-017")
def test_name_of_a_function(api: Api, verify: Verify) -> None:
    limit = property_of(api, "tools", "*", "function", "name")["maxLength"]
    for names in (("f" * limit, "aZ_09-"), ("f",)):
        answer = api.post_assistant(tools=[function(name) for name in names])
        verify.status("ASST-017", answer, 200)
        verify.status("ASST-016", answer, 200)
        verify.equal("ASST-017", tool_names(answer.json), list(names), answer)
    nameless = {"type": "function", "function": {"description": "No name."}}
    names = ("f" * (limit + 1), "with space", "dotted.name", "naïve")
    refused(api, verify, "ASST-016", "name", *({"tools": [tool]} for tool in (*map(function, names), nameless)))


@requirement("ASST-018")
def test_longest_description_of_a_function(api: Api, verify: Verify) -> None:
    limit = property_of(api, "tools", "*", "function", "description")["maxLength"]
    verify.status("ASST-018", api.post_assistant(tools=[function(description="d" * limit)]), 200)
    refused(api, verify, "ASST-018", "description", {"tools": [function(description="d" * (limit + 1))]})


@requirement("ASST-019")
def test_function_shows_whether_it_is_strict(api: Api, verify: Verify) -> None:
    if not api.profile.traits.get("strict_shown"):
        raise NotApplicable("a function that was sent without strict may come back without it")
    answer = api.post_assistant(tools=[function("plain")])
    verify.status("ASST-019", answer, 200)
    if answer.ok:
        verify.equal("ASST-019", first_function(answer).get("strict"), False, answer)


@requirement("ASST-019", needs=("file_search",))
def test_options_of_file_search(api: Api, verify: Verify) -> None:
    def search(**options: Any) -> dict[str, Any]:
        return {"tools": [{"type": "file_search", "file_search": options}]}

    node = property_of(api, "tools", "*", "file_search")
    count = node["properties"]["max_num_results"]
    ranked = "ranking_options" in node["properties"]
    for number in () if ranked else (count["minimum"], 50):
        verify.status("ASST-019", api.post_assistant(**search(max_num_results=number)), 200)
    beyond = [count["minimum"] - 1, *([count["maximum"] + 1] if "maximum" in count else [])]
    refused(api, verify, "ASST-019", "max_num_results", *(search(max_num_results=number) for number in beyond))
    if ranked:
        score = node["properties"]["ranking_options"]["properties"]["score_threshold"]
        for number, value in ((count["minimum"], score["minimum"]), (50, score["maximum"])):
            options = {"ranker": "auto", "score_threshold": value}
            answer = api.post_assistant(**search(max_num_results=number, ranking_options=options))
            verify.status("ASST-019", answer, 200)
        outside = [
            search(ranking_options={"ranker": "auto", "score_threshold": value})
            for value in (score["minimum"] - JUST_BEYOND, score["maximum"] + JUST_BEYOND)
        ]
        refused(api, verify, "ASST-019", "score_threshold", *outside)


@requirement("ASST-020", "ASST-021", needs=("code_interpreter",))
def test_most_files(api: Api, verify: Verify) -> None:
    path = ("tool_resources", "code_interpreter", "file_ids") if api.v2 else ("file_ids",)
    row, limit = "ASST-021" if api.v2 else "ASST-020", property_of(api, *path)["maxItems"]
    files = some_files(api, limit + 1)

    def body(names: list[str]) -> dict[str, Any]:
        given = {"tool_resources": {"code_interpreter": {"file_ids": names}}} if api.v2 else {"file_ids": names}
        return {"tools": [{"type": "code_interpreter"}], **given}

    answer = api.post_assistant(**body(files[:limit]))
    verify.status(row, answer, 200)
    shown = attached_ids(answer.json.get("tool_resources")) if api.v2 else answer.json.get("file_ids")
    told = sorted(map(str, shown)) if isinstance(shown, list) else shown
    verify.equal(row, told, sorted(files[:limit]), answer)
    refused(api, verify, row, "file_ids", body(files))
    verify.equal("ASST-020", api.post_assistant().json.get("file_ids", "absent"), [])


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


@requirement("ASST-026", "ASST-027")
def test_ranges_of_sampling(api: Api, verify: Verify) -> None:
    nodes = {field: property_of(api, field) for field in ("temperature", "top_p")}
    for bound in ("minimum", "maximum"):
        values = {field: node[bound] for field, node in nodes.items()}
        answer = api.post_assistant(**values)
        for field, node in nodes.items():
            own = answer if answer.ok else api.post_assistant(**{field: values[field]})
            taken(verify, node["x-requirement"], own, **{field: values[field]})
    nothing = api.post_assistant(**dict.fromkeys(nodes))
    for field, node in nodes.items():
        row = node["x-requirement"]
        verify.status(row, nothing, 200)
        beyond = (node["minimum"] - JUST_BEYOND, node["maximum"] + JUST_BEYOND)
        refused(api, verify, row, field, *({field: value} for value in beyond))


@requirement("ASST-029")
def test_response_formats(api: Api, verify: Verify) -> None:
    for form in ("auto", {"type": "text"}, {"type": "json_object"}):
        verify.status("ASST-029", api.post_assistant(response_format=form), 200)
    refused(api, verify, "ASST-029", "response_format", {"response_format": "none"})


@requirement("ASST-030")
def test_name_of_a_json_schema(api: Api, verify: Verify) -> None:
    def form(**schema: Any) -> dict[str, Any]:
        return {"response_format": {"type": "json_schema", "json_schema": schema}}

    verify.status("ASST-030", api.post_assistant(**form(name="n" * 64)), 200)
    schema = {"type": "object", "properties": {}, "additionalProperties": False, "required": []}
    answer = api.post_assistant(**form(name="aZ_09-", description="A form.", schema=schema, strict=True))
    verify.status("ASST-030", answer, 200)
    names = ("n" * 65, "with space", "dotted.name")
    bodies = [*(form(name=name, schema=schema) for name in names), form(schema=schema)]
    refused(api, verify, "ASST-030", "name", *bodies)


@requirement("ASST-031", needs=("code_interpreter",))
def test_json_object_run_with_a_built_in_tool(api: Api, verify: Verify) -> None:
    assistant = api.assistant(tools=[{"type": "code_interpreter"}])["id"]
    thread = api.thread(messages=[{"role": "user", "content": "Answer in JSON."}])["id"]
    answer = api.post_run(thread, assistant, response_format={"type": "json_object"})
    verify.refused("ASST-031", answer)
    if not answer.ok:
        verify.unchanged("ERR-023", [], api.ids("list_runs", thread_id=thread), "runs")


@requirement("ASST-032")
def test_metadata_is_kept_character_by_character(api: Api, verify: Verify) -> None:
    node = property_of(api, "metadata")
    longest = node["propertyNames"]["maxLength"]
    most = node["additionalProperties"]["maxLength"]
    full = {f"{number:02}".ljust(longest, "k"): "v" * most for number in range(node["maxProperties"])}
    odd = {"Key with Spaces": "  ends with a space ", "zeichen": 'Ä語😀 "quoted" \\ \n\t', "empty": ""}
    for given in (full, odd):
        taken(verify, "ASST-032", api.post_assistant(metadata=given), metadata=given)
    verify.status("ASST-032", api.post_assistant(metadata=None), 200)


@requirement("ASST-033")
def test_metadata_beyond_its_limits(api: Api, verify: Verify) -> None:
    node = property_of(api, "metadata")
    longest = node["propertyNames"]["maxLength"]
    most = node["additionalProperties"]["maxLength"]
    beyond = (
        {f"key{number}": "v" for number in range(node["maxProperties"] + 1)},
        {"k" * (longest + 1): "v"},
        {"key": "v" * (most + 1)},
    )
    refused(api, verify, "ASST-033", "metadata", *({"metadata": given} for given in beyond))


@requirement("ASST-035", "ASST-043")
def test_create_and_retrieve_answer_the_same(api: Api, verify: Verify) -> None:
    for body in (full_body(api), full_body(api)):
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
        verify.status("ASST-036", answer, 200)
        after = settled(api.call("get_assistant", assistant_id=identifier))
        told = f"{field} {after.get(field)!r}"
        verify("ASST-036", after.get(field) == value, observed=told, expected=f"{field} {value!r}")
        changed = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
        told = f"changed: {changed}"
        verify("ASST-036", set(changed) <= {field}, observed=told, expected=f"{field} and nothing else", answer=answer)
        before = after


@requirement("ASST-037")
def test_modify_replaces_metadata(api: Api, verify: Verify) -> None:
    identifier = api.assistant(metadata={"first": "1", "second": "2"})["id"]
    metadata = {"second": "two", "third": "3"}
    answer = api.call("modify_assistant", assistant_id=identifier, json={"metadata": metadata})
    verify.equal("ASST-037", answer.json.get("metadata"), metadata, answer)
    read = api.call("get_assistant", assistant_id=identifier)
    verify.equal("ASST-037", read.json.get("metadata"), metadata, read)


@requirement("ASST-038")
def test_deleted_assistant_is_gone(api: Api, verify: Verify) -> None:
    identifier = api.assistant()["id"]
    api.need(api.call("delete_assistant", assistant_id=identifier), "delete an assistant")
    for answer in (
        api.call("get_assistant", assistant_id=identifier),
        api.call("modify_assistant", assistant_id=identifier, json={"name": "Back."}),
        api.call("delete_assistant", assistant_id=identifier),
    ):
        verify.refused("ASST-038", answer, 404)
    listed = api.ids("list_assistants")
    verify("ASST-038", identifier not in listed, observed="it is listed", expected="not listed")


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
