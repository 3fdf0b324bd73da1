"""Files: upload, download, use by the tools, and what a deletion reaches."""

from __future__ import annotations

import pytest

from assistants_conformance.contract.documents import read
from tests.reference.conftest import MODEL

TABLE = [row["extension"] for row in read("file_types")["file_types"] if row["code_interpreter"]]


def _used(client, file_id):
    """Give a file to the code interpreter of a new assistant."""
    if client.profile.shape == "v1":
        body = {"file_ids": [file_id]}
    else:
        body = {"tool_resources": {"code_interpreter": {"file_ids": [file_id]}}}
    return client.post("/assistants", {"model": MODEL, "tools": [{"type": "code_interpreter"}], **body})


def test_upload_and_read(client):
    file = client.file("ほにゃらら データ.csv", b"a,b\n1,2\n")
    assert (file["filename"], file["bytes"], file["status"]) == ("ほにゃらら データ.csv", 8, "processed")
    assert client.get(f"/files/{file['id']}").json() == file
    listed = client.get("/files").json()
    assert listed["data"] == [file]
    told = {"azure-2024-02-15-preview": 0, "openai-v1": 1}.get(client.profile.id, 3)
    assert list(listed)[2:] in ([], ["has_more"], ["first_id", "last_id", "has_more"])
    assert len(listed) == 2 + told
    assert client.get("/files", purpose="fine-tune").json()["data"] == []
    assert client.delete(f"/files/{file['id']}").json() == {"id": file["id"], "object": "file", "deleted": True}
    for path in (f"/files/{file['id']}", f"/files/{file['id']}/content"):
        error = client.error(client.get(path), 404)
        assert (error["message"], error["param"]) == (f"No such File object: {file['id']}", "id")


def test_content(client):
    data = bytes(range(256)) * 300 + b"\r\n--boundary\r\n"
    file = client.file("data.zip", data)
    answer = client.get(f"/files/{file['id']}/content")
    if client.profile.platform == "openai":
        assert client.error(answer, 400)["message"] == "Not allowed to download files of purpose: assistants"
        purpose = "fine-tune" if client.profile.shape == "v1" else "vision"
        file = client.upload("image.png", data, purpose=purpose).json()
        answer = client.get(f"/files/{file['id']}/content")
    assert answer.content == data
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; filename=")


def test_extended_filename(client):
    form = (
        b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nassistants\r\n'
        b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename*=utf-8''%E3%81%BB.txt\r\n\r\nx\r\n--b--\r\n"
    )
    answer = client.send("POST", "/files", content=form, headers={"content-type": "multipart/form-data; boundary=b"})
    assert answer.json()["filename"] == "ほ.txt"


@pytest.mark.parametrize(
    "options",
    [
        {"data": {"purpose": "assistants"}},
        {"files": {"file": ("a.txt", b"a")}},
        {"files": {"file": ("a.txt", b"")}, "data": {"purpose": "assistants"}},
        {"files": {"file": ("a.txt", b"a")}, "data": {"purpose": "world_domination"}},
        {"json": {"purpose": "assistants"}},
        {"content": b"--b\r\nbroken", "headers": {"content-type": "multipart/form-data; boundary=b"}},
        {"content": b"", "headers": {"content-type": "multipart/form-data; boundary=b"}},
    ],
)
def test_refused_uploads(client, options):
    client.error(client.send("POST", "/files", **options), 400)
    assert client.get("/files").json()["data"] == []


def test_purpose_text(serve_as):
    client = serve_as("openai-v2")
    error = client.error(client.upload("a.txt", b"a", purpose="world_domination"), 400)
    purposes = "'fine-tune', 'assistants', 'batch', 'user_data', 'vision', 'evals'"
    assert error["message"] == f"'world_domination' is not one of [{purposes}] - 'purpose'"


@pytest.mark.parametrize("extension", TABLE)
def test_table_of_extensions(client, extension):
    for name, kind in (("a" + extension, "application/x-anything"), ("A" + extension.upper(), "text/plain")):
        answer = client.upload(name, b"content", kind=kind)
        assert _used(client, answer.json()["id"]).status_code == 200, name


@pytest.mark.parametrize("name", ["a.exe", "a", ".txt", "a.csv.exe", "a.mp3"])
def test_other_extensions_are_refused_at_use(client, name):
    file = client.file(name, b"content")
    error = client.error(_used(client, file["id"]), 400)
    assert file["id"] in error["message"]
    assert client.get("/assistants").json()["data"] == []


