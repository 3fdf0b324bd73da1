"""Of what a set of cassettes is: target, profile, settings, verdicts, when and by which command."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from assistants_conformance.cassette.form import CassetteError
from assistants_conformance.recordings import PROVENANCE, PROVENANCE_MARK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistants_conformance.cassette.library import Library

FILE = PROVENANCE
_VERSION = 1
_NEEDED = {"profile": str, "settings": dict, "capabilities": dict, "seed": str}


@dataclass(frozen=True)
class Provenance:
    """What stands in `<profile>/provenance.json`. `settings` are those of the target that a replay needs again."""

    profile: str
    target: str
    settings: Mapping[str, Any]
    capabilities: Mapping[str, tuple[bool, str]]
    seed: str
    recorded: str
    tool: str
    command: str
    server: str = ""
    clock: str = ""
    verdict: str = ""
    verdicts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def age(self, today: date) -> int | None:
        """Return the age of the recording in days, None where it does not say it."""
        try:
            return (today - date.fromisoformat(self.recorded)).days
        except ValueError:
            return None

    def text(self) -> str:
        """Return the file."""
        document = {
            PROVENANCE_MARK: _VERSION,
            "target": self.target,
            "server": self.server,
            "clock": self.clock,
            "profile": self.profile,
            "recorded": self.recorded,
            "tool": self.tool,
            "command": self.command,
            "seed": self.seed,
            "settings": dict(self.settings),
            "capabilities": {name: list(self.capabilities[name]) for name in sorted(self.capabilities)},
            "verdict": self.verdict,
            "verdicts": {name: self.verdicts[name] for name in sorted(self.verdicts)},
        }
        return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def profiles_in(shelf: Library) -> list[str]:
    """Return the profiles that cassettes were recorded for."""
    return [name.partition("/")[0] for name in shelf.names() if name.partition("/")[2] == FILE]


def load(shelf: Library, profile: str, place: str) -> Provenance:
    """Read the provenance of a profile's cassettes.

    Raises:
        CassetteError: there is none, or it cannot be read.
    """
    name = f"{profile}/{FILE}"
    text = shelf.get(name)
    if text is None:
        there = ", ".join(profiles_in(shelf)) or "none"
        raise CassetteError(f"{place}: no cassettes of the profile {profile}; there are: {there}")
    try:
        row = json.loads(text)
    except ValueError as error:
        raise CassetteError(f"{place}/{name}: not JSON ({error}): record it again") from error
    if not isinstance(row, dict) or row.get(PROVENANCE_MARK) != _VERSION:
        raise CassetteError(f"{place}/{name}: no provenance of version {_VERSION}: record it again")
    for key, kind in _NEEDED.items():
        if not isinstance(row.get(key), kind):
            raise CassetteError(f"{place}/{name}: `{key}` is missing or no {kind.__name__}: record it again")
    told = {
        key: str(row.get(key, "")) for key in ("target", "server", "clock", "recorded", "tool", "command", "verdict")
    }
    try:
        capabilities = {str(key): (bool(there), str(how)) for key, (there, how) in row["capabilities"].items()}
        verdicts = dict[str, str](row.get("verdicts", {}))
    except (TypeError, ValueError) as error:
        raise CassetteError(f"{place}/{name}: the capabilities or verdicts are damaged: record it again") from error
    return Provenance(
        profile=row["profile"],
        settings=MappingProxyType(row["settings"]),
        capabilities=capabilities,
        seed=row["seed"],
        verdicts=MappingProxyType(verdicts),
        **told,
    )
