"""Parents: a child is found where it belongs, and nowhere else.

Covers PAR-001 to PAR-006. The judge sees every success on a child through another parent; here each way is tried once,
and every child is read where it belongs before and after.
"""

from __future__ import annotations

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import able, asked, sound, two_runs
from assistants_conformance.target import Answer, Api, Blocked
from assistants_conformance.target.handing import assistant_with, message_with
from assistants_conformance.target.specimens import unknown_id

METADATA = {"metadata": {"from": "elsewhere"}}


def unknown(verify: Verify, row: str, *answers: Answer) -> None:
    """Check that a child was not found through another parent."""
    for answer in answers:
        if sound(verify, answer, row):
            verify.status(row, answer, 404)


def apart(*identifiers: str) -> None:
    """Go on only if objects can be told apart.

    Raises:
        Blocked: two of them have one id.
    """
    if len(set(identifiers)) != len(identifiers):
        raise Blocked(f"one id stands for several objects (OBJ-001): {identifiers}")


def kept(api: Api, operation: str, before: Answer, **params: str) -> Answer:
    """Read a child where it belongs and go on only if it is there.

    Raises:
        Blocked: it is not, so that it was not found elsewhere proves nothing.
    """
    after = api.call(operation, **params)
    if not before.ok or not after.ok:
        raise Blocked(f"the object is not found where it belongs: {after.told}")
    return after


@requirement("PAR-001")
def test_message_is_found_under_its_thread_only(api: Api, verify: Verify) -> None:
    thread, other = api.thread()["id"], api.thread()["id"]
    apart(thread, other)
    message = api.message(thread, api.unique())["id"]
    before = api.call("get_message", thread_id=thread, message_id=message)
    ids = {"thread_id": other, "message_id": message}
    unknown(verify, "PAR-001", api.call("get_message", **ids), api.call("modify_message", **ids, json=METADATA))
    after = api.call("get_message", thread_id=thread, message_id=message)
    verify.equal("PAR-001", after.json.get("metadata"), before.json.get("metadata"), after)
    if api.has("delete_message") and able(api, "message_delete"):
        unknown(verify, "PAR-001", api.call("delete_message", **ids))
        there = api.call("get_message", thread_id=thread, message_id=message)
        verify("PAR-001", there.ok, observed=there.told, expected="the message where it belongs", answer=there)
    elif not before.ok:
        raise Blocked(f"the message is not found where it belongs: {before.told}")


@requirement("PAR-002")
def test_run_is_found_under_its_thread_only(api: Api, verify: Verify) -> None:
    run, other = api.chat("Say hello."), asked(api)
    thread = str(run["thread_id"])
    apart(thread, other)
    own = {"thread_id": thread, "run_id": run["id"]}
    before = api.call("get_run", **own)
    ids = {**own, "thread_id": other}
    outputs = {"tool_outputs": [{"tool_call_id": unknown_id(api, "tool_call"), "output": "1"}]}
    unknown(
        verify,
        "PAR-002",
        api.call("get_run", **ids),
        api.call("modify_run", **ids, json=METADATA),
        api.call("cancel_run", **ids),
        api.call("submit_tool_outputs", **ids, json=outputs),
        api.call("list_run_steps", **ids),
    )
    after = kept(api, "get_run", before, **own)
    verify.equal("PAR-002", after.json.get("metadata"), before.json.get("metadata"), after)


@requirement("PAR-002", needs=("function_calling",))
def test_waiting_run_is_not_moved_through_another_thread(api: Api, verify: Verify) -> None:
    other = asked(api)
    run = api.parked()
    apart(run["thread_id"], other)
    elsewhere = {**run, "thread_id": other}
    unknown(verify, "PAR-002", api.submit(elsewhere), api.cancel(elsewhere))
    still = api.get_run(run)
    verify.equal("PAR-002", still.get("status"), "requires_action")


@requirement("PAR-003")
def test_step_is_found_under_its_run_only(api: Api, verify: Verify) -> None:
    (run, second), other = two_runs(api), asked(api)
    thread = str(run["thread_id"])
    apart(thread, other)
    apart(run["id"], second["id"])
    steps = api.steps(run)
    if not steps:
        raise Blocked("the run has no step")
    own = {"thread_id": thread, "run_id": run["id"], "step_id": str(steps[0].get("id"))}
    before = api.call("get_run_step", **own)
    unknown(
        verify,
        "PAR-003",
        api.call("get_run_step", **{**own, "run_id": second["id"]}),
        api.call("get_run_step", **{**own, "thread_id": other}),
    )
    kept(api, "get_run_step", before, **own)


@requirement("PAR-004", needs=("code_interpreter",))
def test_attached_file_is_found_where_it_is_attached(api: Api, verify: Verify) -> None:
    file = api.file()["id"]
    assistant = api.need(assistant_with(api, file), "create an assistant with a file")["id"]
    other = api.assistant()["id"]
    thread = api.thread()["id"]
    message = api.need(message_with(api, thread, file), "add a message with a file")["id"]
    bare = api.message(thread, api.unique())["id"]
    apart(assistant, other)
    apart(message, bare)
    own = {"assistant_id": assistant, "file_id": file}
    at_message = {"thread_id": thread, "message_id": message, "file_id": file}
    before = [api.call("get_assistant_file", **own), api.call("get_message_file", **at_message)]
    unknown(
        verify,
        "PAR-004",
        api.call("get_assistant_file", **{**own, "assistant_id": other}),
        api.call("delete_assistant_file", **{**own, "assistant_id": other}),
        api.call("get_message_file", **{**at_message, "message_id": bare}),
    )
    there = api.call("get_assistant_file", **own)
    verify("PAR-004", there.ok, observed=there.told, expected="the file where it is attached", answer=there)
    kept(api, "get_message_file", before[1], **at_message)


@requirement("PAR-005", "PAR-006", needs=("vector_stores",))
def test_what_is_in_a_store_is_found_there_only(api: Api, verify: Verify) -> None:
    file = api.file(b"A line.\n", f"{api.unique()}.txt", "text/plain")["id"]
    store, other = api.store(name=api.unique())["id"], api.store(name=api.unique())["id"]
    apart(store, other)
    made = api.call("create_vector_store_file_batch", vector_store_id=store, json={"file_ids": [file]})
    batch = api.need(made, "create a batch")["id"]
    of_file, of_batch = (
        {"vector_store_id": store, name: value} for name, value in (("file_id", file), ("batch_id", batch))
    )
    before = api.call("get_vector_store_file", **of_file)
    elsewhere = {"vector_store_id": other}
    unknown(
        verify,
        "PAR-005",
        api.call("get_vector_store_file", **{**of_file, **elsewhere}),
        api.call("delete_vector_store_file", **{**of_file, **elsewhere}),
    )
    unknown(
        verify,
        "PAR-006",
        api.call("get_vector_store_file_batch", **{**of_batch, **elsewhere}),
        api.call("list_vector_store_file_batch_files", **{**of_batch, **elsewhere}),
        api.call("cancel_vector_store_file_batch", **{**of_batch, **elsewhere}),
    )
    kept(api, "get_vector_store_file", before, **of_file)
