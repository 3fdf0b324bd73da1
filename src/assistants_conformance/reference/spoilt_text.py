"""Texts and annotations as faults spoil them; without faults both stay as they are."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assistants_conformance.reference.faults import Faults

Json = dict[str, Any]


def _without_emoji(text: str) -> str:
    # What a database does whose characters have at most three bytes.
    return "".join(letter if ord(letter) <= 0xFFFF else "?" for letter in text)


_KEPT: Mapping[str, Callable[[str], str]] = {
    "content-trimmed": str.strip,
    "content-normalised": lambda text: unicodedata.normalize("NFC", text),
    "line-ends-normalised": lambda text: text.replace("\r\n", "\n"),
    "emoji-lost": _without_emoji,
}


def kept(faults: Faults, text: str) -> str:
    """Return a text as it is stored."""
    for name, change in _KEPT.items():
        if faults.on(name):
            text = change(text)
    return text


def _without_indices(row: Json, value: str) -> None:
    del value
    row.pop("start_index")
    row.pop("end_index")


def _inclusive(row: Json, value: str) -> None:
    del value
    row["end_index"] -= 1


def _in_bytes(row: Json, value: str) -> None:
    for name in ("start_index", "end_index"):
        row[name] = len(value[: row[name]].encode())


def _in_units(row: Json, value: str) -> None:
    for name in ("start_index", "end_index"):
        row[name] = len(value[: row[name]].encode("utf-16-le")) // 2


def _other_type(row: Json, value: str) -> None:
    del value
    row["url_citation"] = row.pop(row["type"])
    row["type"] = "url_citation"


def _other_file(kind: str) -> Callable[[Json, str], None]:
    def change(row: Json, value: str) -> None:
        del value
        if row["type"] == kind:
            row[kind] = {**row[kind], "file_id": row[kind]["file_id"][:-8] + "NoSuchId"}

    return change


def _narrowed(kind: str, before: str, after: str) -> Callable[[Json, str], None]:
    """Let an annotation cover less of its marker."""

    def change(row: Json, value: str) -> None:
        if row["type"] == kind:
            row["start_index"] += len(before)
            row["end_index"] -= len(after)
            row["text"] = value[row["start_index"] : row["end_index"]]

    return change


def _without_quote(row: Json, value: str) -> None:
    del value
    if row["type"] == "file_citation":
        row["file_citation"] = {"file_id": row["file_citation"]["file_id"]}


def _null_quote(row: Json, value: str) -> None:
    del value
    if row["type"] == "file_citation":
        row["file_citation"] = {**row["file_citation"], "quote": None}


def _filtered(row: Json, value: str) -> None:
    del value
    row["content_filter_results"] = {"hate": {"filtered": False, "severity": "safe"}}


_CHANGES: Mapping[str, Callable[[Json, str], None]] = {
    "annotation-type-url-citation": _other_type,
    "annotation-without-indices": _without_indices,
    "annotation-end-one-short": _inclusive,
    "annotation-indices-in-bytes": _in_bytes,
    "annotation-indices-in-utf-16": _in_units,
    "file-path-of-no-file": _other_file("file_path"),
    "file-path-covers-the-name-only": _narrowed("file_path", "sandbox:/mnt/data/", ""),
    "citation-of-no-file": _other_file("file_citation"),
    "citation-without-brackets": _narrowed("file_citation", "【", "】"),
    "citation-without-quote": _without_quote,
    "citation-quote-null": _null_quote,
    "annotation-with-filter-results": _filtered,
}


def annotated(faults: Faults, value: str, rows: list[Json]) -> list[Json] | None:
    """Return the annotations of a text as they are stored."""
    for name, change in _CHANGES.items():
        if faults.on(name):
            for row in rows:
                change(row, value)
    if faults.on("annotations-listed-twice"):
        rows = [*rows, *rows]
    return None if not rows and faults.on("annotations-null-when-none") else rows
