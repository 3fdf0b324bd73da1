"""Vector stores: their operations, states and counts, their expiry, and their end.

Covers VS-001 to VS-005, VS-015 to VS-023, VS-040, VS-043 to VS-048, VS-051, N-23 and N-24; what answers show is judged
in all traffic (observe.rules.vector_stores). Files and batches of stores, and what assistants and threads do with
stores, have suites of their own.
"""

from __future__ import annotations

from typing import Any

from assistants_conformance.scenario import Verify, pairs, requirement
from assistants_conformance.scenario.situations import able, judged
from assistants_conformance.scenario.stores import COUNTS, batched, eventually, named, place, settled, text_file
from assistants_conformance.target import Answer, Api, Blocked, NotApplicable
from assistants_conformance.target.reading import inner, unlike

POLICY = {"anchor": "last_active_at", "days": 3}
DAY = 86_400
STORES = ("vector_stores",)
FIELDS = tuple(f"VS-F{number:02}" for number in (*range(1, 12), 13))
#: Seconds after which a use of a moment ago is told apart from the one before.
LONG = 12


def get(api: Api, store: str) -> Answer:
    return api.call("get_vector_store", vector_store_id=store)


def modify(api: Api, store: str, **body: Any) -> Answer:
    return api.call("modify_vector_store", vector_store_id=store, json=body)


def days(api: Api) -> tuple[int, int]:
    """Return the least and the most days that a policy may have."""
    node = api.profile.request_schema("create_vector_store")["properties"]["expires_after"]["properties"]["days"]
    return node["minimum"], node["maximum"]


@requirement("VS-001", "VS-002", "VS-003", "VS-004", "VS-005", "VS-045", "VS-047", *FIELDS, needs=STORES)
def test_operations_answer_200(api: Api, verify: Verify) -> None:
    name = api.unique()
    created = api.post_store(name=name, metadata={"mark": name}, expires_after=POLICY)
    verify.status("VS-001", created, 200)
    store = api.need(created, "create a vector store")["id"]
    # A newer one, lest the newest is answered whatever is asked for.
    api.need(api.post_store(), "create another vector store")
    found = named(api, name)
    verify("VS-002", found == [store], observed=f"stores {found}", expected=f"the new {store}")
    changed_name = api.unique()
    changes = {"name": changed_name, "metadata": {"mark": changed_name}, "expires_after": {**POLICY, "days": 5}}
    changed = modify(api, store, **changes)
    read = get(api, store)
    for row, answer in (("VS-001", created), ("VS-004", changed), ("VS-003", read)):
        shown = (answer.status, answer.json.get("object"), answer.json.get("id"))
        verify.equal(row, shown, (200, "vector_store", store), answer)
    verify.equal("VS-047", created.json.get("name"), name, created)
    for answer in (changed, read):
        verify.equal("VS-004", {member: answer.json.get(member) for member in changes}, changes, answer)
    gone = api.call("delete_vector_store", vector_store_id=store)
    shown = (gone.status, *(gone.json.get(member) for member in ("id", "object", "deleted")))
    verify.equal("VS-005", shown, (200, store, "vector_store.deleted", True), gone)


@requirement(
    "VS-016", "VS-017", "VS-019", "VS-020", "VS-021", "VS-023", "VS-040", "VS-047", "N-23", "N-24", needs=STORES
)
def test_store_of_nothing_is_empty_and_completed(api: Api, verify: Verify) -> None:
    with judged(api, "VS-017", "VS-019", "VS-020", "VS-021", "VS-023", "VS-040", "VS-047", "N-23", "N-24"):
        created = api.post_store()
        verify.status("VS-016", created, 200)
        store = api.need(created, "create a vector store")["id"]
        api.need(get(api, store), "read a vector store")


@requirement("VS-018", "VS-021", "VS-042", "VS-051", "N-24", needs=STORES)
def test_store_with_files_is_in_progress_until_they_are_indexed(api: Api, verify: Verify) -> None:
    files = [text_file(api) for _ in range(3)]
    with judged(api, "VS-018", "VS-021", "N-24"):
        created = api.post_store(file_ids=files)
        store = api.need(created, "create a vector store with files")["id"]
        now = settled(api, "get_vector_store", vector_store_id=store)
    told = f"{now.get('status')} after {api.settings.run_timeout:.0f} s"
    verify("VS-042", now.get("status") != "in_progress", observed=told, expected="an end in bounded time")
    shown = sorted(api.ids("list_vector_store_files", vector_store_id=store))
    verify.equal("VS-051", (inner(now, "file_counts", "total"), shown), (len(files), sorted(files)))


