"""Any valid object comes back as it was sent, and a modification changes what it names and nothing else.

Covers PROP-001, PROP-003 and PROP-004; what one answer shows of what was sent, the judge compares on all traffic. Each
example lives a whole life: made, read, listed, modified, read, deleted, looked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_conformance.contract import brief
from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.explore import Deviation, explore
from assistants_conformance.scenario.situations import able, asked
from assistants_conformance.scenario.strategies import Stage, realized
from assistants_conformance.scenario.strategies.bodies import bodies, edges, texts
from assistants_conformance.scenario.strategies.spots import given
from assistants_conformance.target import Answer, Api, Blocked, NotApplicable, Part, form
from assistants_conformance.target.specimens import unknown_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hypothesis.strategies import SearchStrategy

CAPABILITY = {
    "function": "function_calling",
    "code_interpreter": "code_interpreter",
    "file_search": "file_search",
    "retrieval": "file_search",
}
#: What one kind of object changes by itself between two reads.
MOVES = {
    "assistant": (),
    "thread": (),
    "message": ("file_ids", "attachments"),
    "run": (),
    "vector_store": ("last_active_at", "expires_at", "status", "file_counts", "usage_bytes"),
}
#: Members of a body that stand in the object under the same name and with the same value.
SHOWN = ("name", "description", "instructions", "metadata", "temperature", "top_p", "expires_after", "role")
KINDS = ("assistant", "thread", "message", "run", "vector_store")


def lives(api: Api, kind: str) -> SearchStrategy[dict[str, Any]]:
    from hypothesis import strategies as st  # noqa: PLC0415 - slow to load

    schema = api.profile.request_schema
    tools = able_tools(api)
    unsure = ("role",) if kind == "message" else ()
    made = bodies(schema(f"create_{kind}"), tools=tools, without=unsure)
    changed = bodies(schema(f"modify_{kind}"), tools=tools, sparse=True)
    return st.fixed_dictionaries({"create": made, "modify": st.lists(changed, min_size=1, max_size=3)})


def able_tools(api: Api) -> list[str]:
    """Return the types of tools that the target has."""
    return [name for name, capability in CAPABILITY.items() if able(api, capability)]


def reached(api: Api, kind: str) -> None:
    """Go on only if a kind of object can be made.

    Raises:
        NotApplicable: the version or the target has none, or the effort has no run in it.
    """
    if not api.has(f"create_{kind}"):
        raise NotApplicable(f"this version has no {kind}")
    if kind == "vector_store":
        api.require("vector_stores")
    if kind == "run" and not api.settings.effort.runs:
        raise NotApplicable("this effort has no run of a model in it")


class Life:
    """One kind of object on one target."""

    def __init__(self, api: Api, kind: str) -> None:
        self.api, self.kind, self.stage = api, kind, Stage(api)
        self.around: dict[str, str] = {}

    def lived(self, example: dict[str, Any]) -> Iterator[Deviation]:
        """Let an object live, and give what deviates."""
        body = realized(example["create"], self.stage)
        if self.kind == "message":
            body = {"role": "user", **body}
        if self.kind in ("message", "run"):
            self.around = {"thread_id": asked(self.api)}
        answer = self.api.call(f"create_{self.kind}", json=body, **self.around)
        if answer.status in (400, 413, 422):
            yield Deviation("PROP-001", answer.told, f"accepted: {brief(body, 200)}", answer)
            return
        own = {**self.around, f"{self.kind}_id": self.api.need(answer, f"create a {self.kind}")["id"]}
        if self.kind == "run":
            self.api.finished({**answer.json, **self.around})
        before = self.read(own)
        yield from self.shown(body, before)
        yield from self.modified(example["modify"], own, before)
        self.ended(own)

    def read(self, own: dict[str, str]) -> Answer:
        """Read the object.

        Raises:
            Blocked: it is not there.
        """
        answer = self.api.call(f"get_{self.kind}", **own)
        if not answer.ok:
            raise Blocked(f"could not read a {self.kind}: {answer.told}")
        return answer

    def shown(self, body: dict[str, Any], answer: Answer) -> Iterator[Deviation]:
        """Compare an object with the body that was sent."""
        for name in SHOWN:
            if body.get(name) is not None and not same(body[name], answer.json.get(name)):
                told = f"{name} {brief(answer.json.get(name))}"
                yield Deviation("PROP-004", told, f"{name} {brief(body[name])} as sent", answer)

    def modified(self, changes: list[dict[str, Any]], own: dict[str, str], before: Answer) -> Iterator[Deviation]:
        """Modify an object again and again, and compare what it names and what it does not."""
        for change in changes:
            body = realized(change, self.stage)
            answer = self.api.call(f"modify_{self.kind}", json=body, **own)
            if answer.status in (400, 413, 422):
                yield Deviation("PROP-001", answer.told, f"accepted: {brief(body, 200)}", answer)
                return
            after = self.read(own)
            yield from self.shown(body, after)
            for name in sorted((before.json.keys() | after.json.keys()) - body.keys() - set(MOVES[self.kind])):
                # What a tool keeps goes with the tool.
                if name in ("tool_resources", "file_ids") and "tools" in body:
                    continue
                was, now = before.json.get(name), after.json.get(name)
                if settled(name, was) != settled(name, now):
                    told = f"{name} {brief(now)} after {brief(body, 150)}"
                    yield Deviation("PROP-003", told, f"{name} {brief(was)} as before", after)
            before = after

    def ended(self, own: dict[str, str]) -> None:
        """List and delete the object and look for it; the judge compares all of that."""
        if self.kind == "vector_store":
            self.filled(own)
        if self.kind == "run":
            run = self.read(own).json
            for step in self.api.steps({**run, **self.around}):
                self.api.call("get_run_step", step_id=str(step.get("id")), **own)
            self.api.messages(own["thread_id"])
        if self.api.has(f"list_{self.kind}s"):
            self.api.call(f"list_{self.kind}s", query={"limit": 2}, **self.around)
        if self.kind == "message" and not able(self.api, "message_delete"):
            return
        if self.api.has(f"delete_{self.kind}"):
            self.api.call(f"delete_{self.kind}", **own)
            for name in (f"get_{self.kind}", f"delete_{self.kind}"):
                self.api.call(name, **own)

    def filled(self, own: dict[str, str]) -> None:
        """Put files into a store, one and in a batch, look at them and take one out; the judge compares all of that."""
        files = [self.stage.get("file", number) for number in range(2)]
        self.api.post_store_file(own["vector_store_id"], files[0])
        self.api.indexed("get_vector_store_file", file_id=files[0], **own)
        answer = self.api.post_batch(own["vector_store_id"], files[1:])
        batch = {**own, "batch_id": self.api.need(answer, "make a batch")["id"]}
        self.api.indexed("get_vector_store_file_batch", **batch)
        self.api.call("list_vector_store_file_batch_files", **batch)
        self.api.call("list_vector_store_files", **own)
        for name in ("delete_vector_store_file", "get_vector_store_file"):
            self.api.call(name, file_id=files[0], **own)
        for name in ("cancel_vector_store_file_batch", "get_vector_store_file_batch"):
            self.api.call(name, **{**batch, "batch_id": unknown_id(self.api, "vector_store_file_batch")})


def settled(name: str, value: Any) -> Any:
    """Return a value in one of its forms: two forms of empty resources are equal."""
    if name == "tool_resources" and isinstance(value, dict):
        return {tool: kept for tool, kept in value.items() if isinstance(kept, dict) and any(kept.values())}
    return value


def same(sent: Any, answered: Any) -> bool:
    """Say whether a value is what was sent."""
    if isinstance(sent, bool) or isinstance(answered, bool):
        return bool(sent is answered)
    return bool(sent == answered)


@requirement("PROP-001", "PROP-003", "PROP-004")
@pytest.mark.parametrize("kind", KINDS)
def test_objects_live_as_they_are_told(api: Api, verify: Verify, kind: str) -> None:
    api.tries(kind, KINDS)
    reached(api, kind)
    life = Life(api, kind)
    explore(
        api,
        verify,
        ("PROP-001", "PROP-003", "PROP-004"),
        lambda: lives(api, kind),
        lambda example: list(life.lived(example)),
    )


@requirement("PROP-001", "PROP-003", "PROP-004")
@pytest.mark.parametrize("kind", KINDS)
def test_values_at_the_edge_change_nothing_else(api: Api, verify: Verify, kind: str) -> None:
    reached(api, kind)
    if not api.settings.effort.runs:
        raise NotApplicable("this effort has no requests left for every edge")
    life = Life(api, kind)
    start: dict[str, Any] = {"metadata": {"first": "before"}}
    if kind == "assistant":
        start |= {"name": "before", "description": "before", "instructions": "Be brief.", "model": given("model")}
        start |= {"temperature": 0.5, "top_p": 0.5} if api.v2 else {}
    elif kind == "vector_store":
        start |= {"name": "before", "expires_after": {"anchor": "last_active_at", "days": 3}}
    elif kind == "message":
        start["content"] = "before"
    elif kind == "run":
        start["assistant_id"] = given("assistant")
    changes = edges(api.profile.request_schema(f"modify_{kind}"), able_tools(api))
    # Each time everything but one member is as it was at first.
    for change in changes[: api.settings.effort.violations]:
        for one in life.lived({"create": start, "modify": [change]}):
            verify(one.requirement, False, observed=one.observed, expected=one.expected, answer=one.answer)
        if kind == "run":
            break
    for row in ("PROP-001", "PROP-003", "PROP-004"):
        verify(row, True, observed="", expected="")


# -- files -------------------------------------------------------------------------------------------------------------


def uploads() -> SearchStrategy[dict[str, Any]]:
    from hypothesis import strategies as st  # noqa: PLC0415 - slow to load

    names = texts(1, 20).map(lambda text: "".join(one for one in text if one not in "/\\\":;<>|?*%'").strip(". "))
    return st.fixed_dictionaries(
        {
            "name": names.map(lambda name: f"{name or 'a'}.txt"),
            "text": texts(1, 60).filter(lambda text: bool(text.strip())),
        }
    )


@requirement("FILE-013")
def test_files_keep_their_name_and_size(api: Api, verify: Verify) -> None:
    def check(example: dict[str, Any]) -> list[Deviation]:
        content = example["text"].encode()
        body, kind = form(Part("purpose", b"assistants"), Part("file", content, example["name"], "text/plain"))
        answer = api.call("upload_file", content=body, content_type=kind)
        file = api.need(answer, "upload a file")["id"]
        found = []
        for shown in (answer, api.call("get_file", file_id=file)):
            for name, sent in (("bytes", len(content)), ("filename", example["name"])):
                if shown.json.get(name) != sent:
                    found.append(Deviation("FILE-013", f"{name} {shown.json.get(name)!r}", f"{sent!r}", shown))
        api.call("list_files")
        for name in ("delete_file", "get_file", "delete_file"):
            api.call(name, file_id=file)
        return found

    explore(api, verify, ("FILE-013",), uploads, check)
