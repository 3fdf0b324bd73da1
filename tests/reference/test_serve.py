"""The server on a socket, and its clock."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time

import httpx2
import pytest

from assistants_conformance.contract import load_profile
from assistants_conformance.reference import ClockError, RealClock, Reference, VirtualClock
from assistants_conformance.reference.serve import address, listening, running
from tests.reference.conftest import server

PROGRAM = """
from assistants_conformance.contract import load_profile
from assistants_conformance.reference import Reference, VirtualClock
from assistants_conformance.reference.serve import serve
serve(Reference(load_profile(), clock=VirtualClock()))
"""


def test_over_a_socket():
    with running(server("openai-v2")) as url, httpx2.Client(base_url=url) as http:
        headers = {"authorization": "Bearer reference-key", "openai-beta": "assistants=v2"}
        answer = http.post("/v1/assistants", json={"model": "gpt-4o", "name": "ほ"}, headers=headers)
        assert answer.json()["name"] == "ほ"
        listed = http.get("/v1/assistants?limit=1&order=asc", headers=headers)
        assert [row["id"] for row in listed.json()["data"]] == [answer.json()["id"]]
        assert http.get("/v1/assistants").status_code == 401
        assert http.request("HEAD", "/v1/assistants", headers=headers).content == b""
        assert len(listed.headers.get_list("date")) == 1
    with pytest.raises(httpx2.TransportError):
        httpx2.get(url)


def test_latency_is_waited_for():
    with running(server("openai-v2"), latency=0.2) as url:
        start = time.monotonic()
        httpx2.get(f"{url}/v1/assistants")
        assert time.monotonic() - start >= 0.2


def test_sockets_are_known_as_tcp():
    with listening("127.0.0.1", 0) as bound:
        assert bound.proto == socket.IPPROTO_TCP
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address(bound))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_program_says_when_it_is_ready_and_ends(number):
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        line = process.stdout.readline()
        found = re.fullmatch(
            r"serving (http://127\.0\.0\.1:\d+) profile=azure-2024-05-01-preview clock=virtual\n", line
        )
        assert found, line
        assert httpx2.get(f"{found[1]}/openai/assistants").status_code == 401
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
        assert "Traceback" not in errors
    finally:
        process.kill()
        process.wait()


def _wind(reference, body, method="POST"):
    return reference.handle(method, "/_reference/clock", {}, body)


def test_clock_is_wound():
    reference = server("openai-v2", clock=VirtualClock(1000.0))
    reply = _wind(reference, b'{"advance_seconds": 600}')
    assert (reply.status, reply.body) == (200, b'{\n  "now": 1600.0\n}')
    assert reference.clock.now() == 1600.0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"advance_seconds": "1"}',
        b'{"advance_seconds": -1}',
        b'{"advance_seconds": true}',
        b'{"advance_seconds": 1e400}',
        b'{"advance_seconds": NaN}',
    ],
)
def test_clock_refuses_what_is_no_time(body):
    reference = server("openai-v2", clock=VirtualClock(1000.0))
    assert _wind(reference, body).status == 400
    assert reference.clock.now() == 1000.0
    assert _wind(reference, b"", "GET").status == 400


def test_real_clock_is_not_wound():
    reference = Reference(load_profile(), clock=RealClock())
    assert _wind(reference, b'{"advance_seconds": 1}').status == 400
    assert abs(reference.clock.now() - time.time()) < 5
    with pytest.raises(ClockError):
        RealClock().advance(1)


def test_virtual_clock_moves_with_requests():
    client = server("openai-v2", clock=VirtualClock(1000.0))
    for _ in range(5):
        client.handle("GET", "/v1/assistants", {}, b"")
    assert client.clock.now() == pytest.approx(1001.0)
