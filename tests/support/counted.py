"""The reference server in a process of its own, which tells on its standard input's demand what it holds.

python -m tests.support.counted PROFILE [SECONDS [FAULT ...]]

With seconds its clock is a real one, and a run expires after so many.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from assistants_conformance.contract import load_profile
from assistants_conformance.reference import RealClock, Reference, VirtualClock
from assistants_conformance.reference.serve import running

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistants_conformance.reference.wire import Reply

KEY = "counted-key"
TOKEN = "counted-token"
KINDS = ("assistants", "threads", "files", "vector_stores")
ROOT = Path(__file__).parents[2]


class Observed(Reference):
    """Counts its answers, and notes when those runs were created that it has shown as expired."""

    expired: ClassVar[dict[str, int]] = {}
    answers: ClassVar[Counter[str]] = Counter()

    def handle(self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, peer: object = None) -> Reply:
        """Answer as always."""
        reply = super().handle(method, url, headers, body, peer=peer)
        self.answers["all"] += 1
        if method == "GET" and b'"thread.run"' in reply.body and b'"expired"' in reply.body:
            told = json.loads(reply.body)
            self.expired.update({run["id"]: run["created_at"] for run in told.get("data", [told]) if _expired(run)})
        return reply


def _expired(run: dict[str, Any]) -> bool:
    return run.get("object") == "thread.run" and run.get("status") == "expired"


def main(profile: str, expiry: str = "", *faults: str) -> None:
    """Serve until standard input ends; answer every line with the ids that are there, by kind."""
    how: dict[str, Any] = {"clock": RealClock(), "run_expiry": int(expiry)} if expiry else {"clock": VirtualClock()}
    server = Observed(load_profile(profile), key=KEY, token=TOKEN, faults=faults, **how)
    with running(server) as url:
        print(url, flush=True)
        for line in sys.stdin:
            held = {kind: sorted(getattr(server.world.store, kind)) for kind in KINDS}
            told = {"expired": Observed.expired, "answers": Observed.answers}.get(line.strip(), held)
            print(json.dumps(told), flush=True)


class Counted:
    """Such a server, and the command line on it."""

    def __init__(self, profile: str, ledger: Path, expiry: int | None = None, *faults: str) -> None:
        self.profile = profile
        self.ledger = ledger
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.support.counted",
                profile,
                *([] if expiry is None else [str(expiry)]),
                *faults,
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()

    def _asked(self, what: str) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told

    def held(self) -> dict[str, list[str]]:
        """Return the ids that are there, by kind."""
        return self._asked("held")

    def expired(self) -> list[int]:
        """Return when those runs were created that were shown as expired, in seconds since 1970."""
        return sorted(self._asked("expired").values())

    def answers(self) -> int:
        """Return how many requests were answered."""
        return int(self._asked("answers").get("all", 0))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command on the server, in a group of processes of its own."""
        others = ("AZURE_", "OPENAI_", "PYTEST")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
        key = {"OPENAI_API_KEY": KEY, "AZURE_OPENAI_API_KEY": KEY, "AZURE_OPENAI_AD_TOKEN": TOKEN}
        # Whoever runs the tests in the background may have left SIGINT ignored, and a child inherits that.
        program = (
            "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
            "from assistants_conformance.cli import main; main(prog_name='assistants-conformance')"
        )
        where = ["--url", self.url, "--profile", self.profile, "--ledger", str(self.ledger)]
        return subprocess.Popen(
            [sys.executable, "-c", program, arguments[0], *where, *arguments[1:]],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**kept, **key},
            start_new_session=True,
        )

    def done(self, *arguments: str) -> tuple[int, str]:
        """Carry out a command on the server; return its exit status and what it printed."""
        process = self.start(*arguments)
        told, _ = process.communicate(timeout=600)
        return process.returncode, told

    def close(self) -> None:
        """End the server."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
