"""Entra tokens from a command: `az account get-access-token ...` and the like, asked again before a token expires."""

from __future__ import annotations

import base64
import json
import shlex
import subprocess
import threading
import time
from datetime import datetime
from typing import Any

from assistants_conformance.target.table import ConfigError

#: How long a command may take, in seconds.
_LONGEST = 60.0
#: How long before its end a token is renewed, and how long one is used that does not say when it ends, in seconds.
_EARLY = 120.0
_UNTOLD = 600.0
_MEND = "run it by hand, and see that it prints a token alone, or JSON with accessToken"


class TokenSource:
    """Gives the token that a command prints, and runs it again when the token is about to expire.

    Args:
        command: as in a shell, without one.
        place: where it was named, for errors.
    """

    def __init__(self, command: str, place: str) -> None:
        self._place = place
        try:
            self._command = shlex.split(command)
        except ValueError as error:
            raise ConfigError(place, f"is no command: {error}") from error
        if not self._command:
            raise ConfigError(place, f"is no command: {_MEND}")
        self._lock = threading.Lock()
        self._token = ""
        self._until = 0.0
        #: Every token that was given, for whoever must show none of them.
        self.given: set[str] = set()

    def current(self) -> str:
        """Return a token that is valid for a while.

        Raises:
            ConfigError: the command failed; the message never shows what it printed.
        """
        with self._lock:
            if time.time() >= self._until - min(_EARLY, self._until / 2):
                self._token, self._until = self._ask()
                self.given.add(self._token)
            return self._token

    def _ask(self) -> tuple[str, float]:
        try:
            done = subprocess.run(  # noqa: S603 - the user's own command
                self._command, capture_output=True, timeout=_LONGEST, check=False, stdin=subprocess.DEVNULL
            )
        except FileNotFoundError as error:
            raise ConfigError(
                self._place, f"there is no program {self._command[0]!r}: install it, or name its path"
            ) from error
        except OSError as error:
            raise ConfigError(self._place, f"{self._command[0]!r} cannot be run: {error.strerror}") from error
        except subprocess.TimeoutExpired as error:
            raise ConfigError(self._place, f"the command did not end within {_LONGEST:.0f} s: {_MEND}") from error
        if done.returncode:
            raise ConfigError(self._place, f"the command ended with exit status {done.returncode}: {_MEND}")
        token, until = _read(done.stdout.decode("utf-8", "replace").strip())
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise ConfigError(self._place, f"the command printed no token: {_MEND}")
        if until <= time.time():
            raise ConfigError(self._place, "the token that the command printed has expired: sign in again")
        return token, until


def _read(printed: str) -> tuple[str, float]:
    if printed.startswith("{"):
        try:
            told = json.loads(printed)
        except ValueError:
            return "", 0.0
        token = next((str(told[name]) for name in ("accessToken", "access_token", "token") if told.get(name)), "")
        ends = _time(next((told[name] for name in ("expires_on", "expiresOn") if told.get(name)), None))
        return token, ends or _expiry(token)
    return printed, _expiry(printed)


def _expiry(token: str) -> float:
    """Return when a token ends, as its own claims say it (RFC 7519, `exp`)."""
    parts = token.split(".")
    if len(parts) == 3:
        try:
            claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        except ValueError:
            claims = None
        ends = _time(claims.get("exp")) if isinstance(claims, dict) else 0.0
        if ends:
            return ends
    return time.time() + _UNTOLD + _EARLY


def _time(told: Any) -> float:
    try:
        return float(told)
    except (TypeError, ValueError):
        pass
    try:
        return datetime.fromisoformat(str(told)).timestamp()
    except ValueError:
        return 0.0


__all__ = ["TokenSource"]
