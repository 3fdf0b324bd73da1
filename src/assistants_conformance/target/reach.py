"""Whether there is anything to judge at an address: one request before the first scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistants_conformance.observe import Judge
from assistants_conformance.target.answer import Blocked
from assistants_conformance.target.client import Client

if TYPE_CHECKING:
    from assistants_conformance.target.resolve import Resolved


class UnreachableError(Exception):
    """No judgement is possible at this address; the message is one line.

    `retired` says that a server answered which does not have this API.
    """

    def __init__(self, message: str, *, retired: bool = False) -> None:
        super().__init__(message)
        self.retired = retired


def reach(resolved: Resolved) -> None:
    """Ask a live target for its assistants.

    Raises:
        UnreachableError: it does not answer, refuses the key, or has no such API.
    """
    settings = resolved.settings
    if settings.embedded:
        return
    client = Client(settings, Judge(settings.profile))
    asked = f"GET {client.origin}/assistants"
    try:
        answer = client.send("GET", "/assistants", query={"limit": 1})
    except Blocked as error:
        raise UnreachableError(f"the target does not answer: {error}; is it running at {settings.url}?") from error
    finally:
        client.close()
    if answer.status in (401, 403):
        raise UnreachableError(
            f"the key was refused: {asked} answered {answer.status} (credentials: {resolved.origins['credentials']})"
        )
    if answer.status in (404, 410):
        raise UnreachableError(
            f"the target has no /assistants (retired or not an Assistants endpoint): {asked} answered {answer.status}",
            retired=True,
        )
    if 300 <= answer.status < 400:
        there = answer.exchange.response.headers.get("location", "elsewhere")[:200]
        raise UnreachableError(f"{asked} is redirected to {there}: name that address")
