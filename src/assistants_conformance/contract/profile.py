"""A profile: the frozen contract of one platform and version."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache, cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from assistants_conformance._data import folder
from assistants_conformance.contract.catalogue import ContractError, Requirement, catalogue
from assistants_conformance.contract.documents import assembled, merge_patch, read
from assistants_conformance.contract.lifecycle import Lifecycle, lifecycle
from assistants_conformance.contract.operations import Match, Operation, match, operations
from assistants_conformance.contract.shapes import Shape

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_PROFILE = "azure-2024-05-01-preview"


@dataclass(frozen=True)
class ErrorCondition:
    """What an error answer says in one situation. Texts hold placeholders in braces."""

    name: str
    status: int
    message: str
    type: str | None
    param: str | None
    code: str | None
    evidence: str

    def pattern(self, **known: str) -> re.Pattern[str]:
        """Return the text as a pattern; a placeholder that is not given stands for any text."""
        parts = re.split(r"\{(\w+)\}", self.message)
        text = "".join(
            (re.escape(known[part]) if part in known else ".+") if number % 2 else re.escape(part)
            for number, part in enumerate(parts)
        )
        return re.compile(text, re.DOTALL)


@dataclass(frozen=True)
class ExpiryWindow:
    """A run's time to live in one phase, in seconds, as the service was seen to have it."""

    before_action: tuple[int, ...]
    after_action: tuple[int, ...]


@dataclass(frozen=True)
class Profile:
    """The contract of one platform and version."""

    id: str
    title: str
    platform: str
    shape: str
    runnable: bool
    api_versions: tuple[str, ...]
    base_path: str
    beta_header: str | None
    expiry: ExpiryWindow
    id_forms: Mapping[str, str]
    patches: Mapping[str, Any]
    active: frozenset[str]
    excluded: Mapping[str, str]
    traits: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def requirements(self) -> Mapping[str, Requirement]:
        """Every requirement that applies, active and excluded, as this profile words it."""
        return MappingProxyType(
            {row.id: row.in_profile(self.id) for row in catalogue().values() if self.id in row.profiles}
        )

    def requirement(self, identifier: str) -> Requirement:
        """Return one requirement as this profile words it.

        Raises:
            KeyError: the catalogue has no such id.
        """
        return catalogue()[identifier].in_profile(self.id)

    @cached_property
    def _shapes(self) -> dict[str, Shape]:
        return {}

    def object_shape(self, kind: str) -> Shape | None:
        """Return the schema of a kind of object (`run`, `list`, `error` ...), None where this profile has none."""
        return self._shape("objects", kind)

    def event_shape(self, kind: str) -> Shape | None:
        """Return the schema of a kind of object as an event of a stream carries it; None where there is none."""
        return self._shape("events", kind)

    def members(self, kind: str) -> frozenset[str]:
        """Return the names of the members that a kind of object can have in this profile."""
        shape = self.object_shape(kind)
        return frozenset() if shape is None else frozenset(shape.schema.get("properties", ()))

    def request_shape(self, name: str) -> Shape | None:
        """Return the schema of a request body by the operation's id."""
        return self._shape("requests", name)

    def _shape(self, family: str, name: str) -> Shape | None:
        key = f"{family}/{name}"
        if key not in self._shapes:
            if not (folder("schemas") / family / self.shape / f"{name}.json").is_file():
                return None
            self._shapes[key] = Shape(name, assembled(family, self.shape, name, self.patches))
        return self._shapes[key]

    def request_schema(self, name: str) -> dict[str, Any]:
        """Return the schema document of a request body with its references inlined."""
        return assembled("requests", self.shape, name, self.patches)

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """The operations that this profile has."""
        return tuple(
            row for row in operations() if self.shape in row.shapes and (not row.profiles or self.id in row.profiles)
        )

    def match(self, method: str, route: str) -> Match | None:
        """Find the operation of a request by method and path below the base path."""
        return match(method, route, self.shape, self.id)

    def lifecycle(self, kind: str) -> Lifecycle:
        """Return the lifecycle of `run` or `run_step`."""
        return lifecycle(kind, self.id, self.shape)

    @cached_property
    def errors(self) -> Mapping[str, ErrorCondition]:
        """The error answers by the name of their situation."""
        return MappingProxyType(
            {
                name: ErrorCondition(
                    name, row["status"], row["message"], row["type"], row["param"], row["code"], row["evidence"]
                )
                for name, row in merge_patch(read("errors"), self.patches.get("errors", {}))["conditions"].items()
            }
        )


def _document(identifier: str) -> dict[str, Any]:
    file = folder("schemas") / "profiles" / f"{identifier}.json"
    if not file.is_file():
        raise ContractError(f"there is no profile {identifier!r}; there are: {', '.join(profile_ids())}")
    document: dict[str, Any] = json.loads(file.read_text("utf-8"))
    parent = document.get("extends")
    if parent is None:
        return document
    inherited = _document(parent)
    inherited.pop("decisions", None)
    merged: dict[str, Any] = merge_patch(inherited, document)
    return merged


@cache
def profile_ids(*, runnable: bool = True) -> tuple[str, ...]:
    """Return the names of the profiles, the default first; with `runnable` only those that a target can be run on."""
    names = sorted(file.stem for file in (folder("schemas") / "profiles").glob("[!_]*.json"))
    if runnable:
        names = [
            name
            for name in names
            if json.loads((folder("schemas") / "profiles" / f"{name}.json").read_text("utf-8")).get("runnable", True)
        ]
    return tuple(sorted(names, key=lambda name: (name != DEFAULT_PROFILE, name)))


@cache
def load_profile(identifier: str = DEFAULT_PROFILE) -> Profile:
    """Load a profile by its name.

    Raises:
        ContractError: there is no such profile, or its file is malformed.
    """
    document = _document(identifier)
    decisions = document.get("decisions")
    applies = {row.id for row in catalogue().values() if identifier in row.profiles}
    if decisions is None:
        active, excluded = frozenset(applies), {}
    else:
        active, excluded = frozenset(decisions["active"]), decisions["excluded"]
    return Profile(
        id=identifier,
        title=document["title"],
        platform=document["platform"],
        shape=document["shape"],
        runnable=document.get("runnable", True),
        api_versions=tuple(document["api_versions"]),
        base_path=document["base_path"],
        beta_header=document.get("beta_header"),
        expiry=ExpiryWindow(
            tuple(document["run_expiry"]["before_action_seconds"]),
            tuple(document["run_expiry"]["after_action_seconds"]),
        ),
        id_forms=MappingProxyType(document["id_forms"]),
        patches=MappingProxyType(document.get("patches", {})),
        active=active,
        excluded=MappingProxyType(dict(excluded)),
        traits=MappingProxyType(document.get("traits", {})),
    )
