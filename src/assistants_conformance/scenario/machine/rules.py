"""The rules of the machine: what a client can do to threads, messages, assistants and files, allowed or not.

A rule is given a walker, a number that picks among what exists (0: the newest), and a number that picks the way. What
it needs and nobody has made yet it makes, so that every sequence of rules is a walk, also what is left of one that is
made shorter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from assistants_conformance.scenario.machine.model import Assistant, Json, Message, Thread
from assistants_conformance.scenario.machine.walker import SLACK, Walker, text_of
from assistants_conformance.scenario.situations import able
from assistants_conformance.target import Answer, Blocked
from assistants_conformance.target.prompts import BRIEF, CODE_INTERPRETER, NICKNAME, WEATHER, demand, mcp_tool

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
QUESTION = "What is the weather in Paris, and what is its nickname?"


@dataclass(frozen=True)
class Rule:
    """A rule: `ways` is how many ways it has, `weight` how often it is drawn, `runs` whether it is about runs."""

    name: str
    carry: Callable[[Walker, int, int], Thread | None]
    ways: int
    weight: int
    runs: bool


RULES: dict[str, Rule] = {}


def rule(
    name: str, *, ways: int = 1, weight: int = 1, runs: bool = False
) -> Callable[[Callable[[Walker, int, int], Thread | None]], Callable[[Walker, int, int], Thread | None]]:
    """Enter a rule."""

    def enter(carry: Callable[[Walker, int, int], Thread | None]) -> Callable[[Walker, int, int], Thread | None]:
        RULES[name] = Rule(name, carry, ways, weight, runs)
        return carry

    return enter


def picked(things: list[T], pick: int) -> T:
    """Return one of some things, by number from the newest."""
    return things[-1 - pick % len(things)]


def metadata(walker: Walker) -> Json:
    """Return metadata that this walk has not used."""
    return {"mark": str(walker.model.number())}


def a_thread(walker: Walker, pick: int) -> Thread:
    """Return a thread, made where there is none."""
    return picked(walker.model.threads, pick) if walker.model.threads else make_thread(walker, 0)


def an_assistant(walker: Walker, kind: str) -> Assistant:
    """Return an assistant of a kind, made where there is none."""
    known = [one for one in walker.model.assistants if one.kind == kind]
    return known[-1] if known else make_assistant(walker, kind)


def _given(walker: Walker, kind: str) -> Json:
    """Return what an assistant of a kind is given, so that its runs do what the kind says on any endpoint."""
    names = [tool["function"]["name"] for tool in (WEATHER, NICKNAME)]
    match kind:
        case "one":
            return {"instructions": demand(names[:1]), "tools": [WEATHER]}
        case "two":
            return {"instructions": demand(names), "tools": [WEATHER, NICKNAME]}
        case "rounds":
            told = demand(names[:1]) + f" Then call {names[1]}, one after the other, never both at once."
            return {"instructions": told, "tools": [WEATHER, NICKNAME]}
        case "work":
            tools = [CODE_INTERPRETER] if able(walker.api, "code_interpreter") else []
            return {"instructions": "Do everything that you are asked for.", "tools": tools}
        case "approval":
            told = "You answer every question by calling a tool of the server, never from memory."
            return {"instructions": told, "tools": [mcp_tool(walker.api.settings.mcp_server_url)]}
        case _:
            return {"instructions": BRIEF}


def make_assistant(walker: Walker, kind: str = "") -> Assistant:
    """Make an assistant."""
    marks, name = metadata(walker), f"machine {walker.model.number()}"
    body = {"model": walker.api.settings.model, "name": name, "metadata": marks, **_given(walker, kind)}
    answer = walker.call("create_assistant", json=body)
    if not walker.accepted(answer, walker.row("create_assistant")):
        raise Blocked(f"could not make an assistant: {answer.told}")
    made = Assistant(walker.new(answer.json, "assistant", answer), name, marks, kind)
    walker.model.assistants.append(made)
    return made


def make_thread(walker: Walker, seeds: int) -> Thread:
    """Make a thread with some messages."""
    marks = metadata(walker)
    texts = [f"Note {walker.model.number()}." for _ in range(seeds)]
    body: Json = {"metadata": marks}
    if texts:
        body["messages"] = [{"role": "user", "content": text} for text in texts]
    answer = walker.call("create_thread", json=body)
    if not walker.accepted(answer, walker.row("create_thread")):
        raise Blocked(f"could not make a thread: {answer.told}")
    thread = Thread(walker.new(answer.json, "thread", answer), marks)
    walker.model.threads.append(thread)
    if texts:
        listed = walker.call("list_messages", thread_id=thread.id, query={"order": "asc"})
        told = [text_of(item) for item in listed.data]
        walker.expect("THR-008", told == texts, f"messages {told}", f"messages {texts}", listed)
        for item in listed.data:
            keep_message(walker, thread, item, text_of(item), {}, listed)
    return thread


def keep_message(walker: Walker, thread: Thread, told: Json, text: str | None, marks: Json, answer: Answer) -> Message:
    """Take a new message into the model."""
    created = told.get("created_at")
    made = Message(
        walker.new(told, "message", answer),
        str(told.get("role")),
        text,
        marks,
        created if isinstance(created, int) else 0,
    )
    thread.messages[made.id] = made
    return made


# -- threads -----------------------------------------------------------------------------------------------------------


@rule("thread", ways=3)
def _thread(walker: Walker, pick: int, way: int) -> Thread:
    del pick
    return make_thread(walker, way)


@rule("modify thread", ways=2, weight=2)
def _modify_thread(walker: Walker, pick: int, way: int) -> Thread:
    thread, marks = a_thread(walker, pick), metadata(walker) if way == 0 else {}
    free = walker.model.lock(thread, SLACK)[0] == "free"
    answer = walker.call("modify_thread", thread_id=thread.id, json={"metadata": marks})
    if free:
        walker.accepted(answer, walker.row("modify_thread"))
    if answer.ok:
        thread.metadata = marks
    return thread


@rule("delete thread")
def _delete_thread(walker: Walker, pick: int, way: int) -> None:
    del way
    thread = a_thread(walker, pick)
    lock = walker.model.lock(thread, SLACK)[0]
    answer = walker.call("delete_thread", thread_id=thread.id)
    if lock == "free":
        walker.accepted(answer, walker.row("delete_thread"))
    if answer.ok:
        walker.model.threads.remove(thread)
        walker.model.gone["thread"].append(thread.id)


# -- messages ----------------------------------------------------------------------------------------------------------


@rule("message", ways=3, weight=4)
def _message(walker: Walker, pick: int, way: int) -> Thread:
    thread, marks = a_thread(walker, pick), metadata(walker)
    text = f"Note {walker.model.number()}."
    body: Json = {"role": "user", "content": text, "metadata": marks}
    if way == 1 and walker.api.v2:
        body["role"] = "assistant"
    if way == 2:
        body.update(_attached(walker))
    lock, holder = walker.model.lock(thread, SLACK)
    answer = walker.call("create_message", thread_id=thread.id, json=body)
    if lock == "locked":
        walker.refused(answer, "LOCK-001", "LOCK-003")
    elif lock == "free":
        walker.accepted(answer, *after_runs(thread, walker.row("create_message")))
    if answer.ok:
        keep_message(walker, thread, answer.json, text, marks, answer)
    if holder is not None:
        # Only the run itself tells whether it was over by then.
        walker.poll(holder)
    return thread


def after_runs(thread: Thread, plain: str | None) -> list[str | None]:
    """Return the requirements by which an idle thread takes messages and runs."""
    ended = {run.status for run in thread.runs.values()}
    return ["LOCK-005", *(["EXP-001"] if "expired" in ended else [])] if ended else [plain]


def _attached(walker: Walker) -> Json:
    if walker.api.v2 and not able(walker.api, "code_interpreter"):
        return {}
    file = picked(walker.model.files, 0) if walker.model.files else walker.file()
    if not walker.api.v2:
        return {"file_ids": [file.id]}
    return {"attachments": [{"file_id": file.id, "tools": [{"type": "code_interpreter"}]}]}


def a_message(walker: Walker, pick: int) -> tuple[Thread, Message]:
    """Return a message with its thread, made where there is none."""
    every = [(thread, one) for thread in walker.model.threads for one in thread.messages.values()]
    if every:
        return picked(every, pick)
    thread = make_thread(walker, 1)
    return thread, next(iter(thread.messages.values()))


@rule("modify message", ways=2)
def _modify_message(walker: Walker, pick: int, way: int) -> Thread:
    thread, message = a_message(walker, pick)
    marks = metadata(walker) if way == 0 else {}
    free = walker.model.lock(thread, SLACK)[0] == "free"
    place = {"thread_id": thread.id, "message_id": message.id}
    answer = walker.call("modify_message", **place, json={"metadata": marks})
    if free:
        walker.accepted(answer, walker.row("modify_message"))
    if answer.ok:
        message.metadata = marks
    return thread


@rule("delete message", weight=2)
def _delete_message(walker: Walker, pick: int, way: int) -> Thread | None:
    del way
    if not walker.api.has("delete_message") or not able(walker.api, "message_delete"):
        return None
    thread, message = a_message(walker, pick)
    free = walker.model.lock(thread, SLACK)[0] == "free"
    answer = walker.call("delete_message", thread_id=thread.id, message_id=message.id)
    if free:
        walker.accepted(answer, walker.row("delete_message"))
    if answer.ok:
        del thread.messages[message.id]
        thread.gone.append(message.id)
        walker.missing(walker.call("get_message", thread_id=thread.id, message_id=message.id), "OBJ-007")
    return thread


@rule("message elsewhere")
def _elsewhere(walker: Walker, pick: int, way: int) -> Thread | None:
    del way
    thread, message = a_message(walker, pick)
    other = next((one for one in walker.model.threads if one is not thread), None) or make_thread(walker, 0)
    walker.missing(walker.call("get_message", thread_id=other.id, message_id=message.id), "PAR-001")
    return thread


@rule("what is gone", ways=4)
def _gone(walker: Walker, pick: int, way: int) -> Thread | None:
    """Use what was deleted."""
    body = {"json": {"metadata": {"late": "yes"}}}
    kept = [(thread, name) for thread in walker.model.threads for name in thread.gone]
    if way == 0 and kept:
        thread, name = picked(kept, pick)
        walker.missing(walker.call("modify_message", thread_id=thread.id, message_id=name, **body), "UAF-003")
        return thread
    gone = walker.model.gone
    if way == 1 and gone["thread"]:
        name = picked(gone["thread"], pick)
        late: Json = {"role": "user", "content": "Late."}
        walker.missing(walker.call("create_message", thread_id=name, json=late), "UAF-002")
        walker.missing(walker.call("list_messages", thread_id=name), "THR-014")
    elif way == 2 and gone["assistant"]:
        walker.missing(walker.call("modify_assistant", assistant_id=picked(gone["assistant"], pick), **body), "OBJ-007")
    elif way == 3 and gone["file"]:
        walker.missing(walker.call("delete_file", file_id=picked(gone["file"], pick)), "UAF-004")
    return None


# -- assistants and files ----------------------------------------------------------------------------------------------


@rule("assistant")
def _assistant(walker: Walker, pick: int, way: int) -> None:
    del pick, way
    make_assistant(walker)


@rule("modify assistant")
def _modify_assistant(walker: Walker, pick: int, way: int) -> None:
    del way
    made = picked(walker.model.assistants, pick) if walker.model.assistants else make_assistant(walker)
    marks, name = metadata(walker), f"machine {walker.model.number()}"
    answer = walker.call("modify_assistant", assistant_id=made.id, json={"metadata": marks, "name": name})
    if walker.accepted(answer, walker.row("modify_assistant")):
        made.metadata, made.name = marks, name


@rule("delete assistant")
def _delete_assistant(walker: Walker, pick: int, way: int) -> None:
    del way
    made = picked(walker.model.assistants, pick) if walker.model.assistants else make_assistant(walker)
    answer = walker.call("delete_assistant", assistant_id=made.id)
    if walker.accepted(answer, walker.row("delete_assistant")):
        walker.model.assistants.remove(made)
        walker.model.gone["assistant"].append(made.id)


@rule("attach file")
def _attach(walker: Walker, pick: int, way: int) -> None:
    del way
    if not walker.api.has("create_assistant_file"):
        walker.file()
        return
    made = picked(walker.model.assistants, pick) if walker.model.assistants else make_assistant(walker)
    if not able(walker.api, "file_search"):
        return
    file = walker.file()
    answer = walker.call("create_assistant_file", assistant_id=made.id, json={"file_id": file.id})
    if answer.ok:
        made.files.append(file.id)
    _files_agree(walker, made)


@rule("detach file")
def _detach(walker: Walker, pick: int, way: int) -> None:
    del way
    having = [one for one in walker.model.assistants if one.files]
    if not having:
        return
    made = picked(having, pick)
    file = made.files[-1]
    answer = walker.call("delete_assistant_file", assistant_id=made.id, file_id=file)
    # Whether a file that was deleted is still attached, nothing says.
    if file in walker.model.gone["file"] or walker.accepted(answer, walker.row("delete_assistant_file")):
        made.files.remove(file)
    _files_agree(walker, made)


def _files_agree(walker: Walker, made: Assistant) -> None:
    answer = walker.call("list_assistant_files", assistant_id=made.id, query={"limit": 100})
    if walker.accepted(answer, walker.row("list_assistant_files")):
        told = sorted(str(item.get("id")) for item in answer.data if item.get("id") not in walker.model.gone["file"])
        held = sorted(name for name in made.files if name not in walker.model.gone["file"])
        walker.expect("OBJ-004", told == held, f"files {told}", f"files {held}", answer)


@rule("delete file")
def _delete_file(walker: Walker, pick: int, way: int) -> None:
    del way
    file = picked(walker.model.files, pick) if walker.model.files else walker.file()
    answer = walker.call("delete_file", file_id=file.id)
    if walker.accepted(answer, walker.row("delete_file")):
        walker.model.files.remove(file)
        walker.model.gone["file"].append(file.id)
