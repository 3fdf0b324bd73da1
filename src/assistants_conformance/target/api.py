"""What scenarios drive a target with: objects made and cleaned up, runs brought into a state, time wound forward."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

from assistants_conformance.target.answer import Answer, Blocked, NotApplicable
from assistants_conformance.target.besides import files_of, stores_of
from assistants_conformance.target.fingerprint import KINDS
from assistants_conformance.target.making import Making, has_owners
from assistants_conformance.target.multipart import Part, form
from assistants_conformance.target.prompts import NICKNAME, WEATHER, demand
from assistants_conformance.target.sdk import connect
from assistants_conformance.target.timed import EAGER_PAUSE, FIRST_PAUSE, INDEXING_PAUSE, LONGEST_PAUSE, MOST_POLLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openai import OpenAI

    from assistants_conformance.target.capabilities import Capabilities
    from assistants_conformance.target.ledger import Ledger

#: Answers to a deletion after which nothing is there any more.
_GONE = (200, 202, 204, 404, 410)
#: Seconds; no run lives for a year, whatever a target says.
_LONGEST_WAIT = 366 * 86400


class Api(Making):
    """A client that knows the API. Everything it creates is deleted by `clean`."""

    capabilities: Capabilities

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: How many of the requests cleaned up.
        self.cleaning = 0

    def require(self, capability: str) -> None:
        """Go on only if the target has a capability.

        Raises:
            NotApplicable: it is declared absent, or a probe found it absent.
        """
        self.capabilities.require(self, capability)

    def indexed(self, operation: str, **params: Any) -> dict[str, Any]:
        """Poll a vector store, a store file or a batch (`operation` reads it) until it is no longer in progress.

        Raises:
            Blocked: the deadline passed, or a poll failed.
        """
        for _ in self.polls(INDEXING_PAUSE):
            now = self.need(self.call(operation, **params), f"poll with {operation}")
            if now.get("status") != "in_progress":
                return now
        raise Blocked(f"{operation} still told of in_progress after {self.settings.run_timeout:.0f} s")

    # -- lists -------------------------------------------------------------------------------------------------------

    def walk(self, operation: str, *, query: dict[str, Any] | None = None, **params: Any) -> list[dict[str, Any]]:
        """Return every entry of a list, page by page with `after`.

        A walk that comes back to what it has shown is ended there: PAGE-020 tells of it, and a scenario about something
        else need not fail for it.

        Raises:
            Blocked: a page fails, comes without a cursor, or the walk does not end.
        """
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        seen: set[str] = set()
        for _ in range(self.settings.page_limit):
            answer = self.call(operation, query={"limit": 100, **(query or {}), "after": cursor}, **params)
            if not answer.ok or not isinstance(answer.json.get("data"), list):
                raise Blocked(f"could not list: {answer.told}")
            page = [str(item.get("id")) for item in answer.data]
            if page and seen.issuperset(page):
                return found
            found += answer.data
            seen.update(page)
            if answer.json.get("has_more") is not True:
                return found
            cursor = answer.json.get("last_id")
            if not isinstance(cursor, str) or not page:
                raise Blocked(f"the walk does not go on: has_more is true, last_id {cursor!r}, {len(page)} entries")
        raise Blocked(f"the walk did not end within {self.settings.page_limit} pages")

    def ids(self, operation: str, *, query: dict[str, Any] | None = None, **params: str) -> list[str]:
        """Return the ids of every entry of a list."""
        return [str(item.get("id")) for item in self.walk(operation, query=query, **params)]

    # -- runs --------------------------------------------------------------------------------------------------------

    def start(self, question: str, assistant: str, **body: Any) -> dict[str, Any]:
        """Run an assistant on a new thread with one question, in one request where that works, or raise Blocked."""
        messages = [{"role": "user", "content": question}]
        if self._at_once():
            thread = self.marked({"messages": messages})
            answer = self.call("create_thread_and_run", json={"assistant_id": assistant, "thread": thread, **body})
            if answer.ok and has_owners(answer.json):
                return self.need(answer, "create a thread and run")
        return self.run(self.thread(messages=messages)["id"], assistant, **body)

    def _at_once(self) -> bool:
        try:
            self.require("thread_and_run")
        except NotApplicable:
            return False
        return True

    def wait(self, run: dict[str, Any], *until: str, eager: bool = False) -> dict[str, Any]:
        """Poll a run until it is in one of the states, or has ended, and return it as last seen.

        Args:
            run: as it was last seen.
            until: the states; none: `requires_action`. One that goes by itself is looked for often, lest it be missed.
            eager: look often all the same.

        Raises:
            Blocked: the deadline passed, or a poll failed.
        """
        stays = {*self.profile.lifecycle("run").terminal, "requires_action"}
        ends = {*self.profile.lifecycle("run").terminal, *(until or ("requires_action",))}
        eager = eager or not stays.issuperset(until)
        patience, over = self.patience(), False
        status, pause, told = str(run.get("status")), EAGER_PAUSE if eager else self.soon(FIRST_PAUSE), ""
        for count in range(MOST_POLLS):
            if count or not (eager or status in ends):
                known = told.isdecimal() and len(told) < 10
                this = min(int(told) / 1000, LONGEST_PAUSE) if known else pause
                over = patience(this)
                self.pause(this)
                pause = min(pause * 1.5, LONGEST_PAUSE)
            answer = self.call("get_run", thread_id=run["thread_id"], run_id=run["id"])
            now = self._with(answer, "poll a run", thread_id=run["thread_id"], assistant_id=run.get("assistant_id"))
            if not isinstance(now.get("status"), str):
                raise Blocked(f"the status of a run is {now.get('status')!r}")
            status = str(now["status"])
            if status in ends:
                return now
            if over:
                raise Blocked(f"a run was still {status} after {self.settings.run_timeout:.0f} s")
            told = answer.exchange.response.headers.get("openai-poll-after-ms", "")
        raise Blocked(f"a run was still {status} after {MOST_POLLS} polls")

    def finished(self, run: dict[str, Any], *expected: str, eager: bool = False) -> dict[str, Any]:
        """Wait for the end of a run and return it; with `expected`, it must have ended in one of these states.

        Raises:
            Blocked: it ended otherwise.
        """
        now = self.wait(run, *(expected or self.profile.lifecycle("run").terminal), eager=eager)
        if expected and now.get("status") not in expected:
            raise Blocked(f"a run ended {now.get('status')} ({now.get('last_error')}), not {' or '.join(expected)}")
        return now

    def parked(
        self, *, calls: int = 1, thread: str | None = None, assistant: str | None = None, **body: Any
    ) -> dict[str, Any]:
        """Bring a run into `requires_action`, where it holds its thread until somebody moves it.

        v2 forces a function by `tool_choice`; v1 has no such member and is asked in its instructions. Two calls at once
        are asked for in words on either.

        Raises:
            Blocked: the run did not get there.
        """
        self.require("function_calling")
        tools = [WEATHER, NICKNAME][:calls]
        names = [tool["function"]["name"] for tool in tools]
        if assistant is None:
            assistant = self.assistant(instructions=demand(names), tools=tools)["id"]
        if self.v2 and calls == 1:
            body.setdefault("tool_choice", {"type": "function", "function": {"name": names[0]}})
        question = "What is the weather in Paris" + (", and what is its nickname?" if calls > 1 else "?")
        run = self.start(question, assistant, **body) if thread is None else self.run(thread, assistant, **body)
        run = self.wait(run, "requires_action")
        if run.get("status") != "requires_action":
            raise Blocked(f"no run waits for tool outputs: it went to {run.get('status')} instead")
        if len(call_ids(run)) < calls:
            raise Blocked(f"the model asked for {len(call_ids(run))} function calls at once, not for {calls}")
        return run

    def submit(self, run: dict[str, Any], outputs: list[dict[str, Any]] | None = None, **body: Any) -> Answer:
        """Submit tool outputs, by default one for every call; return the raw answer. `body` has further members."""
        if outputs is None:
            outputs = [{"tool_call_id": call, "output": "22 C"} for call in call_ids(run)]
        body = {"tool_outputs": outputs, **body}
        return self.call("submit_tool_outputs", thread_id=run["thread_id"], run_id=run["id"], json=body)

    def cancel(self, run: dict[str, Any]) -> Answer:
        """Cancel a run; return the raw answer."""
        return self.call("cancel_run", thread_id=run["thread_id"], run_id=run["id"])

    def release(self, run: dict[str, Any]) -> dict[str, Any]:
        """Submit the outputs of a parked run and wait for its end."""
        self.need(self.submit(run), "submit tool outputs")
        return self.finished(run)

    def chat(self, question: str, **assistant: Any) -> dict[str, Any]:
        """Ask one question on a new thread and return the completed run."""

        def make() -> dict[str, Any]:
            return self.finished(self.start(question, self.assistant(**assistant)["id"]), "completed")

        return self._lent("chat", {"question": question, **assistant}, make)

    def steps(self, run: dict[str, Any]) -> list[dict[str, Any]]:
        """Return every step of a run."""
        return self.walk("list_run_steps", thread_id=run["thread_id"], run_id=run["id"])

    def messages(self, thread: str, **query: Any) -> list[dict[str, Any]]:
        """Return every message of a thread, newest first."""
        return self.walk("list_messages", thread_id=thread, query=query)

    # -- the openai package ------------------------------------------------------------------------------------------

    @contextmanager
    def sdk(self) -> Iterator[OpenAI]:
        """Yield the client of the `openai` package on this target; the judge sees and `clean` deletes what it makes."""
        version = self.default_query().get("api-version", "")
        with connect(self.settings, self.origin, version, self._exchange, self._streaming) as client:
            yield client

    # -- time --------------------------------------------------------------------------------------------------------

    def expired(self, run: dict[str, Any]) -> dict[str, Any]:
        """Leave a parked run alone until it has expired, and return it.

        Raises:
            Blocked: it does not say when it expires, or the time cannot be waited for.
        """
        expires, created = run.get("expires_at"), run.get("created_at")
        if not isinstance(expires, int) or not isinstance(created, int):
            raise Blocked(f"the run does not say when it expires: expires_at {expires!r}")
        self.wind(min(max(expires - created, 0), _LONGEST_WAIT) + 1)
        return self.get_run(run)

    # -- the end -----------------------------------------------------------------------------------------------------

    def clean(self) -> None:
        """Delete what was made, newest first; what cannot be deleted is left in the ledger.

        What lives in this process alone goes with it.
        """
        ledger = self.ledger
        if ledger is None:
            return
        before = self.requests
        with self.meter.open() if self.meter is not None else nullcontext():
            self._look(ledger)
            for kind, identifier in ledger.fresh():
                with suppress(Blocked):
                    self.end(kind, identifier)
        self.cleaning += self.requests - before

    def end(self, kind: str, identifier: str) -> Answer:
        """Delete an object of a kind (`assistant`, `thread` ...) that this run has made."""
        _, ending, name, _ = KINDS[kind]
        place: dict[str, Any] = {name: identifier}
        answer = self.call(ending, **place)
        if answer.status in _GONE and self.ledger is not None:
            self.ledger.deleted(identifier)
        return answer

    def _look(self, ledger: Ledger) -> None:
        """Find what the target has made by itself on threads of this scenario."""
        free = ledger.book.alive.keys() - ledger.kept.keys()
        for thread in ledger.computed & free:
            ledger.besides("file", files_of(self, thread))
        for thread in ledger.book.stored & free:
            ledger.besides("vector_store", stores_of(self, thread))
        ledger.computed &= ledger.kept.keys()
        ledger.book.stored &= ledger.kept.keys()

    @contextmanager
    def named(self, source: str) -> Iterator[Api]:
        """Mark every exchange of a scenario with its name, and clean up after it."""
        self.source = source
        self._uniques.clear()
        self._counts.clear()
        self.lighten()
        if self.lending is not None:
            self.lending.release(self)
        try:
            yield self
        finally:
            if self.lending is not None:
                self.lending.leave(self)
            self.clean()
            self.source = ""

    def corpus(self) -> list[Any] | None:
        """Return the examples that the next search of this scenario tried when it was recorded, None where it draws."""
        return self.tape.examples() if self.tape is not None and self.tape.replays else None

    def keep_corpus(self, examples: list[Any]) -> None:
        """Keep the examples of a search on the tape, where one is in."""
        if self.tape is not None:
            self.tape.keep_examples(examples)


def call_ids(run: dict[str, Any]) -> list[str]:
    """Return the ids of the calls that a run waits for: of functions, or of servers that want an approval."""
    action = run.get("required_action")
    named = action.get("type") if isinstance(action, dict) else None
    inner = action.get(named) if isinstance(action, dict) and isinstance(named, str) else None
    calls = inner.get("tool_calls") if isinstance(inner, dict) else None
    return (
        [str(call["id"]) for call in calls if isinstance(call, dict) and "id" in call]
        if isinstance(calls, list)
        else []
    )


__all__ = ["Answer", "Api", "Blocked", "NotApplicable", "Part", "call_ids", "form"]
