"""What scenarios drive a target with: objects made and cleaned up, runs brought into a state, time wound forward."""

from __future__ import annotations

import json
import time
from collections import Counter
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from assistants_conformance.target.answer import Answer, Blocked, NotApplicable
from assistants_conformance.target.besides import files_of, stores_of
from assistants_conformance.target.chance import Chance
from assistants_conformance.target.client import Client
from assistants_conformance.target.fingerprint import KINDS, MARK
from assistants_conformance.target.guard import Watch, guard, watched
from assistants_conformance.target.ledger import Ledger
from assistants_conformance.target.limits import LONGEST_HEAD
from assistants_conformance.target.multipart import Part, form
from assistants_conformance.target.prompts import BRIEF, NICKNAME, WEATHER, demand
from assistants_conformance.target.sdk import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from openai import OpenAI

    from assistants_conformance.contract import Profile
    from assistants_conformance.observe import Exchange
    from assistants_conformance.target.capabilities import Capabilities
    from assistants_conformance.target.lending import Lending, Loan

T = TypeVar("T")

#: Seconds before the second look at what is at work, and before those after it at the most: a run takes about a second
#: to end and a file about two to be indexed; looking more often costs requests and shows nothing.
_FIRST_PAUSE, _INDEXING_PAUSE, _EAGER_PAUSE = 0.75, 1.7, 0.05
_LONGEST_PAUSE = 2.0
_MOST_POLLS = 400
#: Answers to a deletion after which nothing is there any more.
_GONE = (200, 202, 204, 404, 410)
#: Seconds; no run lives for a year, whatever a target says.
_LONGEST_WAIT = 366 * 86400


