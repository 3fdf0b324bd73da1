"""Refusals: what was refused has left nothing behind and changed nothing, also where the refusal comes late.

Covers LEAK-001 to LEAK-007 and KEEP-001 to KEEP-005. A server that looks at the whole request first and stores then is
hard to catch out; so the mistakes are the last thing that is looked at: a reference to what is not there, the last of
several values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import able, asked
from assistants_conformance.target import Answer, Api, Blocked, NotApplicable, Part, form
from assistants_conformance.target.handing import assistant_body, handed, message_files, message_with
from assistants_conformance.target.specimens import left_behind, unknown_id

if TYPE_CHECKING:
    from collections.abc import Callable

NEWEST = 100


def bad_metadata(api: Api) -> dict[str, str]:
    """Return metadata whose last value is too long."""
    node = api.profile.request_schema("create_thread")["properties"]["metadata"]
    return {
        "first": api.unique(),
        "second": api.unique(),
        "last": "v" * (node["additionalProperties"]["maxLength"] + 1),
    }


def good_and_unknown(api: Api) -> list[str]:
    """Return the ids of a file and of none."""
    return [api.file()["id"], unknown_id(api, "file")]


# -- creates -----------------------------------------------------------------------------------------------------------


@requirement("LEAK-001")
def test_assistant_refused_late_is_not_made(api: Api, verify: Verify) -> None:
    bodies: list[dict[str, Any]] = [{"metadata": bad_metadata(api)}]
    if able(api, "code_interpreter"):
        bodies.append(assistant_body(api, *good_and_unknown(api)))
    names = [api.unique() for _ in bodies]
    answers = [api.post_assistant(name=name, **body) for name, body in zip(names, bodies, strict=True)]
    bad = [name for name, answer in zip(names, answers, strict=True) if not answer.ok]
    if not bad:
        raise Blocked(f"no bad assistant was refused: {answers[-1].told}")
    there = left_behind(api, *bad)
    for name, answer in zip(names, answers, strict=True):
        if not answer.ok:
            told = f"refused ({answer.told}) and listed"
            verify("LEAK-001", name not in there, observed=told, expected="no assistant of that name", answer=answer)


@requirement("LEAK-002", needs=("code_interpreter",))
def test_message_refused_late_leaves_its_thread_alone(api: Api, verify: Verify) -> None:
    good, unknown = good_and_unknown(api)
    bad: list[Callable[[str], Answer]] = [
        lambda thread: message_with(api, thread, good, unknown),
        lambda thread: api.post_message(thread, "Look.", metadata=bad_metadata(api), **message_files(api, good)),
    ]
    thread = api.thread()["id"]
    api.need(message_with(api, thread, api.file()["id"]), "add a message with a file")
    judged, before = False, contents(api, thread)
    for left, send in zip(range(len(bad))[::-1], bad, strict=True):
        answer = send(thread)
        if left and not each(api) and not answer.ok:
            continue
        after = contents(api, thread)
        if not answer.ok:
            judged = True
            verify.unchanged("LEAK-002", before[0], after[0], "messages")
            verify.unchanged("LEAK-002", before[1], after[1], "files of the thread")
        before = after
    if not judged:
        raise Blocked("no bad message was refused")


def contents(api: Api, thread: str) -> tuple[list[str], list[Any]]:
    """Return the ids of the messages of a thread and of the files that it gives to code interpreter."""
    return api.ids("list_messages", thread_id=thread), handed(api.call("get_thread", thread_id=thread).json)


@requirement("LEAK-003")
def test_refused_run_does_not_lock_its_thread(api: Api, verify: Verify) -> None:
    assistant, thread = api.assistant()["id"], asked(api)
    answers = [api.post_run(thread, unknown_id(api, "assistant"))]
    if api.v2 and not answers[0].ok:
        choice = {"type": "function", "function": {"name": "no_such_function"}}
        answers.append(api.post_run(thread, assistant, tool_choice=choice))
    if not answers[-1].ok:
        answers.append(api.post_run(thread, assistant, metadata=bad_metadata(api)))
    if answers[-1].ok:
        raise Blocked(f"a bad run was not refused but started: {answers[-1].told}")
    verify.status("LEAK-003", api.post_message(thread, "Say hello once more."), 200)
    verify.status("LEAK-003", api.post_run(thread, assistant), 200)


@requirement("LEAK-004")
def test_upload_that_breaks_off_leaves_no_file(api: Api, verify: Verify) -> None:
    name = f"{api.unique()}.csv"
    body, kind = form(Part("purpose", b"assistants"), Part("file", b"one,two\n1,2\n" * 50, name, "text/csv"))
    cut = body[: body.rindex(b"\r\n--") - 40]
    answer = api.call("upload_file", content=cut, content_type=kind)
    if answer.ok:
        raise NotApplicable("the target takes a form without its closing boundary as a whole one")
    marker = api.file(filename=f"{api.unique()}.csv")["id"]
    rows = api.call("list_files").data
    if not any(row.get("id") == marker for row in rows):
        raise Blocked("a file uploaded just now is not listed, so the list proves nothing")
    there = any(row.get("filename") == name for row in rows)
    verify("LEAK-004", not there, observed=f"refused ({answer.told}) and listed", expected="no such file",
           answer=answer)  # fmt: skip


@requirement("LEAK-005", needs=("code_interpreter",))
def test_refused_attachment_is_not_listed(api: Api, verify: Verify) -> None:
    good, unknown = good_and_unknown(api)
    made = api.assistant(**assistant_body(api, good))["id"]
    before = api.ids("list_assistant_files", assistant_id=made)
    if before != [good]:
        raise Blocked(f"the files of the assistant are {before} and not the one it was given")
    answer = api.call("create_assistant_file", assistant_id=made, json={"file_id": unknown})
    if answer.ok:
        raise Blocked(f"an unknown file was attached: {answer.told}")
    verify.unchanged("LEAK-005", before, api.ids("list_assistant_files", assistant_id=made), "files of the assistant")
    verify.unchanged("LEAK-005", before, handed(api.call("get_assistant", assistant_id=made).json), "file_ids")


def stores_with(api: Api, *marks: str) -> list[str]:
    """Return which of some texts a store among the newest has as its name or in its metadata.

    Raises:
        Blocked: the list does not show what was made a moment ago, so it proves nothing.
    """
    marker = api.store(name=api.unique("marker"))["id"]
    rows = api.call("list_vector_stores", query={"limit": NEWEST}).data
    if not any(row.get("id") == marker for row in rows):
        raise Blocked("a vector store made just now is not listed, so the list proves nothing")
    shown = [text for row in rows for text in (row.get("name"), *_values(row.get("metadata")))]
    return [mark for mark in marks if mark in shown]


def _values(metadata: Any) -> list[Any]:
    return list(metadata.values()) if isinstance(metadata, dict) else []


@requirement("LEAK-006", needs=("vector_stores",))
def test_refused_store_is_not_made(api: Api, verify: Verify) -> None:
    name, answers = api.unique(), []
    for wrong in (
        {"expires_after": {"anchor": "last_active_at", "days": 0}},
        {"file_ids": good_and_unknown(api)},
    ):
        own = f"{name}-{len(answers)}"
        answers.append((own, api.post_store(name=own, metadata={"mark": own}, **wrong)))
    refused = [(own, answer) for own, answer in answers if not answer.ok]
    if not refused:
        raise Blocked("no bad store was refused")
    there = stores_with(api, *(own for own, _ in refused))
    for own, answer in refused:
        told = f"refused ({answer.told}) and listed"
        verify("LEAK-006", own not in there, observed=told, expected="no such store", answer=answer)


@requirement("LEAK-007", needs=("vector_stores",))
def test_refused_thread_makes_no_store(api: Api, verify: Verify) -> None:
    mark = api.unique()
    resources = {"file_search": {"vector_stores": [{"metadata": {"mark": mark}}]}}
    attachment = {"file_id": unknown_id(api, "file"), "tools": [{"type": "file_search"}]}
    messages = [
        {"role": "user", "content": "Hello."},
        {"role": "user", "content": "Look.", "attachments": [attachment]},
    ]
    answer = api.post_thread(metadata={"mark": mark}, tool_resources=resources, messages=messages)
    if answer.ok:
        raise Blocked(f"the bad thread was not refused: {answer.told}")
    told = f"refused ({answer.told}), and its store is listed"
    verify("LEAK-007", not stores_with(api, mark), observed=told, expected="no such store", answer=answer)
    if api.has("list_threads"):
        threads = api.call("list_threads", query={"limit": NEWEST})
        there = any(mark in _values(row.get("metadata")) for row in threads.data)
        told = f"refused and listed: {threads.told}"
        verify("LEAK-007", threads.ok and not there, observed=told, expected="no such thread", answer=threads)


# -- modifications -----------------------------------------------------------------------------------------------------


def whole_or_not_at_all(
    api: Api,
    verify: Verify,
    row: str,
    bodies: list[dict[str, Any]],
    change: Callable[[Any], Answer],
    read: Callable[[], list[Any]],
) -> None:
    """Try bad modifications and compare what is read before and after each that is refused.

    Args:
        api: the target.
        verify: told of what has changed.
        row: the requirement.
        bodies: the modifications.
        change: asks for one.
        read: returns what the object is like.

    Raises:
        Blocked: none was refused.
    """
    judged, before = False, read()
    for left, body in zip(range(len(bodies))[::-1], bodies, strict=True):
        answer = change(body)
        if left and not each(api) and not answer.ok:
            continue
        after = read()
        if not answer.ok:
            judged = True
            # On a busy account others may have pushed the object off the page meanwhile.
            same = all(one == other for one, other in zip(before, after, strict=False))
            told = f"after {answer.told}: {after!r:.400}"
            verify(row, same, observed=told, expected=f"as before: {before!r:.400}", answer=answer)
        before = after
    if not judged:
        raise Blocked("no bad modification was refused")


def each(api: Api) -> bool:
    """Say whether there is a look after each refusal: where requests cost, one look serves several."""
    return not api.settings.effort.breadth


def readers(api: Api, kind: str, listed: str | None, own: dict[str, str], identifier: str) -> Callable[[], list[Any]]:
    """Return what reads an object by itself and in the list of its kind.

    Raises:
        Blocked: when it reads, and the object is not there.
    """
    around = {name: value for name, value in own.items() if value != identifier}

    def read() -> list[Any]:
        answer = api.call(f"get_{kind}", **own)
        both = listed is not None and not api.settings.effort.breadth
        rows = api.call(str(listed), **around, query={"limit": NEWEST}).data if both else []
        found = [row for row in rows if row.get("id") == identifier]
        if not answer.ok:
            raise Blocked(f"the {kind} cannot be read: {answer.told}")
        return [answer.json, *found]

    return read


@requirement("KEEP-001")
def test_assistant_is_modified_wholly_or_not_at_all(api: Api, verify: Verify) -> None:
    made = api.assistant(name="before", description="before", metadata={"first": "before"})
    own = {"assistant_id": made["id"]}
    bodies: list[dict[str, Any]] = [
        {"name": "after", "description": "after", "metadata": bad_metadata(api)},
        {"name": "after", "instructions": "after", "tools": [{"type": "no_such_tool"}]},
    ]
    if able(api, "code_interpreter"):
        bodies.append({"name": "after", "metadata": {}, **assistant_body(api, *good_and_unknown(api))})
    read = readers(api, "assistant", "list_assistants", own, made["id"])
    whole_or_not_at_all(
        api, verify, "KEEP-001", bodies, lambda body: api.call("modify_assistant", **own, json=body), read
    )


@requirement("KEEP-002")
def test_thread_is_modified_wholly_or_not_at_all(api: Api, verify: Verify) -> None:
    own = {"thread_id": api.thread(metadata={"first": "before"})["id"]}
    bodies: list[dict[str, Any]] = [{"metadata": bad_metadata(api)}]
    if api.v2 and able(api, "code_interpreter"):
        resources = {"code_interpreter": {"file_ids": good_and_unknown(api)}}
        bodies.append({"metadata": {"first": "after"}, "tool_resources": resources})
    read = readers(api, "thread", None, own, own["thread_id"])
    whole_or_not_at_all(api, verify, "KEEP-002", bodies, lambda body: api.call("modify_thread", **own, json=body), read)


@requirement("KEEP-003")
def test_message_is_modified_wholly_or_not_at_all(api: Api, verify: Verify) -> None:
    thread = api.thread()["id"]
    message = api.message(thread, api.unique(), metadata={"first": "before"})["id"]
    own = {"thread_id": thread, "message_id": message}
    bodies: list[dict[str, Any]] = [
        {"metadata": bad_metadata(api)},
        {"metadata": {"first": "after"}, "content": "after", "role": "user"},
    ]
    read = readers(api, "message", "list_messages", own, message)
    whole_or_not_at_all(
        api, verify, "KEEP-003", bodies, lambda body: api.call("modify_message", **own, json=body), read
    )


@requirement("KEEP-004")
def test_run_is_modified_wholly_or_not_at_all(api: Api, verify: Verify) -> None:
    run = api.chat("Say hello.")
    own = {"thread_id": run["thread_id"], "run_id": run["id"]}
    bodies: list[dict[str, Any]] = [
        {"metadata": bad_metadata(api)},
        {"metadata": {"first": "after"}, "status": "queued"},
    ]
    read = readers(api, "run", "list_runs", own, run["id"])
    whole_or_not_at_all(api, verify, "KEEP-004", bodies, lambda body: api.call("modify_run", **own, json=body), read)


@requirement("KEEP-005", needs=("vector_stores",))
def test_store_is_modified_wholly_or_not_at_all(api: Api, verify: Verify) -> None:
    made = api.store(name="before", metadata={"first": "before"})["id"]
    own = {"vector_store_id": made}
    bodies: list[dict[str, Any]] = [
        {"name": "after", "metadata": bad_metadata(api)},
        {"name": "after", "expires_after": {"anchor": "last_active_at", "days": 0}},
    ]
    read = readers(api, "vector_store", "list_vector_stores", own, made)
    whole_or_not_at_all(
        api, verify, "KEEP-005", bodies, lambda body: api.call("modify_vector_store", **own, json=body), read
    )
