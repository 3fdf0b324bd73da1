"""Tool outputs in any order and any split: each goes to the call that it names, and a part of them is none.

Covers SUB-002, SUB-008, SUB-013 and SUB-019.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.explore import Deviation, explore
from assistants_conformance.scenario.strategies.bodies import texts
from assistants_conformance.target import Api, NotApplicable, call_ids
from assistants_conformance.target.reading import inner, tool_calls

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

ROWS = ("SUB-002", "SUB-008", "SUB-013", "SUB-019")
CALLS = 2


def examples() -> SearchStrategy[dict[str, Any]]:
    from hypothesis import strategies as st  # noqa: PLC0415 - slow to load

    return st.fixed_dictionaries(
        {
            "outputs": st.lists(texts(0, 40) | st.just('{"degrees": 22}'), min_size=CALLS, max_size=CALLS, unique=True),
            "backwards": st.booleans(),
            # Which calls are answered in a first submit, that is refused.
            "part": st.lists(st.integers(0, CALLS - 1), max_size=CALLS - 1, unique=True),
        }
    )


@requirement(*ROWS, needs=("function_calling",))
def test_outputs_come_in_any_order(api: Api, verify: Verify) -> None:
    if not api.settings.effort.runs:
        raise NotApplicable("this effort has no run of a model in it")

    def check(example: dict[str, Any]) -> list[Deviation]:
        return list(submitted(api, example))

    explore(api, verify, ROWS, examples, check, share=0.35)


def submitted(api: Api, example: dict[str, Any]) -> list[Deviation]:
    """Submit a part, then all of the outputs, and look where they went."""
    run = api.parked(calls=CALLS)
    calls = call_ids(run)[:CALLS]
    outputs = [{"tool_call_id": call, "output": output} for call, output in zip(calls, example["outputs"], strict=True)]
    if example["part"]:
        answer = api.submit(run, [outputs[place] for place in example["part"]])
        if answer.ok:
            return [Deviation("SUB-002", answer.told, "a part of the outputs refused with 400", answer)]
        now = api.get_run(run)
        if now.get("status") != "requires_action" or call_ids(now)[:CALLS] != calls:
            return [Deviation("SUB-019", f"{now.get('status')} for {call_ids(now)}", f"requires_action for {calls}")]
    more = [{"tool_call_id": call, "output": "more"} for call in call_ids(run)[CALLS:]]
    ordered = outputs[::-1] if example["backwards"] else outputs
    answer = api.submit(run, [*ordered, *more])
    if not answer.ok:
        return [Deviation("SUB-008", answer.told, "the outputs of all calls accepted in any order", answer)]
    ended = api.finished(run)
    shown = {call.get("id"): inner(call, "function", "output") for call in tool_calls(api.steps(ended), "function")}
    found = []
    for output in outputs:
        told = shown.get(output["tool_call_id"])
        if told != output["output"]:
            sent = f"{output['output']!r} in the call that it names"
            found += [Deviation(row, f"{told!r}", sent) for row in ("SUB-008", "SUB-013")]
    return found
