"""The reference server in a process of its own, which tells on its standard input's demand what it holds.

python -m tests.support.counted PROFILE
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Self

from assistants_conformance.contract import load_profile
from assistants_conformance.reference import Reference, VirtualClock
from assistants_conformance.reference.serve import running

KEY = "counted-key"
TOKEN = "counted-token"
KINDS = ("assistants", "threads", "files", "vector_stores")
ROOT = Path(__file__).parents[2]


def main(profile: str) -> None:
    """Serve until standard input ends; answer every line with the ids that are there, by kind."""
    server = Reference(load_profile(profile), clock=VirtualClock(), key=KEY, token=TOKEN)
    with running(server) as url:
        print(url, flush=True)
        for _ in sys.stdin:
            print(json.dumps({kind: sorted(getattr(server.world.store, kind)) for kind in KINDS}), flush=True)


class Counted:
    """Such a server, and the command line on it."""

    def __init__(self, profile: str, ledger: Path) -> None:
        self.profile = profile
        self.ledger = ledger
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.counted", profile],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()

    def held(self) -> dict[str, list[str]]:
        """Return the ids that are there, by kind."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("?\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command on the server, in a group of processes of its own."""
        others = ("AZURE_", "OPENAI_", "PYTEST")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
        key = {"OPENAI_API_KEY": KEY, "AZURE_OPENAI_API_KEY": KEY, "AZURE_OPENAI_AD_TOKEN": TOKEN}
        program = "from assistants_conformance.cli import main; main(prog_name='assistants-conformance')"
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
    main(sys.argv[1])
