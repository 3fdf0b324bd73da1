"""Whatever a target answers, the judge does not stumble: it finds, or keeps silent."""

import contextlib
import json
import random
from dataclasses import replace

import pytest

from assistants_conformance.contract import load_profile, profile_ids
from assistants_conformance.observe import Judge
from assistants_conformance.scenario.embed import embed, embedded_settings
from tests.support.survey import STREAMS, survey

ODD = [
    None,
    True,
    0,
    -1,
    1.5,
    10**400,
    "",
    "x",
    [],
    [None],
    [[]],
    {},
    {"id": 5},
    {"type": []},
    "\ud800",
    [{"id": None}],
]


def places(node, path=()):
    yield path
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield from places(value, (*path, key))


def bent(body, path, value):
    if not path:
        return value
    copy = json.loads(json.dumps(body))
    node = copy
    for key in path[:-1]:
        node = node[key]
    if value is ...:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return copy


@pytest.mark.parametrize("profile", profile_ids())
@pytest.mark.parametrize("closed", [True, False])
def test_odd_answers_do_not_stop_the_judge(profile, closed):
    api = embed(embedded_settings(load_profile(profile)))
    trace = []
    observe = api.judge.observe
    api.judge.observe = lambda exchange: (trace.append(exchange), observe(exchange))
    list(survey(api))
    dice = random.Random(profile)
    for _ in range(40):
        judge = Judge(load_profile(profile) if closed else None, closed=closed)
        for exchange in trace:
            body = exchange.response.json
            if body is not None and dice.random() < 0.5:
                path = dice.choice(list(places(body)))
                body = bent(body, path, dice.choice([*ODD, ...] if path else ODD))
                raw = json.dumps(body).encode("utf-8", "surrogatepass")
                exchange = replace(exchange, response=replace(exchange.response, body=raw))  # noqa: PLW2901
            judge.observe(exchange)
        assert judge.findings
        assert judge.crashes == []


def bent_events(exchange, dice):
    """The stream with odd data in a few of its events, or with events lost, doubled and out of order."""
    rows = [[event.name, event.data] for event in exchange.response.events]
    for _ in range(dice.choice([1, 1, 3, 10])):
        row = dice.choice(rows)
        match dice.randrange(8):
            case 0:
                rows.remove(row)
            case 1:
                rows.insert(dice.randrange(len(rows)), list(row))
            case 2:
                row[0] = dice.choice(["", "x", "error", "done", "thread.run", *(other[0] for other in rows)])
            case 3:
                row[1] = dice.choice(["", "{", "[DONE]", "null", "5", "[]", "{}", row[1][: len(row[1]) // 2]])
            case _:
                with contextlib.suppress(ValueError):
                    body = json.loads(row[1])
                    path = dice.choice(list(places(body)))
                    row[1] = json.dumps(bent(body, path, dice.choice([*ODD, ...] if path else ODD)))
        if not rows:
            return b""
    frames = "".join(f"event: {name}\ndata: {data}\n\n" for name, data in rows)
    return frames.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("profile", [name for name in profile_ids() if load_profile(name).shape == "v2"])
@pytest.mark.parametrize("closed", [True, False])
def test_odd_streams_do_not_stop_the_judge(profile, closed):
    api = embed(embedded_settings(load_profile(profile)))
    trace = []
    observe = api.judge.observe
    api.judge.observe = lambda exchange: (trace.append(exchange), observe(exchange))
    STREAMS(api)
    dice = random.Random(f"{profile} {closed}")
    streams = 0
    for _ in range(25):
        judge = Judge(load_profile(profile) if closed else None, closed=closed)
        for exchange in trace:
            if exchange.response.is_stream:
                streams += 1
                body = bent_events(exchange, dice)
                exchange = replace(  # noqa: PLW2901
                    exchange,
                    response=replace(exchange.response, body=body),
                    complete=dice.random() < 0.8,
                    arrivals=exchange.arrivals[: dice.randrange(99)],
                )
            judge.observe(exchange)
        assert judge.findings
        assert judge.crashes == []
    assert streams >= 25 * 8