class Api(Client):
    """A client that knows the API. Everything it creates is deleted by `clean`."""

    capabilities: Capabilities

    #: Winds the clock of an embedded server; set by who embeds it.
    winder: Callable[[float], None] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.chance = Chance()
        #: Where scenarios lend each other what they only look at; None: each makes its own.
        self.lending: Lending | None = None
        self.borrowed: list[Loan] = []
        self._made_for: Loan | None = None
        self._own = 0
        self._uniques: set[str] = set()
        self._counts: Counter[str] = Counter()
        #: How many of the requests cleaned up.
        self.cleaning = 0
        if not self.settings.embedded:
            self.ledger = Ledger(self.profile)

    @property
    def profile(self) -> Profile:
        """The contract."""
        return self.settings.profile

    @property
    def v2(self) -> bool:
        """Whether objects have the v2 shape."""
        return self.profile.shape == "v2"

    def has(self, operation: str) -> bool:
        """Say whether the profile has an operation."""
        return any(row.id == operation for row in self.profile.operations)

    def require(self, capability: str) -> None:
        """Go on only if the target has a capability.

        Raises:
            NotApplicable: it is declared absent, or a probe found it absent.
        """
        self.capabilities.require(self, capability)

    def marked(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return a body with the id of the run in its metadata, unless it says itself what they are."""
        run = self.ledger.mark if self.ledger is not None else ""
        return {**body, "metadata": {MARK: run}} if run and "metadata" not in body else body

    def some(self, variants: Iterable[T], times: int = 1) -> list[T]:
        """Return as many of several variants of one request as the effort tries, the first ones.

        Args:
            variants: the most telling ones first.
            times: by how much more they tell than variants do elsewhere.
        """
        return list(variants)[: self.settings.effort.breadth * times or None]

    def tries(self, variant: T, variants: Iterable[T], times: int = 1) -> None:
        """Go on only if the effort tries this one of several variants, as `some` chooses them.

        Raises:
            NotApplicable: it does without.
        """
        if variant not in (chosen := self.some(variants, times)):
            told = ", ".join(map(str, chosen))
            raise NotApplicable(f"the effort {self.settings.effort.name} tries {told} and not {variant}")

    # -- loans ---------------------------------------------------------------------------------------------------------

    def lent(self, key: str, make: Callable[[], T]) -> T:
        """Return what `make` makes, or what it made for an earlier scenario that has not changed it.

        Args:
            key: what it is; whatever is made under one key is alike.
            make: makes it, and returns data.

        Raises:
            Blocked: it could not be made.
        """
        if self.lending is None or self._own or any(text in key for text in self._uniques):
            return make()
        return self.lending.lend(self, key, make)

    def _lent(self, kind: str, body: dict[str, Any], make: Callable[[], T]) -> T:
        return self.lent(f"{kind} {json.dumps(body, sort_keys=True, default=repr)}", make)

    @contextmanager
    def own(self) -> Iterator[None]:
        """Make everything anew meanwhile: the judge is to see how it comes about."""
        self._own += 1
        try:
            yield
        finally:
            self._own -= 1

    @contextmanager
    def making(self, loan: Loan) -> Iterator[None]:
        """Make what is to be lent: everything that comes meanwhile is a part of it."""
        ledger, self._made_for = self.ledger, loan
        if ledger is not None:
            ledger.aside = loan
        try:
            with self.own():
                yield
        finally:
            self._made_for = None
            if ledger is not None:
                ledger.aside = None

    def heard(self, exchange: Exchange) -> None:
        """Note what becomes of loans."""
        if self._made_for is not None:
            self._made_for.hear(exchange)
        for loan in [loan for loan in self.borrowed if loan.good and loan.changed_by(exchange)]:
            if self.lending is not None:
                self.lending.retire(loan)

    # -- objects -----------------------------------------------------------------------------------------------------

    def need(self, answer: Answer, what: str) -> dict[str, Any]:
        """Return the object of a success.

        Raises:
            Blocked: the answer is none, or has no id.
        """
        if not answer.ok or not isinstance(answer.json.get("id"), str):
            raise Blocked(f"could not {what}: {answer.told}")
        if answer.json.get("object") == "thread.run" and not _has_owners(answer.json):
            raise Blocked(f"could not {what}: the run names no thread or no assistant: {answer.told}")
        return answer.json

    def post_assistant(self, **body: Any) -> Answer:
        """Create an assistant with the target's model unless the body names one; return the raw answer."""
        return self.call("create_assistant", json={"model": self.settings.model, **body})

    def assistant(self, **body: Any) -> dict[str, Any]:
        """Create an assistant, with short instructions unless the body has its own, or raise Blocked."""
        whole = self.marked({"instructions": BRIEF, **body})
        return self._lent("assistant", whole, lambda: self.need(self.post_assistant(**whole), "create an assistant"))

    def post_thread(self, **body: Any) -> Answer:
        """Create a thread; return the raw answer."""
        return self.call("create_thread", json=body)

    def thread(self, **body: Any) -> dict[str, Any]:
        """Create a thread or raise Blocked."""
        whole = self.marked(body)
        return self._lent("thread", whole, lambda: self.need(self.post_thread(**whole), "create a thread"))

    def post_message(self, thread: str, content: Any = "Hello.", role: str = "user", **body: Any) -> Answer:
        """Add a message; return the raw answer."""
        return self.call("create_message", thread_id=thread, json={"role": role, "content": content, **body})

    def message(self, thread: str, content: Any = "Hello.", role: str = "user", **body: Any) -> dict[str, Any]:
        """Add a message or raise Blocked."""
        return self.need(self.post_message(thread, content, role, **body), "add a message")

    def post_run(self, thread: str, assistant: str, **body: Any) -> Answer:
        """Create a run; return the raw answer."""
        return self.call("create_run", thread_id=thread, json={"assistant_id": assistant, **body})

    def run(self, thread: str, assistant: str, **body: Any) -> dict[str, Any]:
        """Create a run or raise Blocked."""
        answer = self.post_run(thread, assistant, **body)
        return self._with(answer, "create a run", thread_id=thread, assistant_id=assistant)

    def start(self, question: str, assistant: str, **body: Any) -> dict[str, Any]:
        """Run an assistant on a new thread with one question, in one request where that works, or raise Blocked."""
        messages = [{"role": "user", "content": question}]
        if self._at_once():
            thread = self.marked({"messages": messages})
            answer = self.call("create_thread_and_run", json={"assistant_id": assistant, "thread": thread, **body})
            if answer.ok and _has_owners(answer.json):
                return self.need(answer, "create a thread and run")
        return self.run(self.thread(messages=messages)["id"], assistant, **body)

    def _at_once(self) -> bool:
        try:
            self.require("thread_and_run")
        except NotApplicable:
            return False
        return True

    def get_run(self, run: dict[str, Any]) -> dict[str, Any]:
        """Read a run again or raise Blocked."""
        answer = self.call("get_run", thread_id=run["thread_id"], run_id=run["id"])
        return self._with(answer, "read the run", thread_id=run["thread_id"], assistant_id=run.get("assistant_id"))

    def _with(self, answer: Answer, what: str, **known: Any) -> dict[str, Any]:
        """Return the object of a success; ids that it lacks, which the judge has told of, come from the request."""
        made = self.need(answer, what)
        return {**made, **{name: value for name, value in known.items() if not isinstance(made.get(name), str)}}

    def post_file(
        self,
        content: bytes = b"one,two\n1,2\n",
        filename: str = "numbers.csv",
        content_type: str | None = "text/csv",
        purpose: str = "assistants",
    ) -> Answer:
        """Upload a file; return the raw answer."""
        body, kind = form(Part("purpose", purpose.encode()), Part("file", content, filename, content_type))
        return self.call("upload_file", content=body, content_type=kind)

    def file(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Upload a file or raise Blocked."""
        how = {"arguments": args, **kwargs}
        return self._lent("file", how, lambda: self.need(self.post_file(*args, **kwargs), "upload a file"))

    def post_store(self, **body: Any) -> Answer:
        """Create a vector store; return the raw answer."""
        return self.call("create_vector_store", json=body)

    def store(self, **body: Any) -> dict[str, Any]:
        """Create a vector store or raise Blocked."""
        whole = self.marked(body)
        return self._lent("store", whole, lambda: self.need(self.post_store(**whole), "create a vector store"))

    def post_store_file(self, store: str, file: str, **body: Any) -> Answer:
        """Attach a file to a vector store; return the raw answer."""
        return self.call("create_vector_store_file", vector_store_id=store, json={"file_id": file, **body})

    def post_batch(self, store: str, files: list[str], **body: Any) -> Answer:
        """Attach several files to a vector store in one batch; return the raw answer."""
        return self.call("create_vector_store_file_batch", vector_store_id=store, json={"file_ids": files, **body})

    def indexed(self, operation: str, **params: Any) -> dict[str, Any]:
        """Poll a vector store, a store file or a batch (`operation` reads it) until it is no longer in progress.

        Raises:
            Blocked: the deadline passed, or a poll failed.
        """
        for _ in self.polls(_INDEXING_PAUSE):
            now = self.need(self.call(operation, **params), f"poll with {operation}")
            if now.get("status") != "in_progress":
                return now
        raise Blocked(f"{operation} still told of in_progress after {self.settings.run_timeout:.0f} s")

    def polls(self, first: float = _INDEXING_PAUSE) -> Iterator[None]:
        """Yield when it is time to look, first after so many seconds, then less and less often, until `run_timeout`.

        The last look is the one after the time has run out.
        """
        patience = self._patience()
        pause = self._soon(first)
        for _ in range(_MOST_POLLS):
            over = patience(pause)
            self.pause(pause)
            yield
            if over:
                return
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def _soon(self, pause: float) -> float:
        """Return how long to wait before the first look; a server whose clock is wound needs no time of ours."""
        return min(pause, _EAGER_PAUSE) if self.settings.clock_url else pause

    def _patience(self) -> Callable[[float], bool]:
        """Return what says of a pause whether it is the last: by our clock, and by the pauses where these wind one."""
        deadline, waited = time.monotonic() + self.settings.run_timeout, [0.0]

        def over(pause: float) -> bool:
            waited[0] += pause
            return max(waited[0] - self.settings.run_timeout, time.monotonic() - deadline) > 0

        return over

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
        patience, over = self._patience(), False
        status, pause, told = str(run.get("status")), _EAGER_PAUSE if eager else self._soon(_FIRST_PAUSE), ""
        for count in range(_MOST_POLLS):
            if count or not (eager or status in ends):
                known = told.isdecimal() and len(told) < 10
                this = min(int(told) / 1000, _LONGEST_PAUSE) if known else pause
                over = patience(this)
                self.pause(this)
                pause = min(pause * 1.5, _LONGEST_PAUSE)
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
        raise Blocked(f"a run was still {status} after {_MOST_POLLS} polls")

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

    def pause(self, seconds: float) -> None:
        """Let time pass between two looks: that of the server in this process, where there is one."""
        if self.winder is not None and not self.replays:
            self.winder(seconds)
        else:
            super().pause(seconds)

    @property
    def can_wind(self) -> bool:
        """Whether the target has a clock that can be wound, or had one when it was recorded."""
        recorded = self.replays and self.settings.embedded
        return self.winder is not None or bool(self.settings.clock_url) or recorded

    def affords(self, seconds: float) -> None:
        """Go on only if so much time can be let pass: to be asked before anything is spent on it.

        Raises:
            Blocked: the target has no clock to wind, and waiting would take longer than a run may.
        """
        if not self.can_wind and seconds > self.settings.run_timeout:
            raise Blocked(
                f"not-run (budget): waiting {seconds:.0f} s is longer than run_timeout; declare clock_url or a shorter"
                " run_expiry_seconds"
            )

    def wind(self, seconds: float) -> None:
        """Let the target's clock go on.

        Raises:
            Blocked: see `affords`.
        """
        self.affords(seconds)
        if self.replays:
            return
        if self.winder is not None:
            self.winder(seconds)
        elif self.settings.clock_url:
            answer = self.send_absolute("POST", self.settings.clock_url, {"advance_seconds": seconds})
            if not answer.ok:
                raise Blocked(f"the clock at clock_url did not move: {answer.told}")
        else:
            with self.waiting():
                time.sleep(seconds)

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

    def send_absolute(self, method: str, url: str, body: Any) -> Answer:
        """Send JSON to an address outside the API, without credentials; the judge does not see it.

        Raises:
            Blocked: no answer came.
        """
        import httpx2  # noqa: PLC0415 - only for a target with a clock of its own

        from assistants_conformance.observe import Exchange, Request, Response, lowered  # noqa: PLC0415

        seconds = self.settings.request_timeout
        sent = {"Accept-Encoding": "identity"}
        try:
            with (
                watched(Watch(seconds, LONGEST_HEAD)),
                guard(httpx2.Client(timeout=seconds, headers=sent)) as http,
                http.stream(method, url, json=body) as got,
            ):
                told = b"".join(got.iter_raw())
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise Blocked(f"{method} {url} got no answer ({type(error).__name__}: {error})") from error
        return Answer(Exchange(Request(method, url), Response(got.status_code, lowered(got.headers), told)))

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

    def count(self, what: str) -> int:
        """Return how often a scenario has asked for one of a kind, this time included: what tells them apart."""
        self._counts[what] += 1
        return self._counts[what]

    def unique(self, prefix: str = "conformance") -> str:
        """Return a text that nothing else contains."""
        text = f"{prefix}-{self.chance.digits(12)}"
        self._uniques.add(text)
        return text


def _has_owners(run: dict[str, Any]) -> bool:
    return all(isinstance(run.get(name), str) for name in ("thread_id", "assistant_id"))


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
