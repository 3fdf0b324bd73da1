"""Secrets never reach a cassette: what is known is replaced, and what was written is searched before it is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from assistants_conformance.cassette.form import Cassette, Lost, read
from assistants_conformance.cassette.secret import find, replaced

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assistants_conformance.observe import Exchange, Request, Response

#: A shorter secret stands in ordinary text by chance; it is replaced only in the headers for it.
_SHORTEST = 6
#: Headers whose whole value is nobody's business.
_CLOSED = {"cookie": "recorded-cookie", "set-cookie": "recorded-cookie", "openai-organization": "recorded-organization",
           "openai-project": "recorded-project", "x-ms-client-principal": "recorded-principal"}  # fmt: skip
_ACCOUNTS = (
    (re.compile(rb"\borg-[A-Za-z0-9]{20,}"), b"org-recorded"),
    (re.compile(rb"\bproj_[A-Za-z0-9]{20,}"), b"proj_recorded"),
)
#: Headers that carry a credential, which is replaced there however short it is.
_CREDENTIALS = ("authorization", "api-key")
#: What looks like a credential whoever gave it: tokens of three parts, keys of the platforms, keys in a query.
_LOOKS = (
    ("a JSON web token", re.compile(rb"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}")),
    ("an OpenAI key", re.compile(rb"\bsk-(?:proj-|svcacct-|admin-)?(?![0-9a-f]{48}\b)[A-Za-z0-9_-]{32,}")),
    (
        "a signature in an address",
        re.compile(rb"[?&](?:sig|code|api[-_]key|access_token)=(?!recorded-)[A-Za-z0-9%_.+-]{16,}"),
    ),
    ("the id of an account", re.compile(rb"\b(?:org-|proj_)[A-Za-z0-9]{20,}")),
)


class SecretError(ValueError):
    """A secret would have been written; the message says where, and not what it is."""


@dataclass(frozen=True)
class Masks:
    """What is replaced by what: `secrets` everywhere, `hosts` everywhere, `short` in the headers for credentials."""

    secrets: Mapping[str, str]
    hosts: Mapping[str, str]
    short: Mapping[str, str]

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        # A part of a secret may end within a letter.
        return self.body(text.encode("utf-8", "surrogateescape")).decode("utf-8", "replace")

    def body(self, data: bytes) -> bytes:
        """Return a body without secrets; one that is no text is searched all the same."""
        for secret, placeholder in self.secrets.items():
            data = replaced(data, secret, placeholder)
        for pattern, known in _ACCOUNTS:
            data = pattern.sub(known, data)
        for host, placeholder in self.hosts.items():
            data = re.sub(re.escape(host.encode()), placeholder.encode(), data, flags=re.IGNORECASE)
        return data

    def url(self, url: str) -> str:
        """Return an address without secrets, and without a user."""
        return self.text(_without_user(url))

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return headers without secrets."""
        return {name: _CLOSED.get(name) or self._header(name, value) for name, value in headers.items()}

    def _header(self, name: str, value: str) -> str:
        scheme, apart, credential = value.rpartition(" ") if name == "authorization" else ("", "", value)
        short = self.short.get(credential, "")
        if short and (name in _CREDENTIALS or short == f"recorded-header-{name}"):
            return f"{scheme}{apart}{short}"
        return self.text(value)

    def cassette(self, cassette: Cassette) -> Cassette:
        """Return a cassette without secrets."""
        return Cassette(tuple(map(self._entry, cassette.entries)), cassette.about)

    def _entry(self, entry: Exchange | Lost) -> Exchange | Lost:
        request = self._request(entry.request)
        if isinstance(entry, Lost):
            return Lost(request, self.text(entry.told))
        response = replace(
            entry.response, headers=self.headers(entry.response.headers), body=self.body(entry.response.body)
        )
        return replace(entry, request=request, response=response)

    def _request(self, request: Request) -> Request:
        return replace(
            request, url=self.url(request.url), headers=self.headers(request.headers), body=self.body(request.body)
        )

    def search(self, text: str, name: str) -> None:
        """Search what is about to be kept, also what stands in it coded.

        Raises:
            SecretError: something in it is a secret, or looks like one.
        """
        self._search(text.encode("utf-8", "surrogateescape"), name)
        if not name.endswith(".yaml"):
            return
        for number, entry in enumerate(read(text, name).entries):
            for part in _parts(entry):
                self._search(part, f"{name}: in interaction {number}")

    def _search(self, data: bytes, name: str) -> None:
        for secret in self.secrets:
            found = find(data, secret)
            if found is not None:
                told = "a credential" if found[1] else "a part of a credential"
                raise SecretError(f"{_place(name, data, found[0])}: {told} of the target stands there")
        low = data.lower()
        for host in self.hosts:
            at = low.find(host.lower().encode())
            if at >= 0:
                raise SecretError(f"{_place(name, data, at)}: the name of the target's host stands there")
        for told, pattern in _LOOKS:
            seen = pattern.search(data)
            if seen is not None:
                raise SecretError(f"{_place(name, data, seen.start())}: {told} stands there")


def _place(name: str, data: bytes, at: int) -> str:
    lines = data.count(b"\n", 0, at)
    return f"{name}: line {lines + 1}"


def _parts(entry: Exchange | Lost) -> Iterator[bytes]:
    """Yield everything that was sent and told, as it is once the file is read."""
    said: list[Request | Response] = [entry.request]
    if not isinstance(entry, Lost):
        said.append(entry.response)
    for one in said:
        yield one.body
        yield "\n".join(f"{name}: {value}" for name, value in one.headers.items()).encode("utf-8", "surrogateescape")
    yield entry.request.url.encode("utf-8", "surrogateescape")


def _without_user(url: str) -> str:
    parts = urlsplit(url)
    if parts.username is None and parts.password is None:
        return url
    return url.replace(f"{parts.netloc.rpartition('@')[0]}@", "", 1)


def masks(secrets: Mapping[str, str], hosts: tuple[str, ...] = ()) -> Masks:
    """Return masks for named secrets: each is replaced by `recorded-<name>`.

    A very short one, as local servers take it, is replaced only in the headers for it: elsewhere it stands by chance.
    """
    named = {value: f"recorded-{name}" for name, value in secrets.items() if value}
    ordered = sorted(named, key=len, reverse=True)
    return Masks(
        {value: named[value] for value in ordered if len(value) >= _SHORTEST},
        {host: f"recorded-host-{number}.invalid" for number, host in enumerate(hosts, 1)},
        {value: named[value] for value in ordered if len(value) < _SHORTEST},
    )
