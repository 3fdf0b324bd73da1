"""A target that misbehaves in one named way, and is the reference server otherwise: on a real socket, as in life."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from assistants_conformance.contract import load_profile
from assistants_conformance.reference import Reference, VirtualClock

#: As long as nobody waits, in seconds; a way that keeps still is woken when its server is closed.
FOR_EVER = 300.0
#: What no output may ever hold.
KEY = "sk-hostile/0123456789-never-to-be-seen-anywhere"


@dataclass
class Asked:
    """One request as it came in."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self):
        return urlsplit(self.target).path

    @property
    def streams(self):
        return b'"stream": true' in self.body


@dataclass
class Reply:
    """What the reference server would answer."""

    status: int
    headers: dict[str, str]
    body: bytes
    events: bool = False

    def raw(self, body=None, headers=None, *, length=True, status=None, line=None):
        """The bytes on the wire: a whole answer, bent where an argument says so."""
        body = self.body if body is None else body
        kept = {name.lower(): value for name, value in self.headers.items() if name.lower() != "content-length"}
        kept |= headers or {}
        if length and "transfer-encoding" not in kept:
            kept.setdefault("content-length", str(len(body)))
        first = line or f"HTTP/1.1 {status or self.status} Whatever"
        lines = [first, *(f"{name}: {value}" for name, value in kept.items() if value is not None)]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@dataclass
class Hostile:
    """The server. `way` is called with it, what was asked and the true reply, and yields bytes; None: all is well.

    A way that is done without the last word (`self.drop`) loses its connection.
    """

    way: object
    profile: str = "openai-v2"
    asked: list[Asked] = field(default_factory=list)

    def __enter__(self):
        self.reference = Reference(load_profile(self.profile), clock=VirtualClock(), key=KEY)
        self.over = threading.Event()
        self._lock = threading.Lock()
        self._open = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self._listener.close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def still(self, seconds=FOR_EVER):
        """Say nothing for a while."""
        self.over.wait(seconds)

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with self._lock:
            self._open.add(connection)
        try:
            with connection, connection.makefile("rb") as lines, contextlib.suppress(OSError, ValueError):
                while not self.over.is_set() and (asked := self._read(lines)):
                    if not self._answer(connection, asked):
                        return
        finally:
            with self._lock:
                self._open.discard(connection)

    def _read(self, lines):
        first = lines.readline().decode("latin-1").split()
        if len(first) != 3:
            return None
        headers = {}
        while (line := lines.readline().decode("latin-1").strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        asked = Asked(first[0], first[1], headers, lines.read(int(headers.get("content-length", 0))))
        self.asked.append(asked)
        return asked

    def true(self, asked):
        """What the reference server answers; a stream as one body."""
        with self._lock:
            reply = self.reference.handle(asked.method, asked.target, asked.headers, asked.body)
            if reply.stream is None:
                return Reply(reply.status, dict(reply.headers), reply.body)
            body = bytearray()
            while (got := reply.stream.pull()) is not None:
                if isinstance(got, bytes):
                    body += got
                else:
                    self.reference.pass_time(got)
            reply.stream.close()
            return Reply(reply.status, dict(reply.headers), bytes(body), events=True)

    def _answer(self, connection, asked):
        true = self.true(asked)
        pieces = self.way(self, asked, true) if self.way is not None else None
        if pieces is None:
            connection.sendall(true.raw())
            return True
        for piece in pieces:
            if self.over.is_set():
                return False
            connection.sendall(piece)
        # Nobody can tell where a bent answer ended, so the connection does.
        return False
