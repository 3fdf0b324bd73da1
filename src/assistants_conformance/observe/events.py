"""Server-sent events: bytes in, events out, as the standard reads them.

Any legal framing gives the same events: a byte order mark, comments, LF, CR or CRLF, data over several lines, and
chunks that end anywhere, inside a character too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from assistants_conformance.observe.strict_json import NotJson, parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator

_BOM = b"\xef\xbb\xbf"
_PIECES = re.compile(rb"[^\r\n]+|\r|\n")
DONE = "[DONE]"


@dataclass(frozen=True)
class Event:
    """One event.

    `name` is `message` where the stream gave none, as the standard has it; `named` says whether it gave one. `data` is
    the text of all data lines. `whole` is false for what stood behind the last empty line: a reader of the standard
    throws it away. `clean` is false where a line was no UTF-8.
    """

    number: int
    name: str
    data: str
    named: bool = True
    whole: bool = True
    clean: bool = True

    @property
    def is_done(self) -> bool:
        """Whether it is the mark of the end."""
        return self.data == DONE

    @cached_property
    def parsed(self) -> Any | NotJson:
        """The parsed data, or the reason why it cannot be parsed."""
        if not self.clean:
            return NotJson("not UTF-8")
        try:
            return parse_json(self.data.encode("utf-8"))
        except NotJson as error:
            return error
        except UnicodeEncodeError:
            return NotJson("text with half of a surrogate pair")

    @property
    def json(self) -> dict[str, Any]:
        """The JSON object of the data; empty where it is none."""
        return self.parsed if isinstance(self.parsed, dict) else {}


class Decoder:
    """Reads a stream piece by piece."""

    def __init__(self) -> None:
        self._number = 0
        self._line = bytearray()
        self._begun = False
        self._skip_feed = False
        self._name: str | None = None
        self._data: list[str] = []
        self._clean = True

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Take bytes in and yield the events that they complete."""
        # One by one: a long stream of nothing but line ends has millions of them.
        for found in _PIECES.finditer(chunk):
            piece = found[0]
            if piece == b"\n" and self._skip_feed:
                self._skip_feed = False
            elif piece in (b"\n", b"\r"):
                self._skip_feed = piece == b"\r"
                line, self._line = bytes(self._line), bytearray()
                yield from self._take(line)
            else:
                self._skip_feed = False
                self._line += piece

    def close(self) -> Iterator[Event]:
        """Yield what was begun and not completed."""
        if self._line:
            line, self._line = bytes(self._line), bytearray()
            yield from self._take(line)
        if self._data or self._name is not None:
            yield self._event(whole=False)

    def _take(self, line: bytes) -> Iterator[Event]:
        if not self._begun:
            self._begun, line = True, line.removeprefix(_BOM)
        if not line:
            if self._data:
                yield self._event(whole=True)
            self._name, self._data, self._clean = None, [], True
            return
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            text, self._clean = line.decode("utf-8", "replace"), False
        field, _, value = text.partition(":")
        value = value.removeprefix(" ")
        match field:
            case "event":
                self._name = value
            case "data":
                self._data.append(value)

    def _event(self, *, whole: bool) -> Event:
        name, data = self._name or "message", "\n".join(self._data)
        made = Event(self._number, name, data, named=bool(self._name), whole=whole, clean=self._clean)
        self._number += 1
        self._name, self._data, self._clean = None, [], True
        return made


def decode_events(body: bytes) -> tuple[Event, ...]:
    """Return every event of a whole stream, the uncompleted one at its end included."""
    decoder = Decoder()
    return (*decoder.feed(body), *decoder.close())
