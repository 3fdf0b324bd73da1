"""Stable lists: a walk meets everything that was there when it began exactly once, whatever is made meanwhile.

Covers STAB-001 to STAB-005. On an account with other people's objects only the own ones are counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import asked
from assistants_conformance.target import Answer, Api, Blocked, NotApplicable

if TYPE_CHECKING:
    from collections.abc import Callable

ORDERS = ("desc", "asc")
COUNT = 3
INSERTED = 1
SIZE = 2
#: Others may make objects meanwhile; so many pages are walked for the own ones.
MOST_PAGES = 40
WHOLE = 100


def ids_of(answer: Answer) -> list[str]:
    return [str(item.get("id")) for item in answer.data]


def walk_while_inserting(
    api: Api,
    verify: Verify,
    row: str,
    listed: str,
    order: str,
    insert: Callable[[], str],
    made: list[str],
    *,
    size: int = SIZE,
    inserted: int = INSERTED,
    rule_of_descending: str = "",
    **params: str,
) -> None:
    """Walk over a list page by page with an insertion between the pages; `made` is oldest first.

    `rule_of_descending` is another requirement on a descending walk, where there is one.

    An ascending walk begins behind the oldest of the own objects, for what others made before does not matter.

    Raises:
        Blocked: a page fails, or the own objects do not come within a reasonable number of pages.
    """
    query: dict[str, Any] = {"limit": size, "order": order}
    cursor = made[0] if order == "asc" else None
    still = api.call(listed, query={"limit": WHOLE, "order": order, "after": cursor}, **params)
    # Objects of one second may stand in any order: what is to be met, and where it ends, the list itself says.
    wanted = [identifier for identifier in ids_of(still) if identifier in made]
    if len(wanted) < 2:
        raise Blocked(f"a page of {WHOLE} shows {len(wanted)} of the {len(made)} own objects: {still.told}")
    found: list[str] = []
    new: list[str] = []
    cursors: set[Any] = {cursor}
    for _ in range(MOST_PAGES):
        page = api.call(listed, query={**query, "after": cursor}, **params)
        if not page.ok or not isinstance(page.json.get("data"), list):
            raise Blocked(f"could not list: {page.told}")
        found += ids_of(page)
        ended = page.json.get("has_more") is not True
        cursor = page.json.get("last_id")
        past = wanted[-1] in found
        if ended or not isinstance(cursor, str) or cursor in cursors or (past and new):
            break
        cursors.add(cursor)
        if len(new) < inserted:
            new.append(insert())
    else:
        raise Blocked(f"the walk did not come past the own objects within {MOST_PAGES} pages")
    if not new:
        raise Blocked(f"the list of {len(made)} objects came on one page of {size}, so nothing was made between two")
    missing = [identifier for identifier in wanted if identifier not in found]
    twice = sorted({identifier for identifier in [*wanted, *new] if found.count(identifier) > 1})
    told = f"{order}, pages of {size}, {len(new)} made between them: {len(missing)} missing {missing}, twice {twice}"
    verify(
        row,
        not missing and not twice,
        observed=told,
        expected=f"each of the {len(wanted)} objects that were there exactly once",
        answer=page,
    )
    if rule_of_descending and order == "desc":
        # Where a newer one of the same second stands is left to the target.
        repeated = [identifier for identifier in twice if identifier in wanted]
        verify(
            rule_of_descending,
            not missing and not repeated,
            observed=told,
            expected=f"each of the {len(wanted)} older objects exactly once",
            answer=page,
        )


def walk_both_ways(
    api: Api,
    verify: Verify,
    row: str,
    listed: str,
    insert: Callable[[], str],
    made: list[str],
    *,
    size: int = SIZE,
    inserted: int = INSERTED,
    rule_of_descending: str = "",
    **params: str,
) -> None:
    """Walk from the newest on and then from the oldest; what was made during the first walk is there in the second."""

    def noted() -> str:
        made.append(insert())
        return made[-1]

    for order in ORDERS:
        there = list(made)
        walk_while_inserting(
            api,
            verify,
            row,
            listed,
            order,
            noted,
            there,
            size=size,
            inserted=inserted,
            rule_of_descending=rule_of_descending,
            **params,
        )


@requirement("STAB-001", "PAGE-016")
def test_pagination_of_messages_is_not_disturbed(api: Api, verify: Verify) -> None:
    for size in (SIZE,) if api.settings.effort.breadth else (SIZE, 1, 3):
        thread = api.thread()["id"]

        def insert(thread: str = thread) -> str:
            return str(api.message(thread, api.unique())["id"])

        made = [insert() for _ in range(max(COUNT, size + 1))]
        walk_both_ways(
            api,
            verify,
            "STAB-001",
            "list_messages",
            insert,
            made,
            size=size,
            rule_of_descending="PAGE-016",
            thread_id=thread,
        )


@requirement("STAB-002")
def test_assistants_are_walked_once(api: Api, verify: Verify) -> None:
    def insert() -> str:
        return str(api.assistant(name=api.unique())["id"])

    made = [insert() for _ in range(COUNT)]
    walk_both_ways(api, verify, "STAB-002", "list_assistants", insert, made)


@requirement("STAB-003")
def test_runs_are_walked_once(api: Api, verify: Verify) -> None:
    assistant = api.assistant()["id"]
    thread = asked(api)

    def insert() -> str:
        return str(api.finished(api.run(thread, assistant))["id"])

    made = [insert() for _ in range(2)]
    walk_both_ways(api, verify, "STAB-003", "list_runs", insert, made, size=1, inserted=1, thread_id=thread)


@requirement("STAB-004")
def test_files_are_walked_once(api: Api, verify: Verify) -> None:
    def insert() -> str:
        return str(api.file(filename=f"{api.unique()}.csv")["id"])

    made = [insert() for _ in range(COUNT)]
    page = api.call("list_files", query={"limit": 1, "order": "desc"})
    if len(page.data) > 1:
        raise NotApplicable(f"the list of files is not paged: {len(page.data)} items with limit=1")
    walk_both_ways(api, verify, "STAB-004", "list_files", insert, made)


@requirement("STAB-005", needs=("vector_stores",))
def test_stores_are_walked_once(api: Api, verify: Verify) -> None:
    def insert() -> str:
        return str(api.store(name=api.unique())["id"])

    made = [insert() for _ in range(COUNT)]
    walk_both_ways(api, verify, "STAB-005", "list_vector_stores", insert, made)
