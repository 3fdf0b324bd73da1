"""What a target can do: declared in its settings, or found out by one probe each."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from assistants_conformance.target.answer import Answer, Blocked, NotApplicable
from assistants_conformance.target.prompts import BRIEF, bing_tool, mcp_tool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assistants_conformance.target.api import Api

HELLO = {"role": "user", "content": "Hello."}


def _there(answer: Answer) -> bool:
    """Only a refusal says that a thing is not offered.

    A server fault, a refused credential or a rate limit says nothing, and the scenarios will meet it.
    """
    return not 400 <= answer.status < 500 or answer.status in (401, 403, 429)


def _tool(kind: str) -> Callable[[Api], tuple[bool, str]]:
    def probe(api: Api) -> tuple[bool, str]:
        answer = api.post_assistant(instructions=BRIEF, tools=[{"type": kind}])
        return _with_tool(api, answer), f"creating an assistant with the tool {kind} answered {answer.status}"

    return probe


def _functions(api: Api) -> tuple[bool, str]:
    tool = {"type": "function", "function": {"name": "probe", "parameters": {"type": "object", "properties": {}}}}
    answer = api.post_assistant(instructions=BRIEF, tools=[tool])
    return _with_tool(api, answer), f"creating an assistant with a function tool answered {answer.status}"


def _with_tool(api: Api, answer: Answer) -> bool:
    """Say whether a tool is offered. A target that refuses an assistant without any tool says nothing of this one."""
    if not _there(answer):
        api.assistant(instructions=BRIEF)
    return _there(answer)


def _assistants(api: Api) -> tuple[bool, str]:
    answer = api.post_assistant()
    # One without instructions may be too plain for a server that takes all others.
    there = answer.ok or api.post_assistant(instructions=BRIEF).ok
    return there, f"creating a plain assistant answered {answer.status}"


def _threads(api: Api) -> tuple[bool, str]:
    answer = api.post_thread()
    return answer.ok, f"creating a plain thread answered {answer.status}"


def _files(api: Api) -> tuple[bool, str]:
    answer = api.post_file(b"Hello.\n", "hello.txt", "text/plain")
    if not answer.ok:
        # One type that is refused is a finding about that type, and no lack of files.
        other = api.post_file(b"{}\n", "hello.json", "application/json")
        answer = other if other.ok else answer
    return answer.ok, f"uploading a plain file answered {answer.status}"


def _stores(api: Api) -> tuple[bool, str]:
    if not api.has("create_vector_store"):
        return True, "this version has no vector stores"
    answer = api.post_store()
    return answer.ok, f"creating a plain vector store answered {answer.status}"


def _thread_and_run(api: Api) -> tuple[bool, str]:
    body = {"assistant_id": api.assistant(instructions=BRIEF)["id"], "thread": {"messages": [HELLO]}}
    answer = api.call("create_thread_and_run", json=body)
    return answer.ok, f"creating a plain thread and run answered {answer.status}"


def _message_delete(api: Api) -> tuple[bool, str]:
    thread = api.thread()["id"]
    message = api.message(thread)["id"]
    answer = api.call("delete_message", thread_id=thread, message_id=message)
    return answer.status not in (404, 405, 501), f"deleting a message answered {answer.status}"


def _vector_stores(api: Api) -> tuple[bool, str]:
    answer = api.send("GET", "/vector_stores")
    return answer.status not in (404, 405, 501), f"GET /vector_stores answered {answer.status}"


def _server(api: Api) -> tuple[bool, str]:
    url = api.settings.mcp_server_url
    if not url:
        return False, "no server is named: [target] mcp_server_url"
    answer = api.post_assistant(instructions=BRIEF, tools=[mcp_tool(url)])
    return _there(answer), f"creating an assistant with the tool mcp answered {answer.status}"


def _bing(api: Api) -> tuple[bool, str]:
    connection = api.settings.bing_connection
    if not connection:
        return False, "no connection is named: [target] bing_connection"
    answer = api.post_assistant(instructions=BRIEF, tools=[bing_tool(connection)])
    return _there(answer), f"creating an assistant with the tool bing_grounding answered {answer.status}"


def _streaming(api: Api) -> tuple[bool, str]:
    thread = api.thread(messages=[HELLO])["id"]
    answer = api.post_run(thread, api.assistant()["id"], stream=True)
    return _there(answer), f"creating a run with stream true answered {answer.status}"


def _search_tool(api: Api) -> tuple[bool, str]:
    return _tool("file_search" if api.v2 else "retrieval")(api)


#: By capability: how it is found out.
PROBES: Mapping[str, Callable[[Api], tuple[bool, str]]] = {
    "assistants": _assistants,
    "threads": _threads,
    "files": _files,
    "thread_and_run": _thread_and_run,
    "stores": _stores,
    "code_interpreter": _tool("code_interpreter"),
    "file_search": _search_tool,
    "function_calling": _functions,
    "message_delete": _message_delete,
    "streaming": _streaming,
    "vector_stores": _vector_stores,
    "mcp": _server,
    "bing_grounding": _bing,
}


class Others(Protocol):
    """The other processes of a run, as far as one of them can probe for all."""

    def claim(self, name: str) -> bool:
        """Take something upon this process; say whether nobody has taken it before."""

    def release(self, name: str) -> None:
        """Leave it to whoever needs it next."""

    def end(self, name: str, kind: str, told: str) -> None:
        """Say what came of it."""

    def outcome(self, name: str) -> tuple[str, str] | None:
        """Wait for what another process has come to: kind and words. None: nobody works at it any more."""


class Capabilities:
    """The capabilities of one target, each found out at most once.

    Args:
        declared: what the settings say of it, by capability.
        known: what was found out before, with how.
        others: who probes as well; None: this process is alone.
    """

    def __init__(
        self,
        declared: Mapping[str, bool],
        known: Mapping[str, tuple[bool, str]] | None = None,
        others: Others | None = None,
    ) -> None:
        self._known: dict[str, tuple[bool, str]] = {
            name: (value, f"declared: {name} = {str(value).lower()}") for name, value in declared.items()
        }
        self._known.update({name: (there, how) for name, (there, how) in (known or {}).items()})
        self._others = others
        self._lock = threading.RLock()

    @property
    def known(self) -> Mapping[str, tuple[bool, str]]:
        """What is known so far, with how."""
        return self._known

    def require(self, api: Api, name: str) -> None:
        """Go on only if the target has the capability; what is neither declared nor probed counts as there.

        Raises:
            NotApplicable: the target lacks it; the reason says how that is known.
        """
        if name not in self._known:
            with api.waiting():
                # Who probes may have to wait, and must be able to go on.
                self._lock.acquire()
            try:
                self._probe(api, name)
            finally:
                self._lock.release()
        there, how = self._known[name]
        if not there:
            raise NotApplicable(f"the target lacks {name} ({how})")

    def _probe(self, api: Api, name: str) -> None:
        if name in self._known:
            return
        others, shared = self._others, f"capability {name}"
        if others is None or name not in PROBES:
            self._known[name] = _probed(api, name)
            return
        if not others.claim(shared):
            with api.waiting():
                told = others.outcome(shared)
            if told is not None:
                self._known[name] = (told[0] == _THERE, told[1])
                return
            # Who had begun is gone, and has not said what it came to: nobody waits for it again.
        try:
            there, how = self._known[name] = _probed(api, name)
        except BaseException:
            others.release(shared)
            raise
        others.end(shared, _THERE if there else _LACKING, how)


_THERE, _LACKING = "there", "lacking"


def _probed(api: Api, name: str) -> tuple[bool, str]:
    probe = PROBES.get(name)
    try:
        return probe(api) if probe is not None else (True, "neither declared nor probed")
    except Blocked as error:
        # Not known to be absent: whoever needs it will be blocked by the same, and say so.
        return True, f"the probe did not get through: {error}"


__all__ = ["PROBES", "Answer", "Capabilities", "Others"]
