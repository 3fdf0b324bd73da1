"""What a target can do is found out once: by one thread of a process, and by one process of a run."""

from __future__ import annotations

import json
import os
import threading
from contextlib import contextmanager

import pytest

from assistants_conformance.plugin.word import Word
from assistants_conformance.target import Blocked, NotApplicable
from assistants_conformance.target.capabilities import PROBES, Capabilities

NAME = "streaming"


class Waits:
    """Stands for an Api: a probe asks nothing of it here."""

    @contextmanager
    def waiting(self):
        yield


@pytest.fixture
def probes(monkeypatch):
    """Return the list of what was probed; what the probe comes to is taken from `probes.comes_to`."""

    class Probes(list):
        comes_to = (True, "it answered 200")

    made = Probes()

    def probe(api):
        made.append(api)
        if isinstance(made.comes_to, BaseException):
            raise made.comes_to
        return made.comes_to

    monkeypatch.setitem(PROBES, NAME, probe)
    return made


def process(folder) -> Capabilities:
    return Capabilities({}, None, Word(folder))


@pytest.mark.parametrize("there", [True, False])
def test_one_process_probes_for_all(tmp_path, probes, there):
    probes.comes_to = (there, "it answered so")
    first, second = process(tmp_path), process(tmp_path)
    for one in (first, second, first, second):
        if there:
            one.require(Waits(), NAME)
        else:
            with pytest.raises(NotApplicable, match=r"the target lacks streaming \(it answered so\)"):
                one.require(Waits(), NAME)
    assert len(probes) == 1
    assert dict(first.known) == dict(second.known) == {NAME: (there, "it answered so")}


def test_another_process_is_waited_for(tmp_path, probes):
    go, asked = threading.Event(), threading.Event()

    def slow(api):
        asked.set()
        go.wait(30)
        return True, "it answered late"

    first, second = process(tmp_path), process(tmp_path)
    PROBES[NAME] = slow
    threads = [threading.Thread(target=one.require, args=(Waits(), NAME)) for one in (first, second)]
    threads[0].start()
    assert asked.wait(30)
    threads[1].start()
    threads[1].join(0.2)
    assert threads[1].is_alive()
    go.set()
    for one in threads:
        one.join(30)
    assert dict(second.known) == {NAME: (True, "it answered late")}


def test_what_a_dead_process_began_is_probed_again(tmp_path, probes):
    gone = os.spawnlp(os.P_NOWAIT, "true", "true")
    os.waitpid(gone, 0)
    word = Word(tmp_path)
    word.claim(f"capability {NAME}")
    (file,) = tmp_path.glob("*.json")
    file.write_text(json.dumps({"pid": gone}), "utf-8")
    for _ in range(2):
        process(tmp_path).require(Waits(), NAME)
    assert len(probes) == 1


def test_run_whose_folder_is_gone_does_not_wait(tmp_path, probes):
    one = process(tmp_path / "gone")
    one.require(Waits(), NAME)
    assert dict(one.known) == {NAME: (True, "it answered 200")}


def test_probe_that_is_interrupted_is_left_to_others(tmp_path, probes):
    probes.comes_to = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        process(tmp_path).require(Waits(), NAME)
    probes.comes_to = (True, "it answered 200")
    process(tmp_path).require(Waits(), NAME)
    assert len(probes) == 2


def test_probe_that_does_not_get_through_accuses_nobody(tmp_path, probes):
    probes.comes_to = Blocked("the server is down")
    first, second = process(tmp_path), process(tmp_path)
    for one in (first, second):
        one.require(Waits(), NAME)
    assert len(probes) == 1
    assert dict(second.known) == {NAME: (True, "the probe did not get through: the server is down")}


def test_declared_and_unknown_capabilities_are_not_probed(tmp_path, probes):
    one = Capabilities({NAME: False}, None, Word(tmp_path))
    with pytest.raises(NotApplicable, match="declared: streaming = false"):
        one.require(Waits(), NAME)
    one.require(Waits(), "cancel_requires_action")
    assert not probes
    assert not list(tmp_path.iterdir())
