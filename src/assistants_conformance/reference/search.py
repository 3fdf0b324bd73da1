"""Search over the text of files: the best passage of each, by the words that it shares with the question."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assistants_conformance.reference.text import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assistants_conformance.reference.state import StoredFile

_PASSAGE = 300
#: How many results a search gives unless it is asked for another number.
MOST_RESULTS = 20
#: How many files a message cites.
MOST_CITED = 2


@dataclass(frozen=True)
class Hit:
    """A passage of a file; `score` lies between 0 and 1."""

    file_id: str
    filename: str
    quote: str
    score: float
    attributes: Mapping[str, Any] = field(default_factory=dict)


def passages(text: str) -> list[str]:
    """Cut a text into sentences and lines, the long ones shortened."""
    parts = re.split(r"(?<=[.!?。！？])\s+|\n+", text)
    return [part.strip()[:_PASSAGE] for part in parts if part.strip()]


def _words(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"\w{3,}", text)}


def find(question: str, files: Iterable[StoredFile], *, most: int = MOST_RESULTS, threshold: float = 0.0) -> list[Hit]:
    """Return the best passage of each file, best first.

    Of files that share no word with the question only the first one's is returned. `most` is how many are returned at
    most; what scores below `threshold` (0 to 1) is left out.
    """
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
    fitting = [hit for hit in hits if hit.score > 0] or hits[:1]
    return [hit for hit in fitting if hit.score >= threshold][:most]
