"""The operations on runs and their steps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assistants_conformance.reference import lock, spoilt_runs
from assistants_conformance.reference.files import Planned
from assistants_conformance.reference.handlers import metadata, serves, tools
from assistants_conformance.reference.handlers_assistants import check_model
from assistants_conformance.reference.handlers_threads import PlannedMessages, PlannedThread
from assistants_conformance.reference.paging import page
from assistants_conformance.reference.refusal import refuse
from assistants_conformance.reference.state import Resources, Run, Thread
from assistants_conformance.reference.store import found

if TYPE_CHECKING:
    from assistants_conformance.reference.state import Assistant, Json
    from assistants_conformance.reference.streams import RunStream
    from assistants_conformance.reference.world import Call, World

RESULT_CONTENT = "step_details.tool_calls[*].file_search.results[*].content"


def _effective(body: Json, name: str, inherited: Any) -> Any:
    """Return what the run uses: its own value, else the assistant's; null counts as not given."""
    return inherited if body.get(name) is None else body[name]


def _given(resources: Json) -> Json:
    """Return what is given of resources; null counts as not given, at any depth."""
    return {name: _given(row) if isinstance(row, dict) else row for name, row in resources.items() if row is not None}


def _instructions(world: World, body: Json, assistant: Assistant) -> str | None:
    base: str | None = _effective(body, "instructions", assistant.instructions)
    extra: str | None = body.get("additional_instructions")
    between = "\n" if world.faults.on("additional-instructions-on-a-new-line") else " "
    return between.join(text for text in (base, extra) if text) if extra else base


def _check(world: World, body: Json, assistant: Assistant, instructions: str | None, *, asked: bool) -> list[Json]:
    """Check what no schema can say, and return the effective tools. `asked`: the thread will hold a user's message.

    Raises:
        Refusal: the run cannot be made.
    """
    if not instructions and world.faults.on("run-without-instructions-crashes"):
        raise refuse("server_error", contact="the help center", request_id=world.store.ids.request())
    check_model(world, body.get("model"))
    # Where the schema knows no least value, nothing is still no budget.
    if (cap := body.get("max_completion_tokens")) is not None and cap < 1:
        raise refuse("integer_below_min_value", at="max_completion_tokens", minimum=1, value=cap)
    _include(world, body.get("include[]"))
    effective = assistant.tools if body.get("tools") is None else tools(world, body["tools"])
    choice = body.get("tool_choice")
    if isinstance(choice, dict):
        name = choice.get("function", {}).get("name") if choice["type"] == "function" else choice["type"]
        names = [tool["function"]["name"] if tool["type"] == "function" else tool["type"] for tool in effective]
        if name not in names and not world.faults.on("tool-choice-is-not-checked"):
            raise refuse("tool_choice_unknown_tool", name=name)
    form = _effective(body, "response_format", assistant.response_format)
    built_in = [tool["type"] for tool in effective if tool["type"] != "function"]
    free = world.faults.on("json-object-with-every-tool")
    if isinstance(form, dict) and form.get("type") == "json_object" and built_in and not free:
        raise refuse("response_format_with_tools", tool=built_in[0])
    refuses = world.profile.traits.get("empty_runs_refused") or world.faults.on("run-without-input-refused")
    if refuses and not instructions and not asked and not world.faults.on("run-without-input-taken"):
        raise refuse("invalid_thread")
    return effective


def _make(
    world: World, thread: Thread, assistant: Assistant, body: Json, effective: list[Json], instructions: str | None
) -> Run:
    store = world.store
    created = world.now()
    resources = Resources(list(assistant.resources.file_ids), list(assistant.resources.store_ids))
    Planned(world, body.get("tool_resources")).carry_out(resources)
    strategy = body.get("truncation_strategy") or {"type": "auto"}
    run = Run(
        id=spoilt_runs.identifier(world),
        created_at=created,
        sequence=store.sequence(),
        thread_id=thread.id,
        assistant_id=assistant.id,
        model=_effective(body, "model", assistant.model),
        instructions=instructions,
        tools=effective,
        metadata=metadata(body.get("metadata")),
        temperature=float(_effective(body, "temperature", assistant.temperature)),
        top_p=float(_effective(body, "top_p", assistant.top_p)),
        response_format=_effective(body, "response_format", assistant.response_format),
        reasoning_effort=_effective(body, "reasoning_effort", assistant.reasoning_effort),
        tool_choice=body.get("tool_choice") or "auto",
        parallel_tool_calls=body.get("parallel_tool_calls") is not False,
        max_prompt_tokens=body.get("max_prompt_tokens"),
        max_completion_tokens=body.get("max_completion_tokens"),
        truncation_strategy={"type": strategy["type"], "last_messages": strategy.get("last_messages")},
        file_ids=list(assistant.files),
        given_resources=_given(body.get("tool_resources") or {}),
        resources=resources,
        expires_at=world.expiry(created),
        arrived=world.clock.now(),
        due=None,
    )
    spoilt_runs.made(world, run, body)
    thread.runs[run.id] = run
    world.engine.accept(run)
    return run


