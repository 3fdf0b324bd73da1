"""One thing wrong at a time in an otherwise true recording, and the requirement that must notice it."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from assistants_conformance.contract import locate
from assistants_conformance.observe import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Trace = list[Exchange]
ENDED = {"completed", "failed", "cancelled", "expired", "incomplete"}


@dataclass(frozen=True)
class Damage:
    """`apply` returns every damaged trace that can be made of a true one, each with one thing wrong."""

    name: str
    requirements: tuple[str, ...]
    apply: Callable[[Trace], Iterator[Trace]]


DAMAGES: list[Damage] = []


def with_body(exchange: Exchange, body: Any, status: int | None = None) -> Exchange:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = replace(exchange.response, body=raw, status=status or exchange.response.status)
    return replace(exchange, response=response)


def later(exchange: Exchange) -> Exchange:
    """The same request once more, when the first has ended."""
    return replace(exchange, started=exchange.ended, ended=exchange.ended + 1e-6)


def swapped(trace: Trace, number: int, exchange: Exchange) -> Trace:
    return [*trace[:number], exchange, *trace[number + 1 :]]


def plain_objects(body: Any) -> Iterator[dict[str, Any]]:
    """The objects of an answer: itself, or the entries of its list."""
    if isinstance(body, dict):
        data = body.get("data")
        yield from (item for item in data if isinstance(item, dict)) if isinstance(data, list) else iter([body])


def one(kind: str, name: str, *requirements: str, when: Callable[[dict[str, Any]], object] = lambda _: True):
    """Damage one object of a kind; the decorated function changes it."""

    def register(change: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
        def apply(trace: Trace) -> Iterator[Trace]:
            for number, exchange in enumerate(trace):
                if not 200 <= exchange.response.status < 300:
                    continue
                body = deepcopy(exchange.response.json)
                for item in plain_objects(body):
                    if item.get("object") == kind and item.get("id") and when(item):
                        change(item)
                        yield swapped(trace, number, with_body(exchange, body))
                        break

        DAMAGES.append(Damage(name, requirements, apply))
        return change

    return register


def answer(name: str, *requirements: str, when: Callable[[Exchange, Any], object]):
    """Damage one answer; the decorated function changes its body or returns another one."""

    def register(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def apply(trace: Trace) -> Iterator[Trace]:
            for number, exchange in enumerate(trace):
                body = deepcopy(exchange.response.json)
                if body is not None and when(exchange, body):
                    changed = change(body)
                    yield swapped(trace, number, with_body(exchange, body if changed is None else changed))

        DAMAGES.append(Damage(name, requirements, apply))
        return change

    return register


def trace_wide(name: str, *requirements: str):
    def register(apply: Callable[[Trace], Iterator[Trace]]) -> Callable[[Trace], Iterator[Trace]]:
        DAMAGES.append(Damage(name, requirements, apply))
        return apply

    return register


def status(*values: str) -> Callable[[dict[str, Any]], bool]:
    return lambda item: item.get("status") in values


def ended(item: dict[str, Any]) -> bool:
    return item.get("status") in ENDED


def is_open(item: dict[str, Any]) -> bool:
    return item.get("status") in {"queued", "in_progress", "requires_action", "cancelling"}


RUN, STEP, MESSAGE, ASSISTANT = "thread.run", "thread.run.step", "thread.message", "assistant"


@one(RUN, "run: a status nobody knows", "SM-023")
def _(run):
    run["status"] = "pending"


@one(RUN, "run: expires_at one second late", "RUN-033", when=is_open)
def _(run):
    run["expires_at"] += 1


@one(RUN, "run: expires_at an hour late", "RUN-033", when=is_open)
def _(run):
    run["expires_at"] += 3600


@one(RUN, "run: expires_at still set at the end", "SM-035", when=ended)
def _(run):
    run["expires_at"] = run["created_at"] + 600


@one(RUN, "run: expires_at missing", "RUN-F09")
def _(run):
    del run["expires_at"]


@one(RUN, "run: another object name", "RUN-F02")
def _(run):
    run["object"] = "run"


@one(RUN, "run: created_at in milliseconds", "OBJ-005")
def _(run):
    run["created_at"] *= 1000


@one(RUN, "run: created_at with a fraction", "OBJ-005")
def _(run):
    run["created_at"] += 0.5


@one(RUN, "run: waits without required_action", "SM-024", when=status("requires_action"))
def _(run):
    run["required_action"] = None


@one(RUN, "run: required_action at the end", "SM-024", when=ended)
def _(run):
    call = {"id": "call_" + "a" * 24, "type": "function", "function": {"name": "f", "arguments": "{}"}}
    run["required_action"] = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [call]}}


@one(RUN, "run: last_error in a completed run", "SM-031", when=status("completed"))
def _(run):
    run["last_error"] = {"code": "server_error", "message": "It broke."}


@one(RUN, "run: completed without completed_at", "SM-030", when=status("completed"))
def _(run):
    run["completed_at"] = None


@one(RUN, "run: completed_at before its end", "SM-030", when=is_open)
def _(run):
    run["completed_at"] = run["created_at"] + 1


@one(RUN, "run: cancelled_at in a completed run", "SM-032", when=status("completed"))
def _(run):
    run["cancelled_at"] = run["completed_at"]


@one(RUN, "run: failed_at in a completed run", "SM-031", when=status("completed"))
def _(run):
    run["failed_at"] = run["completed_at"]


@one(RUN, "run: usage before the end", "RUN-035", when=lambda run: is_open(run) and "usage" in run)
def _(run):
    run["usage"] = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}


@one(RUN, "run: usage missing at the end", "RUN-035", when=lambda run: ended(run) and run.get("usage"))
def _(run):
    run["usage"] = None


@one(RUN, "run: usage that does not add up", "RUN-036", when=lambda run: run.get("usage"))
def _(run):
    run["usage"]["total_tokens"] += 1


@one(RUN, "run: started_at missing in a completed run", "SM-028", when=status("completed"))
def _(run):
    run["started_at"] = None


@one(RUN, "run: started before it was created", "SM-036", when=lambda run: run.get("started_at"))
def _(run):
    run["started_at"] = run["created_at"] - 5


@one(RUN, "run: arguments that are no JSON", "SM-026", when=status("requires_action"))
def _(run):
    run["required_action"]["submit_tool_outputs"]["tool_calls"][0]["function"]["arguments"] = "{city: Paris"


@one(RUN, "run: a call of a function it does not have", "SM-027", when=status("requires_action"))
def _(run):
    run["required_action"]["submit_tool_outputs"]["tool_calls"][0]["function"]["name"] = "nobody_knows"


@one(RUN, "run: metadata null", "RUN-F18", "N-02")
def _(run):
    run["metadata"] = None


@one(STEP, "step: type and details differ", "STEP-003", when=lambda step: step["type"] == "message_creation")
def _(step):
    step["type"] = "tool_calls"


@one(STEP, "step: the schema's object name", "STEP-F02", "STEP-002")
def _(step):
    step["object"] = "assistant.run.step"


@one(STEP, "step: of another run", "STEP-019")
def _(step):
    step["run_id"] = "run_" + "z" * 24


@one(STEP, "step: a status nobody knows", "STEP-004", "STEP-F08")
def _(step):
    step["status"] = "done"


@one(MESSAGE, "message: role nobody knows", "MSG-F05")
def _(message):
    message["role"] = "robot"


@one(MESSAGE, "message: content is a string", "MSG-F06")
def _(message):
    message["content"] = "Hello."


@one(MESSAGE, "message: an assistant but no run", "MSG-018", when=lambda message: not message.get("run_id"))
def _(message):
    message["assistant_id"] = "asst_" + "a" * 24


@one(MESSAGE, "message: status outside of a stream", "MSG-029", "MSG-031")
def _(message):
    message["status"] = "completed"


@one(MESSAGE, "message: without thread_id", "MSG-F04")
def _(message):
    del message["thread_id"]


def annotated(message: dict[str, Any]) -> bool:
    return any(
        part.get("text", {}).get("annotations") for part in message["content"] if isinstance(part.get("text"), dict)
    )


def note(message: dict[str, Any]) -> dict[str, Any]:
    return next(
        part["text"]["annotations"][0] for part in message["content"] if part.get("text", {}).get("annotations")
    )


@one(MESSAGE, "annotation: start_index off by one", "ANN-003", when=annotated)
def _(message):
    note(message)["start_index"] += 1


@one(MESSAGE, "annotation: end_index off by one", "ANN-003", when=annotated)
def _(message):
    note(message)["end_index"] -= 1


@one(MESSAGE, "annotation: a type nobody knows", "ANN-001", when=annotated)
def _(message):
    note(message)["type"] = "footnote"


@one(ASSISTANT, "assistant: name is a number", "ASST-F04")
def _(assistant):
    assistant["name"] = 5


@one(ASSISTANT, "assistant: tools missing", "ASST-F08")
def _(assistant):
    del assistant["tools"]


@one(ASSISTANT, "assistant: metadata null", "ASST-F10", "N-02")
def _(assistant):
    assistant["metadata"] = None


def full_list(exchange: Exchange, body: Any) -> bool:
    data = body.get("data") if isinstance(body, dict) else None
    return bool(data) and "/files" not in exchange.request.path and isinstance(data, list) and "last_id" in body


@answer("list: last_id is not the last", "PAGE-010", when=lambda e, b: full_list(e, b) and len(b["data"]) > 1)
def _(body):
    body["last_id"] = body["data"][0]["id"]


@answer("list: first_id is not the first", "PAGE-010", when=lambda e, b: full_list(e, b) and len(b["data"]) > 1)
def _(body):
    body["first_id"] = body["data"][-1]["id"]


@answer("list: has_more missing", "PAGE-001", when=full_list)
def _(body):
    del body["has_more"]


@answer("list: another object name", "PAGE-001", when=full_list)
def _(body):
    body["object"] = "page"


def distinct_times(exchange: Exchange, body: Any) -> bool:
    return full_list(exchange, body) and len({item.get("created_at") for item in body["data"]} - {0}) > 1


@answer("list: in the wrong order", "PAGE-006", when=distinct_times)
def _(body):
    body["data"].reverse()
    body["first_id"], body["last_id"] = body["last_id"], body["first_id"]


@answer("list: more than the limit", "PAGE-002", when=full_list)
def _(body):
    body["data"] = [body["data"][0]] * 101


@answer("list: ids of an empty list", "PAGE-011", when=lambda _, b: isinstance(b, dict) and b.get("data") == [])
def _(body):
    if "first_id" in body:
        body["first_id"] = body["last_id"] = ""
    else:
        body["first_id"] = ""


def is_error(exchange: Exchange, body: Any) -> bool:
    return 400 <= exchange.response.status < 500 and isinstance(body, dict) and isinstance(body.get("error"), dict)


@answer("error: no message", "ERR-001", "ERR-002", when=is_error)
def _(body):
    del body["error"]["message"]


@answer("error: the envelope of another framework", "ERR-003", when=is_error)
def _(body):
    return {"detail": [{"msg": body["error"]["message"], "type": "value_error"}]}


@answer("error: another text for a missing object", "ERR-005", "ERR-006",
        when=lambda e, b: is_error(e, b) and e.response.status == 404 and "found" in b["error"]["message"]
        and "with id" in b["error"]["message"])  # fmt: skip
def _(body):
    body["error"]["message"] = "Not found"


def known(exchange: Exchange) -> bool:
    return locate(exchange.request.path) is not None and exchange.response.content_type == "application/json"


@trace_wide("answer: a key that stands twice", "ERR-031")
def _(trace):
    for number, exchange in enumerate(trace):
        if known(exchange) and exchange.response.status == 200 and exchange.response.body.strip().startswith(b"{"):
            raw = exchange.response.body.strip().replace(b"{", b'{"id": "x", "id": "y", ', 1)
            yield swapped(trace, number, with_body(exchange, raw))


def is_route(exchange: Exchange, method: str, *shape: str) -> bool:
    place = locate(exchange.request.path)
    if place is None or exchange.request.method != method:
        return False
    parts = place.route.strip("/").split("/")
    return len(parts) == len(shape) and all(want in ("*", part) for want, part in zip(shape, parts, strict=True))


@trace_wide("step: expires_at still set when its run has ended", "STEP-F17", "STEP-005")
def _(trace):
    over = set()
    for number, exchange in enumerate(trace):
        body = deepcopy(exchange.response.json)
        if is_route(exchange, "GET", "threads", "*", "runs", "*") and isinstance(body, dict) and ended(body):
            over.add(exchange.request.path)
        steps = is_route(exchange, "GET", "threads", "*", "runs", "*", "steps") and isinstance(body, dict)
        if steps and body.get("data") and exchange.request.path.removesuffix("/steps") in over:
            body["data"][0]["expires_at"] = body["data"][0]["created_at"] + 600
            yield swapped(trace, number, with_body(exchange, body))


@trace_wide("run: goes on after its end", "SM-020")
def _(trace):
    for number, exchange in enumerate(trace):
        body = exchange.response.json
        if is_route(exchange, "GET", "threads", "*", "runs", "*") and isinstance(body, dict) and ended(body):
            again = {**body, "status": "in_progress", "completed_at": None, "expires_at": body["created_at"] + 600}
            yield [*trace[: number + 1], with_body(later(exchange), again), *trace[number + 1 :]]


@trace_wide("run: changes its assistant", "OBJ-003", "N-05")
def _(trace):
    for number, exchange in enumerate(trace):
        body = exchange.response.json
        if is_route(exchange, "GET", "threads", "*", "runs", "*") and isinstance(body, dict) and body.get("status"):
            again = {**body, "assistant_id": "asst_" + "q" * 24}
            yield [*trace[: number + 1], with_body(later(exchange), again), *trace[number + 1 :]]


@trace_wide("get: answers another object", "OBJ-002")
def _(trace):
    for number, exchange in enumerate(trace):
        body = exchange.response.json
        single = any(is_route(exchange, "GET", kind, "*") for kind in ("threads", "assistants"))
        if single and exchange.response.status == 200 and isinstance(body, dict):
            other = body["id"][:-1] + ("1" if body["id"].endswith("0") else "0")
            yield swapped(trace, number, with_body(exchange, {**body, "id": other}))


def read_again(trace: Trace, kind: str) -> Iterator[tuple[int, Exchange, dict[str, Any]]]:
    """Reads of an object whose creation stands earlier in the same trace."""
    made = set()
    for number, exchange in enumerate(trace):
        body = exchange.response.json
        if exchange.response.status != 200 or not isinstance(body, dict):
            continue
        if is_route(exchange, "POST", kind):
            made.add(body.get("id"))
        elif is_route(exchange, "GET", kind, "*") and body.get("id") in made:
            yield number, exchange, body


@trace_wide("assistant: another name when read again", "OBJ-006", "ASST-035")
def _(trace):
    for number, exchange, body in read_again(trace, "assistants"):
        yield swapped(trace, number, with_body(exchange, {**body, "name": "somebody else"}))


@trace_wide("thread: created_at changes", "OBJ-003")
def _(trace):
    for number, exchange, body in read_again(trace, "threads"):
        yield swapped(trace, number, with_body(exchange, {**body, "created_at": body["created_at"] - 1}))


@trace_wide("create: an id that was given before", "OBJ-001")
def _(trace):
    first: dict[str, Any] = {}
    for number, exchange in enumerate(trace):
        body = exchange.response.json
        if is_route(exchange, "POST", "threads") and exchange.response.status == 200 and isinstance(body, dict):
            if first:
                yield swapped(trace, number, with_body(exchange, {**body, "id": first["id"]}))
                return
            first = body


@trace_wide("delete: says that nothing was deleted", "ASST-005", "THR-004")
def _(trace):
    for number, exchange in enumerate(trace):
        body = exchange.response.json
        gone = any(is_route(exchange, "DELETE", kind, "*") for kind in ("threads", "assistants"))
        if gone and exchange.response.status == 200 and isinstance(body, dict):
            yield swapped(trace, number, with_body(exchange, {**body, "deleted": False}))


@trace_wide("delete: the object is still there", "OBJ-007")
def _(trace):
    read = {}
    for number, exchange in enumerate(trace):
        if is_route(exchange, "GET", "threads", "*") or is_route(exchange, "GET", "assistants", "*"):
            if exchange.response.status == 200:
                read[exchange.request.path] = exchange
        elif exchange.request.method == "DELETE" and exchange.request.path in read and exchange.response.status == 200:
            later = replace(read[exchange.request.path], started=exchange.ended + 0.1, ended=exchange.ended + 0.2)
            yield [*trace[: number + 1], later, *trace[number + 1 :]]


@trace_wide("lock: a message is let in while a run waits", "LOCK-001")
def _(trace):
    yield from _let_in(trace, "messages")


@trace_wide("lock: a second run is let in while a run waits", "LOCK-002")
def _(trace):
    yield from _let_in(trace, "runs")


def _let_in(trace: Trace, what: str) -> Iterator[Trace]:
    made = [e for e in trace if is_route(e, "POST", "threads", "*", what) and e.response.status == 200]
    if not made:
        return
    for number, exchange in enumerate(trace):
        body = exchange.response.json
        waits = is_route(exchange, "GET", "threads", "*", "runs", "*") and isinstance(body, dict)
        if waits and body.get("status") == "requires_action":
            path = exchange.request.url.split("/runs/")[0]
            query = exchange.request.url.partition("?")[2]
            example = made[0].response.json
            fresh = {**example, "id": example["id"][:-6] + "ZZZZZZ", "thread_id": body["thread_id"]}
            request = replace(made[0].request, url=f"{path}/{what}" + (f"?{query}" if query else ""))
            extra = with_body(replace(made[0], request=request, session=exchange.session), fresh)
            extra = replace(extra, started=exchange.ended + 0.01, ended=exchange.ended + 0.02,
                            response=replace(extra.response, headers=exchange.response.headers))  # fmt: skip
            yield [*trace[: number + 1], extra, *trace[number + 1 :]]


@trace_wide("submit: the run does not go back into the queue", "SUB-009")
def _(trace):
    for number, exchange in enumerate(trace):
        body = exchange.response.json
        submit = is_route(exchange, "POST", "threads", "*", "runs", "*", "submit_tool_outputs")
        # After an approval a run may go on at once.
        submit = submit and "tool_approvals" not in (exchange.request.json or {})
        if submit and exchange.response.status == 200 and isinstance(body, dict):
            yield swapped(trace, number, with_body(exchange, {**body, "status": "in_progress"}))


@trace_wide("cancel: the run goes on", "CAN-001")
def _(trace):
    for number, exchange in enumerate(trace):
        body = exchange.response.json
        cancel = is_route(exchange, "POST", "threads", "*", "runs", "*", "cancel")
        if cancel and exchange.response.status == 200 and isinstance(body, dict):
            yield swapped(trace, number, with_body(exchange, {**body, "status": "in_progress"}))


@trace_wide("message: another text than was sent", "MSG-020", "MSG-033")
def _(trace):
    for number, exchange in enumerate(trace):
        body = deepcopy(exchange.response.json)
        post = is_route(exchange, "POST", "threads", "*", "messages") and exchange.response.status == 200
        if post and isinstance(body, dict) and isinstance((exchange.request.json or {}).get("content"), str):
            body["content"][0]["text"]["value"] += "."
            yield swapped(trace, number, with_body(exchange, body))


# -- Foundry alone -----------------------------------------------------------------------------------------------------


def approval(run: dict[str, Any]) -> Any:
    """What a run asks approval for."""
    return (run.get("required_action") or {}).get("submit_tool_approval")


def cited(message: dict[str, Any]) -> list[dict[str, Any]]:
    """The pages that a message cites."""
    notes = [note for part in message["content"] for note in part.get("text", {}).get("annotations", ())]
    return [note["url_citation"] for note in notes if note["type"] == "url_citation"]


@one(RUN, "run: approval without a call", "SM-025", when=approval)
def _(run):
    run["required_action"]["submit_tool_approval"]["tool_calls"] = []


@one(RUN, "run: approval under another name", "SM-025", when=approval)
def _(run):
    run["required_action"]["type"] = "submit_tool_confirmation"


@one(RUN, "run: a header value in the open", "FND-006", when=lambda run: run.get("tool_resources", {}).get("mcp"))
def _(run):
    run["tool_resources"]["mcp"][0]["headers"] = {"X-Conformance": "a header value"}


@one(MESSAGE, "message: a cited page without its address", "FND-008", when=cited)
def _(message):
    del cited(message)[0]["url"]


@one(MESSAGE, "message: a cited page by its path", "FND-008", when=cited)
def _(message):
    cited(message)[0]["url"] = "/wiki/Lighthouse"


@answer(
    "approval: answered as if it still waited",
    *("FND-002", "SUB-009"),
    when=lambda exchange, _: "tool_approvals" in (exchange.request.json or {}),
)
def _(body):
    body["status"] = "requires_action"
