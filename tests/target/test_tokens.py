"""Entra tokens from a command."""

from __future__ import annotations

import base64
import json
import shlex
import sys
import time

import pytest

from assistants_conformance.target.table import ConfigError
from assistants_conformance.target.tokens import TokenSource


def command(program: str) -> str:
    return shlex.join([sys.executable, "-c", program])


def jwt(ends: float) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": int(ends)}).encode()).decode().rstrip("=")
    return f"head.{claims}.sign"


def counting(tmp_path, body: str) -> str:
    """A program that counts its calls in a file, then prints."""
    return f"import time, json\nwith open({str(tmp_path / 'calls')!r}, 'a') as file: file.write('x')\nprint({body})"


def calls(tmp_path) -> int:
    return len((tmp_path / "calls").read_text())


def test_token_is_asked_for_once_while_it_is_valid(tmp_path):
    token = jwt(time.time() + 3600)
    source = TokenSource(command(counting(tmp_path, repr(token))), "token_command")
    assert (source.current(), source.current()) == (token, token)
    assert calls(tmp_path) == 1
    assert source.given == {token}


def test_token_that_is_about_to_end_is_renewed(tmp_path):
    source = TokenSource(command(counting(tmp_path, repr(jwt(time.time() + 60)))), "token_command")
    source.current(), source.current()
    assert calls(tmp_path) == 2


@pytest.mark.parametrize("told", ["expires_on", "expiresOn"])
def test_json_of_a_command_is_read(tmp_path, told):
    ends = int(time.time() + 3600)
    value = ends if told == "expires_on" else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(ends))
    printed = repr(json.dumps({"accessToken": "opaque-token", told: value}))
    source = TokenSource(command(counting(tmp_path, printed)), "token_command")
    assert source.current() == source.current() == "opaque-token"
    assert calls(tmp_path) == 1


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("nowhere-to-be-found", "there is no program 'nowhere-to-be-found'"),
        (command("import sys; print('s3cret'); sys.exit(3)"), "exit status 3"),
        (command("print()"), "printed no token"),
        (command("print('two words s3cret')"), "printed no token"),
        (command("print('{\"s3cret\": 1}')"), "printed no token"),
        # Named, because every worker of xdist has to collect the same name, and each has a clock of its own.
        pytest.param(command(f"print({jwt(time.time() - 60)!r})"), "sign in again", id="expired"),
        ("'unbalanced", "is no command"),
        ("", "is no command"),
    ],
)
def test_failures_name_place_and_mend_and_no_secret(program, told):
    with pytest.raises(ConfigError) as caught:
        TokenSource(program, "conformance.toml: [target] token_command").current()
    assert str(caught.value).startswith("conformance.toml: [target] token_command: ")
    assert told in str(caught.value)
    assert "s3cret" not in str(caught.value)
