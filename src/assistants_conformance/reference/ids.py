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

    from assistants_conformance.reference.faults import Faults

_LENGTHS = (24, 22, 32)
_ALPHABET = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"


@cache
def _form(pattern: str) -> tuple[str, int, str]:
    """Return prefix, length and alphabet of the first form that fits the pattern."""
    prefix = re.split(r"[\[(\\.]", pattern.lstrip("^"), maxsplit=1)[0]
    # What a pattern names first is the form of its time.
    for length in [int(number) for number in re.findall(r"\{(\d+)\}", pattern)] or _LENGTHS:
        for alphabet, probe in ((_ALPHABET, "Zz9"), (_HEX, "0af")):
            sample = prefix + (probe * length)[:length]
            if re.fullmatch(pattern, sample):
                return prefix, length, alphabet
    raise ValueError(f"no identifier of a known length fits {pattern!r}")


_HEX_FORM = "^[0-9a-f]{32}$"
#: The kinds of objects whose ids a fault gives another form.
_UUID_FAULTS = {
    "message": "message-id-is-a-uuid",
    "run_step": "step-id-is-a-uuid",
    "vector_store": "store-id-is-a-uuid",
    "vector_store_file_batch": "batch-id-is-a-uuid",
}


def forms(given: Mapping[str, str], faults: Faults) -> Mapping[str, str]:
    """Return the forms of ids, spoilt where a fault spoils them."""
    return {kind: _HEX_FORM if _spoilt(kind, faults) else form for kind, form in given.items()}


def _spoilt(kind: str, faults: Faults) -> bool:
    return kind in _UUID_FAULTS and faults.on(_UUID_FAULTS[kind])


class Ids:
    """A source of identifiers that never repeats itself."""

    def __init__(self, forms: Mapping[str, str], seed: str | None = None) -> None:
        self._forms = forms
        # Not the module's own generator: a test that seeds it must not get one id twice.
        self._random: random.Random = random.SystemRandom() if seed is None else random.Random(seed)

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


class Uuids(Ids):
    """The ids of a server that does without prefixes."""

    def new(self, kind: str) -> str:  # noqa: ARG002 - every kind alike
        """Return a new id."""
        return self.request()
