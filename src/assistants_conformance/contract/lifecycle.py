"""Lifecycles: states, edges, and which field is set in which state."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from assistants_conformance.contract.documents import read

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


@dataclass(frozen=True, slots=True)
class Edge:
    """One step from a state to the next. `client` names the operation that causes it, empty where the service does."""

    start: str
    end: str
    requirement: str
    client: str


@dataclass(frozen=True, slots=True)
class Setting:
    """In which states a field is set (not null), null, or either; `where_present`: an absent key is neither."""

    field: str
    requirement: str
    required_in: frozenset[str]
    forbidden_in: frozenset[str]
    where_present: bool = False


@dataclass(frozen=True)
class Lifecycle:
    """The states of one kind of object. `births` are those in which it may begin."""

    kind: str
    states: frozenset[str]
    open: frozenset[str]
    terminal: frozenset[str]
    edges: tuple[Edge, ...]
    settings: tuple[Setting, ...]
    births: tuple[str, ...] = ()

    def reachable(self, start: str, called: Collection[str] | None = None) -> frozenset[str]:
        """Return the states that can follow, the state itself included.

        `called` are the client operations that happened in between; None where that is not known (a recording that may
        have gaps), and then every edge counts.
        """
        usable: dict[str, list[Edge]] = {}
        for edge in self.edges:
            if not edge.client or called is None or edge.client in called:
                usable.setdefault(edge.start, []).append(edge)
        seen = {start}
        todo = [start]
        while todo:
            for edge in usable.get(todo.pop(), ()):
                if edge.end not in seen:
                    seen.add(edge.end)
                    todo.append(edge.end)
        return frozenset(seen)


def _applies(row: Mapping[str, Any], profile: str, shape: str) -> bool:
    return profile in row.get("profiles", [profile]) and shape in row.get("shapes", [shape])


@cache
def lifecycle(kind: str, profile: str, shape: str) -> Lifecycle:
    """Load `schemas/lifecycles/<kind>.json` as one profile has it."""
    document = read(f"lifecycles/{kind}")
    states = frozenset(document["states"])
    return Lifecycle(
        kind=kind,
        states=states,
        open=frozenset(document["open"]),
        terminal=frozenset(document["terminal"]),
        edges=tuple(
            Edge(row["from"], row["to"], row["requirement"], row.get("client", ""))
            for row in document["edges"]
            if row["from"] in states and _applies(row, profile, shape)
        ),
        settings=tuple(
            Setting(
                row["field"],
                row["requirement"],
                frozenset(row["required_in"]),
                frozenset(row["forbidden_in"]),
                row.get("where_present", False),
            )
            for row in document["sets"]
            if _applies(row, profile, shape)
        ),
        births=tuple(row["to"] for row in document["edges"] if row["from"] is None and _applies(row, profile, shape)),
    )