@serves("create_run")
def create_run(world: World, call: Call) -> Json | RunStream:
    """POST /threads/{thread_id}/runs."""
    thread = world.store.thread(call.params["thread_id"])
    body = call.body | {key: value for key, value in call.query.items() if key == "include[]"}
    body = spoilt_runs.read(world, body, together=False)
    if body["assistant_id"] not in world.store.assistants and world.faults.on("refused-run-leaves-a-message"):
        PlannedMessages(world, [{"role": "user", "content": "A run was asked for."}]).carry_out(thread)
    assistant = world.store.assistant(body["assistant_id"])
    messages = PlannedMessages(world, body.get("additional_messages"))
    instructions = _instructions(world, body, assistant)
    asked = messages.from_user or any(message.role == "user" for message in thread.messages.values())
    effective = _check(world, body, assistant, instructions, asked=asked)
    if (refusal := lock.run_refusal(world, thread, assistant.id)) is not None:
        if world.faults.on("refused-run-adds-additional-messages"):
            messages.carry_out(thread)
        kept = bool(body.get("stream")) and world.faults.on("refused-streamed-run-is-kept")
        if kept or world.faults.on("refused-run-is-stored"):
            _make(world, thread, assistant, body, effective, instructions)
        raise refusal
    messages.carry_out(thread)
    return _answer(world, body, _make(world, thread, assistant, body, effective, instructions))


def _answer(world: World, body: Json, run: Run, thread: Thread | None = None) -> Json | RunStream:
    """Return a new run, or the stream of its events; `thread` is the one that was made with it."""
    if body.get("stream") and not world.faults.on("stream-is-ignored"):
        return world.engine.streams.open(run, thread)
    world.engine.start_early(run)
    return world.render.run(run)


@serves("create_thread_and_run")
def create_thread_and_run(world: World, call: Call) -> Json | RunStream:
    """POST /threads/runs."""
    body = spoilt_runs.read(world, call.body, together=True)
    assistant = world.store.assistant(body["assistant_id"])
    planned = PlannedThread(world, body.get("thread"))
    Planned(world, body.get("tool_resources"))
    instructions = _instructions(world, body, assistant)
    effective = _check(world, body, assistant, instructions, asked=planned.messages.from_user)
    thread = planned.carry_out()
    return _answer(world, body, _make(world, thread, assistant, body, effective, instructions), thread)


@serves("list_runs")
def list_runs(world: World, call: Call) -> Json:
    """GET /threads/{thread_id}/runs."""
    thread = world.store.thread(call.params["thread_id"])
    lock.check_read(world, thread)
    if world.faults.on("runs-of-every-thread-listed"):
        runs = [run for other in world.store.threads.values() for run in other.runs.values()]
        return page(world, runs, call.query, world.render.run, kind="run")
    shown = list(thread.runs.values())
    if world.faults.on("list-of-runs-shows-the-newest"):
        shown = shown[-1:]
    return page(world, shown, call.query, world.render.run, kind="run")


@serves("get_run")
def get_run(world: World, call: Call) -> Json:
    """GET /threads/{thread_id}/runs/{run_id}."""
    if world.faults.on("run-is-found-under-any-thread"):
        every = {run.id: run for thread in world.store.threads.values() for run in thread.runs.values()}
        return world.render.run(found(every, "run", call.params["run_id"]))
    run = world.store.run(call.params["thread_id"], call.params["run_id"])
    if world.faults.on("run-read-under-another-id"):
        return world.render.run(run) | {"id": world.store.ids.new("run")}
    return world.render.run(run)


