"""Schema documents: read, patched for a profile (RFC 7386), references inlined."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from assistants_conformance._data import folder
from assistants_conformance.contract.catalogue import ContractError

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def _raw(name: str) -> str:
    file = folder("schemas") / f"{name}.json"
    if not file.is_file():
        raise ContractError(f"schemas/{name}.json is missing")
    return file.read_text("utf-8")


def read(name: str) -> Any:
    """Return a fresh copy of `schemas/<name>.json`."""
    return json.loads(_raw(name))


def merge_patch(target: Any, patch: Any) -> Any:
    """Apply a JSON merge patch (RFC 7386) and return the result."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result


def patched(family: str, shape: str, name: str, patches: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema `schemas/<family>/<shape>/<name>.json` as one profile has it, its references as they stand.

    Raises:
        ContractError: the file is missing.
    """
    document: dict[str, Any] = read(f"{family}/{shape}/{name}")
    if "$base" in document:
        # An event carries an object of the API with a few differences, which are all that its own document says.
        base = _assembled("objects", shape, document.pop("$base"), patches, ())
        document = merge_patch(base, document)
    made: dict[str, Any] = merge_patch(document, patches.get(f"{family}/{name}", {}))
    return made


def assembled(family: str, shape: str, name: str, patches: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema `schemas/<family>/<shape>/<name>.json` as one profile has it, without references.

    Raises:
        ContractError: a file is missing, or a reference leads back to itself.
    """
    return _assembled(family, shape, name, patches, ())


def _assembled(family: str, shape: str, name: str, patches: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    if name in path:
        raise ContractError(
            f"schemas/{family}/{shape}: the reference {' -> '.join((*path, name))} leads back to itself"
        )
    document = patched(family, shape, name, patches)

    def inline(value: Any) -> Any:
        if isinstance(value, list):
            return [inline(item) for item in value]
        if not isinstance(value, dict):
            return value
        reference = value.get("$ref")
        if isinstance(reference, str) and reference.endswith(".json"):
            here = _assembled(family, shape, reference.removesuffix(".json"), patches, (*path, name))
            kept = {key: inline(item) for key, item in value.items() if key != "$ref"}
            return {**{key: item for key, item in here.items() if key not in ("$id", "$schema")}, **kept}
        return {key: inline(item) for key, item in value.items()}

    made: dict[str, Any] = inline(document)
    return made
