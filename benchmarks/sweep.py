"""What is left after a run was killed with -9 at random moments and swept: against a server in another process.

python benchmarks/sweep.py [ROUNDS] [PROFILE...]
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import httpx2

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.counted import KEY, TOKEN, Counted

from assistants_conformance.contract import load_profile

#: Between which seconds of a run it is killed.
EARLIEST, LATEST = 1.0, 12.0


def strangers(server: Counted) -> None:
    """Make what belongs to somebody else, and must stay."""
    profile = load_profile(server.profile)
    version = {} if profile.platform == "openai" else {"api-version": profile.api_versions[0]}
    headers = {"api-key": KEY} if profile.platform == "azure" else {"Authorization": f"Bearer {KEY}"}
    if profile.traits.get("entra_only"):
        headers = {"Authorization": f"Bearer {TOKEN}"}
    if profile.beta_header:
        headers["OpenAI-Beta"] = profile.beta_header
    with httpx2.Client(base_url=server.url + profile.base_path, params=version, headers=headers) as http:
        http.post("/assistants", json={"model": "gpt-4o"}).raise_for_status()
        http.post("/threads", json={}).raise_for_status()
        file = {"file": ("numbers.csv", b"one,two\n1,2\n", "text/csv")}
        http.post("/files", data={"purpose": "assistants"}, files=file).raise_for_status()
        if profile.shape == "v2":
            http.post("/vector_stores", json={}).raise_for_status()


def measure(profile: str, rounds: int) -> bool:
    """Kill and sweep so many times; say of each what was left."""
    good = 0
    for number in range(1, rounds + 1):
        with tempfile.TemporaryDirectory() as folder, Counted(profile, Path(folder)) as server:
            strangers(server)
            before = server.held()
            run = server.start("run", "-n", "2") if number % 4 == 0 else server.start("run")
            moment = random.uniform(EARLIEST, LATEST)
            while not list(Path(folder).glob("*.jsonl")):
                time.sleep(0.02)
            time.sleep(moment)
            os.killpg(run.pid, signal.SIGKILL)
            run.communicate()
            there = sum(map(len, server.held().values())) - sum(map(len, before.values()))
            status, told = server.done("sweep")
            again, _ = server.done("sweep")
            left = server.held()
            clean = left == before and (status, again) == (0, 0) and not list(Path(folder).glob("*.jsonl"))
            good += clean
            print(
                f"{profile} {number:>2}: killed after {moment:.1f} s, {there} there: {told.splitlines()[-1]}",
                flush=True,
            )
            if not clean:
                print(told)
                print({kind: sorted(set(left[kind]) ^ set(before[kind])) for kind in left})
    print(f"{profile}: nothing was left, and nothing of others was touched, {good} of {rounds} times")
    return good == rounds


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    names = sys.argv[2:] or ["foundry-v1", "openai-v2"]
    outcomes = [measure(name, wanted) for name in names]
    sys.exit(0 if all(outcomes) else 1)
