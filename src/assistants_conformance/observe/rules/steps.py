"""Run steps: their states, what is set when, and that they belong to their run."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from assistants_conformance.observe.context import Context, whole
from assistants_conformance.observe.rules.messages import judge_sources
from assistants_conformance.observe.settings import check_settings

if TYPE_CHECKING:
    from assistants_conformance.observe.call import Call
    from assistants_conformance.observe.world import RunSeen


def observe_steps(call: Call, context: Context) -> None:
    """Judge every step that an answer carries, and the steps of a run together."""
    for step in call.objects("run_step"):
        if isinstance(step.get("status"), str):
            _settings(call, context, step)
        name = step.get("object")
        context.report.check("STEP-002", name == "thread.run.step", f"object {name!r}", "'thread.run.step'")
        extra = [name for name in ("expired_at", "metadata") if name in step]
        context.report.check("STEP-005", not extra, f"{extra} in a step", "neither expired_at nor metadata")
        for requirement, name in (("STEP-F11", "expired_at"), ("STEP-F15", "metadata")):
            context.report.check(requirement, name not in step, f"{name} in a step", f"no {name}")
        details = step.get("step_details")
        if isinstance(details, dict):
            _written(context, step, details)
            _results(call, context, step, details)
            told = f"type {step.get('type')!r}, step_details.type {details.get('type')!r}"
            context.report.check("STEP-003", details.get("type") == step.get("type"), told, "the same type twice")
        for name in ("thread_id", "run_id"):
            parent = call.params.get(name)
            if parent is not None and context.is_real(parent):
                context.report.check("STEP-019", step.get(name) == parent, step.get(name), f"{name} {parent}")
        _owner(call, context, step)
    if call.is_list and call.operation is not None and call.operation.kind == "run_step":
        _together(call, context)


def _settings(call: Call, context: Context, step: dict[str, Any]) -> None:
    cycle, status = call.profile.lifecycle("run_step"), step["status"]
    context.report.check("STEP-004", status in cycle.states, f"status {status!r}", f"one of {sorted(cycle.states)}")
    # In an event a step has the expiry of its run whatever its status.
    check_settings(context.report, cycle, step, apart_from="expires_at" if call.in_stream else "")


def _written(context: Context, step: dict[str, Any], details: dict[str, Any]) -> None:
    """Compare a step with the message that it names, where that message was seen."""
    made = details.get("message_creation")
    identifier = made.get("message_id") if isinstance(made, dict) else None
    seen = context.world.objects.get(identifier) if isinstance(identifier, str) else None
    if seen is None or seen.kind != "message" or not context.is_real(identifier):
        return
    told = {name: seen.constant.get(name) for name in ("thread_id", "run_id")}
    context.report.check(
        "STEP-006",
        all(told[name] == step.get(name) for name in told),
        f"the message {identifier} has {told}",
        f"thread_id {step.get('thread_id')!r} and run_id {step.get('run_id')!r} of the step",
    )
    made_at, at = seen.constant.get("created_at"), step.get("created_at")
    context.report.check("N-10", made_at == at, f"message of {made_at}, step of {at}", "the same created_at")


def _results(call: Call, context: Context, step: dict[str, Any], details: dict[str, Any]) -> None:
    calls = details.get("tool_calls")
    searches = [
        item.get("file_search")
        for item in (calls if isinstance(calls, list) else [])
        if isinstance(item, dict) and item.get("type") == "file_search"
    ]
    for search in searches:
        judge_ranking(context, search.get("results") if isinstance(search, dict) else None)
    # Steps of the first months of this shape have an empty object; a live service of today has not.
    required = call.profile.traits.get("search_results") == "required"
    if not required or not context.closed or step.get("status") != "completed":
        return
    for search in searches:
        results = search.get("results") if isinstance(search, dict) else None
        whole_results = isinstance(results, list) and all(
            isinstance(result, dict) and {"file_id", "file_name", "score"} <= result.keys() for result in results
        )
        holds = whole_results and isinstance(search, dict) and "ranking_options" in search
        context.report.check(
            "STEP-010", holds, search, "ranking_options, and results with file_id, file_name and score"
        )


def _owner(call: Call, context: Context, step: dict[str, Any]) -> None:
    name = str(step.get("run_id")) if call.in_stream else call.params.get("run_id", "")
    run = context.world.objects.get(name)
    if run is not None and "assistant_id" in run.constant:
        expected = run.constant["assistant_id"]
        told = f"assistant_id {step.get('assistant_id')!r}"
        context.report.check("STEP-019", step.get("assistant_id") == expected, told, f"assistant_id {expected!r}")
    seen = context.world.runs.get(name)
    if seen is None or seen.exchange is None:
        return
    # A run that waits keeps its time to live; in any other state both may have changed since it was seen. In a stream
    # nothing lies between.
    waits = seen.status == "requires_action" and step.get("status") == "in_progress"
    waits = waits and seen.ended <= call.exchange.started
    if waits or (call.in_stream and seen.exchange.request is call.exchange.request):
        expires = step.get("expires_at")
        context.report.check("STEP-005", expires == seen.last_expiry, expires, f"the run's {seen.last_expiry}")


def _together(call: Call, context: Context) -> None:
    run = context.world.runs.get(call.params.get("run_id", ""))
    if run is None or run.terminal is None or run.ended > call.exchange.started:
        return
    for step in call.items:
        told = f"expires_at {step.get('expires_at')!r} in a run that is {run.status}"
        for requirement in ("STEP-F17", "STEP-005"):
            context.report.check(requirement, step.get("expires_at") is None, told, "null once the run has ended")
    open_steps = [step.get("id") for step in call.items if step.get("status") == "in_progress"]
    rule = {"completed": "STEP-013", "expired": "STEP-014", "cancelled": "CAN-008"}.get(run.status)
    context.report.check(
        rule, not open_steps, f"{open_steps} in_progress in a run that is {run.status}", "no open step"
    )
    ended = whole(run.terminal.get("completed_at"))
    for step in call.items:
        completed = whole(step.get("completed_at"))
        if run.status == "completed":
            context.report.check(
                "STEP-013",
                step.get("status") == "completed",
                step.get("status"),
                "every step of a completed run completed",
            )
            if completed is not None and ended is not None:
                context.report.check("STEP-013", completed <= ended, completed, f"not later than the run's end {ended}")
    if _is_whole(call):
        _tools(context, run, call.items)
        _usage(context, call.items, run.terminal)


def _is_whole(call: Call) -> bool:
    """Say whether a list answers every step of its run."""
    return call.body.get("has_more") is False and not {"after", "before"} & call.exchange.request.query.keys()


def _tools(context: Context, run: RunSeen, steps: list[dict[str, Any]]) -> None:
    details = [step.get("step_details") for step in steps]
    calls = [part.get("tool_calls") for part in details if isinstance(part, dict)]
    run.tools_used = frozenset(str(item.get("type")) for group in calls for item in _rows(group))
    found = [file for group in calls for item in _rows(group) for file in _found(item.get("file_search"))]
    run.found = frozenset(found) if found else None
    judge_sources(context, run)


def _rows(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _found(search: Any) -> list[str]:
    """Return the files that a search shows as its results; none where it shows none."""
    results = search.get("results") if isinstance(search, dict) else None
    return [str(result["file_id"]) for result in _rows(results) if isinstance(result.get("file_id"), str)]


def judge_ranking(context: Context, results: Any) -> None:
    """Judge the order of search results, of which at least two have a score."""
    scores = [result.get("score") for result in _rows(results)]
    numbers = [score for score in scores if isinstance(score, int | float) and not isinstance(score, bool)]
    # Three recordings are too few to hold others to.
    if not context.closed or len(numbers) < 2 or len(numbers) < len(scores):
        return
    holds = all(first >= second for first, second in pairwise(numbers)) and 0 <= numbers[-1] <= numbers[0] <= 1
    context.report.check("VS-049", holds, f"scores {numbers}", "scores from 0 to 1, the highest first")


def _usage(context: Context, steps: list[dict[str, Any]], run: dict[str, Any]) -> None:
    total = run.get("usage")
    parts = [step.get("usage") for step in steps]
    if not isinstance(total, dict) or not parts or not all(isinstance(part, dict) for part in parts):
        return
    for name in ("prompt_tokens", "completion_tokens", "total_tokens"):
        summed = sum(whole(part.get(name)) or 0 for part in parts if isinstance(part, dict))
        for requirement in ("STEP-017", "N-11"):
            context.report.check(
                requirement,
                summed == total.get(name),
                f"the steps' {name} add up to {summed}",
                f"the run's {total.get(name)}",
            )
