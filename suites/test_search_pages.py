"""Any list, any page: whatever the number of objects, the limit, the order and the cursor, pages join to the whole.

Covers PAGE-008, PAGE-009, PAGE-012, PAGE-013, PAGE-014, PAGE-022 and N-19. The lists are those below an object
made for it, on which nobody else stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.explore import Deviation, explore
from assistants_conformance.scenario.stores import text_file
from assistants_conformance.target import Answer, Api, Blocked, NotApplicable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hypothesis.strategies import SearchStrategy

MOST = 9
KINDS = pytest.mark.parametrize("kind", ["list_messages", "list_runs", "list_vector_store_files"])


def examples() -> SearchStrategy[dict[str, Any]]:
    from hypothesis import strategies as st  # noqa: PLC0415 - slow to load

    return st.fixed_dictionaries(
        {
            # In groups that are made with one request, as a thread with its first messages is: their times are equal.
            "groups": st.lists(st.integers(1, 4), min_size=1, max_size=3),
            "limit": st.integers(1, MOST) | st.sampled_from([20, 99, 100]),
            "order": st.sampled_from(["asc", "desc", None]),
            "from": st.integers(0, MOST),
        }
    )


def ids(answer: Answer) -> list[str]:
    return [str(row.get("id")) for row in answer.data]


def lined_up(api: Api, kind: str, groups: list[int]) -> tuple[dict[str, Any], int]:
    """Make the objects of a list; return the parameters of its path, and how many there are."""
    if kind == "list_messages":
        seeds = [{"role": "user", "content": api.unique()} for _ in range(groups[0])]
        thread = api.thread(messages=seeds)["id"]
        for _ in range(sum(groups[1:])):
            api.message(thread, api.unique())
        return {"thread_id": thread}, sum(groups)
    if kind == "list_runs":
        thread, assistant = api.thread()["id"], api.assistant()["id"]
        for _ in groups:
            api.message(thread, "Say hello.")
            api.finished(api.run(thread, assistant))
        return {"thread_id": thread}, len(groups)
    files = [text_file(api) for _ in range(sum(groups))]
    store = api.store(file_ids=files)["id"]
    api.indexed("get_vector_store", vector_store_id=store)
    return {"vector_store_id": store}, len(files)


class Pages:
    """One list of one target."""

    def __init__(self, api: Api, kind: str, example: dict[str, Any]) -> None:
        self.api, self.kind, self.limit, self.order = api, kind, example["limit"], example["order"]
        self.params, self.count = lined_up(api, kind, example["groups"])
        self.all: list[str] = []
        self.times: list[Any] = []

    def page(self, **query: Any) -> Answer:
        """Return one page.

        Raises:
            Blocked: there is none.
        """
        given = {"order": self.order, **query}
        answer = self.api.call(self.kind, query=given, **self.params)
        if not answer.ok or not isinstance(answer.json.get("data"), list):
            raise Blocked(f"could not list: {answer.told}")
        return answer

    def whole(self) -> Iterator[Deviation]:
        """Compare the whole list with the other order and with a walk."""
        whole, other = self.page(limit=100), self.page(limit=100, order="desc" if self.order == "asc" else "asc")
        self.all, self.times = ids(whole), [row.get("created_at") for row in whole.data]
        if len(set(self.all)) != self.count or whole.json.get("has_more") is not False:
            yield Deviation("PAGE-012", whole.told, f"{self.count} objects and has_more false", whole)
        # Equal times may stand either way round in the two orders.
        if len(set(self.times)) == len(self.times) and ids(other) != self.all[::-1]:
            yield Deviation("PAGE-014", f"{ids(other)}", f"the reverse of {self.all}", other)

    def walk(self) -> Iterator[Deviation]:
        """Walk with `after` from the first page to the last and compare with the whole."""
        seen: list[str] = []
        cursor: str | None = None
        while True:
            answer = self.page(limit=self.limit, after=cursor)
            got = ids(answer)
            seen += got
            more = answer.json.get("has_more")
            if got and got[-1] in self.all and more is not (got[-1] != self.all[-1]):
                told = f"has_more {more} where {self.all.index(got[-1]) + 1} of {len(self.all)} were shown"
                yield Deviation("PAGE-012", told, f"{not more}", answer)
                return
            if more is not True or not got or len(seen) > len(self.all):
                break
            cursor = got[-1]
        if seen == self.all:
            return
        told = f"pages of {self.limit}: {seen}"
        if sorted(seen) == sorted(self.all):
            yield Deviation("PAGE-013", told, f"{self.all}", answer)
            return
        yield Deviation("PAGE-012", told, f"{self.all}, each once", answer)
        wrong = [place for place, one in enumerate(self.all) if seen.count(one) != 1]
        if any(self.times.count(self.times[place]) > 1 for place in wrong):
            yield Deviation("PAGE-022", told, f"{self.all}, each once", answer)

    def before(self, place: int) -> Iterator[Deviation]:
        """Ask for what stands before an object, in the order of the list."""
        answer = self.page(limit=self.limit, before=self.all[place])
        got, preceding = ids(answer), self.all[:place]
        told = f"before {place} of {len(self.all)}, limit {self.limit}: {got}"
        if not set(got) <= set(preceding) or (preceding and not got):
            yield Deviation("PAGE-009", told, f"of {preceding}", answer)
        elif got != [one for one in preceding if one in got]:
            yield Deviation("N-19", told, "in the order of the list", answer)

    def after(self, place: int) -> Iterator[Deviation]:
        """Ask for what follows an object, wherever it stands."""
        answer = self.page(limit=self.limit, after=self.all[place])
        got, following = ids(answer), self.all[place + 1 :]
        if got != following[: len(got)] or (following and not got):
            told = f"after {place} of {len(self.all)}, limit {self.limit}: {got}"
            yield Deviation("PAGE-008", told, f"{following[: self.limit]}", answer)


ROWS = ("PAGE-008", "PAGE-009", "PAGE-012", "PAGE-013", "PAGE-014", "PAGE-022", "N-19")


@requirement(*ROWS)
@KINDS
def test_pages_join_to_the_whole_list(api: Api, verify: Verify, kind: str) -> None:
    if not api.has(kind):
        raise NotApplicable(f"this version has no {kind}")
    if "vector_store" in kind:
        api.require("vector_stores")
    if kind == "list_runs" and not api.settings.effort.runs:
        raise NotApplicable("this effort has no run of a model in it")

    def check(example: dict[str, Any]) -> list[Deviation]:
        pages = Pages(api, kind, example)
        found = list(pages.whole())
        if not found:
            place = example["from"] % len(pages.all)
            found = [*pages.walk(), *pages.before(place), *pages.after(place)]
        return found

    # A run for every object is dear, and so is a file.
    explore(api, verify, ROWS, examples, check, share=1.0 if kind == "list_messages" else 0.25)
