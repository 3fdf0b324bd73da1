"""File types: every row of the table of the code interpreter, uploaded as the documents name it and put to use.

Covers MIME-001 to MIME-034, how many files an assistant and a thread take (ASST-020, ASST-021, THR-010), and that a
store indexes every type of its table (VS-055). The rows come from `schemas/file_types.json`. Files of all types are
handed over together, and one by one where that is refused, so that a type which is missing is told apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.contract.documents import read
from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.assistants import Beyond, property_of, refused
from assistants_conformance.scenario.situations import able, typed_file
from assistants_conformance.scenario.stores import place, settled
from assistants_conformance.target import Blocked
from assistants_conformance.target.handing import assistant_body, assistant_with, handed, message_files
from assistants_conformance.target.samples import sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_conformance.target import Answer, Api

#: Extensions that stand for the table where a rule holds for all of it: text, data, document, image, archive.
SOME = (".png", ".py", ".csv", ".json", ".pdf", ".zip")


ROWS = read("file_types")["file_types"]


def _uploaded(api: Api, verify: Verify, identifier: str, extension: str, mime_type: str) -> str | None:
    """Return the id of a file of a type, which another scenario may have uploaded the same way; None: it is refused."""
    try:
        file = str(typed_file(api, extension, mime_type)["id"])
    except Blocked:
        answer = api.post_file(sample(extension, "a sample"), f"sample{extension}", mime_type)
        verify.status(identifier, answer, 200, 201)
        return str(api.need(answer, f"upload a {extension} file")["id"]) if answer.ok else None
    verify(identifier, True, observed="taken", expected="taken")
    return file


def _given(api: Api, verify: Verify, files: dict[str, str]) -> list[str]:
    """Give files to the code interpreter of one assistant, or of one each where that is refused.

    Args:
        api: the target.
        verify: told of every file whether it was taken.
        files: the requirement on each, by its id.

    Returns:
        The files that were taken.
    """
    together = assistant_with(api, *files)
    found = []
    for file, identifier in files.items():
        answer = together if together.ok or len(files) == 1 else assistant_with(api, file)
        held = handed(answer.json)
        if verify.status(identifier, answer, 200) and verify(
            identifier, held.count(file) == 1, observed=f"files {held}", expected=f"{file} among them", answer=answer
        ):
            found.append(file)
    return found


@requirement(*(row["requirement"] for row in ROWS), "ASST-020", "ASST-021", "THR-010", "VS-055")
def test_assistants_threads_and_vector_stores_take_files_of_every_type(api: Api, verify: Verify) -> None:
    coding, searching = able(api, "code_interpreter"), able(api, "file_search")
    files: dict[str, dict[str, Any]] = {}
    for row in ROWS:
        if api.profile.shape not in row.get("shapes", (api.profile.shape,)):
            continue
        wanted = coding if row["code_interpreter"] else searching
        for mime_type in row["mime_types"]:
            # What nothing takes that the target offers says nothing of its type.
            if wanted and (file := _uploaded(api, verify, row["requirement"], row["extension"], mime_type)):
                files[file] = row
    if coding:
        _coded(api, verify, {file: row for file, row in files.items() if _is_coded(api, row)})
    if searching:
        alone = {file: row["requirement"] for file, row in files.items() if not row["code_interpreter"]}
        _attached(api, verify, alone)
        if able(api, "vector_stores"):
            _indexed(api, verify, {file: row for file, row in files.items() if row["file_search"]})
    for capability in ("code_interpreter", "file_search", "vector_stores"):
        api.require(capability)


def _is_coded(api: Api, row: dict[str, Any]) -> bool:
    return bool(row["code_interpreter"]) or api.profile.platform in row["code_interpreter_platforms"]


def _coded(api: Api, verify: Verify, files: dict[str, dict[str, Any]]) -> None:
    """Give files to assistants and a thread, as many to one as it takes, and one more."""
    path = ("tool_resources", "code_interpreter", "file_ids") if api.v2 else ("file_ids",)
    most = int(property_of(api, *path)["maxItems"])
    each = [(file, row["requirement"]) for file, row in files.items()]
    parts = [dict(each[first : first + most]) for first in range(0, len(each), most)]
    good = [file for part in parts for file in _given(api, verify, part)]
    while len(good) <= most:
        good.append(str(api.file(f"{len(good)}\n".encode(), f"n{len(good)}.txt", "text/plain")["id"]))
    _no_more_than(api, verify, most, good)


def _no_more_than(api: Api, verify: Verify, most: int, files: list[str]) -> None:
    """Give an assistant and a thread as many files as they take, and the assistant one more."""
    row = "ASST-021" if api.v2 else "ASST-020"
    answer = assistant_with(api, *files[:most])
    verify.status(row, answer, 200)
    verify.equal(row, sorted(map(str, handed(answer.json))), sorted(files[:most]), answer)
    refused(api, verify, Beyond(row, "file_ids", assistant_body(api, *files[: most + 1])))
    if not api.v2:
        verify.equal(row, api.post_assistant().json.get("file_ids", "absent"), [])
        return
    thread = api.thread()["id"]
    given = {"tool_resources": {"code_interpreter": {"file_ids": files[:most]}}}
    answer = api.call("modify_thread", thread_id=thread, json=given)
    verify.status("THR-010", answer, 200)
    for shown in (answer, api.call("get_thread", thread_id=thread)):
        verify.equal("THR-010", sorted(map(str, handed(shown.json))), sorted(files[:most]), shown)


def _attached(api: Api, verify: Verify, files: dict[str, str]) -> None:
    """Attach files to a message for the search, or to one each where that is refused."""
    thread = api.thread()["id"]

    def attach(*some: str) -> Answer:
        return api.post_message(thread, "Look into the file.", **message_files(api, *some, tool="file_search"))

    if not files:
        return
    together = attach(*files)
    for file, identifier in files.items():
        verify.status(identifier, together if together.ok or len(files) == 1 else attach(file), 200)


def _indexed(api: Api, verify: Verify, files: dict[str, dict[str, Any]]) -> None:
    """Add files to a vector store, and see each of them indexed."""
    if not files:
        raise Blocked("no file of any type could be uploaded")
    store = api.store()["id"]
    batch = api.post_batch(store, list(files))
    if batch.ok:
        settled(api, "get_vector_store_file_batch", **place(store, batch_id=api.need(batch, "add a batch")["id"]))
    else:
        # One of them may be to blame: each by itself.
        for file in files:
            verify.status("VS-055", api.post_store_file(store, file), 200)
        settled(api, "get_vector_store", vector_store_id=store)
    shown = {str(entry.get("id")): entry for entry in api.walk("list_vector_store_files", vector_store_id=store)}
    for file, row in files.items():
        entry = shown.get(file, {})
        told = f"a {row['extension']} file that is {entry.get('status')} ({entry.get('last_error')})"
        for identifier in ("VS-055", *([] if row["code_interpreter"] else [row["requirement"]])):
            verify(identifier, entry.get("status") == "completed", observed=told, expected="completed")


def _accepted(
    api: Api, verify: Verify, identifier: str, named: Callable[[str], str], typed: Callable[[str], str | None]
) -> None:
    """Upload one file of each of some types, and see that each upload makes a file of its own."""
    made = []
    for extension in api.some(SOME):
        answer = api.post_file(sample(extension, api.unique()), f"{api.unique()}{named(extension)}", typed(extension))
        verify.status(identifier, answer, 200, 201)
        if answer.ok:
            made.append(answer.json.get("id"))
    verify(
        identifier, len(set(map(str, made))) == len(made), observed=f"ids {made}", expected="a new file for each upload"
    )


@requirement("MIME-032")
def test_wrong_mime_type_is_accepted(api: Api, verify: Verify) -> None:
    _accepted(api, verify, "MIME-032", str, lambda extension: "text/css" if extension == ".png" else "image/png")


@requirement("MIME-033")
def test_missing_mime_type_is_accepted(api: Api, verify: Verify) -> None:
    _accepted(api, verify, "MIME-033", str, lambda _: None)


@requirement("MIME-034")
def test_extension_in_capitals_is_accepted(api: Api, verify: Verify) -> None:
    known = {row["extension"]: row["mime_types"][0] for row in ROWS}
    _accepted(api, verify, "MIME-034", str.upper, lambda extension: known[extension])
