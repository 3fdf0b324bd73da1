"""Bodies that break their schema in one place, every place: refused, and nothing is left behind.

Covers PROP-001 and PROP-002, ERR-008 and ERR-033; each limit goes by the requirement that rules it. The bodies are
derived from the request schemas of the profile, and a limit that nobody is bound to is left alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_conformance.contract import operation as find_operation
from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import able, asked
from assistants_conformance.scenario.strategies import RAW, Stage, Violation, realized, violations
from assistants_conformance.target import Answer, Api, Blocked, NotApplicable

if TYPE_CHECKING:
    from collections.abc import Iterator

JSON = "application/json"
NEWEST = 100
REFUSED = (400, 404, 409, 413, 415, 422)
OPERATIONS = (
    "create_assistant",
    "modify_assistant",
    "create_assistant_file",
    "create_thread",
    "modify_thread",
    "create_message",
    "modify_message",
    "create_run",
    "create_thread_and_run",
    "modify_run",
    "create_vector_store",
    "modify_vector_store",
    "create_vector_store_file",
    "create_vector_store_file_batch",
    "modify_vector_store_file",
    "search_vector_store",
)
JSON_TAKERS = ("create_message", "modify_assistant", "create_assistant", "create_thread")
_OF_RUNS = frozenset({"create_run", "create_thread_and_run", "modify_run"})
#: What reads the object that an operation changes, or the list that it adds to, by the operation.
READS = {
    "modify_assistant": "get_assistant",
    "modify_thread": "get_thread",
    "modify_message": "get_message",
    "modify_run": "get_run",
    "modify_vector_store": "get_vector_store",
    "create_message": "list_messages",
    "create_run": "list_runs",
    "create_assistant_file": "list_assistant_files",
    "create_vector_store_file": "list_vector_store_files",
    "create_vector_store_file_batch": "list_vector_store_files",
}
#: The lists on which an object that was made all the same would stand among other people's, and its mark.
LISTS = {"create_assistant": "list_assistants", "create_vector_store": "list_vector_stores"}


class Aim:
    """Sends bodies to one operation, on objects made for it."""

    def __init__(self, api: Api, operation: str) -> None:
        self.api = api
        self.operation = operation
        self.stage = Stage(api)
        self.params: dict[str, str] = {}
        self.renew()

    def renew(self) -> None:
        """Make the objects that the path names, anew."""
        api, path = self.api, find_operation(self.operation).path
        made: dict[str, str] = {}
        if self.operation == "modify_run":
            run = api.finished(api.run(asked(api), self.stage.get("assistant")))
            made = {"thread_id": run["thread_id"], "run_id": run["id"]}
        elif "{thread_id}" in path:
            made["thread_id"] = api.thread(metadata={"first": "before"})["id"]
        if "{message_id}" in path:
            made["message_id"] = api.message(made["thread_id"], metadata={"first": "before"})["id"]
        if "{assistant_id}" in path:
            made["assistant_id"] = api.assistant(name="before", description="before", metadata={"a": "b"})["id"]
        if "{vector_store_id}" in path:
            made["vector_store_id"] = api.store(name="before", metadata={"first": "before"})["id"]
        if "{file_id}" in path:
            made["file_id"] = self.stage.get("file", 10_000)
            api.need(api.post_store_file(made["vector_store_id"], made["file_id"]), "attach a file")
            api.indexed("get_vector_store_file", **made)
        self.params = made

    def send(self, body: Any) -> Answer:
        """Send a body; what it makes is deleted in the end."""
        return self.created(self.api.call(self.operation, json=realized(body, self.stage), **self._path()))

    def send_raw(self, content: bytes) -> Answer:
        """Send bytes in the place of a body."""
        return self.created(self.api.call(self.operation, content=content, content_type=JSON, **self._path()))

    def _path(self) -> dict[str, Any]:
        return dict(self.params)

    def created(self, answer: Answer) -> Answer:
        """Go on after an answer: a run that was let in holds its thread, so the next body gets another one."""
        if answer.ok and self.operation == "create_run":
            self.renew()
        return answer

    def read(self) -> Any:
        """Return what a refused body must leave as it is; None where nothing can be read."""
        name = READS.get(self.operation)
        if name is None:
            return None
        answer = self.api.call(name, **self._path())
        if not answer.ok:
            raise Blocked(f"could not read with {name}: {answer.told}")
        return answer.data if name.startswith("list_") else answer.json


def chosen(api: Api, found: list[Violation]) -> list[Violation]:
    """Return as many violations as the effort allows, at least one of every kind first, by chance."""
    drawn = [(api.chance.digits(8), one) for one in found]
    drawn.sort(key=lambda pair: (" " in pair[1].keyword, pair[0]))
    return [one for _, one in drawn[: api.settings.effort.violations]]


def stands(verify: Verify, violation: Violation, answer: Answer) -> None:
    """Check that a body was refused, for the requirement that rules it; a server fault is told by the judge."""
    if answer.status >= 500:
        verify.untold.setdefault(violation.requirement, f"the server failed with {answer.status} (ERR-025)")
        return
    holds = answer.status in REFUSED
    told = f"{violation.told}: {answer.told}"
    verify(violation.requirement, holds, observed=told, expected="refused with 400", answer=answer)
    if holds and answer.status != 404:
        verify("ERR-033", answer.status == 400, observed=told, expected="status 400", answer=answer)


def aimed(api: Api, operation: str) -> Aim:
    """Return an aim at an operation.

    Raises:
        NotApplicable: the version or the target has no such operation, or the effort has no run in it.
    """
    if not api.has(operation):
        raise NotApplicable(f"this version has no {operation}")
    if "vector_store" in operation:
        api.require("vector_stores")
    if operation in _OF_RUNS and not api.settings.effort.runs:
        raise NotApplicable("this effort has no run of a model in it")
    return Aim(api, operation)


def marked(operation: str, violation: Violation, name: str) -> Any:
    """Return a broken body with something sound in it, by which it would show that it was carried out all the same."""
    if operation in LISTS and "name" not in violation.body:
        return {**violation.body, "name": name}
    if operation.startswith("modify_") and operation in READS and "metadata" not in violation.body:
        return {**violation.body, "metadata": {"half": name}}
    return violation.body


def newest(api: Api, listed: str, aim: Aim) -> Iterator[dict[str, Any]]:
    """Give the newest objects of a list.

    Raises:
        Blocked: what was made a moment ago is not among them, so the list proves nothing.
    """
    made = api.need(aim.send({"model": api.settings.model} if "assistant" in listed else {}), "make an object")
    rows = api.call(listed, query={"limit": NEWEST}).data
    if not any(row.get("id") == made["id"] for row in rows):
        raise Blocked("an object made just now is not among the newest, so the list proves nothing")
    yield from rows


@requirement("PROP-002", "ERR-033")
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_broken_body_is_refused(api: Api, verify: Verify, operation: str) -> None:
    api.tries(operation, OPERATIONS, times=4)
    aim = aimed(api, operation)
    row = find_operation(operation)
    found = chosen(api, violations(api.profile, operation, row.request or operation))
    names: dict[str, Answer] = {}
    before = aim.read()
    for violation in found:
        name = api.unique("refused")
        answer = aim.send(marked(operation, violation, name))
        stands(verify, violation, answer)
        if answer.ok:
            before = aim.read()
            continue
        names[name] = answer
        if row.id.startswith("modify_"):
            before = kept(verify, aim, before, violation, answer)
    if operation in LISTS:
        left = {str(one.get("name")): one for one in newest(api, LISTS[operation], aim)}
        for name, answer in names.items():
            told = f"refused ({answer.told}) and listed"
            verify("PROP-002", name not in left, observed=told, expected="no object of that name", answer=answer)
    elif before is not None and not (names and row.id.startswith("modify_")):
        verify.unchanged("PROP-002", before, aim.read(), f"what {READS[operation]} shows")
    else:
        verify("PROP-002", True, observed="", expected="")
    if not found:
        raise NotApplicable("nobody is bound to a limit of this body")
    if "ERR-033" not in verify.checked:
        verify.untold.setdefault("ERR-033", "nothing was refused, so no refusal shows its status")


def kept(verify: Verify, aim: Aim, before: Any, violation: Violation, answer: Answer) -> Any:
    """Check that an object is as it was, and return how it is now."""
    after = aim.read()
    told = f"{violation.told} was refused, then: {after!r:.300}"
    verify("PROP-002", after == before, observed=told, expected=f"as before: {before!r:.300}", answer=answer)
    return after


@requirement("PROP-001")
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_limit_itself_is_kept(api: Api, verify: Verify, operation: str) -> None:
    if not api.settings.effort.runs:
        raise NotApplicable("this effort has no requests left for what is sound")
    aim = aimed(api, operation)
    row = find_operation(operation)
    found = [one for one in violations(api.profile, operation, row.request or operation) if one.limit is not None]
    for violation in chosen(api, found):
        if not reachable(api, violation.path):
            continue
        answer = aim.send(violation.limit)
        told = f"just within {violation.told}: {answer.told}"
        verify("PROP-001", answer.status not in (400, 413, 422), observed=told, expected="accepted", answer=answer)
    verify("PROP-001", True, observed="", expected="")


def reachable(api: Api, path: str) -> bool:
    """Say whether a target has what a place of a body is about."""
    about = {
        "code_interpreter": "code_interpreter",
        "file_search": "file_search",
        "function": "function_calling",
        "vector_store": "vector_stores",
        "file_ids": "code_interpreter",
    }
    return all(able(api, capability) for part, capability in about.items() if part in path)


@requirement("ERR-008", "PROP-002")
@pytest.mark.parametrize("operation", JSON_TAKERS)
def test_what_is_no_json_is_refused(api: Api, verify: Verify, operation: str) -> None:
    api.tries(operation, JSON_TAKERS)
    aim = aimed(api, operation)
    before = aim.read()
    for name, content in list(RAW.items())[: api.settings.effort.violations]:
        answer = aim.send_raw(content)
        if answer.status < 500:
            told = f"{name}: {answer.told}"
            verify("ERR-008", answer.status == 400, observed=told, expected="status 400", answer=answer)
        else:
            verify.untold.setdefault("ERR-008", f"the server failed with {answer.status} (ERR-025)")
    if before is None:
        verify("PROP-002", True, observed="", expected="")
    else:
        verify.unchanged("PROP-002", before, aim.read(), f"what {READS[operation]} shows")
