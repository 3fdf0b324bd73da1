"""Undoing the content-encoding of an answer, a bounded piece at a time: a packed megabyte can hold a gigabyte."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Protocol

from assistants_conformance.target.limits import UNPACKED_AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: What is asked for. One coding, and one that the standard library can undo within bounds.
ACCEPTED = "gzip, deflate"
_WINDOW = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


class UnpackError(ValueError):
    """A body that is not packed as its head says; the message says how."""


class _Unpacking(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unconsumed_tail(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def unpacked(pieces: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """Yield the bytes of a body without its content-encoding.

    Args:
        pieces: the body as it comes.
        coding: the value of the header, empty where there is none.

    Raises:
        UnpackError: the coding was not asked for, or the body is damaged.
    """
    coding = coding.strip().lower()
    if coding in ("", "identity"):
        yield from pieces
        return
    window = _WINDOW.get(coding)
    if window is None:
        raise UnpackError(f"content-encoding {coding[:60]!r}, where {ACCEPTED} was accepted")
    work: _Unpacking | None = None
    for piece in pieces:
        if work is None:
            # Some servers leave out the frame of deflate, whose first byte tells.
            raw = coding == "deflate" and piece[:1] not in (b"", b"\x78", b"\x58", b"\x18", b"\x38", b"\x08")
            work = zlib.decompressobj(-zlib.MAX_WBITS if raw else window)
        rest = piece
        while rest and not work.eof:
            try:
                made = work.decompress(rest, UNPACKED_AT_ONCE)
            except zlib.error as error:
                raise UnpackError(f"damaged {coding}: {error}") from error
            if made:
                yield made
            rest = work.unconsumed_tail
    if work is not None and not work.eof:
        raise UnpackError(f"{coding} that ends too early")
