"""One valid request for every operation, on objects made for it; and ids and looks that several areas need."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistants_conformance.target.answer import Answer, Blocked, NotApplicable
from assistants_conformance.target.multipart import Part, form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistants_conformance.contract import Operation
    from assistants_conformance.target.api import Api

_FALLBACK = "^none_"
#: How many of the newest objects are looked through; on a shared account others make some in the same moment.
_NEWEST = 100


@dataclass(frozen=True)
class Specimen:
    """One request. `real` says that every object it names exists, so that nothing but its headers can be refused."""

    operation: Operation
    params: Mapping[str, str]
    json: dict[str, Any] | None
    content: bytes | None
    content_type: str | None
    real: bool

    def send(self, api: Api, **how: Any) -> Answer:
        """Send it; `how` goes to `Api.call`. What it makes is deleted in the end."""
        arguments: dict[str, Any] = {**how, **self.params}
        return api.call(
            self.operation.id, json=self.json, content=self.content, content_type=self.content_type, **arguments
        )


def unknown_id(api: Api, kind: str) -> str:
    """Return a well-formed id of a kind (`run`, `run_step` ...) that was never given."""
    prefix = re.split(r"[\[(]", api.profile.id_forms.get(kind, _FALLBACK).lstrip("^"), maxsplit=1)[0]
    return f"{prefix}{api.chance.digits(24)}"


def series(api: Api, count: int) -> tuple[str, list[str]]:
    """Return a thread with messages of which each was added by itself, and their ids, oldest first."""

    def make() -> dict[str, Any]:
        thread = api.thread()["id"]
        return {"thread": thread, "made": [api.message(thread, f"Number {number}.")["id"] for number in range(count)]}

    lent = api.lent(f"{count} messages", make)
    return lent["thread"], lent["made"]


def specimens(api: Api) -> list[Specimen]:
    """Return a request for every operation, deletions last; those of vector stores only if the target has them.

    No run is made for it.

    Raises:
        Blocked: an assistant, a thread, a message, a file, a vector store or a batch could not be made.
    """
    thread, (message,) = series(api, 1)
    real = {
        "assistant_id": api.assistant()["id"],
        "file_id": api.file()["id"],
        "thread_id": thread,
        "message_id": message,
    }
    stores = _stores(api, real["file_id"]) if _has_stores(api) else {}
    real |= stores
    made_up = {"run_id": unknown_id(api, "run"), "step_id": unknown_id(api, "run_step")}
    upload, kind = form(Part("purpose", b"assistants"), Part("file", b"one,two\n1,2\n", "numbers.csv", "text/csv"))
    bodies: dict[str, dict[str, Any]] = {
        "create_assistant": {"model": api.settings.model},
        "create_assistant_file": {"file_id": real["file_id"]},
        "create_message": {"role": "user", "content": "Hello."},
        "create_run": {"assistant_id": real["assistant_id"]},
        "create_thread_and_run": {"assistant_id": real["assistant_id"]},
        "create_vector_store_file": {"file_id": real["file_id"]},
        "create_vector_store_file_batch": {"file_ids": [real["file_id"]]},
        "modify_vector_store_file": {"attributes": {}},
        "search_vector_store": {"query": "numbers"},
        "submit_tool_outputs": {"tool_outputs": [{"tool_call_id": unknown_id(api, "tool_call"), "output": "1"}]},
    }
    found = []
    for row in api.profile.operations:
        if row.area == "vector_stores" and not stores:
            continue
        names = re.findall(r"\{(\w+)\}", row.path)
        # A file is attached to nothing yet, so the sub-resources of v1 do not know it; and what came to vector stores
        # later is not everywhere.
        unsure = row.id in ("get_assistant_file", "delete_assistant_file", "get_message_file") or (
            row.area == "vector_stores" and bool(row.profiles)
        )
        found.append(
            Specimen(
                operation=row,
                params={name: {**real, **made_up}[name] for name in names},
                json=bodies.get(row.id, {} if row.request and row.id != "upload_file" else None),
                content=upload if row.id == "upload_file" else None,
                content_type=kind if row.id == "upload_file" else None,
                real=not unsure and all(name in real for name in names),
            )
        )
    return sorted(found, key=lambda one: one.operation.deletes)


def _has_stores(api: Api) -> bool:
    if not api.has("create_vector_store"):
        return False
    try:
        api.require("vector_stores")
    except NotApplicable:
        return False
    return True


def _stores(api: Api, file: str) -> dict[str, str]:
    """Return the ids of a vector store with a file in a batch."""
    store = api.store()["id"]
    return {"vector_store_id": store, "batch_id": api.need(api.post_batch(store, [file]), "make a batch")["id"]}


def left_behind(api: Api, *names: str) -> list[str]:
    """Return which of these names, or beginnings of names, an assistant among the newest has.

    Raises:
        Blocked: the list does not show what was made a moment ago, so it proves nothing.
    """
    marker = api.assistant(name=api.unique("marker"))["id"]
    newest = api.call("list_assistants", query={"limit": _NEWEST}).data
    if not any(row.get("id") == marker for row in newest):
        raise Blocked(f"an assistant made just now is not among the newest {_NEWEST}, so the list proves nothing")
    return [name for name in names if any(str(row.get("name")).startswith(name) for row in newest)]
