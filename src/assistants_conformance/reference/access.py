"""Who may come in: credentials, then the version that the request speaks."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from assistants_conformance.reference.refusal import refuse

if TYPE_CHECKING:
    from assistants_conformance.contract import Operation, Profile
    from assistants_conformance.reference.wire import Request

AZURE_AUDIENCE = "https://cognitiveservices.azure.com"


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(), right.encode())


def _bearer(request: Request) -> str | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None


def masked(key: str) -> str:
    """Return a key as an error text may show it."""
    return f"{key[:2]}{'*' * 8}{key[-2:]}" if len(key) > 8 else "*" * 8


def authenticate(profile: Profile, request: Request, key: str, token: str) -> None:
    """Check the credentials. `key` is the API key, `token` the Entra token of the Azure profiles.

    Raises:
        Refusal: they are missing or wrong.
    """
    bearer = _bearer(request)
    if profile.platform == "openai":
        if not bearer:
            raise refuse("missing_key_openai")
        if not _same(bearer, key):
            raise refuse("invalid_key_openai", key=masked(bearer))
        return
    sent = request.headers.get("api-key")
    if sent is not None:
        if not _same(sent, key):
            raise refuse("invalid_key_azure")
    elif bearer is None:
        raise refuse("missing_key_azure")
    elif not _same(bearer, token):
        raise refuse("bearer_rejected_azure", audience=AZURE_AUDIENCE)


def check_api_version(profile: Profile, request: Request) -> None:
    """Check the query parameter `api-version`, where the platform has it.

    Raises:
        Refusal: it is missing, or this server does not speak the version.
    """
    if profile.platform == "openai":
        return
    version = request.query.get("api-version")
    if version is None:
        raise refuse("missing_api_version")
    if version not in profile.api_versions:
        raise refuse("unknown_api_version", version=version)


def check_beta(profile: Profile, request: Request, operation: Operation) -> None:
    """Check the header `OpenAI-Beta`, where platform and operation want it.

    Raises:
        Refusal: it is missing or names a version that is over.
    """
    if profile.beta_header is None or not operation.beta_header:
        return
    sent = {part.strip() for part in request.headers.get("openai-beta", "").split(",")}
    if profile.beta_header in sent:
        return
    if "assistants=v1" in sent:
        raise refuse("retired_beta", rest="")
    raise refuse("missing_beta", version=profile.beta_header.partition("=")[2])
