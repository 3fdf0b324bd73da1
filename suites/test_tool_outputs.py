"""Tool outputs: what a waiting run takes, what it refuses, and where the outputs go.

Covers SUB-001 to SUB-019 and N-04. What a submit must be refused for, the judge sees in the traffic; the scenarios
bring it about and look at what the refusal left behind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import asked, judged, worker
from assistants_conformance.target import Answer, Api, Blocked, call_ids
from assistants_conformance.target.prompts import NICKNAME, WEATHER

FOREIGN = "call_" + "q" * 24
Bodies = Callable[[list[str]], Any]


def _outputs(*calls: str) -> list[dict[str, Any]]:
    return [{"tool_call_id": call, "output": "22 C"} for call in calls]


#: By requirement: bodies that a run with two open calls must refuse.
REFUSED: tuple[tuple[str, Bodies], ...] = (
    ("SUB-001", lambda calls: {}),  # noqa: ARG005 - every row has the same form
    ("SUB-001", lambda calls: {"tool_outputs": _outputs(*calls)[0]}),
    ("SUB-002", lambda calls: {"tool_outputs": _outputs(calls[0])}),
    ("SUB-003", lambda calls: {"tool_outputs": _outputs(FOREIGN)}),  # noqa: ARG005
    ("SUB-003", lambda calls: {"tool_outputs": _outputs(*calls, FOREIGN)}),
    ("SUB-004", lambda calls: {"tool_outputs": _outputs(*calls, calls[0])}),
    ("SUB-005", lambda calls: {"tool_outputs": [*_outputs(*calls), {"output": "22 C"}]}),
    ("SUB-006", lambda calls: {"tool_outputs": []}),  # noqa: ARG005
    ("SUB-007", lambda calls: {"tool_outputs": [*_outputs(calls[0]), {"tool_call_id": calls[1], "output": {"c": 22}}]}),
    ("SUB-007", lambda calls: {"tool_outputs": [*_outputs(calls[0]), {"tool_call_id": calls[1], "output": 22}]}),
)


def _two(api: Api) -> dict[str, Any]:
    """Return a run that waits for the outputs of two calls."""
    run = api.parked(calls=2)
    if len(set(call_ids(run))) < 2:
        raise Blocked(f"the calls {call_ids(run)} share an id (SM-027)")
    return run


def _send(api: Api, run: dict[str, Any], body: Any) -> Answer:
    return api.call("submit_tool_outputs", thread_id=run["thread_id"], run_id=run["id"], json=body)


@requirement(
    *("SUB-001", "SUB-002", "SUB-003", "SUB-004", "SUB-005", "SUB-006", "SUB-007", "SUB-018", "SUB-019"),
    needs=("function_calling",),
)
def test_incomplete_or_malformed_outputs_are_refused(api: Api, verify: Verify) -> None:
    run, named = _two(api), False
    for place, (name, bodies) in enumerate(REFUSED, 1):
        calls = call_ids(run)
        body = bodies(calls)
        answer = _send(api, run, body)
        verify.refused(name, answer)
        if answer.ok:
            run = _two(api)  # It took what it must not take; the next case needs a run that still waits.
            continue
        if name == "SUB-002":
            _names_the_calls(verify, answer, calls)
            named = True
        if api.settings.effort.breadth and place < len(REFUSED):
            continue  # Where each look costs, one at the end stands for all.
        now = api.get_run(run)
        waits = now.get("status") == "requires_action" and call_ids(now) == calls
        told = f"after {body!r:.120} was refused: {now.get('status')} for {call_ids(now)}"
        verify("SUB-019", waits, observed=told, expected=f"requires_action for {calls}")
        if not waits:
            run = _two(api)
    answer = api.submit(run)
    verify("SUB-019", answer.ok, observed=answer.told, expected="the complete outputs accepted", answer=answer)
    if not named:
        raise Blocked("the partial outputs were accepted (SUB-002), so no text names the missing ones")


def _names_the_calls(verify: Verify, answer: Answer, calls: list[str]) -> None:
    verify.text("SUB-018", answer, "outputs_missing")
    message = str(answer.error.get("message"))
    named = all(call in message for call in calls)
    verify("SUB-018", named, observed=message, expected=f"a text that names {calls}", answer=answer)


@requirement("SUB-001", "SUB-008", "SUB-009", "SUB-013", "SUB-014", "SM-027", "N-04", needs=("function_calling",))
def test_outputs_reach_the_calls_that_they_name(api: Api, verify: Verify) -> None:
    with judged(api, "N-04", "SM-027"):
        run = _two(api)
    calls = call_ids(run)
    sent = {call: api.unique("output") for call in calls}
    before = _shown(api, run)
    told = [call.get("output") for call in before.values()]
    verify(
        "SUB-013",
        all(output is None for output in told),
        observed=f"outputs {told} before the submit",
        expected="absent or null",
    )
    verify("SUB-013", set(calls) <= before.keys(), observed=f"the steps call {sorted(before)}", expected=f"{calls}")
    outputs = [{"tool_call_id": call, "output": sent[call]} for call in reversed(calls)]
    with judged(api, "SUB-009", "SUB-014"):
        answer = api.submit(run, outputs)
        verify("SUB-001", answer.ok, observed=answer.told, expected="accepted", answer=answer)
        verify("SUB-008", answer.ok, observed=answer.told, expected="accepted in any order", answer=answer)
        api.finished(api.need(answer, "submit tool outputs"))
    after = {call: shown.get("output") for call, shown in _shown(api, run).items() if call in sent}
    for name in ("SUB-008", "SUB-013"):
        verify.equal(name, after, sent)


def _shown(api: Api, run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The functions that the steps of a run call, by the id of the call."""
    found: dict[str, dict[str, Any]] = {}
    for step in api.steps(run):
        details = step.get("step_details")
        calls = details.get("tool_calls") if isinstance(details, dict) else None
        for call in calls if isinstance(calls, list) else []:
            function = call.get("function") if isinstance(call, dict) else None
            if isinstance(function, dict):
                found[str(call.get("id"))] = function
    return found


