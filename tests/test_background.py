"""What waits for a real clock waits beside everything else, and beside what other workers wait for."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import Counter

import pytest

from assistants_conformance.plugin.aside import share
from assistants_conformance.plugin.background import Background, Done, Waiting
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.scenario import requirement
from assistants_conformance.scenario.binding import binding_of
from tests.support.counted import Counted
from tests.target.test_sweep import wait_for

#: Long enough for a busy machine to bring every run where it waits.
EXPIRY = 10


@requirement("LOCK-001", waits=True)
def scenario():
    """Stands for a scenario."""


def waiting(*names: str) -> list[Waiting]:
    return [Waiting(name, scenario, binding_of(scenario)) for name in names]


def tally(reason: str) -> Tally:
    made = Tally()
    made.blocked["LOCK-001"] = reason
    return made


# -- threads and processes ---------------------------------------------------------------------------------------------


def test_all_wait_at_the_same_time():
    meet = threading.Barrier(3)

    def conduct(one, number):
        meet.wait(timeout=30)
        return Done("passed", f"{one.name} {number}", tally(one.name))

    background = Background(None, conduct)
    background.begin(waiting("a", "b", "c"))
    assert [background.outcome(name) for name in ("c", "a", "b")] == [("passed", f"{n}") for n in ("c 3", "a 1", "b 2")]
    assert [one.blocked["LOCK-001"] for one in background.all()] == ["a", "b", "c"]
    assert background.outcome("of nobody") is None


def test_what_breaks_is_told():
    def conduct(one, number):
        raise RuntimeError("a bug of the suite")

    background = Background(None, conduct)
    background.begin(waiting("a"))
    kind, told = background.outcome("a")
    assert (kind, "a bug of the suite" in told) == ("error", True)
    (one,) = background.all()
    assert "a bug of the suite" in one.errors["LOCK-001"]


def test_worker_asks_what_another_has_come_to(tmp_path):
    go = threading.Event()

    def conduct(one, number):
        go.wait(timeout=30)
        return Done("failed", "a screen", tally("a"))

    first, second = Background(tmp_path, conduct), Background(tmp_path, conduct)
    first.begin(waiting("a"))
    told = []
    asking = threading.Thread(target=lambda: told.append(second.outcome("a")))
    asking.start()
    assert told == []
    go.set()
    asking.join(timeout=30)
    assert told == [("failed", "a screen")]
    assert list(second.all()) == []


def test_scenario_of_a_worker_that_ended_is_free(tmp_path):
    child = os.fork()
    if child == 0:
        Background(tmp_path, lambda *_: threading.Event().wait()).begin(waiting("a"))
        os._exit(0)
    os.waitpid(child, 0)
    assert any(tmp_path.iterdir())
    assert Background(tmp_path, None).outcome("a") is None


def test_every_scenario_is_the_share_of_one_worker():
    everything = waiting(*"abcdefg")
    workers = [{"workerid": f"gw{number}", "workercount": 3} for number in range(3)]
    shares = [share(everything, worker) for worker in workers]
    assert Counter(one.name for part in shares for one in part) == Counter("abcdefg")
    assert share(everything, {}) == everything
    assert share(everything, {"workerid": "gw3", "workercount": 3}) == []


# -- whole runs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [0, 2])
def test_runs_expire_side_by_side(workers, tmp_path):
    with Counted("openai-v2", tmp_path / "ledgers", EXPIRY) as server:
        more = ("-n", str(workers)) if workers else ()
        arguments = (
            "-k",
            "expiry or lock_ends or search_races",
            "--run-expiry",
            str(EXPIRY),
            "--effort",
            "quick",
            *more,
        )
        status, told = server.done("run", *arguments, "--json", str(tmp_path / "r.json"))
        assert status == 0, told
        rows = {row["id"]: row for row in json.loads((tmp_path / "r.json").read_text("utf-8"))["requirements"]}
        for name in ("SM-009", "RUN-034", "EXP-001", "EXP-002", "EXP-003", "SUB-012", "LOCK-005", "RACE-005"):
            assert rows[name]["verdict"] == "pass", (name, rows[name])
        made = server.expired()
        # One after the other they would have begun at least the life of a run apart.
        assert len(made) >= 3
        assert made[-1] - made[0] < EXPIRY * (len(made) - 1) / 2, made
        assert not any(server.held().values())


def test_finding_of_what_waited_is_reported(tmp_path):
    with Counted("openai-v2", tmp_path / "ledgers", EXPIRY, "expired-run-keeps-the-lock") as server:
        arguments = ("-k", "test_expiry", "--run-expiry", str(EXPIRY), "-n", "2")
        status, told = server.done("run", *arguments)
        assert status == 1, told
        assert "EXP-001  MUST" in told
        assert "test_waiting_run_expires_and_frees_its_thread" in told


def test_interrupted_run_waits_for_nobody_and_leaves_nothing(tmp_path):
    with Counted("openai-v2", tmp_path / "ledgers", 50) as server:
        run = server.start("run", "-k", "test_waiting_run_expires or test_expired_run_stays", "--run-expiry", "50")
        # Both have a thread (what was probed may hold one more), and nobody asks for anything any more.
        wait_for(lambda: len(server.held()["threads"]) >= 2)
        before = -1
        while before != (before := server.answers()):
            time.sleep(2)
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=30)
        assert run.returncode == 2
        assert not any(server.held().values())
