"""Vector stores, their files and batches: counts that add up, states, expiry, and what a change leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.contract import brief
from assistants_conformance.observe.context import Context, server_time, whole
from assistants_conformance.observe.rules.steps import judge_ranking
from assistants_conformance.observe.rules.store_files import begin_entries, observe_batch, observe_entry

if TYPE_CHECKING:
    from assistants_conformance.observe.call import Call
    from assistants_conformance.observe.world import StoreSeen

_PARTS = ("in_progress", "completed", "failed", "cancelled")
_DAY = 86_400
#: A service may write down a use a little late; seconds.
_USE_SLACK = 5


def observe_vector_stores(call: Call, context: Context) -> None:
    """Judge every vector store, store file and batch that an answer carries."""
    operation = call.operation
    if operation is None:
        return
    if call.ok and not operation.deletes:
        begin_entries(call, context)
        for store in call.objects("vector_store"):
            _store(call, context, store)
        for kind in ("vector_store_file", "vector_store_batch_file"):
            for entry in call.objects(kind):
                observe_entry(call, context, entry)
        for batch in call.objects("vector_store_file_batch"):
            observe_counts(context, batch)
            observe_batch(call, context, batch)
    if operation.id == "search_vector_store" and call.ok and isinstance(call.body, dict):
        judge_ranking(context, call.body.get("data"))
    if operation.id == "delete_vector_store_file" and call.ok:
        _taken_out(call, context)
    if operation.method != "GET":
        context.world.writes += 1


def observe_counts(context: Context, holder: dict[str, Any]) -> dict[str, int] | None:
    """Judge that `file_counts` adds up, and return it; None where it has another form, which the schema tells."""
    counts = holder.get("file_counts")
    if not isinstance(counts, dict):
        return None
    numbers = {name: whole(counts.get(name)) for name in (*_PARTS, "total")}
    known = {name: number for name, number in numbers.items() if number is not None}
    if len(known) != len(numbers):
        return None
    for requirement in ("VS-020", "N-24"):
        context.report.check(
            requirement, known["total"] == sum(known[name] for name in _PARTS), counts, "a total that is their sum"
        )
    return known


def _store(call: Call, context: Context, store: dict[str, Any]) -> None:
    counts, status = observe_counts(context, store), store.get("status")
    states = call.profile.lifecycle("vector_store").states
    known = isinstance(status, str) and status in states
    context.report.check("VS-019", known, f"status {status!r}", f"one of {sorted(states)}")
    if counts is not None and isinstance(status, str):
        _status(context, store, counts)
    _expiry(context, store)
    if "description" not in store:
        context.report.passed("VS-F13")
    if call.operation is not None and call.operation.id == "create_vector_store":
        _created(call, context, store, counts)
    if context.is_real(store.get("id")) and isinstance(status, str):
        _history(call, context, store, counts)


def _status(context: Context, store: dict[str, Any], counts: dict[str, int]) -> None:
    report, status = context.report, store["status"]
    if status == "expired":
        return
    told = f"{status} with {counts['in_progress']} files in progress"
    for requirement in ("VS-021", "N-24"):
        report.check(
            requirement, (status == "in_progress") == (counts["in_progress"] > 0), told, "in_progress while a file is"
        )
    seen = context.world.stores.get(str(store.get("id")))
    # How soon a store that was emptied gives its bytes back is not recorded.
    if counts["total"] == 0 and (seen is None or not seen.filled):
        told = f"{status}, usage_bytes {store.get('usage_bytes')!r} without a file"
        for requirement in ("VS-017", "N-24"):
            report.check(
                requirement,
                status == "completed" and store.get("usage_bytes") == 0,
                told,
                "completed, usage_bytes 0",
            )


def _expiry(context: Context, store: dict[str, Any]) -> None:
    policy, active, expires = store.get("expires_after"), whole(store.get("last_active_at")), store.get("expires_at")
    if store.get("status") == "expired":
        # No recording shows an expired store.
        return
    if policy is None:
        expected = None
    else:
        days = whole(policy.get("days")) if isinstance(policy, dict) else None
        if days is None or active is None:
            return
        expected = active + days * _DAY
    told = f"expires_at {expires!r} with last_active_at {active} and expires_after {brief(policy)}"
    for requirement in ("VS-023", "N-23"):
        context.report.check(requirement, expires == expected, told, f"expires_at {expected}")


def _created(call: Call, context: Context, store: dict[str, Any], counts: dict[str, int] | None) -> None:
    report, sent = context.report, call.sent
    if sent.get("name") is None:
        report.check("VS-040", store.get("name") is None, store.get("name"), "name null where none was sent")
    if sent.get("metadata") is None:
        report.check("VS-047", store.get("metadata") == {}, store.get("metadata"), "metadata {}")
    # What comes of a source of data beside files is not recorded.
    files = sent.get("file_ids") if sent.get("configuration") is None else None
    if isinstance(files, list) and files and counts is not None and len(set(map(str, files))) == len(files):
        told = f"{store.get('status')} with {brief(store.get('file_counts'))}"
        holds = store.get("status") == "in_progress" and counts["in_progress"] == counts["total"] == len(files)
        report.check("VS-018", holds, told, f"in_progress with {len(files)} of {len(files)} files in progress")


def _history(call: Call, context: Context, store: dict[str, Any], counts: dict[str, int] | None) -> None:
    world = context.world
    identifier = str(store["id"])
    if not world.doubled.isdisjoint((identifier,)):
        return
    known = identifier in world.stores and bool(world.stores[identifier].status)
    seen = world.store(identifier)
    if known and seen.ended > call.exchange.started:
        return
    operation = call.operation.id if call.operation is not None else ""
    if operation == "modify_vector_store" and known:
        _refreshed(call, context, store, seen)
        seen.modified = True
    if known and seen.status == "expired" and not seen.modified and "expires_after" not in call.sent:
        told = f"expired and later {store['status']}"
        context.report.check("VS-052", store["status"] == "expired", told, "expired until its policy is changed")
    seen.status, seen.ended, seen.policy = store["status"], call.exchange.ended, store.get("expires_after")
    seen.last_active = whole(store.get("last_active_at"))
    seen.modified = seen.modified and seen.status == "expired"
    at_rest = seen.status == "completed" and counts is not None and counts["in_progress"] == 0
    running = any(run.terminal is None and run.searches for run in world.runs.values())
    own = call.operation is not None and call.operation.method != "GET"
    seen.quiet = world.writes + own if at_rest and not running else -1


def _refreshed(call: Call, context: Context, store: dict[str, Any], seen: StoreSeen) -> None:
    """Compare the last use before and after a modification with nothing else between."""
    active, before, report = whole(store.get("last_active_at")), seen.last_active, context.report
    if active is None or before is None or seen.quiet != context.world.writes:
        return
    policy = call.sent.get("expires_after")
    if "expires_after" not in call.sent:
        told = f"last_active_at {active}, {before} before {sorted(call.sent)} were changed"
        report.check("N-23", active == before, told, f"last_active_at kept at {before}")
    elif isinstance(policy, dict) and policy != seen.policy:
        now = server_time(call.exchange) if context.closed else None
        least = before if now is None else max(before, now - _USE_SLACK)
        report.check(
            "N-23", active >= least, f"last_active_at {active}, {before} before", f"refreshed: at least {least:.0f}"
        )


def _taken_out(call: Call, context: Context) -> None:
    body = call.body if isinstance(call.body, dict) else {}
    store, file = call.params.get("vector_store_id", ""), call.params.get("file_id", "")
    if context.is_real(file) and context.is_real(body.get("id")):
        context.report.check("VS-009", body["id"] == file, f"the id {body['id']!r}", f"the id {file!r}")
    seen = context.world.stores.get(store)
    if seen is not None:
        seen.files.pop(file, None)
