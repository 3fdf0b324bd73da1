"""Threads: their operations, the messages they begin with, their metadata and resources, and their end.

Covers THR-001 to THR-018; the fields of the object are judged in all traffic.
"""

from __future__ import annotations

from typing import Any

from assistants_conformance.scenario import Verify, pairs, requirement
from assistants_conformance.scenario.situations import some_files
from assistants_conformance.target import Answer, Api, NotApplicable

#: Forms in which a thread shows that it has no resources; they are equal (THR-012).
EMPTY = ({}, {"code_interpreter": {"file_ids": []}})


#: How long a thread is left alone, in seconds: longer than what clones and gateways keep in a cache.
THREE_MONTHS = 90 * 86_400


def get(api: Api, thread: str) -> Answer:
    return api.call("get_thread", thread_id=thread)


def text_of(message: dict[str, Any]) -> Any:
    """Return the text of a message, None where it has none."""
    content = message.get("content")
    first = content[0] if isinstance(content, list) and content and isinstance(content[0], dict) else {}
    text = first.get("text")
    return text.get("value") if isinstance(text, dict) else None


def code_files(answer: Answer) -> Any:
    """Return the files of the code interpreter that an answer shows."""
    resources = answer.json.get("tool_resources")
    member = resources.get("code_interpreter") if isinstance(resources, dict) else None
    return member.get("file_ids") if isinstance(member, dict) else None


@requirement("THR-001", "THR-002", "THR-003", "THR-004", "THR-017")
def test_operations_answer_200(api: Api, verify: Verify) -> None:
    created = api.post_thread(metadata={"mark": api.unique()})
    verify.status("THR-001", created, 200)
    thread = api.need(created, "create a thread")["id"]
    mark = {"mark": api.unique()}
    changed = api.call("modify_thread", thread_id=thread, json={"metadata": mark})
    read = get(api, thread)
    for row, answer in (("THR-001", created), ("THR-003", changed), ("THR-002", read)):
        shown = (answer.status, answer.json.get("object"), answer.json.get("id"))
        verify.equal(row, shown, (200, "thread", thread), answer)
    verify.equal("THR-003", changed.json.get("metadata"), mark, changed)
    verify.equal("THR-002", read.json.get("metadata"), mark, read)
    gone = api.call("delete_thread", thread_id=thread)
    shown = (gone.status, *(gone.json.get(name) for name in ("id", "object", "deleted")))
    verify.equal("THR-004", shown, (200, thread, "thread.deleted", True), gone)


@requirement("THR-005")
def test_threads_cannot_be_listed(api: Api, verify: Verify) -> None:
    verify.refused("THR-005", api.send("GET", "/threads"), 404, 405)


@requirement("THR-006")
def test_empty_body_makes_an_empty_thread(api: Api, verify: Verify) -> None:
    answer = api.post_thread()
    verify.status("THR-006", answer, 200)
    thread = api.need(answer, "create a thread")["id"]
    listed = api.call("list_messages", thread_id=thread)
    verify.equal("THR-006", (listed.status, listed.json.get("data")), (200, []), listed)


@requirement("THR-007")
def test_thread_without_a_body(api: Api, verify: Verify) -> None:
    answer = api.call("create_thread")
    verify.status("THR-007", answer, 200)
    verify.equal("THR-007", answer.json.get("object"), "thread", answer)


@requirement("THR-008", "THR-018")
def test_messages_seed_a_thread(api: Api, verify: Verify) -> None:
    texts = [api.unique() for _ in range(5)]
    metadata = {"mark": api.unique(), "second": "2"}
    messages = [{"role": "user", "content": text, "metadata": {"number": str(n)}} for n, text in enumerate(texts)]
    created = api.post_thread(messages=messages, metadata=metadata)
    thread = api.need(created, "create a thread with messages")["id"]
    verify.equal("THR-018", created.json.get("metadata"), metadata, created)
    listed = api.call("list_messages", thread_id=thread, query={"order": "asc"})
    shown = [text_of(message) for message in listed.data]
    verify.equal("THR-008", shown, texts, listed)
    verify.equal("THR-008", [message.get("run_id", "absent") for message in listed.data], [None] * len(texts), listed)
    verify.equal("THR-018", sorted(map(str, shown)), sorted(texts), listed)
    numbers = [message.get("metadata") for message in listed.data]
    verify.equal("THR-018", numbers, [message["metadata"] for message in messages], listed)
    other = api.thread()["id"]
    empty = api.call("list_messages", thread_id=other)
    verify("THR-018", not empty.data, observed=empty.told, expected="no messages in another thread", answer=empty)


@requirement("THR-009")
def test_only_metadata_can_be_modified(api: Api, verify: Verify) -> None:
    metadata = {"mark": api.unique()}
    thread = api.thread(metadata=metadata)["id"]
    for body in ({"messages": []}, {"name": "A thread.", "metadata": {"mark": "changed"}}):
        answer = api.call("modify_thread", thread_id=thread, json=body)
        verify.refused("THR-009", answer)
        if not answer.ok:
            verify.equal("ERR-024", get(api, thread).json.get("metadata"), metadata, answer)


