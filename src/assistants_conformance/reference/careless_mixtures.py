"""Faults that no single member shows: what goes wrong is a mixture of valid ones, or a value next to a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.reference.refusal import refuse

if TYPE_CHECKING:
    from assistants_conformance.reference.faults import Faults
    from assistants_conformance.reference.world import Call, World

_QUERY = frozenset({"api-version", "limit", "order", "after", "before", "run_id", "purpose", "include[]", "filter"})


def check_mixture(operation: str, call: Call, faults: Faults) -> None:
    """Let a request through.

    Raises:
        Refusal: a fault is on, and the mixture is the one that it stumbles over.
    """
    body, query = call.body, call.query
    both = body.get("temperature") is not None and body.get("top_p") is not None
    if both and operation.endswith("_assistant") and faults.on("temperature-with-top-p-refused"):
        raise refuse("mutually_exclusive", at="top_p", names="'temperature' and 'top_p'")
    if operation.startswith("list_"):
        if faults.on("page-of-99-crashes") and query.get("limit") == "99":
            raise refuse("server_error")
        if faults.on("page-of-99-refused") and query.get("limit") == "99":
            raise refuse("integer_above_max_value", at="limit", maximum=98, value=99)
        if faults.on("unknown-query-redirects") and query.keys() - _QUERY:
            raise refuse("unknown_parameter", at=min(query.keys() - _QUERY))


def lost(world: World, operation: str, call: Call, result: dict[str, Any]) -> None:
    """Forget an object that was made with null for its metadata, where that fault is on."""
    nothing = "metadata" in call.body and call.body["metadata"] is None
    if not nothing or not world.faults.on("object-with-null-metadata-is-lost"):
        return
    if operation == "create_assistant":
        world.store.assistants.pop(result["id"], None)
    elif operation == "create_thread":
        world.store.threads.pop(result["id"], None)
