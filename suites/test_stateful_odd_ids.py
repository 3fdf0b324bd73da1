"""Odd ids: an object is found by its exact id, and by nothing that a path or a database makes of another text.

Covers ODD-001 to ODD-007. Only reads are tried: what an odd id finds would also be deleted by it. That no answer is a
server fault is ERR-025, which the judge sees.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.situations import asked, sound
from assistants_conformance.target import Api, Blocked

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Longer than any id, and than what many servers take as a line; those may say so with 414.
LONG = 10_000
#: After so many requests without an answer the target is taken for dead.
MOST_LOST = 3


def odd(real: str, other: str) -> Iterator[tuple[str, str]]:
    """Give texts that are not the id of an object, each with what is odd about it; `other` is of another kind."""
    if not _is_uuid(real):
        yield "the id in other case", real.swapcase()
    yield "the id of another kind", other
    yield "the id and more behind a NUL", f"{real}\0.json"
    yield "dots and slashes", f"../{real}"
    yield "a way around", f"x/../{real}"
    yield "escaped dots", f"%2e%2e%2f{real}"
    yield "backslashes", f"..\\{real}"
    yield "a slash", "a/b"
    yield "a NUL", "\0"
    yield "the id and a NUL", f"{real}\0"
    yield "a space before", f" {real}"
    yield "a space behind", f"{real} "
    yield "a line break behind", f"{real}\n"
    yield "a quote", f"{real}'"
    yield "SQL", f"{real}' OR '1'='1"
    yield "a pattern", "%"
    yield "a pattern of the id", f"{real[:-4]}%"
    yield "a wildcard in the id", f"{real[:-1]}_"
    yield "an asterisk", "*"
    yield "an expression", ".*"
    yield "a selector", '{"$ne": null}'
    yield "a template", "{{7*7}}${7*7}"
    yield "markup", "<b>x</b>"
    yield "letters beyond ASCII", f"{real}é😀"
    yield "a query", f"{real}?limit=1"
    yield "a fragment", f"{real}#x"
    yield "10,000 characters", "a" * LONG
    yield "a number", "0"
    yield "a word", "null"


def _is_uuid(text: str) -> bool:
    # A UUID is the same in either case (RFC 9562, 4).
    try:
        uuid.UUID(text.rsplit("_", 1)[-1])
    except ValueError:
        return False
    return True


def find_nothing(
    api: Api, verify: Verify, row: str, name: str, real: str, other: str, operations: tuple[str, ...], **around: str
) -> None:
    """Try every odd id in the place of a path parameter.

    Raises:
        Blocked: the object itself is not found, so that others are not proves nothing; or the target is dead.
    """
    for operation in operations:
        answer = api.call(operation, **around, **{name: real})
        if not answer.ok:
            raise Blocked(f"the object is not found by its own id: {answer.told}")
    lost = 0
    for what, text in api.some(odd(real, other)):
        for operation in operations:
            try:
                answer = api.call(operation, **around, **{name: text})
            except Blocked:
                lost += 1
                if lost >= MOST_LOST:
                    raise
                continue
            if sound(verify, answer, row):
                told = f"{what}, {text!r:.60}: {answer.told}"
                verify(row, not answer.ok, observed=told, expected="404, or another refusal", answer=answer)


@requirement("ODD-001")
def test_assistant_is_found_by_its_exact_id(api: Api, verify: Verify) -> None:
    real, other = api.assistant()["id"], api.thread()["id"]
    find_nothing(api, verify, "ODD-001", "assistant_id", real, other, ("get_assistant",))


@requirement("ODD-002")
def test_thread_is_found_by_its_exact_id(api: Api, verify: Verify) -> None:
    real, other = asked(api), api.assistant()["id"]
    operations = ("get_thread", "list_messages", "list_runs")
    find_nothing(api, verify, "ODD-002", "thread_id", real, other, operations)


@requirement("ODD-003")
def test_message_is_found_by_its_exact_id(api: Api, verify: Verify) -> None:
    thread = api.thread()["id"]
    real = api.message(thread, api.unique())["id"]
    operations = ("get_message", "list_message_files") if api.has("list_message_files") else ("get_message",)
    find_nothing(api, verify, "ODD-003", "message_id", real, thread, operations, thread_id=thread)


@requirement("ODD-004", "ODD-005")
def test_run_and_step_are_found_by_their_exact_ids(api: Api, verify: Verify) -> None:
    run = api.chat("Say hello.")
    of_thread = {"thread_id": run["thread_id"]}
    operations = ("get_run", "list_run_steps")
    find_nothing(api, verify, "ODD-004", "run_id", run["id"], run["thread_id"], operations, **of_thread)
    steps = api.steps(run)
    if not steps:
        raise Blocked("the run has no step")
    of_run = {**of_thread, "run_id": run["id"]}
    find_nothing(api, verify, "ODD-005", "step_id", str(steps[0].get("id")), run["id"], ("get_run_step",), **of_run)


@requirement("ODD-006")
def test_file_is_found_by_its_exact_id(api: Api, verify: Verify) -> None:
    real, other = api.file()["id"], api.thread()["id"]
    find_nothing(api, verify, "ODD-006", "file_id", real, other, ("get_file",))


@requirement("ODD-007", needs=("vector_stores",))
def test_store_is_found_by_its_exact_id(api: Api, verify: Verify) -> None:
    real, other = api.store()["id"], api.thread()["id"]
    operations = ("get_vector_store", "list_vector_store_files")
    find_nothing(api, verify, "ODD-007", "vector_store_id", real, other, operations)
