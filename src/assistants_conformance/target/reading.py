"""Reading answers that may hold anything: no member is taken for granted, no reader raises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistants_conformance.target.api import Api

Json = dict[str, Any]


def rows(value: Any) -> list[Json]:
    """Return the objects of a list; empty where the value is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def inner(value: Any, *names: str) -> Any:
    """Return a member of a member; None where the way there breaks off."""
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def parts(message: Json, kind: str) -> list[Json]:
    """Return the content parts of one type that a message has."""
    return [part for part in rows(message.get("content")) if part.get("type") == kind]


def texts(message: Json) -> list[Any]:
    """Return the values of a message's text parts."""
    return [inner(part, "text", "value") for part in parts(message, "text")]


def notes(message: Json, kind: str) -> list[Json]:
    """Return the annotations of one type that a message has."""
    return [
        note
        for part in parts(message, "text")
        for note in rows(inner(part, "text", "annotations"))
        if note.get("type") == kind
    ]


def tool_calls(steps: list[Json], kind: str) -> list[Json]:
    """Return the calls of one tool that steps have."""
    return [
        call for step in steps for call in rows(inner(step, "step_details", "tool_calls")) if call.get("type") == kind
    ]


def unlike(api: Api, identifier: str) -> str:
    """Return an id of the same form that was never given."""
    return identifier[:-12] + api.chance.digits(len(identifier[-12:]))
