"""The result file: everything that a run has found out, as JSON for other programs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from assistants_conformance import __version__
from assistants_conformance.reporting.text import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assistants_conformance.reporting.tally import Record
    from assistants_conformance.reporting.verdicts import Row

RESULT_VERSION = 1
Mode = Literal["reference", "live", "replay", "audit"]


@dataclass(frozen=True)
class Target:
    """What was judged. `url` is `reference` for the embedded server; in an audit it names the files that were read."""

    url: str
    profile: str
    mode: Mode
    capabilities: Mapping[str, bool] = field(default_factory=dict)
    known_by: Mapping[str, str] = field(default_factory=dict)


def document(
    target: Target,
    rows: Iterable[Row],
    totals: Mapping[str, int],
    verdict: str,
    *,
    requests: int,
    runs: int,
    cleaning: int = 0,
    duration_seconds: float,
    held_back: tuple[int, float] | None = None,
    tokens: tuple[int, int] = (0, 0),
    secrets: tuple[str, ...] = (),
    audit: Mapping[str, Any] | None = None,
    lifecycle: Mapping[str, Any] | None = None,
    part: str | None = None,
) -> dict[str, Any]:
    """Return the result as `result.schema.json` describes it; secrets in what an endpoint sent are hidden.

    `part` says why a run was a part only; None: it was whole.
    """
    made: dict[str, Any] = {
        "result_version": RESULT_VERSION,
        "tool": {"name": "assistants-conformance", "version": __version__},
        "target": {
            "url": redact(target.url, secrets),
            "profile": target.profile,
            "mode": target.mode,
            "capabilities": dict(sorted(target.capabilities.items())),
            "known_by": {name: redact(how, secrets) for name, how in sorted(target.known_by.items())},
        },
        "verdict": verdict,
        "requirements": [_row(row, secrets) for row in rows],
        "totals": dict(totals),
        "requests": requests,
        "requests_to_clean": cleaning,
        "runs": runs,
        "tokens": {"prompt": tokens[0], "completion": tokens[1]},
        "duration_seconds": round(duration_seconds, 3),
    }
    if held_back is not None:
        made["held_back"] = {"count": held_back[0], "seconds": round(held_back[1], 3)}
    if lifecycle is not None:
        made["lifecycle"] = dict(lifecycle)
    if part is not None:
        made["part"] = part
    if audit is not None:
        made["audit"] = dict(audit)
    return made


def _row(row: Row, secrets: tuple[str, ...]) -> dict[str, Any]:
    requirement = row.requirement
    return {
        "id": requirement.id,
        "area": requirement.area,
        "level": requirement.level,
        "impact": requirement.impact,
        "title": requirement.title,
        "verdict": row.verdict,
        "exercised": row.exercised,
        "reason": None if row.reason is None else redact(row.reason, secrets),
        "tests": list(row.tests),
        "findings": [_finding(record, secrets) for record in row.findings],
    }


def _finding(record: Record, secrets: tuple[str, ...]) -> dict[str, Any]:
    return {
        "observed": redact(record.observed, secrets),
        "expected": redact(record.expected, secrets),
        "exchange": redact(record.exchange, secrets),
        "curl": redact(record.curl, secrets),
        "source": redact(record.source, secrets),
        "places": record.places,
        **({"steps": [_step(step, secrets) for step in record.steps]} if record.steps else {}),
        **({"snippet": redact(record.snippet, secrets)} if record.snippet else {}),
    }


def _step(step: Mapping[str, str], secrets: tuple[str, ...]) -> dict[str, str]:
    return {name: redact(text, secrets) for name, text in step.items()}


def write(path: Path, result: Mapping[str, Any]) -> None:
    """Write a result file in one step: a reader never sees half of it.

    Raises:
        OSError: the file cannot be written.
    """
    write_text(path, json.dumps(result, indent=1) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file in one step.

    Raises:
        OSError: the file cannot be written.
    """
    part = path.with_name(path.name + ".part")
    # Half of a surrogate pair, as a target may send it, is no text that a file can hold.
    part.write_text(text, "utf-8", errors="backslashreplace")
    part.replace(path)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a result file."""
    made: dict[str, Any] = json.loads(Path(__file__).with_name("result.schema.json").read_text("utf-8"))
    return made
