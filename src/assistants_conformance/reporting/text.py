"""Text from a target made harmless for a reader's terminal."""

from __future__ import annotations

import unicodedata

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


def redact(text: str, secrets: tuple[str, ...]) -> str:
    """Return the text without secrets: an endpoint may repeat the key that it was sent."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text
