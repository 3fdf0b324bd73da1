"""Objects: who they are, what never changes about them, and that what was sent and made is there again.

Covers OBJ-001 to OBJ-007, N-01, N-02, N-21 and N-22, for assistants, threads, messages and files alike.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import text_of
from assistants_conformance.target import Answer, Api, Blocked, NotApplicable

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = 86_400
#: How many objects are made after one was deleted: a list that keeps the newest few is to be seen.
LATER = 3


@dataclass(frozen=True)
class Made:
    """One object of one kind: the answer to its creation, and what the request sent that the object shows."""

    kind: str
    answer: Answer
    sent: dict[str, Any]
    params: dict[str, str]

    @property
    def id(self) -> str:
        """The id that the creation answered."""
        return str(self.answer.json["id"])


def make_assistant(api: Api) -> Made:
    sent: dict[str, Any] = {
        "name": api.unique(),
        "description": api.unique("about"),
        "instructions": api.unique("do"),
        "metadata": {"mark": api.unique()},
    }
    return _made(api, "assistant", api.post_assistant(**sent), {**sent, "model": api.settings.model}, "assistant_id")


def make_thread(api: Api) -> Made:
    sent = {"metadata": {"mark": api.unique()}}
    return _made(api, "thread", api.post_thread(**sent), sent, "thread_id")


def make_message(api: Api, thread: str = "") -> Made:
    thread, text, metadata = thread or api.thread()["id"], api.unique(), {"mark": api.unique()}
    answer = api.post_message(thread, text, metadata=metadata)
    sent = {"role": "user", "content": text, "metadata": metadata, "thread_id": thread}
    return _made(api, "message", answer, sent, "message_id", thread_id=thread)


def make_file(api: Api) -> Made:
    name, content = f"{api.unique()}.txt", api.unique().encode()
    answer = api.post_file(content, name, "text/plain")
    return _made(api, "file", answer, {"filename": name, "purpose": "assistants", "bytes": len(content)}, "file_id")


def make_vector_store(api: Api) -> Made:
    if not api.has("create_vector_store"):
        raise NotApplicable("this version has no vector stores")
    api.require("vector_stores")
    sent = {"name": api.unique(), "metadata": {"mark": api.unique()}}
    return _made(api, "vector_store", api.post_store(**sent), sent, "vector_store_id")


def _made(api: Api, kind: str, answer: Answer, sent: dict[str, Any], own: str, **params: str) -> Made:
    return Made(kind, answer, sent, {**params, own: api.need(answer, f"create an object of kind {kind}")["id"]})


#: Those first that are made in most ways.
MAKERS: dict[str, Callable[[Api], Made]] = {
    "message": make_message,
    "assistant": make_assistant,
    "thread": make_thread,
    "file": make_file,
    "vector_store": make_vector_store,
}
KINDS = pytest.mark.parametrize("kind", list(MAKERS))


def shown(body: dict[str, Any], name: str) -> Any:
    """Return what an object shows of a value that was sent; of content the text, for its form is a rule of its own."""
    return text_of(body) if name == "content" else body.get(name)


def get(api: Api, made: Made) -> Answer:
    return api.call(f"get_{made.kind}", **made.params)


def delete(api: Api, made: Made) -> Answer:
    """Delete an object, or raise NotApplicable where the target has no such deletion."""
    if made.kind == "message":
        if not api.has("delete_message"):
            raise NotApplicable("this version has no deletion of messages")
        api.require("message_delete")
    return api.call(f"delete_{made.kind}", **made.params)


def list_files(api: Api) -> list[str]:
    """Return the ids of all files; some versions list them without pages and without an end."""
    answer = api.call("list_files")
    if not answer.ok:
        raise Blocked(f"could not list files: {answer.told}")
    return [str(item.get("id")) for item in answer.data]


def listed(api: Api, kind: str, made: Made) -> list[str]:
    """Return the ids of the list that an object of a kind stands in."""
    if kind == "file":
        return list_files(api)
    params = {"thread_id": made.params["thread_id"]} if kind == "message" else {}
    return api.ids(f"list_{kind}s", **params)


@requirement("OBJ-001", "OBJ-002", "OBJ-004", "OBJ-005", "OBJ-006", "OBJ-007", "N-22")
@KINDS
def test_object_is_made_read_modified_listed_and_deleted(api: Api, verify: Verify, kind: str) -> None:
    api.tries(kind, MAKERS)
    make = partial(make_message, thread=api.thread()["id"]) if kind == "message" else MAKERS[kind]
    one, other = make(api), make(api)
    _new(verify, one, other)
    for made in (one, other):
        _dated(api, verify, made.answer)
        answer = get(api, made)
        verify.equal("OBJ-002", answer.json.get("id"), made.id, answer)
        for name, value in made.sent.items():
            rule = "OBJ-002" if name == "thread_id" else "OBJ-006"
            verify(
                rule,
                shown(answer.json, name) == value,
                observed=f"{name} {shown(answer.json, name)!r}",
                expected=f"{name} {value!r}",
                answer=answer,
            )
    answer = delete(api, one)
    api.need(answer, f"delete an object of kind {kind}")
    verify.equal("N-22", sorted(answer.json), ["deleted", "id", "object"], answer)
    verify.equal("N-22", (answer.json.get("id"), answer.json.get("deleted")), (one.id, True), answer)
    verify.status("OBJ-007", get(api, one), 404)
    # That the other one is there is seen on the way.
    if kind == "file":
        verify.status("OBJ-007", get(api, other), 200)
    else:
        _modified(api, verify, kind, other)
    made = [one, other, *(make(api) for _ in range(1 if kind == "thread" else LATER))]
    _new(verify, *made)
    if kind == "thread":
        raise NotApplicable("threads are not listed")
    ids = [each.id for each in made]
    own = [identifier for identifier in listed(api, kind, other) if kind == "message" or identifier in ids]
    verify.equal("OBJ-004", sorted(own), sorted(ids[1:]))


def _new(verify: Verify, *made: Made) -> None:
    ids = [one.id for one in made]
    told = f"{len(ids)} ids"
    verify("OBJ-001", len(set(ids)) == len(ids), observed=ids, expected=told, answer=made[-1].answer)


def _modified(api: Api, verify: Verify, kind: str, one: Made) -> None:
    metadata = {"mark": api.unique(), "second": "2"}
    changed = api.call(f"modify_{kind}", **one.params, json={"metadata": metadata})
    answer = get(api, one)
    verify.status("OBJ-007", answer, 200)
    verify.equal("OBJ-006", changed.json.get("metadata"), metadata, changed)
    verify.equal("OBJ-006", answer.json.get("metadata"), metadata, answer)
    kept = {name: value for name, value in one.sent.items() if name != "metadata"}
    verify.equal("OBJ-006", {name: shown(answer.json, name) for name in kept}, kept, answer)


def _dated(api: Api, verify: Verify, answer: Answer) -> None:
    created = answer.json.get("created_at")
    whole = isinstance(created, int) and not isinstance(created, bool)
    now = _clock(api, answer)
    near = now is None or (whole and abs(created - now) <= DAY)
    verify(
        "OBJ-005",
        whole and near,
        observed=f"created_at {created!r} of an object just made",
        expected=f"a whole number near {now}",
        answer=answer,
    )


@requirement("OBJ-003", waits=True)
@KINDS
def test_identity_never_changes(api: Api, verify: Verify, kind: str) -> None:
    api.tries(kind, MAKERS)
    one = MAKERS[kind](api)
    # A clone that dates an object anew in every answer shows it only once a second has passed.
    api.wind(1.1)
    answers = []
    if kind != "file":
        answers.append(api.call(f"modify_{kind}", **one.params, json={"metadata": {"changed": "yes"}}))
    answers.append(get(api, one))
    seen = [answer.json for answer in answers if answer.ok]
    if kind != "thread":
        params = {"thread_id": one.params["thread_id"]} if kind == "message" else {}
        page = api.call(f"list_{kind}s", **params)
        seen += [item for item in page.data if item.get("id") == one.id]
    if not seen:
        raise Blocked(f"the {kind} cannot be read again")
    names = [name for name in ("id", "object", "created_at", "thread_id") if name in one.answer.json]
    born = {name: one.answer.json.get(name) for name in names}
    for item in seen:
        verify.equal("OBJ-003", {name: item.get(name) for name in names}, born)


def _clock(api: Api, answer: Answer) -> float | None:
    """Return the time of an answer by the server's clock, else by ours; None where the server's is wound by hand."""
    try:
        return parsedate_to_datetime(answer.exchange.response.headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return None if api.settings.clock_url else time.time()


@requirement("N-21")
def test_second_delete_of_a_thread_is_refused(api: Api, verify: Verify) -> None:
    one = make_thread(api)
    api.need(delete(api, one), "delete a thread")
    verify.refused("N-21", delete(api, one), 404)


@requirement("N-01", "N-02")
def test_objects_have_the_recorded_keys(api: Api, verify: Verify) -> None:
    made = [
        ("assistant", api.post_assistant(), "assistant_id"),
        ("thread", api.post_thread(), "thread_id"),
    ]
    for kind, created, own in made:
        identifier = api.need(created, f"create an object of kind {kind}")["id"]
        for answer in (created, api.call(f"get_{kind}", **{own: identifier})):
            verify.equal("N-02", answer.json.get("metadata", "absent"), {}, answer)
