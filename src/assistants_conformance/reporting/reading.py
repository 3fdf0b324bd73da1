"""Result files read again: of this form, or refused with a line that says why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

from assistants_conformance.reporting.result import RESULT_VERSION, schema

if TYPE_CHECKING:
    from pathlib import Path

#: Bytes. A run with five kinds of findings for every requirement has less.
_LONGEST = 64 * 1024 * 1024


class ResultError(ValueError):
    """A file that is no result of this version. The message is one line: which file, what is wrong, how to mend it."""


def read_result(path: Path) -> dict[str, Any]:
    """Return what a result file says.

    Raises:
        ResultError: it cannot be read, is something else, or is of another version.
    """
    try:
        if path.stat().st_size > _LONGEST:
            raise ResultError(f"{path}: larger than any result ({_LONGEST} bytes)")
        made = json.loads(path.read_bytes())
    except OSError as error:
        raise ResultError(f"{path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, ResultError):
            raise
        raise ResultError(f"{path}: not JSON: {str(error)[:100]}") from error
    version = made.get("result_version") if isinstance(made, dict) else None
    if version is None:
        raise ResultError(f"{path}: no result of assistants-conformance: write one with run --json")
    if version != RESULT_VERSION:
        told = repr(version)[:20]
        raise ResultError(f"{path}: result_version {told}, and {RESULT_VERSION} is read here: run the suite again")
    problem = next(Draft202012Validator(schema()).iter_errors(made), None)
    if problem is not None:
        place = "/".join(map(str, problem.absolute_path)) or "the whole"
        raise ResultError(f"{path}: not a result as its schema has it: {place}: {problem.message[:160]}")
    result: dict[str, Any] = made
    return result