@serves("modify_run")
def modify_run(world: World, call: Call) -> Json:
    """POST /threads/{thread_id}/runs/{run_id}: metadata, once the run has ended."""
    run = world.store.run(call.params["thread_id"], call.params["run_id"])
    lock.check_modify_run(world, run)
    if world.faults.on("ended-run-not-modifiable"):
        raise refuse("run_not_modifiable", status=run.status)
    if "metadata" in call.body:
        new = metadata(call.body["metadata"])
        if world.faults.on("modified-run-is-not-kept"):
            return world.render.run(replace(run, metadata=new))
        run.metadata = new
    return world.render.run(run)


@serves("cancel_run")
def cancel_run(world: World, call: Call) -> Json:
    """POST /threads/{thread_id}/runs/{run_id}/cancel."""
    known = world.store.thread(call.params["thread_id"]).runs.get(call.params["run_id"])
    if (spoilt := spoilt_runs.cancelled(world, known, call.params["run_id"])) is not None:
        return spoilt
    run = world.store.run(call.params["thread_id"], call.params["run_id"])
    if not run.is_open or run.status == "cancelling":
        raise refuse("run_not_cancellable", status=run.status)
    world.engine.cancel(run)
    return world.render.run(run)


@serves("submit_tool_outputs")
def submit_tool_outputs(world: World, call: Call) -> Json | RunStream:
    """POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs."""
    run = world.store.run(call.params["thread_id"], call.params["run_id"])
    if (spoilt := spoilt_runs.submitted(world, run, call.body)) is not None:
        return spoilt
    if run.required_action is None:
        raise refuse("run_not_accepting_outputs", status=run.status)
    expected = [awaited["id"] for awaited in run.required_action]
    approval = run.required_action[0]["type"] == "mcp"
    rows = call.body.get("tool_approvals" if approval else "tool_outputs")
    if rows is None:
        raise refuse("missing_required_parameter", at="tool_approvals" if approval else "tool_outputs")
    got = [row["tool_call_id"] for row in rows]
    if set(expected) != set(got):
        spoilt_runs.refused(world, run)
    for name in got:
        if got.count(name) > 1:
            raise refuse("duplicate_call_id", id=name)
    if set(expected) != set(got):
        raise refuse("outputs_missing", expected=expected, got=got)
    streamed = bool(call.body.get("stream")) and not world.faults.on("stream-is-ignored")
    stream = world.engine.streams.listen(run) if streamed else None
    if approval:
        world.engine.approve(run, {row["tool_call_id"]: row["approve"] for row in rows})
    else:
        world.engine.submit(run, {row["tool_call_id"]: row.get("output") or "" for row in rows})
    if stream is not None:
        return stream
    if world.faults.on("submit-answers-a-confirmation"):
        return {"accepted": True}
    return world.render.run(run)


def _include(world: World, value: str | None) -> bool:
    """Say whether the text of search results is asked for; profiles without the parameter ignore it.

    Raises:
        Refusal: the value is none that can be included.
    """
    if value is None or "search_results" not in world.profile.traits:
        return False
    if world.faults.on("included-content-left-out"):
        return False
    if value != RESULT_CONTENT and not world.faults.on("any-include-accepted"):
        raise refuse("invalid_value", at="include[]", value=value, supported=f"'{RESULT_CONTENT}'")
    return True


@serves("list_run_steps")
def list_run_steps(world: World, call: Call) -> Json:
    """GET /threads/{thread_id}/runs/{run_id}/steps."""
    run = world.store.run(call.params["thread_id"], call.params["run_id"])
    contents = _include(world, call.query.get("include[]"))
    steps, query, faults = list(run.steps.values()), call.query, world.faults
    if faults.on("steps-of-all-runs-listed"):
        steps = [step for one in world.store.thread(run.thread_id).runs.values() for step in one.steps.values()]
    if faults.on("tool-steps-not-listed"):
        steps = [step for step in steps if step.type == "message_creation"]
    if faults.on("no-step-while-waiting"):
        steps = [step for step in steps if step.status != "in_progress"]
    if faults.on("steps-listed-oldest-first"):
        query = {"order": "asc", **query}
    return page(world, steps, query, lambda step: world.render.step(step, run, contents=contents), kind="run_step")


@serves("get_run_step")
def get_run_step(world: World, call: Call) -> Json:
    """GET /threads/{thread_id}/runs/{run_id}/steps/{step_id}."""
    run = world.store.run(call.params["thread_id"], call.params["run_id"])
    step = world.store.step(call.params["thread_id"], run.id, call.params["step_id"])
    if world.faults.on("retrieved-step-is-stale"):
        step = replace(step, status="in_progress", completed_at=None)
    return world.render.step(step, run, contents=_include(world, call.query.get("include[]")))
