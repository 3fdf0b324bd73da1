"""YAML recordings, entry by entry.

The values are built from parser events and not with a loader: so nothing but text, bytes, lists and mappings can come
out, whatever tags a file carries; entries are given out as soon as they end; and neither depth nor aliases can hurt.
Plain scalars stay text (`2020-10-01` and `no` are header values here, not dates and booleans); only null is told apart.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
from typing import TYPE_CHECKING, Any

import yaml

from assistants_conformance.recordings._own import OWN
from assistants_conformance.recordings._problem import EMPTY, REREAD, Broken, Entry, ForeignError, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from assistants_conformance.recordings._place import Readable

MAX_DEPTH = 64
MAX_ALIASED = 16 * 2**20
"""Characters and nodes that the aliases of one file may stand for."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CORE = "tag:yaml.org,2002:"
_BINARY = {_CORE + "binary", "!binary"}
_SCALAR = {_CORE + name for name in ("str", "int", "float", "bool", "timestamp", "null")} | {"!", "!str"}
_COLLECTION = {_CORE + "map", _CORE + "seq", "!"}
_NULL = {"", "~", "null", "Null", "NULL"}


class _RefusedError(Exception):
    """A file that must not be read on: (line from 1, message)."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class _Open:
    """A list or mapping whose end has not come yet."""

    __slots__ = ("anchor", "has_key", "key", "value", "weight")

    def __init__(self, value: list[Any] | dict[Any, Any], anchor: str | None) -> None:
        self.value = value
        self.anchor = anchor
        self.key: Any = None
        self.has_key = False
        self.weight = 1


class _Parser:
    """Entries of one stream, counted from `first`, their lines from `offset` + 1.

    `key`, `number`, `line` and `column` (of the list, from 0) tell how far it has come.
    """

    def __init__(self, stream: BinaryIO, keys: frozenset[str], first: int = 0, offset: int = 0) -> None:
        self._events: Iterator[Any] = iter(yaml.parse(stream, Loader=_LOADER))
        self._offset = offset
        self.keys = keys
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._aliased = 0
        self._fault: tuple[int, str] | None = None
        self.empty = True
        self.key = ""
        self.number = first
        self.line = 0
        self.column = 0

    def items(self) -> Iterator[Entry | Broken]:
        """Yield the entries; raises yaml.YAMLError and _RefusedError."""
        for event in self._events:
            kind = type(event)
            if kind is yaml.MappingStartEvent:
                yield from self._top()
            elif kind in {yaml.ScalarEvent, yaml.SequenceStartEvent, yaml.AliasEvent}:
                self.empty = self._value(event) is None and self.empty
            elif kind is yaml.DocumentStartEvent:
                self._anchors.clear()

    def _top(self) -> Iterator[Entry | Broken]:
        self.empty = False
        while True:
            event = next(self._events)
            if type(event) is yaml.MappingEndEvent:
                return
            name = self._value(event)
            event = next(self._events)
            if name == OWN:
                line = self._line(event)
                yield Entry(OWN, 0, line, self._value(event))
                continue
            if not isinstance(name, str) or name not in self.keys:
                self._value(event)
                continue
            self.key = name
            self.line, self.column = event.start_mark.line, event.start_mark.column
            if type(event) is yaml.SequenceStartEvent:
                yield from self._entries()
            else:
                self._value(event)
                yield Broken(place_of(self._line(event)), f"{name} is no list: {REREAD}")

    def _entries(self) -> Iterator[Entry | Broken]:
        while True:
            event = next(self._events)
            if type(event) is yaml.SequenceEndEvent:
                return
            line = self._line(event)
            self._fault = None
            value = self._value(event)
            fault: tuple[int, str] | None = self._fault
            number, self.number = self.number, self.number + 1
            if fault is not None:
                yield Broken(place_of(fault[0], None, number), fault[1])
            else:
                yield Entry(self.key, number, line, value)

    def _value(self, event: Any) -> Any:
        stack: list[_Open] = []
        while True:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                value = self._scalar(event)
                weight, anchor = 1 + len(event.value), event.anchor
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                if len(stack) >= MAX_DEPTH:
                    raise _RefusedError(self._line(event), f"nested deeper than {MAX_DEPTH} levels: {REREAD}")
                if event.tag is not None and event.tag not in _COLLECTION:
                    self._tagged(event)
                stack.append(_Open({} if kind is yaml.MappingStartEvent else [], event.anchor))
                if event.anchor is not None:
                    self._anchors.pop(event.anchor, None)
                event = next(self._events)
                continue
            elif kind is yaml.AliasEvent:
                value, weight = self._alias(event)
                anchor = None
            else:
                top = stack.pop()
                value, weight, anchor = top.value, top.weight, top.anchor
            if anchor is not None:
                self._anchors[anchor] = (value, weight)
            if not stack:
                return value
            self._put(stack[-1], value, weight, event)
            event = next(self._events)

    def _put(self, into: _Open, value: Any, weight: int, event: Any) -> None:
        into.weight += weight
        if isinstance(into.value, list):
            into.value.append(value)
        elif into.has_key:
            into.value[into.key] = value
            into.has_key = False
        else:
            if not isinstance(value, str):
                self._blame(event, f"a key is no text: {REREAD}")
                value = ""
            into.key, into.has_key = value, True

    def _scalar(self, event: Any) -> Any:
        tag = event.tag
        if tag is None:
            return None if event.value in _NULL and event.implicit[0] else event.value
        if tag in _BINARY:
            try:
                return base64.b64decode("".join(event.value.split()), validate=True)
            except (binascii.Error, ValueError):
                self._blame(event, f"binary data are not base64: {REREAD}")
                return None
        if tag not in _SCALAR:
            self._tagged(event)
        return None if tag == _CORE + "null" else event.value

    def _alias(self, event: Any) -> tuple[Any, int]:
        line = self._line(event)
        if event.anchor not in self._anchors:
            raise _RefusedError(line, f"the alias *{event.anchor[:40]} names nothing before it: {REREAD}")
        value, weight = self._anchors[event.anchor]
        self._aliased += weight
        if self._aliased > MAX_ALIASED:
            raise _RefusedError(
                line, "the aliases of this file expand too much: write it without aliases, or do not trust it"
            )
        return value, weight

    def _tagged(self, event: Any) -> None:
        tag = event.tag.replace(_CORE, "!!")[:60]
        self._blame(
            event,
            f"the tag {tag} would build an object of some programming language, which is never done: take the tag out, "
            "or record again with a current recorder",
        )

    def _line(self, event: Any) -> int:
        return int(event.start_mark.line) + 1 + self._offset

    def _blame(self, event: Any, message: str) -> None:
        if self._fault is None:
            self._fault = (self._line(event), message)


def read_yaml(path: Readable, keys: frozenset[str]) -> Iterator[Entry | Broken]:
    """Yield the entries of the list under one of the top-level `keys`, and what is broken between them.

    What a cassette of the suites says of itself comes as an entry too.

    Raises:
        ForeignError: a valid file without such a list.
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        parser = _Parser(stream, keys)
        try:
            yield from parser.items()
        except _RefusedError as error:
            yield Broken(place_of(error.line, None, parser.number if parser.key else None), str(error))
            return
        except yaml.YAMLError as error:
            stream.seek(0)
            yield from _salvaged(stream, parser, error)
            return
    if parser.empty:
        yield Broken("", EMPTY)
    elif not parser.key:
        raise ForeignError


