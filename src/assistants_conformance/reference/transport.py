"""The reference server without a socket: as the transport of an HTTP client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2

from assistants_conformance.reference.faulty import DroppedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_conformance.reference.app import Reference
    from assistants_conformance.reference.wire import Frames


def in_process(reference: Reference) -> httpx2.MockTransport:
    """Return a transport whose requests go straight to the server."""

    def send(request: httpx2.Request) -> httpx2.Response:
        try:
            reply = reference.handle(request.method, str(request.url), request.headers, request.read())
        except DroppedError as error:
            raise httpx2.RemoteProtocolError("the server disconnected without an answer", request=request) from error
        if reply.stream is not None:
            frames = _Frames(reference, reply.stream)
            return httpx2.Response(reply.status, headers=reply.headers, stream=frames, request=request)
        return httpx2.Response(reply.status, headers=reply.headers, content=reply.body, request=request)

    return httpx2.MockTransport(send)


class _Frames(httpx2.SyncByteStream):
    """The frames of a stream as its reader asks for them; the time between two of them passes at once."""

    def __init__(self, reference: Reference, stream: Frames) -> None:
        self._reference = reference
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        while (got := self._stream.pull()) is not None:
            if isinstance(got, bytes):
                yield got
            else:
                self._reference.pass_time(got)

    def close(self) -> None:
        self._stream.close()
