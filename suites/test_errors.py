"""Errors: what a bad request is answered with, that the answer says what was bad, and that nothing came of it.

Covers ERR-001 to ERR-032 and N-32. The envelope, the texts of unknown ids, strict JSON, server faults and lost answers
are judged on all traffic; here and in test_errors_odd_requests.py they are brought about. The limits and enumerations
come from the request schemas of the profile.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.assistants import Beyond, named, property_of, refused
from assistants_conformance.target import Answer, Api, Blocked, Part, call_ids, form
from assistants_conformance.target.specimens import series, unknown_id

if TYPE_CHECKING:
    from collections.abc import Callable

JSON = "application/json"
UNKNOWN_PROPERTY = "no_such_property"
OUTSIDE = "world_domination"
OF_ANOTHER_TYPE = {"name": 7, "tools": "code_interpreter", "metadata": "modified"}
TABLE = Part("file", b"one,two\n1,2\n", "numbers.csv", "text/csv")
MODIFIED = ("message", "assistant", "thread")
PURPOSE = Part("purpose", b"assistants")


@dataclass(frozen=True)
class Stage:
    """Objects that bad requests are aimed at."""

    assistant: str
    thread: str
    message: str

    def paths(self) -> dict[str, str]:
        """Return them as path parameters."""
        return {"assistant_id": self.assistant, "thread_id": self.thread, "message_id": self.message}


def stage(api: Api) -> Stage:
    """Return an assistant, and a thread with one message."""
    thread, (message,) = series(api, 1)
    return Stage(api.assistant()["id"], thread, message)


def send(api: Api, here: Stage, operation: str, body: dict[str, Any]) -> Answer:
    """Send a body to an operation on the stage; a run that is let in gets a thread of its own."""
    paths = here.paths()
    if operation == "create_run":
        paths["thread_id"] = api.thread()["id"]
    wanted = {
        "create_message": ("thread_id",),
        "create_run": ("thread_id",),
        "create_assistant_file": ("assistant_id",),
        "modify_assistant": ("assistant_id",),
        "modify_thread": ("thread_id",),
        "modify_message": ("thread_id", "message_id"),
    }.get(operation, ())
    return api.call(operation, json=body, **{name: paths[name] for name in wanted})


def bodies(api: Api, here: Stage) -> dict[str, dict[str, Any]]:
    """Return a valid body for every operation that takes one and needs no run."""
    found: dict[str, dict[str, Any]] = {
        "create_assistant": {"model": api.settings.model},
        "create_thread": {},
        "create_message": {"role": "user", "content": "Hello."},
        "create_run": {"assistant_id": here.assistant},
        "create_thread_and_run": {"assistant_id": here.assistant},
        "modify_assistant": {},
        "modify_thread": {},
        "modify_message": {},
    }
    if api.has("create_assistant_file"):
        found["create_assistant_file"] = {"file_id": api.file()["id"]}
    return found


def upload(api: Api, *parts: Part) -> Answer:
    content, kind = form(*parts)
    return api.call("upload_file", content=content, content_type=kind)


def refused_somewhere(answers: list[Answer]) -> None:
    """Go on only if anything was refused in words; else there is no text to judge."""
    for answer in answers:
        # The gateway of Azure answers without a type, but only where something is missing as a whole.
        if answer.error and (answer.status in (400, 422) or (answer.status == 404 and "type" in answer.error)):
            return
    raise Blocked(f"nothing was refused with an error object: {answers[-1].told}")


def in_words(answer: Answer) -> bool:
    return answer.status == 404 and isinstance(answer.error.get("message"), str)


# -- the envelope ------------------------------------------------------------------------------------------------------


@requirement("ERR-001", "ERR-002", "ERR-003", "ERR-020", "ERR-027", "ERR-031")
def test_refusals_come_in_the_envelope(api: Api, verify: Verify) -> None:
    here = stage(api)
    # A letter outside ASCII shows in which encoding answers are written.
    api.call("modify_assistant", assistant_id=here.assistant, json={"name": "Zoë"})
    answers = [
        api.call("get_thread", thread_id=unknown_id(api, "thread")),
        api.call("get_file", file_id=unknown_id(api, "file")),
        send(api, here, "create_message", {"role": "user"}),
    ]
    api.send("GET", "/assistants/nowhere/at/all")
    refused_somewhere(answers)


# -- unknown ids -------------------------------------------------------------------------------------------------------


def lookups(api: Api, kind: str) -> list[Answer]:
    unknown = unknown_id(api, kind)
    if kind == "assistant":
        calls = [("get_assistant", None), ("modify_assistant", {"name": "x"}), ("delete_assistant", None)]
        return [api.call(name, json=body, assistant_id=unknown) for name, body in calls]
    if kind == "thread":
        calls = [("get_thread", None), ("modify_thread", {"metadata": {}}), ("delete_thread", None)]
        calls += [("list_messages", None), ("list_runs", None), ("create_message", {"role": "user", "content": "x"})]
        return [api.call(name, json=body, thread_id=unknown) for name, body in calls]
    if kind == "message":
        calls = [("get_message", None), ("modify_message", {"metadata": {}})]
        thread = api.thread()["id"]
        return [api.call(name, json=body, thread_id=thread, message_id=unknown) for name, body in calls]
    if kind == "run":
        outputs = {"tool_outputs": [{"tool_call_id": unknown_id(api, "tool_call"), "output": "1"}]}
        calls = [("get_run", None), ("modify_run", {"metadata": {}}), ("cancel_run", None), ("list_run_steps", None)]
        calls += [("submit_tool_outputs", outputs)]
        thread = api.thread()["id"]
        return [api.call(name, json=body, thread_id=thread, run_id=unknown) for name, body in calls]
    calls = [("get_file", None), ("get_file_content", None), ("delete_file", None)]
    return [api.call(name, file_id=unknown) for name, _ in calls]


@requirement("ERR-004", "ERR-005")
@pytest.mark.parametrize("kind", ["assistant", "thread", "message", "run"])
def test_unknown_id_answers_404(api: Api, verify: Verify, kind: str) -> None:
    answers = lookups(api, kind)
    for answer in answers:
        verify.refused("ERR-004", answer, 404)
    if not any(map(in_words, answers)):
        raise Blocked(f"no unknown id was answered with 404 and a message: {answers[0].told}")


@requirement("ERR-004", "ERR-005", "ERR-007")
def test_objects_are_found_only_where_they_belong(api: Api, verify: Verify) -> None:
    run, elsewhere = api.chat("Say hello."), api.thread()["id"]
    messages = api.messages(run["thread_id"])
    if not messages:
        raise Blocked("the thread of a run shows no message")
    here = Stage(run["assistant_id"], run["thread_id"], str(messages[0].get("id")))
    ids = {"thread_id": here.thread, "run_id": run["id"]}
    unknown = api.call("get_run_step", **ids, step_id=unknown_id(api, "run_step"))
    verify.refused("ERR-004", unknown, 404)
    for answer in (
        api.call("get_thread", thread_id=here.assistant),
        api.call("get_assistant", assistant_id=here.thread),
        api.call("get_message", thread_id=here.thread, message_id=run["id"]),
        api.call("get_run", thread_id=here.thread, run_id=here.message),
    ):
        # Some versions came to look at the prefix of an id first.
        by_prefix = api.profile.traits.get("ids_by_prefix") and answer.error.get("code") == "invalid_value"
        verify.refused("ERR-007", answer, *((400, 404) if by_prefix else (404,)))
    for answer in (
        api.call("get_run", thread_id=elsewhere, run_id=run["id"]),
        api.call("list_run_steps", thread_id=elsewhere, run_id=run["id"]),
        api.call("get_message", thread_id=elsewhere, message_id=here.message),
    ):
        verify.refused("ERR-007", answer, 404)
    if not in_words(unknown):
        raise Blocked(f"an unknown step was not answered with 404 and a message: {unknown.told}")


# -- bad bodies --------------------------------------------------------------------------------------------------------


@requirement("ERR-008")
def test_body_that_is_no_json_is_refused(api: Api, verify: Verify) -> None:
    here = stage(api)
    contents = api.some((b'{"model": ', b'{"role": "user"} x', b"model=gpt-4o", b"{'role': 'user'}"))
    calls: list[tuple[str, dict[str, str]]] = [
        ("create_assistant", {}),
        ("create_thread", {}),
        ("create_message", {"thread_id": here.thread}),
        ("modify_assistant", {"assistant_id": here.assistant}),
    ]
    for number, (operation, path) in enumerate(calls):
        # Where each costs, every operation has its turn with another one.
        for content in (contents[number % len(contents)],) if api.settings.effort.breadth else contents:
            verify.refused("ERR-008", api.call(operation, content=content, content_type=JSON, **path))


@requirement("ERR-009", "ERR-026")
def test_missing_property_is_refused(api: Api, verify: Verify) -> None:
    here = stage(api)
    answers = []
    for operation, body in bodies(api, here).items():
        for name in api.profile.request_schema(operation).get("required", ()):
            answer = send(api, here, operation, {key: value for key, value in body.items() if key != name})
            verify.refused("ERR-009", answer)
            named(verify, answer, name)
            answers.append(answer)
    for name, part in (("file", PURPOSE), ("purpose", TABLE)):
        answer = upload(api, part)
        verify.refused("ERR-009", answer)
        named(verify, answer, name)
        answers.append(answer)
    if not any(answer.status == 400 for answer in answers):
        raise Blocked("nothing was refused with 400, so no refusal can name its field")


@requirement("ERR-010", "ERR-026")
def test_unknown_property_is_refused(api: Api, verify: Verify) -> None:
    here = stage(api)
    answers = []
    for operation, body in bodies(api, here).items():
        answer = send(api, here, operation, {**body, UNKNOWN_PROPERTY: 1})
        verify.refused("ERR-010", answer)
        named(verify, answer, UNKNOWN_PROPERTY)
        answers.append(answer)
    answer = upload(api, PURPOSE, TABLE, Part(UNKNOWN_PROPERTY, b"1"))
    verify.refused("ERR-010", answer)
    if not any(answer.status == 400 for answer in answers):
        raise Blocked("nothing was refused with 400, so no refusal can name its field")


@requirement("ERR-011", "ERR-030")
def test_value_of_another_type_is_refused(api: Api, verify: Verify) -> None:
    here = stage(api)
    truth = {"metadata": {"modified": True}}
    answers = [
        send(api, here, operation, {**body, **truth})
        for operation, body in bodies(api, here).items()
        if operation != "create_assistant_file" and "run" not in operation
    ]
    for answer in answers:
        verify.refused("ERR-030", answer)
        if answer.ok:
            continue
        path = "metadata.modified"
        verify.text("ERR-011", answer, "invalid_type", param=path, expected="a string", got="a boolean")
        verify.equal("ERR-011", answer.error.get("param"), path, answer)
    if all(answer.ok for answer in answers):
        raise Blocked("no value of another type was refused")


@requirement("ERR-012")
def test_truth_value_in_metadata_becomes_a_text(api: Api, verify: Verify) -> None:
    here, truth = stage(api), {"metadata": {"modified": True}}
    for operation in ("create_thread", "create_message", "modify_assistant", "modify_thread", "modify_message"):
        body = {"role": "user", "content": "Hello.", **truth} if operation == "create_message" else truth
        answer = send(api, here, operation, body)
        verify.equal("ERR-012", answer.json.get("metadata"), {"modified": "True"}, answer)


@requirement("ERR-014", "ERR-029")
@pytest.mark.parametrize("name", ["role", "purpose"])
def test_value_outside_an_enumeration_is_refused(api: Api, verify: Verify, name: str) -> None:
    if name == "role":
        answer = api.post_message(api.thread()["id"], "Hello.", OUTSIDE)
        roles = api.profile.request_schema("create_message")["properties"]["role"]["enum"]
        allowed = api.profile.traits.get("sure_roles", roles)
    else:
        # The other purposes have changed over time; this one is the purpose of the API.
        answer, allowed = api.post_file(purpose=OUTSIDE), ["assistants"]
    outside(allowed, verify, answer)


def outside(allowed: list[str], verify: Verify, answer: Answer) -> None:
    """Check that a value was refused, with the values that would have been taken."""
    verify.refused("ERR-014", answer)
    if not verify.was_refused("ERR-029", answer):
        return
    message = str(answer.error.get("message"))
    verify(
        "ERR-029",
        all(value in message for value in allowed),
        observed=answer.told,
        expected=f"a message that names {', '.join(allowed)}",
        answer=answer,
    )


# -- states ------------------------------------------------------------------------------------------------------------


@requirement("ERR-009", "ERR-010", "ERR-015")
def test_state_conflict_answers_400(api: Api, verify: Verify) -> None:
    run = api.parked()
    ids = {"thread_id": run["thread_id"], "run_id": run["id"]}
    conflicts = [
        api.post_message(run["thread_id"], "Wait."),
        api.post_run(run["thread_id"], run["assistant_id"]),
    ]
    verify.refused("ERR-009", api.call("submit_tool_outputs", **ids, json={}))
    outputs = [{"tool_call_id": call, "output": "22 C"} for call in call_ids(run)]
    surplus = api.call("submit_tool_outputs", **ids, json={"tool_outputs": outputs, UNKNOWN_PROPERTY: 1})
    verify.refused("ERR-010", surplus)
    ended = api.finished(run) if surplus.ok else api.release(run)
    conflicts += [api.submit(run), api.cancel(ended)]
    verify.refused("ERR-010", api.call("modify_run", **ids, json={"metadata": {}, UNKNOWN_PROPERTY: 1}))
    # Whether the conflict is seen at all is the matter of LOCK, SUB and CAN.
    seen = [answer for answer in conflicts if not answer.ok]
    for answer in seen:
        verify.refused("ERR-015", answer)
    if not seen:
        raise Blocked("no state forbids anything here")


@requirement("ERR-022")
def test_refused_stream_is_plain_json(api: Api, verify: Verify) -> None:
    thread = api.thread()["id"]
    for answer in (
        api.call("create_run", thread_id=thread, json={"stream": True}),
        api.call("create_thread_and_run", json={"stream": True}),
    ):
        kind = answer.exchange.response.content_type
        verify(
            "ERR-022",
            400 <= answer.status < 500 and kind == JSON and answer.json,
            observed=f"{kind}: {answer.told}",
            expected="4xx with a JSON object",
            answer=answer,
        )


# -- routes ------------------------------------------------------------------------------------------------------------


@requirement("ERR-019")
def test_unsupported_method_is_refused(api: Api, verify: Verify) -> None:
    here = stage(api)
    for method, path in (
        ("PUT", f"/assistants/{here.assistant}"),
        ("PATCH", f"/assistants/{here.assistant}"),
        ("DELETE", "/assistants"),
        ("PUT", f"/threads/{here.thread}"),
        ("DELETE", f"/threads/{here.thread}/runs"),
        ("PUT", f"/threads/{here.thread}/messages/{here.message}"),
        ("PATCH", "/files"),
    ):
        verify.refused("ERR-019", api.send(method, path, json={} if method != "DELETE" else None), 404, 405)


# -- nothing changed ---------------------------------------------------------------------------------------------------


@requirement("ERR-010", "ERR-013", "ERR-014", "ERR-023", "ERR-026", "ERR-028", "ERR-029", "ERR-030")
def test_bad_assistant_is_refused_and_not_made(api: Api, verify: Verify) -> None:
    types = property_of(api, "tools", "*", "type")["enum"]
    refused(
        api,
        verify,
        Beyond("ERR-010", UNKNOWN_PROPERTY, {UNKNOWN_PROPERTY: 1}),
        Beyond("ERR-014", "tools", {"tools": [{"type": OUTSIDE}]}, partial(outside, types)),
        *(too_long(api, name) for name in ("name", "description")),
        *(Beyond("ERR-030", name, {name: value}) for name, value in OF_ANOTHER_TYPE.items()),
    )


def too_long(api: Api, field: str) -> Beyond:
    """Return a text that is one character too long, whose refusal is to say so."""
    longest = property_of(api, field)["maxLength"]

    def look(verify: Verify, answer: Answer) -> None:
        if answer.ok:
            verify.refused("ERR-013", answer)
            verify.was_refused("ERR-028", answer)
            return
        error, message = answer.error, str(answer.error.get("message"))
        told = error.get("code") == "string_above_max_length" and error.get("param") == field
        told = told and str(longest) in message and str(longest + 1) in message
        if not told and not (fits := api.post_assistant(**{field: "x" * longest})).ok:
            # The text was not refused for its length, or for another limit: that is the matter of ASST.
            for row in ("ERR-013", "ERR-028"):
                verify.untold.setdefault(row, f"a {field} of {longest} characters is refused too: {fits.told}")
            return
        verify.refused("ERR-013", answer)
        verify(
            "ERR-028",
            told,
            observed=answer.told,
            expected=f"code string_above_max_length, param {field}, a message with {longest} and {longest + 1}",
            answer=answer,
        )

    return Beyond("ERR-013", field, {field: "x" * (longest + 1)}, look)


def nothing_made(verify: Verify, answer: Answer, there: Callable[[], bool]) -> None:
    if answer.ok:
        raise Blocked(f"the request was not refused: {answer.told}")
    verify("ERR-023", not there(), observed=f"refused ({answer.told}) and made", expected="nothing made", answer=answer)


@requirement("ERR-023")
def test_refused_message_and_run_are_not_made(api: Api, verify: Verify) -> None:
    here = stage(api)
    thread, known = here.thread, [here.message]
    if api.ids("list_messages", thread_id=thread) != known:
        raise Blocked("the list of messages does not show what was made, so it proves nothing")
    refusals = [
        api.post_message(thread, "Hello.", OUTSIDE),
        api.post_message(thread, "Hello.", **{UNKNOWN_PROPERTY: 1}),
        api.call("create_message", thread_id=thread, json={"role": "user"}),
    ]
    accepted = sum(answer.ok for answer in refusals)
    if accepted == len(refusals):
        raise Blocked("no bad message was refused")
    messages = api.ids("list_messages", thread_id=thread)
    verify(
        "ERR-023",
        len(messages) == 1 + accepted,
        observed=f"{len(messages)} messages after {accepted} accepted ones",
        expected=f"{1 + accepted}",
    )
    if api.post_run(thread, here.assistant, **{UNKNOWN_PROPERTY: 1}).ok:
        raise Blocked("the bad run was not refused")
    runs = api.ids("list_runs", thread_id=thread)
    verify("ERR-023", not runs, observed=f"runs {runs}", expected="no run on the thread")


@requirement("ERR-023")
def test_refused_upload_is_not_stored(api: Api, verify: Verify) -> None:
    name = f"{api.unique()}.csv"
    answer = api.post_file(filename=name, purpose=OUTSIDE)
    marker = api.file(filename=f"{api.unique()}.csv")["id"]
    rows = api.call("list_files").data
    if not any(row.get("id") == marker for row in rows):
        raise Blocked("a file uploaded just now is not listed, so the list proves nothing")
    nothing_made(verify, answer, lambda: any(row.get("filename") == name for row in rows))


@requirement("ERR-024")
@pytest.mark.parametrize("kind", MODIFIED)
def test_refused_modification_changes_nothing(api: Api, verify: Verify, kind: str) -> None:
    api.tries(kind, MODIFIED)
    before = {"key": "value"}
    if kind == "assistant":
        ids = {kind: {"assistant_id": api.assistant(metadata=before)["id"]}}
    elif kind == "message":
        thread = api.thread()["id"]
        ids = {kind: {"thread_id": thread, "message_id": api.message(thread, metadata=before)["id"]}}
    else:
        ids = {kind: {"thread_id": api.thread(metadata=before)["id"]}}
    seen = api.call(f"get_{kind}", **ids[kind])
    if seen.json.get("metadata") != before:
        raise Blocked(f"the object does not keep its metadata, so no change of it can be seen: {seen.told}")
    change = {"metadata": {"key": api.unique()}, UNKNOWN_PROPERTY: 1}
    answer = api.call(f"modify_{kind}", json=change, **ids[kind])
    if answer.ok:
        raise Blocked(f"the request was not refused: {answer.told}")
    after = api.call(f"get_{kind}", **ids[kind])
    verify.equal("ERR-024", after.json, seen.json, after)