@requirement("VS-016", needs=STORES)
def test_store_takes_so_many_files_at_once(api: Api, verify: Verify) -> None:
    most = api.profile.request_schema("create_vector_store")["properties"]["file_ids"]["maxItems"]
    file, name = text_file(api), api.unique()
    # One file named many times: hundreds of uploads would tell no more.
    full = api.post_store(file_ids=[file] * most)
    if not full.ok and not api.post_store(file_ids=[file, file]).ok:
        raise Blocked(f"a file cannot be named twice, and {most + 1} files are not uploaded")
    verify.status("VS-016", full, 200)
    answer = api.post_store(file_ids=[file] * (most + 1), name=name)
    verify.refused("VS-016", answer)
    if not answer.ok:
        verify.equal("VS-016", named(api, name), [], answer)


@requirement("VS-004", "VS-016", "VS-022", needs=STORES)
def test_limits_of_policy_and_metadata(api: Api, verify: Verify) -> None:
    least, most_days = days(api)
    node = api.profile.request_schema("create_vector_store")["properties"]["metadata"]
    full, metadata = pairs.full(node), pairs.beyond(node)
    policies = [{**POLICY, "days": number} for number in (least, most_days)]
    # All of it in one store; where that is refused, each by itself.
    together = api.post_store(expires_after=policies[0], metadata=full)
    given = [("VS-022", {"expires_after": policies[0]}), ("VS-016", {"metadata": full})]
    made = [(row, body, together if together.ok else api.post_store(**body)) for row, body in given]
    made.append(("VS-022", {"expires_after": policies[1]}, api.post_store(expires_after=policies[1])))
    for row, body, answer in made:
        verify.status(row, answer, 200)
        if "expires_after" in body:
            verify.equal(row, inner(answer.json, "expires_after", "days"), body["expires_after"]["days"], answer)
    taken = next((answer for *_, answer in made if answer.ok), None) or api.post_store(expires_after=POLICY)
    store = api.need(taken, "create a vector store with a policy")
    policies = [
        {**POLICY, "days": least - 1},
        {**POLICY, "days": most_days + 1},
        {**POLICY, "anchor": "created_at"},
        {"days": POLICY["days"]},
        {"anchor": POLICY["anchor"]},
    ]
    name = api.unique()
    for row, member, values in (("VS-022", "expires_after", policies), ("VS-016", "metadata", metadata)):
        for value in values:
            verify.refused(row, api.post_store(name=name, **{member: value}))
    there = named(api, name)
    for row in ("VS-022", "VS-016"):
        verify.equal(row, there, [])
    for row, member, values in (("VS-022", "expires_after", policies), ("VS-004", "metadata", metadata)):
        answers = [modify(api, store["id"], **{member: value}) for value in api.some(values)]
        for answer in answers:
            verify.refused(row, answer)
        if not any(answer.ok for answer in answers):
            verify.equal("ERR-024", get(api, store["id"]).json.get(member), store.get(member), answers[-1])


@requirement("VS-004", "VS-023", "N-23", needs=STORES, waits=True)
def test_only_a_new_policy_refreshes_a_store(api: Api, verify: Verify) -> None:
    name = api.unique()
    store = api.need(api.post_store(name=name, expires_after=POLICY), "create a vector store with a policy")["id"]
    changes = ({"name": api.unique()}, {"metadata": {"mark": name}}, {"expires_after": {**POLICY, "days": 7}})
    for seconds, change in zip((1, 1, LONG), changes, strict=True):
        api.wind(seconds)
        with judged(api, "VS-023", "N-23"):
            answer = modify(api, store, **change)
        verify.status("VS-004", answer, 200)


@requirement("VS-044")
def test_beta_header_is_neither_needed_nor_refused(api: Api, verify: Verify) -> None:
    beta, blocked = api.profile.beta_header, ""
    for operation in ("list_files", "list_vector_stores"):
        if operation == "list_vector_stores" and not (api.has(operation) and able(api, "vector_stores")):
            continue
        answers = [api.call(operation, headers={"OpenAI-Beta": header}) for header in (None, beta)]
        if not any(answer.ok for answer in answers):
            blocked = f"{operation} is answered neither with nor without the header: {answers[0].told}"
            continue
        for answer in answers:
            verify.status("VS-044", answer, 200)
    if blocked:
        raise Blocked(blocked)


def bodies(api: Api, store: str) -> list[tuple[str, dict[str, str], dict[str, Any]]]:
    """Return the operations with a body, with their paths and a sound body."""
    file, path = text_file(api), place(store)
    found: list[tuple[str, dict[str, str], dict[str, Any]]] = [
        ("create_vector_store", {}, {"name": api.unique()}),
        ("modify_vector_store", path, {"name": api.unique()}),
        ("create_vector_store_file", path, {"file_id": file}),
        ("create_vector_store_file_batch", path, {"file_ids": [file]}),
        ("search_vector_store", path, {"query": "a note"}),
    ]
    return [row for row in found if api.has(row[0])]


