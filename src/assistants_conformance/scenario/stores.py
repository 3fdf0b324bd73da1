"""Situations of vector stores that the scenarios of several files need, reached on any endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from assistants_conformance.scenario.situations import able
from assistants_conformance.target import Api, Blocked
from assistants_conformance.target.reading import inner, rows, tool_calls

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_conformance.target import Answer

SEARCH: dict[str, Any] = {"type": "file_search"}
#: What no model knows without having read it.
FACTS = {
    "kestrel.txt": "The night watchman of the Corvin reading room is called Ottokar Brezina-Vale.",
    "harbour.txt": "The harbour master of Nordhaven keeps a grey parrot called Admiral Tuppence.",
}
QUESTION = "Search the files: what is the night watchman of the Corvin reading room called? Cite the file."
COUNTS = ("in_progress", "completed", "failed", "cancelled", "total")
#: A client of the real service waits ten seconds before it lists what is left after a removal.
_LATEST_SECONDS = 15
T = TypeVar("T")


def text_file(api: Api, text: str = "", name: str = "") -> str:
    """Upload a text and return the id of the file; by default one that no other file of the scenario holds."""
    if not text:
        number = api.count("text file")
        text, name = f"A note, number {number}.\n", name or f"note-{number}.txt"
    return str(api.file(text.encode(), name or f"{api.unique()}.txt", "text/plain")["id"])


def place(store: str, **more: str) -> dict[str, Any]:
    """Return the path parameters of a store and of what lies below it."""
    return {"vector_store_id": store, **more}


def settled(api: Api, operation: str, **params: Any) -> dict[str, Any]:
    """Poll a store, store file or batch until it is neither in progress nor being cancelled, or the time is over.

    What is still open when it comes back has not ended within `run_timeout`.

    Raises:
        Blocked: a poll failed.
    """
    now: dict[str, Any] = {}
    for _ in api.polls():
        now = api.need(api.call(operation, **params), f"poll with {operation}")
        if now.get("status") not in ("in_progress", "cancelling"):
            break
    return now


def eventually(api: Api, look: Callable[[], T], holds: Callable[[T], object]) -> T:
    """Look until something holds, and return what was seen last: the real service takes a while to let go of a file."""
    for _ in range(_LATEST_SECONDS):
        seen = look()
        if holds(seen):
            return seen
        api.pause(1)
    return look()


def filled(api: Api, *files: str, **body: Any) -> str:
    """Return the id of a new store whose files are all indexed.

    Raises:
        Blocked: one of them is not.
    """
    store = str(api.store(file_ids=list(files), **body)["id"])
    _wait_for(api, store, files)
    return store


def _wait_for(api: Api, store: str, files: tuple[str, ...]) -> None:
    now = settled(api, "get_vector_store", **place(store))
    if now.get("status") != "completed" or inner(now, "file_counts", "completed") != len(set(files)):
        raise Blocked(f"a store with {len(files)} files came to {now.get('status')}, {now.get('file_counts')}")


def store_ids(holder: dict[str, Any]) -> list[str]:
    """Return the stores that an assistant or a thread shows."""
    found = inner(holder, "tool_resources", "file_search", "vector_store_ids")
    return [str(item) for item in found] if isinstance(found, list) else []


def adopted(api: Api, store: str) -> Answer:
    """Read a store that came about otherwise than by its own create, and see to it that it is deleted in the end."""
    if api.ledger is not None:
        api.ledger.besides("vector_store", [store])
    return api.call("get_vector_store", vector_store_id=store)


def with_store(*stores: str) -> dict[str, Any]:
    """Return the member of an assistant or thread that gives it stores."""
    return {"tool_resources": {"file_search": {"vector_store_ids": list(stores)}}}


def start_search(api: Api, thread: str, assistant: str) -> Answer:
    """Create a run that has to search; return the raw answer. Where the choice of the tool is refused, it is asked."""
    answer = api.post_run(thread, assistant, tool_choice=SEARCH)
    return answer if answer.ok or answer.status != 400 else api.post_run(thread, assistant)


def ask_anew(api: Api, assistant: str) -> Answer:
    """Create a run that has to search, on a new thread; return the raw answer. In one request where that works."""
    if able(api, "thread_and_run"):
        thread = api.marked({"messages": [{"role": "user", "content": QUESTION}]})
        body = {"assistant_id": assistant, "thread": thread, "tool_choice": SEARCH}
        answer = api.call("create_thread_and_run", json=body)
        if answer.ok and isinstance(answer.json.get("thread_id"), str):
            return answer
    return start_search(api, asking(api), assistant)


def results(steps: list[dict[str, Any]]) -> list[str]:
    """Return the files that the searches of steps found, where they show it."""
    calls = tool_calls(steps, "file_search")
    return [str(row.get("file_id")) for call in calls for row in rows(inner(call, "file_search", "results"))]


def named(api: Api, name: str) -> list[Any]:
    """Return the ids of the stores of a name among the newest."""
    listed = api.call("list_vector_stores", query={"limit": 100})
    if not listed.ok:
        raise Blocked(f"could not list: {listed.told}")
    return [store.get("id") for store in listed.data if store.get("name") == name]


def library(api: Api) -> dict[str, str]:
    """Upload the files that no model knows and return their ids by name."""
    return {name: text_file(api, text, name) for name, text in FACTS.items()}


def reader(api: Api, *stores: str) -> str:
    """Return the id of an assistant that answers from files."""
    body = with_store(*stores) if stores else {}
    return str(api.assistant(instructions="Answer from the files that you find.", tools=[SEARCH], **body)["id"])


def asking(api: Api, **thread: Any) -> str:
    """Return the id of a new thread with the question that one of the files answers."""
    return str(api.thread(messages=[{"role": "user", "content": QUESTION}], **thread)["id"])


def searched(api: Api) -> dict[str, Any]:
    """Return a completed run that has searched a library.

    It comes as `run`, with its `steps`, its `files` by name, its `store`, the `before` that this was last used, and its
    `assistant`. A file that lies in no store holds the answer too; nobody may find it.

    Raises:
        Blocked: there is none.
    """
    # Whoever deletes the store may find that its files went along: no other scenario is to be lent these.
    with api.own():
        files = library(api)
    text_file(api, FACTS["kestrel.txt"] + " He also keeps the keys.", "stranger.txt")
    store = filled(api, *files.values())
    assistant = reader(api, store)
    # So that a use of the store by its creation is not taken for one by the run.
    api.wind(5)
    before = api.call("get_vector_store", **place(store)).json.get("last_active_at")
    run = api.finished(api.need(ask_anew(api, assistant), "create a run"), "completed")
    steps = api.steps(run)
    if not tool_calls(steps, "file_search"):
        raise Blocked("the model was made to search and its steps show no call of file_search")
    return {"files": files, "store": store, "before": before, "assistant": assistant, "run": run, "steps": steps}


def batched(api: Api) -> dict[str, str]:
    """Return a `file`, a `store` and a `batch` that brings the one into the other.

    Raises:
        Blocked: there is none.
    """

    def make() -> dict[str, str]:
        file, store = text_file(api), str(api.store()["id"])
        batch = api.need(api.post_batch(store, [file]), "add a batch")["id"]
        return {"file": file, "store": store, "batch": str(batch)}

    return api.lent("a store with a batch", make)
