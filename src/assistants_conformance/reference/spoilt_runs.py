"""Faults of runs at the edge of the API: bodies that are half read, answers that show something else."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from assistants_conformance.reference.refusal import refuse

if TYPE_CHECKING:
    from assistants_conformance.reference.faults import Faults
    from assistants_conformance.reference.state import Json, Run
    from assistants_conformance.reference.world import World

#: By fault: members of a request for a run that are not read.
_UNREAD = {
    "run-ignores-the-model": ("model",),
    "run-ignores-the-tools": ("tools",),
    "additional-instructions-lost": ("additional_instructions",),
    "additional-messages-lost": ("additional_messages",),
    "run-resources-ignored": ("tool_resources",),
    "thread-and-run-drops-the-options": ("instructions", "temperature", "max_completion_tokens", "metadata"),
    "thread-and-run-drops-the-thread": ("thread",),
}
_ONLY_TOGETHER = ("thread-and-run-drops-the-options", "thread-and-run-drops-the-thread")
_LEAST_CAP = 256


def read(world: World, body: Json, *, together: bool) -> Json:
    """Return a request for a run as a careless server reads it; `together`: it makes the thread as well.

    Raises:
        Refusal: the server wants more than the contract does.
    """
    faults, name = world.faults, body.get("assistant_id")
    if not faults.active:
        return body
    if name is None:
        raise refuse("not_found_assistant", id="None")
    if faults.on("run-of-unknown-assistant-is-refused") and name not in world.store.assistants:
        raise refuse("invalid_value", at="assistant_id", value=name, supported="your assistants")
    for fault, names in _UNREAD.items():
        if faults.on(fault) and (together or fault not in _ONLY_TOGETHER):
            body = {name: value for name, value in body.items() if name not in names}
    if faults.on("run-has-settings-of-its-own"):
        body = {"instructions": "You are a helpful assistant.", **body}
    if faults.on("additional-messages-in-reverse") and isinstance(body.get("additional_messages"), list):
        body = {**body, "additional_messages": body["additional_messages"][::-1]}
    if faults.on("thread-and-run-needs-a-thread") and together and not body.get("thread"):
        raise refuse("missing_required_parameter", at="thread")
    more = body.get("additional_messages")
    if faults.on("parts-of-additional-messages-refused") and isinstance(more, list):
        for message in more:
            if isinstance(message.get("content"), list):
                raise refuse("invalid_type", at="additional_messages[0].content", expected="a string", got="an array")
    strategy = body.get("truncation_strategy")
    if faults.on("last-messages-without-a-count-taken") and isinstance(strategy, dict):
        body = {**body, "truncation_strategy": {"last_messages": 10, **strategy}}
    cap = body.get("max_completion_tokens")
    if faults.on("small-completion-cap-refused") and isinstance(cap, int) and cap < _LEAST_CAP:
        raise refuse("integer_below_min_value", at="max_completion_tokens", minimum=_LEAST_CAP, value=cap)
    return body


def identifier(world: World) -> str:
    """Return the id of a new run."""
    return str(uuid4()) if world.faults.on("run-ids-are-uuids") else world.store.ids.new("run")


def made(world: World, run: Run, body: Json) -> None:
    """Spoil a new run."""
    if world.faults.on("overrides-written-into-the-assistant") and body.get("instructions"):
        world.store.assistants[run.assistant_id].instructions = run.instructions
    if world.faults.on("additional-instructions-stand-alone"):
        run.instructions = body.get("additional_instructions") or run.instructions


def unchecked(operation: str, schema: Json, faults: Faults) -> Json:
    """Return the schema of a request without what a careless server does not look at."""
    if operation == "modify_run" and faults.on("run-takes-every-modification"):
        return {}
    if operation in ("create_run", "create_thread_and_run") and faults.on("run-without-assistant-not-found"):
        return {**schema, "required": []}
    if operation == "create_run" and faults.on("run-resources-take-effect"):
        schema = {**schema, "properties": {**schema["properties"], "tool_resources": {"type": ["object", "null"]}}}
    if operation == "create_run" and faults.on("last-messages-without-a-count-taken"):
        schema = copy.deepcopy(schema)
        schema["properties"].get("truncation_strategy", {}).pop("allOf", None)
    if operation != "submit_tool_outputs":
        return schema
    schema = copy.deepcopy(schema)
    outputs = schema["properties"]["tool_outputs"]
    if faults.on("submit-without-outputs-taken"):
        schema["required"] = []
        schema.pop("anyOf", None)
    if faults.on("empty-outputs-taken"):
        outputs.pop("minItems", None)
    if faults.on("outputs-without-call-id-passed-over"):
        outputs["items"]["required"] = []
    if faults.on("outputs-of-any-type-taken"):
        outputs["items"]["properties"]["output"].pop("type")
    return schema


def cancelled(world: World, run: Run | None, name: str) -> Json | None:
    """Return what a careless server answers to a cancel; None: what a strict one does.

    Raises:
        Refusal: it refuses in its own way.
    """
    faults = world.faults
    if run is None:
        if faults.on("unknown-run-is-not-cancellable"):
            raise refuse("run_not_cancellable", status="unknown")
        return None
    if not run.is_open:
        if faults.on("ended-run-cancelled-again"):
            return world.render.run(run)
        if faults.on("second-cancel-taken") and run.status == "cancelled":
            return world.render.run(run)
        if faults.on("refused-cancel-overwrites-the-run"):
            told, run.status = run.status, "cancelled"
            raise refuse("run_not_cancellable", status=told)
    elif run.outputs and run.status != "requires_action" and faults.on("resumed-run-cannot-be-cancelled"):
        raise refuse("run_not_cancellable", status=run.status)
    elif faults.on("idle-run-is-not-found-by-cancel"):
        raise refuse("not_found_run", id=name)
    elif faults.on("cancel-answers-a-confirmation"):
        world.engine.cancel(run)
        return {"cancelled": True}
    return None


def submitted(world: World, run: Run, body: Json) -> Json | None:
    """Return what a careless server answers to a submit; None: what a strict one does.

    Raises:
        Refusal: it refuses in its own way.
    """
    faults = world.faults
    if not faults.active:
        return None
    if run.required_action is None:
        if faults.on("outputs-taken-in-every-state") or (run.status == "expired" and faults.on("late-outputs-taken")):
            return world.render.run(run)
        if run.used and run.is_open and faults.on("outputs-taken-twice"):
            return world.render.run(run)
        if run.status == "expired" and faults.on("late-outputs-refused-in-other-words"):
            raise refuse("outputs_missing", expected=[], got=[])
        return None
    rows = [row for row in body.get("tool_outputs") or () if isinstance(row, dict)]
    if faults.on("outputs-with-more-refused") and any(row.keys() - {"tool_call_id", "output"} for row in rows):
        raise refuse("unknown_parameter", at="tool_outputs[0].type")
    expected = [call["id"] for call in run.required_action]
    if world.remains.refused.get(run.id, 0) > 1 and faults.on("second-refusal-uses-up-the-calls"):
        raise refuse("outputs_missing", expected=expected, got=[])
    outputs = {str(row["tool_call_id"]): str(row.get("output") or "") for row in rows if row.get("tool_call_id")}
    if not _passes(faults, rows, expected):
        return None
    world.engine.submit(run, {name: outputs.get(name, "") for name in expected})
    return world.render.run(run)


def _passes(faults: Faults, rows: list[Json], expected: list[str]) -> bool:
    """Say whether outputs are taken only because of a fault."""
    got = [row.get("tool_call_id") for row in rows]
    known = [name for name in got if name in expected]
    whole = set(expected) == set(known)
    return (
        (faults.on("partial-outputs-taken") and bool(known) and not whole and len(known) == len(got))
        or (faults.on("unknown-call-ids-passed-over") and whole and len(known) < len(got) and None not in got)
        or (faults.on("doubled-call-ids-taken") and whole and len(got) > len(set(got)))
        or (faults.on("submit-without-outputs-taken") and not rows)
        or (faults.on("empty-outputs-taken") and not rows)
        or (faults.on("outputs-without-call-id-passed-over") and whole and None in got)
        or (
            faults.on("outputs-of-any-type-taken") and whole and not all(isinstance(r.get("output"), str) for r in rows)
        )
    )


def refused(world: World, run: Run) -> None:
    """Spoil a run whose outputs are about to be refused."""
    world.remains.refused[run.id] = world.remains.refused.get(run.id, 0) + 1
    if world.faults.on("refused-submit-fails-the-run"):
        run.last_error = {"code": "server_error", "message": "The outputs do not fit."}
        run.status, run.failed_at = "failed", world.now()
        run.required_action = run.expires_at = None


def shown(faults: Faults, run: Run, answer: Json) -> Json:
    """Return the wire form of a run as a careless server writes it."""
    if not faults.active:
        return answer
    for name, change in _SHOWN.items():
        if faults.on(name):
            change(run, answer)
    return answer


def _in_progress(run: Run, answer: Json) -> None:
    if run.status == "queued" and run.started_at is None:
        answer |= {"status": "in_progress", "started_at": run.created_at}


def _started(run: Run, answer: Json) -> None:
    answer["started_at"] = run.started_at or run.created_at


def _running(run: Run, answer: Json) -> None:
    answer["status"] = {"in_progress": "running"}.get(run.status, run.status)


def _dated(run: Run, answer: Json) -> None:
    answer["model"] = run.model + ("" if run.started_at is None else "-2024-11-20")


def _last_ten(run: Run, answer: Json) -> None:
    if run.truncation_strategy["type"] == "auto":
        answer["truncation_strategy"] = {"type": "last_messages", "last_messages": 10}


def _usage_early(run: Run, answer: Json) -> None:
    if run.is_open:
        answer["usage"] = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


def _usage(answer: Json) -> Json:
    usage = answer.get("usage")
    return usage if isinstance(usage, dict) else {}


def _wrong_sum(run: Run, answer: Json) -> None:
    if not run.is_open:
        _usage(answer)["total_tokens"] = run.tokens[0] + run.tokens[1] + 7


def _chat_details(run: Run, answer: Json) -> None:
    if not run.is_open:
        _usage(answer)["prompt_tokens_details"] = {"cached_tokens": 0}


def _no_usage_if_failed(run: Run, answer: Json) -> None:
    answer["usage"] = None if run.status == "failed" else answer.get("usage")


def _other_words(run: Run, answer: Json) -> None:
    if run.last_error is not None:
        answer["last_error"] = {**run.last_error, "message": "Too many requests."}


def _always(name: str, value: Any) -> Any:
    def change(run: Run, answer: Json) -> None:
        del run
        answer[name] = copy.deepcopy(value)

    return change


#: Answers about a run that show something else.
_SHOWN: dict[str, Any] = {
    "run-answered-in-progress": _in_progress,
    "started-at-set-while-queued": _started,
    "started-at-never-set": _always("started_at", None),
    "required-action-never-shown": _always("required_action", None),
    "status-running": _running,
    "model-shown-with-its-date": _dated,
    "tool-choice-shown-as-auto": _always("tool_choice", "auto"),
    "response-format-shown-as-auto": _always("response_format", "auto"),
    "truncation-defaults-to-ten": _last_ten,
    "usage-shown-while-open": _usage_early,
    "usage-never-shown": _always("usage", None),
    "usage-does-not-add-up": _wrong_sum,
    "usage-details-as-in-chat": _chat_details,
    "failed-run-without-usage": _no_usage_if_failed,
    "run-forgets-its-metadata": _always("metadata", {}),
    "rate-limit-in-other-words": _other_words,
}
