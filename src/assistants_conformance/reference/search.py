"""Search over the text of files: the best passage of each, by the words that it shares with the question."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistants_conformance.reference.state import StoredFile

_PASSAGE = 300
_MOST = 2


@dataclass(frozen=True)
class Hit:
    """A passage of a file; `score` lies between 0 and 1."""

    file_id: str
    filename: str
    quote: str
    score: float


def text_of(file: StoredFile) -> str:
    """Return the text of a file; empty where it holds none."""
    data = file.data
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if b"\x00" in data:
        return ""
    return data.decode("utf-8-sig", "replace")


def passages(text: str) -> list[str]:
    """Cut a text into sentences and lines, the long ones shortened."""
    parts = re.split(r"(?<=[.!?。！？])\s+|\n+", text)
    return [part.strip()[:_PASSAGE] for part in parts if part.strip()]


def _words(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"\w{3,}", text)}


def find(question: str, files: Iterable[StoredFile]) -> list[Hit]:
    """Return the best passage of the best files; of files that share no word with the question the first one's."""
    wanted = _words(question)
    hits = []
    for file in files:
        scored = [
            (len(wanted & _words(part)) / max(1, len(wanted)), -place, part)
            for place, part in enumerate(passages(text_of(file)))
        ]
        if scored:
            score, _, quote = max(scored)
            hits.append(Hit(file.id, file.filename, quote, round(score, 4)))
    hits.sort(key=lambda hit: -hit.score)
    fitting = [hit for hit in hits if hit.score > 0][:_MOST]
    return fitting or hits[:1]
