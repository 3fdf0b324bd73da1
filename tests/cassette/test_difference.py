"""What a person is told of two recordings: a change in behaviour, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from assistants_conformance.cassette.difference import difference
from assistants_conformance.cassette.form import Cassette, Lost
from tests.cassette.conftest import JSON, asked, exchange


def recording(letter: str, moment: int, **changed):
    run = {
        "id": f"run_{letter * 24}",
        "object": "thread.run",
        "created_at": moment,
        "expires_at": moment + 600,
        "status": "queued",
        "max": 20_480,
        **changed,
    }
    url = f"http://h.example/v1/threads/thread_{letter * 24}/runs"
    headers = {
        **JSON,
        "date": f"Thu, 01 Jan 2026 00:00:{moment % 60:02} GMT",
        "x-request-id": f"req_{letter * 32}",
        "openai-processing-ms": str(moment % 100),
    }
    name = f"conformance-{letter * 12}"
    return Cassette(
        (
            exchange(asked(json.dumps({"name": name}).encode(), url=url), json.dumps(run).encode(), headers=headers),
            exchange(
                asked(method="GET", url=f"{url}/run_{letter * 24}"),
                f'event: thread.run.created\ndata: {{"id": "run_{letter * 24}", "created_at": {moment}}}\n\n'.encode(),
                headers={"content-type": "text/event-stream"},
                started=float(moment),
            ),
            Lost(asked(), f"lost of run_{letter * 24}"),
        ),
        {"seed": letter},
    )


BEFORE = recording("a", 1_767_225_600)


def test_ids_times_and_request_ids_say_nothing():
    assert difference(BEFORE, recording("b", 1_799_999_999)) == []
    assert difference(BEFORE, BEFORE) == []


@pytest.mark.parametrize(
    ("changed", "lines"),
    [
        ({"status": "in_progress"}, ['- "status": "queued",', '+ "status": "in_progress",']),
        ({"max": 20_481}, ['- "max": 20480', '+ "max": 20481']),
        ({"max": None}, ['- "max": 20480', '+ "max": null']),
        ({"id": "run_short"}, ['- "id": "<run:1>",', '+ "id": "run_short",']),
        ({"created_at": "1767225600"}, ['- "created_at": <time>,', '+ "created_at": "<time>",']),
    ],
)
def test_change_of_an_answer_is_shown_alone(changed, lines):
    told = difference(BEFORE, recording("b", 1_799_999_999, **changed))
    assert told[:2] == lines


def test_another_status_and_header_are_shown():
    first, *rest = recording("b", 1_799_999_999).entries
    response = replace(first.response, status=201, headers={**first.response.headers, "x-new": "1"})
    told = difference(BEFORE, Cassette((replace(first, response=response), *rest)))
    assert told == ["-200", "+201", "+x-new: 1"]


def test_ids_that_are_mixed_up_are_shown():
    first, second, lost = recording("b", 1_799_999_999).entries
    url = second.request.url.replace("thread_" + "b" * 24, "thread_" + "c" * 24)
    told = difference(BEFORE, Cassette((first, replace(second, request=replace(second.request, url=url)), lost)))
    assert [line.partition("/v1")[2] for line in told] == [
        "/threads/<thread:1>/runs/<run:1>",
        "/threads/<thread:2>/runs/<run:1>",
    ]


def test_one_request_more_is_shown_and_the_first_lines_only():
    many = Cassette((*BEFORE.entries, *(exchange(asked(method="DELETE"), b"{}") for _ in range(50))))
    told = difference(BEFORE, many)
    assert told[0] == "+DELETE http://h.example/v1/threads" or told[0].startswith("+DELETE ")
    assert len(told) == 4


@pytest.mark.parametrize("body", [b"[" * 50_000, b"[" * 50_000 + b"]" * 50_000, b"\xff\xfe", b""])
def test_odd_bodies_are_compared(body):
    made = Cassette((exchange(asked(body), body),))
    assert difference(made, made) == []
    assert difference(made, Cassette((exchange(asked(body), b"else"),))) != []


def test_order_of_what_went_on_at_once_says_nothing():
    pair = [exchange(body=b"1", started=1, ended=3), exchange(body=b"2", status=400, started=1.5, ended=2)]
    turned = [replace(pair[1], started=1, ended=3), replace(pair[0], started=1.5, ended=2)]
    assert difference(Cassette(tuple(pair)), Cassette(tuple(turned))) == []
    after = [replace(pair[1], started=1, ended=2), replace(pair[0], started=2, ended=3)]
    assert difference(Cassette((pair[0], replace(pair[1], started=4, ended=5))), Cassette(tuple(after))) != []