def test_platform_extensions(serve_as):
    for profile, status in (("openai-v2", 200), ("azure-2024-05-01-preview", 400)):
        client = serve_as(profile)
        assert _used(client, client.file("a.cs", b"x")["id"]).status_code == status


def test_unknown_and_unfit_files(client):
    client.error(_used(client, "assistant-none"), 404)
    file = client.upload("a.txt", b"x", purpose="fine-tune").json()
    client.error(_used(client, file["id"]), 400)
    assert client.get("/assistants").json()["data"] == []


def test_deletion_reaches_resources(second):
    file = second.file("a.txt", b"The sky is blue.")
    assistant = _used(second, file["id"]).json()
    tools = [{"type": "code_interpreter"}, {"type": "file_search"}]
    content = {"role": "user", "content": "x", "attachments": [{"file_id": file["id"], "tools": tools}]}
    thread = second.made("/threads", {"messages": [content]})
    assert thread["tool_resources"]["code_interpreter"] == {"file_ids": [file["id"]]}
    (store,) = thread["tool_resources"]["file_search"]["vector_store_ids"]
    assert second.server.world.store.vector_stores[store].expires_days == 7
    second.delete(f"/files/{file['id']}")
    assert second.get(f"/assistants/{assistant['id']}").json()["tool_resources"] == {
        "code_interpreter": {"file_ids": []}
    }
    assert "code_interpreter" not in second.get(f"/threads/{thread['id']}").json()["tool_resources"]
    assert second.server.world.store.vector_stores[store].files == {}


def test_empty_resources_of_a_thread(second):
    thread = second.thread()
    assert thread["tool_resources"] == {}
    assert second.get(f"/threads/{thread['id']}").json()["tool_resources"] == {"code_interpreter": {"file_ids": []}}


def test_store_helper(second):
    file = second.file("a.txt", b"x")
    search = {"vector_stores": [{"file_ids": [file["id"]]}], "vector_store_ids": None}
    body = {"model": MODEL, "tools": [{"type": "file_search"}], "tool_resources": {"file_search": search}}
    (store,) = second.made("/assistants", body)["tool_resources"]["file_search"]["vector_store_ids"]
    again = {"model": MODEL, "tools": [{"type": "file_search"}]}
    given = {"file_search": {"vector_store_ids": [store]}}
    assert second.made("/assistants", {**again, "tool_resources": given})["tool_resources"] == given
    both = {"file_search": {"vector_store_ids": [store], "vector_stores": [{}]}}
    second.error(second.post("/assistants", {**again, "tool_resources": both}), 400)
    unknown = {"file_search": {"vector_store_ids": ["vs_none"]}}
    second.error(second.post("/assistants", {**again, "tool_resources": unknown}), 404)


def test_files_of_first_shape_objects(serve_as):
    client = serve_as("azure-2024-02-15-preview")
    one, two = client.file("a.txt", b"x"), client.file("b.txt", b"y")
    assistant = client.assistant(file_ids=[one["id"]])
    path = f"/assistants/{assistant['id']}"
    attached = client.made(f"{path}/files", {"file_id": two["id"]})
    assert (attached["object"], attached["assistant_id"]) == ("assistant.file", assistant["id"])
    assert client.get(path).json()["file_ids"] == [one["id"], two["id"]]
    assert {row["id"] for row in client.get(f"{path}/files").json()["data"]} == {one["id"], two["id"]}
    assert client.get(f"{path}/files/{two['id']}").json() == attached
    gone = client.delete(f"{path}/files/{two['id']}").json()
    assert gone == {"id": two["id"], "object": "assistant.file.deleted", "deleted": True}
    client.error(client.get(f"{path}/files/{two['id']}"), 404)
    assert client.get(f"/files/{two['id']}").status_code == 200

    thread = client.thread()
    message = client.made(
        f"/threads/{thread['id']}/messages", {"role": "user", "content": "x", "file_ids": [one["id"]]}
    )
    assert message["file_ids"] == [one["id"]]
    path = f"/threads/{thread['id']}/messages/{message['id']}/files"
    (row,) = client.get(path).json()["data"]
    assert row == client.get(f"{path}/{one['id']}").json()
    assert (row["object"], row["message_id"]) == ("thread.message.file", message["id"])
    error = client.error(client.get(f"{path}/{two['id']}"), 404)
    assert error["message"] == f"No message file found with id '{two['id']}'."
