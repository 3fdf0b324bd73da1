"""Unicode: every text comes back code point by code point, wherever it is kept and however it was written down.

Covers UNI-001 to UNI-007. A text may be refused with 400; what is taken is not changed.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import asked, text_of
from assistants_conformance.target import Answer, Api, Blocked, NotApplicable, call_ids
from assistants_conformance.target.prompts import NICKNAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

JSON = "application/json"
ASTRAL = "😀 𝒳 𠀋 🇩🇪"
JOINED = "👩\u200d👩\u200d👧\u200d👦 🏳️\u200d🌈 क्\u200dष"
COMBINED = "e\u0301 and \u00e9, A\u030a and \u212b, q\u0323\u0307"
RIGHT_TO_LEFT = "שלום \u200fمرحبا\u200e \u2067abc\u2069"
TEXTS = {
    "characters outside the BMP": ASTRAL,
    "joiners": JOINED,
    "combining marks": COMBINED,
    "right-to-left text": RIGHT_TO_LEFT,
}
#: What some servers refuse, and none may change.
CONTROLS = {
    "private characters": "\ue000 \U000f0000",
    "control characters": "a\u0001b\u001b[0m\u007f\u0085\u2028\u2029",
    "a byte order mark inside": "a\ufeffb",
}


def samples(api: Api, texts: dict[str, str]) -> dict[str, str]:
    """Return the texts that the effort sends: each by itself, or one with all that is in them."""
    return {"all of them": " ".join(texts.values())} if api.settings.effort.breadth else texts


def points(value: Any) -> str:
    """Return a value with whatever cannot be seen written out."""
    return ascii(value)[:400]


def same(verify: Verify, row: str, what: str, answer: Answer, shown: Any, sent: Any) -> None:
    """Check that a text came back as it was sent."""
    verify(row, answer.ok and shown == sent, observed=f"{what}: {answer.status} {points(shown)}", expected=points(sent),
           answer=answer)  # fmt: skip


def taken(samples: dict[str, str], send: Callable[[str], Answer]) -> Iterator[tuple[str, str, Answer]]:
    """Send each text and give those that were taken, with the answer.

    Raises:
        Blocked: none was.
    """
    refused = ""
    none = True
    for what, text in samples.items():
        answer = send(text)
        if answer.ok:
            none = False
            yield what, text, answer
        else:
            refused = answer.told
    if none:
        raise Blocked(f"no text was taken: {refused}")


def row_of(api: Api, listed: str, identifier: Any, **params: str) -> tuple[Answer, dict[str, Any]]:
    """Return the newest page of a list and what it shows of an object; empty where the object is not on it."""
    answer = api.call(listed, **params)
    return answer, next((row for row in answer.data if row.get("id") == identifier), {})


@requirement("UNI-001")
def test_texts_of_an_assistant_keep_every_character(api: Api, verify: Verify) -> None:
    fields = ("name", "description", "instructions")
    for what, text, made in taken(samples(api, TEXTS), lambda text: api.post_assistant(**dict.fromkeys(fields, text))):
        sent = dict.fromkeys(fields, text)
        identifier = api.need(made, "create an assistant")["id"]
        answers = [(made, made.json)]
        read = api.call("get_assistant", assistant_id=identifier)
        answers.append((read, read.json))
        page, listed = row_of(api, "list_assistants", identifier)
        if listed:
            answers.append((page, listed))
        for answer, shown in answers:
            same(verify, "UNI-001", what, answer, {name: shown.get(name) for name in fields}, sent)
        again = {name: f"{text} {api.unique()}" for name in fields}
        changed = api.call("modify_assistant", assistant_id=identifier, json=again)
        same(verify, "UNI-001", what, changed, {name: changed.json.get(name) for name in fields}, again)


@requirement("UNI-002")
def test_metadata_keep_every_character(api: Api, verify: Verify) -> None:
    metadata = {text: f"{text}." for text in TEXTS.values()}
    # Two keys that are told apart by composition, and two by case.
    metadata |= {"caf\u00e9": "composed", "cafe\u0301": "apart", "Key": "upper", "key": "lower"}
    thread = api.thread()["id"]
    assistant = api.post_assistant(metadata=metadata)
    created = api.post_thread(metadata=metadata)
    message = api.post_message(thread, api.unique(), metadata=metadata)
    told = [answer.told for answer in (assistant, created, message) if not answer.ok]
    if len(told) == 3:
        raise Blocked(f"no such metadata were taken: {told[0]}")
    for answer, read in (
        (assistant, lambda it: api.call("get_assistant", assistant_id=it)),
        (created, lambda it: api.call("get_thread", thread_id=it)),
        (message, lambda it: api.call("get_message", thread_id=thread, message_id=it)),
    ):
        if not answer.ok:
            continue
        kind = str(answer.json.get("object"))
        same(verify, "UNI-002", f"metadata of a {kind}", answer, answer.json.get("metadata"), metadata)
        again = read(str(answer.json.get("id")))
        same(verify, "UNI-002", f"metadata of a {kind}", again, again.json.get("metadata"), metadata)
    if created.ok:
        changed = api.call("modify_thread", thread_id=str(created.json.get("id")), json={"metadata": metadata})
        same(verify, "UNI-002", "modified metadata", changed, changed.json.get("metadata"), metadata)


@requirement("UNI-003")
def test_messages_keep_every_character(api: Api, verify: Verify) -> None:
    thread = api.thread()["id"]
    for what, text, made in taken(
        samples(api, TEXTS) | samples(api, CONTROLS), lambda text: api.post_message(thread, text)
    ):
        same(verify, "UNI-003", what, made, text_of(made.json), text)
        read = api.call("get_message", thread_id=thread, message_id=str(made.json.get("id")))
        same(verify, "UNI-003", what, read, text_of(read.json), text)
    for what, text, made in taken(
        samples(api, TEXTS), lambda text: api.post_thread(messages=[{"role": "user", "content": text}])
    ):
        page = api.call("list_messages", thread_id=str(made.json.get("id")))
        same(verify, "UNI-003", f"{what} in the create of a thread", page, [text_of(row) for row in page.data], [text])


@requirement("UNI-003")
def test_additional_messages_keep_every_character(api: Api, verify: Verify) -> None:
    if "additional_messages" not in api.profile.request_schema("create_run")["properties"]:
        raise NotApplicable("this version takes no additional_messages")
    thread = asked(api)
    plain = api.unique()
    messages = [{"role": "user", "content": text} for text in (plain, *TEXTS.values())]
    api.run(thread, api.assistant()["id"], additional_messages=messages)
    page = api.call("list_messages", thread_id=thread, query={"order": "asc"})
    shown = [text_of(row) for row in page.data if row.get("role") == "user"][1:]
    if plain not in shown:
        raise Blocked(f"additional messages do not come into the thread: {points(shown)}")
    same(verify, "UNI-003", "additional messages", page, shown, [plain, *TEXTS.values()])


@requirement("UNI-004")
def test_filenames_keep_every_character(api: Api, verify: Verify) -> None:
    content, plain = b"A line.\n", "plain.txt"
    kept = api.file(content, plain, "text/plain").get("filename")
    if kept != plain:
        raise Blocked(f"no filename is kept, a plain one neither: {kept!r} for {plain!r}")
    names = {what: f"{text}.txt" for what, text in samples(api, TEXTS).items()}
    for what, name, made in taken(names, lambda name: api.post_file(content, name, "text/plain")):
        same(verify, "UNI-004", what, made, made.json.get("filename"), name)
        read = api.call("get_file", file_id=str(made.json.get("id")))
        same(verify, "UNI-004", what, read, read.json.get("filename"), name)
        page, listed = row_of(api, "list_files", made.json.get("id"))
        if listed:
            same(verify, "UNI-004", f"{what}, in the list", page, listed.get("filename"), name)


def function_of(answer: Answer) -> Any:
    """Return the function of the first tool of an assistant."""
    tools = answer.json.get("tools")
    first = tools[0] if isinstance(tools, list) and tools and isinstance(tools[0], dict) else {}
    return first.get("function")


@requirement("UNI-005", needs=("function_calling",))
def test_functions_keep_every_character(api: Api, verify: Verify) -> None:
    names = ("name", "description", "parameters")

    def tool(text: str) -> dict[str, Any]:
        properties = {text: {"type": "string", "description": text, "enum": [text, "x"]}}
        parameters = {"type": "object", "properties": properties, "required": [text]}
        return {"type": "function", "function": {"name": "remember", "description": text, "parameters": parameters}}

    for what, text, made in taken(samples(api, TEXTS), lambda text: api.post_assistant(tools=[tool(text)])):
        for answer in (made, api.call("get_assistant", assistant_id=str(made.json.get("id")))):
            function = function_of(answer)
            shown = {name: function.get(name) for name in names} if isinstance(function, dict) else function
            same(verify, "UNI-005", what, answer, shown, tool(text)["function"])


@requirement("UNI-005", needs=("function_calling",))
def test_outputs_keep_every_character(api: Api, verify: Verify) -> None:
    run = api.parked()
    output = " ".join(TEXTS.values())
    outputs = [{"tool_call_id": call, "output": output} for call in call_ids(run)]
    api.need(api.submit(run, outputs), "submit tool outputs")
    page = api.call("list_run_steps", thread_id=run["thread_id"], run_id=run["id"])
    details = [row.get("step_details") for row in page.data]
    calls = [call for one in details if isinstance(one, dict) for call in one.get("tool_calls") or []]
    functions = [call.get("function") for call in calls if isinstance(call, dict)]
    shown = [one["output"] for one in functions if isinstance(one, dict) and isinstance(one.get("output"), str)]
    if not shown:
        raise Blocked(f"no step of the run shows an output (STEP-011): {page.told}")
    same(verify, "UNI-005", "a submitted output", page, shown, [output])


@requirement("UNI-006")
def test_an_escape_equals_its_character(api: Api, verify: Verify) -> None:
    text = f"{ASTRAL} {COMBINED} {NICKNAME['function']['name']} \u00fc/"
    body = {"model": api.settings.model, "name": text, "instructions": text, "metadata": {text[:30]: text}}
    escaped = json.dumps(body).replace("/", "\\/").encode("ascii")
    plain = json.dumps(body, ensure_ascii=False).encode()
    for what, content in (("in UTF-8", plain), ("as escapes", escaped)):
        made = api.call("create_assistant", content=content, content_type=JSON)
        if what == "in UTF-8" and not made.ok:
            raise Blocked(f"the same text in UTF-8 was not taken: {made.told}")
        shown = {name: made.json.get(name) for name in body}
        same(verify, "UNI-006", what, made, shown, body)
    thread = api.thread()["id"]
    content = json.dumps({"role": "user", "content": text}).encode("ascii")
    message = api.call("create_message", thread_id=thread, content=content, content_type=JSON)
    same(verify, "UNI-006", "a message as escapes", message, text_of(message.json), text)


@requirement("UNI-007", needs=("vector_stores",))
def test_stores_keep_every_character(api: Api, verify: Verify) -> None:
    for what, text in api.some(TEXTS.items()):
        made = api.store(name=text, metadata={text: text})
        answer = api.call("get_vector_store", vector_store_id=made["id"])
        for shown in (made, answer.json):
            seen = (shown.get("name"), shown.get("metadata"))
            same(verify, "UNI-007", what, answer, seen, (text, {text: text}))
