"""Streams as faults spoil them: events lost, doubled, renamed, out of order, frames that no client understands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_conformance.reference.faults import Faults

Json = dict[str, Any]


def content_type(faults: Faults) -> str:
    """Return what a stream says of itself."""
    del faults
    return "text/event-stream; charset=utf-8"


class Spoilt:
    """What one stream does to its events; without faults it lets them through."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def events(self, name: str, data: Json) -> Iterator[tuple[str, Any]]:
        """Yield the events that go out in the place of one."""
        yield name, data

    def end(self) -> Iterator[tuple[str, Any]]:
        """Yield the events with which the stream ends."""
        yield "done", "[DONE]"

    def framed(self, frame: bytes) -> bytes:
        """Return a frame as it is written."""
        return frame
