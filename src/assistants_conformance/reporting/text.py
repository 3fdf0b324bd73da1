"""Text from a target made harmless for a reader's terminal."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote

#: Control, format (which hold the marks that turn the direction of writing), surrogate and private characters, and the
#: separators of lines and paragraphs.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def plain(text: str, *, lines: bool = False) -> str:
    """Return the text with every character that a terminal could act on written as an escape.

    Args:
        text: anything, also what a hostile endpoint has sent.
        lines: keep line feeds and tabs.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(character, lines) for character in text)


def _escaped(character: str, lines: bool) -> str:
    if character in "\n\t" and lines:
        return character
    if unicodedata.category(character) not in _UNSAFE:
        return character
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character)
    code = ord(character)
    return named or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}")


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters; what is left out is counted."""
    return text if len(text) <= limit else f"{text[:limit]}… (+{len(text) - limit} characters)"


#: So many characters of the beginning of a secret are hidden even where the rest was cut off.
_PART = 8
#: The same for characters from anywhere in it.
_WINDOW = 12


def redact(text: str, secrets: tuple[str, ...]) -> str:
    """Return the text without secrets, nor a part of one that was cut.

    An endpoint may repeat the key that it was sent, as it is or as an address, JSON or a page would write it.
    """
    heads, forms, windows = _written(secrets)
    if heads is None:
        return text
    text = _without_windows(text, windows)
    made, end = [], 0
    while (found := heads.search(text, end)) is not None:
        made += [text[end : found.start()], "***"]
        end = max(_reach(text, found.start(), form) for form in forms)
    return "".join((*made, text[end:]))


def _without_windows(text: str, windows: frozenset[str]) -> str:
    made, done, place = [], 0, 0
    while place <= len(text) - _WINDOW:
        if text[place : place + _WINDOW] not in windows:
            place += 1
            continue
        end = place + _WINDOW
        while end < len(text) and text[end - _WINDOW + 1 : end + 1] in windows:
            end += 1
        made += [text[done:place], "***"]
        done = place = end
    return "".join((*made, text[done:])) if made else text


def _reach(text: str, place: int, form: str) -> int:
    """Return how far a text is a secret from a place on."""
    end, last = place, min(len(text), place + len(form))
    while end < last and text[end] == form[end - place]:
        end += 1
    return end


@lru_cache(maxsize=16)
def _written(secrets: tuple[str, ...]) -> tuple[re.Pattern[str] | None, tuple[str, ...], frozenset[str]]:
    """Return what finds the beginning of a secret, every form in which secrets may be written, and parts of those."""
    forms: set[str] = set()
    for secret in filter(None, secrets):
        quoted = json.dumps(secret)[1:-1]
        forms |= {secret, quoted, quoted.replace("/", "\\/"), quote(secret, safe=""), repr(secret)[1:-1]}
    heads = sorted({form[:_PART] for form in forms}, key=len, reverse=True)
    windows = {form[place : place + _WINDOW] for form in forms for place in range(len(form) - _WINDOW + 1)}
    return re.compile("|".join(map(re.escape, heads))) if heads else None, tuple(forms), frozenset(windows)
