"""Credentials: what was sent to authenticate never comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assistants_conformance.observe.call import Call
    from assistants_conformance.observe.context import Context

#: A shorter value, as local servers take it, may stand in an answer by chance.
_SHORTEST = 12


def observe_credentials(call: Call, context: Context) -> None:
    """Look for the credentials in the answer; a recorder hides them, so only a whole trace counts."""
    if not context.closed:
        return
    response = call.exchange.response
    for secret in _secrets(call.exchange.request.headers):
        places = [f"header {name}" for name, value in response.headers.items() if secret in value]
        if secret.encode() in response.body:
            places.append("body")
        context.report.check(
            "AUTH-014",
            not places,
            f"status {call.status}: the credential that was sent stands in the {' and '.join(places)}",
            "no credential in the answer, unless it is masked",
        )


def _secrets(headers: Mapping[str, str]) -> Iterator[str]:
    bearer = headers.get("authorization", "").partition(" ")[2].strip()
    for value in dict.fromkeys((headers.get("api-key", ""), bearer)):
        if len(value) >= _SHORTEST:
            yield value
