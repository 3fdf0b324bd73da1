"""The operations of the API: method and path, what goes in and what comes out."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote

from assistants_conformance._data import folder

_ROOTS = frozenset({"assistants", "threads", "files", "vector_stores"})
_PREFIX = re.compile(
    r"(?P<openai>/v1)"
    r"|(?P<azure>/openai(?:/v1)?)"
    r"|(?P<hub>/agents/v1\.0/subscriptions/[^/]+/resourceGroups/[^/]+/providers/"
    r"Microsoft\.MachineLearningServices/workspaces/[^/]+)"
    r"|(?P<project>/api/projects/[^/]+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `kind` names the object that a success answers with; `listed` says that it comes in a list."""

    id: str
    method: str
    path: str
    shapes: tuple[str, ...]
    profiles: tuple[str, ...]
    request: str | None
    kind: str
    listed: bool
    area: str
    requirement: str | None
    beta_header: bool
    paged: bool
    also: tuple[str, ...] = ()

    @property
    def creates(self) -> bool:
        """Whether a success makes a new object."""
        return self.id.startswith(("create_", "upload_"))

    @property
    def deletes(self) -> bool:
        """Whether a success ends an object."""
        return self.id.startswith("delete_")


@dataclass(frozen=True, slots=True)
class Match:
    """An operation with the values of its path parameters, decoded."""

    operation: Operation
    params: dict[str, str]


@cache
def operations() -> tuple[Operation, ...]:
    """Load `schemas/operations.json`."""
    document = json.loads((folder("schemas") / "operations.json").read_text("utf-8"))
    return tuple(
        Operation(
            id=row["id"],
            method=row["method"],
            path=row["path"],
            shapes=tuple(row["shapes"]),
            profiles=tuple(row.get("profiles", ())),
            request=row.get("request"),
            kind=row["response"]["kind"],
            listed=row["response"].get("list", False),
            area=row["area"],
            requirement=row.get("requirement"),
            beta_header=row.get("beta_header", True),
            paged=row.get("paged", False),
            also=tuple(row.get("response_also", ())),
        )
        for row in document["operations"]
    )


@cache
def operation(identifier: str) -> Operation:
    """Return one operation.

    Raises:
        KeyError: there is no operation of that name.
    """
    for row in operations():
        if row.id == identifier:
            return row
    raise KeyError(identifier)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Operation], ...]:
    # A literal segment is tried before a parameter: `/threads/runs` is not a thread called "runs".
    ordered = sorted(operations(), key=lambda row: [part.startswith("{") for part in row.path.split("/")])
    return tuple((re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", row.path)), row) for row in ordered)


def match(method: str, route: str, shape: str, profile: str = "") -> Match | None:
    """Find the operation of a request by its method and its path below the base path."""
    for pattern, row in _patterns():
        if row.method != method.upper() or shape not in row.shapes or (row.profiles and profile not in row.profiles):
            continue
        found = pattern.fullmatch(route)
        if found:
            return Match(row, {name: unquote(value) for name, value in found.groupdict().items()})
    return None


@dataclass(frozen=True, slots=True)
class Place:
    """A path taken apart: what stands before the API's own part, of which platform that is typical, and the rest."""

    prefix: str
    platform: str
    route: str


def locate(path: str) -> Place | None:
    """Split a path into base and route; None where no part of it belongs to this API."""
    found = _PREFIX.match(path)
    while found:
        route = path[found.end() :]
        if route.split("/")[1:2] and route.split("/")[1] in _ROOTS:
            group = found.lastgroup or ""
            return Place(path[: found.end()], {"hub": "foundry", "project": "foundry"}.get(group, group), route)
        found = _PREFIX.match(path, found.end()) if found.end() < len(path) else None
    segments = path.split("/")
    for index, segment in enumerate(segments):
        if segment in _ROOTS and index > 0:
            return Place("/".join(segments[:index]), "", "/" + "/".join(segments[index:]))
    return None
