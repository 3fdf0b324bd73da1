"""The text of a file, as far as a search needs it: plain text, office packages, and what can be read of older forms."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistants_conformance.reference.state import StoredFile

_PACKAGE_PARTS = re.compile(r"word/document\.xml|ppt/slides/slide\d+\.xml")
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"


def text_of(file: StoredFile) -> str:
    """Return the text of a file; empty where it holds none."""
    data = file.data
    if data.startswith(b"%PDF"):
        return _pdf(data)
    if data.startswith(b"PK\x03\x04"):
        return _package(data)
    if data.startswith(_OLD_OFFICE):
        return _runs_of_letters(data)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if b"\x00" in data:
        return ""
    return data.decode("utf-8-sig", "replace")


def _pdf(data: bytes) -> str:
    found = []
    for raw in re.findall(rb"stream\r?\n(.*?)endstream", data, re.DOTALL):
        try:
            content = zlib.decompressobj().decompress(raw)
        except zlib.error:
            # Not every stream is compressed, and a picture is compressed in another way.
            content = raw
        found += re.findall(rb"\(((?:\\.|[^\\()])*)\)", content)
    # A file whose strings are spelt in another way was readable for the service, and is not empty here.
    return b" ".join(found).decode("latin-1") or "(a document)"


def _package(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [name for name in archive.namelist() if _PACKAGE_PARTS.fullmatch(name)]
            parts = [archive.read(name).decode("utf-8", "replace") for name in names]
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError):
        return ""
    return "\n".join(" ".join(re.findall(r">([^<>]+)</[aw]:t>", part)) for part in parts)


def _runs_of_letters(data: bytes) -> str:
    runs = re.findall(rb"(?:[\x20-\x7e]\x00){4,}|[\x20-\x7e]{4,}", data)
    return " ".join(run.replace(b"\x00", b"").decode("ascii") for run in runs)
