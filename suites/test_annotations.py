"""Annotations: spans of a message's text that point to a file, and the files that they point to.

Covers ANN-001 to ANN-012 and N-26. What can be read off a message is judged on all traffic (observe.rules.messages);
the scenarios make a model write annotations and follow them.
"""

from __future__ import annotations

from typing import Any

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import quoting
from assistants_conformance.target import Api, Blocked
from assistants_conformance.target.prompts import CODE_INTERPRETER, TABLE
from assistants_conformance.target.reading import inner, notes, parts, texts

SPANS = ("ANN-002", "ANN-003", "ANN-009", "ANN-010", "ANN-012", "N-26")


@requirement("ANN-001")
def test_text_without_annotations_has_an_empty_list(api: Api, verify: Verify) -> None:
    thread = api.thread()["id"]
    text = api.unique()
    message = api.message(thread, text)
    answer = api.call("get_message", thread_id=thread, message_id=message["id"])
    for shown in (message, answer.json):
        told = [inner(part, "text", "annotations") for part in parts(shown, "text")]
        verify.equal("ANN-001", told, [[]])


def _notes(api: Api, run: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Return the annotations of one type in what a run wrote, and let the judge see the steps beside the messages."""
    api.steps(run)
    messages = [row for row in api.messages(run["thread_id"]) if row.get("role") == "assistant"]
    found = [note for message in messages for note in notes(message, kind)]
    if not found:
        told = [text for message in messages for text in texts(message)]
        raise Blocked(f"the model wrote no annotation of type {kind}: {told!r:.200}")
    return found


@requirement("ANN-001", "ANN-005", *SPANS, needs=("code_interpreter",))
def test_file_path_points_to_a_generated_file(api: Api, verify: Verify) -> None:
    run = api.chat(TABLE, tools=[CODE_INTERPRETER])
    for note in _notes(api, run, "file_path"):
        file = inner(note, "file_path", "file_id")
        answer = api.call("get_file", file_id=str(file))
        verify.status("ANN-005", answer, 200)
        verify.equal("ANN-005", answer.json.get("id"), file, answer)
        content = api.call("get_file_content", file_id=str(file))
        holds = content.status == 200 and content.exchange.response.body
        verify("ANN-005", holds, observed=content.told, expected="the content of the file", answer=content)


@requirement("ANN-001", "ANN-006", "ANN-007", "ANN-008", "ANN-011", *SPANS, needs=("file_search",))
def test_citation_points_to_an_uploaded_file(api: Api, verify: Verify) -> None:
    there = quoting(api)
    run, files = there["run"], there["files"]
    found = _notes(api, run, "file_citation")
    for note in found:
        file = inner(note, "file_citation", "file_id")
        verify("ANN-006", file in files, observed=note, expected=f"one of the uploaded files {files}")
    if len(found) < 2:
        raise Blocked("the model wrote one annotation only, and it takes two to overlap")
