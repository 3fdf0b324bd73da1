"""What a target has made by itself on the threads of a run: files of the code interpreter, stores for attachments."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from assistants_conformance.target.answer import Blocked
from assistants_conformance.target.ledger import generated, stores, tools

if TYPE_CHECKING:
    from assistants_conformance.target.api import Api


def files_of(api: Api, thread: str) -> list[str]:
    """Return the files that runs have made on a thread, once no run makes any more.

    A file is there before the message that names it; so a run at work is waited for, and one that waits is cancelled.
    """
    with suppress(Blocked):
        for told in api.call("list_runs", thread_id=thread, query={"limit": 20}).data:
            if "code_interpreter" not in tools(told) or told.get("status") in api.profile.lifecycle("run").terminal:
                continue
            run = {**told, "thread_id": thread}
            with suppress(Blocked):
                if run.get("status") != "requires_action":
                    run = api.wait(run, "completed", "requires_action")
                # Where it may not be cancelled (CAN-005), it makes nothing more and is not waited for.
                if run.get("status") == "requires_action" and api.cancel(run).ok:
                    api.finished(run)
    with suppress(Blocked):
        return list(generated(api.call("list_messages", thread_id=thread, query={"limit": 100}).json))
    return []


def stores_of(api: Api, thread: str) -> list[str]:
    """Return the vector stores that a thread searches."""
    with suppress(Blocked):
        return stores(api.call("get_thread", thread_id=thread).json)
    return []


__all__ = ["files_of", "stores_of"]
