"""The way to a target: base path, proxy, certificates, headers, a command that prints tokens."""

from __future__ import annotations

import shlex
import socketserver
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from assistants_conformance.contract import load_profile
from assistants_conformance.observe import Judge
from assistants_conformance.reference import Reference, VirtualClock
from assistants_conformance.reference.serve import running
from assistants_conformance.target import Api, Blocked
from assistants_conformance.target.reach import reach
from assistants_conformance.target.resolve import Options, resolve
from assistants_conformance.target.table import ConfigError

DATA = Path(__file__).parent / "data"
#: What the environment of a test holds: nothing of this machine.
NOTHING: dict[str, str] = {"OPENAI_API_KEY": "k3y-of-mine"}


def resolved(folder, text: str, url="http://clone.invalid", profile="openai-v2", **environ):
    (folder / "conformance.toml").write_text(text, "utf-8")
    return resolve(Options(url=url, profile=profile), {**NOTHING, **environ}, folder)


def api(found) -> Api:
    return Api(found.settings, Judge(found.settings.profile))


def listed(found):
    """Ask for the assistants; close what was opened."""
    client = api(found)
    try:
        return client.call("list_assistants")
    finally:
        client.close()


class Listener(BaseHTTPRequestHandler):
    """Answers everything with an empty list and keeps what it was asked."""

    seen: list[tuple[str, dict[str, str]]]

    def do_GET(self) -> None:
        self.server.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        body = b'{"object": "list", "data": [], "has_more": false, "first_id": null, "last_id": null}'
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def listener():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Listener) as server:
        server.seen = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        server.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield server
        server.shutdown()


@pytest.mark.parametrize(
    ("url", "path", "origin"),
    [
        ("http://clone.invalid", '"/api/v9"', "http://clone.invalid/api/v9"),
        ("http://clone.invalid/", '"/api/v9/"', "http://clone.invalid/api/v9"),
        ("http://clone.invalid/api/v9", '"/api/v9"', "http://clone.invalid/api/v9"),
        ("http://clone.invalid", '""', "http://clone.invalid"),
        ("http://clone.invalid/gateway", '"/"', "http://clone.invalid/gateway"),
        ("http://clone.invalid/gateway", None, "http://clone.invalid/gateway/v1"),
    ],
)
def test_base_path(tmp_path, url, path, origin):
    text = f"[target]\nbase_path = {path}\n" if path else ""
    assert api(resolved(tmp_path, text, url)).origin == origin


@pytest.mark.parametrize("path", ['"v1"', '"/a b"', '"/v1?x=1"', "5"])
def test_base_path_that_is_none(tmp_path, path):
    with pytest.raises(ConfigError, match="base_path"):
        resolved(tmp_path, f"[target]\nbase_path = {path}\n")


@pytest.mark.parametrize("path", ["", "/api/v9"])
def test_objects_below_another_path_are_judged_and_deleted(tmp_path, path):
    profile = load_profile("openai-v2")
    server = Reference(profile, clock=VirtualClock(), key="k3y-of-mine")
    handle = server.handle

    def below(method, url, *more, **named):
        return handle(method, profile.base_path + url.removeprefix(path), *more, **named)

    server.handle = below
    with running(server) as url:
        target = api(resolved(tmp_path, f'[target]\nbase_path = "{path}"\n', url))
        try:
            with target.named("test"):
                target.thread()
                assert len(server.world.store.threads) == 1
        finally:
            target.close()
        assert server.world.store.threads == {}
        assert target.judge.exercised
        assert target.judge.findings == []


def test_proxy_of_the_file_is_used_and_its_password_hidden(tmp_path, listener):
    proxy = listener.url.replace("://", "://me:pr0xy-pw@")
    found = resolved(tmp_path, f'[target]\nproxy = "{proxy}"\n')
    assert listed(found).ok
    ((path, headers),) = listener.seen
    assert path.startswith("http://clone.invalid/v1/assistants")
    assert headers["proxy-authorization"].startswith("Basic ")
    told = "\n".join(found.header())
    assert "proxy: http://me:***@127.0.0.1" in told
    assert "pr0xy-pw" not in told
    assert "pr0xy-pw" in found.secrets


