"""What a run costs: requests, runs and tokens, counted over all its processes and held against its budget."""

from __future__ import annotations

import os
import struct
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from assistants_conformance.observe import Exchange, Request
    from assistants_conformance.target.settings import TargetSettings

#: One entry of the shared account: requests, runs, tokens.
_ENTRY = struct.Struct("<qqq")
_RUNS = ("/runs",)


@dataclass
class Spent:
    """What was used. Tokens are those of `usage`, of prompts and of completions."""

    requests: int = 0
    runs: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def tokens(self) -> int:
        """Tokens of both kinds."""
        return self.prompt_tokens + self.completion_tokens


class Meter:
    """Counts what goes out and comes in, and says when nothing more may go out.

    Args:
        settings: holds the budget.
        account: a file that all processes of a run share; None: this process is all of it.
        begun: when the run began, in seconds since 1970.
    """

    def __init__(self, settings: TargetSettings, account: Path | None = None, begun: float | None = None) -> None:
        self.spent = Spent()
        self._limits = {
            "requests": settings.budget_requests,
            "runs": settings.budget_runs,
            "tokens": settings.budget_tokens,
        }
        self._minutes = settings.budget_minutes
        self._begun = time.time() if begun is None else begun
        self._usage: dict[str, tuple[int, int]] = {}
        self._open = 0
        self._halted = ""
        self._lock = threading.RLock()
        self._account: int | None = None
        self._read = 0
        self._sums = [0, 0, 0]
        #: Why a request was not sent since `begin`; empty where all were.
        self.tripped = ""
        if account is not None and (any(self._limits.values()) or self._minutes):
            self._account = os.open(account, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)

    def used(self) -> tuple[int, int]:
        """Return the tokens of prompts and of completions."""
        return self.spent.prompt_tokens, self.spent.completion_tokens

    @property
    def minutes(self) -> float:
        """Minutes since the run began."""
        return (time.time() - self._begun) / 60

    def used_up(self) -> str | None:
        """Return why nothing more may be begun; None where the budget is not used up."""
        if not (any(self._limits.values()) or self._minutes):
            return None
        used = self._all()
        for name, most in self._limits.items():
            if most and used[name] >= most:
                return _told(name)
        return _told("minutes") if self._minutes and self.minutes >= self._minutes else None

    def refuses(self, request: Request) -> str | None:
        """Return why a request may not go out; None where it may. Cleaning up is always let out."""
        if self._open and not self._halted:
            return None
        told = self._halted or self.used_up()
        # Runs that were paid for may be read to their end.
        if told is None or (told == _told("runs") and not _makes_a_run(request)):
            return None
        self.tripped = told
        return told

    def halt(self, told: str) -> None:
        """Let nothing out any more, not even what cleans up; `told` says why."""
        self._halted = told

    @contextmanager
    def open(self) -> Iterator[None]:
        """Let everything out meanwhile."""
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1

    def sending(self, request: Request) -> None:
        """Count a request, and the run that it asks for."""
        runs = int(_makes_a_run(request))
        with self._lock:
            self.spent.requests += 1
            self._enter(1, runs, 0)

    def answered(self, exchange: Exchange) -> None:
        """Count a run that was made, and the tokens of every run that an answer tells of."""
        response = exchange.response
        success = 200 <= response.status < 300
        if _makes_a_run(exchange.request):
            with self._lock:
                self.spent.runs += int(success)
                if not success:
                    self._enter(0, -1, 0)
        if success:
            for event in response.events:
                self._count(event.json)
            body = None if response.is_stream else response.json
            data = body.get("data") if isinstance(body, dict) else None
            for thing in data if isinstance(data, list) else [body]:
                self._count(thing)

    def _count(self, thing: Any) -> None:
        usage = thing.get("usage") if isinstance(thing, dict) and thing.get("object") == "thread.run" else None
        if not isinstance(usage, dict) or not isinstance(thing.get("id"), str):
            return
        now = _tokens(usage, "prompt_tokens"), _tokens(usage, "completion_tokens")
        with self._lock:
            before = self._usage.get(thing["id"], (0, 0))
            more = max(now[0] - before[0], 0), max(now[1] - before[1], 0)
            self._usage[thing["id"]] = before[0] + more[0], before[1] + more[1]
            self.spent.prompt_tokens += more[0]
            self.spent.completion_tokens += more[1]
            if any(more):
                self._enter(0, 0, sum(more))

    def _enter(self, requests: int, runs: int, tokens: int) -> None:
        if self._account is not None:
            os.write(self._account, _ENTRY.pack(requests, runs, tokens))

    def _all(self) -> dict[str, int]:
        if self._account is None:
            return {"requests": self.spent.requests, "runs": self.spent.runs, "tokens": self.spent.tokens}
        with self._lock:
            more = os.fstat(self._account).st_size - self._read
            fresh = os.pread(self._account, more - more % _ENTRY.size, self._read)
            self._read += len(fresh)
            for entry in _ENTRY.iter_unpack(fresh):
                self._sums = [one + other for one, other in zip(self._sums, entry, strict=True)]
            return dict(zip(("requests", "runs", "tokens"), self._sums, strict=True))

    def close(self) -> None:
        """Let go of the account."""
        if self._account is not None:
            os.close(self._account)
            self._account = None


def _told(name: str) -> str:
    return f"not-run (budget): the {name} of [budget] were used up"


def _makes_a_run(request: Request) -> bool:
    return request.method == "POST" and request.path.rstrip("/").endswith(_RUNS)


def _tokens(usage: dict[str, Any], name: str) -> int:
    value = usage.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else 0


__all__ = ["Meter", "Spent"]
