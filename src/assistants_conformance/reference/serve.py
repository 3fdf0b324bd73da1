"""The reference server on a socket: uvicorn around `Reference.handle`."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any

import uvicorn

from assistants_conformance.reference.faulty import DroppedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator, MutableMapping

    from assistants_conformance.reference.app import Reference
    from assistants_conformance.reference.wire import Frames

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

_START_SECONDS = 10.0
_STOP_SECONDS = 5
#: How long a stream on a virtual clock holds still before each change of its run, in real seconds.
_PACE_SECONDS = 0.03


def application(reference: Reference, latency: float = 0.0, stopping: asyncio.Event | None = None) -> Application:
    """Return an ASGI application; `latency` is waited for before each answer, in seconds.

    Once `stopping` is set, open streams end where they are.
    """
    stopped = stopping or asyncio.Event()

    async def app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if not message.get("more_body", False):
                break
        if latency:
            await asyncio.sleep(latency)
        url = scope["raw_path"].decode("latin-1")
        if scope["query_string"]:
            url = f"{url}?{scope['query_string'].decode('latin-1')}"
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            reply = reference.handle(scope["method"], url, headers, bytes(body), peer=scope.get("client"))
        except DroppedError:
            # An answer that is announced and does not come: the server behind closes the connection.
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
            return
        answer = b"" if scope["method"] == "HEAD" else reply.body
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": encoded})
        if reply.stream is not None:
            await _send_frames(reference, reply.stream, _over(receive, stopped), send)
            return
        await send({"type": "http.response.body", "body": answer})

    return app


async def _send_frames(reference: Reference, stream: Frames, over: Coroutine[Any, Any, None], send: Send) -> None:
    """Send a stream as its run goes on, until it ends or is over: the client has left, or the server stops."""
    gone = asyncio.ensure_future(over)
    try:
        while not gone.done() and (got := stream.pull()) is not None:
            if isinstance(got, bytes):
                await send({"type": "http.response.body", "body": got, "more_body": True})
                # Sending alone gives nobody else a turn, and so hears of no client that leaves.
                await asyncio.sleep(0)
            elif reference.clock.kind == "real":
                await asyncio.wait([gone], timeout=got)
            else:
                # A virtual clock goes on by itself here, but not before others had a chance to ask something.
                await asyncio.wait([gone], timeout=_PACE_SECONDS)
                if not gone.done():
                    reference.pass_time(got)
        await send({"type": "http.response.body", "body": b""})
    finally:
        stream.close()
        gone.cancel()


async def _over(receive: Receive, stopped: asyncio.Event) -> None:
    waiting = [asyncio.ensure_future(_left(receive)), asyncio.ensure_future(stopped.wait())]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waiting:
            one.cancel()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def listening(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 is any free one.

    Raises:
        OSError: the address cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, so that asyncio knows the connections for TCP and switches Nagle's algorithm off.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(128)
    except OSError:
        made.close()
        raise
    return made


def address(bound: socket.socket) -> str:
    """Return the base URL of a listening socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """Says when it is ready, and when it stops. Off the main thread it leaves the signals alone."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], stopping: asyncio.Event) -> None:
        super().__init__(config)
        self._ready = ready
        self._stopping = stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping.set()
        await super().shutdown(sockets)


def _server(reference: Reference, latency: float, ready: Callable[[], None]) -> _Server:
    stopping = asyncio.Event()
    config = uvicorn.Config(
        application(reference, latency, stopping),
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    return _Server(config, ready, stopping)


def serve(reference: Reference, *, host: str = "127.0.0.1", port: int = 0, latency: float = 0.0) -> None:
    """Serve until SIGTERM or SIGINT, and print one line when ready.

    Raises:
        OSError: the address cannot be used.
    """
    with listening(host, port) as bound:

        def ready() -> None:
            line = f"serving {address(bound)} profile={reference.profile.id} clock={reference.clock.kind}\n"
            sys.stdout.write(line)
            sys.stdout.flush()

        with contextlib.suppress(KeyboardInterrupt):
            _server(reference, latency, ready).run(sockets=[bound])


@contextlib.contextmanager
def running(reference: Reference, latency: float = 0.0) -> Iterator[str]:
    """Serve in a thread on a free loopback port for as long as the context lasts; gives the base URL.

    Raises:
        RuntimeError: the server did not start.
    """
    ready = threading.Event()
    with listening("127.0.0.1", 0) as bound:
        server = _server(reference, latency, ready.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        try:
            if not ready.wait(_START_SECONDS):
                raise RuntimeError("the reference server did not start")
            yield address(bound)
        finally:
            server.should_exit = True
            thread.join(_STOP_SECONDS + 1)
