"""Vector stores in use: given to assistants and threads, made by threads and messages, searched by runs, expired.

Covers ASST-022, ASST-023, THR-011, MSG-016, VS-024 to VS-027, VS-029, VS-043, VS-049, VS-053 and VS-056. What a model
writes decides nothing: looked at are the stores, the steps and the files that annotations name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import TRIES, has_ended, judged
from assistants_conformance.scenario.stores import (
    FACTS,
    QUESTION,
    SEARCH,
    adopted,
    ask_anew,
    asking,
    filled,
    named,
    place,
    reader,
    results,
    searched,
    settled,
    start_search,
    store_ids,
    text_file,
    with_store,
)
from assistants_conformance.target import Answer, Api, Blocked, NotApplicable
from assistants_conformance.target.handing import message_files
from assistants_conformance.target.reading import inner, notes

if TYPE_CHECKING:
    from collections.abc import Callable

NEEDS = ("vector_stores", "file_search")
HELPER = {"anchor": "last_active_at", "days": 7}
DAY = 86_400
#: How long a run waits for the files of its thread; seconds.
WAIT = 60


def store_of(api: Api, store: str) -> Answer:
    return api.call("get_vector_store", vector_store_id=store)


def cited(api: Api, thread: str, run: str) -> list[str]:
    """Return the files that the citations of a run name."""
    found = [note for message in api.messages(thread, run_id=run) for note in notes(message, "file_citation")]
    return [str(inner(note, "file_citation", "file_id")) for note in found]


# -- given to assistants and threads ---------------------------------------------------------------------------------


ONE = ("ASST-022", "VS-027")


def _one_store(
    api: Api, verify: Verify, kind: str, create: Callable[..., Answer], stores: tuple[str, str], rules: tuple[str, ...]
) -> None:
    first, second = stores
    params, mark = {f"{kind}_id": ""}, {"mark": api.unique()}
    made = create(metadata=mark, **with_store(first))
    for rule in rules:
        verify.status(rule, made, 200)
    params[f"{kind}_id"] = api.need(made, f"create a {kind} with a vector store")["id"]
    for rule in rules:
        verify.equal(rule, store_ids(made.json), [first], made)
        verify.refused(rule, create(**with_store(first, second)))
    changed = api.call(f"modify_{kind}", json=with_store(first, second), **params)
    for rule in rules:
        verify.refused(rule, changed)
    if not changed.ok:
        read = api.call(f"get_{kind}", **params)
        verify.equal("ERR-024", (store_ids(read.json), read.json.get("metadata")), ([first], mark), read)
    moved = api.call(f"modify_{kind}", json=with_store(second), **params)
    for rule in rules:
        verify.status(rule, moved, 200)
        verify.equal(rule, store_ids(api.call(f"get_{kind}", **params).json), [second])


@requirement(*ONE, needs=NEEDS)
def test_assistants_and_threads_take_one_store(api: Api, verify: Verify) -> None:
    def assistant(**body: Any) -> Answer:
        return api.post_assistant(instructions="Be brief.", tools=[SEARCH], **body)

    stores = api.store()["id"], api.store()["id"]
    _one_store(api, verify, "assistant", assistant, stores, ONE)
    _one_store(api, verify, "thread", api.post_thread, stores, ONE)


def _assistants(api: Api, name: str) -> list[Any]:
    """Return the ids of the assistants of a name among the newest."""
    listed = api.call("list_assistants", query={"limit": 100})
    if not listed.ok:
        raise Blocked(f"could not list: {listed.told}")
    return [item.get("id") for item in listed.data if item.get("name") == name]


@requirement("ASST-023", needs=NEEDS)
def test_assistant_makes_a_store_in_place(api: Api, verify: Verify) -> None:
    file, name, mark = text_file(api), api.unique(), {"mark": api.unique()}

    def create(**search: Any) -> Answer:
        body = {"instructions": "Be brief.", "tools": [SEARCH], "name": name}
        return api.post_assistant(**body, tool_resources={"file_search": search})

    wanted = [{"file_ids": [file], "metadata": mark}]
    made = create(vector_stores=wanted)
    verify.status("ASST-023", made, 200)
    assistant = api.need(made, "create an assistant with a store in place")["id"]
    stores = store_ids(made.json)
    verify("ASST-023", len(stores) == 1, observed=made.told, expected="the id of one new store", answer=made)
    if not stores:
        raise Blocked("no store of the assistant to look at")
    store = adopted(api, stores[0])
    verify.equal("ASST-023", (store.status, store.json.get("metadata")), (200, mark), store)
    verify.equal("ASST-023", api.ids("list_vector_store_files", vector_store_id=stores[0]), [file])
    known = {assistant}
    for nulled in (
        {"vector_stores": wanted, "vector_store_ids": None},
        {"vector_stores": None, "vector_store_ids": stores},
    ):
        answer = create(**nulled)
        verify.status("ASST-023", answer, 200)
        known.add(answer.json.get("id"))
    beyond = ({"vector_stores": wanted, "vector_store_ids": stores}, {"vector_stores": [{}, {}]})
    answers = [create(**one) for one in beyond]
    for answer in answers:
        verify.refused("ASST-023", answer)
    listed = _assistants(api, name)
    if not known.intersection(listed):
        raise Blocked("assistants made just now are not among the newest, so the list proves nothing")
    more = [one for one in listed if one not in known]
    verify("ASST-023", not more, observed=f"{len(more)} more assistants", expected="none made", answer=answers[-1])
    if api.profile.platform != "foundry":
        changes = {"tool_resources": {"file_search": {"vector_stores": wanted}}}
        verify.refused("ASST-023", api.call("modify_assistant", assistant_id=assistant, json=changes))
    read = api.call("get_assistant", assistant_id=assistant)
    verify.equal("ASST-023", store_ids(read.json), stores, read)


@requirement("THR-011", "VS-024", needs=NEEDS)
def test_thread_makes_a_store_in_place(api: Api, verify: Verify) -> None:
    file = text_file(api)
    made = api.post_thread(tool_resources={"file_search": {"vector_stores": [{"file_ids": [file]}]}})
    verify.status("THR-011", made, 200)
    thread = api.need(made, "create a thread with a store in place")["id"]
    read = api.call("get_thread", thread_id=thread)
    for answer in (made, read):
        stores = store_ids(answer.json)
        verify("THR-011", len(stores) == 1, observed=answer.told, expected="the id of one new store", answer=answer)
    if not stores:
        raise Blocked("no store of the thread to look at")
    verify.equal("THR-011", api.ids("list_vector_store_files", vector_store_id=stores[0]), [file])
    store = adopted(api, stores[0])
    for rule in ("THR-011", "VS-024"):
        verify.equal(rule, store.json.get("expires_after"), HELPER, store)
    both = {"vector_stores": [{}], "vector_store_ids": stores}
    for beyond in ({"vector_stores": [{}, {}]}, both):
        verify.refused("THR-011", api.post_thread(tool_resources={"file_search": beyond}))


@requirement("MSG-016", "VS-024", needs=NEEDS)
def test_attachments_make_one_store_and_fill_it(api: Api, verify: Verify) -> None:
    files, thread = [text_file(api) for _ in range(2)], api.thread()["id"]
    shown: list[list[str]] = []
    for file in files:
        answer = api.post_message(thread, "Look into the file.", **message_files(api, file, tool="file_search"))
        verify.status("MSG-016", answer, 200)
        api.need(answer, "attach a file")
        shown.append(store_ids(api.call("get_thread", thread_id=thread).json))
    verify("MSG-016", len(shown[0]) == 1, observed=shown[0], expected="a store of the thread")
    verify.equal("MSG-016", shown[1], shown[0])
    if not shown[0]:
        raise Blocked("no store of the thread to look at")
    verify.equal("MSG-016", sorted(api.ids("list_vector_store_files", vector_store_id=shown[0][0])), sorted(files))
    store = adopted(api, shown[0][0])
    verify.equal("VS-024", store.json.get("expires_after"), HELPER, store)


@requirement("MSG-016", needs=NEEDS)
def test_attachment_joins_the_store_that_the_thread_has(api: Api, verify: Verify) -> None:
    before, file = text_file(api), text_file(api)
    store = api.store(file_ids=[before])["id"]
    thread = api.thread(**with_store(store))["id"]
    answer = api.post_message(thread, "Look into the file.", **message_files(api, file, tool="file_search"))
    api.need(answer, "attach a file")
    verify.equal("MSG-016", store_ids(api.call("get_thread", thread_id=thread).json), [store])
    verify.equal("MSG-016", sorted(api.ids("list_vector_store_files", vector_store_id=store)), sorted((before, file)))


# -- searched by runs ------------------------------------------------------------------------------------------------


@requirement("VS-025", "VS-043", "VS-049", "VS-053", needs=NEEDS, waits=True)
def test_run_searches_its_store_until_it_is_deleted(api: Api, verify: Verify) -> None:
    there = searched(api)
    run, own, found = there["run"], sorted(there["files"].values()), results(there["steps"])
    _refreshed(api, verify, there)
    names = cited(api, run["thread_id"], run["id"])
    strange = [file for file in (*found, *names) if file not in own]
    told = f"results {found}, citations {names}; a file with the same sentence lies in no store"
    verify("VS-053", not strange, observed=told, expected=f"only files of the store: {own}")
    _not_searched_any_more(api, verify, there)
    if not names:
        raise Blocked("the model cited no file")
    # That the results come best first, the judge sees in the steps.
    if not found and api.profile.platform == "azure":
        raise NotApplicable("in this version steps show no results")
    if len(found) < 2:
        raise Blocked("the search shows no two results")


def _refreshed(api: Api, verify: Verify, there: dict[str, Any]) -> None:
    """Check that a run was a use of its store."""
    answer, before = store_of(api, there["store"]), there["before"]
    if not isinstance(before, int):
        verify.untold.setdefault("VS-025", f"last_active_at is {before!r}")
        return
    now = answer.json.get("last_active_at")
    told = f"last_active_at {now!r} after a run, {before} before it"
    verify("VS-025", isinstance(now, int) and now > before, observed=told, expected=f"above {before}", answer=answer)


def _not_searched_any_more(api: Api, verify: Verify, there: dict[str, Any]) -> None:
    """Delete a store, and check that the assistant which named it finds nothing there."""
    api.need(api.call("delete_vector_store", vector_store_id=there["store"]), "delete a vector store")
    started = ask_anew(api, there["assistant"])
    if not started.ok:
        verify("VS-043", 400 <= started.status < 500, observed=started.told, expected="refused, or no result")
        return
    run = api.finished(api.need(started, "create a run"))
    shown = [*results(api.steps(run)), *cited(api, run["thread_id"], run["id"])]
    told = f"a run that is {run.get('status')} and found {shown}"
    lost = set(there["files"].values())
    verify("VS-043", not set(shown) & lost, observed=told, expected="no file of the deleted store")


@requirement("VS-029", needs=NEEDS)
def test_run_waits_for_the_files_of_its_thread(api: Api, verify: Verify) -> None:
    assistant = reader(api)
    for _ in range(TRIES):
        word = api.unique()
        text = FACTS["kestrel.txt"] + "\n" + "\n".join(f"Line {number} of {word}." for number in range(20_000))
        given = message_files(api, text_file(api, text), tool="file_search")
        shown = api.thread(messages=[{"role": "user", "content": QUESTION, **given}])
        thread = shown["id"]
        stores = store_ids(shown) or store_ids(api.call("get_thread", thread_id=thread).json)
        if not stores:
            raise Blocked("the thread shows no store of its attachment")
        run = {**api.need(start_search(api, thread, assistant), "create a run"), "thread_id": thread}
        if inner(adopted(api, stores[0]).json, "file_counts", "in_progress"):
            break
    else:
        raise Blocked("the files were indexed before a run had begun")
    # What a run did not wait for may be indexed a moment after it has ended.
    run = api.finished(run, "completed", eager=True)
    waited = int(run.get("completed_at") or 0) - int(run.get("created_at") or 0)
    answer = store_of(api, stores[0])
    open_files = inner(answer.json, "file_counts", "in_progress")
    told = f"completed after {waited} s with {open_files} files in progress"
    expected = f"none in progress, or {WAIT} s waited"
    verify("VS-029", open_files == 0 or waited >= WAIT, observed=told, expected=expected, answer=answer)


# -- expired ---------------------------------------------------------------------------------------------------------


@requirement("VS-023", "VS-026", "VS-056", needs=NEEDS)
def test_expired_store_fails_its_runs_and_a_new_one_mends_them(api: Api, verify: Verify) -> None:
    api.affords(DAY + 60)
    file = text_file(api, FACTS["kestrel.txt"], "kestrel.txt")
    with judged(api, "VS-023"):
        store = filled(api, file, expires_after={**HELPER, "days": 1})
    thread, assistant = asking(api, **with_store(store)), reader(api)
    api.wind(DAY + 60)
    answer = store_of(api, store)
    told = f"{answer.json.get('status')} {DAY + 60} s after its last use, expires_at {answer.json.get('expires_at')}"
    if not verify("VS-056", answer.json.get("status") == "expired", observed=told, expected="expired", answer=answer):
        raise Blocked(f"the store did not expire: {told}")
    started = start_search(api, thread, assistant)
    if started.ok:
        run = api.finished({**api.need(started, "create a run"), "thread_id": thread})
        told = f"a run that ended {run.get('status')}"
        verify("VS-026", run.get("status") == "failed", observed=told, expected="failed", answer=started)
    else:
        verify.refused("VS-026", started, 400, 404, 409)
    changed = api.call("modify_thread", thread_id=thread, json=with_store(filled(api, file)))
    verify.status("VS-026", changed, 200)
    again = start_search(api, thread, assistant)
    verify.status("VS-026", again, 200)
    run = {**api.need(again, "create a run with the new store"), "thread_id": thread}
    run = api.finished(run) if not has_ended(api, run) else run
    if run.get("status") != "completed":
        # Nobody is accused where searches do not come to an end with any store.
        searched(api)
    told = f"a run with the new store that ended {run.get('status')}"
    verify("VS-026", run.get("status") == "completed", observed=told, expected="completed", answer=again)


@requirement("VS-056", needs=NEEDS)
def test_store_of_a_thread_expires_after_seven_days(api: Api, verify: Verify) -> None:
    api.affords(HELPER["days"] * DAY)
    thread = api.thread(tool_resources={"file_search": {"vector_stores": [{"file_ids": [text_file(api)]}]}})
    stores = store_ids(thread)
    if not stores:
        raise Blocked("the thread shows no store")
    settled(api, "get_vector_store", **place(stores[0]))
    api.wind(HELPER["days"] * DAY - 600)
    early = store_of(api, stores[0])
    told = f"{early.json.get('status')} before expires_at {early.json.get('expires_at')}"
    verify("VS-056", early.json.get("status") == "completed", observed=told, expected="completed", answer=early)
    api.wind(660)
    late = store_of(api, stores[0])
    told = f"{late.json.get('status')} after expires_at {late.json.get('expires_at')}"
    verify("VS-056", late.json.get("status") == "expired", observed=told, expected="expired", answer=late)


@requirement("VS-056", needs=("vector_stores",))
def test_store_without_a_policy_stays(api: Api, verify: Verify) -> None:
    api.affords(366 * DAY)
    name = api.unique()
    store = api.store(name=name)["id"]
    api.wind(366 * DAY)
    answer = store_of(api, store)
    verify.equal("VS-056", (answer.json.get("status"), answer.json.get("expires_at")), ("completed", None), answer)
    verify.equal("VS-056", named(api, name), [store])
