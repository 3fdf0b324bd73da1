"""Pagination: pages, orders and cursors of lists.

Covers PAGE-001 to PAGE-022, but for PAGE-016 (test_stateful_lists.py), and N-17 to N-20. The list of a new thread's
messages holds nothing but what a scenario put there, so it is the place to count exactly; other lists may hold other
people's objects, of which nothing is asserted.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from assistants_conformance.contract.documents import read
from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import able, two_runs
from assistants_conformance.target import Answer, Api, Blocked, NotApplicable
from assistants_conformance.target.specimens import series

LIMITS = read("requests/list_parameters")["parameters"]["limit"]
LEAST, MOST, DEFAULT = LIMITS["minimum"], LIMITS["maximum"], LIMITS["default"]
ORDERS = ("desc", "asc")
COUNT = 7
SIZES = (3, COUNT, 2, 1)
TRIES = 3


@dataclass
class Walk:
    """What a walk over the pages of a list gave: `endless` says why it would not have ended, empty where it did."""

    ids: list[str] = field(default_factory=list)
    pages: list[Answer] = field(default_factory=list)
    endless: str = ""

    @property
    def more(self) -> list[Any]:
        """`has_more` of every page."""
        return [page.json.get("has_more") for page in self.pages]


def ids_of(answer: Answer) -> list[str]:
    return [str(item.get("id")) for item in answer.data]


def walk(api: Api, listed: str, most_pages: int, query: dict[str, Any], **params: str) -> Walk:
    """Walk as clients do, with `after=last_id`, and no further than a list of known length can reach."""
    made, cursor, seen = Walk(), None, set()
    for _ in range(most_pages):
        page = api.call(listed, query={**query, "after": cursor}, **params)
        made.pages.append(page)
        if not page.ok or not isinstance(page.json.get("data"), list):
            return made
        made.ids += ids_of(page)
        if page.json.get("has_more") is not True:
            return made
        cursor = page.json.get("last_id")
        if not page.data or not isinstance(cursor, str):
            made.endless = f"has_more is true on a page of {len(page.data)} items with last_id {cursor!r}"
            return made
        if cursor in seen:
            made.endless = f"the cursor {cursor} came a second time"
            return made
        seen.add(cursor)
    made.endless = f"has_more was still true after {most_pages} pages"
    return made


def messages(api: Api, thread: str, limit: int = MOST, order: str = "desc", **query: Any) -> Answer:
    return api.call("list_messages", thread_id=thread, query={"limit": limit, "order": order, **query})


def walk_messages(api: Api, thread: str, count: int, limit: int, order: str) -> Walk:
    return walk(api, "list_messages", count + 3, {"limit": limit, "order": order}, thread_id=thread)


def posted_apart(api: Api, count: int = 4) -> tuple[str, list[str]]:
    """Return a new thread and the ids of its messages, oldest first, no two of one second."""
    thread = api.thread()["id"]
    made = []
    for number in range(count):
        if number:
            api.wind(1.1)
        made.append(api.message(thread, f"Number {number}: {api.unique()}"))
    times = [message.get("created_at") for message in made]
    if not all(isinstance(time, int | float) for time in times) or len(set(times)) < count:
        raise Blocked(f"messages posted more than a second apart have created_at {times}")
    return thread, [message["id"] for message in made]


def lists(api: Api) -> list[tuple[str, dict[str, Any]]]:
    """Return the lists of a new thread and a new vector store, which are empty, and those of the account."""
    thread = api.thread()["id"]
    found: list[tuple[str, dict[str, Any]]] = [
        ("list_messages", {"thread_id": thread}),
        ("list_runs", {"thread_id": thread}),
        ("list_assistants", {}),
    ]
    if api.has("list_vector_stores") and able(api, "vector_stores"):
        found.append(("list_vector_stores", {}))
        # A target that makes no store has no list of its files; the other lists can be asked all the same.
        with suppress(Blocked):
            found.append(("list_vector_store_files", {"vector_store_id": api.store()["id"]}))
    return found


def seeded(api: Api, count: int) -> str:
    """Return a new thread that was created with this many messages."""
    return str(api.thread(messages=[{"role": "user", "content": f"Number {n}."} for n in range(count)])["id"])


def sequence(api: Api, thread: str, made: list[str], order: str) -> list[str]:
    """Return the ids of a thread's messages as one page shows them all."""
    shown = ids_of(messages(api, thread, order=order))
    if sorted(shown) != sorted(made):
        raise Blocked(f"the list of a thread with {len(made)} messages does not hold just these: {shown}")
    return shown


