"""Vector stores: the index, counts, batches, expiry, and what runs have to do with them."""

from __future__ import annotations

import io
import zipfile

import pytest

from assistants_conformance.contract import load_profile, profile_ids
from assistants_conformance.reference.state import StoredFile
from assistants_conformance.reference.text import text_of
from assistants_conformance.target.samples import sample
from tests.reference.conftest import MODEL

DAY = 86_400
SEARCH = [{"type": "file_search"}]
SECOND = [name for name in profile_ids(runnable=False) if load_profile(name).shape == "v2"]


@pytest.fixture(params=SECOND)
def client(request, serve_as):
    return serve_as(request.param)


def counts(**given):
    told = dict.fromkeys(("in_progress", "completed", "failed", "cancelled"), 0) | given
    return {**told, "total": sum(told.values())}


def notes(client, number=3):
    return [client.file(f"{place}.txt", f"Note {place} of the lighthouse.".encode())["id"] for place in range(number)]


def store(client, **body):
    return client.made("/vector_stores", body)


def path(made):
    return f"/vector_stores/{made['id']}"


def read(client, *parts):
    answer = client.get("/".join(parts))
    assert answer.status_code == 200, answer.text
    return answer.json()


def waited(client, seconds=10):
    client.server.clock.advance(seconds)


def test_empty_store(client):
    made = store(client)
    assert (made["object"], made["name"], made["status"], made["usage_bytes"]) == ("vector_store", None, "completed", 0)
    assert made["file_counts"] == counts()
    assert (made["expires_after"], made["expires_at"]) == (None, None)
    assert ("description" in made) == (client.profile.id == "openai-v2")
    assert read(client, path(made)) == made
    assert read(client, "/vector_stores")["data"] == [made]


def test_indexing_takes_its_time(client):
    files = notes(client)
    made = store(client, file_ids=files)
    assert (made["status"], made["file_counts"], made["usage_bytes"]) == ("in_progress", counts(in_progress=3), 0)
    listed = read(client, path(made), "files")["data"]
    assert {row["id"] for row in listed} == set(files)
    assert {(row["status"], row["usage_bytes"], row["last_error"]) for row in listed} == {("in_progress", 0, None)}
    waited(client)
    made = read(client, path(made))
    assert (made["status"], made["file_counts"]) == ("completed", counts(completed=3))
    assert made["usage_bytes"] == sum(row["usage_bytes"] for row in read(client, path(made), "files")["data"]) > 0


def test_a_large_file_takes_longer(client):
    made = store(client, file_ids=[client.file("a.txt", b"word " * 2_000_000)["id"]])
    waited(client, 5)
    assert read(client, path(made))["status"] == "in_progress"
    waited(client, 10)
    assert read(client, path(made))["status"] == "completed"


@pytest.mark.parametrize(
    ("name", "data", "cause"),
    [
        ("a.conformance", b"text", 0),
        ("a.csv", b"a,b\n", 0),
        ("a.txt", b" \n", 1),
        ("a.txt", b"\x00\x01\x02", 1),
        ("a.docx", b"PK\x03\x04 no package", 1),
    ],
)
def test_what_cannot_be_indexed_fails(client, name, data, cause):
    old = client.profile.id == "azure-2024-05-01-preview"
    codes = ("unhandled_mime_type", "parsing_error") if old else ("unsupported_file", "invalid_file")
    file, made = client.file(name, data)["id"], store(client)
    added = client.made(f"{path(made)}/files", {"file_id": file})
    assert (added["status"], added["last_error"]) == ("in_progress", None)
    waited(client)
    entry = read(client, path(made), "files", file)
    assert (entry["status"], entry["usage_bytes"], entry["last_error"]["code"]) == ("failed", 0, codes[cause])
    made = read(client, path(made))
    assert (made["status"], made["file_counts"]) == ("completed", counts(failed=1))


