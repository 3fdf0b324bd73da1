"""Who may come in: credentials, then the version that the request speaks."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from assistants_conformance.reference.refusal import refuse

if TYPE_CHECKING:
    from assistants_conformance.contract import Operation, Profile
    from assistants_conformance.reference.faults import Faults
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


def carries(request: Request, key: str) -> bool:
    """Say whether a request was sent with this key, in either header."""
    sent = (request.headers.get("api-key"), _bearer(request))
    return bool(key) and any(value is not None and _same(value, key) for value in sent)


def authenticate(profile: Profile, request: Request, key: str, token: str, faults: Faults) -> None:
    """Check the credentials. `key` is the API key, `token` the Entra token of the Azure profiles.

    Raises:
        Refusal: they are missing or wrong.
    """
    bearer, sent = _bearer(request), request.headers.get("api-key")
    if faults.on("no-authentication") or (faults.on("files-need-no-key") and "/files" in request.path):
        return
    if faults.on("key-in-the-other-header"):
        bearer, sent = sent, bearer
    if profile.platform == "openai":
        _check_openai(bearer, key, faults)
    elif sent is not None:
        _check_key(sent, bearer, key, faults)
    elif bearer is None:
        raise refuse("missing_key_azure")
    elif faults.on("key-accepted-as-token") and _same(bearer, key):
        return
    elif not _same(bearer, token) or faults.on("token-is-refused"):
        if faults.on("token-refusal-in-the-common-envelope"):
            raise refuse("invalid_key_azure")
        raise refuse("bearer_rejected_azure", audience=AZURE_AUDIENCE)


def _check_openai(bearer: str | None, key: str, faults: Faults) -> None:
    if not bearer:
        raise refuse("missing_key_openai")
    if not _same(bearer, key):
        if faults.on("wrong-key-without-code"):
            raise refuse("missing_key_openai")
        raise refuse("invalid_key_openai", key=bearer if faults.on("refusal-echoes-the-key") else masked(bearer))


def _check_key(sent: str, bearer: str | None, key: str, faults: Faults) -> None:
    if bearer is not None and faults.on("two-credentials-are-refused"):
        raise refuse("invalid_key_azure")
    if _same(sent, key):
        return
    if faults.on("refusal-echoes-the-key"):
        raise refuse("invalid_key_openai", key=sent)
    condition = "invalid_key_openai" if faults.on("wrong-key-in-openai-words") else "invalid_key_azure"
    raise refuse(condition, key=masked(sent))


def check_api_version(profile: Profile, request: Request, faults: Faults) -> None:
    """Check the query parameter `api-version`, where the platform has it.

    Raises:
        Refusal: it is missing, or this server does not speak the version.
    """
    if profile.platform == "openai":
        return
    version = request.query.get("api-version")
    if version is None and faults.on("api-version-is-optional"):
        return
    if version is None:
        raise refuse("missing_api_version")
    if faults.on("api-version-in-any-case"):
        version = version.lower()
    if version not in profile.api_versions and not faults.on("any-api-version-is-served"):
        raise refuse("unknown_api_version", version=version)


def check_beta(profile: Profile, request: Request, operation: Operation, faults: Faults) -> None:
    """Check the header `OpenAI-Beta`, where platform and operation want it.

    Raises:
        Refusal: it is missing or names a version that is over.
    """
    if faults.on("beta-header-is-needed") and "openai-beta" not in request.headers:
        raise refuse("missing_beta", version=profile.shape)
    if profile.beta_header is None or faults.on("beta-header-is-ignored"):
        return
    if not operation.beta_header and not faults.on("files-need-the-beta-header"):
        return
    sent = {part.strip() for part in request.headers.get("openai-beta", "").split(",")}
    if profile.beta_header in sent:
        return
    if "assistants=v1" in sent:
        raise refuse("retired_beta", rest="")
    raise refuse("missing_beta", version=profile.beta_header.partition("=")[2])
