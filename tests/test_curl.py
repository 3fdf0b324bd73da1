"""What a reader is shown of an exchange: it can be pasted, holds no secret, and does nothing to a terminal."""

from __future__ import annotations

import shlex
import subprocess

import pytest

from assistants_conformance.contract import load_profile
from assistants_conformance.observe import Exchange, Finding, Request, Response
from assistants_conformance.reporting.console import Ink, screen
from assistants_conformance.reporting.curl import curl
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.reporting.text import cut, plain, redact

URL = "http://127.0.0.1:1/openai/threads?api-version=2024-05-01-preview"
HOSTILE = "\x1b]0;owned\x07 \x1b[31m \x9b1m \u202egnp.exe\u2028 \r\x7f"


def sent(headers: dict[str, str] | None = None, body: bytes = b"", url: str = URL) -> str:
    return curl(Exchange(Request("POST", url, headers or {}, body), Response(200)))


@pytest.mark.parametrize(
    "name",
    ["api-key", "authorization", "x-gateway-key", "cookie", "x-api-token", "x-ms-signature", "proxy-authorization"],
)
def test_secret_is_not_shown(name):
    made = sent({name: "very-secret", "openai-beta": "assistants=v2"})
    assert "very-secret" not in made
    assert f"{name}: " in made
    assert "openai-beta: assistants=v2" in made


def test_command_reproduces_the_request():
    body = """{"name": "it's $HOME `id` \\\\ \\"q\\""}"""
    command = sent({"api-key": "secret", "content-type": "application/json"}, body.encode(), URL + "&after=a'b c")
    seen = subprocess.run(
        ["bash", "-c", f"curl() {{ printf '%s\\0' \"$@\"; }}; {command}"],
        capture_output=True,
        env={"AZURE_OPENAI_API_KEY": "mine", "PATH": "/usr/bin:/bin"},
        check=True,
    ).stdout.decode()
    words = seen.split("\0")
    assert URL + "&after=a'b c" in words
    assert "api-key: mine" in words
    assert words[words.index("--data-binary") + 1] == body


def test_control_characters_do_not_reach_the_terminal():
    made = sent(body=b'a\x1b[31m\n"x"')
    assert made.isprintable()
    assert "\\x1b" in made


def test_long_or_binary_body_is_not_pasted():
    made = sent(body=b"%PDF\x00" + b"x" * 5000)
    assert len(made) < 500
    assert "5005 bytes" in made
    assert shlex.split(made.split(" # ")[0])[-2:] == ["--data-binary", "@body"]


def test_plain_text_is_harmless_and_readable():
    assert plain(HOSTILE).isprintable()
    assert plain("\x1b[2J") == "\\x1b[2J"
    assert plain("a\nb") == "a\\nb"
    assert plain("a\nb\x1b", lines=True) == "a\nb\\x1b"
    assert plain("Größe, 日本語 „ja“") == "Größe, 日本語 „ja“"
    assert plain("\ud800") == "\\ud800"


def test_cut_and_redact():
    assert cut("abcdef", 4) == "abcd… (+2 characters)"
    assert redact("Incorrect API key provided: sk-abcd", ("sk-abcd",)) == "Incorrect API key provided: ***"


def test_finding_fits_on_one_screen_and_is_harmless():
    tally = Tally()
    body = (HOSTILE + "sk-live-secret " * 500).encode()
    exchange = Exchange(
        Request("POST", URL, {"api-key": "sk-live-secret"}, b'{"role": "user"}'),
        Response(200, {}, body),
        "suites/a.py::b",
    )
    for number in range(7):
        tally.add_finding(Finding("LOCK-001", f"{number} {HOSTILE} {'very long ' * 300}", "refused with 400", exchange))
    requirement = load_profile().requirement("LOCK-001")
    shown = screen(requirement, tally.findings["LOCK-001"], Ink(secrets=("sk-live-secret",)), failures=7)
    lines = shown.split("\n")
    assert all(line.isprintable() for line in lines)
    assert "sk-live-secret" not in shown
    # At a width of 100, where a long line takes several.
    assert sum(1 + len(line) // 100 for line in lines) <= 40
    for part in (requirement.id, "MUST", requirement.impact, requirement.title, requirement.source):
        assert part in shown
    for label in ("observed", "expected", "where", "exchange", "curl", "more"):
        assert f"\n  {label}" in shown
    assert "7 findings in all" in shown


def test_colours_only_where_they_are_asked_for():
    tally = Tally()
    tally.add_finding(Finding("LOCK-001", "200", "400"))
    requirement, records = load_profile().requirement("LOCK-001"), tally.findings["LOCK-001"]
    assert "\x1b" not in screen(requirement, records, Ink())
    assert "\x1b[31m" in screen(requirement, records, Ink(colour=True))
