"""Pairs of keys and values (metadata, attributes) at the limits of their schema, and one beyond each of them."""

from __future__ import annotations

from typing import Any

#: Characters of a key that is within every limit.
_SHORT = 5


def full(node: dict[str, Any]) -> dict[str, str]:
    """Return as many pairs as a schema lets in, with keys and values as long as it lets them be."""
    return _pairs(node["maxProperties"], _longest(node, "propertyNames"), _longest(node, "additionalProperties"))


def beyond(node: dict[str, Any]) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Return one pair too many, too long a key, and too long a value."""
    return (
        _pairs(node["maxProperties"] + 1, _SHORT, 1),
        _pairs(1, _longest(node, "propertyNames") + 1, 1),
        _pairs(1, _SHORT, _longest(node, "additionalProperties") + 1),
    )


def _longest(node: dict[str, Any], member: str) -> int:
    return int(node[member]["maxLength"])


def _pairs(count: int, key: int, value: int) -> dict[str, str]:
    return {f"{number:02}".ljust(key, "k"): "v" * value for number in range(count)}
