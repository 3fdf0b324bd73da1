"""One thing wrong at a time in recordings of vector stores."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .damages import answer, is_route, later, one, swapped, trace_wide, with_body

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_conformance.observe import Exchange

    from .damages import Trace

STORE, FILE, BATCH = "vector_store", "vector_store.file", "vector_store.file_batch"


def counts(item: dict[str, Any]) -> dict[str, Any]:
    return item.get("file_counts") or {}


def policy(item: dict[str, Any]) -> bool:
    return bool(item.get("expires_after"))


@one(STORE, "store: an id of another kind", "VS-045", when=lambda store: store["id"].startswith("vs_"))
def _(store):
    store["id"] = "store-" + store["id"][3:]


@one(STORE, "store: a status nobody knows", "VS-019", "VS-F07")
def _(store):
    store["status"] = "ready"


@one(STORE, "store: in progress without a file that is", "N-24", "VS-021", when=lambda s: s["status"] == "completed")
def _(store):
    store["status"] = "in_progress"


@one(STORE, "store: an empty one that uses bytes", "VS-017", "N-24", when=lambda s: not counts(s).get("total", 1))
def _(store):
    store["usage_bytes"] = 17


@one(STORE, "store: a total that is no sum", "VS-020", "N-24")
def _(store):
    store["file_counts"]["total"] += 1


@one(STORE, "store: a count is missing", "VS-F06")
def _(store):
    del store["file_counts"]["cancelled"]


@one(STORE, "store: expires without a policy", "VS-023", "N-23", when=lambda store: not policy(store))
def _(store):
    store["expires_at"] = store["created_at"] + 7 * 86_400


@one(STORE, "store: expires a day late", "VS-023", "N-23", when=policy)
def _(store):
    store["expires_at"] += 86_400


@one(STORE, "store: a policy and no expiry", "VS-023", "N-23", when=policy)
def _(store):
    store["expires_at"] = None


@one(STORE, "store: metadata null", "VS-F11", "N-02")
def _(store):
    store["metadata"] = None


@one(STORE, "store: last_active_at missing", "VS-F10")
def _(store):
    del store["last_active_at"]


@one(STORE, "store: usage_bytes as text", "VS-F05")
def _(store):
    store["usage_bytes"] = str(store["usage_bytes"])


@one(STORE, "store: the bytes of the published schema", "N-01")
def _(store):
    store["bytes"] = store["usage_bytes"]


@one(FILE, "store file: a status nobody knows", "VS-031", "VSF-F06")
def _(entry):
    entry["status"] = "indexed"


@one(FILE, "store file: an error where nothing failed", "VS-031", when=lambda entry: entry["status"] != "failed")
def _(entry):
    entry["last_error"] = {"code": "server_error", "message": "It broke."}


@one(FILE, "store file: failed without an error", "VS-031")
def _(entry):
    entry["status"], entry["last_error"] = "failed", None


@one(FILE, "store file: an error code nobody knows", "VS-032")
def _(entry):
    entry["status"], entry["last_error"] = "failed", {"code": "bad_luck", "message": "It broke."}


@one(FILE, "store file: bytes before it is indexed", "N-25",
     when=lambda entry: entry["status"] == "in_progress" and "usage_bytes" in entry)  # fmt: skip
def _(entry):
    entry["usage_bytes"] = 1036


@one(FILE, "store file: another store", "VS-030", "PAGE-021",
     when=lambda entry: entry["vector_store_id"].startswith("vs_"))  # fmt: skip
def _(entry):
    entry["vector_store_id"] = "vs_" + "q" * 24


@one(BATCH, "batch: an id of another kind", "VS-046", when=lambda batch: batch["id"].startswith("vsfb_"))
def _(batch):
    batch["id"] = "batch_" + batch["id"][5:]


@one(BATCH, "batch: another object name", "VS-033", "VSB-F02")
def _(batch):
    batch["object"] = "batch"


@one(BATCH, "batch: a status nobody knows", "VS-035", "VSB-F05")
def _(batch):
    batch["status"] = "running"


@one(BATCH, "batch: a total that is no sum", "VS-020", "N-24")
def _(batch):
    batch["file_counts"]["total"] += 1


@one(BATCH, "batch: ended with a file in progress", "N-24", when=lambda batch: batch["status"] == "completed")
def _(batch):
    batch["file_counts"]["in_progress"] += 1
    batch["file_counts"]["total"] += 1


def created(trace: Trace, *shape: str) -> Iterator[tuple[int, Exchange, dict[str, Any]]]:
    for number, exchange in enumerate(trace):
        body = deepcopy(exchange.response.json)
        if is_route(exchange, "POST", *shape) and exchange.response.status == 200 and isinstance(body, dict):
            yield number, exchange, body


@trace_wide("store: a name that nobody gave", "VS-040")
def _(trace):
    for number, exchange, body in created(trace, "vector_stores"):
        if not (exchange.request.json or {}).get("name"):
            yield swapped(trace, number, with_body(exchange, {**body, "name": "Untitled store"}))


@trace_wide("store: another name than was sent", "VS-047")
def _(trace):
    for number, exchange, body in created(trace, "vector_stores"):
        if (exchange.request.json or {}).get("name"):
            yield swapped(trace, number, with_body(exchange, {**body, "name": "Untitled store"}))


@trace_wide("store file: completed as soon as it is added", "VS-006")
def _(trace):
    for number, exchange, body in created(trace, "vector_stores", "*", "files"):
        yield swapped(trace, number, with_body(exchange, {**body, "status": "completed", "usage_bytes": 9}))


@trace_wide("store file: an id of its own", "VS-030")
def _(trace):
    for number, exchange, body in created(trace, "vector_stores", "*", "files"):
        if "anitized" not in body["id"]:
            yield swapped(trace, number, with_body(exchange, {**body, "id": body["id"][:-6] + "QQQQQQ"}))


@trace_wide("store file: another chunking than the default", "VS-039")
def _(trace):
    for number, exchange, body in created(trace, "vector_stores", "*", "files"):
        shown, sent = body.get("chunking_strategy"), exchange.request.json or {}
        if shown and not sent.get("chunking_strategy") and "anitized" not in body["id"]:
            shown["static"]["max_chunk_size_tokens"] = 512
            yield swapped(trace, number, with_body(exchange, body))


@trace_wide("store file: goes on after its end", "VS-052")
def _(trace):
    for number, exchange in enumerate(trace):
        body = exchange.response.json
        read = is_route(exchange, "GET", "vector_stores", "*", "files", "*") and isinstance(body, dict)
        if read and body.get("status") == "completed" and "anitized" not in body["id"]:
            again = with_body(later(exchange), {**body, "status": "in_progress", "usage_bytes": 0})
            yield [*trace[: number + 1], again, *trace[number + 1 :]]


@trace_wide("batch: as many files as it likes", "VS-037")
def _(trace):
    for number, exchange, body in created(trace, "vector_stores", "*", "file_batches"):
        body["file_counts"]["in_progress"] += 1
        body["file_counts"]["total"] += 1
        yield swapped(trace, number, with_body(exchange, body))


@trace_wide("batch: completed as soon as it is added", "VS-010", "N-24")
def _(trace):
    for number, exchange, body in created(trace, "vector_stores", "*", "file_batches"):
        yield swapped(trace, number, with_body(exchange, {**body, "status": "completed"}))


@trace_wide("batch: goes on after its end", "VS-052")
def _(trace):
    for number, exchange in enumerate(trace):
        body = exchange.response.json
        read = is_route(exchange, "GET", "vector_stores", "*", "file_batches", "*") and isinstance(body, dict)
        if read and body.get("status") == "completed" and "anitized" not in body["id"]:
            again = with_body(later(exchange), {**body, "status": "in_progress"})
            yield [*trace[: number + 1], again, *trace[number + 1 :]]


@trace_wide("batch: lists a file of another batch", "VS-013")
def _(trace):
    for number, exchange in enumerate(trace):
        body = deepcopy(exchange.response.json)
        listed = is_route(exchange, "GET", "vector_stores", "*", "file_batches", "*", "files")
        if listed and isinstance(body, dict) and body.get("data") and "anitized" not in body["data"][0]["id"]:
            made = any(
                is_route(earlier, "POST", "vector_stores", "*", "file_batches")
                and earlier.response.status == 200
                and (earlier.response.json or {}).get("id") in exchange.request.path
                for earlier in trace[:number]
            )
            if made:
                body["data"][0]["id"] = body["data"][0]["id"][:-6] + "QQQQQQ"
                yield swapped(trace, number, with_body(exchange, body))


@trace_wide("store: a new name counts as a use", "N-23")
def _(trace):
    for number, exchange, body in created(trace, "vector_stores", "*"):
        sent = exchange.request.json or {}
        before = trace[number - 1].response.json if number else None
        if "expires_after" in sent or not isinstance(before, dict) or before.get("id") != body.get("id"):
            continue
        if before.get("object") != STORE or before.get("status") != "completed" or "anitized" in body["id"]:
            continue
        moved = {**body, "last_active_at": body["last_active_at"] + 60}
        if body.get("expires_at"):
            moved["expires_at"] = body["expires_at"] + 60
        yield swapped(trace, number, with_body(exchange, moved))


@trace_wide("store: still there after its end", "VS-048", "OBJ-007")
def _(trace):
    for number, exchange in enumerate(trace):
        gone = is_route(exchange, "DELETE", "vector_stores", "*") and exchange.response.status == 200
        made = [body for _, _, body in created(trace[:number], "vector_stores")]
        body = next((one for one in made if one["id"] in exchange.request.path), None)
        if gone and body is not None and "anitized" not in body["id"]:
            request = replace(exchange.request, method="GET")
            again = with_body(replace(later(exchange), request=request, started=exchange.ended + 0.1), body)
            again = replace(again, ended=exchange.ended + 0.2)
            yield [*trace[: number + 1], again, *trace[number + 1 :]]


@answer("store: deleted by another name", "VS-005", when=lambda _, b: b.get("object") == "vector_store.deleted")
def _(body):
    body["object"] = "vector_store"


@answer("store file: taken out by another name", "VS-009",
        when=lambda _, b: b.get("object") == "vector_store.file.deleted")  # fmt: skip
def _(body):
    body["object"] = "vector_store.deleted"
