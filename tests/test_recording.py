"""`run --record` and `run --replay`, as a user has them: whole commands, each in a process of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from assistants_conformance.contract import load_profile, profile_ids
from assistants_conformance.reference import RealClock, Reference, VirtualClock
from assistants_conformance.reference.serve import running

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = "from assistants_conformance.cli import main; main(prog_name='assistants-conformance')"
#: Who starts the tests may have had the signal ignored, and that is inherited.
LISTENING = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
KEY = "planted-key-of-a-server-0123456789"
#: The profile with the fewest scenarios.
SMALL = "azure-2024-02-15-preview"
PART = ("-k", "thread_locking")
LIVE_ONLY = {"SSE-024", "SSE-033"}
pytestmark = pytest.mark.timeout(900)


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "OPENAI_", "PYTEST_"))}
    return {**kept, **more}


def command(here: Path, *arguments: object, before: tuple[str, ...] = (), **environ: str):
    return subprocess.run(
        [*before, sys.executable, "-c", PROGRAM, *map(str, arguments)],
        cwd=here,
        capture_output=True,
        text=True,
        env=environment(TMPDIR=str(_apart(here)), **environ),
        timeout=280,
        check=False,
    )


def _apart(here: Path) -> Path:
    made = here / "temporary"
    made.mkdir(exist_ok=True)
    return made


def done(here: Path, *arguments: object, status: int = 0, **more):
    """Carry a command out, and see that it left nothing for the time being behind."""
    ran = command(here, *arguments, **more)
    assert ran.returncode == status, ran.stdout[-3000:] + ran.stderr[-3000:]
    assert "Traceback" not in ran.stdout + ran.stderr
    assert [path.name for path in (here / "temporary").iterdir() if path.name.startswith("assistants-")] == []
    return ran


def refused(here: Path, told: str, *arguments: object) -> None:
    ran = done(here, *arguments, status=2)
    lines = [line for line in ran.stderr.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, ran.stderr
    assert told in lines[0]


def result(file: Path) -> dict[str, dict]:
    return {row["id"]: row for row in json.loads(file.read_text("utf-8"))["requirements"]}


def verdicts(file: Path) -> dict[str, tuple]:
    """The verdicts of a result with how often each was exercised and what was found, apart from what is live only."""
    return {
        name: (row["verdict"], row["exercised"], [one["observed"] for one in row.get("findings", ())])
        for name, row in result(file).items()
        if name not in LIVE_ONLY
    }


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def counted(ran) -> tuple[int, ...]:
    found = re.search(r"^cassettes: (\d+) new, (\d+) changed, (\d+) unchanged$", ran.stdout, re.MULTILINE)
    assert found, ran.stdout[-2000:]
    return tuple(map(int, found.groups()))


@contextmanager
def served(profile: str, *, clock=None, kind=Reference, **how):
    with running(kind(load_profile(profile), clock=clock or VirtualClock(), key=KEY, **how)) as url:
        yield url


# -- the embedded server -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", profile_ids())
def test_every_profile_replays_as_it_was_recorded_and_audits_clean(profile, tmp_path):
    # One profile with all of its searches: they are the same on the others, and most of the traffic.
    effort = "quick" if profile == "openai-v2" else "live"
    done(tmp_path, "run", "--profile", profile, "--effort", effort, "--record", "c", "--json", "one.json", "-n", 2)
    replayed = done(tmp_path, "run", "--replay", "c", "--json", "two.json")
    assert f"replay: embedded reference server, recorded {datetime.now(UTC).date()} for {profile}" in replayed.stdout
    assert "verdict: conformant" in replayed.stdout
    for word in ("no cassette", "orphan", "nobody asked", "when recorded"):
        assert word not in replayed.stdout
    assert verdicts(tmp_path / "two.json") == verdicts(tmp_path / "one.json")
    rows = result(tmp_path / "two.json")
    for name in LIVE_ONLY & rows.keys():
        assert (rows[name]["verdict"], rows[name]["reason"][:9]) == ("not-applicable", "live only")
    audited = done(tmp_path, "audit", "c")
    assert " 0 findings of 0 requirements" in audited.stdout
    assert "no recordings" not in audited.stdout


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A folder with a whole recording in it. Tests copy what they change."""
    here = tmp_path_factory.mktemp("whole")
    done(here, "run", "--profile", SMALL, "--record", "c", "--json", "r.json", "-n", 2)
    return here


