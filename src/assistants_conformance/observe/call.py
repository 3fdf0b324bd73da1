"""An exchange read with the eyes of a profile: which operation, on which objects, with which outcome."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from assistants_conformance.contract import Match, Operation, Place, Profile, locate

if TYPE_CHECKING:
    from assistants_conformance.observe.events import Event
    from assistants_conformance.observe.exchange import Exchange

#: The field of an object that says what it is, by our name for the kind.
OBJECT_NAMES = {
    "assistant": "assistant",
    "thread": "thread",
    "thread.message": "message",
    "thread.run": "run",
    "thread.run.step": "run_step",
    "file": "file",
    "assistant.file": "assistant_file",
    "thread.message.file": "message_file",
    "vector_store": "vector_store",
    "vector_store.file": "vector_store_file",
    "vector_store.file_batch": "vector_store_file_batch",
}


@dataclass(frozen=True)
class Call:
    """One exchange with its operation. `place` is the path taken apart; `match` is None for a path nobody knows."""

    exchange: Exchange
    profile: Profile
    place: Place
    match: Match | None

    @property
    def operation(self) -> Operation | None:
        """The operation, None where method and path are none of the API."""
        return self.match.operation if self.match else None

    @property
    def params(self) -> dict[str, str]:
        """The path parameters, by name."""
        return self.match.params if self.match else {}

    @property
    def status(self) -> int:
        """The status of the answer."""
        return self.exchange.response.status

    @property
    def ok(self) -> bool:
        """Whether the answer is a success."""
        return 200 <= self.status < 300

    @property
    def sent(self) -> dict[str, Any]:
        """The JSON object that was sent; empty where there was none."""
        body = self.exchange.request.json
        return body if isinstance(body, dict) else {}

    @cached_property
    def streamed(self) -> bool:
        """Whether the answer is a stream of events."""
        return self.exchange.response.is_stream

    @property
    def in_stream(self) -> bool:
        """Whether this is one event of a stream and not a whole answer."""
        return False

    @cached_property
    def body(self) -> Any:
        """The parsed answer; None for a stream, for binary content, or where it is not JSON."""
        if self.streamed or (self.ok and self.operation is not None and self.operation.id == "get_file_content"):
            return None
        return self.exchange.response.json

    @cached_property
    def is_list(self) -> bool:
        """Whether a success is a list envelope with a `data` array."""
        return bool(
            self.ok
            and self.operation
            and self.operation.listed
            and isinstance(self.body, dict)
            and isinstance(self.body.get("data"), list)
        )

    @cached_property
    def items(self) -> list[dict[str, Any]]:
        """The objects that a success carries: the one object, or the entries of the list."""
        if not self.ok or not isinstance(self.body, dict):
            return []
        if self.is_list:
            return [item for item in self.body["data"] if isinstance(item, dict)]
        if self.operation is not None and self.operation.listed:
            return []
        return [self.body]

    def objects(self, kind: str) -> list[dict[str, Any]]:
        """The objects of one kind that a success carries."""
        return self.items if self.operation is not None and self.operation.kind == kind else []


@dataclass(frozen=True)
class EventCall(Call):
    """One event of a stream, read like the answer to a request for the object that it carries."""

    event: Event

    @property
    def in_stream(self) -> bool:
        """Always true."""
        return True

    @property
    def ok(self) -> bool:
        """Always true: an event that tells of an error is none of these."""
        return True

    @cached_property
    def streamed(self) -> bool:
        """Always false: the event is no stream."""
        return False

    @cached_property
    def body(self) -> Any:
        """The object in the data of the event; None where there is none."""
        parsed = self.event.parsed
        return parsed if isinstance(parsed, dict) else None


def event_call(call: Call, event: Event, kind: str, *, created: bool) -> EventCall:
    """Read one event of a stream; `created` says that it answers the request itself, as its first run does.

    It is known to be true at some time between the request and its arrival: it may have been held up on its way.
    """
    assert call.match is not None
    operation, exchange = call.match.operation, call.exchange
    if not created:
        operation = replace(operation, id="stream_event", method="EVENT", kind=kind, listed=False, paged=False, also=())
    at = exchange.arrivals[event.number] if event.number < len(exchange.arrivals) else exchange.started
    return EventCall(
        replace(exchange, ended=at),
        call.profile,
        call.place,
        Match(replace(operation, requirement="SSE-005"), call.match.params),
        event,
    )


def interpret(exchange: Exchange, profile: Profile) -> Call | None:
    """Read an exchange; None where its path has no part of this API, or where it asks for another version of it."""
    place = locate(exchange.request.path)
    beta = exchange.request.headers.get("openai-beta")
    if place is None or (profile.beta_header and beta and profile.beta_header not in beta):
        return None
    return Call(exchange, profile, place, profile.match(exchange.request.method, place.route))
