"""What the judge costs: the same walk through the embedded server with and without it, as a ratio of one run.

python benchmarks/judge.py
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.survey import survey

from assistants_conformance.contract import load_profile, profile_ids
from assistants_conformance.observe import Judge
from assistants_conformance.scenario.embed import embed, embedded_settings

ROUNDS = 15


def walk(profile: str, *, judged: bool) -> tuple[float, list]:
    """Seconds for one walk, and its exchanges."""
    api = embed(embedded_settings(load_profile(profile)))
    trace: list = []
    observe = api.judge.observe
    api.judge.observe = lambda exchange: (trace.append(exchange), observe(exchange) if judged else None)
    began = time.perf_counter()
    list(survey(api))
    return time.perf_counter() - began, trace


def judging(trace: list) -> float:
    """Seconds to judge a recorded trace once."""
    judge = Judge()
    began = time.perf_counter()
    for exchange in trace:
        judge.observe(exchange)
    return time.perf_counter() - began


for name in profile_ids():
    walk(name, judged=True)
    with_judge, without = [], []
    for _ in range(ROUNDS):
        with_judge.append(walk(name, judged=True)[0])
        without.append(walk(name, judged=False)[0])
    trace = walk(name, judged=False)[1]
    once, tenfold = median(judging(trace) for _ in range(ROUNDS)), judging([*trace] * 10)
    print(
        f"{name}: {len(trace)} exchanges; a walk with the judge takes"
        f" {median(with_judge) / median(without):.2f} times one without;"
        f" ten times the recording {tenfold / once:.1f} times the judging"
    )
