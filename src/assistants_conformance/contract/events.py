"""The events of a stream: their names, what they carry, and how a stream begins and ends."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from assistants_conformance.contract.documents import read

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class EventName:
    """One kind of event. `kind` names the object in its data, `status` the statuses that the object can have."""

    name: str
    kind: str
    status: tuple[str, ...]


@dataclass(frozen=True)
class StreamGrammar:
    """What all streams have in common. `begins` has the first events by operation, `ends` the last ones of a run."""

    names: Mapping[str, EventName]
    begins: Mapping[str, tuple[str, ...]]
    ends: frozenset[str]


@cache
def stream_grammar() -> StreamGrammar:
    """Load `schemas/events/names.json`."""
    document = read("events/names")
    names = {
        name: EventName(name, row["kind"], tuple(row.get("status", ()))) for name, row in document["events"].items()
    }
    begins = {name: tuple(rows) for name, rows in document["begins"].items() if name != "$comment"}
    return StreamGrammar(MappingProxyType(names), MappingProxyType(begins), frozenset(document["ends"]))