@pytest.mark.parametrize("extension", [".pdf", ".docx", ".pptx", ".doc", ".md", ".cs"])
def test_text_of_every_kind_of_file(client, extension):
    file = client.file(f"a{extension}", sample(extension, "lighthouse"))["id"]
    made = store(client, file_ids=[file])
    waited(client)
    assert read(client, path(made))["file_counts"] == counts(completed=1)
    stored = client.server.world.store.files[file]
    assert "lighthouse" in text_of(stored)


def test_text_of_odd_files():
    def text(data):
        return text_of(StoredFile("file-1", 0, 0, "a", "assistants", data))

    assert text("Grüße".encode("utf-16")) == "Grüße"
    assert text(b"\xd0\xcf\x11\xe0\x00\x00" + "An old document".encode("utf-16-le")) == "An old document"
    assert text(b"%PDF-1.7 stream\nx\nendstream") == "(a document)"
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("other.xml", "<a>text</a>")
    assert text(target.getvalue()) == ""


def test_chunking_is_shown(client):
    file, made = notes(client, 1)[0], store(client)
    default = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}
    own = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 50}}
    for given, shown in ((None, default), ({"type": "auto"}, default), (own, own)):
        body = {"file_id": file, **({} if given is None else {"chunking_strategy": given})}
        assert client.made(f"{path(made)}/files", body)["chunking_strategy"] == shown
    own["static"]["chunk_overlap_tokens"] = 51
    error = client.error(client.post(f"{path(made)}/files", {"file_id": file, "chunking_strategy": own}), 400)
    assert error["param"] == "chunking_strategy.static.chunk_overlap_tokens"
    client.error(client.post("/vector_stores", {"chunking_strategy": own}), 400)
    assert len(read(client, "/vector_stores")["data"]) == 1


def test_file_is_taken_out(client):
    one, two, _ = files = notes(client)
    made = store(client, file_ids=files)
    gone = client.delete(f"{path(made)}/files/{one}").json()
    assert gone == {"id": one, "object": "vector_store.file.deleted", "deleted": True}
    client.error(client.get(f"{path(made)}/files/{one}"), 404)
    assert client.get(f"/files/{one}").status_code == 200
    client.delete(f"/files/{two}")
    assert read(client, path(made))["file_counts"]["total"] == 1


def test_refused_additions(client):
    made, file = store(client), notes(client, 1)[0]
    for where, body in (
        ("files", {"file_id": "assistant-none"}),
        ("file_batches", {"file_ids": [file, "assistant-none"]}),
    ):
        client.error(client.post(f"{path(made)}/{where}", body), 404)
    wrong = client.upload("a.txt", b"a", purpose="fine-tune")
    if wrong.status_code == 200:
        client.error(client.post(f"{path(made)}/files", {"file_id": wrong.json()["id"]}), 400)
    client.error(client.post(f"{path(made)}/file_batches", {"file_ids": []}), 400)
    client.error(client.post("/vector_stores", {"file_ids": ["assistant-none"]}), 404)
    client.error(client.post("/vector_stores", {"file_ids": [file] * 501}), 400)
    assert read(client, path(made))["file_counts"] == counts()
    assert len(read(client, "/vector_stores")["data"]) == 1


def test_swapped_ids(client):
    made, file = store(client), notes(client, 1)[0]
    error = client.error(client.delete(f"/vector_stores/{file}/files/{made['id']}"), 404)
    assert error["message"] == f"No vector store found with id '{file}'."


def test_batch(client):
    files, made = notes(client), store(client)
    batch = client.made(f"{path(made)}/file_batches", {"file_ids": files[:2]})
    assert (batch["object"], batch["status"]) == ("vector_store.file_batch", "in_progress")
    assert batch["file_counts"] == counts(in_progress=2)
    client.made(f"{path(made)}/files", {"file_id": files[2]})
    where = f"{path(made)}/file_batches/{batch['id']}"
    listed = read(client, where, "files")["data"]
    assert {row["id"] for row in listed} == set(files[:2])
    assert "usage_bytes" not in listed[0]
    assert "chunking_strategy" not in listed[0]
    waited(client)
    assert read(client, where) == {**batch, "status": "completed", "file_counts": counts(completed=2)}
    assert client.post(f"{where}/cancel").json()["status"] == "completed"
    assert read(client, path(made))["file_counts"] == counts(completed=3)
    client.error(client.get(f"{path(made)}/file_batches/vsfb_none"), 404)


