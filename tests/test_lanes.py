"""Scenarios are begun ahead of their turn, each once, whichever process has its turn."""

from __future__ import annotations

import threading

from assistants_conformance.plugin.background import Done
from assistants_conformance.plugin.lanes import LANES, Lanes
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.target.baton import Baton

from .test_background import tally, waiting

NAMES = ("a", "b", "c", "d", "e", "f")


def test_every_scenario_is_carried_out_once_in_one_of_two_processes(tmp_path):
    carried: list[str] = []

    def process() -> Lanes:
        return Lanes(tmp_path, Baton(), waiting(*NAMES), conduct)

    def conduct(one, number):
        carried.append(one.name)
        return Done("passed", one.name, tally(one.name))

    first, second = process(), process()
    first.begin()
    second.begin()
    for lanes, names in ((first, NAMES[::2]), (second, NAMES[1::2])):
        for name in names:
            told = lanes.outcome(name)
            if told is None:
                # Nobody was faster: who has the turn carries it out.
                carried.append(name)
                lanes.carried_out(name, "passed", name)
            else:
                assert told == ("passed", name)
    found = [*first.end(stopped=False), *second.end(stopped=False)]
    assert sorted(carried) == list(NAMES)
    assert len(found) <= len(NAMES)
    assert first.outcome("of nobody") is None


def test_one_asks_while_another_waits():
    baton, meet = Baton(), threading.Barrier(LANES + 1)

    def conduct(one, number):
        # All are at work at the same time, though the baton is with one of them.
        with baton.laid_down():
            meet.wait(timeout=30)
        return Done("passed", f"lane {number}", Tally())

    lanes = Lanes(None, baton, waiting(*NAMES[:LANES]), conduct)
    lanes.begin()
    meet.wait(timeout=30)
    assert {lanes.outcome(name)[0] for name in NAMES[:LANES]} == {"passed"}


def test_what_is_not_to_be_carried_out_is_left_to_whose_turn_it_is(tmp_path):
    lanes = Lanes(tmp_path, Baton(), waiting("a"), lambda *_: None)
    lanes.begin()
    for thread in lanes._threads:
        thread.join(30)
    assert lanes.outcome("a") is None
    # Another process has no word of it and carries it out itself, instead of waiting.
    assert Lanes(tmp_path, Baton(), waiting("a"), lambda *_: None).outcome("a") is None


def test_stopped_run_takes_nothing_more_in():
    held, go = Baton(), threading.Event()

    def conduct(one, number):
        go.wait(30)
        return Done("failed", "late", tally("late"))

    lanes = Lanes(None, held, waiting("a"), conduct)
    lanes.begin()
    lanes.stop(stopped=True)
    go.set()
    for thread in lanes._threads:
        thread.join(30)
    assert list(lanes.end(stopped=True)) == []


def test_what_breaks_is_an_error_of_its_requirements():
    def conduct(one, number):
        raise RuntimeError("a bug of the suite")

    lanes = Lanes(None, Baton(), waiting("a"), conduct)
    lanes.begin()
    for thread in lanes._threads:
        thread.join(30)
    kind, told = lanes.outcome("a")
    assert (kind, "a bug of the suite" in told) == ("error", True)
    (one,) = lanes.end(stopped=False)
    assert "a bug of the suite" in one.errors["LOCK-001"]
