"""Where the bytes of a recording are: a file, or a member of an archive."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

ARCHIVE = ".zip"


class Readable(Protocol):
    """Something with bytes, as far as the readers need it of a path."""

    def open(self, mode: str = "r") -> BinaryIO:
        """Open it."""

    def read_bytes(self) -> bytes:
        """Return everything."""


@dataclass(frozen=True)
class Member:
    """A member of an archive. Raises OSError where the archive is damaged."""

    archive: Path
    name: str
    size: int

    @property
    def path(self) -> Path:
        """The name of it for a reader: as if the archive were a folder."""
        return self.archive / self.name

    def open(self, mode: str = "rb") -> BinaryIO:
        """Open it for reading."""
        del mode
        return io.BytesIO(self.read_bytes())

    def read_bytes(self) -> bytes:
        """Return everything; never more than the archive has declared.

        Raises:
            OSError: it cannot be unpacked.
        """
        try:
            with zipfile.ZipFile(self.archive) as archive:
                return archive.read(self.name)
        except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, KeyError, EOFError) as error:
            raise OSError(0, f"damaged: {error}") from error


def members(path: Path, suffixes: frozenset[str]) -> Iterator[Member]:
    """Yield what an archive holds that could be a recording, in the order of names.

    Raises:
        OSError: it is no archive, or cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            inside = sorted(archive.infolist(), key=lambda one: one.filename)
    except (zipfile.BadZipFile, EOFError, ValueError) as error:
        raise OSError(0, f"no archive: {error}") from error
    for one in inside:
        place = PurePosixPath(one.filename)
        if not one.is_dir() and place.suffix.lower() in suffixes and not place.name.startswith("."):
            yield Member(path, one.filename, one.file_size)
