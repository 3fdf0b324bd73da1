"""New identifiers in the form that a profile gives its objects."""

from __future__ import annotations

import random
import re
import string
import uuid
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_LENGTHS = (24, 22, 32)
_ALPHABET = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"


@cache
def _form(pattern: str) -> tuple[str, int, str]:
    """Return prefix, length and alphabet of the first form that fits the pattern."""
    prefix = re.split(r"[\[(\\.]", pattern.lstrip("^"), maxsplit=1)[0]
    for length in _LENGTHS:
        for alphabet, probe in ((_ALPHABET, "Zz9"), (_HEX, "0af")):
            sample = prefix + (probe * length)[:length]
            if re.fullmatch(pattern, sample):
                return prefix, length, alphabet
    raise ValueError(f"no identifier of a known length fits {pattern!r}")


class Ids:
    """A source of identifiers that never repeats itself."""

    def __init__(self, forms: Mapping[str, str]) -> None:
        self._forms = forms
        # Not the module's own generator: a test that seeds it must not get one id twice.
        self._random = random.SystemRandom()

    def new(self, kind: str) -> str:
        """Return a new id for a kind of object (`run`, `run_step`, `tool_call` ...).

        Raises:
            KeyError: the profile gives no form for this kind.
        """
        prefix, length, alphabet = _form(self._forms[kind])
        return prefix + "".join(self._random.choices(alphabet, k=length))

    def request(self) -> str:
        """Return a new request id."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))
