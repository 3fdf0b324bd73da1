"""Messages: creating, reading, listing, changing and deleting them, and what a run writes.

Covers MSG-001 to MSG-033 but MSG-024 (test_pagination.py), the fields MSG-F01 to MSG-F15, and N-03.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.target import Api, Blocked
from assistants_conformance.target.prompts import CODE_INTERPRETER, PICTURE
from assistants_conformance.target.reading import inner, parts, rows, texts
from assistants_conformance.target.specimens import series

FIELDS = tuple(f"MSG-F{number:02}" for number in (*range(1, 11), 15))
LONGEST_ACCEPTED = 256_000
SERIES = 7
DETAILS = ("auto", "low", "high")
IMAGE_URL = "https://upload.wikimedia.org/wikipedia/commons/4/47/PNG_transparency_demonstration_1.png"
TEXTS = {
    "spaces at both ends": "  {}  ",
    "line breaks and tabs": "\n{}\r\n\r\n\tindented\n",
    "CJK brackets": "【4:0†source】 {} 「日本語」，。",
    "combining marks": "{} e\u0301 \u00e9 A\u030a \u212b",
    "emoji": "{} 😀 👩\u200d👩\u200d👧 🏳️\u200d🌈 𝄞",
    "markup and quotes": '{} <b>&amp;</b> "\\n" \\u0041 %20 + null',
}


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG = b"\x89PNG\r\n\x1a\n" + b"".join(
    (
        _chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)),
        _chunk(b"IDAT", zlib.compress((b"\x00" + b"\x80" * 8) * 8)),
        _chunk(b"IEND", b""),
    )
)


def _property(api: Api, name: str) -> dict[str, Any]:
    schema: dict[str, Any] = api.profile.request_schema("create_message")["properties"][name]
    return schema


def _get(api: Api, thread: str, message: str) -> Any:
    return api.call("get_message", thread_id=thread, message_id=message)


@requirement(
    "MSG-001", "MSG-002", "MSG-003", "MSG-018", "MSG-020", "MSG-029", "MSG-031", "MSG-032", "MSG-033",
    "N-03", *FIELDS,
)  # fmt: skip
def test_posted_messages_are_kept(api: Api, verify: Verify) -> None:
    thread = api.thread()["id"]
    sent = [api.unique(), api.unique()]
    answers = [api.post_message(thread, text, metadata={"note": text}) for text in sent]
    for answer in answers:
        verify.status("MSG-001", answer, 200)
    made = [api.need(answer, "add a message")["id"] for answer in answers]
    api.message(api.thread()["id"], "A message of another thread.")
    for identifier in made:
        answer = _get(api, thread, identifier)
        verify.status("MSG-003", answer, 200)
        verify.equal("MSG-003", answer.json.get("id"), identifier, answer)
    answer = api.call("list_messages", thread_id=thread)
    verify.status("MSG-002", answer, 200)
    verify.equal("MSG-002", sorted(str(row.get("id")) for row in answer.data), sorted(made), answer)


@requirement("MSG-004")
def test_metadata_of_a_message_is_replaced(api: Api, verify: Verify) -> None:
    thread = api.thread()["id"]
    message = api.message(thread, metadata={"first": api.unique()})["id"]
    wanted = {"second": api.unique()}
    answer = api.call("modify_message", thread_id=thread, message_id=message, json={"metadata": wanted})
    verify.status("MSG-004", answer, 200)
    told = {"id": answer.json.get("id"), "metadata": answer.json.get("metadata")}
    verify.equal("MSG-004", told, {"id": message, "metadata": wanted}, answer)
    # The judge compares what is read now with what was answered.
    _get(api, thread, message)


@requirement("MSG-025")
def test_only_the_metadata_of_a_message_can_be_modified(api: Api, verify: Verify) -> None:
    thread, file = api.thread()["id"], api.file()["id"]
    message = api.message(thread, api.unique())
    answers = [
        api.call(
            "modify_message",
            thread_id=thread,
            message_id=message["id"],
            json={name: value, "metadata": {"changed": "yes"}},
        )
        for name, value in {"content": api.unique(), "role": "assistant", "file_ids": [file]}.items()
    ]
    for answer in answers:
        verify.refused("MSG-025", answer)
    if not any(answer.ok for answer in answers):
        after = _get(api, thread, message["id"]).json
        for name in ("role", "content", "metadata"):
            verify.equal("ERR-024", after.get(name), message.get(name))


@requirement("MSG-005", needs=("message_delete",))
def test_message_can_be_deleted(api: Api, verify: Verify) -> None:
    thread = api.thread()["id"]
    kept, doomed = api.message(thread)["id"], api.message(thread)["id"]
    answer = api.call("delete_message", thread_id=thread, message_id=doomed)
    verify.status("MSG-005", answer, 200)
    told = {name: answer.json.get(name) for name in ("id", "object", "deleted")}
    verify.equal("MSG-005", told, {"id": doomed, "object": "thread.message.deleted", "deleted": True}, answer)
    verify.equal("OBJ-004", api.ids("list_messages", thread_id=thread), [kept])
    _get(api, thread, doomed)


@requirement("MSG-006")
def test_files_of_a_message_are_listed_and_retrieved(api: Api, verify: Verify) -> None:
    files = sorted(api.file()["id"] for _ in range(2))
    thread = api.thread()["id"]
    message, bare = api.message(thread, file_ids=files)["id"], api.message(thread)["id"]
    path = {"thread_id": thread, "message_id": message}
    answer = api.call("list_message_files", **path)
    verify.status("MSG-006", answer, 200)
    verify.equal("MSG-006", sorted(str(row.get("id")) for row in answer.data), files, answer)
    for file in files:
        answer = api.call("get_message_file", **path, file_id=file)
        verify.status("MSG-006", answer, 200)
        told = {name: answer.json.get(name) for name in ("id", "object", "message_id")}
        verify.equal("MSG-006", told, {"id": file, "object": "thread.message.file", "message_id": message}, answer)
    answer = api.call("list_message_files", thread_id=thread, message_id=bare)
    verify.equal("MSG-006", answer.json.get("data"), [], answer)


@requirement("MSG-007", "MSG-008")
def test_role_is_one_of_the_documented(api: Api, verify: Verify) -> None:
    thread = api.thread()["id"]
    allowed = _property(api, "role")["enum"]
    # Where a role was added in the life of a version, only those of its whole life are sure.
    for role in api.profile.traits.get("sure_roles", allowed):
        answer = api.post_message(thread, role=role)
        for rule in ("MSG-007", "MSG-008"):
            verify.status(rule, answer, 200)
            verify.equal(rule, answer.json.get("role"), role, answer)
    before = api.ids("list_messages", thread_id=thread)
    wrong = [role for role in ("assistant", "system", "tool", api.unique()) if role not in allowed]
    answers = [api.post_message(thread, role=role) for role in wrong]
    for answer in answers:
        for rule in ("MSG-007", "MSG-008"):
            verify.refused(rule, answer)
    if not any(answer.ok for answer in answers):
        verify.unchanged("ERR-023", before, api.ids("list_messages", thread_id=thread), "messages")


@requirement("MSG-009")
def test_message_without_text_is_refused(api: Api, verify: Verify) -> None:
    thread = api.thread()["id"]
    answer = api.post_message(thread, "")
    verify.refused("MSG-009", answer)
    if not answer.ok:
        verify.unchanged("ERR-023", [], api.ids("list_messages", thread_id=thread), "messages")


@requirement("MSG-010", "MSG-011")
def test_longest_text_is_accepted_and_a_longer_one_refused(api: Api, verify: Verify) -> None:
    thread = api.thread()["id"]
    longest = _property(api, "content").get("maxLength")
    sure = api.profile.traits.get("sure_text_length", longest or LONGEST_ACCEPTED)
    text = api.unique().ljust(sure, "x")
    answer = api.post_message(thread, text)
    shown = _get(api, thread, str(answer.json.get("id")))
    lengths = [len(one) for one in texts(shown.json) if isinstance(one, str)]
    for rule in ("MSG-010", "MSG-011"):
        verify.status(rule, answer, 200)
        told = f"texts of {lengths} characters are read back"
        verify(rule, texts(shown.json) == [text], observed=told, expected=f"all {len(text)}", answer=shown)
    if longest is None:
        return
    before = api.ids("list_messages", thread_id=thread)
    answer = api.post_message(thread, text.ljust(longest + 1, "x"))
    for rule in ("MSG-010", "MSG-011"):
        verify.refused(rule, answer)
    if not answer.ok:
        verify.unchanged("ERR-023", before, api.ids("list_messages", thread_id=thread), "messages")


@requirement("MSG-012")
def test_content_may_be_a_list_of_parts(api: Api, verify: Verify) -> None:
    thread = api.thread()["id"]
    picture = api.file(PNG, "dot.png", "image/png", "vision")["id"]
    told = {"type": "text", "text": api.unique()}
    more = {"type": "text", "text": api.unique()}
    contents = [[told], [told, more]]
    parted = [
        {"type": kind, kind: {**image, "detail": detail}}
        for detail in DETAILS
        for kind, image in (("image_file", {"file_id": picture}), ("image_url", {"url": IMAGE_URL}))
    ]
    contents += [[told, part] for part in api.some(parted)]
    for content in contents:
        answer = api.post_message(thread, content)
        verify.status("MSG-012", answer, 200)
        if answer.ok:
            got = [_gist(part) for part in rows(answer.json.get("content"))]
            verify.equal("MSG-012", got, [_gist(part) for part in content], answer)
    before = api.ids("list_messages", thread_id=thread)
    wrong: list[Any] = [
        [],
        [{"type": api.unique(), "text": "Hello."}],
        [{"type": "image_file", "image_file": {"file_id": picture, "detail": api.unique()}}],
    ]
    answers = [api.post_message(thread, content) for content in wrong]
    for answer in answers:
        verify.refused("MSG-012", answer)
    if not any(answer.ok for answer in answers):
        verify.unchanged("ERR-023", before, api.ids("list_messages", thread_id=thread), "messages")


def _gist(part: dict[str, Any]) -> tuple[Any, Any]:
    """Return what a part is about; a text is a string where it is sent and an object where it is answered."""
    kind = part.get("type")
    body = part.get(kind) if isinstance(kind, str) else None
    if not isinstance(body, dict):
        return kind, body
    return kind, next((body[name] for name in ("value", "file_id", "url") if name in body), None)


@requirement("MSG-014")
def test_message_takes_up_to_ten_files(api: Api, verify: Verify) -> None:
    most = _property(api, "file_ids")["maxItems"]
    files = [api.file()["id"] for _ in range(most + 1)]
    thread = api.thread()["id"]
    for given in (files[:1], files[:most]):
        answer = api.post_message(thread, file_ids=given)
        verify.status("MSG-014", answer, 200)
        kept = answer.json.get("file_ids")
        verify.equal("MSG-014", sorted(map(str, kept)) if isinstance(kept, list) else kept, sorted(given), answer)
    before = api.ids("list_messages", thread_id=thread)
    answer = api.post_message(thread, file_ids=files)
    verify.refused("MSG-014", answer)
    if not answer.ok:
        verify.unchanged("ERR-023", before, api.ids("list_messages", thread_id=thread), "messages")


@requirement("MSG-015", "MSG-017", needs=("code_interpreter",))
def test_attachment_gives_the_threads_code_interpreter_a_file(api: Api, verify: Verify) -> None:
    files = [api.file()["id"] for _ in range(2)]
    thread = api.thread()["id"]
    for file in files:
        _attach(api, verify, thread, file, "code_interpreter")
    bare = api.post_message(thread, attachments=None)
    verify.status("MSG-015", bare, 200)
    verify.equal("MSG-015", rows(bare.json.get("attachments")), [], bare)
    answer = api.call("get_thread", thread_id=thread)
    given = inner(answer.json, "tool_resources", "code_interpreter", "file_ids")
    holds = isinstance(given, list) and set(files) <= set(map(str, given))
    verify("MSG-017", holds, observed=given, expected=f"the attached files {files}", answer=answer)


@requirement("MSG-015", needs=("file_search",))
def test_attachment_gives_the_threads_file_search_a_file(api: Api, verify: Verify) -> None:
    file = api.file(b"The pharos stood on an island.\n", "pharos.txt", "text/plain")["id"]
    thread = api.thread()["id"]
    _attach(api, verify, thread, file, "file_search")
    answer = api.call("get_thread", thread_id=thread)
    stores = inner(answer.json, "tool_resources", "file_search", "vector_store_ids")
    holds = isinstance(stores, list) and len(stores) > 0
    verify("MSG-015", holds, observed=stores, expected="a vector store for the thread's file_search", answer=answer)


def _attach(api: Api, verify: Verify, thread: str, file: str, tool: str) -> None:
    wanted = [{"file_id": file, "tools": [{"type": tool}]}]
    answer = api.post_message(thread, attachments=wanted)
    verify.status("MSG-015", answer, 200)
    message = api.need(answer, "attach a file")
    for shown in (answer, _get(api, thread, message["id"])):
        verify.equal("MSG-015", shown.json.get("attachments"), wanted, shown)


@requirement("MSG-019")
def test_message_of_a_run_names_its_run(api: Api, verify: Verify) -> None:
    question = "Say hello."
    run = api.chat(question)
    messages = api.messages(run["thread_id"])
    if [question] not in [texts(row) for row in messages if row.get("role") == "user"]:
        raise Blocked("the thread does not show the question, so its messages answer something else")
    written = [row for row in messages if row.get("role") == "assistant"]
    verify("MSG-019", written, observed="no message of the assistant after a completed run", expected="its message")
    wanted = {"run_id": run["id"], "assistant_id": run.get("assistant_id"), "thread_id": run["thread_id"]}
    for message in written:
        verify.equal("MSG-019", {name: message.get(name) for name in wanted}, wanted)


@requirement("MSG-021", "MSG-022", "MSG-023", needs=("code_interpreter",))
def test_image_of_a_message_is_a_file(api: Api, verify: Verify) -> None:
    run = api.chat(PICTURE, tools=[CODE_INTERPRETER])
    messages = [row for row in api.messages(run["thread_id"]) if row.get("role") == "assistant"]
    files = [inner(part, "image_file", "file_id") for message in messages for part in parts(message, "image_file")]
    if not files:
        raise Blocked("the model was asked for a picture and its messages have none")
    for file in files:
        answer = api.call("get_file", file_id=str(file))
        verify.status("MSG-022", answer, 200)
        verify.equal("MSG-022", answer.json.get("id"), file, answer)
        content = api.call("get_file_content", file_id=str(file))
        holds = content.status == 200 and content.exchange.response.body
        verify("MSG-022", holds, observed=content.told, expected="the content of the file", answer=content)
    mixed = [message for message in messages if parts(message, "image_file") and parts(message, "text")]
    if not mixed:
        raise Blocked("no message of the run has an image and a text")
    for message in mixed:
        kinds = [part.get("type") for part in rows(message.get("content"))]
        holds = kinds.index("image_file") < kinds.index("text")
        verify("MSG-023", holds, observed=kinds, expected="the image before the text")


@requirement("MSG-026")
def test_ascending_list_is_the_order_of_creation(api: Api, verify: Verify) -> None:
    thread, made = series(api, SERIES)
    verify.equal("MSG-026", api.ids("list_messages", thread_id=thread, query={"order": "asc"}), made)


@requirement("MSG-027")
def test_text_comes_back_unchanged(api: Api, verify: Verify) -> None:
    thread = api.thread()["id"]
    for what, form in api.some(TEXTS.items()):
        text = form.format(api.unique())
        message = api.need(api.post_message(thread, text), f"add a message with {what}")
        answer = _get(api, thread, message["id"])
        for shown in (message, answer.json):
            told = f"{what}: {texts(shown)!r}"
            verify("MSG-027", texts(shown) == [text], observed=told, expected=repr(text), answer=answer)


@requirement("MSG-013")
def test_list_of_parts_is_kept_or_refused(api: Api, verify: Verify) -> None:
    thread, text = api.thread()["id"], api.unique()
    answer = api.post_message(thread, [{"type": "text", "text": text}])
    if not answer.ok:
        verify.refused("MSG-013", answer)
    kept = [texts(message) for message in api.messages(thread)]
    verify.equal("MSG-013", kept, [[text]] if answer.ok else [], answer)
