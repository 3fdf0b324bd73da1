"""Finding recordings and turning them into exchanges, whatever their form."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast

from assistants_conformance.observe.exchange import Exchange, Terms
from assistants_conformance.recordings import _azure, _cassette, _har, _lines
from assistants_conformance.recordings._json import parse, read_json
from assistants_conformance.recordings._own import OWN, PROVENANCE, PROVENANCE_MARK, lost, terms, timed
from assistants_conformance.recordings._parts import Parts, mapping
from assistants_conformance.recordings._place import ARCHIVE, Member, Readable, members
from assistants_conformance.recordings._problem import (
    Broken,
    DamagedError,
    Entry,
    ForeignError,
    Problem,
    RecordingError,
)
from assistants_conformance.recordings._yaml import read_yaml

MAX_FILE = 512 * 2**20
"""Bytes; larger files are refused."""

YAML = frozenset({".yaml", ".yml"})
JSON = frozenset({".json", ".har"})
LINES = frozenset({".jsonl", ".ndjson"})
SUFFIXES = YAML | JSON | LINES

OnProblem = Callable[[Problem], None]


class _Format(NamedTuple):
    name: str
    marks: frozenset[str]
    parts: Callable[[Mapping[str, Any]], Parts]


_FORMATS = {
    _cassette.VCRPY: _Format("vcrpy", _cassette.MARKS, _cassette.parts),
    _cassette.RUBY: _Format("ruby-vcr", _cassette.MARKS, _cassette.parts),
    _azure.KEY: _Format("azure-sdk", _azure.MARKS, _azure.parts),
    _har.KEY: _Format("har", _har.MARKS, _har.parts),
    _lines.KEY: _Format("json-lines", _lines.MARKS, _lines.parts),
}
_YAML_KEYS = frozenset({_cassette.VCRPY, _cassette.RUBY})
_JSON_KEYS = frozenset({_cassette.VCRPY, _cassette.RUBY, _azure.KEY, _har.KEY})
_FOREIGN = "no recording of a known form (vcrpy, Ruby VCR, Azure SDK, HAR, JSON lines): it is passed over"


@dataclass
class Source:
    """One file, or one member of an archive. `format` is known, and not empty, once its first exchange was read.

    `fault` tells why the path, then a folder or an archive, could not even be listed.
    """

    path: Path
    format: str = ""
    fault: str = ""
    member: Member | None = None
    _terms: Terms | None = None

    @property
    def _bytes(self) -> Readable:
        # `open` of a path has many more signatures than the one that is used.
        return self.member or cast("Readable", self.path)

    def read(self, on_problem: OnProblem, numbers: Iterator[int] | None = None) -> Iterator[Exchange]:
        """Yield the exchanges of the file; `numbers` gives each its place in the order of events."""
        numbers = itertools.count() if numbers is None else numbers

        def report(problem: Broken | str, place: str = "") -> None:
            if isinstance(problem, Broken):
                on_problem(Problem(self.path, problem.place, problem.message, "damaged"))
            else:
                on_problem(Problem(self.path, place, problem, "damaged"))

        if self.fault:
            report(self.fault)
            return
        try:
            size = self.path.stat().st_size if self.member is None else self.member.size
            if size > MAX_FILE:
                report(f"{size >> 20} MB, and files over {MAX_FILE >> 20} MB are not read: split it")
                return
            for item in self._items():
                if isinstance(item, Broken):
                    report(item)
                    continue
                if item.key == OWN:
                    self._terms = terms(item.value)
                    continue
                form = _FORMATS[item.key]
                place = f"entry {item.number}" if item.line is None else f"entry {item.number}, line {item.line}"
                try:
                    value = mapping(item.value, "the entry")
                    self._recognise(form, value)
                    if self._terms is not None and lost(value):
                        on_problem(Problem(self.path, place, lost(value), "unanswered"))
                        continue
                    exchange = self._exchange(form, item, value, numbers)
                except DamagedError as error:
                    report(str(error), place)
                else:
                    yield exchange
        except ForeignError as foreign:
            if self._is_provenance():
                return
            on_problem(Problem(self.path, "", str(foreign) or _FOREIGN, "foreign"))
        except OSError as error:
            report(f"cannot be read ({error.strerror or type(error).__name__}): mend its permissions or take it out")

    def _is_provenance(self) -> bool:
        """Say whether it is what lies beside the cassettes of the suites and is none."""
        if self.path.name != PROVENANCE:
            return False
        document = parse(self._bytes.read_bytes())
        return isinstance(document, dict) and PROVENANCE_MARK in document

    def _items(self) -> Iterator[Entry | Broken]:
        suffix = self.path.suffix.lower()
        if suffix in YAML:
            return read_yaml(self._bytes, _YAML_KEYS)
        if suffix in JSON:
            return read_json(self._bytes, _JSON_KEYS)
        if suffix in LINES:
            return _lines.read_lines(self._bytes)
        raise ForeignError(f"no recording: their names end in {', '.join(sorted(SUFFIXES))}")

    def _recognise(self, form: _Format, value: Mapping[str, Any]) -> None:
        """Other programs have lists called `interactions` or `Entries` too: the first entry tells."""
        if not self.format:
            if form.marks.isdisjoint(value):
                raise ForeignError
            self.format = form.name

    def _exchange(self, form: _Format, item: Entry, value: Mapping[str, Any], numbers: Iterator[int]) -> Exchange:
        made = form.parts(value)
        name = self.path.as_posix()
        source, session = f"{name}#{item.number}", name
        if item.key == _lines.KEY:
            source, session = _lines.named(value, name, source)
        now = float(next(numbers))
        exchange = Exchange(made.request, made.response, source, now, now, session, made.complete)
        return exchange if self._terms is None else timed(exchange, value, self._terms)


def find_sources(paths: Iterable[Path]) -> Iterator[Source]:
    """Return the files that the paths name: folders recursively and sorted, without hidden files, each file once.

    An archive (.zip) is read like a folder.

    Raises:
        RecordingError: a path does not exist; at once, before anything is read.
    """
    given = [Path(path) for path in paths]
    for path in given:
        if not path.is_file() and not path.is_dir():
            raise RecordingError(f"{path}: no such file or folder")
    return _found(given)


def _found(given: list[Path]) -> Iterator[Source]:
    seen: set[Path] = set()
    for start in given:
        for source in _walk(start) if start.is_dir() else _file(start):
            # Read twice, a recording would show the same ids made twice.
            resolved = source.path.resolve()
            if resolved not in seen:
                seen.add(resolved)
                yield source


def _walk(folder: Path) -> Iterator[Source]:
    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        yield Source(folder, fault=f"the folder cannot be listed ({error.strerror}): mend its permissions")
        return
    for path in inside:
        if path.name.startswith("."):
            continue
        if path.is_dir():
            if not path.is_symlink():
                yield from _walk(path)
        elif path.suffix.lower() in SUFFIXES | {ARCHIVE} and (path.is_file() or path.is_symlink()):
            yield from _file(path)


def _file(path: Path) -> Iterator[Source]:
    if path.suffix.lower() != ARCHIVE:
        yield Source(path)
        return
    try:
        inside = list(members(path, SUFFIXES))
    except OSError as error:
        yield Source(path, fault=f"cannot be unpacked ({error.strerror}): take it out or make it again")
        return
    yield from (Source(member.path, member=member) for member in inside)


def read_paths(paths: Iterable[Path], on_problem: OnProblem) -> Iterator[Exchange]:
    """Yield the exchanges of files and folders, one at a time, in the order of the files and of their entries.

    What cannot be read goes to `on_problem`, and reading goes on with the next entry or file.

    Raises:
        RecordingError: a path does not exist; at once, before anything is read.
    """
    sources = find_sources(paths)
    numbers = itertools.count()
    return (exchange for source in sources for exchange in source.read(on_problem, numbers))