@requirement("SUB-011", "SUB-017", "SUB-010", needs=("function_calling",))
def test_same_outputs_are_taken_once(api: Api, verify: Verify) -> None:
    run = api.parked()
    api.need(api.submit(run), "submit tool outputs")
    again = api.submit(run)
    verify.refused("SUB-011", again)
    ended = api.finished(run)
    late = api.submit(run)
    verify.refused("SUB-010", late)
    verify.text("SUB-017", late, "run_not_accepting_outputs", status=str(ended.get("status")))
    verify.equal("SUB-010", api.get_run(run).get("status"), ended.get("status"))


@requirement("SUB-010", "SUB-017")
def test_only_a_waiting_run_takes_outputs(api: Api, verify: Verify) -> None:
    # This run can never wait for outputs: its assistant has no function.
    run = api.start("Say hello.", worker(api))
    for ended in (False, True):
        now = api.finished(run) if ended else run
        answer = api.submit(now, _outputs(FOREIGN))
        verify.refused("SUB-010", answer)
        known = {"status": str(now.get("status"))} if ended else {}
        if not answer.ok:
            verify.text("SUB-017", answer, "run_not_accepting_outputs", **known)


@requirement("SUB-016", needs=("function_calling",))
def test_each_round_has_fresh_call_ids(api: Api, verify: Verify) -> None:
    names = [tool["function"]["name"] for tool in (WEATHER, NICKNAME)]
    words = (
        f"You answer every question by calling functions, one at a time: first {names[0]}. "
        f"Only when you have its result, call {names[1]}. Write nothing before you have both results."
    )
    assistant = api.assistant(instructions=words, tools=[WEATHER, NICKNAME])["id"]
    thread = asked(api, "What is the weather in Paris, and what is its nickname?")
    first = api.wait(api.run(thread, assistant), "requires_action")
    if first.get("status") != "requires_action":
        raise Blocked(f"the model called no function: the run is {first.get('status')}")
    answer = api.submit(first)
    second = api.wait(api.need(answer, "submit tool outputs"), "requires_action")
    if second.get("status") != "requires_action":
        raise Blocked(f"the model asked for outputs once only: the run is {second.get('status')}")
    told = f"first {call_ids(first)}, then {call_ids(second)}"
    fresh = bool(call_ids(second)) and not set(call_ids(first)) & set(call_ids(second))
    verify("SUB-016", fresh, observed=told, expected="ids that the first round did not have")
