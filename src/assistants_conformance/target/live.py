"""A stream as it comes in: its events one by one, for who wants to do something while they arrive."""

from __future__ import annotations

import re
import time
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Self

import httpx2

from assistants_conformance.observe import Decoder, Event, Exchange, Response, lowered
from assistants_conformance.target.guard import Watch, watched
from assistants_conformance.target.limits import LONGEST, MOST_EVENTS, MOST_VALUES, weight
from assistants_conformance.target.unpack import UnpackError, unpacked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from assistants_conformance.observe import Request

_EVENTS = re.compile(rb"(?:(?!\n\n|\r\r|\r\n\r\n).)*(?:\n\n|\r\r|\r\n\r\n|$)", re.DOTALL)
#: The signs that part the values of JSON from each other, and the lines of a stream.
_SIGNS = b",[{\n"


class Recorded(httpx2.SyncByteStream):
    """The body of a recorded answer; of a stream, one event after the other."""

    def __init__(self, response: Response) -> None:
        self._pieces = _EVENTS.findall(response.body) if response.is_stream else [response.body]

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces


def _forget(exchange: Exchange) -> None:
    """Stand where nobody is told any more."""


class LiveStream:
    """An answer that is being read. Used as a context, it is left where the context ends before it does.

    Args:
        request: what was sent.
        response: the open response.
        started: when it was sent, in seconds of the monotonic clock.
        source: who sent it.
        longest: after how many seconds the answer is left at the latest.
        now: the clock by which the exchange is timed, in seconds.
        closed: told of the whole exchange, once.
        lost: told why there is none: an answer that is no stream broke off.
        heard: told of every event before anybody can use it.
        recorded: where the answer is given from a recording, what stands there: its times are those that count.
    """

    def __init__(
        self,
        request: Request,
        response: httpx2.Response,
        *,
        started: float,
        source: str,
        longest: float,
        now: Callable[[], float],
        closed: Callable[[Exchange], None],
        lost: Callable[[str], None],
        heard: Callable[[Event], None] | None = None,
        recorded: Exchange | None = None,
    ) -> None:
        self._request = request
        self._response = response
        self._started = started
        self._source = source
        self._watch = Watch(longest)
        self._now = now
        self._closed = closed
        self._lost = lost
        self._heard = heard
        self._recorded = recorded
        coding = response.headers.get("content-encoding", "")
        # What is whole already, as from a server in this process, is unpacked too.
        whole = response.is_stream_consumed
        self._chunks = iter([response.content]) if whole else unpacked(response.iter_raw(), coding)
        self._values = 0
        self._decoder = Decoder()
        self._body = bytearray()
        self._waiting: deque[Event] = deque()
        self._arrivals: list[float] = []
        self._over = False
        #: Why the stream ended before its end, in words; empty where it did not.
        self.broken = ""
        self.exchange: Exchange | None = None
        self.head = Response(response.status_code, lowered(response.headers), b"")

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.head.status

    @property
    def is_stream(self) -> bool:
        """Whether events are coming."""
        return 200 <= self.status < 300 and self.head.is_stream

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes as they come; what goes wrong on the way ends the stream."""
        while not self._over:
            chunk = self._next()
            if chunk is not None:
                yield chunk

    def __iter__(self) -> Iterator[Event]:
        """Yield the events as they come."""
        while True:
            while self._waiting:
                yield self._waiting.popleft()
            if self._over:
                return
            self._next()

    def _next(self) -> bytes | None:
        if too_much := self._too_much():
            self._finish(complete=False, broken=f"{too_much}: the answer goes on and on and was left")
            return None
        try:
            with watched(self._watch):
                chunk = next(self._chunks, None)
        except httpx2.TimeoutException as error:
            silent = f"nothing came any more ({type(error).__name__})"
            late = self._too_much()
            self._finish(complete=False, broken=f"{late}: the answer goes on and on and was left" if late else silent)
            return None
        except (httpx2.HTTPError, UnpackError) as error:
            # The server went away in the middle; how that looks to a client is for the judge to say.
            self._finish(complete=True, broken=f"{type(error).__name__}: {error}")
            return None
        if chunk is None:
            self._finish(complete=True)
            return None
        self._body += chunk
        self._values += sum(map(chunk.count, _SIGNS))
        self._note(self._decoder.feed(chunk) if self.is_stream else ())
        return chunk

    def _too_much(self) -> str:
        """Say what of the answer is more than anybody reads; empty where nothing is."""
        if len(self._body) > LONGEST:
            return f"more than {LONGEST} bytes"
        if len(self._arrivals) > MOST_EVENTS:
            return f"more than {MOST_EVENTS} events"
        if self._values > MOST_VALUES:
            return f"more than {MOST_VALUES} values"
        if time.monotonic() > self._watch.deadline:
            return f"still not whole after {self._watch.seconds:g} s"
        return ""

    @property
    def weight(self) -> int:
        """About how many bytes of memory the answer takes once it is read; 0 before its end."""
        body = self.exchange.response.body if self.exchange is not None else b""
        return weight(len(body), self._values, plain=body.isascii())

    def _note(self, events: Iterator[Event] | tuple[()]) -> None:
        for event in events:
            if self._heard is not None:
                self._heard(event)
            self._waiting.append(event)
            self._arrivals.append(self._now())

    def read(self) -> None:
        """Read on to the end."""
        for _ in self.chunks():
            pass

    def close(self) -> None:
        """Leave the stream, if it has not ended by itself."""
        self._finish(complete=False)

    def _finish(self, *, complete: bool, broken: str = "") -> None:
        if self._over:
            return
        self._over, self.broken = True, broken
        self._response.close()
        if broken and not self.is_stream:
            self._lost(broken)
            return
        if self.is_stream:
            self._note(self._decoder.close())
        response = Response(self.status, self.head.headers, bytes(self._body))
        self._body = bytearray()
        self.exchange = Exchange(
            self._request,
            response,
            self._source,
            self._started,
            self._now(),
            complete=complete or not self.is_stream,
            arrivals=tuple(self._arrivals),
        )
        if (told := self._recorded) is not None:
            self.exchange = replace(
                self.exchange,
                started=told.started,
                ended=told.ended,
                arrivals=told.arrivals[: len(self._arrivals)],
                complete=self.exchange.complete and told.complete,
            )
        closed, self._closed = self._closed, _forget
        # Who is told knows this stream too: in a circle, a heavy answer would outlive its scenario.
        closed(self.exchange)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
