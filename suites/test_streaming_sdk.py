"""Streaming through the `openai` package: its helpers, driven as a program drives them.

Covers SSE-036. What the package or the program around it stumbles over is a finding; what a model writes decides
nothing.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from httpx2 import InvalidURL

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import asked
from assistants_conformance.scenario.streams import function_body
from assistants_conformance.target import Api, Blocked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openai import OpenAI

NEEDS = ("streaming",)
#: What a program stumbles over when events are not what the package takes them for.
STUMBLES = (AssertionError, AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError, InvalidURL)


@contextmanager
def program(api: Api, verify: Verify) -> Iterator[OpenAI]:
    """Run a program with the package; where it breaks, that is a finding, and the rest of it cannot be told."""
    from openai import OpenAIError  # noqa: PLC0415 - slow to load, and only needed here

    with api.sdk() as client:
        try:
            yield client
        except (OpenAIError, *STUMBLES) as error:
            if isinstance(error.__cause__, Blocked):
                raise error.__cause__ from error
            verify(
                "SSE-036",
                False,
                observed=f"the program ended with {type(error).__name__}: {error}"[:400],
                expected="a program that runs to its end",
            )


@requirement("SSE-036", needs=NEEDS)
def test_helper_accumulates_a_message(api: Api, verify: Verify) -> None:
    thread, assistant = asked(api), api.assistant()["id"]
    with program(api, verify) as client:
        spoken = ""
        with client.beta.threads.runs.stream(thread_id=thread, assistant_id=assistant) as stream:
            for delta in stream.text_deltas:
                spoken += delta
            runs = [stream.current_run, stream.get_final_run()]
            messages = stream.get_final_messages()
        status = runs[-1].status
        verify("SSE-036", status == "completed", observed=f"the run is {status}", expected="completed")
        written = "".join(part.text.value for part in messages[-1].content if part.type == "text") if messages else None
        verify("SSE-036", spoken == written, observed=f"{spoken!r:.200}", expected=f"{written!r:.200}")


@requirement("SSE-036", needs=(*NEEDS, "function_calling"))
def test_helper_goes_through_a_function_call(api: Api, verify: Verify) -> None:
    made, choice = function_body(api)
    thread, assistant = asked(api, "What is the weather in Paris?"), api.assistant(**made)["id"]
    with program(api, verify) as client:
        runs = client.beta.threads.runs
        with runs.stream(thread_id=thread, assistant_id=assistant, **choice) as stream:
            run = stream.get_final_run()
            steps = stream.get_final_run_steps()
        if run.status != "requires_action" or run.required_action is None:
            raise Blocked(f"no function was called: the run is {run.status}")
        calls = run.required_action.submit_tool_outputs.tool_calls
        shown = [
            (call.id, call.function.name, call.function.arguments)
            for step in steps
            if step.step_details.type == "tool_calls"
            for call in step.step_details.tool_calls
            if call.type == "function"
        ]
        wanted = [(call.id, call.function.name, call.function.arguments) for call in calls]
        verify("SSE-036", shown == wanted, observed=f"the helper gathered {shown}", expected=f"{wanted}")
        outputs = [{"tool_call_id": call.id, "output": json.dumps({"celsius": 22})} for call in calls]
        with runs.submit_tool_outputs_stream(run_id=run.id, thread_id=thread, tool_outputs=outputs) as stream:
            stream.until_done()
            ended = stream.get_final_run()
        verify("SSE-036", ended.status == "completed", observed=f"the run is {ended.status}", expected="completed")
