"""The page of the contradictions: where sources disagree, what the data says of it, and which rows are about it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tools.pages.markdown import page, plain, table

from assistants_conformance._data import folder
from assistants_conformance.contract import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

_READING = """\
The documents of the services, their published schemas and what the services answer do not always agree. Each
disagreement has an id, `C-` and a number, and the recordings win. Here stands what the data of the contract says of
each at the place where it follows the one source and leaves the other; the rows are those that cite it.""".replace(
    "\n", " "
)

_ID = re.compile(r"\bC-\d{2}\b")
# Where what is said of one or more contradictions begins: "C-07: ... C-08, C-09: ...".
_HEAD = re.compile(r"\b(C-\d{2}(?:, C-\d{2})*): ")


def contradictions() -> str:
    """Return the page."""
    told: dict[str, dict[str, dict[str, None]]] = {}
    root = folder("schemas")
    for file in sorted(root.rglob("*.json")):
        place = file.relative_to(root).as_posix()
        for comment in _comments(json.loads(file.read_text("utf-8"))):
            for name, text in _parts(comment):
                told.setdefault(name, {}).setdefault(text, {})[place] = None
    rows: dict[str, list[str]] = {}
    for row in catalogue().values():
        for name in sorted(set(_ID.findall(f"{row.source} {row.statement}"))):
            rows.setdefault(name, []).append(row.id)
    lines = [
        [
            f'<a id="{name.lower()}"></a>{name}',
            "<br>".join(_line(text, places) for text, places in told.get(name, {}).items())
            or "; ".join(plain(catalogue()[row].title) for row in rows[name]),
            ", ".join(sorted(rows.get(name, ()))),
        ]
        for name in sorted({*told, *rows})
    ]
    return page("Contradictions between the sources", _READING, table(["id", "what the data says", "rows"], lines))


def _comments(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$comment"), str):
            yield node["$comment"]
        for value in node.values():
            yield from _comments(value)
    elif isinstance(node, list):
        for value in node:
            yield from _comments(value)


def _parts(comment: str) -> Iterator[tuple[str, str]]:
    """Give every contradiction that a comment names, with what is said of it."""
    before, *rest = _HEAD.split(comment)
    for heads, text in [(before, before), *zip(rest[::2], rest[1::2], strict=True)]:
        for name in dict.fromkeys(_ID.findall(f"{heads} {text}")):
            yield name, text.strip()


def _line(text: str, places: dict[str, None]) -> str:
    links = [f"[{place}](../schemas/{place})" for place in places]
    shown = ", ".join(links[:2]) + (f" and {len(links) - 2} more" if len(links) > 2 else "")
    said = "" if _ID.fullmatch(text) else f"{plain(text)} "
    return f"{said}<sub>{shown}</sub>"
