"""Secrets planted in every place where one could be: none reaches a file, and one that is missed stops the run."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from assistants_conformance.cassette.form import Cassette, Lost, read, write
from assistants_conformance.cassette.masking import SecretError, masks
from tests.cassette.conftest import URL, asked, exchange, form

SECRETS = {
    "api_key": "sk-proj-Ab3dE6gH9jK2mN5pQ8sT1vW4xY7z+/=",
    "bearer_token": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJwbGFudGVkIn0.c2lnbmF0dXJlLW9mLWl0",
    "other_key": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "header-x-gateway": 'gate "way" pass ü',
    "password": "p@ss:word/123456",
}
HOST = "secret-resource.openai.example"
ORG, PROJECT = "org-AbCdEfGhIjKlMnOpQrStUvWx", "proj_AbCdEfGhIjKlMnOpQrStUvWx"
MASKS = masks(SECRETS, (HOST,))


def ways(secret: str) -> dict[str, str]:
    plain = secret.encode()
    return {
        "as it is": secret,
        "in words": f"the key {secret} is wrong",
        "twice": f"{secret} and {secret}",
        "url-encoded": quote(secret, safe=""),
        "in JSON": json.dumps({"key": secret}),
        "in JSON in JSON": json.dumps(json.dumps({"key": secret})),
        "base64": base64.b64encode(plain).decode(),
        "base64 for an address": base64.urlsafe_b64encode(plain).decode().rstrip("="),
        "basic": base64.b64encode(b":" + plain).decode(),
        "basic with a user": base64.b64encode(b"user:" + plain).decode(),
        "hexadecimal": plain.hex(),
        "hexadecimal in capitals": plain.hex().upper(),
        "its first half": secret[: max(len(secret) // 2, 13)],
        "its second half": secret[-max(len(secret) // 2, 13) :],
        "in capitals": secret.upper(),
        "small": secret.lower(),
        "one letter changed": f"{secret[:-1]}X",
        "elided": f"{secret[:14]}***{secret[-4:]}",
    }


def places(planted: str):
    """Yield exchanges with a text in every place."""
    line = planted.replace("\n", " ")
    data = planted.encode()
    yield "request header", exchange(asked(x_any=line))
    yield "authorization", exchange(asked(authorization=f"Bearer {line}"))
    yield "api-key", exchange(asked(api_key=line))
    yield "path", exchange(asked(url=f"http://h.example/v1/{line}/x"))
    yield "query", exchange(asked(url=f"{URL}?q={line}&x=1"))
    yield "JSON request", exchange(asked(json.dumps({"a": planted}).encode()))
    yield "multipart", exchange(form("b", data))
    yield "name of a file", exchange(form("b", name=line))
    yield "binary request", exchange(asked(b"\xff\x00" + data + b"\xfe"))
    yield "answer", exchange(body=json.dumps({"a": planted}, ensure_ascii=False).encode())
    yield "binary answer", exchange(body=b"\x89PNG\xff" + data + b"\x00")
    yield (
        "event",
        exchange(body=b"event: error\ndata: " + data + b"\n\n", headers={"content-type": "text/event-stream"}),
    )
    yield "error text", exchange(body=json.dumps({"error": {"message": planted}}).encode(), status=401)
    yield "answer header", exchange(headers={"location": f"https://h.example/{line}", "x-told": line})
    yield "lost", Lost(asked(), f"ConnectError: {planted}")


def text_of(entry) -> str:
    return write(MASKS.cassette(Cassette((entry,))))


def leaked(text: str, secret: str) -> bool:
    """Say whether twelve letters of a secret in a row, or all of it in another coding, can be got out of a file."""
    whole = text + "".join(
        (part.body if hasattr(part, "body") else part).decode("utf-8", "replace")
        for entry in read(text, "c").entries
        for part in (entry.request, *((entry.response,) if not isinstance(entry, Lost) else ()))
    )
    low = whole.lower()
    pieces = {secret.lower()[at : at + 12] for at in range(len(secret) - 11)}
    coded = [base64.b64encode(b"x" * shift + secret.encode())[4:-4].decode() for shift in range(3)]
    coded += [secret.encode().hex(), quote(secret, safe="")]
    return any(piece in low for piece in pieces) or any(form.lower() in low for form in coded)


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("way", ways("0123456789012345678901234567"))
def test_no_secret_reaches_a_file(name, way):
    planted = ways(SECRETS[name])[way]
    for place, entry in places(planted):
        text = text_of(entry)
        assert not leaked(text, SECRETS[name]), (place, text)
        MASKS.search(text, "c.yaml")


@pytest.mark.parametrize("name", SECRETS)
def test_placeholders_say_what_stood_there(name):
    text = text_of(exchange(asked(authorization=f"Bearer {SECRETS[name]}", x_other=SECRETS[name])))
    entry = read(text, "c").entries[0]
    assert entry.request.headers == {"authorization": f"Bearer recorded-{name}", "x-other": f"recorded-{name}"}


@pytest.mark.parametrize("planted", [HOST, HOST.upper(), f"https://{HOST}:8443/x", quote(f"https://{HOST}/", safe="")])
def test_hidden_host_reaches_no_file(planted):
    for place, entry in [*places(planted), ("address", exchange(asked(url=f"https://{HOST}/v1/threads")))]:
        text = text_of(entry)
        assert HOST not in text.lower(), place
        MASKS.search(text, "c.yaml")


@pytest.mark.parametrize("planted", [ORG, PROJECT])
def test_accounts_reach_no_file(planted):
    for place, entry in places(f"in {planted}, so"):
        assert planted not in text_of(entry), place


def test_cookies_and_accounts_in_headers_reach_no_file():
    names = ["cookie", "openai-organization", "openai-project", "x-ms-client-principal"]
    sent = asked(**dict.fromkeys(names, "planted-1"))
    text = text_of(exchange(sent, headers={"set-cookie": "planted-2", **dict.fromkeys(names, "planted-3")}))
    assert "planted" not in text
    assert "recorded-cookie" in text


@pytest.mark.parametrize("user", ["me:planted", "planted@", "planted"])
def test_users_in_addresses_reach_no_file(user):
    text = text_of(exchange(asked(url=f"https://{user}@h.example/v1/threads?x=1")))
    assert "planted" not in text
    assert "uri: https://h.example/v1/threads?x=1" in text


def test_short_key_of_a_local_server_is_replaced_where_it_is_a_credential():
    short = masks({"api_key": "abc"})
    made = exchange(asked(b'{"a": "abc"}', authorization="Bearer abc", x_a="abc"))
    entry = short.cassette(Cassette((made,))).entries[0]
    assert entry.request.headers == {"authorization": "Bearer recorded-api_key", "x-a": "abc"}
    assert entry.request.body == b'{"a": "abc"}'


def test_nothing_else_is_touched():
    made = exchange(
        asked(b'{"text": "organisation, sk-1, org-1, project"}', url=f"{URL}/thread_abc?after=msg_1", x_any="v"),
        json.dumps({"id": "asst_AbCdEfGhIjKlMnOpQrStUvWx", "key": "skip-the-ordinary"}).encode(),
    )
    assert MASKS.cassette(Cassette((made,))).entries[0] == made


MISSED = {
    "the key": SECRETS["api_key"],
    "a part of it": f"xx{SECRETS['api_key'][5:20]}xx",
    "capitals": SECRETS["other_key"].upper(),
    "base64": base64.b64encode(SECRETS["other_key"].encode()).decode(),
    "within base64": base64.b64encode(b"user:" + SECRETS["other_key"].encode() + b"-end").decode(),
    "hexadecimal": SECRETS["other_key"].encode().hex(),
    "the host": HOST.capitalize(),
    "somebody's token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "somebody's key": "sk-proj-zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
    "a signature": "https://store.example/f?sv=1&sig=abcdefghijklmnop%2Fqrstuvwx%3D",
    "an account": ORG,
    "a project": PROJECT,
}


@pytest.mark.parametrize("planted", MISSED.values(), ids=MISSED)
@pytest.mark.parametrize("body", [lambda text: text, lambda text: b"\xff" + text], ids=["text", "binary"])
def test_what_masking_misses_is_found_in_the_file(planted, body):
    text = write(Cassette((exchange(body=body(planted.encode())),)))
    with pytest.raises(SecretError, match=r"^c\.yaml: .*line \d+") as caught:
        MASKS.search(text, "c.yaml")
    assert planted not in str(caught.value)
