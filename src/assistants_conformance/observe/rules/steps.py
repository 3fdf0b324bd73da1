"""Run steps: their states, what is set when, and that they belong to their run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.observe.context import Context, whole

if TYPE_CHECKING:
    from assistants_conformance.observe.call import Call


def observe_steps(call: Call, context: Context) -> None:
    """Judge every step that an answer carries, and the steps of a run together."""
    for step in call.objects("run_step"):
        if isinstance(step.get("status"), str):
            _settings(call, context, step)
        details = step.get("step_details")
        if isinstance(details, dict):
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
    for setting in cycle.settings:
        value = step.get(setting.field)
        if status in setting.required_in:
            context.report.check(
                setting.requirement,
                value is not None,
                f"{setting.field} is null in {status}",
                f"{setting.field} is set",
            )
        elif status in setting.forbidden_in:
            context.report.check(
                setting.requirement,
                value is None,
                f"{setting.field} is {value!r} in {status}",
                f"{setting.field} is null",
            )


def _owner(call: Call, context: Context, step: dict[str, Any]) -> None:
    run = context.world.objects.get(call.params.get("run_id", ""))
    if run is not None and "assistant_id" in run.constant:
        expected = run.constant["assistant_id"]
        context.report.check("STEP-019", step.get("assistant_id") == expected, step.get("assistant_id"), expected)


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
    _usage(call, context, run.terminal)


def _usage(call: Call, context: Context, run: dict[str, Any]) -> None:
    partial = (
        call.body.get("has_more") is not False or {"after", "before", "limit"} & call.exchange.request.query.keys()
    )
    total = run.get("usage")
    parts = [step.get("usage") for step in call.items]
    if partial or not isinstance(total, dict) or not parts or not all(isinstance(part, dict) for part in parts):
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