def test_proxy_of_the_environment_is_used(tmp_path, listener, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", listener.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    found = resolved(tmp_path, "", HTTP_PROXY=listener.url)
    assert listed(found).ok
    assert listener.seen[0][0].startswith("http://clone.invalid/")
    assert f"HTTP_PROXY: {listener.url}" in found.header()


def test_proxy_that_is_none(tmp_path):
    with pytest.raises(ConfigError, match="is no proxy") as caught:
        resolved(tmp_path, '[target]\nproxy = "ftp://me:pr0xy-pw@host"\n')
    assert "pr0xy-pw" not in str(caught.value)


def test_bundle_that_is_none(tmp_path):
    with pytest.raises(ConfigError, match="there is no file"):
        resolved(tmp_path, '[target]\nca_bundle = "nowhere.pem"\n')
    (tmp_path / "empty.pem").write_text("no certificate")
    with pytest.raises(ConfigError, match="holds no certificates"):
        resolved(tmp_path, '[target]\nca_bundle = "empty.pem"\n')


def test_headers_of_the_file_go_out_and_secrets_are_hidden(tmp_path, listener):
    found = resolved(tmp_path, '[target.headers]\nX-Team = "blue"\nX-Gateway-Key = "g4teway"\n', listener.url)
    listed(found)
    headers = listener.seen[0][1]
    assert (headers["x-team"], headers["x-gateway-key"]) == ("blue", "g4teway")
    told = "\n".join(found.header())
    assert "X-Team: blue, X-Gateway-Key: ***" in told
    assert "g4teway" in found.secrets


def command(program: str) -> str:
    return shlex.join([sys.executable, "-c", program]).replace("\\", "\\\\").replace('"', '\\"')


def test_token_of_a_command_goes_out_and_is_hidden(tmp_path, listener):
    text = f'[target]\ntoken_command = "{command("print(1234567)")}"\n'
    found = resolved(tmp_path, text, listener.url, "foundry-v1")
    reach(found)
    assert listener.seen[0][1]["authorization"] == "Bearer 1234567"
    assert "credentials: token_command (hidden)" in found.header()
    assert "1234567" in found.secrets


def test_token_of_the_environment_goes_before_a_command(tmp_path):
    text = '[target]\ntoken_command = "never-run"\n'
    found = resolved(tmp_path, text, profile="foundry-v1", AZURE_OPENAI_AD_TOKEN="t0ken")
    assert found.settings.token() == "t0ken"
    assert any("token_command is passed over" in note for note in found.notes)


def test_command_that_fails_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"conformance.toml: \[target\] token_command: there is no program"):
        resolved(tmp_path, '[target]\ntoken_command = "nowhere-to-be-found"\n', profile="foundry-v1")


@pytest.fixture
def sealed(listener):
    """The listener behind TLS, with a certificate of its own; the key to it opens nothing else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(DATA / "loopback.pem", DATA / "loopback.key")
    listener.socket = context.wrap_socket(listener.socket, server_side=True)
    return listener.url.replace("http://", "https://")


def test_certificate_of_a_stranger_is_not_trusted(tmp_path, sealed):
    with pytest.raises(Blocked, match="CERTIFICATE_VERIFY_FAILED"):
        listed(resolved(tmp_path, "", sealed))


def test_certificate_of_a_bundle_is_trusted(tmp_path, sealed):
    found = resolved(tmp_path, f'[target]\nca_bundle = "{DATA / "loopback.pem"}"\n', sealed)
    assert listed(found).ok
    assert f"ca_bundle: {DATA / 'loopback.pem'}  (conformance.toml)" in found.header()


def test_certificate_of_the_environment_is_trusted(tmp_path, sealed, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(DATA / "loopback.pem"))
    found = resolved(tmp_path, "", sealed, SSL_CERT_FILE=str(DATA / "loopback.pem"))
    assert listed(found).ok
