"""Against each way to misbehave the suite ends in time, tells the truth, and neither crashes, leaks nor paints."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from html.parser import HTMLParser

import pytest

from assistants_conformance.contract import load_profile
from assistants_conformance.observe import Judge
from assistants_conformance.target import Api, Blocked, TargetSettings, client, limits

from .drive import drive
from .server import KEY, Hostile
from .ways import WAYS

#: Seconds for all scenarios of one way; two cores may be shared with many others.
SOON = 60.0
#: Ways that cost their whole patience each time are given little of it.
SLOW = {
    "never_answers",
    "one_byte_a_second",
    "head_of_one_byte_a_second",
    "drip_of_1xx",
    "flood_of_1xx",
    "stream_that_falls_silent",
    "stream_that_drips",
    "stream_without_an_end",
    "stream_of_comments_without_an_end",
}
SILENT, BROKEN, STREAM = {"ERR-032"}, {"ERR-031"}, {"SSE-023"}
#: What must be found; an empty set: nothing may be.
FOUND = {
    **dict.fromkeys(
        (
            "never_answers", "one_byte_a_second", "head_of_one_byte_a_second", "closes_at_once", "closes_in_a_header",
            "closes_in_a_body", "closes_in_a_chunk", "chunk_of_no_size", "length_too_long", "length_of_no_number",
            "not_http", "status_of_no_number", "switching_protocols", "flood_of_1xx", "drip_of_1xx", "huge_header",
            "many_headers", "endless_body", "hundred_megabytes_of_text", "million_of_values", "gzip_bomb",
            "gzip_bomb_in_a_gzip_bomb", "damaged_gzip", "coding_nobody_knows",
        ),
        SILENT,
    ),
    **dict.fromkeys(
        (
            "length_too_short", "page_of_html", "json_under_another_type", "empty_body", "invalid_utf8",
            "half_of_a_surrogate_pair", "ten_thousand_levels", "nine_hundred_levels", "not_a_number",
            "number_of_5000_digits", "duplicate_keys", "trailing_bytes", "redirects_to_another_host",
            "redirects_in_a_loop", "redirects_to_a_file",
        ),
        BROKEN,
    ),
    **dict.fromkeys(
        (
            "stream_that_closes_in_an_event", "stream_without_an_end", "stream_of_comments_without_an_end",
            "stream_of_one_line_without_an_end", "stream_that_falls_silent", "stream_that_drips",
            "stream_packed_like_a_bomb", "stream_of_invalid_utf8",
        ),
        STREAM,
    ),
    "odd_headers": set(),
    "stream_with_crlf_bom_and_comments": set(),
    "stream_with_cr_alone": set(),
    "stream_with_data_over_many_lines": set(),
    "status_999": {"ERR-025"},
    "heaviest_that_is_let_in": set(),
    "null_body": {"THR-001"},
    "list_body": {"THR-001"},
    "infinite_number": {"OBJ-005"},
    "numbers_of_300_digits": {"OBJ-005"},
    "numbers_as_text": {"OBJ-005", "THR-F03"},
    "ids_of_other_types": {"THR-F01"},
    "ids_that_climb": {"OBJ-001"},
    "ids_of_half_a_megabyte": {"OBJ-001"},
    "answers_of_the_previous_request": {"OBJ-002"},
    "lists_without_end": {"MSG-F02"},
    "runs_that_stay_queued": {"SM-024"},
    "run_of_an_unknown_status": {"RUN-F06"},
    "texts_that_paint_the_terminal": {"OBJ-006"},
    "texts_that_script_a_page": {"OBJ-006"},
    "errors_that_inject": {"AUTH-014", "THR-001"},
    "echoes_the_key": {"AUTH-014", "THR-F01"},
    "stream_of_deep_json": {"SSE-005"},
    "stream_of_names_that_inject": {"SSE-006"},
}  # fmt: skip
#: Whether an answer that nobody asked for is taken for the next one hangs on how the bytes come in.
EITHER = {"second_answer_of_its_own"}
#: What a terminal acts on: escape, bell, return, the eight-bit CSI, marks that turn the direction, nothing at all.
PAINT = "\x1b\x07\r\x9b\x00\u202e\u2066\u2028"


def unhurt(text):
    assert not [hex(ord(one)) for one in PAINT if one in text]
    assert not [KEY[place : place + 12] for place in range(len(KEY) - 11) if KEY[place : place + 12] in text]


class Page(HTMLParser):
    """What a browser would take for more than text."""

    def __init__(self):
        super().__init__()
        self.alive = []

    def handle_starttag(self, tag, attrs):
        self.alive += [tag] if tag in ("script", "img", "iframe", "link", "form", "base") else []
        self.alive += [name for name, value in attrs if name.startswith("on") or (name == "href" and value[0] != "#")]


def harmless(html):
    page = Page()
    page.feed(html)
    return page.alive == []


def test_there_are_enough_ways_and_each_has_its_finding():
    assert len(WAYS) >= 60
    assert WAYS.keys() == FOUND.keys() | EITHER


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.filterwarnings("ignore::UserWarning")  # the cookie jar of the standard library warns of odd cookies
def test_way(name):
    patience = {"request_timeout": 0.5, "run_timeout": 1.0} if name in SLOW else {}
    with Hostile(WAYS[name]) as server:
        came = drive(server, **patience)
    assert came.seconds < SOON
    assert "error" not in came.kinds.values(), came.reasons
    if name not in EITHER:
        assert FOUND[name] <= came.found.keys(), (sorted(came.found), came.reasons)
        assert FOUND[name] or "THR-001" not in came.found
    if name.startswith("stream_with_") or name == "odd_headers":
        assert came.found == {}
        assert set(came.kinds.values()) == {"passed"}
    unhurt(came.console)
    unhurt(came.html)
    unhurt(came.markdown)
    unhurt(json.dumps(came.result))
    unhurt(came.reasons)
    assert harmless(came.html)
    assert len(came.html) < 3_000_000


def test_without_a_way_the_server_is_a_faithful_one():
    with Hostile(None) as server:
        came = drive(server)
    assert came.found == {}
    assert set(came.kinds.values()) == {"passed"}, came.reasons


def test_redirects_are_not_followed_anywhere():
    """Neither credentials nor anything else reach the host that a redirect names."""
    with socket.create_server(("127.0.0.1", 0)) as elsewhere, Hostile(WAYS["redirects_to_another_host"]) as server:
        server.elsewhere = f"http://127.0.0.1:{elsewhere.getsockname()[1]}"
        came = threading.Event()
        elsewhere.settimeout(0.2)

        def listen():
            try:
                elsewhere.accept()[0].close()
            except TimeoutError:
                return
            came.set()

        told = drive(server)
        listener = threading.Thread(target=listen)
        listener.start()
        listener.join()
    assert not came.is_set()
    assert "ERR-031" in told.found


# -- the whole command, in a process of its own ------------------------------------------------------------------------

MEASURED = """
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:])
print(f"peak {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024} MiB", file=sys.stderr)
sys.exit(status)
"""
#: The whole suite stays below it, in MiB.
MEMORY = 400
COMMAND = "from assistants_conformance.cli import main; main(prog_name='assistants-conformance')"
HEAVY = [
    "heaviest_that_is_let_in",
    "million_of_values",
    "hundred_megabytes_of_text",
    "gzip_bomb",
    "endless_body",
    "ids_of_half_a_megabyte",
    "stream_without_an_end",
    "errors_that_inject",
    "texts_that_paint_the_terminal",
    "texts_that_script_a_page",
]


@pytest.mark.parametrize("name", HEAVY)
def test_command_keeps_its_memory_its_terminal_and_its_files(name, tmp_path):
    environ = {one: value for one, value in os.environ.items() if not one.startswith(("AZURE_", "OPENAI_", "PYTEST_"))}
    files = {"--json": tmp_path / "r.json", "--junit": tmp_path / "r.xml", "--html": tmp_path / "r.html"}
    with Hostile(WAYS[name]) as server:
        done = subprocess.run(
            [
                *(sys.executable, "-c", MEASURED, sys.executable, "-c", COMMAND),
                *("run", "--url", server.url, "--profile", "openai-v2", "-v"),
                *("-k", "test_messages_seed_a_thread or test_operations_answer_200 or test_run_is_streamed"),
                *("--request-timeout", "8", "--run-timeout", "3"),
                *(str(part) for option in files.items() for part in option),
            ],
            cwd=tmp_path,
            capture_output=True,
            env={**environ, "OPENAI_API_KEY": KEY},
            timeout=240,
            check=False,
        )
    told = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == 1, told[-2000:]
    assert "error in the suite itself" not in told
    peak = int(told.rpartition("peak ")[2].split()[0])
    assert peak < MEMORY, f"{peak} MiB"
    unhurt(told)
    for file in files.values():
        unhurt(file.read_text("utf-8"))
    assert harmless(files["--html"].read_text("utf-8"))
    result = json.loads(files["--json"].read_text("utf-8"))
    assert result["totals"]["error"] == 0


def test_redirect_before_the_first_scenario_shows_no_key(tmp_path):
    """The address that a redirect names may hold the key that was sent."""

    def redirect(server, asked, reply):
        key = asked.headers["authorization"].removeprefix("Bearer ")
        return [reply.raw(b"", {"connection": "close", "location": f"http://evil.example/?{key}\x9b"}, status=302)]

    environ = {one: value for one, value in os.environ.items() if not one.startswith(("AZURE_", "OPENAI_", "PYTEST_"))}
    with Hostile(redirect) as server:
        done = subprocess.run(
            [sys.executable, "-c", COMMAND, "run", "--url", server.url, "--profile", "openai-v2"],
            cwd=tmp_path,
            capture_output=True,
            env={**environ, "OPENAI_API_KEY": KEY},
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    told = done.stdout.decode() + done.stderr.decode()
    assert "is redirected to" in told
    unhurt(told)


def test_nothing_is_sent_to_another_address():
    """Whatever asks for it: a redirect that a package followed, or a link in an answer."""
    with Hostile(None) as server:
        profile = load_profile(server.profile)
        api = Api(TargetSettings(profile=profile, url=server.url, api_key=KEY), Judge(profile, closed=True))
        with pytest.raises(Blocked, match="not the target's address"):
            api._exchange("GET", "http://127.0.0.1:9/v1/threads", api.default_headers(), b"")
        api.close()
        assert server.asked == []
        assert api.judge.findings == []


def test_silent_target_is_given_up_and_tried_again(monkeypatch):
    with Hostile(WAYS["closes_at_once"]) as server:
        profile = load_profile(server.profile)
        api = Api(TargetSettings(profile=profile, url=server.url, api_key=KEY), Judge(profile, closed=True))
        for _ in range(limits.SILENT_FOR_GOOD + 5):
            with pytest.raises(Blocked):
                api.thread()
        assert len(server.asked) == limits.SILENT_FOR_GOOD
        with pytest.raises(Blocked, match="the 12 before it got no answer"):
            api.thread()
        monkeypatch.setattr(client, "TRY_AGAIN", 0.0)
        server.way = None
        assert api.thread()["object"] == "thread"
        monkeypatch.setattr(client, "TRY_AGAIN", 60.0)
        assert api.thread()["object"] == "thread"
        api.close()


def test_answers_that_fill_the_memory_end_their_scenario_and_not_the_next(monkeypatch):
    monkeypatch.setattr(client, "HEAVY", 100)
    monkeypatch.setattr(client, "HEAVIEST_SCENARIO", 800)
    with Hostile(None) as server:
        profile = load_profile(server.profile)
        api = Api(TargetSettings(profile=profile, url=server.url, api_key=KEY), Judge(profile, closed=True))
        with api.named("one"):
            api.thread(metadata={"a": "b" * 400})
            with pytest.raises(Blocked, match="too large to keep more"):
                api.thread()
        with api.named("two"):
            assert api.thread()["object"] == "thread"
        api.close()
        assert api.judge.findings == []
