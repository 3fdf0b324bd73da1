"""File types: every row of the table of the code interpreter, uploaded as the documents name it and put to use.

Covers MIME-001 to MIME-034, and how many files an assistant and a thread take (ASST-020, ASST-021, THR-010). The rows
come from `schemas/file_types.json`. Files of all types are handed over together, and one by one where that is refused,
so that a type which is missing is told apart from one that is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistants_conformance.contract.documents import read
from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.assistants import Beyond, property_of, refused
from assistants_conformance.scenario.situations import able, typed_file
from assistants_conformance.target import Blocked
from assistants_conformance.target.handing import assistant_body, assistant_with, handed, message_files
from assistants_conformance.target.samples import sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_conformance.target import Answer, Api

#: Extensions that stand for the table where a rule holds for all of it: text, data, document, image, archive.
SOME = (".png", ".py", ".csv", ".json", ".pdf", ".zip")


ROWS = read("file_types")["file_types"]
CODED = [row for row in ROWS if row["code_interpreter"]]
SEARCHED = [row for row in ROWS if not row["code_interpreter"]]


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


@requirement(*(row["requirement"] for row in CODED), "ASST-020", "ASST-021", "THR-010", needs=("code_interpreter",))
def test_assistants_and_threads_take_files_of_every_type(api: Api, verify: Verify) -> None:
    files: dict[str, str] = {}
    for row in CODED:
        for mime_type in row["mime_types"]:
            file = _uploaded(api, verify, row["requirement"], row["extension"], mime_type)
            if file is not None:
                files[file] = row["requirement"]
    path = ("tool_resources", "code_interpreter", "file_ids") if api.v2 else ("file_ids",)
    most = int(property_of(api, *path)["maxItems"])
    each = list(files.items())
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


@requirement(*(row["requirement"] for row in SEARCHED), needs=("file_search",))
def test_types_that_only_the_search_takes_everywhere(api: Api, verify: Verify) -> None:
    files: dict[str, str] = {}
    for row in SEARCHED:
        for mime_type in row["mime_types"]:
            file = _uploaded(api, verify, row["requirement"], row["extension"], mime_type)
            if file is not None:
                files[file] = row["requirement"]
    thread = api.thread()["id"]
    together = _attached(api, thread, *files)
    for file, identifier in files.items():
        verify.status(identifier, together if together.ok else _attached(api, thread, file), 200)
    coded = {row["requirement"] for row in SEARCHED if api.profile.platform in row["code_interpreter_platforms"]}
    if coded and able(api, "code_interpreter"):
        _given(api, verify, {file: identifier for file, identifier in files.items() if identifier in coded})
    api.require("vector_stores")
    store = api.store()["id"]
    for file, identifier in files.items():
        verify.status(identifier, api.post_store_file(store, file), 200)
    for file, identifier in files.items():
        entry = api.indexed("get_vector_store_file", vector_store_id=store, file_id=file)
        verify.equal(identifier, (entry.get("status"), entry.get("last_error")), ("completed", None))


def _attached(api: Api, thread: str, *files: str) -> Answer:
    return api.post_message(thread, "Look into the file.", **message_files(api, *files, tool="file_search"))


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
