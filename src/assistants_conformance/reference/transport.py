"""The reference server without a socket: as the transport of an HTTP client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2

from assistants_conformance.reference.faulty import DroppedError

if TYPE_CHECKING:
    from assistants_conformance.reference.app import Reference


def in_process(reference: Reference) -> httpx2.MockTransport:
    """Return a transport whose requests go straight to the server."""

    def send(request: httpx2.Request) -> httpx2.Response:
        try:
            reply = reference.handle(request.method, str(request.url), request.headers, request.read())
        except DroppedError as error:
            raise httpx2.RemoteProtocolError("the server disconnected without an answer", request=request) from error
        return httpx2.Response(reply.status, headers=reply.headers, content=reply.body, request=request)

    return httpx2.MockTransport(send)
