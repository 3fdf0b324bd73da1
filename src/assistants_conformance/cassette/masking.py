"""Secrets never reach a cassette: what is known is replaced, and what was written is searched before it is kept."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, urlsplit

from assistants_conformance.cassette.form import Cassette, Lost

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assistants_conformance.observe import Exchange, Request

#: So many characters of a secret in a row give it away; a shorter one is looked for as a whole.
_WINDOW = 12
_SHORTEST = 6
#: Headers whose whole value is nobody's business.
_CLOSED = {"cookie": "recorded-cookie", "set-cookie": "recorded-cookie", "openai-organization": "recorded-organization",
           "openai-project": "recorded-project", "x-ms-client-principal": "recorded-principal"}  # fmt: skip
_ACCOUNTS = (
    (re.compile(r"\borg-[A-Za-z0-9]{20,}"), "org-recorded"),
    (re.compile(r"\bproj_[A-Za-z0-9]{20,}"), "proj_recorded"),
)
#: Headers that carry a credential, which is replaced there however short it is.
_CREDENTIALS = ("authorization", "api-key")
#: What looks like a credential whoever gave it: tokens of three parts, keys of the platforms, keys in a query.
_LOOKS = (
    ("a JSON web token", re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}")),
    ("an OpenAI key", re.compile(r"\bsk-(?:proj-|svcacct-|admin-)?(?![0-9a-f]{48}\b)[A-Za-z0-9_-]{32,}")),
    ("a signature in an address", re.compile(r"[?&](?:sig|code|api[-_]key|access_token)=[A-Za-z0-9%_.+-]{16,}")),
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
        for secret, placeholder in self.secrets.items():
            for form in _forms(secret):
                if form in text:
                    text = text.replace(form, placeholder)
            text = _without_parts(text, secret, placeholder)
        for pattern, placeholder in _ACCOUNTS:
            text = pattern.sub(placeholder, text)
        for host, placeholder in self.hosts.items():
            text = re.sub(re.escape(host), placeholder, text, flags=re.IGNORECASE)
        return text

    def body(self, data: bytes) -> bytes:
        """Return a body without secrets; bytes that are no text are searched all the same."""
        text = data.decode("utf-8", "surrogateescape")
        return self.text(text).encode("utf-8", "surrogateescape")

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return headers without secrets."""
        return {name: _CLOSED.get(name) or self._header(name, value) for name, value in headers.items()}

    def _header(self, name: str, value: str) -> str:
        scheme, apart, credential = value.rpartition(" ") if name == "authorization" else ("", "", value)
        if name in _CREDENTIALS and credential in self.short:
            return f"{scheme}{apart}{self.short[credential]}"
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
        url = self.text(_without_user(request.url))
        return replace(request, url=url, headers=self.headers(request.headers), body=self.body(request.body))

    def search(self, text: str, name: str) -> None:
        """Search what is about to be kept.

        Raises:
            SecretError: something in it is a secret, or looks like one.
        """
        low = text.lower()
        for secret in self.secrets:
            for form in _forms(secret):
                if form.lower() in low:
                    raise SecretError(f"{name}: a credential of the target stands in it {_where(low, form.lower())}")
            for part in _windows(secret):
                if part in low:
                    raise SecretError(f"{name}: a part of a credential stands in it {_where(low, part)}")
        for host in self.hosts:
            if host.lower() in low:
                raise SecretError(f"{name}: the name of the target's host stands in it {_where(low, host.lower())}")
        for told, pattern in _LOOKS:
            found = pattern.search(text)
            if found is not None:
                raise SecretError(f"{name}: {told} stands in it {_where(text, found[0])}")


def _where(text: str, part: str) -> str:
    return f"(line {text.count(chr(10), 0, text.index(part)) + 1})"


def _forms(secret: str) -> Iterator[str]:
    """Yield the ways in which a text can stand in traffic."""
    plain = secret.encode()
    yield from dict.fromkeys(
        (
            secret,
            quote(secret, safe=""),
            quote_plus(secret),
            json.dumps(secret)[1:-1],
            base64.b64encode(plain).decode(),
            base64.b64encode(plain).decode().rstrip("="),
            base64.urlsafe_b64encode(plain).decode(),
            plain.hex(),
        )
    )


def _windows(secret: str) -> Iterator[str]:
    low = secret.lower()
    for place in range(len(low) - _WINDOW + 1):
        yield low[place : place + _WINDOW]


def _without_parts(text: str, secret: str, placeholder: str) -> str:
    """Replace long parts of a secret, as a key that was cut or written in capitals has them."""
    low, whole = text.lower(), secret.lower()
    for part in _windows(secret):
        place = low.find(part)
        while place >= 0:
            begin, end = place, place + len(part)
            at = whole.index(part)
            until = at + len(part)
            while until < len(whole) and end < len(low) and low[end] == whole[until]:
                end, until = end + 1, until + 1
            text = f"{text[:begin]}{placeholder}-part{text[end:]}"
            low = text.lower()
            place = low.find(part)
    return text


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