def test_cancelled_batch(client):
    files, made = notes(client), store(client)
    batch = client.made(f"{path(made)}/file_batches", {"file_ids": files})
    where = f"{path(made)}/file_batches/{batch['id']}"
    assert client.post(f"{where}/cancel").json()["status"] == "in_progress"
    assert read(client, where) == {**batch, "status": "cancelled", "file_counts": counts(cancelled=3)}
    made = read(client, path(made))
    assert (made["status"], made["file_counts"]) == ("completed", counts(cancelled=3))
    waited(client)
    assert read(client, where)["status"] == "cancelled"


def test_filter(client):
    files = [*notes(client, 1), client.file("a.exe", b"x")["id"]]
    made = store(client, file_ids=files)
    waited(client)
    for status, expected in (("completed", files[:1]), ("failed", files[1:]), ("in_progress", []), ("cancelled", [])):
        answer = client.get(f"{path(made)}/files", filter=status)
        assert [row["id"] for row in answer.json()["data"]] == expected
    client.error(client.get(f"{path(made)}/files", filter="done"), 400)


def test_expiry(client):
    policy = {"anchor": "last_active_at", "days": 2}
    made = store(client, expires_after=policy)
    assert made["expires_at"] == made["last_active_at"] + 2 * DAY
    waited(client, 100)
    for change in ({"name": "A"}, {"metadata": {"a": "b"}}):
        assert client.made(path(made), change)["last_active_at"] == made["last_active_at"]
    changed = client.made(path(made), {"expires_after": {**policy, "days": 1}})
    assert changed["last_active_at"] >= made["last_active_at"] + 100
    assert changed["expires_at"] == changed["last_active_at"] + DAY
    waited(client, DAY - 10)
    assert read(client, path(made))["status"] == "completed"
    waited(client, 10)
    assert read(client, path(made))["status"] == "expired"
    assert client.made(path(made), {"expires_after": None})["expires_at"] is None
    for wrong in ({**policy, "days": 0}, {**policy, "days": 366}, {"days": 1}, {"anchor": "created_at", "days": 1}):
        client.error(client.post(path(made), {"expires_after": wrong}), 400)


def _asked(client, thread, **body):
    return client.run(thread, client.assistant(tools=SEARCH, **body))


def _helped(client, *files):
    """A thread with a store of these files."""
    search = {"file_search": {"vector_stores": [{"file_ids": list(files)}]}}
    message = {"role": "user", "content": "What is in note 0?"}
    return client.made("/threads", {"tool_resources": search, "messages": [message]})


def _of(thread):
    return {"id": thread["tool_resources"]["file_search"]["vector_store_ids"][0]}


def test_expired_store_fails_its_runs(client):
    thread = _helped(client, *notes(client))
    assert read(client, path(_of(thread)))["expires_after"] == {"anchor": "last_active_at", "days": 7}
    waited(client, 7 * DAY)
    run = client.settled(_asked(client, thread))
    assert run["status"] == "failed"
    assert _of(thread)["id"] in run["last_error"]["message"]
    fresh = store(client, file_ids=notes(client))["id"]
    client.made(f"/threads/{thread['id']}", {"tool_resources": {"file_search": {"vector_store_ids": [fresh]}}})
    assert client.settled(_asked(client, thread))["status"] == "completed"


def test_run_refreshes_its_stores(client):
    thread, own = _helped(client, *notes(client)), store(client)
    waited(client, DAY)
    resources = {"file_search": {"vector_store_ids": [own["id"]]}}
    run = client.settled(_asked(client, thread, tool_resources=resources))
    for made in (_of(thread), own):
        assert read(client, path(made))["last_active_at"] >= run["created_at"]
    idle = read(client, path(own))["last_active_at"]
    waited(client, DAY)
    assert client.settled(client.run(thread, client.assistant()))["status"] == "completed"
    assert read(client, path(own))["last_active_at"] == idle


