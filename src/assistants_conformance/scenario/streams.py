"""Runs that are streamed: begun on any endpoint, and read by a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.scenario.situations import asked
from assistants_conformance.target import Answer, Api, Blocked
from assistants_conformance.target.prompts import WEATHER, demand

if TYPE_CHECKING:
    from assistants_conformance.observe import Event

Json = dict[str, Any]


def whole(answer: Answer) -> Answer:
    """Return an answer that is a stream.

    Raises:
        Blocked: it is none.
    """
    if not answer.events:
        raise Blocked(f"the answer is no stream of events: {answer.told}")
    return answer


def stream_run(api: Api, thread: str, assistant: str, **body: Any) -> Answer:
    """Create a run on a thread and return its whole stream."""
    return whole(api.post_run(thread, assistant, stream=True, **body))


def stream_question(api: Api, question: str = "Say hello.", *, run: Json | None = None, **assistant: Any) -> Answer:
    """Ask one question on a new thread and return the whole stream; `run` are options of the run."""
    return stream_run(api, asked(api, question), str(api.assistant(**assistant)["id"]), **(run or {}))


def function_body(api: Api, count: int = 1) -> tuple[Json, Json]:
    """Return assistant and run options that make a run call a function, as `Api.parked` does it."""
    tools = [WEATHER][:count]
    names = [tool["function"]["name"] for tool in tools]
    choice = {"tool_choice": {"type": "function", "function": {"name": names[0]}}} if api.v2 else {}
    return {"instructions": demand(names), "tools": tools}, choice


def told(answer: Answer, *names: str) -> list[Json]:
    """Return the objects of the events of these names."""
    return [event.json for event in answer.events if event.name in names]


def last_run(answer: Answer) -> Json:
    """Return the run as the stream showed it last.

    Raises:
        Blocked: it showed none, or one without an id.
    """
    runs = [event.json for event in answer.events if event.json.get("object") == "thread.run"]
    if not runs or not isinstance(runs[-1].get("id"), str) or not isinstance(runs[-1].get("thread_id"), str):
        raise Blocked("the stream tells of no run")
    return runs[-1]


def run_of(event: Event) -> Json:
    """Return the run of an event.

    Raises:
        Blocked: it carries none.
    """
    run = event.json
    if run.get("object") != "thread.run" or not isinstance(run.get("id"), str):
        raise Blocked(f"the event {event.name} carries no run")
    return run
