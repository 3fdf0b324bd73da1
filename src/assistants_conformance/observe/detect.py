"""Which profile an exchange of a foreign recording belongs to: by path, api-version and OpenAI-Beta."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from assistants_conformance.contract import Place, Profile, load_profile, locate, profile_ids

if TYPE_CHECKING:
    from assistants_conformance.observe.exchange import Exchange


@cache
def _by_version() -> dict[tuple[str, str], str]:
    made: dict[tuple[str, str], str] = {}
    for identifier in profile_ids(runnable=False):
        profile = load_profile(identifier)
        for version in profile.api_versions:
            made[profile.platform, version.lower()] = identifier
    return made


def detect(exchange: Exchange, sticky: str | None = None) -> Profile | None:
    """Return the profile of an exchange, None where it is not of this API.

    `sticky` is the profile of the session so far; a call without version or beta header (files, vector stores) has it.
    """
    place = locate(exchange.request.path)
    if place is None:
        return None
    identifier = _named(exchange, place) or sticky
    if identifier is None and place.platform == "openai":
        identifier = "openai-v2"
    if identifier is None:
        return None
    profile = load_profile(identifier)
    return profile if profile.match(exchange.request.method, place.route) or _beta(exchange) else None


def _beta(exchange: Exchange) -> str:
    return exchange.request.headers.get("openai-beta", "").removeprefix("assistants=").strip()


def _named(exchange: Exchange, place: Place) -> str | None:
    version = exchange.request.query.get("api-version", "").lower()
    table = _by_version()
    if place.platform == "foundry" or (
        place.platform in ("azure", "") and ("foundry", version) in table and version != "v1"
    ):
        return table.get(("foundry", version), "foundry-v1")
    if place.platform == "azure" or version:
        return table.get(("azure", version)) or (_nearest(version) if version else None)
    return table.get(("openai", _beta(exchange)))


def _nearest(version: str) -> str:
    """An api-version of Azure that no profile names is judged by the profile of its time."""
    if version < "2024-05-01":
        return "azure-2024-02-15-preview"
    return "azure-2024-05-01-preview" if version < "2025-01-01" else "azure-2025-03-01-preview"
