"""Refusals: an error answer by the name of its situation in `schemas/errors.json`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistants_conformance.contract import Profile
    from assistants_conformance.reference.faults import Faults

_PLACEHOLDER = re.compile(r"\{(\w+)\}")

# What a spoilt answer says instead: a status and a text that clones are seen to give.
_OTHER_STATUS = {400: 422, 401: 403, 404: 400, 405: 500}
_OTHER_TEXT = "The request could not be processed."


@dataclass
class Refusal(Exception):
    """The request is refused. `values` fill the placeholders of the text; `param` overrides the table's."""

    condition: str
    values: Mapping[str, Any] = field(default_factory=dict)
    param: str | None = None

    def __str__(self) -> str:
        return f"{self.condition} {dict(self.values)}"


def refuse(condition: str, *, at: str | None = None, **values: Any) -> Refusal:
    """Make a refusal; `at` is the dotted path of the offending parameter."""
    return Refusal(condition, values, at)


def answer(refusal: Refusal, profile: Profile, faults: Faults) -> tuple[int, dict[str, Any]]:
    """Return status and body of a refusal."""
    row = profile.errors[refusal.condition]
    values = {"param": refusal.param, **refusal.values}

    def filled(text: str) -> str:
        return _PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), text)

    status = row.status
    message = filled(row.message)
    if faults.on(f"error:{row.name}:status"):
        status = _OTHER_STATUS.get(status, 500)
    if faults.on(f"error:{row.name}:text"):
        message = _OTHER_TEXT
    param = refusal.param if refusal.param is not None else row.param and filled(row.param)
    if row.type is None and row.code is None:
        return status, {"statusCode": row.status, "message": message}
    if row.type is None:
        return status, {"error": {"code": row.code, "message": message}}
    return status, {"error": {"message": message, "type": row.type, "param": param, "code": row.code}}
