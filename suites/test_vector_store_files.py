"""Files of vector stores: adding, reading and taking out, what becomes of every type, and the file behind an entry.

Covers VS-006 to VS-009, VS-014, VS-030 to VS-032, VS-038, VS-039, VS-042, VS-050 to VS-052, VS-054, FILE-021,
PAGE-018 and N-25.
"""

from __future__ import annotations

from typing import Any

import pytest

from assistants_conformance.contract.documents import read
from assistants_conformance.scenario import Verify, pairs, requirement
from assistants_conformance.scenario.situations import judged
from assistants_conformance.scenario.stores import FACTS, eventually, filled, place, settled, text_file
from assistants_conformance.target import Answer, Api, Blocked, NotApplicable
from assistants_conformance.target.reading import inner, rows, unlike
from assistants_conformance.target.samples import sample

STORES = ("vector_stores",)
FIELDS = tuple(f"VSF-F{number:02}" for number in range(1, 10))
TYPES = {row["extension"]: row["mime_types"][0] for row in read("file_types")["file_types"] if row["file_search"]}
#: Images and archives: no text could be read from them in any way.
UNREADABLE = tuple(extension for extension in (".gif", ".jpg", ".png", ".tar", ".zip") if extension not in TYPES)


def get(api: Api, store: str, file: str) -> Answer:
    return api.call("get_vector_store_file", **place(store, file_id=file))


def entries(api: Api, store: str) -> list[str]:
    return sorted(api.ids("list_vector_store_files", vector_store_id=store))


def added(api: Api, store: str, file: str, **body: Any) -> dict[str, Any]:
    """Add a file to a store and return its entry as it ended, or as it still was when the time was over."""
    api.need(api.post_store_file(store, file, **body), "add a file to a vector store")
    return settled(api, "get_vector_store_file", **place(store, file_id=file))


@requirement("VS-006", "VS-007", "VS-008", "VS-009", "VS-030", "VS-031", "VS-042", "N-25", *FIELDS, needs=STORES)
def test_file_is_added_read_and_taken_out(api: Api, verify: Verify) -> None:
    other, file, store = text_file(api), text_file(api), api.store()["id"]
    # Another one, lest the only file is answered whatever is asked for.
    api.need(api.post_store_file(store, other), "add a file to a vector store")
    with judged(api, "VS-030", "VS-031", "N-25"):
        created = api.post_store_file(store, file)
        verify.status("VS-006", created, 200)
        api.need(created, "add a file to a vector store")
        verify("VS-006", file in entries(api, store), observed=f"{file} is not listed", expected="a file of the store")
        now = settled(api, "get_vector_store_file", **place(store, file_id=file))
    told = f"{now.get('status')} after {api.settings.run_timeout:.0f} s"
    verify("VS-042", now.get("status") != "in_progress", observed=told, expected="an end in bounded time")
    one = get(api, store, file)
    for row, answer in (("VS-006", created), ("VS-008", one)):
        shown = (answer.status, answer.json.get("object"), answer.json.get("id"), answer.json.get("vector_store_id"))
        verify.equal(row, shown, (200, "vector_store.file", file, store), answer)
    listed = api.call("list_vector_store_files", vector_store_id=store)
    shown = (listed.status, sorted(str(entry.get("id")) for entry in listed.data))
    verify.equal("VS-007", shown, (200, sorted((other, file))), listed)
    gone = api.call("delete_vector_store_file", **place(store, file_id=file))
    shown = (gone.status, *(gone.json.get(member) for member in ("id", "object", "deleted")))
    verify.equal("VS-009", shown, (200, file, "vector_store.file.deleted", True), gone)
    left = eventually(api, lambda: get(api, store, file), lambda answer: not answer.ok)
    verify.status("VS-009", left, 404)
    verify.equal("VS-009", eventually(api, lambda: entries(api, store), lambda shown: file not in shown), [other])
    kept = api.call("get_file", file_id=file)
    verify.equal("VS-009", (kept.status, kept.json.get("id")), (200, file), kept)


