"""From a result to a list of known deviations, as `conformance.toml` takes it."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any

from assistants_conformance.contract import catalogue
from assistants_conformance.reporting.result import RESULT_VERSION
from assistants_conformance.reporting.text import cut, plain

_LONGEST = 200
#: What TOML wants escaped in a text and JSON does not escape.
_BARE = re.compile("[\x7f\x80-\x9f]")


class NoResultError(Exception):
    """A file that no run has written; the message says what is wrong."""


def entries(result: Any, days: int, today: date | None = None) -> tuple[str, list[str]]:
    """Return the entries as TOML, and what a reader should be told.

    Args:
        result: the parsed result file.
        days: after how many days the entries end.
        today: the first of these days; None: today.

    Raises:
        NoResultError: it is no result of a run.
    """
    rows = _rows(result)
    ends = (today or date.today()) + timedelta(days=days)
    found = [row for row in rows if row["findings"] and row["verdict"] in ("fail", "warn", "known")]
    target = result.get("target") if isinstance(result.get("target"), dict) else {}
    head = plain(f"Deviations of {target.get('url', 'a target')} from {target.get('profile', 'the contract')}")
    lines = [
        f"# {head}: {len(found)} requirements. Each entry ends by itself; give those that stay a reason of your own."
    ]
    for row in found:
        lines += ["", "[[known]]", f"requirement = {_text(row['id'])}", f"reason = {_text(_reason(row))}"]
        lines.append(f"expires = {ends.isoformat()}")
    return "\n".join(lines) + "\n", _notes(result, rows, found)


def _rows(result: Any) -> list[dict[str, Any]]:
    if not isinstance(result, dict) or result.get("result_version") != RESULT_VERSION:
        raise NoResultError(f"no result of version {RESULT_VERSION}: name a file that run --json has written")
    target = result.get("target")
    if isinstance(target, dict) and target.get("mode") == "audit":
        raise NoResultError("the result of an audit: only a run has known deviations")
    rows = result.get("requirements")
    good = isinstance(rows, list) and all(
        isinstance(row, dict)
        and row.get("id") in catalogue()
        and isinstance(row.get("verdict"), str)
        and isinstance(row.get("findings"), list)
        and all(isinstance(one, dict) for one in row["findings"])
        for row in rows
    )
    if not good or not isinstance(rows, list):
        raise NoResultError("its requirements are not those of this version: run again")
    return rows


def _reason(row: dict[str, Any]) -> str:
    if row["verdict"] == "known" and row.get("reason"):
        return str(row["reason"])
    first = row["findings"][0]
    told = f"observed {first.get('observed', '')}, expected {first.get('expected', '')}"
    return cut(" ".join(plain(told).split()), _LONGEST)


def _text(value: str) -> str:
    text = json.dumps(value.encode("utf-8", "replace").decode(), ensure_ascii=False)
    return _BARE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def _notes(result: dict[str, Any], rows: list[dict[str, Any]], found: list[dict[str, Any]]) -> list[str]:
    notes = [f"{len(found)} known deviations"]
    others = [row["id"] for row in rows if row["verdict"] in ("not-testable", "error")]
    if others:
        more = f" and {len(others) - 5} more" if len(others) > 5 else ""
        notes.append(
            f"no entry can excuse what could not be tested, which fails the gate too: {', '.join(others[:5])}{more}"
        )
    stale = [row["id"] for row in rows if row["verdict"] == "fail" and not row["findings"]]
    if stale:
        notes.append(f"no longer deviations, and so left out: {', '.join(stale)}")
    if result.get("verdict") == "incomplete" or any(row["verdict"] == "not-run" for row in rows):
        notes.append("the run was a part only: what it left out is not in the list")
    return notes


__all__ = ["NoResultError", "entries"]
