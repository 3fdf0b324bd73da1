"""HTTP to the target: every exchange goes to the judge, every failure gets a name."""

from __future__ import annotations

import json as jsonlib
import ssl
import threading
import time
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

import httpx2

from assistants_conformance.contract import operation as find_operation
from assistants_conformance.observe import Exchange, Judge, Request, Response, lowered
from assistants_conformance.target.answer import Answer, Blocked
from assistants_conformance.target.baton import SHORT
from assistants_conformance.target.guard import Watch, guard, watched
from assistants_conformance.target.limits import (
    HEAVIEST_SCENARIO,
    HEAVY,
    IDLE_CONNECTION,
    LONGEST_HEAD,
    SILENT_FOR_GOOD,
    SLOWEST_LINE,
    TRY_AGAIN,
)
from assistants_conformance.target.live import LiveStream, Recorded
from assistants_conformance.target.tape import EndedError, LostError, NotRecordedError
from assistants_conformance.target.together import at_once, in_turn
from assistants_conformance.target.unpack import ACCEPTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from assistants_conformance.observe import Event
    from assistants_conformance.target.baton import Baton
    from assistants_conformance.target.ledger import Ledger
    from assistants_conformance.target.meter import Meter
    from assistants_conformance.target.settings import TargetSettings
    from assistants_conformance.target.tape import Tape

#: Told to the judge's reader where a request got no answer at all.
_NO_ANSWER = "ERR-032"
#: How often a request is sent that is held back, which is no finding. Where so many in a row were held back each time,
#: the next ones are not waited for.
_HELD_BACK, _HELD_BACK_FOR_GOOD = 6, 3
#: Told where a stream is open and nothing comes any more.
_STALLED = "SSE-023"
#: Characters of a path that are shown.
_LONGEST_PATH = 300
#: The parts of a request that are no part of its path.
_HOW = ("json", "query", "content", "content_type")