def never_given(api: Api, identifier: str) -> str:
    """Return an id of the same form that no object has."""
    prefix = identifier[: identifier.rfind("_") + 1]
    return prefix + api.chance.digits(len(identifier) - len(prefix))


@requirement("PAGE-001", "PAGE-010", "PAGE-012", "PAGE-013", "PAGE-020")
def test_walks_of_every_page_size_agree(api: Api, verify: Verify) -> None:
    thread, made = series(api, COUNT)
    for order in ORDERS:
        # Where each costs, a page that is just full is walked over one way.
        sizes = api.some(SIZES) if order == "desc" or not api.settings.effort.breadth else SIZES[:1]
        walks = {limit: walk_messages(api, thread, COUNT, limit, order) for limit in (*sizes, MOST)}
        for limit, walked in walks.items():
            told = f"limit {limit}, {order}: "
            last = walked.pages[-1]
            # One page is no walk, and shows nothing about its end.
            if len(walked.pages) > 1 or walked.endless:
                verify(
                    "PAGE-020",
                    not walked.endless,
                    observed=told + walked.endless,
                    expected="a last page with has_more false",
                    answer=last,
                )
            verify(
                "PAGE-012",
                sorted(walked.ids) == sorted(made),
                observed=f"{told}{len(walked.ids)} items, {len(set(walked.ids) & set(made))} of {COUNT} messages",
                expected=f"every one of {COUNT} messages exactly once",
                answer=last,
            )
            follow = [number * limit < COUNT for number in range(1, -(-COUNT // limit) + 1)]
            verify(
                "PAGE-012",
                walked.more == follow,
                observed=f"{told}has_more {walked.more}",
                expected=f"has_more {follow}",
                answer=last,
            )
        pages = [page for walked in walks.values() for page in walked.pages]
        if not any(page.data for page in pages):
            raise Blocked(f"no page of the list shows an item: {pages[0].told}")
        for page in pages:
            verify.equal("PAGE-001", page.json.get("object"), "list", page)
            if page.data:
                told = (page.json.get("first_id"), page.json.get("last_id"))
                verify.equal("PAGE-010", told, (page.data[0].get("id"), page.data[-1].get("id")), page)
        whole = walks[MOST].ids
        if sorted(whole) != sorted(made) or not any(len(walked.pages) > 1 for walked in walks.values()):
            raise Blocked(f"a page of {MOST} does not show {COUNT} messages, or pages of one do not divide them")
        for limit, walked in walks.items():
            verify(
                "PAGE-013",
                walked.ids == whole,
                observed=f"limit {limit}, {order}: {walked.ids}",
                expected=f"as with limit {MOST}: {whole}",
            )


@requirement("PAGE-002", "PAGE-003", "N-17")
def test_page_holds_what_limit_allows(api: Api, verify: Verify) -> None:
    count = DEFAULT + 3
    thread = seeded(api, count)
    pages = {limit: messages(api, thread, limit) for limit in (LEAST, 5, MOST)}
    for limit, answer in pages.items():
        verify.status("PAGE-002", answer, 200)
        verify(
            "PAGE-002",
            len(answer.data) == min(limit, count),
            observed=f"{len(answer.data)} of {count} messages with limit {limit}",
            expected=f"{min(limit, count)}",
            answer=answer,
        )
    answer = api.call("list_messages", thread_id=thread)
    told = f"{len(answer.data)} of {count} messages, has_more {answer.json.get('has_more')!r}"
    verify("PAGE-002", len(answer.data) <= DEFAULT, observed=told, expected=f"at most {DEFAULT}", answer=answer)
    verify(
        "PAGE-003",
        len(answer.data) == DEFAULT and answer.json.get("has_more") is True,
        observed=told,
        expected=f"{DEFAULT}, has_more true",
        answer=answer,
    )
    first = pages[5]
    verify(
        "N-17",
        len(first.data) == 5 and first.json.get("has_more") is True,
        observed=f"{len(first.data)} messages with limit 5, has_more {first.json.get('has_more')!r}",
        expected="a full page, has_more true",
        answer=first,
    )


@requirement("PAGE-004")
def test_limit_out_of_range_is_refused(api: Api, verify: Verify) -> None:
    limits = (LEAST - 1, MOST + 1, "-1", "ten")
    for number, (listed, params) in enumerate(lists(api)):
        # Where each costs, every list has its turn with another one.
        for limit in (limits[number % 2],) if api.settings.effort.breadth else limits:
            verify.refused("PAGE-004", api.call(listed, query={"limit": limit}, **params))


@requirement("PAGE-007")
def test_unknown_order_is_refused(api: Api, verify: Verify) -> None:
    for listed, params in lists(api):
        for order in ("newest",) if api.settings.effort.breadth else ("newest", "ascending"):
            verify.refused("PAGE-007", api.call(listed, query={"order": order}, **params))


@requirement("PAGE-005", "PAGE-006", "PAGE-014", "MSG-024", waits=True)
def test_order_of_messages_is_by_time(api: Api, verify: Verify) -> None:
    thread, made = posted_apart(api)
    newest_first = made[::-1]
    default = api.call("list_messages", thread_id=thread)
    for row in ("PAGE-005", "MSG-024"):
        verify.equal(row, ids_of(default), newest_first, default)
    whole = {}
    for order, expected in (("desc", newest_first), ("asc", made)):
        answer = messages(api, thread, order=order)
        verify.equal("PAGE-005", ids_of(answer), expected, answer)
        shown = [item.get("created_at") for item in answer.data]
        if len(shown) < 2 or not all(isinstance(time, int | float) for time in shown):
            raise Blocked(f"no page with two times to compare: created_at {shown}")
        verify.equal("PAGE-006", shown, sorted(shown, reverse=order == "desc"), answer)
        whole[order] = ids_of(answer)
    if not api.settings.effort.breadth:
        whole = {order: walk_messages(api, thread, len(made), 3, order).ids for order in ORDERS}
    verify(
        "PAGE-014",
        whole["desc"] == whole["asc"][::-1] and set(whole["desc"]) == set(made),
        observed=f"descending {whole['desc']}, ascending {whole['asc']}",
        expected="all messages, the one walk the reverse of the other",
    )


@requirement("PAGE-008", "PAGE-011", "N-18")
@pytest.mark.parametrize("order", ORDERS)
def test_after_answers_what_follows(api: Api, verify: Verify, order: str) -> None:
    if api.settings.effort.breadth and order != "desc":
        raise NotApplicable("where each request costs, one order stands for both")
    thread, made = series(api, COUNT)
    whole = sequence(api, thread, made, order)
    for place, cursor in api.some(list(enumerate(whole[:-1]))[::-1]):
        answer = messages(api, thread, order=order, after=cursor)
        verify.equal("PAGE-008", ids_of(answer), whole[place + 1 :], answer)
    answer = messages(api, thread, 2, order, after=whole[1])
    verify.equal("PAGE-008", ids_of(answer), whole[2:4], answer)
    end = messages(api, thread, order=order, after=whole[-1])
    shown = {name: end.json.get(name, "absent") for name in ("data", "first_id", "last_id", "has_more")}
    empty = {"data": [], "first_id": None, "last_id": None, "has_more": False}
    verify.equal("PAGE-008", ids_of(end), [], end)
    verify.status("N-18", end, 200)
    verify.equal("N-18", shown, empty, end)
    verify.equal("PAGE-011", shown, empty, end)


@requirement("PAGE-009", "N-19")
@pytest.mark.parametrize("order", ORDERS)
def test_before_answers_what_precedes(api: Api, verify: Verify, order: str) -> None:
    thread, made = series(api, COUNT)
    whole = sequence(api, thread, made, order)
    for place, cursor in api.some(list(enumerate(whole))[::-1]):
        answer = messages(api, thread, order=order, before=cursor)
        verify.status("PAGE-009", answer, 200)
        verify.equal("PAGE-009", sorted(ids_of(answer)), sorted(whole[:place]), answer)
        if order == "asc":
            told = {"ids": ids_of(answer), "has_more": answer.json.get("has_more")}
            verify.equal("N-19", told, {"ids": whole[:place], "has_more": False}, answer)
    short = messages(api, thread, 2, order, before=whole[-1])
    verify(
        "PAGE-009",
        len(short.data) == 2 and set(ids_of(short)) < set(whole[:-1]),
        observed=f"limit 2: {ids_of(short)}",
        expected=f"two of {whole[:-1]}",
        answer=short,
    )
    if order == "desc":
        after = messages(api, thread, after=whole[0])
        verify(
            "N-19", whole[0] not in ids_of(after), observed=ids_of(after), expected="without the cursor", answer=after
        )


@requirement("PAGE-001", "PAGE-011")
def test_empty_list_has_null_ids(api: Api, verify: Verify) -> None:
    for listed, params in lists(api):
        if not params:
            continue
        answer = api.call(listed, **params)
        verify.status("PAGE-001", answer, 200)
        shown = {name: answer.json.get(name, "absent") for name in ("data", "first_id", "last_id", "has_more")}
        verify.equal("PAGE-011", shown, {"data": [], "first_id": None, "last_id": None, "has_more": False}, answer)


@requirement("PAGE-015")
def test_unknown_cursor_is_refused(api: Api, verify: Verify) -> None:
    thread, made = series(api, COUNT)
    verify.refused("PAGE-015", messages(api, thread, after=never_given(api, made[0])), 400, 404)
    assistant = api.assistant()["id"]
    answer = api.call("list_assistants", query={"after": never_given(api, assistant)})
    verify.refused("PAGE-015", answer, 400, 404)


@requirement("PAGE-022")
def test_objects_of_one_second_survive_paging(api: Api, verify: Verify) -> None:
    for _ in range(TRIES):
        thread = seeded(api, COUNT)
        whole = messages(api, thread)
        times = [str(item.get("created_at")) for item in whole.data]
        if len(times) == COUNT and len(set(times)) < COUNT / 2:
            break
    else:
        raise Blocked(f"in {TRIES} tries no {COUNT} messages of one create shared their second: created_at {times}")
    made = ids_of(whole)
    for order in ORDERS[:1] if api.settings.effort.breadth else ORDERS:
        for limit in (3,) if api.settings.effort.breadth else (3, 2, 1):
            walked = walk_messages(api, thread, COUNT, limit, order)
            verify(
                "PAGE-022",
                sorted(walked.ids) == sorted(made),
                observed=f"limit {limit}, {order}: {len(walked.ids)} items, "
                f"{len(set(walked.ids) & set(made))} of {COUNT} messages of created_at {times[0]}",
                expected="each exactly once",
                answer=walked.pages[-1],
            )


@requirement("PAGE-008", "PAGE-009")
def test_assistants_are_paged_alike(api: Api, verify: Verify) -> None:
    made = [api.assistant(name=api.unique())["id"] for _ in range(3)]
    answer = api.call("list_assistants", query={"limit": MOST})
    shown = ids_of(answer)
    own = [identifier for identifier in shown if identifier in made]
    if sorted(own) != sorted(made):
        raise Blocked(f"{len(own)} of 3 new assistants stand among the newest {len(shown)} of the list")
    # Other people's objects may be deleted meanwhile, so only the own ones are compared.
    after = ids_of(api.call("list_assistants", query={"limit": MOST, "after": own[0]}))
    verify.equal("PAGE-008", [one for one in after if one in made], own[1:])
    before = ids_of(api.call("list_assistants", query={"limit": MOST, "before": own[-1]}))
    verify.equal("PAGE-009", sorted(one for one in before if one in made), sorted(own[:-1]))


@requirement("PAGE-021")
def test_messages_of_other_threads_are_not_listed(api: Api, verify: Verify) -> None:
    made = [series(api, COUNT), series(api, 2)]
    for thread, own in made:
        answer = messages(api, thread)
        verify.equal("PAGE-021", sorted(ids_of(answer)), sorted(own), answer)


@requirement("PAGE-012", "PAGE-017", "PAGE-021", "STEP-024")
def test_runs_and_run_steps_are_listed_with_their_own(api: Api, verify: Verify) -> None:
    first, second = two_runs(api)
    other = api.chat("Say hello.")
    threads = [first["thread_id"], other["thread_id"]]
    runs: list[tuple[str, str]] = [(run["thread_id"], run["id"]) for run in (first, second, other)]
    for thread in threads:
        own = sorted(run for where, run in runs if where == thread)
        answer = api.call("list_runs", thread_id=thread)
        verify.equal("PAGE-021", sorted(ids_of(answer)), own, answer)
    walked = walk(api, "list_runs", 4, {"limit": 1}, thread_id=threads[0])
    page = walked.pages[0]
    verify.equal("PAGE-012", (len(page.data), page.json.get("has_more")), (1, True), page)
    verify.equal("PAGE-012", sorted(walked.ids), sorted(run for _, run in runs[:2]), walked.pages[-1])
    ids: dict[str, list[str]] = {}
    for thread, run in runs:
        steps = api.call("list_run_steps", thread_id=thread, run_id=run)
        strange = [
            step.get("id") for step in steps.data if step.get("run_id") != run or step.get("thread_id") != thread
        ]
        verify(
            "PAGE-021", steps.data and not strange, observed=steps.told, expected=f"steps of {run} only", answer=steps
        )
        ids[run] = ids_of(steps)
        if run != runs[2][1]:
            verify(
                "STEP-024", steps.data, observed=f"{run} has no steps", expected="the steps of each run", answer=steps
            )
    both = set(ids[first["id"]]) & set(ids[second["id"]])
    verify("STEP-024", not both, observed=f"{sorted(both)} in both", expected="no step in the lists of both runs")
    shown = {thread: messages(api, thread).data for thread in threads if "PAGE-017" in api.profile.active}
    for thread, run in runs if shown else ():
        written = [item.get("id") for item in shown[thread] if item.get("run_id") == run]
        answer = messages(api, thread, run_id=run)
        verify.status("PAGE-017", answer, 200)
        verify("PAGE-017", written and ids_of(answer) == written, observed=ids_of(answer), expected=f"{written}",
               answer=answer)  # fmt: skip


@requirement("PAGE-019")
def test_purpose_filters_files(api: Api, verify: Verify) -> None:
    file = api.file()["id"]
    for purpose, there in (("assistants", True), ("fine-tune", False)):
        answer = api.call("list_files", query={"purpose": purpose})
        verify.status("PAGE-019", answer, 200)
        other = sorted({str(item.get("purpose")) for item in answer.data} - {purpose})
        verify(
            "PAGE-019",
            not other and (file in ids_of(answer)) is there,
            observed=f"{len(answer.data)} files, other purposes {other}, the new file in it: {file in ids_of(answer)}",
            expected=f"only files of purpose {purpose}, {'with' if there else 'without'} the new one",
            answer=answer,
        )


@requirement("N-20")
def test_unknown_query_names_are_ignored(api: Api, verify: Verify) -> None:
    thread, made = series(api, COUNT)
    answer = messages(api, thread, colour="blue", timeout="60")
    verify.status("N-20", answer, 200)
    verify.equal("N-20", sorted(ids_of(answer)), sorted(made), answer)
