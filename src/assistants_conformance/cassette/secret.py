"""One secret in all the forms in which traffic carries it: found also in part, in capitals, coded and cut."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator

#: So many bytes of a secret in a row give it away; a shorter one is looked for as a whole.
WINDOW = 12


@dataclass(frozen=True)
class _Form:
    """A way to write a secret. `window`: so many bytes of it in a row count. `folded`: in capitals it is the same."""

    text: bytes
    window: int
    folded: bool

    def spans(self, data: bytes, low: bytes) -> Iterator[tuple[int, int]]:
        """Yield where parts of it stand in the data (which are `low` in small letters), each as long as it goes.

        Whatever is as long as the window holds one of the pieces that lie half a window apart: only for those is
        looked in the data, and from there in both directions.
        """
        text = self.text.lower() if self.folded else self.text
        data = low if self.folded else data
        step = max(len(text) if len(text) <= self.window else self.window // 2, 1)
        found = set[tuple[int, int]]()
        for at in range(0, len(text) - step + 1, step):
            piece = text[at : at + step]
            place = data.find(piece)
            while place >= 0:
                begin, first = place, at
                while begin and first and data[begin - 1] == text[first - 1]:
                    begin, first = begin - 1, first - 1
                end, last = place + step, at + step
                while end < len(data) and last < len(text) and data[end] == text[last]:
                    end, last = end + 1, last + 1
                if end - begin >= min(self.window, len(text)):
                    found.add((begin, end))
                place = data.find(piece, place + 1)
        end = 0
        for begin, until in sorted(found, key=lambda span: (span[0], -span[1])):
            if begin >= end:
                yield begin, until
                end = until


@cache
def _forms(secret: str) -> tuple[_Form, ...]:
    plain = secret.encode()
    quoted = json.dumps(secret)[1:-1]
    texts = (secret, quote(secret, safe=""), quote_plus(secret), quoted, json.dumps(quoted)[1:-1],
             json.dumps(secret, ensure_ascii=False)[1:-1])  # fmt: skip
    made = [_Form(text.encode(), WINDOW, folded=True) for text in dict.fromkeys(texts)]
    made.append(_Form(plain.hex().encode(), 2 * WINDOW, folded=True))
    for before in range(3):
        # What stands before it moves the letters; those at both ends hold bits of the neighbours.
        coded = base64.b64encode(b"\0" * before + plain)
        whole = coded[(0, 2, 3)[before] : len(coded) if coded[-1:] != b"=" else coded.index(b"=") - 1]
        both = dict.fromkeys((whole, whole.replace(b"+", b"-").replace(b"/", b"_")))
        made += [_Form(text, WINDOW * 4 // 3, folded=False) for text in both]
    return tuple(form for form in made if form.text)


def replaced(data: bytes, secret: str, placeholder: str) -> bytes:
    """Return the data with a placeholder in the place of a secret; in the place of a part, one that says so."""
    for form in _forms(secret):
        for begin, end in reversed(list(form.spans(data, data.lower() if form.folded else data))):
            whole = end - begin == len(form.text)
            data = data[:begin] + (placeholder if whole else f"{placeholder}-part").encode() + data[end:]
    return data


def find(data: bytes, secret: str) -> tuple[int, bool] | None:
    """Return where a secret stands and whether it is the whole of it, None where nothing of it does."""
    low = data.lower()
    for form in _forms(secret):
        for begin, end in form.spans(data, low):
            return begin, end - begin == len(form.text)
    return None
