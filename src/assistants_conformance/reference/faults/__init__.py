"""Faults: the deliberate deviations that the server can be started with."""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from assistants_conformance.contract import load_profile, profile_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assistants_conformance.contract import Profile


@dataclass(frozen=True, slots=True)
class Fault:
    """One deviation. `kills` are the requirements that must find it.

    A fault exists in every profile that has one of them active. `needs` names the one without which it spoils nothing,
    where others of them hold more widely. `profiles` are for what no decision tells apart (see `profiles_where`).
    """

    name: str
    description: str
    kills: tuple[str, ...]
    profiles: tuple[str, ...] | None = None
    needs: str | None = None


def profiles_where(*, shape: str | None = None, platform: str | None = None, **traits: Any) -> tuple[str, ...]:
    """Return the profiles of a shape (`v1`, `v2`), of a platform (`azure`, `openai`, `foundry`), with these traits."""
    loaded = [load_profile(name) for name in profile_ids(runnable=False)]
    return tuple(
        row.id
        for row in loaded
        if shape in (None, row.shape)
        and platform in (None, row.platform)
        and all(row.traits.get(name) == value for name, value in traits.items())
    )


class UnknownFaultError(ValueError):
    """There is no fault of that name."""


@cache
def written() -> Mapping[str, Fault]:
    """Return the faults of behaviour, which are written by hand, by name."""
    from assistants_conformance.reference.faults.tables import AREAS  # noqa: PLC0415 - the tables import this module

    rows = [fault for area in AREAS for fault in area]
    doubled = sorted(name for name, count in Counter(fault.name for fault in rows).items() if count > 1)
    if doubled:
        raise UnknownFaultError(f"faults stand twice: {', '.join(doubled)}")
    return MappingProxyType({fault.name: fault for fault in rows})


def registry(profile: Profile) -> Mapping[str, Fault]:
    """Return every fault that a profile can be served with, by name."""
    # Of a profile that was loaded there is one object; a changed one is another.
    return _of_loaded(profile.id) if load_profile(profile.id) is profile else _of(profile)


@cache
def _of_loaded(identifier: str) -> Mapping[str, Fault]:
    return _of(load_profile(identifier))


def _of(profile: Profile) -> Mapping[str, Fault]:
    from assistants_conformance.reference.faults.derived import derived  # noqa: PLC0415 - imports this module

    rows = {}
    for name, fault in written().items():
        killed = tuple(row for row in fault.kills if row in profile.active)
        exists = fault.profiles is None or profile.id in fault.profiles
        if killed and exists and (fault.needs is None or fault.needs in profile.active):
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