def test_run_waits_for_the_files_of_its_thread_only(client):
    slow = client.file("slow.txt", b"word " * 1_000_000)["id"]
    thread = _helped(client, slow)
    run = _asked(client, thread)
    waited(client, 4)
    assert client.read(run)["status"] == "in_progress"
    waited(client, 4)
    assert client.read(run)["status"] == "completed"
    assert any(step["type"] == "tool_calls" for step in client.steps(run))

    own = store(client, file_ids=[slow])["id"]
    other = client.thread("What is in the file?")
    run = client.settled(_asked(client, other, tool_resources={"file_search": {"vector_store_ids": [own]}}))
    assert run["status"] == "completed"
    assert read(client, path({"id": own}))["status"] == "in_progress"


def test_run_waits_no_longer_than_a_minute(client):
    thread = _helped(client, client.file("slow.txt", b"word " * 20_000_000)["id"])
    run = _asked(client, thread)
    waited(client, 55)
    assert client.read(run)["status"] == "in_progress"
    waited(client, 6)
    assert client.read(run)["status"] == "completed"
    assert read(client, path(_of(thread)))["status"] == "in_progress"


def test_waiting_run_can_be_cancelled(client):
    run = _asked(client, _helped(client, client.file("slow.txt", b"word " * 20_000_000)["id"]))
    assert client.read(run)["status"] == "in_progress"
    client.cancel(run)
    assert client.settled(run)["status"] == "cancelled"


def test_search_of_a_run(client):
    texts = (b"A harbour has many ships.", b"The lighthouse of Alexandria was tall.", b"The lighthouse is white.")
    files = [client.file(f"{place}.txt", text)["id"] for place, text in enumerate(texts)]
    thread = _helped(client, *files)
    tool = {"type": "file_search", "file_search": {"max_num_results": 2}}
    content = {"role": "user", "content": "How tall was the lighthouse of Alexandria?"}
    client.post(f"/threads/{thread['id']}/messages", content)
    run = client.settled(client.run(thread, client.assistant(tools=[tool])))
    (step,) = [step for step in client.steps(run) if step["type"] == "tool_calls"]
    told = step["step_details"]["tool_calls"][0]["file_search"]
    if client.profile.id == "azure-2024-05-01-preview":
        assert told == {}
    else:
        assert told["ranking_options"] == {"ranker": "default_2024_08_21", "score_threshold": 0.0}
        assert [row["file_id"] for row in told["results"]] == [files[1], files[2]]
        scores = [row["score"] for row in told["results"]]
        assert scores == sorted(scores, reverse=True)
    (message,) = [row for row in client.messages(thread["id"]) if row["role"] == "assistant"]
    cited = [row["file_citation"]["file_id"] for row in message["content"][0]["text"]["annotations"]]
    assert cited == [files[1], files[2]]


@pytest.mark.parametrize("ranking", [5, "x", {"score_threshold": "high", "ranker": 7}])
def test_odd_options_of_a_search_do_no_harm(client, ranking):
    tool = {"type": "file_search", "file_search": {"ranking_options": ranking}}
    answer = client.post("/assistants", {"model": MODEL, "tools": [tool]})
    if answer.status_code == 200:
        run = client.settled(client.run(_helped(client, *notes(client)), answer.json()))
        assert run["status"] == "completed"


def test_threshold_of_a_search(serve_as):
    client = serve_as("openai-v2")
    thread = _helped(client, *notes(client))
    options = {"ranking_options": {"score_threshold": 1.0}}
    run = client.settled(client.run(thread, client.assistant(tools=[{"type": "file_search", "file_search": options}])))
    told = client.steps(run)[0]["step_details"]["tool_calls"][0]["file_search"]
    assert (told["ranking_options"]["score_threshold"], told["results"]) == (1.0, [])


def test_attachments_share_the_store_of_the_thread(client):
    one, two = notes(client, 2)
    thread = client.thread()
    for file in (one, two, two):
        body = {"role": "user", "content": "x", "attachments": [{"file_id": file, "tools": SEARCH}]}
        client.made(f"/threads/{thread['id']}/messages", body)
    made = _of(read(client, f"/threads/{thread['id']}"))
    assert read(client, path(made))["expires_after"]["days"] == 7
    assert {row["id"] for row in read(client, path(made), "files")["data"]} == {one, two}
    assert len(read(client, "/vector_stores")["data"]) == 1