@pytest.fixture
def copied(whole, tmp_path):
    shutil.copytree(whole / "c", tmp_path / "c")
    return tmp_path


def test_second_recording_changes_nothing(copied):
    before = files(copied / "c")
    count = sum(name.endswith(".yaml") for name in before)
    place = copied / "c" / SMALL / "thread_locking"
    shutil.copy(place / "run_in_progress_cannot_be_modified.yaml", place / "of_old.yaml")
    ran = done(copied, "run", "--profile", SMALL, "--record", "c")
    assert counted(ran) == (0, 0, count)
    assert f"  orphan, no scenario has this name: delete it: {SMALL}/thread_locking/of_old.yaml" in ran.stdout
    (place / "of_old.yaml").unlink()
    assert files(copied / "c") == before


def test_archive_holds_the_same_to_the_byte(tmp_path):
    for name in ("1/a.zip", "2/a.zip", "folder"):
        done(tmp_path, "run", "--profile", "openai-v2", "--record", name, *PART)
    assert (tmp_path / "1/a.zip").read_bytes() == (tmp_path / "2/a.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "1/a.zip") as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    kept = files(tmp_path / "folder")
    assert {name: text for name, text in held.items() if name.endswith(".yaml")} == {
        name: text for name, text in kept.items() if name.endswith(".yaml")
    }
    done(tmp_path, "run", "--replay", "1/a.zip", *PART)
    assert " 0 findings" in done(tmp_path, "audit", "1/a.zip").stdout


SHUFFLE = """
import random

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    random.Random(7).shuffle(items)
"""


def test_any_order_in_several_processes_replays_the_same(whole, tmp_path):
    (tmp_path / "shuffled_order.py").write_text(SHUFFLE, "utf-8")
    arguments = ("run", "--replay", whole / "c", "--json", "r.json", "-n", 2, "--", "-p", "shuffled_order")
    done(tmp_path, *arguments, PYTHONPATH=str(tmp_path))
    assert verdicts(tmp_path / "r.json") == verdicts(whole / "r.json")


@pytest.mark.parametrize("before", [("unshare", "-rn"), ("unshare", "-n")], ids=" ".join)
def test_replay_without_a_network(whole, tmp_path, before):
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare here")
    able = subprocess.run([*before, "true"], capture_output=True, text=True, check=False)
    if able.returncode:
        pytest.skip(f"a network namespace is not permitted: {able.stderr.strip()}")
    ran = done(tmp_path, "run", "--replay", whole / "c", *PART, before=before)
    assert "0 failed" in ran.stdout or "passed" in ran.stdout


def test_replay_needs_no_key_and_heeds_no_address_of_the_environment(whole, tmp_path):
    environ = {"AZURE_OPENAI_ENDPOINT": "http://127.0.0.1:1", "AZURE_OPENAI_API_KEY": "x", "OPENAI_API_VERSION": "v9"}
    done(tmp_path, "run", "--replay", whole / "c", *PART, **environ)


# -- what is there and what is missing ---------------------------------------------------------------------------------


def test_orphans_and_missing_cassettes_are_told(copied):
    place = copied / "c" / SMALL
    gone, damaged = (
        place / "thread_locking" / f"{name}.yaml"
        for name in ("run_in_progress_cannot_be_modified", "cancelled_run_frees_its_thread_for_one_of_two_at_once")
    )
    gone.rename(place / "thread_locking" / "of_old.yaml")
    damaged.write_text("interactions: [", "utf-8")
    ran = done(copied, "run", "--replay", "c", "--json", "r.json", "-n", 2)
    assert "verdict: incomplete" in ran.stdout
    assert "a part only: 2 scenarios have no cassette" in ran.stdout
    assert f"no cassette: suites/test_thread_locking.py::test_{gone.stem}" in ran.stdout
    assert re.search(rf"{damaged.name}, line \d: not YAML: record it again", ran.stdout)
    assert f"orphan, no scenario has this name: {SMALL}/thread_locking/of_old.yaml" in ran.stdout
    assert json.loads((copied / "r.json").read_text())["verdict"] == "incomplete"


def test_requirement_without_any_cassette_is_not_run(tmp_path):
    done(
        tmp_path,
        "run",
        "--profile",
        "openai-v2",
        "--record",
        "c",
        "-k",
        "test_missing_version_headers or thread_locking",
    )
    ran = done(tmp_path, "run", "--replay", "c", "--json", "r.json", "-k", "vector_stores")
    assert "verdict: incomplete" in ran.stdout
    row = result(tmp_path / "r.json")["VS-001"]
    assert (row["verdict"], row["reason"]) == ("not-run", "(no cassette): record it again")


def test_request_that_was_not_recorded_fails_with_the_nearest(copied):
    # What the others of its kind have shown counts.
    file = copied / "c" / SMALL / "thread_locking" / "lock_ends_with_the_run.yaml"
    file.write_text(file.read_text("utf-8").replace('"model": "gpt-4o"', '"model": "gpt-older"'), "utf-8")
    ran = done(copied, "run", "--replay", "c", "--json", "r.json", status=1)
    assert "test_lock_ends_with_the_run: not in the cassette: POST /openai/assistants;" in ran.stdout
    assert '\n- "model": "gpt-older",\n+ "model": "gpt-4o",\n' in ran.stdout
    assert "a part only: 1 scenarios ask for what was not recorded" in ran.stdout
    assert json.loads((copied / "r.json").read_text())["verdict"] == "incomplete"


def test_answers_that_nobody_asks_for_are_told(copied):
    file = copied / "c" / SMALL / "thread_locking" / "run_in_progress_cannot_be_modified.yaml"
    text = file.read_text("utf-8")
    extra = text[text.index("- request:") : text.index("- request:", text.index("- request:") + 1)]
    file.write_text(text.replace("version: 1\n", extra + "version: 1\n"), "utf-8")
    ran = done(copied, "run", "--replay", "c", *PART)
    scenario = "suites/test_thread_locking.py::test_run_in_progress_cannot_be_modified"
    assert f"recorded answers that nobody asked for: {scenario}: 1" in ran.stdout


def test_old_cassettes_are_told(copied):
    file = copied / "c" / SMALL / "provenance.json"
    told = json.loads(file.read_text("utf-8"))
    told["recorded"] = (datetime.now(UTC).date() - timedelta(days=40)).isoformat()
    file.write_text(json.dumps(told), "utf-8")
    assert "the cassettes are 40 days old" in done(copied, "run", "--replay", "c", "--max-age", 39, *PART).stdout
    assert "days old" not in done(copied, "run", "--replay", "c", "--max-age", 40, *PART).stdout


def test_bad_input_is_refused_in_one_line(copied):
    place = copied / "c" / SMALL
    refused(copied, "there is nothing at", "run", "--replay", "nowhere")
    refused(copied, f"no cassettes of the profile openai-v2; there are: {SMALL}", "run", "--replay", "c",
            "--profile", "openai-v2")  # fmt: skip
    refused(copied, "there is no profile 'openai-v3'", "run", "--replay", "c", "--profile", "openai-v3")
    refused(copied, "either record or replay", "run", "--replay", "c", "--record", "d")
    refused(copied, "a replay asks no endpoint", "run", "--replay", "c", "--url", "http://127.0.0.1:1")
    refused(copied, "no server that could be broken", "run", "--replay", "c", "--fault", "x")
    refused(copied, "--max-age", "run", "--max-age", "3")
    refused(copied, "--hide-host", "run", "--hide-host")
    (copied / "file").write_text("x")
    refused(copied, "is no folder", "run", "--record", "file")
    (copied / "damaged.zip").write_bytes(b"PK\x03\x04 no archive")
    refused(copied, "damaged.zip: no archive of cassettes", "run", "--replay", "damaged.zip")
    refused(copied, "damaged.zip: no archive of cassettes", "run", "--record", "damaged.zip")
    for damage in ("{", "{}", '{"provenance_version": 1, "profile": 3}'):
        (place / "provenance.json").write_text(damage)
        refused(copied, "provenance.json: ", "run", "--replay", "c")
    (place / "provenance.json").unlink()
    refused(copied, "no cassettes of the profile", "run", "--replay", "c")


# -- another process ---------------------------------------------------------------------------------------------------


def against(url: str, *arguments: object) -> tuple[object, ...]:
    return ("run", "--profile", "openai-v2", "--url", url, *arguments)


def test_server_with_a_clock_is_recorded_and_replayed(tmp_path):
    part = ("-k", "(thread_locking or expiry or cancellation) and not failed")
    with served("openai-v2") as url:
        live = against(url, "--clock-url", f"{url}/_reference/clock", "--record", "c", *part)
        first = done(tmp_path, *live, "--json", "one.json", "--hide-host", OPENAI_API_KEY=KEY)
        before = files(tmp_path / "c")
        second = done(tmp_path, *live, "--hide-host", OPENAI_API_KEY=KEY)
    assert counted(second)[:2] == (0, 0), second.stdout[-3000:]
    assert counted(second)[2] == counted(first)[0] > 15
    assert files(tmp_path / "c") == before
    for name, data in before.items():
        assert KEY.encode() not in data, name
        assert b"127.0.0.1" not in data, name
    began = time.monotonic()
    done(tmp_path, "run", "--replay", "c", *part, "--json", "two.json")
    assert time.monotonic() - began < 60
    assert verdicts(tmp_path / "two.json") == verdicts(tmp_path / "one.json")
    assert " 0 findings of 0 requirements" in done(tmp_path, "audit", "c").stdout
    told = json.loads(before["openai-v2/provenance.json"])
    assert told["target"] == "recorded-host-1.invalid"
    assert told["clock"] == "wound"
    assert told["settings"]["api_key"] is True
    assert told["verdict"] == "incomplete"


def test_server_with_a_real_clock_is_waited_for_once(tmp_path):
    part = ("-k", "lock_ends_with_the_run or thread_locking", "--run-expiry", "4")
    with served("openai-v2", clock=RealClock(), run_expiry=4) as url:
        ran = command(tmp_path, *against(url, "--record", "c", *part), "--json", "one.json", OPENAI_API_KEY=KEY)
    # On a busy machine a run may expire too soon; what was recorded counts then.
    assert ran.returncode in (0, 1), ran.stdout
    told = json.loads((tmp_path / "c" / "openai-v2" / "provenance.json").read_text("utf-8"))
    assert (told["clock"], told["settings"]["run_expiry_seconds"]) == ("real", 4)
    done(tmp_path, "run", "--replay", "c", *part[:2], "--json", "two.json", status=ran.returncode)
    assert verdicts(tmp_path / "two.json") == verdicts(tmp_path / "one.json")
    assert " 0 findings of 0 requirements" in done(tmp_path, "audit", "c").stdout


def test_part_of_another_target_is_not_mixed_in(tmp_path):
    done(tmp_path, "run", "--profile", "openai-v2", "--record", "c", *PART)
    before = files(tmp_path / "c")
    ran = done(tmp_path, "run", "--profile", "openai-v2", "--record", "c", *PART, "--model", "another", status=2)
    assert "nothing was kept: the cassettes there were recorded with other settings (model)" in ran.stdout
    assert files(tmp_path / "c") == before


def test_replay_searches_as_much_as_was_recorded(tmp_path):
    part = ("-k", "search_machine")
    done(tmp_path, "run", "--profile", SMALL, "--record", "c", "--effort", "live", *part, "--json", "one.json")
    ran = done(tmp_path, "run", "--replay", "c", *part, "--json", "two.json")
    assert "effort live" in ran.stdout
    assert verdicts(tmp_path / "two.json") == verdicts(tmp_path / "one.json")


def test_faults_are_found_again_and_what_changed_is_shown(tmp_path):
    found = {}
    for fault in ("second-run-accepted", "message-accepted-while-locked"):
        with served("openai-v2", faults=(fault,)) as url:
            live = against(url, "--clock-url", f"{url}/_reference/clock", "--record", "c", *PART, "--json", "one.json")
            # Another port is another target.
            shutil.rmtree(tmp_path / "c", ignore_errors=True)
            done(tmp_path, *live, status=1, OPENAI_API_KEY=KEY)
        done(tmp_path, "run", "--replay", "c", *PART, "--json", "two.json", status=1)
        assert verdicts(tmp_path / "two.json") == verdicts(tmp_path / "one.json")
        found[fault] = {
            name for name, row in result(tmp_path / "two.json").items() if row["verdict"] in ("fail", "warn")
        }
        audited = done(tmp_path, "audit", "c", "--json", "three.json", status=1)
        assert "findings of 0" not in audited.stdout
    assert "LOCK-002" in found["second-run-accepted"]
    assert "LOCK-001" in found["message-accepted-while-locked"]


def test_changed_behaviour_is_shown_alone(tmp_path):
    done(tmp_path, "run", "--profile", "openai-v2", "--record", "c", *PART)
    shutil.move(tmp_path / "c" / "openai-v2" / "provenance.json", tmp_path / "kept.json")
    ran = done(
        tmp_path, "run", "--profile", "openai-v2", "--record", "c", *PART, "--fault", "second-run-accepted", status=1
    )
    assert counted(ran)[0] == 0
    shown = ran.stdout[ran.stdout.index("cassettes: ") :].splitlines()
    changed = [line for line in shown if line.startswith("  changed: ")]
    assert 0 < len(changed) < 5
    assert any("thread_is_locked" in line for line in changed)
    assert "    -400" in shown
    assert "    +200" in shown


class Leaking(Reference):
    """A server that tells everybody somebody else's token."""

    def handle(self, *request, **more):
        reply = super().handle(*request, **more)
        token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5NXgL0n3I9PlFUP0THsR8U"
        reply.headers["x-debug"] = token
        return reply


def test_secret_that_masking_does_not_know_stops_everything(tmp_path):
    done(tmp_path, "run", "--profile", "openai-v2", "--record", "c", *PART)
    before = files(tmp_path / "c")
    with served("openai-v2", kind=Leaking) as url:
        live = against(url, "--clock-url", f"{url}/_reference/clock", *PART, "-n", 2)
        ran = done(tmp_path, *live, "--record", "c", status=2, OPENAI_API_KEY=KEY)
        assert re.search(
            r"nothing was kept: openai-v2/thread_locking/[\w-]+\.yaml: line \d+: a JSON web token", ran.stdout
        )
        assert "eyJ" not in ran.stdout
        done(tmp_path, *live, "--record", "d", status=2, OPENAI_API_KEY=KEY)
    assert files(tmp_path / "c") == before
    assert files(tmp_path / "d") == {}


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_stopped_recording_keeps_nothing(tmp_path, workers):
    temporary = _apart(tmp_path)
    with running(Reference(load_profile("openai-v2"), clock=VirtualClock(), key=KEY), latency=0.02) as url:
        arguments = against(url, "--record", "c", "-v", *workers)
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", LISTENING + PROGRAM, *map(str, arguments)],
            cwd=tmp_path,
            env=environment(TMPDIR=str(temporary), OPENAI_API_KEY=KEY, PYTHONUNBUFFERED="1"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            told = ""
            while "PASSED" not in told:
                line = process.stdout.readline()
                assert line, told
                told += line
            process.send_signal(signal.SIGINT)
            rest, _ = process.communicate(timeout=60)
        finally:
            process.kill()
            process.wait()
    assert process.returncode == 2, rest
    if not workers:
        assert "nothing was kept: the recording was stopped before its end" in rest
    assert files(tmp_path / "c") == {}
    assert [path for path in temporary.iterdir() if path.name.startswith("assistants-")] == []
