"""What hangs on an ended object, and on the right parent: judged where traffic proves it, and nowhere else."""

import json
from dataclasses import replace

import pytest

from assistants_conformance.contract import load_profile
from assistants_conformance.observe import Judge
from assistants_conformance.scenario.embed import embed, embedded_settings

PROFILE = "azure-2024-05-01-preview"


def target(*faults):
    """A target and the exchanges that it has."""
    api = embed(embedded_settings(load_profile(PROFILE), faults=list(faults)))
    trace = []
    api.judge.observe = trace.append
    return api, trace


def judged(trace, *, closed=True):
    judge = Judge(load_profile(PROFILE), closed=closed)
    for exchange in trace:
        judge.observe(exchange)
    assert judge.crashes == []
    return judge


def found(trace, *, closed=True):
    return {finding.requirement for finding in judged(trace, closed=closed).findings}


def answered(exchange, status, body, content_type="application/json"):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {**exchange.response.headers, "content-type": content_type}
    return replace(exchange, response=replace(exchange.response, status=status, headers=headers, body=raw))


def written_after_the_end():
    api, trace = target("deleted-thread-still-takes-writes")
    thread = api.thread()["id"]
    api.call("delete_thread", thread_id=thread)
    api.post_message(thread, "Are you there?")
    return trace


@pytest.mark.parametrize("closed", [True, False])
def test_success_under_a_deleted_thread_is_found(closed):
    assert "UAF-002" in found(written_after_the_end(), closed=closed)


def test_request_that_began_before_the_end_is_not_judged():
    *before, deletion, late = written_after_the_end()
    overlapping = replace(late, started=deletion.started)
    judge = judged([*before, deletion, overlapping])
    assert judge.exercised["UAF-002"] == 0


def test_refusal_for_another_reason_proves_nothing():
    *before, late = written_after_the_end()
    error = {"error": {"message": "No.", "type": "invalid_request_error", "param": None, "code": None}}
    assert judged([*before, answered(late, 401, error)]).exercised["UAF-002"] == 0
    assert judged([*before, answered(late, 500, error)]).exercised["UAF-002"] == 0
    assert judged([*before, answered(late, 404, error)]).exercised["UAF-002"] == 1


def test_reads_under_a_deleted_thread_are_the_rule_that_names_them():
    api, trace = target("deleted-thread-keeps-its-messages")
    thread = api.thread()["id"]
    api.call("delete_thread", thread_id=thread)
    api.call("list_messages", thread_id=thread)
    names = found(trace)
    assert "THR-014" in names
    assert "UAF-002" not in names


def test_deletion_that_was_refused_ends_nothing():
    api, trace = target()
    thread = api.thread()["id"]
    api.call("delete_thread", thread_id=thread)
    api.post_message(api.thread()["id"], "Hello.")
    trace[1] = answered(trace[1], 400, {"error": {"message": "No.", "type": "x", "param": None, "code": None}})
    assert judged(trace).exercised["UAF-002"] == 0


def test_body_that_names_a_deleted_file_is_found_and_the_clients_own_text_is_not():
    api, trace = target("deleted-file-can-still-be-given")
    file, other = api.file()["id"], api.file()["id"]
    api.call("delete_file", file_id=file)
    api.post_assistant(metadata={"file_id": file}, instructions=file)
    assert "UAF-004" not in found(trace)
    resources = {"code_interpreter": {"file_ids": [other, file]}}
    api.post_assistant(tools=[{"type": "code_interpreter"}], tool_resources=resources)
    assert "UAF-004" in found(trace)


@pytest.mark.parametrize("closed", [True, False])
def test_child_through_another_parent_is_found(closed):
    api, trace = target("only-reads-look-at-the-parent")
    thread, other = api.thread()["id"], api.thread()["id"]
    message = api.message(thread)["id"]
    api.call("get_message", thread_id=thread, message_id=message)
    assert "PAR-001" not in found(trace, closed=closed)
    # The answer to a deletion names no thread: only who knows whose the message was can tell.
    api.call("delete_message", thread_id=other, message_id=message)
    assert "PAR-001" in found(trace, closed=closed)


def test_child_that_is_not_found_elsewhere_passes():
    api, trace = target()
    thread, other = api.thread()["id"], api.thread()["id"]
    message = api.message(thread)["id"]
    api.call("get_message", thread_id=other, message_id=message)
    judge = judged(trace)
    assert judge.exercised["PAR-001"] == 1
    assert judge.findings == []


@pytest.mark.parametrize(
    ("identifier", "status", "in_front"),
    [("x" * 5000, 400, True), ("x", 414, True), ("x\0", 400, True), ("a/b", 404, True), ("x", 400, False)],
)
def test_refusal_of_a_server_in_front_is_not_taken_for_one_of_the_service(identifier, status, in_front):
    api, trace = target()
    api.call("get_thread", thread_id=identifier)
    names = found([answered(trace[0], status, b"<html>Bad Request</html>", "text/html")])
    assert ({"ERR-002", "ERR-003", "ERR-031"} & names == set()) is in_front


def test_file_that_was_taken_out_of_a_store_is_gone_until_it_is_given_again():
    api, trace = target("file-taken-out-of-a-store-is-still-read")
    store, file = api.store()["id"], api.file(b"A line.\n", "line.txt", "text/plain")["id"]
    ids = {"vector_store_id": store, "file_id": file}
    api.post_store_file(store, file)
    api.call("delete_vector_store_file", **ids)
    api.post_store_file(store, file)
    api.call("get_vector_store_file", **ids)
    assert judged(trace).exercised["UAF-006"] == 0
    api.call("delete_vector_store_file", **ids)
    api.call("get_vector_store_file", **ids)
    assert "UAF-006" in found(trace)
