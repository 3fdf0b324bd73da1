"""JSON recordings, entry by entry."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from assistants_conformance.recordings._problem import EMPTY, REREAD, Broken, Entry, ForeignError, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_conformance.recordings._place import Readable

_TAIL = re.compile(r"\s*,?\s*")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def parse(data: bytes | str) -> Any:
    """Parse JSON; NaN and Infinity are refused.

    Raises:
        ValueError: the data are no JSON (json.JSONDecodeError with the place where it is known).
        RecursionError: they are nested too deeply.
    """
    return json.loads(data, parse_constant=_no_constant)


def fault(error: Exception, line: int = 1) -> Broken:
    """Describe what `parse` raised; `line` is the number of the first line of what it was given."""
    if isinstance(error, json.JSONDecodeError):
        return Broken(place_of(error.lineno + line - 1, error.colno), f"not JSON: {error.msg}: {REREAD}")
    place = place_of(line) if line > 1 else ""
    if isinstance(error, UnicodeDecodeError):
        return Broken(place, f"not UTF-8 at byte {error.start}: {REREAD}")
    if isinstance(error, RecursionError):
        return Broken(place, f"nested too deeply to be read: {REREAD}")
    return Broken(place, f"not JSON: {str(error)[:100]}: {REREAD}")


def read_json(path: Readable, keys: frozenset[str]) -> Iterator[Entry | Broken]:
    """Yield the entries of the list under one of the `keys` ("Entries", "log.entries"), and what is broken.

    Raises:
        ForeignError: a valid file without such a list.
        OSError: the file cannot be read.
    """
    data = path.read_bytes()
    if not data.strip():
        yield Broken("", EMPTY)
        return
    try:
        document = parse(data)
    except json.JSONDecodeError as error:
        yield from _salvaged(data, keys, error)
        return
    except (ValueError, RecursionError) as error:
        yield fault(error)
        return
    del data
    for key in sorted(keys):
        entries = document
        for name in key.split("."):
            entries = entries.get(name) if isinstance(entries, dict) else None
        if isinstance(entries, list):
            break
    else:
        raise ForeignError
    for number, value in enumerate(entries):
        entries[number] = None
        yield Entry(key, number, None, value)


def _salvaged(data: bytes, keys: frozenset[str], error: json.JSONDecodeError) -> Iterator[Entry | Broken]:
    """Read the entries before and, where they begin on lines of their own, after the broken ones."""
    text = data.decode(json.detect_encoding(data), "replace")
    key, opened = _opening(text, keys)
    if not key:
        yield fault(error)
        return
    first = re.compile(r"\s*").match(text, opened)
    position = first.end() if first else opened
    line_start = text.rfind("\n", 0, position) + 1
    indent = text[line_start:position]
    resume = re.compile(r"^" + re.escape(indent) + r"\{", re.MULTILINE) if line_start > opened and indent else None
    number, broken = 0, False
    while text[position : position + 1] not in {"", "]"}:
        try:
            value, end = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError) as failed:
            broken = True
            wrong = fault(failed)
            yield wrong._replace(place=f"{wrong.place}, in entry {number}" if wrong.place else f"entry {number}")
            follower = resume.search(text, position + 1) if resume else None
            if follower is None:
                return
            position = follower.end() - 1
        else:
            yield Entry(key, number, text.count("\n", 0, position) + 1 if number == 0 else None, value)
            tail = _TAIL.match(text, end)
            position = tail.end() if tail else end
        number += 1
    if not broken:
        yield fault(error)


def _opening(text: str, keys: frozenset[str]) -> tuple[str, int]:
    """Find the list of entries: its key and the position behind its bracket, or ("", 0)."""
    for key in sorted(keys):
        position = 0
        *outer, last = key.split(".")
        for name, bracket in [*((name, r"\{") for name in outer), (last, r"\[")]:
            found = re.compile(rf'"{name}"\s*:\s*{bracket}').search(text, position)
            if found is None:
                break
            position = found.end()
        else:
            return key, position
    return "", 0