@requirement("VS-007", "PAGE-012", "PAGE-013", needs=STORES)
def test_list_of_files_is_paged(api: Api, verify: Verify) -> None:
    files = [text_file(api) for _ in range(3)]
    store = filled(api, *files)
    # Where each costs, one order stands for both.
    for order in ("asc",) if api.settings.effort.breadth else ("asc", "desc"):
        query = {"limit": 2, "order": order}
        found: list[str] = []
        for _ in range(len(files)):
            page = api.call(
                "list_vector_store_files", vector_store_id=store, query={**query, "after": found[-1] if found else None}
            )
            api_ids = [str(entry.get("id")) for entry in page.data]
            found += api_ids
            if page.json.get("has_more") is not True or not api_ids:
                break
        verify.equal("VS-007", sorted(set(found)), sorted(files))
        verify("PAGE-012", len(found) == len(set(found)), observed=found, expected="every file once")
        verify.equal("PAGE-013", page.json.get("has_more"), False, page)


@requirement("VS-050", "VS-031", "VS-032", "PAGE-018", needs=STORES)
def test_types_without_text_fail_at_use_and_are_listed_as_failed(api: Api, verify: Verify) -> None:
    good, store, files, refused = text_file(api), api.store()["id"], {}, []
    api.need(api.post_store_file(store, good), "add a file")
    for extension in api.some(UNREADABLE):
        uploaded = api.post_file(sample(extension), f"sample{extension}", None)
        verify.status("VS-050", uploaded, 200, 201)
        file = api.need(uploaded, f"upload a {extension} file")["id"]
        answer = api.post_store_file(store, file)
        if answer.ok:
            files[file] = extension
        else:
            verify.refused("VS-050", answer)
            refused.append(file)
    here = entries(api, store)
    verify("VS-050", not set(refused) & set(here), observed=here, expected="nothing that was refused")
    seen = {file: settled(api, "get_vector_store_file", **place(store, file_id=file)) for file in (good, *files)}
    _filtered(api, verify, store, good, seen)
    if not files:
        raise NotApplicable("the files were refused at once, so that no entry shows how one failed")
    for file, extension in files.items():
        now = seen[file]
        told = f"a {extension} file that is {now.get('status')} ({now.get('last_error')})"
        if not verify("VS-050", now.get("status") == "failed", observed=told, expected="failed with last_error"):
            raise Blocked(f"no failed entry to look at: {told}")
    read = api.call("get_vector_store", vector_store_id=store)
    verify.equal("VS-050", inner(read.json, "file_counts", "failed"), len(files), read)
    for file in files:
        verify.equal("VS-050", api.call("get_file", file_id=file).status, 200)


def _filtered(api: Api, verify: Verify, store: str, good: str, seen: dict[str, dict[str, Any]]) -> None:
    """Check that a filter of the list answers the files of a store that have come to a status, and no others."""
    wanted: dict[str, list[str]] = {"completed": [], "failed": [], "in_progress": [], "cancelled": []}
    for file, entry in seen.items():
        wanted.setdefault(str(entry.get("status")), []).append(file)
    if wanted["completed"] != [good]:
        verify.untold.setdefault("PAGE-018", f"the files of a store came to {wanted}")
        return
    for status, files in wanted.items():
        listed = api.ids("list_vector_store_files", vector_store_id=store, query={"filter": status})
        verify.equal("PAGE-018", (status, sorted(listed)), (status, sorted(files)))


@requirement("VS-052", needs=STORES, waits=True)
def test_indexed_file_stays_indexed(api: Api, verify: Verify) -> None:
    del verify  # The judge sees it.
    file, store = text_file(api), api.store()["id"]
    if added(api, store, file).get("status") != "completed":
        raise Blocked("the file was not indexed")
    with judged(api, "VS-052"):
        api.wind(5)
        api.need(api.post_store_file(store, text_file(api)), "add another file")
        get(api, store, file)
        settled(api, "get_vector_store", vector_store_id=store)
        get(api, store, file)
        entries(api, store)


