"""How the client bears a target that stumbles: on a socket, as in life."""

from __future__ import annotations

import contextlib
import gc
import socket
import threading
import weakref

import pytest

from assistants_conformance.contract import load_profile
from assistants_conformance.observe import Judge
from assistants_conformance.target import Api, Blocked, Capabilities, TargetSettings

FINE = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
BROKEN = b"HTTP/1.1 500 Internal Server Error\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


def served(*replies):
    """A server that gives one connection's replies each, and resets the connection after an empty one."""
    listener = socket.create_server(("127.0.0.1", 0))

    def work():
        for connection_replies in replies:
            connection, _ = listener.accept()
            with connection:
                for reply in connection_replies:
                    if not connection.recv(65536):
                        break
                    connection.sendall(reply)
                if connection_replies[-1] == b"":
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        listener.close()

    threading.Thread(target=work, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextlib.contextmanager
def client(url, **settings):
    profile = load_profile("openai-v2")
    api = Api(TargetSettings(profile=profile, url=url, api_key="k", **settings), Judge(profile, closed=True))
    api.capabilities = Capabilities({})
    yield api
    api.close()


def test_connection_that_is_closed_after_a_server_fault_costs_nothing():
    with client(served([BROKEN], [FINE])) as api:
        assert api.call("get_thread", thread_id="thread_x").status == 500
        assert api.call("get_thread", thread_id="thread_x").status == 200
    assert "ERR-025" in {finding.requirement for finding in api.judge.findings}


def test_dropped_connection_is_a_finding_and_blocks_the_scenario():
    with client(served([b""])) as api, pytest.raises(Blocked, match="no answer"):
        api.call("get_thread", thread_id="thread_x")
    assert "ERR-032" in {finding.requirement for finding in api.judge.findings}


def test_server_that_never_answers_is_left_after_the_time_limit():
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with client(url, request_timeout=0.3) as api, pytest.raises(Blocked, match="no answer"):
        api.call("get_thread", thread_id="thread_x")
    listener.close()


def test_answer_goes_with_the_last_who_knows_it():
    """Nobody waits for a collection of garbage before a heavy answer leaves the memory."""
    gc.disable()
    try:
        with client(served([FINE])) as api:
            gone = weakref.ref(api.call("get_thread", thread_id="thread_x").exchange)
            api.judge = Judge(api.profile, closed=True)
            api.lighten()
            assert gone() is None
    finally:
        gc.enable()


def listed(*identifiers, last_id):
    entries = ", ".join(f'{{"id": "{identifier}"}}' for identifier in identifiers)
    page = f'{{"object": "list", "data": [{entries}], "last_id": {last_id}, "has_more": true}}'.encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(page), page)


def test_walk_that_begins_anew_is_ended():
    with client(served([listed("msg_1", last_id='"msg_1"')] * 3)) as api:
        assert [item["id"] for item in api.walk("list_messages", thread_id="thread_x")] == ["msg_1"]


def test_walk_without_a_cursor_is_left():
    with client(served([listed("msg_1", last_id="null")] * 2)) as api, pytest.raises(Blocked, match="does not go on"):
        api.walk("list_messages", thread_id="thread_x")


def test_walk_that_never_ends_is_left():
    pages = [listed(f"msg_{number}", last_id=f'"msg_{number}"') for number in range(9)]
    with client(served(pages), page_limit=5) as api, pytest.raises(Blocked, match="did not end within 5 pages"):
        api.walk("list_messages", thread_id="thread_x")


def test_keys_do_not_reach_another_host():
    elsewhere = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
    with client(served([elsewhere])) as api:
        assert api.call("get_thread", thread_id="thread_x").status == 302


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://one.services.ai.azure.com/api/projects/p", "https://one.services.ai.azure.com/api/projects/p"),
        ("https://one.services.ai.azure.com/api/projects/p/", "https://one.services.ai.azure.com/api/projects/p"),
        ("https://gateway.example.org/agents", "https://gateway.example.org/agents"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/api/projects/reference"),
    ],
)
def test_address_of_a_project_is_taken_as_it_is(url, origin):
    profile = load_profile("foundry-v1")
    api = Api(TargetSettings(profile=profile, url=url, bearer_token="t"), Judge(profile))
    assert api.origin == origin
    assert api.default_headers() == {"Authorization": "Bearer t"}
    assert api.default_query() == {"api-version": "v1"}
    api.close()


def test_request_that_comes_too_fast_is_sent_again():
    held = b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 0\r\ncontent-type: application/json\r\n"
    told = b'{"error": {"code": "429", "message": "Rate limit is exceeded. Try again in 1 seconds."}}'
    held += b"content-length: %d\r\n\r\n%s" % (len(told), told)
    with client(served([held, FINE])) as api:
        assert api.call("get_thread", thread_id="thread_x").status == 200
        assert api.requests == 2
