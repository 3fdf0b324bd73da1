"""The reference server without a socket: as the transport of an HTTP client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2

if TYPE_CHECKING:
    from assistants_conformance.reference.app import Reference


def in_process(reference: Reference) -> httpx2.MockTransport:
    """Return a transport whose requests go straight to the server."""

    def send(request: httpx2.Request) -> httpx2.Response:
        reply = reference.handle(request.method, str(request.url), request.headers, request.read())
        return httpx2.Response(reply.status, headers=reply.headers, content=reply.body, request=request)

    return httpx2.MockTransport(send)