@requirement("VS-054", needs=STORES)
def test_unknown_file_joins_no_store(api: Api, verify: Verify) -> None:
    unknown, store = unlike(api, text_file(api)), api.store()["id"]
    answer = api.post_store_file(store, unknown)
    if not answer.ok:
        verify.refused("VS-054", answer, 400, 404)
        verify.equal("VS-054", entries(api, store), [], answer)
        return
    now = settled(api, "get_vector_store_file", **place(store, file_id=unknown))
    verify("VS-054", now.get("status") == "failed", observed=now, expected="refused, or failed with file_not_found")


@requirement("FILE-021", needs=STORES)
def test_deleted_file_leaves_its_store(api: Api, verify: Verify) -> None:
    files = [text_file(api) for _ in range(2)]
    store = filled(api, *files)
    api.need(api.call("delete_file", file_id=files[0]), "delete a file")
    left = eventually(api, lambda: entries(api, store), lambda shown: files[0] not in shown)
    verify.equal("FILE-021", left, files[1:])
    answer = get(api, store, files[0])
    verify("FILE-021", answer.status == 404, observed=answer.told, expected="404", answer=answer)


def static(chunk: int, overlap: int) -> dict[str, Any]:
    return {"type": "static", "static": {"max_chunk_size_tokens": chunk, "chunk_overlap_tokens": overlap}}


ADDING = ("create_vector_store_file", "create_vector_store", "create_vector_store_file_batch")


def chunked(api: Api, operation: str, store: str, file: str, strategy: dict[str, Any]) -> Answer:
    """Add a file with a strategy, to a new store or to one that is there."""
    if operation == "create_vector_store":
        return api.post_store(file_ids=[file], chunking_strategy=strategy, metadata={"store": store})
    if operation == "create_vector_store_file":
        return api.post_store_file(store, file, chunking_strategy=strategy)
    return api.post_batch(store, [file], chunking_strategy=strategy)


