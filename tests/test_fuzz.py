"""Fuzzing by schema: the same seed asks the same, and a replay makes no request by itself."""

import json
import sys

import pytest

from assistants_conformance.contract import load_profile
from assistants_conformance.scenario import Verify, fuzz
from assistants_conformance.scenario.embed import embed, embedded_settings
from assistants_conformance.target.chance import Chance


class Reel:
    """A tape in memory that holds the requests to their order."""

    def __init__(self, recorded=None):
        self.replays = recorded is not None
        self.exchanges = [] if recorded is None else list(recorded.exchanges)
        self.corpus = [] if recorded is None else recorded.corpus

    def answer(self, request):
        told = self.exchanges.pop(0)
        assert (told.request.method, told.request.url, told.request.body) == (request.method, request.url, request.body)
        return told

    def keep(self, exchange):
        self.exchanges.append(exchange)

    def examples(self):
        return self.corpus

    def keep_examples(self, examples):
        self.corpus = json.loads(json.dumps(examples))


def searched(phase, tape, profile="openai-v2"):
    api = embed(embedded_settings(load_profile(profile)), seed="server")
    api.chance, api.tape = Chance("seed"), tape
    verify = Verify(api.profile)
    phase(api, verify)
    assert [*api.judge.findings, *verify.findings] == []
    return verify.checked


@pytest.mark.parametrize("phase", [fuzz.walk, fuzz.cover])
def test_same_seed_and_replay(phase, monkeypatch):
    first, second = Reel(), Reel()
    checked = searched(phase, first)
    assert searched(phase, second) == checked
    assert [one.request for one in first.exchanges] == [one.request for one in second.exchanges]
    for name in ("schemathesis", "hypothesis"):
        monkeypatch.setitem(sys.modules, name, None)
    replay = Reel(first)
    assert searched(phase, replay) == checked
    assert replay.exchanges == []