class Client:
    """Sends requests as the profile wants them; hands each exchange to the judge.

    Args:
        settings: the endpoint.
        judge: told of every exchange, in order.
        transport: a transport in this process; None: the network.
    """

    def __init__(self, settings: TargetSettings, judge: Judge, transport: httpx2.BaseTransport | None = None) -> None:
        self.settings = settings
        self.judge = judge
        self.source = ""
        self.requests = 0
        self.latest: Exchange | None = None
        self._transport = transport
        self._lock = threading.RLock()
        self._held: list[Exchange] | None = None
        self._begun: float | None = None
        #: What the heavy answers since the last `lighten` take in memory, in bytes.
        self._burden = 0
        #: How many requests in a row got no answer, and when the last one was given up.
        self._unanswered = 0
        self._given_up = 0.0
        #: The seconds of the clock by which exchanges are timed; a recording of the embedded server counts instead.
        #: How often a request was held back and waited for, and for how many seconds together.
        self.holds, self.held_seconds = 0, 0.0
        self._held_back = 0
        self.now: Callable[[], float] = time.perf_counter
        #: Keeps the traffic, or gives it in the place of the target.
        self.tape: Tape | None = None
        #: Is told of every request before it goes out and of every answer before it is used.
        self.ledger: Ledger | None = None
        self.meter: Meter | None = None
        #: Goes round among the threads of this process that ask the target.
        self.baton: Baton | None = None
        self._http = self._open()

    def _open(self) -> httpx2.Client:
        settings = self.settings
        timeout = httpx2.Timeout(settings.request_timeout, connect=min(10.0, settings.request_timeout))
        headers = {"Accept-Encoding": ACCEPTED}
        if self._transport is not None:
            return httpx2.Client(transport=self._transport, timeout=timeout, headers=headers)
        how: dict[str, Any] = {"limits": httpx2.Limits(keepalive_expiry=IDLE_CONNECTION)}
        if settings.proxy:
            how["proxy"] = settings.proxy
        if settings.ca_bundle:
            how["verify"] = ssl.create_default_context(cafile=settings.ca_bundle)
        # A redirect is never followed: the credentials are for the target and nobody else.
        return guard(httpx2.Client(timeout=timeout, headers=headers, follow_redirects=False, **how))

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    @cached_property
    def origin(self) -> str:
        """Scheme, host and base path, without a slash at the end."""
        if self.settings.url is None:
            return f"http://reference.invalid{self.settings.profile.base_path}"
        url = self.settings.url.rstrip("/")
        base = self.settings.profile.base_path
        if self.settings.base_path is not None:
            base = self.settings.base_path.rstrip("/")
            return url if base and url.endswith(base) else url + base
        if self.settings.profile.traits.get("address_has_project") and urlsplit(url).path:
            return url
        return url if url.endswith(base) else url + base

    @cached_property
    def _base(self) -> str:
        return urlsplit(self.origin).path

    def default_headers(self) -> dict[str, str]:
        """The headers that authenticate a request and choose the version."""
        settings = self.settings
        headers = dict(settings.headers)
        if settings.profile.platform == "azure" and settings.api_key:
            headers["api-key"] = settings.api_key
        elif token := settings.token() or settings.api_key:
            headers["Authorization"] = f"Bearer {token}"
        if settings.profile.beta_header:
            headers["OpenAI-Beta"] = settings.profile.beta_header
        return headers

    def default_query(self) -> dict[str, str]:
        """The query that every request carries."""
        if self.settings.profile.platform == "openai":
            return {}
        return {"api-version": self.settings.api_version or self.settings.profile.api_versions[0]}

    def call(self, operation: str, *, headers: Mapping[str, str | None] | None = None, **how: Any) -> Answer:
        """Send the request of an operation: `json`, `query`, `content` and so on as in `send`; the rest fills its path.

        Headers set to None are left out.

        Raises:
            Blocked: no HTTP answer came (the finding is written).
        """
        method, path, own, rest = _addressed(operation, headers, how)
        return self.send(method, path, headers=own, **rest)

    def stream(
        self, operation: str, *, headers: Mapping[str, str | None] | None = None, **how: Any
    ) -> AbstractContextManager[LiveStream]:
        """Send the request of an operation and give its answer while it comes in; a refusal comes as its bytes.

        The judge hears of everything that happens meanwhile once the stream is left: only then does it know what came
        before what.

        Raises:
            Blocked: no HTTP answer came (the finding is written).
        """
        method, path, own, rest = _addressed(operation, headers, how)
        return self._streaming(*self._request(method, path, headers=own, **rest))

    @contextmanager
    def _streaming(self, method: str, url: str, headers: dict[str, str], content: bytes) -> Iterator[LiveStream]:
        with self.held(), self._open_answer(method, url, headers, content) as live:
            yield live

    def send(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
        content: bytes | None = None,
        content_type: str | None = None,
    ) -> Answer:
        """Send any request below the base path. A query value of None removes a default one."""
        return self._exchange(
            *self._request(
                method, path, json=json, query=query, headers=headers, content=content, content_type=content_type
            )
        )

    def _request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
        content: bytes | None = None,
        content_type: str | None = None,
    ) -> tuple[str, str, dict[str, str], bytes]:
        """Return method, URL, headers and body as they go out."""
        merged = {**self.default_query(), **(query or {})}
        pairs = {name: str(value) for name, value in merged.items() if value is not None}
        url = f"{self.origin}{path}" + (f"?{urlencode(pairs)}" if pairs else "")
        sent: dict[str, str | None] = {**self.default_headers()}
        if json is not None:
            content = jsonlib.dumps(json, ensure_ascii=False).encode("utf-8", "surrogatepass")
            content_type = content_type or "application/json"
        if content_type:
            sent["Content-Type"] = content_type
        for name, value in (headers or {}).items():
            for known in [known for known in sent if known.lower() == name.lower()]:
                del sent[known]
            sent[name] = value
        final = {name: value for name, value in sent.items() if value is not None}
        return method, url, final, content or b""

    def _exchange(self, method: str, url: str, headers: dict[str, str], content: bytes) -> Answer:
        live = self._open_answer(method, url, headers, content)
        live.read()
        if live.exchange is None:
            raise Blocked(f"{method} {path_of(url)} got no whole answer ({live.broken})")
        if live.broken and not live.exchange.complete:
            raise Blocked(f"{method} {path_of(url)}: {live.broken}")
        return Answer(live.exchange)

    def _open_answer(self, method: str, url: str, headers: dict[str, str], content: bytes) -> LiveStream:
        """Send a request, again where it was held back, and return its answer, of which only the head was read.

        Raises:
            Blocked: no answer came, or none but to come again.
        """
        told, tries = "", 1 if self._held_back >= _HELD_BACK_FOR_GOOD else _HELD_BACK
        for waited in range(tries):
            live = self._open_once(method, url, headers, content)
            if not live.head.held_back:
                self._held_back = 0
                return live
            live.read()
            told = live.head.headers.get("retry-after", "").strip()
            if waited + 1 < tries:
                seconds = min(float(told) if told.isdecimal() else 2.0**waited, self.settings.request_timeout)
                with self._lock:
                    self.holds += 1
                    self.held_seconds += seconds
                self.pause(seconds)
        self._held_back += 1
        status = live.status
        raise Blocked(
            f"{method} {path_of(url)} was held back {tries} times ({status}, Retry-After {told or 'missing'})"
        )

    def pause(self, seconds: float) -> None:
        """Let time pass between two looks; a tape needs none, nor does a server in this process."""
        if self.settings.embedded or self.replays:
            return
        # Who has heavy answers keeps the others from getting some as well.
        with self.waiting() if seconds >= SHORT and not self._burden else nullcontext():
            time.sleep(seconds)

    def waiting(self) -> AbstractContextManager[None]:
        """Stand around what nobody need be kept waiting for who shares the target in this process."""
        return self.baton.laid_down() if self.baton is not None else nullcontext()

    @property
    def replays(self) -> bool:
        """Whether answers come from a cassette."""
        return self.tape is not None and self.tape.replays

    def _open_once(self, method: str, url: str, headers: dict[str, str], content: bytes) -> LiveStream:
        """Send a request and return its answer, of which nothing but the head was read."""
        request = Request(method, url, lowered(headers), content)
        if self.meter is not None and (spent := self.meter.refuses(request)):
            raise Blocked(spent)
        if not self.replays:
            self._bear(method, url)
        with self._lock:
            self.requests += 1
            http = self._http
        if self.meter is not None:
            self.meter.sending(request)
        number = self.ledger.sending(request, self.route_of(request)) if self.ledger is not None else None
        if self.tape is not None and self.tape.replays:
            return self._from_tape(self.tape, request, number)
        started = self.now() if self._begun is None else self._begun
        patience = self.settings.request_timeout
        try:
            with watched(Watch(patience + len(content) / SLOWEST_LINE, LONGEST_HEAD)):
                got = http.send(http.build_request(method, url, headers=headers, content=content), stream=True)
        except (httpx2.InvalidURL, httpx2.LocalProtocolError) as error:
            # An id that nobody can put into an address: the request was never sent, and the target is not to blame.
            if self.ledger is not None:
                self.ledger.unsent(number)
            raise Blocked(f"{method} {path_of(url)} cannot be sent ({type(error).__name__}: {error})") from error
        except httpx2.HTTPError as error:
            self._reopen(http)
            told = f"{type(error).__name__}: {error}"
            if self.tape is not None:
                self.tape.lost(request, told)
            self.lost(request, told)
            raise Blocked(f"{method} {path_of(url)} got no answer ({told})") from error

        def closed(exchange: Exchange) -> None:
            self._noted_down(number, exchange)
            if self.tape is not None:
                self.tape.keep(exchange)
            if exchange.response.status >= 500:
                # A server that stumbled may close the connection; the next request must not pay for it.
                self._reopen(http)
            if live.weight > HEAVY:
                self._burden += live.weight
            self.observe(exchange)
            if live.broken and not exchange.complete:
                with self._lock:
                    report = self.judge.report.at(self.settings.profile, exchange)
                    report.check(_STALLED, False, live.broken, "events until the run has ended")

        def lost(told: str) -> None:
            if self.tape is not None:
                self.tape.lost(request, told)
            self._reopen(http)
            self.lost(request, told)

        # A stream lasts as long as its run.
        longest = max(self.settings.run_timeout, patience) if _is_stream(got) else patience
        live = LiveStream(
            request,
            got,
            started=started,
            source=self.source,
            longest=longest,
            now=self.now,
            closed=closed,
            lost=lost,
            heard=self._hears(number),
        )
        return live

    def route_of(self, request: Request) -> str:
        """Return the path of a request below the base path."""
        return request.path.removeprefix(self._base)

    def _noted_down(self, number: int | None, exchange: Exchange) -> None:
        if self.meter is not None:
            self.meter.answered(exchange)
        if self.ledger is not None:
            self.ledger.answered(number, exchange, self.route_of(exchange.request))

    def _hears(self, number: int | None) -> Callable[[Event], None] | None:
        ledger = self.ledger
        return None if ledger is None or number is None else partial(ledger.heard, number)

    def lighten(self) -> None:
        """Forget the answers so far, and what they have weighed: whoever kept them is gone."""
        self._burden, self.latest = 0, None

    def _bear(self, method: str, url: str) -> None:
        """See that one more request is worth it.

        Raises:
            Blocked: the target is silent, the answers of this scenario fill the memory, or the address is another's.
        """
        if self._unanswered >= SILENT_FOR_GOOD and time.monotonic() - self._given_up < TRY_AGAIN:
            raise Blocked(f"{method} {path_of(url)} was not sent: the {self._unanswered} before it got no answer")
        if not url.startswith(self.origin):
            raise Blocked(f"{method} {url:.200} was not sent: it is not the target's address")
        if self._burden > HEAVIEST_SCENARIO:
            raise Blocked(f"{method} {path_of(url)} was not sent: the answers before it were too large to keep more")

    def _from_tape(self, tape: Tape, request: Request, number: int | None) -> LiveStream:
        """Return the recorded answer to a request as if it came in now."""
        try:
            told = tape.answer(request)
        except LostError as error:
            self.lost(request, str(error))
            raise Blocked(f"{request.method} {request.path} got no answer ({error})") from error
        except (EndedError, NotRecordedError) as error:
            raise Blocked(str(error)) from error
        response = told.response

        def closed(exchange: Exchange) -> None:
            self._noted_down(number, exchange)
            self.observe(exchange)

        got = httpx2.Response(response.status, headers=response.headers, stream=Recorded(response))
        return LiveStream(
            request,
            got,
            started=told.started,
            source=self.source,
            longest=float("inf"),
            now=self.now,
            closed=closed,
            lost=lambda words: self.lost(request, words),
            heard=self._hears(number),
            recorded=told,
        )

    def _reopen(self, broken: httpx2.Client) -> None:
        with self._lock:
            if self._http is broken:
                self._http = self._open()
                if self._transport is None:
                    broken.close()

    def observe(self, exchange: Exchange) -> None:
        """Hand one exchange to the judge."""
        with self._lock:
            self._unanswered = 0
            self.latest = exchange
            self.heard(exchange)
            if self._held is not None:
                self._held.append(exchange)
                return
            self.judge.observe(exchange)

    def heard(self, exchange: Exchange) -> None:
        """Hear of every exchange, also of one without an answer, before the judge does."""

    def lost(self, request: Request, told: str) -> None:
        """Write down that a request got no answer."""
        with self._lock:
            # What the embedded server drops costs no time.
            self._unanswered += self._transport is None
            self._given_up = time.monotonic()
            report = self.judge.report
            none = Exchange(request, Response(0), self.source)
            self.heard(none)
            report.at(self.settings.profile, none)
            report.check(_NO_ANSWER, False, told, "an HTTP answer")

    def together(self, *actions: Callable[[], Answer]) -> list[Answer | Blocked]:
        """Do several requests at once, each in a thread of its own, and return what came of them, in the given order.

        The judge hears of them in the order in which they were begun: only so can it tell which of them overlapped.
        Where the server is in this process, or a tape, they come in the given order and none came first.

        Raises:
            Exception: an action failed otherwise than with Blocked.
        """
        results: list[Answer | Blocked] = [Blocked("not finished")] * len(actions)
        failures: list[Exception] = []

        def work(number: int) -> None:
            try:
                results[number] = actions[number]()
            except Blocked as error:
                results[number] = error
            except Exception as error:
                # Raised again below, where somebody hears of it.
                failures.append(error)

        with self.held():
            if self._transport is not None or self.replays:
                # What threads do is another thing each time; here one order stands for all, and none came first.
                self._begun = self.now()
                try:
                    in_turn(work, len(actions))
                finally:
                    self._begun = None
            else:
                at_once(work, len(actions), self.settings.request_timeout * 2)
        if failures:
            raise failures[0]
        return results

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep from the judge what happens meanwhile, and tell it in the end, in the order in which it began."""
        with self._lock:
            outer, self._held = self._held, [] if self._held is None else self._held
        try:
            yield
        finally:
            if outer is None:
                with self._lock:
                    held, self._held = self._held or [], None
                    self.judge.foresee(held)
                    for exchange in sorted(held, key=lambda one: one.started):
                        self.judge.observe(exchange)


def _is_stream(got: httpx2.Response) -> bool:
    return got.headers.get("content-type", "").lower().startswith("text/event-stream")


def _addressed(
    operation: str, headers: Mapping[str, str | None] | None, how: dict[str, Any]
) -> tuple[str, str, dict[str, str | None], dict[str, Any]]:
    """Return method and path of an operation, its headers, and what of `how` is no part of the path."""
    row = find_operation(operation)
    rest = {name: how.pop(name) for name in _HOW if name in how}
    path = row.path.format(**{name: quote(str(value), safe="") for name, value in how.items()})
    own: dict[str, str | None] = {} if row.beta_header else {"OpenAI-Beta": None}
    return row.method, path, own | dict(headers or {}), rest


def path_of(url: str) -> str:
    """Return the path of an address without its host and query, as a reader can bear it."""
    path = url.split("://", 1)[-1].partition("/")[2].partition("?")[0]
    return f"/{path}" if len(path) <= _LONGEST_PATH else f"/{path[:_LONGEST_PATH]}…"


__all__ = ["Client", "path_of"]