@requirement("THR-010", "THR-012", needs=("code_interpreter",))
def test_resources_can_be_modified(api: Api, verify: Verify) -> None:
    files = some_files(api, 2)
    created = api.post_thread(tool_resources={"code_interpreter": {"file_ids": files[:1]}})
    thread = api.need(created, "create a thread with a file")["id"]
    verify.equal("THR-012", code_files(created), files[:1], created)
    read = get(api, thread)
    verify.equal("THR-012", code_files(read), files[:1], read)
    body = {"metadata": {"mark": api.unique()}, "tool_resources": {"code_interpreter": {"file_ids": files}}}
    answer = api.call("modify_thread", thread_id=thread, json=body)
    verify.status("THR-010", answer, 200)
    read = get(api, thread)
    for shown in (answer, read):
        held = code_files(shown)
        verify.equal("THR-010", sorted(map(str, held)) if isinstance(held, list) else held, sorted(files), shown)
        verify.equal("THR-010", shown.json.get("metadata"), body["metadata"], shown)
        verify("THR-012", isinstance(shown.json.get("tool_resources"), dict), observed=shown.told, expected="an object")


@requirement("THR-012")
def test_resources_are_an_object_where_none_were_given(api: Api, verify: Verify) -> None:
    created = api.post_thread()
    thread = api.need(created, "create a thread")["id"]
    changed = api.call("modify_thread", thread_id=thread, json={"metadata": {"mark": "1"}})
    for answer in (created, changed, get(api, thread)):
        shown = answer.json.get("tool_resources", "absent")
        verify("THR-012", shown in EMPTY, observed=f"tool_resources {shown!r}", expected=f"{EMPTY}", answer=answer)


@requirement("THR-013")
def test_limits_of_metadata(api: Api, verify: Verify) -> None:
    node = api.profile.request_schema("create_thread")["properties"]["metadata"]
    full, beyond = pairs.full(node), pairs.beyond(node)
    created = api.post_thread(metadata=full)
    verify.status("THR-013", created, 200)
    verify.equal("THR-013", created.json.get("metadata"), full, created)
    thread = api.thread(metadata={"before": "1"})["id"]
    for metadata in beyond:
        verify.refused("THR-013", api.post_thread(metadata=metadata))
    answers = [api.call("modify_thread", thread_id=thread, json={"metadata": metadata}) for metadata in beyond]
    for answer in answers:
        verify.refused("THR-013", answer)
    if not any(answer.ok for answer in answers):
        verify.equal("ERR-024", get(api, thread).json.get("metadata"), {"before": "1"}, answers[-1])


@requirement("THR-014")
def test_deleted_thread_takes_its_objects_along(api: Api, verify: Verify) -> None:
    assistant = api.assistant(instructions="Be brief.")["id"]
    thread = api.thread()["id"]
    message = api.message(thread, "Say hello.")["id"]
    run = {**api.run(thread, assistant), "thread_id": thread}
    api.finished(run)
    api.need(api.call("delete_thread", thread_id=thread), "delete a thread")
    for answer in (
        get(api, thread),
        api.call("list_messages", thread_id=thread),
        api.call("get_message", thread_id=thread, message_id=message),
        api.call("list_runs", thread_id=thread),
        api.call("get_run", thread_id=thread, run_id=run["id"]),
    ):
        verify.refused("THR-014", answer, 404)


@requirement("THR-018")
def test_create_answers_what_was_sent(api: Api, verify: Verify) -> None:
    for _ in range(2):
        metadata = {"mark": api.unique()}
        body: dict[str, Any] = {"metadata": metadata}
        file = None
        if api.v2:
            try:
                api.require("code_interpreter")
            except NotApplicable:
                pass
            else:
                file = api.file()["id"]
                body["tool_resources"] = {"code_interpreter": {"file_ids": [file]}}
        answer = api.post_thread(**body)
        api.need(answer, "create a thread")
        verify.equal("THR-018", answer.json.get("metadata"), metadata, answer)
        if file is not None:
            verify.equal("THR-018", code_files(answer), [file], answer)


@requirement("THR-015")
def test_thread_lasts_until_it_is_deleted(api: Api, verify: Verify) -> None:
    if not api.can_wind:
        raise NotApplicable("the target declares no clock_url, and three months are not waited for")
    text = api.unique()
    thread = api.thread(messages=[{"role": "user", "content": text}])["id"]
    api.wind(THREE_MONTHS)
    answer = get(api, thread)
    verify.status("THR-015", answer, 200)
    listed = api.call("list_messages", thread_id=thread)
    verify.equal("THR-015", [text_of(message) for message in listed.data], [text], listed)