def test_deleted_store(client):
    (file,) = notes(client, 1)
    thread = _helped(client, file)
    made = _of(thread)
    assert client.delete(path(made)).json() == {"id": made["id"], "object": "vector_store.deleted", "deleted": True}
    for where in (path(made), f"{path(made)}/files"):
        error = client.error(client.get(where), 404)
        assert error["message"] == f"No vector store found with id '{made['id']}'."
    assert client.get(f"/files/{file}").status_code == 200
    run = client.settled(_asked(client, thread))
    assert run["status"] == "completed"
    assert [step["type"] for step in client.steps(run)] == ["message_creation"]
    resources = {"file_search": {"vector_store_ids": [made["id"]]}}
    client.error(client.post("/assistants", {"model": MODEL, "tools": SEARCH, "tool_resources": resources}), 404)


@pytest.mark.parametrize("where", ["/assistants", "/threads"])
def test_one_store_each(client, where):
    stores = [store(client)["id"] for _ in range(2)]
    body = {"model": MODEL, "tools": SEARCH} if where == "/assistants" else {}
    two = {"file_search": {"vector_store_ids": stores}}
    client.error(client.post(where, {**body, "tool_resources": two}), 400)
    made = client.made(where, {**body, "tool_resources": {"file_search": {"vector_store_ids": stores[:1]}}})
    client.error(client.post(f"{where}/{made['id']}", {"tool_resources": two}), 400)


def test_direct_search(serve_as):
    client = serve_as("openai-v2")
    files, made = notes(client), store(client)
    for place, file in enumerate(files):
        body = {"file_id": file, "attributes": {"place": place, "kind": "note"}}
        assert client.made(f"{path(made)}/files", body)["attributes"] == body["attributes"]
    waited(client)
    found = client.made(f"{path(made)}/search", {"query": "lighthouse", "max_num_results": 2})
    assert (found["object"], found["search_query"], found["has_more"]) == (
        "vector_store.search_results.page",
        ["lighthouse"],
        False,
    )
    assert len(found["data"]) == 2
    assert found["data"][0]["attributes"] == {"place": 0, "kind": "note"}
    late = {"type": "gte", "key": "place", "value": 1}
    first = {"type": "eq", "key": "place", "value": 0}
    for condition, expected in (
        (late, files[1:]),
        (first, files[:1]),
        ({"type": "or", "filters": [late, first]}, files),
        ({"type": "and", "filters": [late, first]}, []),
        ({"type": "gt", "key": "kind", "value": 1}, []),
    ):
        answer = client.made(f"{path(made)}/search", {"query": ["lighthouse"], "filters": condition})
        assert [row["file_id"] for row in answer["data"]] == expected, condition
    deep = first
    for _ in range(100):
        deep = {"type": "and", "filters": [deep]}
    for wrong in ({"type": "like"}, {"type": "and"}, {"type": "or", "filters": ["x"]}, deep):
        client.error(client.post(f"{path(made)}/search", {"query": "a", "filters": wrong}), 400)
    client.error(client.post(f"{path(made)}/search", {"query": "a", "max_num_results": 51}), 400)
    content = read(client, path(made), "files", files[0], "content")
    assert content["data"] == [{"type": "text", "text": "Note 0 of the lighthouse."}]
    changed = client.made(f"{path(made)}/files/{files[0]}", {"attributes": {"place": 7}})
    assert changed["attributes"] == read(client, path(made), "files", files[0])["attributes"] == {"place": 7}


def test_later_calls_are_unknown_to_the_first_version(second):
    made = store(second)
    assert second.post(f"{path(made)}/search", {"query": "a"}).status_code == 404


def test_no_stores_in_the_first_shape(serve_as):
    client = serve_as("azure-2024-02-15-preview")
    assert client.get("/vector_stores").status_code == 404
    assert client.post("/vector_stores").status_code == 404