@requirement("ERR-010", needs=STORES)
def test_unknown_member_is_refused(api: Api, verify: Verify) -> None:
    store = api.store(name="A store.")["id"]
    for operation, path, body in bodies(api, store):
        answer = api.call(operation, json={**body, "conformance": 1}, **path)
        verify.refused("ERR-010", answer)
    read = get(api, store)
    shown = (read.json.get("name"), inner(read.json, "file_counts", "total"))
    verify("ERR-010", shown == ("A store.", 0), observed=read.told, expected="the store as before", answer=read)


@requirement("ERR-009", needs=STORES)
def test_missing_member_is_refused(api: Api, verify: Verify) -> None:
    store, asked = api.store(name="A store.")["id"], 0
    for operation, path, body in bodies(api, store):
        for member in api.profile.request_schema(operation).get("required", ()):
            asked += 1
            less = {key: value for key, value in body.items() if key != member}
            verify.refused("ERR-009", api.call(operation, json=less, **path))
    if not asked:
        raise NotApplicable("in this version no body of a store has a member that is required")


@requirement("ERR-004", needs=STORES)
def test_unknown_ids_answer_404(api: Api, verify: Verify) -> None:
    there, store = batched(api), api.store(name="A store.")["id"]
    file, other, batch = there["file"], there["store"], there["batch"]
    nowhere = unlike(api, store)
    for operation, path in (
        ("get_vector_store", place(nowhere)),
        ("delete_vector_store", place(nowhere)),
        ("list_vector_store_files", place(nowhere)),
        ("get_vector_store_file", place(store, file_id=file)),
        ("delete_vector_store_file", place(store, file_id=file)),
        ("get_vector_store_file_batch", place(store, batch_id=batch)),
        ("get_vector_store_file_batch", place(other, batch_id=unlike(api, batch))),
        ("list_vector_store_file_batch_files", place(store, batch_id=batch)),
        ("cancel_vector_store_file_batch", place(store, batch_id=batch)),
    ):
        verify.refused("ERR-004", api.call(operation, **path), 404)
    verify.refused("ERR-004", modify(api, nowhere, name="A store."), 404)


@requirement("VS-043", "VS-048", needs=STORES)
def test_deleted_store_takes_its_entries_along_and_leaves_its_files(api: Api, verify: Verify) -> None:
    there = batched(api)
    file, store, batch = there["file"], there["store"], there["batch"]
    api.need(api.call("delete_vector_store", vector_store_id=store), "delete a vector store")
    answer = api.call("get_file", file_id=file)
    verify.equal("VS-043", (answer.status, answer.json.get("id")), (200, file), answer)
    with judged(api, "VS-048"):
        get(api, store)
        api.call("list_vector_store_files", vector_store_id=store)
        api.call("get_vector_store_file", **place(store, file_id=file))
        api.call("get_vector_store_file_batch", **place(store, batch_id=batch))
        api.call("list_vector_store_file_batch_files", **place(store, batch_id=batch))
        api.call("delete_vector_store", vector_store_id=store)
    answer = api.post_store_file(store, file)
    verify.refused("VS-048", answer, 404)


@requirement("VS-015")
def test_version_has_no_vector_stores(api: Api, verify: Verify) -> None:
    unknown = "/vector_stores/vs_abcdefghijklmnopqrstuvwx"
    for method, path in (("GET", "/vector_stores"), ("POST", "/vector_stores"), ("GET", unknown), ("DELETE", unknown)):
        answer = api.send(method, path, json={"name": api.unique()} if method == "POST" else None)
        verify.refused("VS-015", answer, 404, 405)


def counted(api: Api, verify: Verify, store: str, total: int, seen: dict[str, Any] | None = None) -> None:
    """Check that a store comes to count so many files; it may have been `seen` just now."""
    if inner(seen, "file_counts", "total") != total:
        seen = eventually(api, lambda: get(api, store).json, lambda now: inner(now, "file_counts", "total") == total)
    told = {name: inner(seen, "file_counts", name) for name in COUNTS}
    verify("VS-051", told["total"] == total, observed=told, expected=f"total {total}")


@requirement("VS-020", "VS-051", needs=STORES)
def test_counts_follow_what_is_added_and_taken_out(api: Api, verify: Verify) -> None:
    store = api.store()["id"]
    files = [text_file(api) for _ in range(2)]
    for number, file in enumerate(files, 1):
        api.need(api.post_store_file(store, file), "add a file")
        # An entry is listed at once; a count may come a little later.
        listed = api.ids("list_vector_store_files", vector_store_id=store)
        verify.equal("VS-051", sorted(listed), sorted(files[:number]))
        if number < len(files):
            counted(api, verify, store, number)
    counted(api, verify, store, len(files), settled(api, "get_vector_store", vector_store_id=store))
    api.need(api.call("delete_vector_store_file", **place(store, file_id=files[0])), "take a file out")
    counted(api, verify, store, len(files) - 1)
    left = eventually(
        api, lambda: api.ids("list_vector_store_files", vector_store_id=store), lambda shown: files[0] not in shown
    )
    verify.equal("VS-051", sorted(left), sorted(files[1:]))
