"""File types: every row of the table of the code interpreter, uploaded as the documents name it and put to use.

Covers MIME-001 to MIME-034. The rows come from `schemas/file_types.json`; each has a scenario of its own, so that a
type which is missing is told apart from one that is there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from assistants_conformance.contract.documents import read
from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import typed_file
from assistants_conformance.target import Blocked
from assistants_conformance.target.handing import assistant_with, handed, message_files
from assistants_conformance.target.samples import sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_conformance.target import Api

#: Extensions that stand for the table where a rule holds for all of it: text, data, document, image, archive.
SOME = (".png", ".py", ".csv", ".json", ".pdf", ".zip")


def _takes(row: dict[str, Any]) -> Callable[[Api, Verify], None]:
    @requirement(row["requirement"], needs=("code_interpreter" if row["code_interpreter"] else "file_search",))
    def scenario(api: Api, verify: Verify) -> None:
        identifier, extension = row["requirement"], row["extension"]
        coded = row["code_interpreter"] or api.profile.platform in row.get("code_interpreter_platforms", ())
        for mime_type in row["mime_types"]:
            file = _uploaded(api, verify, identifier, extension, mime_type)
            if not row["code_interpreter"]:
                _searched(api, verify, identifier, file)
            if coded:
                api.require("code_interpreter")
                used = assistant_with(api, file)
                verify.status(identifier, used, 200)
                if used.ok:
                    verify.equal(identifier, handed(used.json), [file], used)

    return scenario


def _uploaded(api: Api, verify: Verify, identifier: str, extension: str, mime_type: str) -> str:
    """Return the id of a file of a type, which another scenario may have uploaded the same way.

    Raises:
        Blocked: it is not taken.
    """
    try:
        file = str(typed_file(api, extension, mime_type)["id"])
    except Blocked:
        answer = api.post_file(sample(extension, "a sample"), f"sample{extension}", mime_type)
        verify.status(identifier, answer, 200, 201)
        file = str(api.need(answer, f"upload a {extension} file as {mime_type}")["id"])
    else:
        verify(identifier, True, observed="taken", expected="taken")
    return file


def _searched(api: Api, verify: Verify, identifier: str, file: str) -> None:
    answer = api.post_message(api.thread()["id"], "Look into the file.", **message_files(api, file, tool="file_search"))
    verify.status(identifier, answer, 200)
    api.require("vector_stores")
    store = api.store()["id"]
    verify.status(identifier, api.post_store_file(store, file), 200)
    entry = api.indexed("get_vector_store_file", vector_store_id=store, file_id=file)
    verify.equal(identifier, (entry.get("status"), entry.get("last_error")), ("completed", None))


def _name(row: dict[str, Any]) -> str:
    return re.sub(r"\W+", "_", f"test_{row['extension'].lstrip('.')}_as_{'_or_'.join(row['mime_types'])}_is_taken")


for _row in read("file_types")["file_types"]:
    _scenario = _takes(_row)
    _scenario.__name__ = _scenario.__qualname__ = _name(_row)
    globals()[_scenario.__name__] = _scenario


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
    known = {row["extension"]: row["mime_types"][0] for row in read("file_types")["file_types"]}
    _accepted(api, verify, "MIME-034", str.upper, lambda extension: known[extension])
