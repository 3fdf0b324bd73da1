"""Use after free: what is deleted is of no use any more, whatever operation it is tried with.

Covers UAF-001 to UAF-006. The judge sees every success on an ended object; here each operation is tried once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import able, asked, sound
from assistants_conformance.target import Answer, Api, Blocked, NotApplicable
from assistants_conformance.target.handing import assistant_with, message_with
from assistants_conformance.target.specimens import unknown_id

if TYPE_CHECKING:
    from collections.abc import Callable

METADATA = {"metadata": {"late": "yes"}}


def gone(verify: Verify, row: str, answer: Answer, *allowed: int) -> None:
    """Check that an operation on a deleted object was refused."""
    if sound(verify, answer, row):
        verify.status(row, answer, *(allowed or (404,)))


def deleted(api: Api, operation: str, **params: str) -> None:
    """Delete an object or raise Blocked."""
    answer = api.call(operation, **params)
    if not answer.ok:
        raise Blocked(f"could not delete: {answer.told}")


@requirement("UAF-001")
def test_nothing_starts_with_a_deleted_assistant(api: Api, verify: Verify) -> None:
    assistant, other = api.assistant()["id"], api.assistant()["id"]
    thread = asked(api)
    file = None if api.v2 else api.file()["id"]
    deleted(api, "delete_assistant", assistant_id=assistant)
    alone = api.post_run(thread, assistant)
    body = {"assistant_id": assistant, "thread": {"messages": [{"role": "user", "content": "Say hello."}]}}
    together = api.call("create_thread_and_run", json=body)
    for answer in (alone, together):
        gone(verify, "UAF-001", answer, 400, 404)
    if api.has("list_assistant_files"):
        gone(verify, "UAF-001", api.call("list_assistant_files", assistant_id=assistant))
        gone(verify, "UAF-001", api.call("create_assistant_file", assistant_id=assistant, json={"file_id": file}))
    if not alone.ok:
        api.need(api.post_run(thread, other), "run another assistant on the same thread")


@requirement("UAF-002")
def test_nothing_is_done_under_a_deleted_thread(api: Api, verify: Verify) -> None:
    run = api.chat("Say hello.")
    assistant, thread = str(run.get("assistant_id")), str(run["thread_id"])
    message = api.ids("list_messages", thread_id=thread)[0]
    steps = api.steps(run)
    deleted(api, "delete_thread", thread_id=thread)
    of_run, of_message = {"thread_id": thread, "run_id": run["id"]}, {"thread_id": thread, "message_id": message}
    outputs = {"tool_outputs": [{"tool_call_id": unknown_id(api, "tool_call"), "output": "1"}]}
    answers = [
        api.call("modify_thread", thread_id=thread, json=METADATA),
        api.post_message(thread, "Are you still there?"),
        api.call("modify_message", **of_message, json=METADATA),
        api.post_run(thread, assistant),
        api.call("modify_run", **of_run, json=METADATA),
        api.call("cancel_run", **of_run),
        api.call("submit_tool_outputs", **of_run, json=outputs),
        api.call("list_run_steps", **of_run),
    ]
    answers += [api.call("get_run_step", **of_run, step_id=str(step.get("id"))) for step in steps[:1]]
    if api.has("delete_message") and able(api, "message_delete"):
        answers.append(api.call("delete_message", **of_message))
    if "N-21" not in api.profile.active:
        answers.append(api.call("delete_thread", thread_id=thread))
    for answer in answers:
        gone(verify, "UAF-002", answer)


@requirement("UAF-002", needs=("function_calling",))
def test_run_of_a_deleted_thread_takes_nothing(api: Api, verify: Verify) -> None:
    run = api.parked()
    answer = api.call("delete_thread", thread_id=run["thread_id"])
    if answer.status == 400:
        raise NotApplicable("the target refuses to delete a thread whose run is active, as LOCK-009 allows")
    api.need(answer, "delete a thread whose run is active")
    gone(verify, "UAF-002", api.submit(run))
    gone(verify, "UAF-002", api.cancel(run))


@requirement("UAF-003", needs=("message_delete",))
def test_deleted_message_takes_no_changes(api: Api, verify: Verify) -> None:
    thread = api.thread()["id"]
    message, other = (api.message(thread, api.unique())["id"] for _ in range(2))
    deleted(api, "delete_message", thread_id=thread, message_id=message)
    gone(verify, "UAF-003", api.call("modify_message", thread_id=thread, message_id=message, json=METADATA))
    gone(verify, "UAF-003", api.call("delete_message", thread_id=thread, message_id=message))
    kept = api.call("modify_message", thread_id=thread, message_id=other, json=METADATA)
    api.need(kept, "modify another message of the thread")


@requirement("UAF-004")
def test_deleted_file_is_neither_read_nor_deleted(api: Api, verify: Verify) -> None:
    file = api.file()["id"]
    deleted(api, "delete_file", file_id=file)
    # Where uploads cannot be downloaded at all, that may be what is looked at first.
    gone(verify, "UAF-004", api.call("get_file_content", file_id=file), 400, 404)
    gone(verify, "UAF-004", api.call("delete_file", file_id=file))


@requirement("UAF-004", needs=("code_interpreter",))
def test_deleted_file_cannot_be_given(api: Api, verify: Verify) -> None:
    file, other = (api.file()["id"] for _ in range(2))
    assistant, thread = api.assistant(tools=[{"type": "code_interpreter"}])["id"], api.thread()["id"]

    def to_thread(name: str) -> Answer:
        resources = {"code_interpreter": {"file_ids": [name]}}
        return api.call("modify_thread", thread_id=thread, json={"tool_resources": resources})

    ways: dict[str, Callable[[str], Answer]] = {
        "an assistant": lambda name: assistant_with(api, name),
        "a message": lambda name: message_with(api, thread, name),
    }
    if api.v2:
        ways["a thread"] = to_thread
    else:
        ways["an assistant that is there"] = lambda name: api.call(
            "create_assistant_file", assistant_id=assistant, json={"file_id": name}
        )
    deleted(api, "delete_file", file_id=file)
    for holder, give in ways.items():
        api.need(give(other), f"give a file to {holder}")
        gone(verify, "UAF-004", give(file), 400, 404)


@requirement("UAF-005", needs=("vector_stores",))
def test_deleted_store_is_of_no_use(api: Api, verify: Verify) -> None:
    store = {"vector_store_id": api.store()["id"]}
    file = api.file()["id"]
    deleted(api, "delete_vector_store", **store)
    answers = [
        api.call("modify_vector_store", **store, json={"name": api.unique()}),
        api.call("list_vector_store_files", **store),
        api.call("create_vector_store_file", **store, json={"file_id": file}),
        api.call("create_vector_store_file_batch", **store, json={"file_ids": [file]}),
        api.call("delete_vector_store", **store),
    ]
    if api.has("search_vector_store"):
        answers.append(api.call("search_vector_store", **store, json={"query": "line"}))
    for answer in answers:
        gone(verify, "UAF-005", answer)
    resources: dict[str, Any] = {"tool_resources": {"file_search": {"vector_store_ids": [store["vector_store_id"]]}}}
    for answer in (api.post_assistant(tools=[{"type": "file_search"}], **resources), api.post_thread(**resources)):
        gone(verify, "UAF-005", answer, 400, 404)


@requirement("UAF-006", needs=("vector_stores",))
def test_file_taken_from_a_store_is_no_longer_of_it(api: Api, verify: Verify) -> None:
    store = api.store()["id"]
    file = api.file()["id"]
    api.need(api.call("create_vector_store_file", vector_store_id=store, json={"file_id": file}), "add a file")
    ids = {"vector_store_id": store, "file_id": file}
    deleted(api, "delete_vector_store_file", **ids)
    gone(verify, "UAF-006", api.call("get_vector_store_file", **ids))
    gone(verify, "UAF-006", api.call("delete_vector_store_file", **ids))
    api.need(api.call("get_file", file_id=file), "read the file itself")
