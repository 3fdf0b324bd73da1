"""Faults: the deliberate deviations that the server can be started with."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assistants_conformance.contract import Profile


@dataclass(frozen=True, slots=True)
class Fault:
    """One deviation. `kills` are the requirements that must find it; `profiles` where it exists, None: everywhere."""

    name: str
    description: str
    kills: tuple[str, ...]
    profiles: tuple[str, ...] | None = None


class UnknownFaultError(ValueError):
    """There is no fault of that name."""


def written() -> Mapping[str, Fault]:
    """Return the faults of behaviour, which are written by hand, by name."""
    from assistants_conformance.reference.faults.tables import AREAS  # noqa: PLC0415 - the tables import this module

    rows = [fault for area in AREAS for fault in area]
    names = [fault.name for fault in rows]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise UnknownFaultError(f"faults stand twice: {', '.join(doubled)}")
    return MappingProxyType({fault.name: fault for fault in rows})


def registry(profile: Profile) -> Mapping[str, Fault]:
    """Return every fault that a profile can be served with, by name."""
    from assistants_conformance.reference.faults.derived import derived  # noqa: PLC0415 - imports this module

    rows = {}
    for name, fault in written().items():
        killed = tuple(row for row in fault.kills if row in profile.active)
        if killed and (fault.profiles is None or profile.id in fault.profiles):
            rows[name] = replace(fault, kills=killed)
    rows.update((fault.name, fault) for fault in derived(profile))
    return MappingProxyType(rows)


class Faults:
    """The faults that are switched on."""

    def __init__(self, profile: Profile, names: Iterable[str] = ()) -> None:
        """Switch faults on.

        Raises:
            UnknownFaultError: a name is unknown in this profile; the message names its neighbours.
        """
        self.active = frozenset(names)
        self._written = frozenset(written())
        if not self.active:
            return
        known = registry(profile)
        for name in sorted(self.active - known.keys()):
            near = difflib.get_close_matches(name, known, n=5, cutoff=0.5)
            hint = f"; near: {', '.join(near)}" if near else ""
            raise UnknownFaultError(f"there is no fault {name!r} for {profile.id}{hint}")

    def on(self, name: str) -> bool:
        """Say whether a fault is switched on.

        Raises:
            UnknownFaultError: a hook in the code asks for a fault that no table knows.
        """
        if ":" not in name and name not in self._written:
            raise UnknownFaultError(f"no table of faults knows {name!r}")
        return name in self.active

    def of_family(self, family: str) -> list[str]:
        """Return the derived faults of one family (`object`, `error`, `request`) that are switched on."""
        return sorted(name for name in self.active if name.startswith(f"{family}:"))
