"""The message that closes a run: its parts, its annotations and their exact places."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistants_conformance.reference.outside import Page
    from assistants_conformance.reference.search import Hit

Json = dict[str, Any]

_LENGTH = re.compile(r"\b(\d{2,5})\s+(words|sentences|lines|items|paragraphs|numbers|names)\b", re.IGNORECASE)
_COUNT = re.compile(r"\bfrom (\d+) to (\d+)\b|\bcount (?:up )?to (\d+)\b", re.IGNORECASE)
_LONG = re.compile(r"\b(long|detailed|extensive|exhaustive|comprehensive|lengthy)\b", re.IGNORECASE)
_MOST_WORDS = 6000
_FILLER = "this answer goes on for as long as it was asked to and each word of it counts"


@dataclass
class Findings:
    """What the tools of a run gave. `products` are file id and name; `program` is the code of an earlier run."""

    question: str
    used: list[str]
    outputs: list[tuple[str, str]] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    products: list[tuple[str, str]] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    program: str | None = None


class _Text:
    """A text under construction; indices count code points, as Python's `len` does."""

    def __init__(self) -> None:
        self.value = ""
        self.annotations: list[Json] = []

    def add(self, text: str) -> None:
        self.value += text

    def sentence(self, text: str) -> None:
        self.value += ("\n\n" if self.value else "") + text

    def mark(self, text: str, kind: str, body: Json) -> None:
        start = len(self.value)
        self.value += text
        self.annotations.append(
            {"type": kind, "text": text, "start_index": start, "end_index": len(self.value), kind: body}
        )


def compose(findings: Findings, *, first_shape: bool) -> tuple[str, list[Json]]:
    """Return text and annotations of the closing message. `first_shape`: citations carry a quote and a short marker."""
    text = _Text()
    if findings.outputs:
        told = "; ".join(f"{name} returned {output}" for name, output in findings.outputs)
        text.sentence(f"Here is what I found: {told}.")
    if findings.hits:
        text.sentence("")
        for number, hit in enumerate(findings.hits):
            text.add(" " if number else "")
            text.add(hit.quote)
            marker = f"【{13 + number}†source】" if first_shape else f"【4:{number}†{_label(hit.filename)}】"
            body = {"file_id": hit.file_id}
            text.mark(marker, "file_citation", {**body, "quote": hit.quote} if first_shape else body)
    elif any(name in ("file_search", "retrieval") for name in findings.used):
        text.sentence("I searched the files and found nothing on this.")
    if findings.pages:
        text.sentence("")
        for number, page in enumerate(findings.pages):
            text.add((" " if number else "") + page.quote)
            text.mark(f"【3:{number}†source】", "url_citation", {"url": page.url, "title": page.title})
    if findings.logs:
        text.sentence("The code printed: " + "".join(findings.logs).strip())
    if findings.pictures:
        text.sentence("Here is the visualization that you asked for.")
    for file_id, name in findings.products:
        text.sentence(f"You can download [{name}](")
        text.mark(f"sandbox:/mnt/data/{name}", "file_path", {"file_id": file_id})
        text.add(").")
    if findings.program is not None:
        text.sentence(f"Certainly, here is the code that I used:\n\n```python\n{findings.program}\n```")
    if not text.value:
        text.add(_plain(findings.question))
    return text.value, text.annotations


def _label(filename: str) -> str:
    return re.sub(r"[【】†]", "", filename.rsplit("/", 1)[-1]) or "source"


def _plain(question: str) -> str:
    if found := _COUNT.search(question):
        first, last = (1, int(found[3])) if found[3] else (int(found[1]), int(found[2]))
        return ", ".join(str(number) for number in range(first, min(last, first + _MOST_WORDS) + 1))
    if found := _LENGTH.search(question):
        return _filler(int(found[1]) * {"sentences": 12, "lines": 10, "paragraphs": 60}.get(found[2].lower(), 1))
    if _LONG.search(question):
        return _filler(600)
    if not question.strip():
        return "Hello! How can I help you?"
    return "Thank you for your message. I have read it and am ready to help you with it."


def _filler(words: int) -> str:
    source = _FILLER.split()
    return " ".join(source[number % len(source)] for number in range(min(words, _MOST_WORDS))).capitalize() + "."


def tokens(text: str) -> int:
    """Estimate how many tokens a text has; four characters each."""
    return (len(text) + 3) // 4


def cut(value: str, annotations: list[Json], most: int) -> tuple[str, list[Json]]:
    """Shorten a text to a number of tokens, without annotations of what is cut off."""
    short = value[: most * 4]
    return short, [row for row in annotations if row["end_index"] <= len(short)]
