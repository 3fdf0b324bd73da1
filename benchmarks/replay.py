"""What a replay costs: against the same scenarios with the embedded server, and with the length of a cassette.

python benchmarks/replay.py

Every figure is a ratio of times of this process, measured in one run and in turns.
"""

from __future__ import annotations

import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from assistants_conformance.cassette.form import Cassette, read, write
from assistants_conformance.cassette.tape import ReplayTape
from assistants_conformance.contract import load_profile, profile_ids
from assistants_conformance.observe import Exchange, Judge, Request, Response
from assistants_conformance.plugin.recording import Recording
from assistants_conformance.plugin.replaying import Replaying
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.scenario import applies, conduct
from assistants_conformance.scenario.embed import embed, embedded_settings
from assistants_conformance.scenario.gather import scenarios
from assistants_conformance.target import Capabilities

ROUNDS = 3
LENGTHS = (100, 1_000, 10_000)
MOST_RATIO = 1.2


def judge_of(settings) -> Judge:
    return Judge(settings.profile, closed=True, expiry_seconds=settings.run_expiry_seconds)


def lived(settings, wanted) -> tuple[float, Tally]:
    """Seconds of all scenarios in process, as a session carries them out, and what came of them."""
    tally, capabilities = Tally(), Capabilities(settings.capabilities)
    began = time.process_time()
    api = embed(settings, judge_of(settings))
    api.capabilities = capabilities
    for one in wanted:
        api.judge = judge_of(settings)
        conduct(one.function, api, tally, one.name, one.arguments)
    return time.process_time() - began, tally


def taped(tapes, settings, wanted) -> tuple[float, Tally]:
    """The same through cassettes."""
    tally, capabilities = Tally(), Capabilities(settings.capabilities)
    began = time.process_time()
    for one in wanted:
        with tapes.scenario(settings, judge_of(settings), one.name) as api:
            api.capabilities = capabilities
            conduct(one.function, api, tally, one.name, one.arguments)
    return time.process_time() - began, tally


def suites(name: str, place: Path) -> float:
    settings = embedded_settings(load_profile(name))
    api = embed(settings)
    wanted = [one for one in scenarios() if applies(one.binding, api)]
    recording = Recording(place, settings, None, hide_host=False)
    recording.probe(settings, judge_of(settings))
    settings_known = recording.capabilities
    costs, _ = taped(recording, settings, wanted)
    recording.keep("conformant", {}, whole=True)
    recording.close()
    replaying = Replaying(place, name)
    again = replaying.settings(settings, settings.profile)
    live, replay, requests = [], [], 0
    for _ in range(ROUNDS):
        live.append(lived(settings, wanted)[0])
        seconds, tally = taped(replaying, again, wanted)
        replay.append(seconds)
        requests = tally.requests
    ratio = median(replay) / median(live)
    print(
        f"{name}: {len(wanted)} scenarios, {requests} requests, {len(settings_known)} capabilities; a replay takes"
        f" {ratio:.2f} times the run in process (at most {MOST_RATIO}), a recording {costs / median(live):.2f} times"
    )
    return ratio


def long(length: int) -> float:
    """Seconds to read a cassette of so many interactions and to give every answer, the last one first."""
    answer = Response(200, {"content-type": "application/json"}, b'{\n  "id": "thread_abc",\n  "object": "thread"\n}')
    requests = [
        Request("POST", "http://h.example/v1/threads", {"content-type": "application/json"}, b'{"n": %d}' % number)
        for number in range(length)
    ]
    text = write(Cassette(tuple(Exchange(one, answer, started=1, ended=1) for one in requests)))
    began = time.process_time()
    tape = ReplayTape(read(text, "long"))
    for one in reversed(requests):
        tape.answer(one)
    return time.process_time() - began


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        ratios = [suites(name, Path(folder)) for name in sys.argv[1:] or profile_ids()]
    times = {length: min(long(length) for _ in range(ROUNDS)) for length in LENGTHS}
    for shorter, longer in pairwise(LENGTHS):
        growth = times[longer] / times[shorter]
        print(f"{longer} interactions take {growth:.1f} times as long as {shorter} (linear: {longer / shorter:.0f})")
    return int(max(ratios) > MOST_RATIO)


sys.exit(main())
