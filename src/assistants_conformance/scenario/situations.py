"""Situations of runs that the scenarios of several areas need, reached on any endpoint."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from assistants_conformance.contract.documents import read
from assistants_conformance.target import Api, Blocked, NotApplicable
from assistants_conformance.target.prompts import CODE_INTERPRETER
from assistants_conformance.target.samples import sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_conformance.scenario.verify import Verify
    from assistants_conformance.target import Answer

STORY = "Tell me a story of 1000 words."
LABOUR = "Use Python code to add up the primes below 5000. Then tell me a story of 1000 words."
#: How often a moment is sought that a request may miss.
TRIES = 3


def able(api: Api, capability: str) -> bool:
    """Say whether the target has a capability."""
    try:
        api.require(capability)
    except NotApplicable:
        return False
    return True


@contextmanager
def judged(api: Api, *requirements: str) -> Iterator[None]:
    """Stand around traffic that the judge is to judge by some requirements.

    Raises:
        Blocked: at the end, if it had no occasion to: the target skipped what the requirements are about.
    """
    exercised = api.judge.exercised
    before = {name: exercised[name] for name in requirements}
    with api.own():
        yield
    missing = [name for name in requirements if name in api.profile.active and exercised[name] == before[name]]
    # A rule that waits for an occasion is not held up by an answer that gives none.
    missing = [name for name in missing if api.profile.requirement(name).occasion is None]
    if missing:
        raise Blocked(f"the answers gave no occasion to judge {', '.join(missing)}")


def has_ended(api: Api, run: dict[str, Any]) -> bool:
    """Say whether a run is in a terminal state."""
    status = run.get("status")
    return isinstance(status, str) and status in api.profile.lifecycle("run").terminal


def asked(api: Api, question: str = "Say hello.") -> str:
    """Return the id of a new thread with one question."""
    return str(api.thread(messages=[{"role": "user", "content": question}])["id"])


def typed_file(api: Api, extension: str, mime_type: str | None) -> dict[str, Any]:
    """Upload a file of a type; whoever asks for one of that type is given the same.

    Raises:
        Blocked: it is not taken.
    """
    return api.file(sample(extension, "a sample"), f"sample{extension}", mime_type)


def some_files(api: Api, count: int) -> list[str]:
    """Return the ids of so many files that the code interpreter takes, of different types where these are taken.

    Raises:
        Blocked: no more files can be uploaded.
    """
    found: list[str] = []
    for row in read("file_types")["file_types"]:
        if len(found) < count and row["code_interpreter"]:
            with suppress(Blocked):
                found.append(str(typed_file(api, row["extension"], row["mime_types"][0])["id"]))
    while len(found) < count:
        number = len(found)
        found.append(str(api.file(f"{number}\n".encode(), f"n{number}.txt", "text/plain")["id"]))
    return found


#: Letters of four bytes and CJK brackets stand in them, so that an index that counts bytes is seen to be wrong.
SENTENCES = {
    "lighthouse.txt": "The lighthouse of Alexandria 🗼 「アレクサンドリアの灯台」 was 103 metres high.",
    "colossus.txt": "The Colossus of Rhodes 🗿 「ロドス島の巨像」 was 33 metres high.",
}
_QUOTE = (
    "Search the files: how high were the lighthouse of Alexandria and the Colossus of Rhodes? Quote the sentence of "
    "each file word for word, and cite the file after each quotation."
)


def quoting(api: Api) -> dict[str, Any]:
    """Return a completed `run` that was asked to search and quote two files of its message, and their ids, `files`.

    Raises:
        Blocked: there is none.
    """

    def make() -> dict[str, Any]:
        files = [str(api.file(text.encode(), name, "text/plain")["id"]) for name, text in SENTENCES.items()]
        tool = [{"type": "file_search" if api.v2 else "retrieval"}]
        given = {"attachments": [{"file_id": file, "tools": tool} for file in files]} if api.v2 else {"file_ids": files}
        thread = api.thread(messages=[{"role": "user", "content": _QUOTE, **given}])["id"]
        return {"run": api.finished(api.run(thread, api.assistant(tools=tool)["id"]), "completed"), "files": files}

    return api.lent("a run that quotes files", make)


def two_runs(api: Api) -> list[dict[str, Any]]:
    """Return two completed runs of one thread, of one assistant.

    Raises:
        Blocked: one did not complete.
    """

    def make() -> list[dict[str, Any]]:
        assistant = str(api.assistant()["id"])
        first = api.finished(api.start("Say hello.", assistant), "completed")
        return [first, api.finished(api.run(first["thread_id"], assistant), "completed")]

    return api.lent("two runs", make)


def worker(api: Api) -> str:
    """Return the id of an assistant that has something to do for a while and calls no function."""
    tools = [CODE_INTERPRETER] if able(api, "code_interpreter") else []
    return str(api.assistant(instructions="Do everything that you are asked for.", tools=tools)["id"])


def working(api: Api, assistant: str | None = None) -> dict[str, Any]:
    """Return a run that was in progress when it was last seen.

    Raises:
        Blocked: every run was past that when it was first seen.
    """
    assistant = assistant or worker(api)
    for _ in range(TRIES):
        run = api.wait(api.start(LABOUR, assistant), "in_progress")
        if run.get("status") == "in_progress":
            return run
    raise Blocked(f"in {TRIES} tries no run was met in progress")


def functions(count: int) -> list[dict[str, Any]]:
    """Return so many function tools with different names."""
    return [
        {
            "type": "function",
            "function": {"name": f"function_{number}", "parameters": {"type": "object", "properties": {}}},
        }
        for number in range(count)
    ]


def tool_names(owner: dict[str, Any]) -> list[str]:
    """Return what the tools of an assistant or a run are called: functions by their name, others by their type."""
    names = []
    tools = owner.get("tools")
    for tool in tools if isinstance(tools, list) else []:
        function = tool.get("function") if isinstance(tool, dict) else None
        named = function.get("name") if isinstance(function, dict) else None
        names.append(str(named or (tool.get("type") if isinstance(tool, dict) else tool)))
    return names


def text_of(message: dict[str, Any]) -> str:
    """Return the text of a message; the empty string where it has none."""
    content = message.get("content")
    parts = [part.get("text") for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    return "".join(str(part.get("value", "")) for part in parts if isinstance(part, dict))


def shows(answered: Any, sent: Any) -> bool:
    """Say whether an answered value is what was sent; an object may carry further members."""
    if isinstance(sent, dict) and isinstance(answered, dict):
        return all(name in answered and shows(answered[name], value) for name, value in sent.items())
    return bool(answered == sent)


def sound(verify: Verify, answer: Answer, *requirements: str) -> bool:
    """Say whether an answer says anything about some requirements; a server fault does not, and ERR-025 tells it."""
    if answer.status < 500:
        return True
    for identifier in requirements:
        verify.untold.setdefault(identifier, f"the server failed with {answer.status} (ERR-025)")
    return False
