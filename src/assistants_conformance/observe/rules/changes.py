"""What a run carries when its status has changed: one requirement for each kind of change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.observe.context import whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assistants_conformance.observe.call import Call
    from assistants_conformance.observe.context import Context
    from assistants_conformance.observe.world import RunSeen

#: The rule that an open run breaks which outlives its expiry, and that an expired run keeps, by the open state.
OUTLIVED: Mapping[str, str] = {
    "queued": "SM-018",
    "in_progress": "SM-008",
    "requires_action": "SM-009",
    "cancelling": "SM-014",
}
_CANCELLED: Mapping[str, str] = {"queued": "SM-015", "in_progress": "SM-010", "requires_action": "SM-016"}
_STARTED = ("in_progress", "requires_action", "completed", "incomplete")
#: How a run leaves requires_action without an accepted submit.
_WITHOUT_OUTPUTS = ("requires_action", "expired", "cancelling", "cancelled")
#: By requirement: the members that are set after the change, and those that are null.
_CARRIED: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "SM-002": (("started_at",), ()),
    "SM-003": (("required_action", "started_at"), ()),
    "SM-004": ((), ("required_action",)),
    "SM-005": (("completed_at",), ("expires_at",)),
    "SM-006": (("failed_at", "last_error"), ()),
    "SM-007": (("incomplete_details",), ()),
    "SM-009": ((), ("required_action",)),
    "SM-010": ((), ()),
    "SM-011": (("cancelled_at",), ()),
    "SM-012": (("completed_at",), ("cancelled_at",)),
    "SM-013": (("failed_at", "last_error"), ("cancelled_at",)),
    "SM-016": ((), ("required_action",)),
    "SM-017": (("cancelled_at",), ("required_action", "expires_at")),
    "SM-019": (("failed_at", "last_error"), ()),
}


def observe_change(call: Call, context: Context, seen: RunSeen, run: dict[str, Any]) -> None:
    """Judge an open run against what was last seen of it."""
    status, report = run["status"], context.report
    for requirement in _rules(seen, status):
        wanted, unwanted = _CARRIED.get(requirement, ((), ()))
        if requirement == "SM-005" and (call.profile.shape == "v2" or "usage" in run):
            wanted = (*wanted, "usage")
        wrong = [f"{name} null" for name in wanted if run.get(name) is None]
        wrong += [f"{name} {run[name]!r}" for name in unwanted if run.get(name) is not None]
        told = f"{seen.status} to {status} with {', '.join(wrong)}" if wrong else ""
        expected = ", ".join([*(f"{name} set" for name in wanted), *(f"{name} null" for name in unwanted)])
        report.check(requirement, not wrong, told, expected or "an allowed change")
    if status == "cancelling":
        _cancelling(call, context, seen, run)
    if status == "requires_action":
        _round(context, seen, run)
    _expiry_kept(call, context, seen, run)
    _restart(context, seen, run)


def asked(run: dict[str, Any]) -> frozenset[str]:
    """Return the ids of the calls that a run waits for."""
    action = run.get("required_action")
    named = action.get("type") if isinstance(action, dict) else None
    inner = action.get(named) if isinstance(action, dict) and isinstance(named, str) else None
    calls = inner.get("tool_calls") if isinstance(inner, dict) else None
    rows = calls if isinstance(calls, list) else []
    return frozenset(call["id"] for call in rows if isinstance(call, dict) and isinstance(call.get("id"), str))


def _rules(seen: RunSeen, status: str) -> Iterator[str]:
    before = seen.status
    if before == status:
        return
    if before == "queued" and status in _STARTED:
        yield "SM-002"
    if before == "requires_action" and status not in _WITHOUT_OUTPUTS:
        yield "SM-004"
    match status:
        case "requires_action":
            yield "SM-003"
        case "completed":
            yield "SM-012" if before == "cancelling" else "SM-005"
        case "incomplete":
            yield "SM-012" if before == "cancelling" else "SM-007"
        case "failed":
            yield "SM-013" if before == "cancelling" else "SM-006"
            if before == "queued":
                yield "SM-019"
        case "expired":
            yield from (OUTLIVED[name] for name in OUTLIVED if name == before)
        case "cancelling":
            yield from (_CANCELLED[name] for name in _CANCELLED if name == before)
        case "cancelled":
            yield "SM-011"
            yield from (_CANCELLED[name] for name in _CANCELLED if name == before)
            if "requires_action" in (before, seen.cancelled_in):
                yield "SM-017"


def _cancelling(call: Call, context: Context, seen: RunSeen, run: dict[str, Any]) -> None:
    """While a started run is being cancelled, only its status has changed."""
    if seen.cancelled_in != "in_progress":
        return
    window = call.profile.expiry
    expires, created = whole(run.get("expires_at")), whole(run.get("created_at"))
    kept = seen.last_expiry is None or expires == seen.last_expiry
    # Where waiting for outputs moves the expiry, a wait that no poll saw may have moved it.
    if window.before_action != window.after_action and expires is not None and created is not None:
        kept = kept or expires - created in window.after_action
    told = f"cancelled_at {run.get('cancelled_at')!r}, expires_at {run.get('expires_at')!r}"
    expected = f"cancelled_at null, expires_at kept at {seen.last_expiry}"
    context.report.check("SM-010", kept and run.get("cancelled_at") is None, told, expected)


def _round(context: Context, seen: RunSeen, run: dict[str, Any]) -> None:
    now = asked(run)
    if seen.status == "requires_action":
        if "submit_tool_outputs" in seen.called and now and now == seen.call_ids:
            told = f"still requires_action for {sorted(now)} after their outputs were accepted"
            context.report.check("SM-004", False, told, "queued, required_action null")
        return
    earlier = seen.asked_before
    if earlier and now and all(map(context.is_real, now | earlier)):
        told = f"{sorted(now & earlier)} were asked for in an earlier round"
        context.report.check("SUB-016", not now & earlier, told, "call ids that no earlier round had")


def _expiry_kept(call: Call, context: Context, seen: RunSeen, run: dict[str, Any]) -> None:
    status = run["status"]
    if seen.action_expiry is None or status == "requires_action" or status not in call.profile.lifecycle("run").open:
        return
    context.report.check(
        "SUB-014",
        run.get("expires_at") == seen.action_expiry,
        f"expires_at {run.get('expires_at')!r} in {status}",
        f"expires_at kept at {seen.action_expiry}",
    )


def _restart(context: Context, seen: RunSeen, run: dict[str, Any]) -> None:
    started = whole(run.get("started_at"))
    if started is None or seen.started_at is None or not seen.action_seen:
        return
    told = f"started_at {started} after {seen.started_at}"
    context.report.check("SM-029", started >= seen.started_at, told, "the same or a newer started_at")
