"""The ledger of a run: what it makes at the target, written down before its id is used, so that it can be deleted."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import threading
import time
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from assistants_conformance.target.answer import Blocked
from assistants_conformance.target.book import VERSION, Book, Intent
from assistants_conformance.target.fingerprint import asked, kind_ended_by, kind_made_by, telling
from assistants_conformance.target.table import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assistants_conformance.contract import Profile
    from assistants_conformance.contract.operations import Match
    from assistants_conformance.observe import Exchange, Request
    from assistants_conformance.observe.events import Event
    from assistants_conformance.target.lending import Loan
    from assistants_conformance.target.settings import TargetSettings

_HOLDERS = ("create_assistant", "create_thread", "modify_assistant", "modify_thread")
_FOLDER = "assistants-conformance"


def new_run() -> str:
    """Return an id for a run."""
    return f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{secrets.token_hex(6)}"


def default_folder(environ: Mapping[str, str]) -> Path:
    """Return where ledgers are kept: a folder of the user's state, as the XDG base directory specification names it."""
    named = environ.get("XDG_STATE_HOME", "")
    state = Path(named) if named.startswith("/") else Path.home() / ".local" / "state"
    return state / _FOLDER


def place_of(url: str) -> str:
    """Return an address as a ledger names it: without user, password and query."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2].lower()
    return f"{parts.scheme}://{host}{parts.path.rstrip('/')}"


class Ledger:
    """What one process of a run has made and not deleted yet. Without a file it is kept in memory alone.

    Args:
        profile: the contract, which knows the operations.
        run: the id of the run.
        file: where it is written; None: nowhere.
        head: what the first line says besides: the target and who writes.
        marks: the id marks what the arranging helpers make; a recording that is to be asked again holds no mark.

    Raises:
        ConfigError: the file cannot be written.
    """

    def __init__(
        self,
        profile: Profile,
        run: str = "",
        file: Path | None = None,
        head: Mapping[str, Any] | None = None,
        *,
        marks: bool = True,
    ) -> None:
        self.mark = run if marks else ""
        self.book = Book()
        #: Threads on which the code interpreter has worked.
        self.computed: set[str] = set()
        #: For which loan everything is made just now, and to which loan a thread belongs: nobody cleans up after these.
        self.aside: Loan | None = None
        self.kept: Mapping[str, Loan] = {}
        self._profile = profile
        self._lock = threading.RLock()
        self._fresh: list[tuple[str, str]] = []
        self._number = 0
        self._server: tuple[float, float] | None = None
        self._descriptor: int | None = None
        self._head = {"ledger": VERSION, "run": run, "profile": profile.id, **(head or {})}
        self.file = file
        if file is not None:
            self._open(file)

    def _open(self, file: Path) -> None:
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor = os.open(file, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        except OSError as error:
            raise ConfigError(
                "--ledger", f"{file.parent} cannot be written ({error.strerror}): name another folder"
            ) from error
        # Who sweeps passes over what somebody holds; a process that was killed holds nothing any more.
        hold(self._descriptor)
        self._write(self._head)

    def _write(self, line: dict[str, Any]) -> None:
        line = {**line, "at": round(time.time(), 3)}
        self.book.apply(line)
        if self._descriptor is not None:
            # One call, past every buffer: what was written stays when the process is killed in the next moment.
            os.write(self._descriptor, json.dumps(line, separators=(",", ":")).encode() + b"\n")

    # -- what goes out and comes in ----------------------------------------------------------------------------------

    def sending(self, request: Request, route: str) -> int | None:
        """Write down that a create is about to go out; return its number, None where the request creates nothing.

        Raises:
            Blocked: the ledger was closed, so nobody would delete what is created.
        """
        found = self._profile.match(request.method, route)
        if found is None:
            return None
        kind = kind_made_by(found.operation.id)
        if kind is None:
            self._tell_of(found, request)
            return None
        with self._lock:
            if self.file is not None and self._descriptor is None:
                raise Blocked("not-run: the run was stopped")
            self._number += 1
            number = self._number
            line: dict[str, Any] = {"n": number, "kind": kind, "prints": asked(kind, found.operation.id, request)}
            if kind in ("assistant", "thread") and _gives_a_store(request.json):
                line["stored"] = True
            if self._server is not None:
                there, here = self._server
                line["server"] = round(there + time.monotonic() - here, 3)
            self._write(line)
        return number

    def _tell_of(self, found: Match, request: Request) -> None:
        """Write down that a thread of this run may come to hold more than it was given."""
        thread, operation = found.params.get("thread_id", ""), found.operation.id
        home = self._home(thread)
        if home is None:
            return
        told: dict[str, Any] = {}
        if operation == "create_run" and thread not in home.book.ran:
            told["ran"] = thread
        if operation in ("create_run", "create_message") and _gives_a_store(request.json):
            told["stored"] = thread
        if told:
            with home._lock:
                home._write(told)

    def _home(self, thread: str) -> Ledger | None:
        """Return the ledger that names a thread; one that is lent stands in that of who made it."""
        if thread in self.book.alive:
            return self
        loan = self.kept.get(thread)
        return next((ledger for ledger, _, name in loan.made if name == thread), None) if loan is not None else None

    def unsent(self, number: int | None) -> None:
        """Note that a request never went out."""
        if number is not None:
            self._write({"n": number, "settled": "unsent"})

    def heard(self, number: int | None, event: Event) -> None:
        """Note what an event of a stream says while the stream is still open."""
        thing = event.json
        if number is None or number not in self.book.intents or not isinstance(thing, dict):
            return
        identifier = thing.get("thread_id") if thing.get("object") == "thread.run" else thing.get("id")
        if isinstance(identifier, str) and str(thing.get("object")) in ("thread", "thread.run"):
            self._made(number, "thread", identifier, {"ran": identifier})

    def answered(self, number: int | None, exchange: Exchange, route: str) -> None:
        """Note what came of a request: an object was made or deleted, or may have been made besides."""
        self._clock(exchange)
        request, response = exchange.request, exchange.response
        found = self._profile.match(request.method, route)
        if found is None:
            return
        success = 200 <= response.status < 300
        operation, params, body = found.operation.id, found.params, response.json
        if number is not None and number in self.book.intents:
            self._settle(number, operation, response.status, body if success else None, exchange)
        ended = kind_ended_by(operation)
        if success and ended is not None:
            self.deleted(next(iter(params.values()), ""))
        thread = params.get("thread_id", "")
        for event in response.events if success else ():
            self._besides(operation, None, event.json, thread)
        if success and isinstance(body, dict):
            self._besides(operation, request.json, body, thread)

    def _settle(self, number: int, operation: str, status: int, body: Any, exchange: Exchange) -> None:
        intent = self.book.intents[number]
        for event in exchange.response.events if 200 <= status < 300 else ():
            self.heard(number, event)
        if number not in self.book.intents:
            return
        name = "thread_id" if operation == "create_thread_and_run" else "id"
        identifier = body.get(name) if isinstance(body, dict) else None
        if isinstance(identifier, str) and identifier:
            more = {"ran": identifier} if operation == "create_thread_and_run" else {}
            self._made(number, intent.kind, identifier, more)
        elif exchange.response.held_back or (status >= 400 and not telling(intent.kind, intent.prints)):
            # Nothing would tell what a refused create left all the same from what a stranger has made.
            self._write({"n": number, "settled": status})
        else:
            self._write({"n": number, "refused": status})

    def _made(
        self,
        number: int | None,
        kind: str,
        identifier: str,
        more: Mapping[str, str] | None = None,
        owner: Loan | None = None,
    ) -> None:
        with self._lock:
            numbered = {} if number is None else {"n": number}
            if identifier not in self.book.alive:
                loan = self.aside or owner
                if loan is None:
                    self._fresh.append((kind, identifier))
                else:
                    loan.made.append((self, kind, identifier))
            self._write({**numbered, "kind": kind, "id": identifier, **(more or {})})

    def besides(self, kind: str, identifiers: Iterator[str] | list[str], thread: str = "") -> None:
        """Note objects that the target made by itself while it did something else, as on a thread."""
        for identifier in identifiers:
            if identifier not in self.book.alive and identifier not in self.book.gone:
                self._made(None, kind, identifier, owner=self.kept.get(thread))

    def _besides(self, operation: str, sent: Any, body: dict[str, Any], on: str) -> None:
        if body.get("object") == "thread.run" and "code_interpreter" in tools(body):
            thread = body.get("thread_id")
            if isinstance(thread, str):
                (self._home(thread) or self).computed.add(thread)
        if operation in ("list_messages", "get_message") or body.get("object") == "thread.message":
            self.besides("file", list(generated(body)), on)
        if operation in _HOLDERS and "vector_stores" in _search(sent):
            self.besides("vector_store", stores(body), on)

    def deleted(self, identifier: str) -> None:
        """Note that an object is gone."""
        if identifier in self.book.alive:
            with self._lock:
                self._write({"gone": identifier})
                self._fresh = [one for one in self._fresh if one[1] != identifier]

    def _clock(self, exchange: Exchange) -> None:
        with contextlib.suppress(TypeError, ValueError, OverflowError):
            told = parsedate_to_datetime(exchange.response.headers.get("date", "")).timestamp()
            self._server = (told, time.monotonic())

    # -- cleaning up -------------------------------------------------------------------------------------------------

    def fresh(self) -> list[tuple[str, str]]:
        """Return kind and id of what was made since the last time and is not gone, newest first."""
        with self._lock:
            made, self._fresh = self._fresh, []
        return [one for one in reversed(made) if one[1] in self.book.alive]

    def take_back(self, kind: str, identifier: str) -> None:
        """Clean up again after what was lent."""
        with self._lock:
            if identifier in self.book.alive:
                self._fresh.append((kind, identifier))

    @property
    def waiting(self) -> bool:
        """Whether a create has gone out and was not answered yet."""
        with self._lock:
            return any(not intent.refused for intent in self.book.intents.values())

    def close(self) -> None:
        """Let go of the file, and remove it where nothing is left."""
        with self._lock:
            if self._descriptor is not None:
                if self.book.empty and self.file is not None:
                    self.file.unlink(missing_ok=True)
                os.close(self._descriptor)
                self._descriptor = None


def opened(
    settings: TargetSettings, folder: Path, run: str = "", worker: str = "main", *, marks: bool = True
) -> Ledger:
    """Open the ledger of a process: a file of its own in a folder.

    Args:
        settings: the target.
        folder: made where it is missing, for its owner alone.
        run: the id of the run; empty: a new one.
        worker: which of its processes this is.
        marks: see `Ledger`.

    Raises:
        ConfigError: the file cannot be written.
    """
    run = run or new_run()
    head = {"target": place_of(settings.url or ""), "worker": worker, "pid": os.getpid()}
    return Ledger(settings.profile, run, folder / f"{run}-{worker}.jsonl", head, marks=marks)


def hold(descriptor: int) -> bool:
    """Hold an open file until it is closed, or the process ends; say whether nobody else holds it."""
    try:
        import fcntl  # noqa: PLC0415 - not everywhere; where it is missing, nobody sweeps while a run is on
    except ImportError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


# -- what answers tell of ------------------------------------------------------------------------------------------


def tools(thing: Mapping[str, Any]) -> set[str]:
    """Return the types of the tools that an assistant, a run or an attachment has."""
    listed = thing.get("tools")
    return {str(tool.get("type")) for tool in listed if isinstance(tool, dict)} if isinstance(listed, list) else set()


def _search(thing: Any) -> dict[str, Any]:
    resources = thing.get("tool_resources") if isinstance(thing, dict) else None
    search = resources.get("file_search") if isinstance(resources, dict) else None
    return search if isinstance(search, dict) else {}


def stores(thing: Any) -> list[str]:
    """Return the ids of the vector stores that an assistant or a thread searches."""
    listed = _search(thing).get("vector_store_ids")
    return [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []


def _gives_a_store(sent: Any) -> bool:
    """Say whether a request lets the target make a vector store: by the helper, or by an attachment to be searched."""
    thing = sent.get("thread", sent) if isinstance(sent, dict) else None
    if not isinstance(thing, dict):
        return False
    lists = [thing.get(name) for name in ("messages", "additional_messages")]
    messages = [thing, *(one for listed in lists if isinstance(listed, list) for one in listed)]
    held = [one.get("attachments") for one in messages if isinstance(one, dict)]
    attached = [one for row in held if isinstance(row, list) for one in row if isinstance(one, dict)]
    return "vector_stores" in _search(thing) or any("file_search" in tools(one) for one in attached)


def generated(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield the ids of the files that runs have made, as the messages of an answer show them."""
    data = body.get("data")
    for message in data if isinstance(data, list) else [body]:
        if not isinstance(message, dict) or message.get("role") != "assistant":
            continue
        content = message.get("content")
        for part in content if isinstance(content, list) else ():
            if not isinstance(part, dict):
                continue
            text = part.get("text")
            notes = text.get("annotations") if isinstance(text, dict) else None
            paths = [one.get("file_path") for one in notes if isinstance(one, dict)] if isinstance(notes, list) else []
            for holder in (part.get("image_file"), *paths):
                if isinstance(holder, dict) and isinstance(holder.get("file_id"), str):
                    yield holder["file_id"]


__all__ = [
    "Intent",
    "Ledger",
    "default_folder",
    "generated",
    "hold",
    "new_run",
    "opened",
    "place_of",
    "stores",
    "tools",
]
