"""What a cassette of the suites says beside what vcrpy knows: of which scenario it is, and when everything happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assistants_conformance.contract import profile_ids
from assistants_conformance.observe.exchange import Exchange, Terms
from assistants_conformance.recordings._problem import DamagedError

if TYPE_CHECKING:
    from collections.abc import Sequence

OWN = "conformance"
"""The key of all this, at the top of a cassette and in each interaction."""
PROVENANCE = "provenance.json"
"""The file that says of what the cassettes beside it are."""
PROVENANCE_MARK = "provenance_version"


def terms(head: object) -> Terms | None:
    """Return what a cassette says of itself; None where it is not one of the suites, or of a contract unknown here."""
    if not isinstance(head, Mapping) or not isinstance(head.get("scenario"), str):
        return None
    profile = head.get("profile")
    if profile not in profile_ids(runnable=False):
        return None
    expiry = str(head.get("run_expiry_seconds") or "")
    return Terms(str(profile), int(expiry) if expiry.isdecimal() else None)


def lost(entry: Mapping[str, Any]) -> str:
    """Return what happened in the place of an answer; empty where there is one."""
    own = entry.get(OWN)
    return str(own.get("lost") or "") if isinstance(own, Mapping) else ""


def timed(exchange: Exchange, entry: Mapping[str, Any], known: Terms) -> Exchange:
    """Return an exchange of a cassette of the suites with its times.

    Raises:
        DamagedError: they are missing or no numbers.
    """
    own = entry.get(OWN)
    if not isinstance(own, Mapping):
        raise DamagedError(f"an interaction of a scenario without `{OWN}`: record the scenario again")
    started, ended = _numbers(own.get("times"), 2)
    return replace(
        exchange,
        started=started,
        ended=ended,
        complete=str(own.get("left") or "false").lower() == "false",
        arrivals=_numbers(own.get("arrivals", ())),
        terms=known,
    )


def _numbers(value: object, count: int | None = None) -> tuple[float, ...]:
    given: Sequence[Any] = value if isinstance(value, list | tuple) else [None]
    try:
        numbers = tuple(map(float, given))
    except (TypeError, ValueError) as error:
        raise DamagedError(f"the times of `{OWN}` are no numbers: record the scenario again") from error
    if count not in (None, len(numbers)):
        raise DamagedError(f"`{OWN}` has not {count} times: record the scenario again")
    return numbers
