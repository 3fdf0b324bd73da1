"""Thread locking: what a thread refuses, and what it goes on doing, while one of its runs is active.

Covers LOCK-001 to LOCK-016. A run that waits for tool outputs holds the lock for as long as a scenario wants; that is
how every scenario here reaches the locked state on any endpoint.
"""

from __future__ import annotations

from typing import Any

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import TRIES, able, text_of, working
from assistants_conformance.target import Answer, Api, Blocked


@requirement(
    *("LOCK-001", "LOCK-002", "LOCK-003", "LOCK-004", "LOCK-006", "LOCK-010"),
    *("LOCK-012", "LOCK-013", "LOCK-014", "LOCK-015"),
)
def test_thread_is_locked_while_a_run_is_active(api: Api, verify: Verify) -> None:
    text, metadata = "What is the weather in Paris?", {"ticket": api.unique()}
    thread = api.thread(messages=[{"role": "user", "content": text}])["id"]
    run = api.parked(thread=thread, metadata=metadata)
    _served(api, verify, run)
    answer = api.post_message(thread, api.unique())
    verify.refused("LOCK-001", answer)
    verify.refused("LOCK-003", answer)
    verify.text("LOCK-012", answer, "thread_locked_message", thread_id=thread, run_id=run["id"])
    messages = api.messages(thread)
    verify.unchanged("LOCK-014", [text], [text_of(message) for message in messages], "messages", answer)
    more = [{"role": "user", "content": api.unique()}]
    # What it is refused for is no matter: not every state of a version knows additional_messages.
    answers = [
        api.post_run(thread, run["assistant_id"], additional_messages=more),
        api.post_run(thread, run["assistant_id"]),
    ]
    for rule in ("LOCK-002", "LOCK-003"):
        verify.refused(rule, answers[1])
    verify.text("LOCK-013", answers[1], "thread_locked_run", thread_id=thread, run_id=run["id"])
    listed = [(item.get("id"), item.get("metadata")) for item in api.walk("list_runs", thread_id=thread)]
    verify.unchanged("LOCK-015", [(run["id"], metadata)], listed, "runs", answers[-1])
    # Only then may the lock be left: that a run on another thread is let in says nothing of this one.
    other = api.thread()["id"]
    verify.status("LOCK-004", api.post_message(other, "Hello."), 200)
    verify.status("LOCK-004", api.post_run(other, run["assistant_id"]), 200)
    if answers[0].ok:
        raise Blocked("the locked thread accepted the run (LOCK-002), so nothing was refused")
    after = [message.get("id") for message in api.messages(thread)]
    verify.unchanged("LOCK-010", [message.get("id") for message in messages], after, "messages")


def _served(api: Api, verify: Verify, run: dict[str, Any]) -> None:
    thread, of_run = run["thread_id"], {"thread_id": run["thread_id"], "run_id": run["id"]}
    listed = api.call("list_messages", thread_id=thread)
    message = str(listed.data[0].get("id")) if listed.data else ""
    for answer in (
        listed,
        api.call("get_thread", thread_id=thread),
        api.call("get_message", thread_id=thread, message_id=message),
        api.call("list_runs", thread_id=thread),
        api.call("get_run", **of_run),
        api.call("list_run_steps", **of_run),
    ):
        verify.status("LOCK-006", answer, 200)


@requirement("LOCK-005")
def test_lock_ends_with_the_run(api: Api, verify: Verify) -> None:
    # What a cancelled run frees stands below, what an expired one frees in test_expiry.py.
    run = api.parked()
    ended = api.release(run)
    if ended["status"] != "completed":
        raise Blocked(f"the run should have been completed and is {ended['status']}")
    verify.status("LOCK-005", api.post_message(run["thread_id"], "Are you free again?"), 200)
    verify.status("LOCK-005", api.post_run(run["thread_id"], run["assistant_id"]), 200)


@requirement("LOCK-007", "LOCK-016")
def test_run_in_progress_cannot_be_modified(api: Api, verify: Verify) -> None:
    row = api.profile.errors["run_not_modifiable"]
    allowed = [row.message.format(status=status) for status in sorted(api.profile.lifecycle("run").open)]
    for _ in range(TRIES):
        run = working(api)
        answer = api.call(
            "modify_run", thread_id=run["thread_id"], run_id=run["id"], json={"metadata": {"changed": "yes"}}
        )
        if answer.ok and answer.json.get("status") != "in_progress":
            continue  # It was asked too late: the rule is about a run in progress.
        verify.refused("LOCK-007", answer)
        told = answer.error.get("message")
        if answer.ok:
            raise Blocked("the run was modified (LOCK-007), so nothing was refused")
        verify("LOCK-016", told in allowed, observed=answer.told, expected=" or ".join(allowed), answer=answer)
        return
    raise Blocked(f"in {TRIES} tries no run was met in progress")


@requirement("LOCK-008", "LOCK-009")
def test_thread_is_changed_or_left_alone_while_a_run_is_active(api: Api, verify: Verify) -> None:
    mark = {"mark": api.unique()}
    question = [{"role": "user", "content": "What is the weather in Paris?"}]
    thread = api.thread(metadata=mark, messages=question)["id"]
    api.parked(thread=thread)
    changed = {"mark": api.unique()}
    answer = api.call("modify_thread", thread_id=thread, json={"metadata": changed})
    if not answer.ok:
        verify.refused("LOCK-008", answer)
    kept = api.need(api.call("get_thread", thread_id=thread), "read a locked thread").get("metadata")
    verify.equal("LOCK-008", kept, changed if answer.ok else mark, answer)
    if api.has("delete_message") and able(api, "message_delete"):
        message = api.ids("list_messages", thread_id=thread)[0]
        verify.status("LOCK-009", api.call("delete_message", thread_id=thread, message_id=message), 200, 400)
    verify.status("LOCK-009", api.call("delete_thread", thread_id=thread), 200, 400)


@requirement("LOCK-005", "LOCK-011")
def test_cancelled_run_frees_its_thread_for_one_of_two_at_once(api: Api, verify: Verify) -> None:
    run = api.parked()
    # Not every target cancels a run that waits (CAN-005); the lock then ends with the outputs.
    cancelled = api.cancel(run)
    if cancelled.ok:
        api.finished(run)
    else:
        api.release(run)
    verify.status("LOCK-005", api.post_message(run["thread_id"], "Are you free again?"), 200)
    thread, assistant = run["thread_id"], run["assistant_id"]
    answers = [
        answer
        for answer in api.together(lambda: api.post_run(thread, assistant), lambda: api.post_run(thread, assistant))
        if isinstance(answer, Answer)
    ]
    if len(answers) < 2:
        raise Blocked("one of two concurrent requests got no answer")
    statuses = sorted(answer.status for answer in answers)
    verify("LOCK-011", statuses == [200, 400], observed=f"statuses {statuses}", expected="one 200 and one 400")
    verify("LOCK-005", 200 in statuses, observed=f"statuses {statuses}", expected="a run let in")
