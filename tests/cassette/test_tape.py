"""Giving again what was kept."""

from __future__ import annotations

import contextlib
import json

import httpx2
import pytest

from assistants_conformance.cassette.form import Cassette, Lost
from assistants_conformance.cassette.tape import RecordingTape, ReplayTape
from assistants_conformance.contract import load_profile
from assistants_conformance.observe import Judge
from assistants_conformance.target import Api, TargetSettings
from assistants_conformance.target.tape import EndedError, LostError, NotRecordedError
from tests.cassette.conftest import URL, asked, exchange, form


def tape(*entries, **about) -> ReplayTape:
    return ReplayTape(Cassette(entries, about))


def said(one) -> object:
    return json.loads(one.response.body)


def test_each_poll_gets_its_own_answer():
    poll = asked(method="GET")
    given = tape(*(exchange(poll, str(number).encode()) for number in range(3)))
    assert [said(given.answer(poll)) for _ in range(3)] == [0, 1, 2]
    assert given.unasked == 0
    with pytest.raises(NotRecordedError, match="every recorded answer was given already"):
        given.answer(poll)


def test_another_order_of_different_requests_is_served():
    first, second = asked(b'{"a": 1}'), asked(b'{"a": 2}')
    given = tape(exchange(first, b"1"), exchange(second, b"2"))
    assert [said(given.answer(second)), said(given.answer(first))] == [2, 1]


@pytest.mark.parametrize(
    ("kept", "wanted"),
    [
        (form("one"), form("another-boundary")),
        (asked(b'{"a": 1, "b": {"c": 2, "d": 3}}'), asked(b'{ "b": {"d": 3, "c": 2},\n"a": 1}')),
        (asked('{"a": "ü"}'.encode()), asked(b'{"a": "\\u00fc"}')),
        (asked(url="http://one.example/v1/x?a=1"), asked(url="https://two.example:8080/v1/x?a=1")),
        (asked(api_key="recorded"), asked(api_key="another", authorization="Bearer x")),
    ],
    ids=["boundary", "order of members", "escapes", "host", "credentials"],
)
def test_what_says_the_same_is_the_same(kept, wanted):
    assert said(tape(exchange(kept)).answer(wanted)) == {}


@pytest.mark.parametrize(
    ("kept", "wanted"),
    [
        (form("b", b"one"), form("b", b"two")),
        (form("b", b"\x00\xff"), form("b", b"\x00\xfe")),
        (form("b", name="a.txt"), form("b", name="b.txt")),
        (asked(b'{"a": [1, 2]}'), asked(b'{"a": [2, 1]}')),
        (asked(b'{"a": 1}'), asked(b'{"a": "1"}')),
        (asked(b"{}"), asked()),
        (asked(b"{broken"), asked(b"{broken differently")),
        (asked(url=f"{URL}?limit=1"), asked(url=f"{URL}?limit=2")),
        (asked(url=URL), asked(url=f"{URL}/")),
        (asked(method="GET"), asked(method="POST")),
    ],
)
def test_what_says_something_else_is_not(kept, wanted):
    with pytest.raises(NotRecordedError):
        tape(exchange(kept)).answer(wanted)


def test_lost_answer_is_lost_again():
    given = tape(Lost(asked(), "ReadError: gone"), exchange(asked(), b"1"))
    with pytest.raises(LostError, match="ReadError: gone"):
        given.answer(asked())
    assert said(given.answer(asked())) == 1


def test_nearest_request_is_shown_as_a_difference():
    near = asked(b'{"model": "gpt-4o", "name": "n", "tools": []}', url="http://h.example/v1/assistants")
    others = [asked(f'{{"role": "user", "content": "{number}"}}'.encode()) for number in range(200)]
    given = tape(*map(exchange, others), exchange(near))
    with pytest.raises(NotRecordedError) as caught:
        given.answer(asked(b'{"model": "gpt-5", "name": "n", "tools": []}', url="http://h.example/v1/assistants"))
    lines = str(caught.value).splitlines()
    assert lines[0] == "not in the cassette: POST /v1/assistants; the nearest that is there:"
    assert lines[1:3] == ["--- recorded", "+++ asked for"]
    assert '- "model": "gpt-4o",' in lines
    assert '+ "model": "gpt-5",' in lines
    assert len(lines) < 30
    assert given.missed == [str(caught.value)]
    assert given.unasked == 201


def test_poll_that_gave_up_gives_up_again():
    poll = asked(method="GET")
    given = tape(exchange(poll), blocked="a run was still queued after 60 s")
    given.answer(poll)
    with pytest.raises(EndedError, match="still queued after 60 s"):
        given.answer(poll)
    with pytest.raises(NotRecordedError):
        given.answer(asked(b"never"))
    assert len(given.missed) == 1


def test_recording_keeps_the_order_in_which_was_begun():
    kept = RecordingTape()
    kept.keep(exchange(body=b"late", started=2.0))
    kept.keep(exchange(body=b"early", started=1.0))
    kept.lost(asked(b"{}"), "gone")
    cassette = kept.cassette({"scenario": "s"})
    assert [getattr(entry, "told", None) or entry.response.body for entry in cassette.entries] == [
        b"early",
        "gone",
        b"late",
    ]
    with pytest.raises(NotRecordedError):
        kept.answer(asked())


def test_an_answer_is_found_at_once_in_a_long_cassette():
    requests = [asked(f'{{"n": {number}}}'.encode()) for number in range(5000)]
    given = tape(*(exchange(one, one.body) for one in requests))
    assert all(given.answer(one).response.body == one.body for one in reversed(requests))
    assert given.unasked == 0


def test_answers_keep_the_times_of_the_recording():
    profile = load_profile("openai-v2")
    settings = TargetSettings(profile=profile, url="http://clone.example/v1")
    api = Api(settings, Judge(profile), httpx2.MockTransport(lambda _: httpx2.Response(500)))
    read = asked(method="GET", url=f"{URL}/thread_1")
    # A machine that started later than the one that recorded has a smaller clock, one that runs for long a larger one.
    api.tape = tape(exchange(read, started=1e9, ended=1e9 + 0.25), exchange(read, started=-5.0, ended=-4.5))
    with contextlib.closing(api):
        told = [api.call("get_thread", thread_id="thread_1").exchange for _ in range(2)]
    assert [(one.started, one.ended) for one in told] == [(1e9, 1e9 + 0.25), (-5.0, -4.5)]
