"""Where cassettes lie: a folder, or one archive of the same layout that Git and a wheel carry better."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol

from assistants_conformance.cassette.form import CassetteError, safe_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: The date of everything in an archive: what is the same must be the same to the byte.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def name_of(profile: str, test: str) -> str:
    """Return where the cassette of a scenario lies: `<profile>/<area>/<scenario>.yaml`.

    Args:
        profile: the profile.
        test: the name of a scenario, `suites/test_<area>.py::test_<what>[<case>]`.
    """
    file, _, scenario = test.partition("::")
    area = PurePosixPath(file).stem.removeprefix("test_")
    return f"{profile}/{area}/{safe_name(scenario.removeprefix('test_'))}.yaml"


class Library(Protocol):
    """Named texts."""

    def names(self) -> Iterator[str]:
        """Yield the names, in order."""

    def get(self, name: str) -> bytes | None:
        """Return one text, None where there is none."""

    def put(self, texts: Mapping[str, bytes], gone: frozenset[str] = frozenset()) -> None:
        """Write texts, and take others away."""


class Folder:
    """Cassettes in a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> Iterator[str]:
        """Yield the names, in order."""
        if self.path.is_dir():
            for file in sorted(self.path.rglob("*")):
                if file.suffix in (".yaml", ".json") and file.is_file():
                    yield file.relative_to(self.path).as_posix()

    def get(self, name: str) -> bytes | None:
        """Return one text, None where there is none."""
        file = self.path / name
        return file.read_bytes() if file.is_file() else None

    def put(self, texts: Mapping[str, bytes], gone: frozenset[str] = frozenset()) -> None:
        """Write texts, and take others away."""
        for name, text in texts.items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            _replace(file, text)
        for name in gone:
            (self.path / name).unlink(missing_ok=True)


class Archive:
    """Cassettes in a zip file, which is the same to the byte where its texts are."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._texts: dict[str, bytes] | None = None

    def _read(self) -> dict[str, bytes]:
        if self._texts is None:
            self._texts = {}
            if self.path.is_file():
                try:
                    with zipfile.ZipFile(self.path) as archive:
                        self._texts = {name: archive.read(name) for name in sorted(archive.namelist())}
                except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as error:
                    raise CassetteError(f"{self.path}: no archive of cassettes ({error}): record it again") from error
        return self._texts

    def names(self) -> Iterator[str]:
        """Yield the names, in order."""
        yield from self._read()

    def get(self, name: str) -> bytes | None:
        """Return one text, None where there is none."""
        return self._read().get(name)

    def put(self, texts: Mapping[str, bytes], gone: frozenset[str] = frozenset()) -> None:
        """Write texts, and take others away."""
        every = {**self._read(), **texts}
        self._texts = {name: every[name] for name in sorted(every) if name not in gone}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            for name, text in self._texts.items():
                entry = zipfile.ZipInfo(name, _NO_TIME)
                entry.external_attr = 0o644 << 16
                entry.create_system = 3
                archive.writestr(entry, text, zipfile.ZIP_DEFLATED, 9)
        _replace(self.path, made.getvalue())


def _replace(file: Path, data: bytes) -> None:
    """Write a file so that who looks meanwhile, or stops it, finds the old one or the new one."""
    beside = file.with_name(f".{file.name}.new")
    try:
        beside.write_bytes(data)
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


def library(path: Path) -> Library:
    """Return the cassettes at a path; a name that ends with `.zip` is an archive."""
    return Archive(path) if path.suffix == ".zip" else Folder(path)
