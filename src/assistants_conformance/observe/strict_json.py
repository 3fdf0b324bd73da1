"""JSON as the contract has it: UTF-8, every key once, numbers that are numbers, text that is text."""

from __future__ import annotations

import json
from typing import Any


class NotJson(ValueError):
    """A body that should be JSON and is not; the message says where it breaks."""


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise NotJson(f"the key {key!r} stands twice in one object")
            seen.add(key)
    return made


def _no_constant(name: str) -> Any:
    raise NotJson(f"{name} is not JSON")


def parse_json(body: bytes) -> Any:
    """Parse a body as strict JSON: UTF-8, no duplicate keys, no NaN or Infinity, no half of a surrogate pair.

    Raises:
        NotJson: the body is anything else.
    """
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
        if b"\\ud" in body or b"\\uD" in body:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJson(f"not UTF-8 at byte {error.start}") from error
    except UnicodeEncodeError as error:
        raise NotJson("text with half of a surrogate pair") from error
    except RecursionError as error:
        raise NotJson("nested too deeply to be read") from error
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} at character {error.pos}") from error
    except NotJson:
        raise
    except ValueError as error:
        raise NotJson(f"a number that cannot be read: {error}") from error
    else:
        return value