def _salvaged(stream: BinaryIO, parser: _Parser, error: yaml.YAMLError) -> Iterator[Entry | Broken]:
    """Read the entries from the broken one on, each by itself."""
    found = False
    if not parser.key:
        _find_list(stream, parser)
    if parser.key:
        dash = b" " * parser.column + b"- "
        for number, before, chunk in _chunks(stream, dash, parser.line):
            if number < parser.number:
                continue
            alone = parser.key.encode() + b":\n" + chunk
            part = _Parser(io.BytesIO(alone), frozenset({parser.key}), number, before - 1)
            try:
                yield from part.items()
            except _RefusedError as refused:
                yield Broken(place_of(refused.line, None, number), str(refused))
                found = True
            except yaml.YAMLError as again:
                yield _syntax(again, alone, number, before - 1)
                found = True
    if not found:
        stream.seek(0)
        yield _syntax(error, stream.read(), parser.number if parser.key else None, 0)


def _find_list(stream: BinaryIO, parser: _Parser) -> None:
    """Look for the list in the text: bytes that are no text fail before the parser has seen it."""
    stream.seek(0)
    key = ""
    for at, line in enumerate(stream):
        name = re.match(rb"([a-z_]+):\s*$", line)
        if name:
            key = name[1].decode()
        dash = re.match(rb" *(?=- )", line)
        if dash and key in parser.keys:
            parser.key, parser.line, parser.column = key, at, dash.end()
            break
    stream.seek(0)


def _chunks(stream: BinaryIO, dash: bytes, first_line: int) -> Iterator[tuple[int, int, bytes]]:
    """Cut the lines at those that begin with `dash`: (entry number, lines before it, text)."""
    number, start = -1, 0
    held: list[bytes] = []
    for at, line in enumerate(stream):
        if at >= first_line and line.startswith(dash):
            if held:
                yield number, start, b"".join(held)
            number, start, held = number + 1, at, []
        if number >= 0:
            held.append(line)
    if held:
        yield number, start, b"".join(held)


def _syntax(error: yaml.YAMLError, data: bytes, entry: int | None, offset: int) -> Broken:
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        reason = error.problem or error.context or "a syntax error"
        if "nesting depth" in reason:
            # From PyYAML 6.0.4 on the library has a limit of its own, below ours.
            reason = f"nested deeper than the YAML library goes ({reason})"
        place = place_of(mark.line + 1 + offset, mark.column + 1, entry) if mark else ""
    else:
        reason = str(getattr(error, "reason", "")) or "a syntax error"
        position = getattr(error, "position", 0)
        place = place_of(data.count(b"\n", 0, position) + 1 + offset, None, entry)
    return Broken(place, f"not YAML: {re.sub(r'[^ -~]', '?', reason)[:200]}: {REREAD}")
