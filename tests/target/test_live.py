"""How the client reads a stream, and bears one that breaks off, never ends or says nothing: on a socket, as in life."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import socket
import threading
import time

import pytest

from assistants_conformance.contract import load_profile
from assistants_conformance.observe import Judge
from assistants_conformance.target import Api, Blocked, Capabilities, TargetSettings, live
from tests.support.streams import ASSISTANT, THREAD, framed, plain

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nx-request-id: req_1\r\n"
# The server below closes after each answer, and says so: else a client may send the next request into the closing.
HEAD += b"openai-version: 2020-10-01\r\nopenai-processing-ms: 5\r\nconnection: close\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"
#: How long any of this may take, in seconds.
SOON = 15.0
BODY = framed(plain("openai-v2"))
DELTA = b'event: thread.message.delta\ndata: {"id": "msg_1"}\n\n'


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


class Server:
    """Answers one request on each connection with the given pieces; a callable piece is called."""

    def __init__(self, *pieces, reset=False):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._pieces, self._reset = pieces, reset
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0
        self.left = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with connection, contextlib.suppress(OSError):
            with connection.makefile("rb") as request:
                length = 0
                while (line := request.readline().strip().lower()) != b"":
                    length = int(line[16:]) if line.startswith(b"content-length:") else length
                # A connection that is closed with something unread on it is reset.
                request.read(length)
            for piece in self._pieces:
                for data in piece() if callable(piece) else (piece,):
                    try:
                        connection.sendall(data)
                    except OSError:
                        self.left.set()
                        return
            if self._reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")

    def close(self):
        self._listener.close()


@contextlib.contextmanager
def talking(*pieces, reset=False, **settings):
    server = Server(*pieces, reset=reset)
    profile = load_profile("openai-v2")
    settings = {"request_timeout": 5.0, "run_timeout": 5.0} | settings
    api = Api(TargetSettings(profile=profile, url=server.url, api_key="k", **settings), Judge(profile, closed=True))
    api.capabilities = Capabilities({})
    api.server = server
    began = time.monotonic()
    try:
        yield api
    finally:
        api.close()
        server.close()
    assert time.monotonic() - began < SOON
    assert api.judge.crashes == []


def asked(api):
    return api.call("create_run", thread_id=THREAD, json={"assistant_id": ASSISTANT, "stream": True})


def opened(api):
    return api.stream("create_run", thread_id=THREAD, json={"assistant_id": ASSISTANT, "stream": True})


def found(api):
    return {finding.requirement for finding in api.judge.findings}


def told(api):
    return [f"{finding.requirement}: {finding.observed}" for finding in api.judge.findings]


def test_whole_stream_gives_no_finding():
    with talking(CHUNKED, chunk(BODY), END) as api:
        answer = asked(api)
        assert [event.name for event in answer.events] == [name for name, _ in plain("openai-v2")]
        assert len(answer.exchange.arrivals) == len(answer.events)
        assert answer.exchange.complete
    # Date is not sent here, and no rule wants it.
    assert told(api) == []


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_pieces_of_any_size_give_the_same_events(size):
    pieces = (BODY[place : place + size] for place in range(0, len(BODY), size))
    with talking(CHUNKED, lambda: (chunk(piece) for piece in pieces), END) as api:
        assert asked(api).exchange.response.body == BODY
    assert told(api) == []


def test_gzip_is_read():
    packed = gzip.compress(BODY)
    head = CHUNKED.replace(b"\r\n\r\n", b"\r\ncontent-encoding: gzip\r\n\r\n")
    with talking(head, lambda: (chunk(bytes([byte])) for byte in packed), END) as api:
        assert asked(api).exchange.response.body == BODY
    assert told(api) == []


def test_gzip_that_is_damaged_breaks_the_stream():
    packed = bytearray(gzip.compress(BODY))
    packed[len(packed) // 2 :] = bytes(len(packed) - len(packed) // 2)
    head = CHUNKED.replace(b"\r\n\r\n", b"\r\ncontent-encoding: gzip\r\n\r\n")
    with talking(head, chunk(bytes(packed)), END) as api:
        assert asked(api).exchange.complete
    assert {"SSE-004", "SSE-023"} <= found(api)


def test_connection_that_closes_ends_a_stream_without_length():
    with talking(HEAD + b"\r\n", BODY) as api:
        assert asked(api).events[-1].is_done
    assert told(api) == []


EARLY = [
    pytest.param(BODY.index(b"event: thread.message.delta"), id="between two events"),
    pytest.param(BODY.index(b'"delta":'), id="in an event"),
    pytest.param(BODY.index("世".encode()) + 1, id="in a character"),
    pytest.param(BODY.index(b"\n\n") + 1, id="between two line ends"),
]


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("place", EARLY)
def test_stream_that_its_server_cuts_is_accused(place, reset):
    with talking(CHUNKED, chunk(BODY[:place]), reset=reset) as api:
        answer = asked(api)
        assert answer.exchange.complete
        assert BODY.startswith(answer.exchange.response.body)
    assert {"SSE-004", "SSE-023"} <= found(api), told(api)


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_stream_that_is_cut_in_a_chunk_is_accused(reset):
    with talking(CHUNKED, chunk(BODY)[: len(BODY) // 2], reset=reset) as api:
        asked(api)
    assert {"SSE-004", "SSE-023"} <= found(api), told(api)


def test_stream_that_ends_orderly_but_too_early_is_accused():
    with talking(CHUNKED, chunk(BODY[: len(BODY) // 2]), END) as api:
        asked(api)
    assert {"SSE-004", "SSE-023"} <= found(api), told(api)


def test_whole_stream_without_the_last_chunk_is_whole():
    with talking(CHUNKED, chunk(BODY)) as api:
        assert asked(api).events[-1].is_done
    assert told(api) == []


def test_nothing_but_a_head():
    with talking(CHUNKED, END) as api:
        assert asked(api).events == ()
    assert {"SSE-004", "SSE-023", "SSE-008"} <= found(api), told(api)


def silent(after=b""):
    """Say nothing more, for longer than anybody waits."""
    yield after
    threading.Event().wait(SOON)


def test_silent_stream_is_left_and_told():
    with (
        talking(CHUNKED, chunk(BODY[:3000]), silent, request_timeout=0.3) as api,
        pytest.raises(Blocked, match="nothing came any more"),
    ):
        asked(api)
    assert found(api) == {"SSE-023"}, told(api)


def test_silent_stream_is_left_and_told_while_it_is_read():
    with talking(CHUNKED, chunk(BODY[:3000]), silent, request_timeout=0.3) as api:
        with opened(api) as stream:
            names = [event.name for event in stream]
        assert names[:2] == ["thread.run.created", "thread.run.queued"]
        assert "nothing came any more" in stream.broken
        assert not stream.exchange.complete
    assert found(api) == {"SSE-023"}, told(api)


def test_head_that_does_not_come():
    with talking(silent, request_timeout=0.3) as api:
        with pytest.raises(Blocked, match="got no answer"):
            asked(api)
        with pytest.raises(Blocked, match="got no answer"), opened(api):
            pass
    assert found(api) == {"ERR-032"}


def endless():
    return (chunk(DELTA * 20) for _ in itertools.count())


def test_endless_stream_is_left_at_the_deadline():
    def slow():
        for _ in itertools.count():
            yield chunk(DELTA)
            time.sleep(0.02)

    with talking(CHUNKED, chunk(BODY[:3000]), slow, run_timeout=0.5, request_timeout=0.5) as api:
        began = time.monotonic()
        with pytest.raises(Blocked, match="goes on and on"):
            asked(api)
        assert 0.4 < time.monotonic() - began < 3
        assert api.server.left.wait(5), "the connection was not closed"
    assert "SSE-023" in found(api)


@pytest.mark.parametrize("piece", [DELTA * 20, b": " + b"x" * 5000, b"data: " + b"x" * 5000 + b"\n"])
def test_endless_stream_is_left_before_it_fills_the_memory(piece, monkeypatch):
    monkeypatch.setattr(live, "MOST_EVENTS", 2000)
    monkeypatch.setattr(live, "LONGEST", 200_000)
    kept = []
    with talking(CHUNKED, lambda: (chunk(piece) for _ in itertools.count()), run_timeout=60.0) as api:
        observe = api.judge.observe
        api.judge.observe = lambda exchange: (kept.append(exchange), observe(exchange))
        with pytest.raises(Blocked, match="goes on and on"):
            asked(api)
        assert api.server.left.wait(5), "the connection was not closed"
    assert len(kept[0].response.body) < 300_000
    assert len(kept[0].response.events) < 3000


def test_limits_let_the_longest_answers_pass():
    assert live.MOST_EVENTS >= 20_000
    assert live.LONGEST >= 200 * live.MOST_EVENTS


def test_stream_that_is_left_early_is_closed():
    with talking(CHUNKED, endless) as api:
        with opened(api) as stream:
            assert next(iter(stream)).name == "thread.message.delta"
        assert api.server.left.wait(5), "the connection was not closed"
        assert not stream.exchange.complete
        assert stream.broken == ""
        with opened(api) as stream:
            pass
        assert stream.exchange is not None
    assert "SSE-023" not in found(api)
    assert "SSE-004" not in found(api)


def test_stream_that_a_scenario_leaves_by_an_error_is_closed():
    with talking(CHUNKED, endless) as api:
        with pytest.raises(ZeroDivisionError), opened(api):
            raise ZeroDivisionError
        assert api.server.left.wait(5)
        assert api.judge.judged["openai-v2"] == 1


@pytest.mark.parametrize("kind", [b"application/json", b"text/plain; charset=utf-8", b"text/html"])
def test_stream_under_another_type_is_no_stream(kind):
    head = CHUNKED.replace(b"text/event-stream; charset=utf-8", kind)
    with talking(head, chunk(BODY), END) as api:
        assert asked(api).events == ()
        with opened(api) as stream:
            assert not stream.is_stream
            assert list(stream) == []
    assert {"SSE-001", "RUN-030"} <= found(api), told(api)


def test_stream_without_a_type_is_known_by_its_look():
    head = CHUNKED.replace(b"content-type: text/event-stream; charset=utf-8\r\n", b"")
    with talking(head, chunk(BODY), END) as api:
        assert len(asked(api).events) == len(plain("openai-v2"))
    assert "SSE-001" not in found(api)
    assert "SSE-002" in found(api), told(api)


def test_refusal_comes_as_its_bytes():
    error = b'{"error": {"message": "No.", "type": "invalid_request_error", "param": null, "code": null}}'
    reply = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
    with talking(reply % (len(error), error)) as api:
        with opened(api) as stream:
            assert (stream.status, stream.is_stream) == (400, False)
            assert b"".join(stream.chunks()) == error
        assert stream.exchange.response.json["error"]["message"] == "No."


def test_refusal_that_breaks_off_blocks():
    reply = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"
    with talking(reply) as api:
        with pytest.raises(Blocked, match="no whole answer"):
            asked(api)
        with opened(api) as stream:
            assert b"".join(stream.chunks()) == b"{"
        assert stream.exchange is None
        assert "closed connection" in stream.broken
    assert found(api) == {"ERR-032"}


def test_plain_answer_that_never_ends_blocks():
    reply = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    spaces = (chunk(b" " * 65536) for _ in itertools.count())
    with talking(reply, lambda: spaces, run_timeout=60.0) as api, pytest.raises(Blocked, match="no whole answer"):
        api.call("get_thread", thread_id=THREAD)


def test_events_are_there_as_they_come():
    gate = threading.Event()
    first, rest = BODY.index(b"\n\n") + 2, BODY[BODY.index(b"\n\n") + 2 :]

    def later():
        gate.wait(SOON)
        yield chunk(rest)

    with talking(CHUNKED, chunk(BODY[:first]), later, END) as api:
        with opened(api) as stream:
            events = iter(stream)
            assert next(events).name == "thread.run.created"
            assert api.judge.judged.total() == 0
            gate.set()
            assert [event.name for event in events][-1] == "done"
            assert api.judge.judged.total() == 0
        assert api.judge.judged.total() == 1
        assert stream.exchange.arrivals[0] < stream.exchange.arrivals[1]
    assert told(api) == []


def test_what_is_asked_meanwhile_is_judged_after_the_stream_in_the_order_of_its_beginning():
    with talking(CHUNKED, chunk(BODY), END) as api:
        seen = []
        observe = api.judge.observe
        api.judge.observe = lambda exchange: (seen.append(exchange.request.method), observe(exchange))
        with opened(api) as stream:
            next(iter(stream))
            api.call("get_run", thread_id=THREAD, run_id="run_1")
            assert seen == []
        assert seen == ["POST", "GET"]
        with contextlib.suppress(ZeroDivisionError), api.held():
            api.call("get_run", thread_id=THREAD, run_id="run_1")
            raise ZeroDivisionError
        assert seen == ["POST", "GET", "GET"]


def test_server_that_breaks_off_costs_the_next_request_nothing():
    with talking(CHUNKED, chunk(BODY[:500]), reset=True) as api:
        for _ in range(3):
            asked(api)
        assert api.server.connections == 3


def test_two_streams_on_two_threads():
    with talking(CHUNKED, chunk(BODY), END) as api:
        answers = api.together(lambda: asked(api), lambda: asked(api))
        assert [len(answer.events) for answer in answers] == [len(plain("openai-v2"))] * 2
