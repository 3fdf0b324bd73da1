"""Files: what an upload takes and answers, lists, downloads, deletions, and files in use.

Covers FILE-001 to FILE-032, the members of a file (FILE-F..) and, in the v1 shape, the files of assistants and of
messages (ASF-F.., MSF-F..). What the answer to an upload or a deletion must hold is judged in all traffic; here it is
brought about.
"""

from __future__ import annotations

from typing import Any

import pytest

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.target import Answer, Api, Blocked, NotApplicable, Part, form
from assistants_conformance.target.handing import assistant_with, handed, message_files, message_with
from assistants_conformance.target.prompts import CODE_INTERPRETER, PICTURE
from assistants_conformance.target.samples import sample

IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"RIFF")
#: A deletion may take a moment until every holder of the file has heard of it.
TRIES = 5


def upload(api: Api, *parts: Part) -> Answer:
    body, kind = form(*parts)
    return api.call("upload_file", content=body, content_type=kind)


def listed(api: Api, **query: str) -> list[dict[str, Any]]:
    """Every entry of the list of files, which has cursors on some servers only."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    seen: set[str] = set()
    for _ in range(api.settings.page_limit):
        answer = api.call("list_files", query={**query, "after": cursor})
        if not answer.ok or not isinstance(answer.json.get("data"), list):
            raise Blocked(f"could not list files: {answer.told}")
        found += answer.data
        cursor = answer.json.get("last_id")
        if answer.json.get("has_more") is not True or not isinstance(cursor, str) or cursor in seen:
            break
        seen.add(cursor)
    return found


def nothing_left(api: Api, verify: Verify, answers: dict[str, Answer]) -> None:
    """Refused uploads, by their names, must not be in the list; accepted ones were told under another requirement."""
    gone = {name: answer for name, answer in answers.items() if not answer.ok}
    if not gone:
        raise Blocked("every upload was accepted, so nothing was refused")
    there = listed(api)
    for name, answer in gone.items():
        left = [file.get("id") for file in there if file.get("filename") == name]
        verify("FILE-032", not left, observed=f"the list holds {left}", expected=f"no file {name!r}", answer=answer)


def never_given(api: Api, identifier: str) -> str:
    """An id of the same form that names nothing."""
    return identifier[:-12] + api.chance.digits(12)


def images_of(messages: list[dict[str, Any]]) -> list[str]:
    contents = [message.get("content") for message in messages]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    pictures = [part.get("image_file") for part in parts if isinstance(part, dict)]
    return [str(picture["file_id"]) for picture in pictures if isinstance(picture, dict) and "file_id" in picture]


# -- uploads ---------------------------------------------------------------------------------------------------------


@requirement("FILE-001", "FILE-002", "FILE-003")
@pytest.mark.parametrize("first", ["purpose", "file"])
def test_upload_takes_its_parts_in_any_order(api: Api, verify: Verify, first: str) -> None:
    purpose = Part("purpose", b"assistants")
    file = Part("file", sample(".csv"), f"{api.unique()}.csv", "text/csv")
    answer = upload(api, *((purpose, file) if first == "purpose" else (file, purpose)))
    verify.status("FILE-001", answer, 200, 201)
    api.need(answer, "upload a file")


@requirement("FILE-001", "FILE-008", "FILE-009", "FILE-023", "FILE-032", "ERR-014", "ERR-029")
def test_upload_of_nothing_or_for_no_known_purpose_is_refused(api: Api, verify: Verify) -> None:
    names = [f"{api.unique()}{extension}" for extension in (".csv", ".txt", ".csv")]
    verify.refused("FILE-001", upload(api, Part("purpose", b"assistants")))
    aimless = upload(api, Part("file", sample(".csv"), names[0], "text/csv"))
    verify.refused("FILE-001", aimless)
    empty = api.post_file(b"", names[1], "text/plain")
    verify.refused("FILE-023", empty)
    answer = api.post_file(sample(".csv"), names[2], purpose=api.unique("purpose"))
    for identifier in ("FILE-008", "FILE-009", "ERR-014"):
        verify.refused(identifier, answer)
    if not answer.ok:
        told = answer.error.get("message")
        named = isinstance(told, str) and "assistants" in told
        verify("ERR-029", named, observed=answer.told, expected="a message that names the purposes", answer=answer)
    nothing_left(api, verify, dict(zip(names, (aimless, empty, answer), strict=True)))


STEMS = ("résumé", "売上データ", "two words")


@requirement("FILE-013", "FILE-002", "FILE-003", "FILE-012")
@pytest.mark.parametrize("stem", STEMS)
def test_name_and_size_are_kept(api: Api, verify: Verify, stem: str) -> None:
    api.tries(stem, STEMS)
    content = f"{api.unique()}\r\ndrei Äpfel\r\n\r\n".encode()
    filename = f"{api.unique()} {stem}.txt"
    file = api.file(content, filename, "text/plain")
    again = api.call("get_file", file_id=file["id"])
    for name, expected in (("filename", filename), ("bytes", len(content))):
        verify.equal("FILE-013", file.get(name), expected)
        verify.equal("FILE-013", again.json.get(name), expected, again)


# -- lists, reads, deletions -----------------------------------------------------------------------------------------

MEMBERS = [f"FILE-F0{number}" for number in range(1, 10)]


@requirement("FILE-004", "FILE-005", "FILE-006", "FILE-011", "FILE-012", "FILE-025", "FILE-031", *MEMBERS)
def test_file_is_listed_read_and_deleted(api: Api, verify: Verify) -> None:
    names = [f"{api.unique()}.txt" for _ in range(2)]
    kept, file = (api.file(sample(".txt", api.unique()), name, "text/plain") for name in names)
    for operation, params in (("list_files", {}), ("get_file", {"file_id": file["id"]})):
        verify.status("FILE-004", api.call(operation, **params), 200)
    both = [entry.get("id") for entry in listed(api) if entry.get("id") in (kept["id"], file["id"])]
    verify(
        "FILE-031",
        sorted(both) == sorted((kept["id"], file["id"])),
        observed=f"of the two uploads the list holds {both}",
        expected=f"{file['id']} and {kept['id']}, each once",
    )
    for one, name in zip((kept, file), names, strict=True):
        answer = api.call("get_file", file_id=one["id"])
        verify.equal("FILE-004", (answer.json.get("id"), answer.json.get("filename")), (one["id"], name), answer)
    for identifier, name, kind in (("FILE-F08", "status_details", str), ("FILE-F09", "expires_at", int)):
        value = file.get(name)
        verify(
            identifier, value is None or type(value) is kind, observed=value, expected=f"{name} absent, null or {kind}"
        )
    deleted = api.call("delete_file", file_id=file["id"])
    verify.status("FILE-004", deleted, 200, 204)
    if not deleted.ok:
        raise Blocked(f"the file could not be deleted: {deleted.told}")
    left = [entry.get("id") for entry in listed(api) if entry.get("id") in (kept["id"], file["id"])]
    verify(
        "FILE-031",
        left == [kept["id"]],
        observed=f"after the deletion the list holds {left} of the two",
        expected=f"{kept['id']} alone",
    )
    verify.status("FILE-031", api.call("get_file", file_id=file["id"]), 404)


@requirement("FILE-022", "ERR-004", "ERR-006")
def test_unknown_file_answers_404(api: Api, verify: Verify) -> None:
    identifier = api.file(sample(".txt"), "unknown.txt", "text/plain")["id"]
    never, reads = never_given(api, identifier), ("get_file", "get_file_content")
    for operation in (*reads, "delete_file"):
        answer = api.call(operation, file_id=never)
        for row in ("FILE-022", "ERR-004"):
            verify.refused(row, answer, 404)
    api.call("delete_file", file_id=identifier)
    for operation in reads:
        verify.refused("FILE-022", api.call(operation, file_id=identifier), 404)


# -- content ---------------------------------------------------------------------------------------------------------


def _purposes(api: Api) -> list[str]:
    """The purposes that an upload can have in the profile."""
    return list(api.profile.request_schema("upload_file")["properties"]["purpose"]["enum"])


def _training(api: Api) -> bytes:
    """Examples for a fine-tuning, with both kinds of line end."""
    turns = '{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "%s"}'
    lines = [f'{{"messages": [{turns % api.unique()}]}}' for _ in range(12)]
    return "\r\n".join(lines[:6]).encode() + b"\n" + "\n".join(lines[6:]).encode() + b"\n"


@requirement("FILE-004", "FILE-018", "FILE-020", needs=("content_download",))
def test_content_comes_back_byte_for_byte(api: Api, verify: Verify) -> None:
    openai = api.profile.platform == "openai"
    # A PNG holds both kinds of line end and bytes that are no text: whatever rewrites content shows.
    purpose, extension = ("vision" if openai else "assistants"), ".png"
    if purpose not in _purposes(api):
        purpose, extension = "fine-tune", ".jsonl"
    sent = [_training(api) if extension == ".jsonl" else sample(extension, api.unique()) for _ in range(2)]
    kind = "application/octet-stream"
    files = [api.file(content, f"{api.unique()}{extension}", kind, purpose)["id"] for content in sent]
    answers = [api.call("get_file_content", file_id=file) for file in files]
    if not openai and all(answer.status == 400 for answer in answers):
        raise NotApplicable("the target hands out no uploaded file")
    for answer, content in zip(answers, sent, strict=True):
        verify.status("FILE-004", answer, 200)
        if answer.ok:
            raw = answer.exchange.response.json is None
            verify("FILE-018", raw, observed="JSON around the content", expected="the raw bytes", answer=answer)
            got = answer.exchange.response.body
            told = f"{len(got)} bytes, {got[:60]!r}..."
            verify("FILE-020", got == content, observed=told, expected=f"the {len(content)} bytes sent", answer=answer)
    if not all(answer.ok for answer in answers):
        raise Blocked(f"no content: {answers[0].told}")


@requirement("FILE-017", needs=("content_download",))
@pytest.mark.parametrize("purpose", ["assistants", "user_data"])
def test_content_of_uploads_for_assistants_is_kept_back(api: Api, verify: Verify, purpose: str) -> None:
    if purpose not in _purposes(api):
        raise NotApplicable(f"this version has no purpose {purpose}")
    file = api.file(sample(".txt", api.unique()), f"{api.unique()}.txt", "text/plain", purpose)
    verify.refused("FILE-017", api.call("get_file_content", file_id=file["id"]))


@requirement("FILE-017", needs=("content_download",))
@pytest.mark.parametrize("purpose", ["batch", "vision", "fine-tune"])
def test_content_of_other_uploads_is_handed_out(api: Api, verify: Verify, purpose: str) -> None:
    if purpose not in _purposes(api) or (purpose == "fine-tune" and "vision" in _purposes(api)):
        raise NotApplicable(f"this version has no purpose {purpose}, or others to show it")
    line = b'{"custom_id": "1", "method": "POST", "url": "/v1/embeddings", "body": {"model": "m", "input": "x"}}\n'
    content, extension = (line, ".jsonl") if purpose == "batch" else (sample(".png", api.unique()), ".png")
    if purpose == "fine-tune":
        content, extension = _training(api), ".jsonl"
    file = api.file(content, f"{api.unique()}{extension}", "application/octet-stream", purpose)
    verify.status("FILE-017", api.call("get_file_content", file_id=file["id"]), 200)


@requirement("FILE-004", "FILE-010", "FILE-018", "FILE-019", needs=("code_interpreter", "content_download"))
def test_generated_image_can_be_downloaded(api: Api, verify: Verify) -> None:
    run = api.chat(PICTURE, tools=[CODE_INTERPRETER])
    images = images_of(api.messages(run["thread_id"]))
    if not images:
        raise Blocked("the run ended without an image")
    file = api.call("get_file", file_id=images[0])
    verify.status("FILE-004", file, 200)
    verify.equal("FILE-010", file.json.get("purpose"), "assistants_output", file)
    content = api.call("get_file_content", file_id=images[0])
    verify.status("FILE-004", content, 200)
    if not content.ok:
        raise Blocked(f"the image could not be downloaded: {content.told}")
    body = content.exchange.response.body
    raw = content.exchange.response.json is None
    verify("FILE-018", raw, observed="JSON around the content", expected="the raw bytes", answer=content)
    verify(
        "FILE-019",
        body.startswith(IMAGES),
        observed=f"{body[:16]!r}...",
        expected="PNG, JPEG, GIF or WebP",
        answer=content,
    )


# -- files in use ----------------------------------------------------------------------------------------------------


@requirement("FILE-007", needs=("code_interpreter",))
def test_file_can_be_given_to_assistants_and_messages(api: Api, verify: Verify) -> None:
    file = api.file(sample(".csv", api.unique()), f"{api.unique()}.csv")
    verify.equal("FILE-007", file.get("purpose"), "assistants")
    assistant = assistant_with(api, file["id"])
    verify.status("FILE-007", assistant, 200)
    verify.equal("FILE-007", handed(assistant.json), [file["id"]], assistant)
    verify.status("FILE-007", message_with(api, api.thread()["id"], file["id"]), 200)


@requirement("FILE-021", needs=("code_interpreter",))
def test_deleted_file_leaves_its_holders(api: Api, verify: Verify) -> None:
    file = api.file(sample(".csv", api.unique()), f"{api.unique()}.csv")["id"]
    assistant = api.need(assistant_with(api, file), "give a file to an assistant")
    thread = api.thread(tool_resources={"code_interpreter": {"file_ids": [file]}})
    if file not in handed(assistant) or file not in handed(thread):
        raise Blocked("assistant and thread do not show the file that they were given")
    deleted = api.call("delete_file", file_id=file)
    if not deleted.ok:
        raise Blocked(f"the file could not be deleted: {deleted.told}")
    for operation, params in (
        ("get_assistant", {"assistant_id": assistant["id"]}),
        ("get_thread", {"thread_id": thread["id"]}),
    ):
        for _ in range(TRIES):
            answer = api.call(operation, **params)
            if file not in handed(answer.json):
                break
            api.pause(1)
        gone = answer.ok and file not in handed(answer.json)
        verify("FILE-021", gone, observed=answer.told, expected=f"no {file} in the resources", answer=answer)


@requirement("FILE-024", needs=("code_interpreter",))
def test_unknown_file_is_refused_by_assistants(api: Api, verify: Verify) -> None:
    name = api.unique()
    unknown = never_given(api, api.file()["id"])
    answer = assistant_with(api, unknown, name=name)
    verify.refused("FILE-024", answer, 400, 404)
    if not answer.ok:
        made = [item.get("id") for item in api.walk("list_assistants") if item.get("name") == name]
        verify("FILE-024", not made, observed=f"the assistant {made} was made", expected="nothing made", answer=answer)


@requirement("FILE-024", needs=("code_interpreter",))
def test_unknown_file_is_refused_by_threads_and_messages(api: Api, verify: Verify) -> None:
    unknown = never_given(api, api.file()["id"])
    thread = api.thread()["id"]
    answer = message_with(api, thread, unknown)
    verify.refused("FILE-024", answer, 400, 404)
    if not answer.ok:
        left = api.ids("list_messages", thread_id=thread)
        verify("FILE-024", not left, observed=f"the message {left} was made", expected="nothing made", answer=answer)
    message = {"role": "user", "content": "Look at the file.", **message_files(api, unknown)}
    verify.refused("FILE-024", api.post_thread(messages=[message]), 400, 404)
    if api.v2:
        resources = {"code_interpreter": {"file_ids": [unknown]}}
        verify.refused("FILE-024", api.post_thread(tool_resources=resources), 400, 404)


@requirement("FILE-026", needs=("code_interpreter",))
def test_text_comes_in_three_encodings(api: Api, verify: Verify) -> None:
    files = []
    for encoding in ("utf-8", "utf-16", "ascii"):
        text = f"{api.unique()}\n" + ("" if encoding == "ascii" else "Grüße, 日本\n")
        answer = api.post_file(text.encode(encoding), f"{api.unique()}.txt", "text/plain")
        verify.status("FILE-026", answer, 200, 201)
        if answer.ok:
            files.append(api.need(answer, "upload a file")["id"])
    used = assistant_with(api, *files)
    verify.status("FILE-026", used, 200)
    if used.ok:
        verify.equal("FILE-026", sorted(map(str, handed(used.json))), sorted(set(files)), used)


@requirement("FILE-027", needs=("code_interpreter",))
def test_unsupported_extension_is_refused_in_time(api: Api, verify: Verify) -> None:
    uploaded = api.post_file(b"\x00\x01\x02", f"{api.unique()}.conformance", "application/octet-stream")
    if not uploaded.ok:
        verify.refused("FILE-027", uploaded)
        return
    file = api.need(uploaded, "upload a file")
    used = assistant_with(api, file["id"])
    if used.ok and _fails_in_a_store(api, file["id"]):
        verify("FILE-027", True, observed="failed as a vector store file", expected="failed")
        return
    verify.refused("FILE-027", used)


def _fails_in_a_store(api: Api, file: str) -> bool:
    """Whether a vector store says of a file that it failed; a target without stores cannot say it."""
    if not api.v2:
        return False
    resources = {"file_search": {"vector_stores": [{"file_ids": [file]}]}}
    given = api.post_thread(tool_resources=resources).json.get("tool_resources")
    search = given.get("file_search") if isinstance(given, dict) else None
    stores = search.get("vector_store_ids") if isinstance(search, dict) else None
    for _ in range(TRIES if isinstance(stores, list) and stores else 0):
        answer = api.call("get_vector_store_file", vector_store_id=stores[0], file_id=file)
        if answer.json.get("status") == "failed" or not answer.ok:
            return answer.ok
        api.pause(1)
    return False


GUESSES = ((".ts", "video/mp2t"), (".csv", "text/csv"), (".md", "text/plain"))


@requirement("FILE-029", needs=("code_interpreter",))
@pytest.mark.parametrize(("extension", "guess"), GUESSES)
def test_extension_decides_and_not_the_mime_type(api: Api, verify: Verify, extension: str, guess: str) -> None:
    api.tries((extension, guess), GUESSES)
    answer = api.post_file(sample(extension), f"{api.unique()}{extension}", guess)
    verify.status("FILE-029", answer, 200, 201)
    file = api.need(answer, "upload a file")
    used = assistant_with(api, file["id"])
    verify.status("FILE-029", used, 200)
    if used.ok:
        verify.equal("FILE-029", handed(used.json), [file["id"]], used)


# -- the v1 shape: files of assistants and messages ------------------------------------------------------------------


@requirement("ASF-F01", "ASF-F02", "ASF-F03", "ASF-F04", needs=("code_interpreter",))
def test_files_of_an_assistant_have_their_members(api: Api, verify: Verify) -> None:
    file = api.file(sample(".csv"), f"{api.unique()}.csv")["id"]
    assistant = api.assistant(tools=[CODE_INTERPRETER])["id"]
    made = api.call("create_assistant_file", assistant_id=assistant, json={"file_id": file})
    again = api.call("get_assistant_file", assistant_id=assistant, file_id=file)
    for answer in (made, again, api.call("list_assistant_files", assistant_id=assistant)):
        one = answer.data[0] if answer.data else answer.json
        verify.equal("ASF-F01", one.get("id"), file, answer)
        verify.equal("ASF-F02", one.get("object"), "assistant.file", answer)
        verify(
            "ASF-F03", type(one.get("created_at")) is int, observed=one, expected="created_at an integer", answer=answer
        )
        verify.equal("ASF-F04", one.get("assistant_id"), assistant, answer)


@requirement("MSF-F01", "MSF-F02", "MSF-F03", "MSF-F04")
def test_files_of_a_message_have_their_members(api: Api, verify: Verify) -> None:
    file = api.file(sample(".csv"), f"{api.unique()}.csv")["id"]
    thread = api.thread()["id"]
    message = api.need(message_with(api, thread, file), "add a message with a file")["id"]
    path = {"thread_id": thread, "message_id": message}
    for answer in (api.call("get_message_file", **path, file_id=file), api.call("list_message_files", **path)):
        one = answer.data[0] if answer.data else answer.json
        verify.equal("MSF-F01", one.get("id"), file, answer)
        verify.equal("MSF-F02", one.get("object"), "thread.message.file", answer)
        verify(
            "MSF-F03", type(one.get("created_at")) is int, observed=one, expected="created_at an integer", answer=answer
        )
        verify.equal("MSF-F04", one.get("message_id"), message, answer)
