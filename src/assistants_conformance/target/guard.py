"""Time and size of an answer's head, held where its bytes arrive: an HTTP client counts neither.

Timeouts of a client are per read. A server that sends one byte a second, or one `100 Continue` after the other, keeps
each of them and never ends.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import httpcore2

from assistants_conformance.target.limits import LONGEST_HEAD, SLOWEST_LINE

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Iterator

    import httpx2


class Watch:
    """What one answer may take.

    Args:
        seconds: from now on, until it must be there.
        head: bytes that it may have; None: its body is coming, which who reads it counts.
    """

    def __init__(self, seconds: float, head: int | None = None) -> None:
        self.deadline = time.monotonic() + seconds
        self.seconds = seconds
        self._head = head

    def left(self, timeout: float | None) -> float:
        """Return the seconds that a step may take.

        Raises:
            httpcore2.ReadTimeout: there are none left.
        """
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout(f"not whole within {self.seconds:g} s")
        return left if timeout is None else min(timeout, left)

    def came(self, size: int) -> None:
        """Count bytes.

        Raises:
            httpcore2.RemoteProtocolError: they are too many for a head.
        """
        if self._head is None:
            return
        self._head -= size
        if self._head < 0:
            raise httpcore2.RemoteProtocolError(f"more than {LONGEST_HEAD // 1024} KiB before the answer's body")


#: The watch over what this thread is reading; a connection is read by who has sent the request.
_WATCH: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """Hold what is read meanwhile to the limits of a watch."""
    token = _WATCH.set(watch)
    try:
        yield
    finally:
        _WATCH.reset(token)


def guard(client: httpx2.Client) -> httpx2.Client:
    """Let a client keep to the watch of each answer, whether it goes straight to its target or over a proxy.

    The client has no public place for it. `tests/hostile` holds that it is still at this one.
    """
    for transport in (client._transport, *client._mounts.values()):
        pool = getattr(transport, "_pool", None)
        backend = getattr(pool, "_network_backend", None)
        if pool is not None and backend is not None:
            pool._network_backend = _Backend(backend)
    return client


class _Stream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        watch = _WATCH.get()
        if watch is None:
            return self._inner.read(max_bytes, timeout)
        data = self._inner.read(max_bytes, watch.left(timeout))
        watch.came(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        watch = _WATCH.get()
        if watch is None:
            self._inner.write(buffer, timeout)
            return
        # A server that takes in one byte a second would hold a long body for ever.
        for place in range(0, len(buffer), SLOWEST_LINE):
            self._inner.write(buffer[place : place + SLOWEST_LINE], watch.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore2.NetworkBackend):
    def __init__(self, inner: httpcore2.NetworkBackend) -> None:
        self._inner = inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        return _Stream(self._inner.connect_tcp(host, port, timeout, local_address, socket_options))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore2.NetworkStream:
        return _Stream(self._inner.connect_unix_socket(path, timeout, socket_options))

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)
