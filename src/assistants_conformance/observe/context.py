"""What every rule is given beside the call: what is remembered, where to report, and how much is known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistants_conformance.observe.exchange import Exchange
    from assistants_conformance.observe.report import Report
    from assistants_conformance.observe.world import World

_REAL_ID = re.compile(r"[A-Za-z]+[-_](?=[A-Za-z0-9]*[1-9A-Za-z])[A-Za-z0-9]{16,}")


@dataclass(frozen=True)
class Context:
    """The surroundings of one call.

    `closed` says that the trace is known to be whole (a live or replayed run): what was not seen did not happen. In
    somebody's old recording it is false, and a rule that needs the missing part keeps silent.
    `expiry_seconds` is the time to live of a run that the target declares; None: any that the profile knows.
    """

    world: World
    report: Report
    closed: bool
    expiry_seconds: int | None = None

    def is_real(self, identifier: object) -> bool:
        """Say whether an id names one object; recorders put one placeholder in the place of many ids."""
        if not isinstance(identifier, str) or not identifier:
            return False
        return self.closed or (_REAL_ID.fullmatch(identifier) is not None and "anitized" not in identifier)


def server_time(exchange: Exchange) -> float | None:
    """Return the server's own time of an answer in Unix seconds, from its Date header; None where it gave none."""
    date = exchange.response.headers.get("date")
    if not date:
        return None
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def whole(value: object) -> int | None:
    """Return the value where it is a whole number that JSON carries exactly (and no truth value), else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53 else None
