"""What the judge says of vector stores where one exchange decides nothing and the order of several does."""

from __future__ import annotations

import json

import pytest

from assistants_conformance.contract import load_profile
from assistants_conformance.observe import Exchange, Judge, Request, Response

STORE, FILE, BATCH = "vs_" + "a" * 24, "assistant-" + "b" * 24, "vsfb_" + "c" * 32
HEADERS = {"content-type": "application/json"}


class Story:
    """A whole trace that is told exchange by exchange."""

    def __init__(self) -> None:
        self.judge = Judge(load_profile("azure-2024-05-01-preview"), closed=True)
        self.number = 0

    def tell(self, method: str, path: str, body: dict, sent: dict | None = None, status: int = 200) -> set[str]:
        self.number += 1
        content = json.dumps(sent).encode() if sent is not None else b""
        request = Request(method, f"/openai{path}?api-version=2024-05-01-preview", HEADERS, content)
        response = Response(status, HEADERS, json.dumps(body).encode())
        exchange = Exchange(request, response, "", self.number, self.number + 0.5)
        return {finding.requirement for finding in self.judge.observe(exchange)}

    def store(self, method: str = "GET", sent: dict | None = None, **changes) -> set[str]:
        made = sent is not None and method == "POST" and not self.number
        return self.tell(method, "/vector_stores" + ("" if made else f"/{STORE}"), store(**changes), sent)

    def add(self, **changes) -> set[str]:
        return self.tell("POST", f"/vector_stores/{STORE}/files", entry(**changes), {"file_id": FILE})

    def look(self, **changes) -> set[str]:
        return self.tell("GET", f"/vector_stores/{STORE}/files/{FILE}", entry(**changes))


def counts(**changes: int) -> dict[str, int]:
    parts = {"in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0, **changes}
    return {**parts, "total": sum(parts.values())}


def store(**changes) -> dict:
    return {
        "id": STORE, "object": "vector_store", "name": None, "status": "completed", "usage_bytes": 0,
        "created_at": 1_725_728_065, "file_counts": counts(), "metadata": {}, "expires_after": None, "expires_at": None,
        "last_active_at": 1_725_728_065, **changes,
    }  # fmt: skip


def entry(status: str = "completed", **changes) -> dict:
    return {
        "id": FILE, "object": "vector_store.file", "usage_bytes": 9 if status == "completed" else 0,
        "created_at": 1_725_728_065, "vector_store_id": STORE, "status": status, "last_error": None,
        "chunking_strategy": {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}},
        **changes,
    }  # fmt: skip


def batch(status: str) -> dict:
    done = {"completed": 1} if status == "completed" else {"in_progress": 1}
    return {
        "id": BATCH, "object": "vector_store.file_batch", "created_at": 1_725_728_065, "status": status,
        "vector_store_id": STORE, "file_counts": counts(**done),
    }  # fmt: skip


def test_new_name_is_no_use_of_a_store():
    story = Story()
    assert story.store("POST", {}) == set()
    assert story.store("POST", {"name": "A"}, name="A", last_active_at=1_725_728_165) == {"N-23"}


def test_use_between_may_have_refreshed_a_store():
    story = Story()
    story.store("POST", {})
    story.add(status="in_progress")
    assert story.store("POST", {"name": "A"}, name="A", last_active_at=1_725_728_165) == set()


@pytest.mark.parametrize(("kept", "found"), [(True, {"VS-052"}), (False, set())])
def test_file_that_is_added_again_begins_anew(kept, found):
    story = Story()
    story.store("POST", {})
    assert story.add(status="in_progress") == set()
    assert story.look() == set()
    if not kept:
        assert story.add(status="in_progress") == set()
    assert story.look(status="in_progress") == found


def test_file_that_the_store_has_may_be_answered_as_it_is():
    story = Story()
    story.store("POST", {})
    assert story.add() == {"VS-006"}
    assert story.add() == set()


def test_attachment_begins_a_file_anew():
    story = Story()
    story.store("POST", {})
    story.add(status="in_progress")
    story.look()
    thread = "thread_" + "d" * 24
    sent = {"role": "user", "content": "Look.", "attachments": [{"file_id": FILE, "tools": [{"type": "file_search"}]}]}
    story.tell("POST", f"/threads/{thread}/messages", {}, sent)
    assert story.look(status="in_progress") == set()


@pytest.mark.parametrize(("known", "found"), [(False, {"VS-010"}), (True, set())])
def test_batch_of_what_a_store_has_may_be_completed_at_once(known, found):
    story = Story()
    story.store("POST", {})
    if known:
        story.add(status="in_progress")
        story.look()
    sent = {"file_ids": [FILE]}
    assert story.tell("POST", f"/vector_stores/{STORE}/file_batches", batch("completed"), sent) == found


@pytest.mark.parametrize(("changed", "found"), [(False, {"VS-052"}), (True, set())])
def test_expired_store_comes_back_only_by_a_new_policy(changed, found):
    story = Story()
    old, new = ({"anchor": "last_active_at", "days": days} for days in (1, 2))
    story.store("POST", {"expires_after": old}, expires_after=old, expires_at=1_725_814_465)
    assert story.store(status="expired", expires_after=old, expires_at=1_725_814_465) == set()
    later = {"last_active_at": 1_725_900_000, "expires_at": 1_726_072_800, "expires_after": new}
    if changed:
        assert story.store("POST", {"expires_after": new}, **later) == set()
    assert "VS-052" in story.store(**later) or not found
    assert ("VS-052" in {finding.requirement for finding in story.judge.findings}) == bool(found)


@pytest.mark.parametrize(("filled", "found"), [(False, {"VS-017", "N-24"}), (True, set())])
def test_store_that_was_emptied_may_give_its_bytes_back_late(filled, found):
    story = Story()
    story.store("POST", {})
    if filled:
        story.add(status="in_progress")
        gone = {"id": FILE, "object": "vector_store.file.deleted", "deleted": True}
        assert story.tell("DELETE", f"/vector_stores/{STORE}/files/{FILE}", gone) == set()
    assert story.store(usage_bytes=17) == found


def test_deleted_store_is_gone_with_what_it_held():
    story = Story()
    story.store("POST", {})
    story.tell("DELETE", f"/vector_stores/{STORE}", {"id": STORE, "object": "vector_store.deleted", "deleted": True})
    empty = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
    assert story.tell("GET", f"/vector_stores/{STORE}/files", empty) == {"VS-048", "UAF-005"}
    assert story.store() == {"VS-048", "OBJ-007"}


@pytest.mark.parametrize(("more", "found"), [({}, {"VS-013"}), ({"data_sources": [{"type": "uri_asset"}]}, set())])
def test_source_of_data_puts_files_into_a_batch_that_nobody_named(more, found):
    story = Story()
    story.store("POST", {})
    story.tell("POST", f"/vector_stores/{STORE}/file_batches", batch("in_progress"), {"file_ids": ["other"], **more})
    page = {"object": "list", "data": [entry()], "first_id": FILE, "last_id": FILE, "has_more": False}
    assert story.tell("GET", f"/vector_stores/{STORE}/file_batches/{BATCH}/files", page) == found


@pytest.mark.parametrize(("more", "found"), [({}, {"VS-018"}), ({"configuration": {"data_sources": [{}]}}, set())])
def test_source_of_data_counts_beside_the_files_of_a_new_store(more, found):
    both = {"status": "in_progress", "file_counts": counts(in_progress=2)}
    assert Story().store("POST", {"file_ids": [FILE], **more}, **both) == found