@requirement("VS-038", "VS-039", needs=STORES)
@pytest.mark.parametrize("operation", ADDING)
def test_limits_of_chunking(api: Api, verify: Verify, operation: str) -> None:
    api.tries(operation, ADDING)
    node = api.profile.request_schema("create_vector_store_file")["properties"]["chunking_strategy"]["properties"]
    limits = node["static"]["properties"]["max_chunk_size_tokens"]
    least, most = limits["minimum"], limits["maximum"]
    store, added_to = api.store()["id"], []
    for strategy in api.some((static(least, least // 2), static(most, most // 2), {"type": "auto"}, static(1200, 250))):
        file = text_file(api)
        answer = chunked(api, operation, store, file, strategy)
        verify.status("VS-038", answer, 200)
        made = api.need(answer, f"add a file with chunking {strategy}")
        added_to.append(place(made["id"] if operation == "create_vector_store" else store, file_id=file))
    with judged(api, "VS-039"):
        for one in added_to:
            settled(api, "get_vector_store_file", **one)
    # Who makes stores of their own leaves this one alone.
    looked = operation != "create_vector_store"
    before, file = entries(api, store) if looked else [], text_file(api)
    beyond = (
        static(least - 1, 0),
        static(most + 1, 0),
        static(800, 401),
        {"type": api.unique()},
        static(800, -1),
        {"type": "static"},
    )
    for strategy in api.some(beyond, times=2):
        verify.refused("VS-038", chunked(api, operation, store, file, strategy))
    verify.unchanged("VS-038", before, entries(api, store) if looked else [], "files of the store")


def at_creation(api: Api) -> bool:
    """Say whether the version takes attributes where a file is added; it always takes them afterwards."""
    return "attributes" in api.profile.request_schema("create_vector_store_file")["properties"]


@requirement("VS-014", "VS-039", "VSF-F09", needs=STORES)
def test_attributes_of_a_file(api: Api, verify: Verify) -> None:
    file, other, store = text_file(api), text_file(api), api.store()["id"]
    path = place(store, file_id=file)
    given = {"attributes": {"shelf": "north", "row": 3}} if at_creation(api) else {}
    with judged(api, "VSF-F09", "VS-039"):
        api.need(api.post_store_file(store, file, **given), "add a file")
        now = settled(api, "get_vector_store_file", **path)
    if given:
        verify.equal("VS-014", now.get("attributes"), given["attributes"])
    node = api.profile.request_schema("modify_vector_store_file")["properties"]["attributes"]
    full = pairs.full(node)
    changed = api.call("modify_vector_store_file", **path, json={"attributes": full})
    verify.status("VS-014", changed, 200)
    for shown in (changed, get(api, store, file)):
        verify.equal("VS-014", shown.json.get("attributes"), full, shown)
    before = entries(api, store)
    for attributes in api.some((*pairs.beyond(node), {"key": ["v"]})):
        verify.refused("VS-014", api.call("modify_vector_store_file", **path, json={"attributes": attributes}))
        if at_creation(api):
            verify.refused("VS-014", api.post_store_file(store, other, attributes=attributes))
            verify.refused("VS-014", api.post_batch(store, [other], attributes=attributes))
    verify.unchanged("VS-014", before, entries(api, store), "files of the store")
    verify.equal("VS-014", get(api, store, file).json.get("attributes"), full)


def facts(api: Api) -> tuple[str, dict[str, str]]:
    """Return a store that holds the files that no model knows, and their ids by name.

    Raises:
        Blocked: they are not indexed.
    """

    def make() -> dict[str, Any]:
        files = {name: text_file(api, text, name) for name, text in FACTS.items()}
        return {"store": filled(api, *files.values()), "files": files}

    lent = api.lent("a store of facts", make)
    return lent["store"], lent["files"]


@requirement("VS-014", needs=STORES)
def test_content_of_a_file_can_be_read(api: Api, verify: Verify) -> None:
    store, files = facts(api)
    name, text = next(iter(FACTS.items()))
    answer = api.call("get_vector_store_file_content", **place(store, file_id=files[name]))
    verify.status("VS-014", answer, 200)
    shown = "".join(str(part.get("text")) for part in answer.data)
    verify("VS-014", text in shown, observed=answer.told, expected=f"the text {text!r}", answer=answer)


@requirement("VS-014", "VS-049", needs=STORES)
def test_store_can_be_searched(api: Api, verify: Verify) -> None:
    if not api.has("search_vector_store"):
        raise NotApplicable("in this version a store is searched by runs only")
    store, files = facts(api)
    query = {"query": FACTS["kestrel.txt"], "max_num_results": 5}
    answer = api.call("search_vector_store", vector_store_id=store, json=query)
    verify.status("VS-014", answer, 200)
    found = [row.get("file_id") for row in rows(answer.json.get("data"))]
    verify("VS-014", set(found) <= set(files.values()), observed=found, expected="files of the store", answer=answer)
    best = files["kestrel.txt"]
    verify(
        "VS-014", found[:1] == [best], observed=found, expected=f"{best}, which holds the query, first", answer=answer
    )
    one = api.call("search_vector_store", vector_store_id=store, json={**query, "max_num_results": 1})
    verify.equal("VS-014", len(rows(one.json.get("data"))), 1, one)
    with judged(api, "VS-049"):
        api.call("search_vector_store", vector_store_id=store, json=query)


@requirement("VS-014", needs=STORES)
def test_limits_of_a_search(api: Api, verify: Verify) -> None:
    node = api.profile.request_schema("search_vector_store")["properties"]
    count, score = node["max_num_results"], node["ranking_options"]["properties"]["score_threshold"]
    store, _ = facts(api)

    def ask(**options: Any) -> Answer:
        return api.call("search_vector_store", vector_store_id=store, json={"query": "A note.", **options})

    for bound, step in (("minimum", -1), ("maximum", 1)):
        number, threshold = ({"max_num_results": count[bound]}, {"ranking_options": {"score_threshold": score[bound]}})
        both = ask(**number, **threshold)
        for options in (number, threshold):
            verify.status("VS-014", both if both.ok else ask(**options), 200)
        verify.refused("VS-014", ask(max_num_results=count[bound] + step))
        verify.refused("VS-014", ask(ranking_options={"score_threshold": score[bound] + step * 0.1}))
