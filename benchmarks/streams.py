"""What a long stream costs: read in small pieces, and judged, a tenfold one against a single one, as ratios of one run.

python benchmarks/streams.py
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.streams import CODE_CALL, TOOL_STEP, Teller, framed, streamed

from assistants_conformance.contract import load_profile
from assistants_conformance.observe import Decoder, Judge

PROFILE = "openai-v2"
SHORT, LONG = 1_000, 10_000
ROUNDS = 3


def message(deltas: int) -> bytes:
    """The stream of a message that comes in so many pieces."""
    return framed(
        Teller(PROFILE)
        .begin()
        .speak(*[f" word{number}" for number in range(deltas)])
        .told_run("completed")
        .done()
        .events
    )


def code(deltas: int) -> bytes:
    """The stream of a piece of code that comes in so many pieces."""
    kind, pieces = "code_interpreter", [f"x{number} = 1\n" for number in range(deltas)]
    teller = Teller(PROFILE, ({"type": kind},)).begin().begin_step(TOOL_STEP, {"type": "tool_calls", "tool_calls": []})
    teller.call_delta({"index": 0, "id": CODE_CALL, "type": kind, kind: {"input": "", "outputs": []}})
    for piece in pieces:
        teller.call_delta({"index": 0, "type": kind, kind: {"input": piece}})
    call = {"id": CODE_CALL, "type": kind, kind: {"input": "".join(pieces), "outputs": []}}
    teller.end_step(details={"type": "tool_calls", "tool_calls": [call]})
    return framed(teller.told_run("completed").done().events)


def judging(body: bytes) -> float:
    """Seconds to judge one stream, its reading included."""
    exchange = streamed("create_run", PROFILE, body)
    del exchange.response.__dict__["events"]
    judge = Judge(load_profile(PROFILE), closed=True)
    began = time.perf_counter()
    judge.observe(exchange)
    took = time.perf_counter() - began
    assert judge.findings == [], judge.findings[0]
    return took


def reading(body: bytes, size: int) -> float:
    """Seconds to read one stream in pieces of so many bytes."""
    decoder, began = Decoder(), time.perf_counter()
    for place in range(0, len(body), size):
        list(decoder.feed(body[place : place + size]))
    list(decoder.close())
    return time.perf_counter() - began


def memory(body: bytes) -> float:
    """How often the size of a stream is held at most while it is judged."""
    exchange = streamed("create_run", PROFILE, body)
    del exchange.response.__dict__["events"]
    tracemalloc.start()
    Judge(load_profile(PROFILE), closed=True).observe(exchange)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / len(body)


judging(message(10))
for name, write in (("message", message), ("code", code)):
    short, long = write(SHORT), write(LONG)
    once, tenfold = (median(judging(body) for _ in range(ROUNDS)) for body in (short, long))
    pieces = [median(reading(body, 16) for _ in range(ROUNDS)) for body in (short, long)]
    single = median(reading(long, 1) for _ in range(ROUNDS)) / pieces[1]
    print(
        f"{name}: {LONG} deltas take {tenfold / once:.1f} times the judging of {SHORT}"
        f" ({tenfold / LONG * 1e6:.0f} microseconds each); read in pieces {pieces[1] / pieces[0]:.1f} times;"
        f" byte by byte {single:.1f} times pieces of 16; memory {memory(long):.1f} times the stream"
    )
