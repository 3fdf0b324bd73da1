"""Links: what an answer gives to later requests, read from the paths of the operations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistants_conformance.contract.operations import Operation

Json = dict[str, Any]


def path_parameters(path: str) -> list[str]:
    """Return the names of the parameters of a path, in order."""
    return re.findall(r"\{(\w+)\}", path)


def links(row: Operation, others: Sequence[Operation]) -> Json:
    """Return the links of an operation's success, by name; empty where nothing follows from it."""
    return dict(_links(row, others))


def _links(row: Operation, others: Sequence[Operation]) -> Iterator[tuple[str, Json]]:
    if row.deletes:
        return
    known = {name: f"$request.path.{name}" for name in path_parameters(row.path)}
    below = row.path
    if row.id == "create_thread_and_run":
        # The one operation that answers an object of another path than its own.
        known = {"thread_id": "$response.body#/thread_id", "run_id": "$response.body#/id"}
        below = "/threads/{thread_id}"
    elif (item := _item(row, others)) is not None:
        known[item] = "$response.body#/data/0/id" if row.listed else "$response.body#/id"
        below = f"{row.path}/{{{item}}}"
    elif not known:
        return
    if row.id == "create_assistant" and any(other.id == "create_thread_and_run" for other in others):
        body = {"assistant_id": "$response.body#/id"}
        yield "create_thread_and_run", {"operationId": "create_thread_and_run", "requestBody": body}
    for other in others:
        needs = path_parameters(other.path)
        if other.id != row.id and needs and (other.path + "/").startswith(below + "/") and set(needs) <= known.keys():
            yield other.id, {"operationId": other.id, "parameters": {name: known[name] for name in needs}}


def _item(row: Operation, others: Sequence[Operation]) -> str | None:
    """Return the parameter that stands for one object of a collection, None where the path is no collection's."""
    if not (row.creates or row.listed):
        return None
    found = re.compile(re.escape(row.path) + r"/\{(\w+)\}")
    return next((one[1] for other in others if (one := found.fullmatch(other.path)) is not None), None)
