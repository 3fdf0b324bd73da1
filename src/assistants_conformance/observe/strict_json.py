"""JSON as the contract has it: UTF-8, every key once, numbers that are numbers, text that is text."""

from __future__ import annotations

import json
from typing import Any

#: Levels of lists and objects in one another. Readers of JSON stop at 64 (.NET) to some thousands, so what is deeper
#: is read by one client and not by the next; no object of the API has ten.
MOST_LEVELS = 200


class NotJson(ValueError):
    """A body that should be JSON and is not; the message says where it breaks."""


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise NotJson(f"the key {key!r:.100} stands twice in one object")
            seen.add(key)
    return made


def _no_constant(name: str) -> Any:
    raise NotJson(f"{name} is not JSON")


def _no_depth(value: Any) -> None:
    level = [value]
    for _ in range(MOST_LEVELS):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise NotJson("nested too deeply to be read")


def parse_json(body: bytes) -> Any:
    """Parse a body as strict JSON: UTF-8, no duplicate keys, no NaN or Infinity, no half of a surrogate pair.

    What is nested beyond `MOST_LEVELS` is refused too.

    Raises:
        NotJson: the body is anything else.
    """
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
        if body.count(b"[") + body.count(b"{") > MOST_LEVELS:
            _no_depth(value)
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
