"""Concurrency: what is created at the same time stands, every one of it.

Covers CONC-001 to CONC-006.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import asked, text_of
from assistants_conformance.target import Answer, Api, Blocked

if TYPE_CHECKING:
    from collections.abc import Callable

NEWEST = 100


def count(api: Api) -> int:
    """Return how many creates are begun at once."""
    return 3 if api.settings.effort.breadth else max(3, min(8, api.settings.effort.racers))


def newest(api: Api, operation: str, **how: Any) -> list[dict[str, Any]]:
    """Return the newest objects of a list.

    Raises:
        Blocked: it cannot be listed.
    """
    answer = api.call(operation, **how)
    if not answer.ok:
        raise Blocked(f"could not list: {answer.told}")
    return answer.data


def at_once(api: Api, verify: Verify, row: str, actions: list[Callable[[], Answer]]) -> list[tuple[int, Answer]]:
    """Do several creates at the same time; return the successes, each with its place.

    Raises:
        Blocked: fewer than two came through.
    """
    results = api.together(*actions)
    made = [(place, answer) for place, answer in enumerate(results) if isinstance(answer, Answer) and answer.ok]
    if len(made) < 2:
        told = [answer.told if isinstance(answer, Answer) else str(answer) for answer in results]
        raise Blocked(f"{len(made)} of {len(actions)} creates at once came through: {told[-1]}")
    ids = [answer.json.get("id") for _, answer in made]
    told = f"{len(set(map(str, ids)))} ids for {len(ids)} objects: {ids}"
    verify(row, len(set(map(str, ids))) == len(ids), observed=told, expected="an id for each", answer=made[-1][1])
    return made


def stand(
    verify: Verify,
    row: str,
    made: list[tuple[int, Answer]],
    read: Callable[[str], Answer],
    shown: Callable[[dict[str, Any]], Any],
    sent: Callable[[int], Any],
    there: list[dict[str, Any]] | None = None,
) -> None:
    """Check that each object stands, once in its list where there is one, and is the one that was sent.

    What the list does not show as it was sent is read by itself.
    """
    for place, answer in made:
        identifier = answer.json.get("id")
        rows = [one for one in there or [] if one.get("id") == identifier]
        if there is not None:
            told = f"{identifier} stands {len(rows)} times in the list"
            verify(row, len(rows) == 1, observed=told, expected="once", answer=answer)
        if rows and shown(rows[0]) == sent(place):
            continue
        again = read(str(identifier))
        right = again.ok and shown(again.json) == sent(place)
        told = f"{identifier}, one of {len(made)} made at once: {again.told}"
        verify(row, right, observed=told, expected=f"the object with {sent(place)!r}", answer=again)


@requirement("CONC-001")
def test_assistants_created_at_once_all_stand(api: Api, verify: Verify) -> None:
    names = [api.unique() for _ in range(count(api))]
    made = at_once(api, verify, "CONC-001", [lambda name=name: api.post_assistant(name=name) for name in names])
    stand(
        verify,
        "CONC-001",
        made,
        lambda identifier: api.call("get_assistant", assistant_id=identifier),
        lambda body: body.get("name"),
        lambda place: names[place],
        newest(api, "list_assistants", query={"limit": NEWEST}),
    )


@requirement("CONC-002")
def test_threads_created_at_once_all_stand(api: Api, verify: Verify) -> None:
    texts = [api.unique() for _ in range(count(api))]
    made = at_once(
        api,
        verify,
        "CONC-002",
        [lambda text=text: api.post_thread(messages=[{"role": "user", "content": text}]) for text in texts],
    )
    stand(
        verify,
        "CONC-002",
        made,
        lambda identifier: api.call("list_messages", thread_id=identifier),
        lambda body: [text_of(row) for row in body.get("data", []) if isinstance(row, dict)],
        lambda place: [texts[place]],
    )


@requirement("CONC-003")
def test_messages_created_at_once_all_stand(api: Api, verify: Verify) -> None:
    thread = api.thread()["id"]
    texts = [api.unique() for _ in range(count(api))]
    made = at_once(api, verify, "CONC-003", [lambda text=text: api.post_message(thread, text) for text in texts])
    stand(
        verify,
        "CONC-003",
        made,
        lambda identifier: api.call("get_message", thread_id=thread, message_id=identifier),
        text_of,
        lambda place: texts[place],
        newest(api, "list_messages", thread_id=thread),
    )


@requirement("CONC-004")
def test_files_created_at_once_all_stand(api: Api, verify: Verify) -> None:
    names = [f"{api.unique()}.csv" for _ in range(count(api))]
    alone = api.file(filename="alone.csv")
    if alone.get("filename") != "alone.csv":
        raise Blocked(f"a file that is uploaded alone loses its name too: {alone.get('filename')!r}")
    made = at_once(api, verify, "CONC-004", [lambda name=name: api.post_file(filename=name) for name in names])
    stand(
        verify,
        "CONC-004",
        made,
        lambda identifier: api.call("get_file", file_id=identifier),
        lambda body: body.get("filename"),
        lambda place: names[place],
        newest(api, "list_files"),
    )


@requirement("CONC-005")
def test_runs_created_at_once_all_stand(api: Api, verify: Verify) -> None:
    assistant = api.assistant()["id"]
    threads = [asked(api) for _ in range(max(2, count(api) // 2))]
    made = at_once(
        api, verify, "CONC-005", [lambda thread=thread: api.post_run(thread, assistant) for thread in threads]
    )
    for place, answer in made:
        run, thread = str(answer.json.get("id")), threads[place]
        again = api.call("get_run", thread_id=thread, run_id=run)
        told = f"{run}, one of {len(made)} made at once: {again.told}"
        right = again.ok and again.json.get("thread_id") == thread
        verify("CONC-005", right, observed=told, expected=f"the run of {thread}", answer=again)
        times = api.ids("list_runs", thread_id=thread).count(run)
        told = f"{run} stands {times} times in the list"
        verify("CONC-005", times == 1, observed=told, expected="once", answer=answer)


@requirement("CONC-006", needs=("vector_stores",))
def test_stores_created_at_once_all_stand(api: Api, verify: Verify) -> None:
    names = [api.unique() for _ in range(count(api))]

    made = at_once(api, verify, "CONC-006", [lambda name=name: api.post_store(name=name) for name in names])
    stand(
        verify,
        "CONC-006",
        made,
        lambda identifier: api.call("get_vector_store", vector_store_id=identifier),
        lambda body: body.get("name"),
        lambda place: names[place],
        newest(api, "list_vector_stores", query={"limit": NEWEST}),
    )
