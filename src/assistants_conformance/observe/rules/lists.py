"""List envelopes: their ends, their order, their length, and what a page may hold."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from assistants_conformance.observe.context import Context, whole

if TYPE_CHECKING:
    from assistants_conformance.observe.call import Call

_DEFAULT_LIMIT = 20


def observe_lists(call: Call, context: Context) -> None:
    """Judge one page."""
    if not call.is_list or call.operation is None:
        return
    identifiers = [item.get("id") for item in call.items]
    files = call.operation.id == "list_files"
    _ends(call, context, identifiers, files=files)
    if call.operation.paged and not files:
        _length(call, context)
    # The service listed files in no order of time until late 2023; an old recording proves nothing about it.
    if not files or context.closed:
        _order(call, context)
    _cursors(call, context, identifiers)
    _parents(call, context)
    real = [identifier for identifier in identifiers if context.is_real(identifier)]
    if len(set(real)) != len(real):
        context.report.check("PAGE-012", False, "one page shows an object twice", "every object once")


def _ends(call: Call, context: Context, identifiers: list[Any], *, files: bool) -> None:
    report, body = context.report, call.body
    if files and "first_id" not in body:
        return
    told = f"first_id {body.get('first_id')!r}, last_id {body.get('last_id')!r}"
    if identifiers:
        right = body.get("first_id") == identifiers[0] and body.get("last_id") == identifiers[-1]
        if files and not context.closed:
            return
        report.check("PAGE-010", right, told, f"first_id {identifiers[0]!r}, last_id {identifiers[-1]!r}")
        return
    for requirement in ("PAGE-011", "N-18") if _limit(call) is not None else ():
        report.check(
            requirement,
            body.get("first_id") is None and body.get("last_id") is None and body.get("has_more") is False,
            f"{told}, has_more {body.get('has_more')!r} of an empty list",
            "both null, has_more false",
        )


def _limit(call: Call) -> int | None:
    text = call.exchange.request.query.get("limit")
    if text is None:
        return _DEFAULT_LIMIT
    return int(text) if text.isdecimal() and 1 <= int(text) <= 100 else None


def _length(call: Call, context: Context) -> None:
    limit, count, report = _limit(call), len(call.items), context.report
    if limit is None:
        # What should have been refused and was not is told elsewhere.
        return
    if call.body.get("has_more") is True:
        report.check("PAGE-020", count > 0, "has_more true on a page without items", "items wherever more follow")
    report.check("PAGE-002", count <= limit, f"{count} objects with limit {limit}", f"at most {limit}")
    if call.body.get("has_more") is True:
        report.check("N-17", count == limit, f"has_more with {count} objects of {limit}", f"a full page of {limit}")
        if "limit" not in call.exchange.request.query:
            report.check("PAGE-003", count == _DEFAULT_LIMIT, f"{count} objects without a limit", f"{_DEFAULT_LIMIT}")


def _order(call: Call, context: Context) -> None:
    order = call.exchange.request.query.get("order", "desc")
    times = [whole(item.get("created_at")) for item in call.items]
    known = [time for time in times if time]
    if order not in ("asc", "desc") or len(known) < 2:
        return
    ascending = order == "asc"
    holds = all(first <= second if ascending else first >= second for first, second in pairwise(known))
    # No text of 2024 promises an order of files; that they come newest first is recorded only.
    files = call.operation is not None and call.operation.id == "list_files"
    for requirement in ("PAGE-006",) if files else ("PAGE-006", "PAGE-005"):
        context.report.check(requirement, holds, f"created_at {known}", f"{order}ending, ties allowed")


def _cursors(call: Call, context: Context, identifiers: list[Any]) -> None:
    for name, requirement in (("after", "PAGE-008"), ("before", "PAGE-009")):
        cursor = call.exchange.request.query.get(name)
        if cursor is None:
            continue
        for rule in (requirement, "N-19"):
            context.report.check(
                rule,
                cursor not in identifiers,
                f"the page holds its own cursor {cursor}",
                f"{name} excludes its cursor",
            )


def _parents(call: Call, context: Context) -> None:
    for name in ("thread_id", "run_id", "assistant_id", "message_id", "vector_store_id"):
        parent = call.params.get(name)
        if parent is None or not context.is_real(parent):
            continue
        for item in call.items:
            if name in item:
                context.report.check(
                    "PAGE-021", item[name] == parent, f"{item.get('id')} of {item[name]!r}", f"only objects of {parent}"
                )
                if name == "run_id" and call.operation is not None and call.operation.kind == "run_step":
                    context.report.check("STEP-024", item[name] == parent, item[name], f"only steps of {parent}")
    purpose = call.exchange.request.query.get("purpose")
    if purpose is not None and call.operation is not None and call.operation.id == "list_files":
        for item in call.items:
            told = f"a file of purpose {item.get('purpose')!r}"
            context.report.check("PAGE-019", item.get("purpose") == purpose, told, f"only of purpose {purpose!r}")
    wanted = call.exchange.request.query.get("run_id")
    if wanted is not None and call.operation is not None and call.operation.id == "list_messages":
        for item in call.items:
            context.report.check(
                "PAGE-017",
                item.get("run_id") == wanted,
                f"a message of run {item.get('run_id')!r}",
                f"only of {wanted}",
            )
