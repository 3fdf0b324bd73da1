"""One thread of a process asks at a time; who waits lets another go on, and comes before who begins."""

from __future__ import annotations

import contextlib
import threading

from assistants_conformance.target.baton import Baton
from tests.target.test_sweep import wait_for


def test_one_holds_it_at_a_time():
    baton, inside, most = Baton(), [], []

    def work():
        for _ in range(20):
            with baton.held():
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert (len(most), max(most)) == (80, 1)


def test_who_waits_lets_another_go_on_and_comes_before_who_begins():
    baton, told = Baton(), []
    waits, back = threading.Event(), threading.Event()

    def first():
        with baton.held():
            with baton.laid_down():
                waits.set()
                back.wait(30)
            told.append("first again")

    def third():
        with baton.held():
            told.append("third")

    one = threading.Thread(target=first)
    one.start()
    assert waits.wait(30)
    with baton.held():
        other = threading.Thread(target=third)
        other.start()
        wait_for(lambda: len(baton._new) == 1)
        back.set()
        wait_for(lambda: len(baton._again) == 1)
        told.append("second")
    one.join(30)
    other.join(30)
    assert told == ["second", "first again", "third"]


def test_who_does_not_hold_it_lays_nothing_down():
    baton = Baton()
    with baton.held():
        thread = threading.Thread(target=lambda: baton.laid_down().__enter__())
        thread.start()
        thread.join(30)
        assert baton._owner == threading.get_ident()


def test_who_breaks_off_leaves_it_to_the_others():
    baton = Baton()
    with contextlib.suppress(ZeroDivisionError), baton.held():
        _ = 1 / 0
    with baton.held():
        pass
