"""Batches of vector store files: many files at once, counted, listed and cancelled.

Covers VS-010 to VS-013, VS-033 to VS-037, VS-042, VS-046, VS-052, PAGE-018 and N-24.
"""

from __future__ import annotations

from typing import Any

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import judged
from assistants_conformance.scenario.stores import place, settled, text_file
from assistants_conformance.target import Api, Blocked
from assistants_conformance.target.reading import inner

STORES = ("vector_stores",)
FIELDS = tuple(f"VSB-F{number:02}" for number in range(1, 7))
BATCH = "get_vector_store_file_batch"


def made(api: Api, count: int) -> tuple[str, str, list[str]]:
    """Return a new store, a new batch in it, and the files of that batch."""
    files, store = [text_file(api) for _ in range(count)], api.store()["id"]
    return store, str(api.need(api.post_batch(store, files), "add a batch")["id"]), files


def listed(api: Api, store: str, batch: str, **query: Any) -> list[str]:
    return sorted(api.ids("list_vector_store_file_batch_files", query=query, **place(store, batch_id=batch)))


@requirement(
    "VS-010",
    "VS-011",
    "VS-013",
    "VS-033",
    "VS-035",
    "VS-037",
    "VS-042",
    "VS-046",
    "VS-051",
    "N-24",
    *FIELDS,
    needs=STORES,
)
def test_batch_is_added_read_and_listed(api: Api, verify: Verify) -> None:
    files, store = [text_file(api) for _ in range(3)], api.store()["id"]
    with judged(api, "VS-033", "VS-035", "VS-037", "VS-046", "N-24"):
        created = api.post_batch(store, files)
        verify.status("VS-010", created, 200)
        batch = api.need(created, "add a batch")["id"]
        verify.equal("VS-037", inner(created.json, "file_counts", "total"), len(files), created)
        shown = sorted(api.ids("list_vector_store_files", vector_store_id=store))
        verify("VS-010", shown == sorted(files), observed=f"files {shown}", expected=f"the files of the batch {files}")
        now = settled(api, BATCH, **place(store, batch_id=batch))
        answer = api.call(BATCH, **place(store, batch_id=batch))
    told = f"{now.get('status')} after {api.settings.run_timeout:.0f} s"
    verify("VS-042", now.get("status") != "in_progress", observed=told, expected="an end in bounded time")
    shown = (answer.status, answer.json.get("id"), answer.json.get("vector_store_id"))
    verify.equal("VS-011", shown, (200, batch, store), answer)
    verify.equal("VS-013", listed(api, store, batch), sorted(files))
    verify.equal("VS-051", sorted(api.ids("list_vector_store_files", vector_store_id=store)), sorted(files))


@requirement("VS-013", "VS-036", "VS-052", "PAGE-018", needs=STORES)
def test_finished_batches_list_their_own_files_and_are_not_cancelled(api: Api, verify: Verify) -> None:
    store, first, files = made(api, 2)
    others = [text_file(api) for _ in range(2)]
    second = str(api.need(api.post_batch(store, others), "add a second batch")["id"])
    for batch, own in ((first, files), (second, others)):
        verify.equal("VS-013", listed(api, store, batch), sorted(own))
    if settled(api, BATCH, **place(store, batch_id=first)).get("status") != "completed":
        raise Blocked("the batch was not completed")
    for status in ("completed", *api.some(("failed", "in_progress", "cancelled"))):
        wanted = sorted(files) if status == "completed" else []
        verify.equal("PAGE-018", (status, listed(api, store, first, filter=status)), (status, wanted))
    with judged(api, "VS-052"):
        answer = api.call("cancel_vector_store_file_batch", **place(store, batch_id=first))
        read = api.call(BATCH, **place(store, batch_id=first))
    verify.equal("VS-036", (answer.status, answer.json.get("status")), (200, "completed"), answer)
    verify.equal("VS-036", inner(read.json, "file_counts", "completed"), len(files), read)


@requirement("VS-012", "VS-037", "N-24", needs=STORES)
def test_open_batch_is_cancelled(api: Api, verify: Verify) -> None:
    store, batch, files = made(api, 5)
    with judged(api, "VS-012", "VS-037", "N-24"):
        answer = api.call("cancel_vector_store_file_batch", **place(store, batch_id=batch))
        verify.status("VS-012", answer, 200)
        verify.equal("VS-012", answer.json.get("id"), batch, answer)
        now = settled(api, BATCH, **place(store, batch_id=batch))
    told = f"{now.get('status')} with {now.get('file_counts')}"
    verify("VS-012", now.get("status") in ("cancelled", "completed"), observed=told, expected="cancelled or completed")
    verify.equal("VS-012", inner(now, "file_counts", "total"), len(files))


@requirement("VS-034", needs=STORES)
def test_limits_of_a_batch(api: Api, verify: Verify) -> None:
    def limit(operation: str) -> int:
        return int(api.profile.request_schema(operation)["properties"]["file_ids"]["maxItems"])

    most, store, file = limit("create_vector_store_file_batch"), api.store()["id"], text_file(api)
    # The limit of batches was raised in the life of a version, and a target may stand on either side of that.
    taken = min(most, limit("create_vector_store"))

    def entries() -> list[str]:
        return api.ids("list_vector_store_files", vector_store_id=store)

    verify.refused("VS-034", api.post_batch(store, []))
    verify.equal("VS-034", entries(), [])
    # One file named many times: hundreds of uploads would tell no more.
    if not api.post_batch(store, [file, file]).ok:
        raise Blocked(f"a file cannot be named twice, and {most + 1} files are not uploaded")
    verify.status("VS-034", api.post_batch(store, [file] * taken), 200)
    other = api.store()["id"]
    answer = api.post_batch(other, [file] * (most + 1))
    verify.refused("VS-034", answer)
    if not answer.ok:
        verify.equal("VS-034", api.ids("list_vector_store_files", vector_store_id=other), [], answer)
