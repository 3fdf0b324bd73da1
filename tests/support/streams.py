"""Streams written by hand: what a conforming service tells of a run, event by event."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from assistants_conformance.contract import load_profile
from assistants_conformance.observe import Exchange, Judge, Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = dict[str, Any]
#: An event is a name and its data; text stands for itself.
Events = list[tuple[str, Any]]

T0 = 1_717_000_000
TTL = 600
THREAD, RUN, ASSISTANT = "thread_" + "T1" * 12, "run_" + "R1" * 12, "asst_" + "A1" * 12
MESSAGE, STEP, TOOL_STEP = "msg_" + "M1" * 12, "step_" + "S1" * 12, "step_" + "S2" * 12
CALL, SECOND_CALL, CODE_CALL = "call_" + "C1" * 12, "call_" + "C2" * 12, "call_" + "C3" * 12
FUNCTION = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
CODE = {"type": "code_interpreter"}
PROFILES = ("openai-v2", "azure-2024-05-01-preview")


class Teller:
    """Writes the events of one profile."""

    def __init__(self, profile: str = "openai-v2", tools: tuple[Json, ...] = ()) -> None:
        self.profile = load_profile(profile)
        self.openai = self.profile.platform == "openai"
        self.tools = list(tools)
        self.events: Events = []
        self.expiry = TTL
        self.open_step: Json = {}
        self.open_message: Json = {}

    def usage(self) -> Json:
        told: Json = {"prompt_tokens": 20, "completion_tokens": 7, "total_tokens": 27}
        if self.openai:
            told |= {"prompt_token_details": {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 0}}
        return told

    def run(self, status: str, **more: Any) -> Json:
        ended = status in ("completed", "failed", "cancelled", "expired", "incomplete")
        run = {
            "id": RUN,
            "object": "thread.run",
            "created_at": T0,
            "assistant_id": ASSISTANT,
            "thread_id": THREAD,
            "status": status,
            "started_at": None if status == "queued" else T0 + 1,
            "expires_at": None if ended else T0 + self.expiry,
            "cancelled_at": T0 + 3 if status == "cancelled" else None,
            "failed_at": T0 + 3 if status == "failed" else None,
            "completed_at": T0 + 3 if status in ("completed", "incomplete") else None,
            "required_action": None,
            "last_error": None,
            "model": "gpt-4o",
            "instructions": "Be brief.",
            "tools": deepcopy(self.tools),
            "tool_resources": {"code_interpreter": {"file_ids": []}},
            "metadata": {},
            "temperature": 1.0,
            "top_p": 1.0,
            "max_completion_tokens": None,
            "max_prompt_tokens": None,
            "truncation_strategy": {"type": "auto", "last_messages": None},
            "incomplete_details": None,
            "usage": self.usage() if ended else None,
            "response_format": "auto",
            "tool_choice": "auto",
            "parallel_tool_calls": True,
        }
        if self.openai:
            run["reasoning_effort"] = None
        return run | more

    def thread(self) -> Json:
        return {
            "id": THREAD,
            "object": "thread",
            "created_at": T0,
            "metadata": {},
            "tool_resources": {"code_interpreter": {"file_ids": []}},
        }

    def step(self, identifier: str, details: Json, status: str = "in_progress", **more: Any) -> Json:
        return {
            "id": identifier,
            "object": "thread.run.step",
            "created_at": T0 + 1,
            "run_id": RUN,
            "assistant_id": ASSISTANT,
            "thread_id": THREAD,
            "type": details["type"],
            "status": status,
            "cancelled_at": T0 + 3 if status == "cancelled" else None,
            "completed_at": T0 + 3 if status == "completed" else None,
            "expires_at": T0 + self.expiry,
            "failed_at": T0 + 3 if status == "failed" else None,
            "last_error": None,
            "step_details": deepcopy(details),
            "usage": None if status == "in_progress" else self.usage(),
        } | more

    def message(self, status: str = "in_progress", content: tuple[Json, ...] = (), reason: str = "") -> Json:
        return {
            "id": MESSAGE,
            "object": "thread.message",
            "created_at": T0 + 1,
            "assistant_id": ASSISTANT,
            "thread_id": THREAD,
            "run_id": RUN,
            "status": status,
            "incomplete_details": {"reason": reason} if reason else None,
            "incomplete_at": T0 + 3 if status == "incomplete" else None,
            "completed_at": T0 + 3 if status == "completed" else None,
            "role": "assistant",
            "content": deepcopy(list(content)),
            "attachments": [],
            "metadata": {},
        }

    # -- what happens ------------------------------------------------------------------------------------------------

    def tell(self, name: str, data: Any) -> Teller:
        self.events.append((name, deepcopy(data)))
        return self

    def told_run(self, status: str, **more: Any) -> Teller:
        return self.tell(f"thread.run.{status}", self.run(status, **more))

    def begin(self) -> Teller:
        return self.tell("thread.run.created", self.run("queued")).told_run("queued").told_run("in_progress")

    def begin_step(self, identifier: str, details: Json) -> Teller:
        self.open_step = self.step(identifier, details)
        for name in ("created", "in_progress"):
            self.tell(f"thread.run.step.{name}", self.open_step)
        return self

    def end_step(self, status: str = "completed", details: Json | None = None, **more: Any) -> Teller:
        shown = self.step(self.open_step["id"], details or self.open_step["step_details"], status, **more)
        return self.tell(f"thread.run.step.{status}", shown)

    def begin_message(self) -> Teller:
        self.begin_step(STEP, {"type": "message_creation", "message_creation": {"message_id": MESSAGE}})
        for name in ("created", "in_progress"):
            self.tell(f"thread.message.{name}", self.message())
        return self

    def delta(self, *parts: Json) -> Teller:
        data = {"id": MESSAGE, "object": "thread.message.delta", "delta": {"content": list(parts)}}
        return self.tell("thread.message.delta", data)

    def say(self, *words: str) -> Teller:
        for number, word in enumerate(words):
            text: Json = {"value": word} | ({} if number else {"annotations": []})
            self.delta({"index": 0, "type": "text", "text": text})
        return self

    def end_message(self, text: str, status: str = "completed", reason: str = "", *notes: Json) -> Teller:
        part = {"type": "text", "text": {"value": text, "annotations": list(notes)}}
        return self.tell(f"thread.message.{status}", self.message(status, (part,) if text else (), reason))

    def speak(self, *words: str) -> Teller:
        return self.begin_message().say(*words).end_message("".join(words)).end_step()

    def call_delta(self, *calls: Json) -> Teller:
        details = {"type": "tool_calls", "tool_calls": list(calls)}
        data = {"id": self.open_step["id"], "object": "thread.run.step.delta", "delta": {"step_details": details}}
        return self.tell("thread.run.step.delta", data)

    def call_function(self, index: int, identifier: str, *pieces: str) -> Teller:
        first = {"name": "weather", "arguments": "", "output": None}
        self.call_delta({"index": index, "id": identifier, "type": "function", "function": first})
        for piece in pieces:
            self.call_delta({"index": index, "type": "function", "function": {"arguments": piece}})
        return self

    def done(self) -> Teller:
        return self.tell("done", "[DONE]")


def _called(output: str | None, *identifiers: str) -> Json:
    calls = []
    for identifier in identifiers:
        function: Json = {"name": "weather", "arguments": '{"city": "Ulm"}'}
        if output is not None:
            function["output"] = output
        calls.append({"id": identifier, "type": "function", "function": function})
    return {"type": "tool_calls", "tool_calls": calls}


def _waiting(*identifiers: str) -> Json:
    calls = _called(None, *identifiers)["tool_calls"]
    return {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": calls}}


WORDS = ("Guten", " Tag", ", 世界", " 😀!")


def plain(profile: str) -> Events:
    return Teller(profile).begin().speak(*WORDS).told_run("completed").done().events


def with_thread(profile: str) -> Events:
    return [("thread.created", Teller(profile).thread()), *plain(profile)]


def calling(profile: str, *identifiers: str) -> Teller:
    teller = Teller(profile, (FUNCTION,)).begin().begin_step(TOOL_STEP, {"type": "tool_calls", "tool_calls": []})
    for index, identifier in enumerate(identifiers):
        teller.call_function(index, identifier, '{"city"', ": ", '"Ulm"}')
    teller.expiry = teller.profile.expiry.after_action[0]
    return teller.told_run("requires_action", required_action=_waiting(*identifiers)).done()


def function_call(profile: str) -> Events:
    return calling(profile, CALL).events


def two_calls(profile: str) -> Events:
    return calling(profile, CALL, SECOND_CALL).events


def submit(profile: str) -> Events:
    teller = Teller(profile, (FUNCTION,))
    teller.expiry = teller.profile.expiry.after_action[0]
    teller.tell("thread.run.step.completed", teller.step(TOOL_STEP, _called("22 C", CALL), "completed"))
    teller.told_run("queued", started_at=T0 + 1).told_run("in_progress")
    return teller.speak(*WORDS).told_run("completed", usage=_twice(teller.usage())).done().events


def code(profile: str) -> Events:
    teller = Teller(profile, (CODE,)).begin().begin_step(TOOL_STEP, {"type": "tool_calls", "tool_calls": []})
    kind = "code_interpreter"
    teller.call_delta({"index": 0, "id": CODE_CALL, "type": kind, kind: {"input": "", "outputs": []}})
    for piece in ("print", "(6", "*7)"):
        teller.call_delta({"index": 0, "type": kind, kind: {"input": piece}})
    logs, image = {"type": "logs", "logs": "42\n"}, {"type": "image", "image": {"file_id": picture(profile)}}
    for number, output in enumerate((logs, image)):
        teller.call_delta({"index": 0, "type": kind, kind: {"outputs": [{"index": number, **output}]}})
    call = {"id": CODE_CALL, "type": kind, kind: {"input": "print(6*7)", "outputs": [logs, image]}}
    teller.end_step(details={"type": "tool_calls", "tool_calls": [call]})
    teller.begin_message()
    teller.delta({"index": 0, "type": "image_file", "image_file": {"file_id": picture(profile)}})
    link = "sandbox:/mnt/data/t.csv"
    note = {"type": "file_path", "text": link, "start_index": 5, "end_index": 5 + len(link),
            "file_path": {"file_id": picture(profile)}}  # fmt: skip
    teller.delta({"index": 1, "type": "text", "text": {"value": "Here ", "annotations": []}})
    teller.delta({"index": 1, "type": "text", "text": {"value": link, "annotations": [{"index": 0, **note}]}})
    parts = (
        {"type": "image_file", "image_file": {"file_id": picture(profile)}},
        {"type": "text", "text": {"value": f"Here {link}", "annotations": [note]}},
    )
    teller.tell("thread.message.completed", teller.message("completed", parts))
    return teller.end_step().told_run("completed", usage=_twice(teller.usage())).done().events


def _twice(usage: Json) -> Json:
    return {name: value * 2 if isinstance(value, int) else value for name, value in usage.items()}


def picture(profile: str) -> str:
    return ("file-" if profile.startswith("openai") else "assistant-") + "F1" * 12


def capped(profile: str) -> Events:
    teller = Teller(profile).begin().begin_message().say("Once", " upon")
    teller.end_message("Once upon", "incomplete", "max_tokens").end_step()
    return teller.told_run("incomplete", incomplete_details={"reason": "max_completion_tokens"}).done().events


def failed(profile: str) -> Events:
    error = {"code": "rate_limit_exceeded", "message": "Rate limit is exceeded. Try again in 34 seconds."}
    usage = Teller(profile).usage()
    usage |= dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens"), 0)
    return Teller(profile).begin().told_run("failed", last_error=error, usage=usage).done().events


def failed_in_a_block(profile: str) -> Events:
    error = {"code": "server_error", "message": "Sorry, something went wrong."}
    teller = Teller(profile).begin().begin_message().say("Once").end_message("Once", "incomplete", "run_failed")
    return teller.end_step("failed", last_error=error).told_run("failed", last_error=error).done().events


def cancelled(profile: str) -> Events:
    teller = Teller(profile).begin().begin_message().say("Once", " upon").told_run("cancelling")
    teller.end_message("Once upon", "incomplete", "run_cancelled").end_step("cancelled")
    return teller.told_run("cancelled").done().events


def cancelled_early(profile: str) -> Events:
    teller = Teller(profile).tell("thread.run.created", Teller(profile).run("queued")).told_run("queued")
    return teller.told_run("cancelling").told_run("cancelled").done().events


def expired(profile: str) -> Events:
    teller = Teller(profile).begin().begin_message().say("Once")
    teller.end_message("Once", "incomplete", "run_expired").end_step("expired")
    return teller.told_run("expired").done().events


def error(profile: str) -> Events:
    told = {"error": {"message": "The server had an error.", "type": "server_error", "param": None, "code": None}}
    return Teller(profile).begin().begin_message().say("Once").tell("error", told).events


def bare_error_and_done(profile: str) -> Events:
    told = {"message": "The server had an error.", "type": "server_error", "param": None, "code": "server_error"}
    return Teller(profile).begin().tell("error", told).done().events


def error_at_once(profile: str) -> Events:
    return [event for event in error(profile) if event[0] == "error"]


#: By name: the operation, and its events.
STREAMS = {
    "plain": ("create_run", plain),
    "thread and run": ("create_thread_and_run", with_thread),
    "function call": ("create_run", function_call),
    "two function calls": ("create_run", two_calls),
    "submit": ("submit_tool_outputs", submit),
    "code interpreter": ("create_run", code),
    "cap": ("create_run", capped),
    "failed": ("create_run", failed),
    "failed in a block": ("create_run", failed_in_a_block),
    "cancelled": ("create_run", cancelled),
    "cancelled before its start": ("create_run", cancelled_early),
    "expired": ("create_run", expired),
    "error": ("create_run", error),
    "error and done": ("create_run", bare_error_and_done),
    "error at once": ("create_run", error_at_once),
}


def framed(events: Events) -> bytes:
    """The events as the service writes them."""
    body = b""
    for name, data in events:
        told = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        body += f"event: {name}\ndata: {told}\n\n".encode("utf-8", "surrogatepass")
    return body


def request(operation: str, profile: str, body: Json | None = None) -> Request:
    """A request for a stream."""
    loaded = load_profile(profile)
    paths = {
        "create_run": f"/threads/{THREAD}/runs",
        "create_thread_and_run": "/threads/runs",
        "submit_tool_outputs": f"/threads/{THREAD}/runs/{RUN}/submit_tool_outputs",
    }
    sent: Json = {"assistant_id": ASSISTANT, "stream": True}
    if operation == "submit_tool_outputs":
        sent = {"tool_outputs": [{"tool_call_id": CALL, "output": "22 C"}], "stream": True}
    return asked("POST", loaded.id, paths[operation], sent | (body or {}))


def asked(method: str, profile: str, path: str, body: Json | None = None) -> Request:
    """Any request to the service of a profile."""
    loaded = load_profile(profile)
    headers, query = {"api-key": "k"}, f"?api-version={(loaded.api_versions or ('',))[0]}"
    if loaded.platform == "openai":
        headers, query = {"authorization": "Bearer k", "openai-beta": str(loaded.beta_header)}, ""
    raw = b"" if body is None else json.dumps(body).encode()
    if body is not None:
        headers["content-type"] = "application/json"
    return Request(method, f"https://service.invalid{loaded.base_path}{path}{query}", headers, raw)


def service_headers(profile: str, kind: str) -> dict[str, str]:
    """The headers of an answer."""
    headers = {"content-type": kind, "date": "Wed, 29 May 2024 16:26:40 GMT", "x-request-id": "req_" + "a" * 32}
    if profile.startswith("openai"):
        return headers | {"openai-version": "2020-10-01", "openai-processing-ms": "20"}
    region = {"apim-request-id": "5a0d2b0e-0000-4000-8000-000000000001", "x-ms-region": "Reference"}
    return headers | region | {"x-request-id": "5a0d2b0e-0000-4000-8000-000000000002"}


def streamed(
    operation: str,
    profile: str,
    events: Events | bytes,
    *,
    started: float = 1.0,
    pace: float = 0.1,
    body: Json | None = None,
    complete: bool = True,
    headers: dict[str, str] | None = None,
) -> Exchange:
    """The exchange of a stream, `pace` seconds between its events."""
    raw = events if isinstance(events, bytes) else framed(events)
    kind = service_headers(profile, "text/event-stream; charset=utf-8") | (headers or {})
    response = Response(200, kind, raw)
    count = len(response.events)
    arrivals = tuple(started + pace * (number + 1) for number in range(count))
    ended = started + pace * (count + 1)
    return Exchange(
        request(operation, profile, body), response, "a stream", started, ended, complete=complete, arrivals=arrivals
    )


def answered(
    request: Request, profile: str, body: Any, *, at: float, status: int = 200, length: float = 0.01
) -> Exchange:
    """The exchange of a plain answer."""
    response = Response(status, service_headers(profile, "application/json"), json.dumps(body).encode())
    return Exchange(request, response, "an answer", at, at + length)


def judged(profile: str, exchanges: Iterable[Exchange], closed: bool = True) -> Judge:
    """A judge of a profile that has seen the exchanges in this order."""
    judge = Judge(load_profile(profile), closed=closed)
    for exchange in exchanges:
        judge.observe(exchange)
    assert judge.crashes == []
    return judge


def found(judge: Judge) -> list[str]:
    """What was found, in words."""
    return [
        f"{finding.requirement}: {finding.observed} | {finding.exchange.request.path}" for finding in judge.findings
    ]


def ids(judge: Judge) -> set[str]:
    """The requirements that were found broken."""
    return {finding.requirement for finding in judge.findings}
