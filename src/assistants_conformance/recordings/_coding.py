"""Undoing content-encodings. Recorders differ in whether they did it already, so plain text is let through."""

from __future__ import annotations

import importlib
import zlib
from typing import TYPE_CHECKING

from assistants_conformance.recordings._problem import DamagedError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_DECODED = 128 * 2**20
"""Bytes that one body may have when decoded."""

_GZIP = b"\x1f\x8b"
_HINT = "record the entry again, best with decoded bodies"


def decoded(body: bytes, headers: Mapping[str, str]) -> bytes:
    """Return the body without the encodings that its content-encoding header names.

    A body that is UTF-8 text under such a header was decoded by the recorder and stays.

    Raises:
        DamagedError: the body is neither.
    """
    if not body:
        return body
    codings = [coding.strip().lower() for coding in headers.get("content-encoding", "").split(",")]
    for coding in reversed(codings):
        body = _undo(coding, body)
    return body


def _undo(coding: str, body: bytes) -> bytes:
    if coding in {"", "identity"}:
        return body
    if coding in {"gzip", "x-gzip"}:
        if body.startswith(_GZIP):
            return _inflate(body, 31, "gzip")
    elif coding == "deflate":
        for bits in (15, -15):
            try:
                return _inflate(body, bits, "deflate")
            except DamagedError:
                continue
    elif coding == "br" and not _is_text(body):
        return _brotli(body)
    if _is_text(body):
        return body
    raise DamagedError(f"content-encoding says {coding[:20]!r}, and it cannot be decoded so: {_HINT}")


def _inflate(body: bytes, bits: int, name: str) -> bytes:
    out: list[bytes] = []
    left = MAX_DECODED
    while True:
        engine = zlib.decompressobj(bits)
        try:
            out.append(engine.decompress(body, left))
        except zlib.error as error:
            raise DamagedError(f"undecodable {name}: {_HINT}") from error
        left -= len(out[-1])
        if engine.unconsumed_tail or left <= 0:
            raise DamagedError(f"more than {MAX_DECODED >> 20} MB when decoded: take the entry out")
        if not engine.eof:
            raise DamagedError(f"the {name} data end early: {_HINT}")
        body = engine.unused_data
        if not body.startswith(_GZIP):
            return b"".join(out)


def _brotli(body: bytes) -> bytes:
    for name in ("brotli", "brotlicffi"):
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        try:
            plain = module.decompress(body)
        except Exception as error:
            raise DamagedError(f"undecodable br: {_HINT}") from error
        return bytes(plain)
    raise DamagedError("it is br-encoded and no decoder is installed: run `pip install brotli`")


def _is_text(body: bytes) -> bool:
    try:
        return "\x00" not in body.decode("utf-8")
    except UnicodeDecodeError:
        return False
