"""A sweep deletes what ledgers name, and nothing else."""

from __future__ import annotations

import os
import random
import signal
import time
from dataclasses import replace

import pytest

from assistants_conformance.contract import load_profile
from assistants_conformance.observe import Exchange, Judge, Request, Response, lowered
from assistants_conformance.reference import Reference, VirtualClock, in_process
from assistants_conformance.target import Api, Blocked, TargetSettings
from assistants_conformance.target.book import read
from assistants_conformance.target.fingerprint import MARK
from assistants_conformance.target.ledger import default_folder, opened, place_of
from assistants_conformance.target.lending import Lending
from assistants_conformance.target.sweep import ledgers, sweep
from assistants_conformance.target.table import ConfigError
from tests.support.counted import Counted
from tests.target.test_cleaning import held

URL = "http://clone.invalid:8080"


class Killed(BaseException):
    """The process ends here, without a word."""


class Stage:
    """A server, and runs against it that are killed."""

    def __init__(self, folder, profile="openai-v2"):
        self.folder = folder
        contract = load_profile(profile)
        secret = {"bearer_token": "t0ken-secret"} if contract.platform == "foundry" else {"api_key": "k3y-secret"}
        self.settings = TargetSettings(profile=contract, url=URL, **secret)
        self.server = Reference(contract, clock=VirtualClock(), key="k3y-secret", token="t0ken-secret")
        self.runs = 0

    def api(self, **changed) -> Api:
        return Api(replace(self.settings, **changed), Judge(self.settings.profile), in_process(self.server))

    def run(self) -> Api:
        """An Api with a ledger of its own."""
        self.runs += 1
        api = self.api()
        api.ledger = opened(self.settings, self.folder, f"run-{self.runs}")
        return api

    def killed(self, api: Api) -> None:
        """Let go of the file as a killed process does."""
        os.close(api.ledger._descriptor)
        api.ledger._descriptor = None

    def unanswered(self, api: Api, act) -> None:
        """Kill the run after the server has stored what was asked for and before anybody reads the answer."""

        def cut(*_):
            raise Killed

        api.ledger.answered, api.ledger.heard = cut, cut
        with pytest.raises(Killed):
            act()
        self.killed(api)

    def sweep(self, **how):
        return sweep(self.settings, ledgers(self.folder), open_api=self.api, **how)


@pytest.fixture
def stage(tmp_path):
    return Stage(tmp_path / "state" / "ledgers")


def test_named_objects_are_deleted_and_others_stay(stage):
    stranger = stage.api()
    stranger.assistant(), stranger.thread(), stranger.file(), stranger.store()
    before = held(stage.server)
    api = stage.run()
    api.assistant(), api.thread(), api.file(), api.store()
    stage.killed(api)
    done = stage.sweep()
    assert (done.deleted, done.left) == (4, 0)
    assert held(stage.server) == before
    assert ledgers(stage.folder) == []
    assert stage.sweep().requests == 0


def test_ledger_holds_no_secret_and_no_text(stage):
    api = stage.run()
    api.assistant(instructions="the text of the instructions", name="the name")
    (file,) = ledgers(stage.folder)
    text = file.read_text("utf-8")
    for word in ("k3y-secret", "the text", "the name"):
        assert word not in text
    assert '"target":"http://clone.invalid:8080"' in text
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0


def test_intent_stands_before_the_request_goes_out(stage):
    api = stage.run()
    (file,) = ledgers(stage.folder)
    seen = []
    send = api._http.send

    def spy(*arguments, **how):
        seen.append(read(file))
        return send(*arguments, **how)

    api._http.send = spy
    made = api.thread()["id"]
    assert [one.kind for one in seen[0].intents.values()] == ["thread"]
    assert list(read(file).alive) == [made]
    assert read(file).intents == {}


@pytest.mark.parametrize("kind", ["assistant", "file", "store"])
@pytest.mark.parametrize("marked", [True, False])
def test_create_without_an_answer_is_found(stage, kind, marked):
    getattr(stage.api(), f"post_{kind}")(**({"filename": "other.csv"} if kind == "file" else {"name": "other"}))
    before = held(stage.server)
    api = stage.run()
    stage.unanswered(api, getattr(api, kind if marked else f"post_{kind}"))
    assert held(stage.server) != before
    done = stage.sweep()
    assert (done.deleted, done.left) == (1, 0), done.lines
    assert held(stage.server) == before


def test_thread_without_an_answer_is_told_where_nothing_lists_threads(stage):
    api = stage.run()
    stage.unanswered(api, api.thread)
    done = stage.sweep()
    assert (done.deleted, done.left) == (0, 1)
    assert "a thread was asked for" in done.lines[0]
    assert "no list of this kind" in done.lines[0]
    assert stage.sweep().left == 0


def test_thread_without_an_answer_is_found_where_threads_are_listed(tmp_path):
    stage = Stage(tmp_path, "foundry-v1")
    stage.api().thread(metadata={"of": "a stranger"})
    before = held(stage.server)
    api = stage.run()
    stage.unanswered(api, api.thread)
    assert stage.sweep().deleted == 1
    assert held(stage.server) == before


def test_what_may_be_a_strangers_is_not_touched(stage):
    api = stage.run()
    stage.unanswered(api, api.post_file)
    stage.api().post_file()
    done = stage.sweep()
    assert any(line.startswith("not touched") for line in done.lines)
    assert len(held(stage.server)["files"]) == 2


def test_object_made_before_the_intent_is_a_strangers(stage):
    stage.api().post_file()
    stage.server.handle("POST", "/_reference/clock", {"content-type": "application/json"}, b'{"advance_seconds": 60}')
    before = held(stage.server)
    api = stage.run()
    api.call("list_files")
    stage.unanswered(api, lambda: api.call("delete_file", file_id="file-nothing"))
    api = stage.run()
    api.call("list_files")
    api.ledger.sending(_request(api), "/files")
    stage.killed(api)
    assert stage.sweep().deleted == 0
    assert held(stage.server) == before


def _request(api):
    """The request of an upload that never goes out."""
    kept = []
    api._exchange = lambda method, url, headers, content: kept.append((method, url, headers, content))
    api.post_file()
    method, url, headers, content = kept[0]
    return Request(method, url, lowered(headers), content)


def test_refused_create_that_was_stored_all_the_same_is_deleted(stage):
    api = stage.run()
    number = api.ledger.sending(_assistant_request(api), "/assistants")
    made = stage.api().post_assistant(name="kept all the same")
    api.ledger.answered(number, _refused(api), "/assistants")
    stage.killed(api)
    assert made.ok
    assert stage.sweep().deleted == 1
    assert held(stage.server) == {}


def _assistant_request(api):
    body = b'{"model": "gpt-4o", "name": "kept all the same"}'
    return Request("POST", f"{api.origin}/assistants", {"content-type": "application/json"}, body)


def _refused(api):
    return Exchange(_assistant_request(api), Response(400, {"content-type": "application/json"}, b"{}"))


def test_run_that_goes_on_is_passed_over(stage):
    api = stage.run()
    api.thread()
    done = stage.sweep()
    assert (done.deleted, done.running) == (0, 1)
    assert "goes on" in done.lines[0]


def test_only_old_runs_of_this_target_are_swept(stage):
    api = stage.run()
    api.thread()
    stage.killed(api)
    assert stage.sweep(older_than=3600).deleted == 0
    elsewhere = replace(stage.settings, url="http://other.invalid")
    there = stage.api(url="http://other.invalid")
    assert sweep(elsewhere, ledgers(stage.folder), open_api=lambda: there).deleted == 0
    assert stage.sweep(dry=True).deleted == 0
    assert len(held(stage.server)["threads"]) == 1
    assert stage.sweep(older_than=0).deleted == 1


def test_half_a_line_is_passed_over(stage):
    api = stage.run()
    api.thread()
    stage.killed(api)
    (file,) = ledgers(stage.folder)
    with file.open("ab") as ledger:
        ledger.write(b'{"n":2,"kind":"thr')
    assert stage.sweep().deleted == 1


def test_what_cannot_be_deleted_stays_in_the_ledger(stage, monkeypatch):
    api = stage.run()
    api.thread()
    stage.killed(api)

    def broken(self, kind, identifier):
        raise Blocked("no answer")

    with monkeypatch.context() as patched:
        patched.setattr(Api, "end", broken)
        assert stage.sweep().left == 1
    assert stage.sweep().deleted == 1


def test_store_that_came_with_a_message_is_deleted(stage):
    api = stage.run()
    thread, file = api.thread()["id"], api.file(filename="a.txt", content=b"words", content_type="text/plain")["id"]
    attached = [{"file_id": file, "tools": [{"type": "file_search"}]}]
    api.message(thread, attachments=attached)
    assert held(stage.server)["vector_stores"]
    stage.killed(api)
    stage.sweep()
    assert held(stage.server) == {}


def test_store_that_came_on_a_thread_of_another_ledger_is_deleted(stage):
    """A thread that is lent stands in the ledger of who made it, and so does what it comes to hold."""
    lending, maker, borrower = Lending(), stage.run(), stage.run()
    for api in (maker, borrower):
        api.lending, api.ledger.kept = lending, lending.kept
    with maker.named("first"):
        thread = maker.thread(metadata={"lent": "yes"})["id"]
    lending.release(maker)
    with borrower.named("second"):
        assert borrower.thread(metadata={"lent": "yes"})["id"] == thread
        file = borrower.file(filename="a.txt", content=b"words", content_type="text/plain")["id"]
        attached = [{"file_id": file, "tools": [{"type": "file_search"}]}]

        def cut(*_):
            raise Killed

        borrower.ledger.answered = cut
        with pytest.raises(Killed):
            borrower.message(thread, attachments=attached)
        stage.killed(maker)
        stage.killed(borrower)
        assert held(stage.server)["vector_stores"]
        stage.sweep()
        assert held(stage.server) == {}
        borrower.ledger, borrower.lending = None, None


@pytest.mark.parametrize("kind", ["assistant", "thread"])
def test_store_that_came_with_a_create_without_an_answer_is_deleted(tmp_path, kind):
    stage = Stage(tmp_path / "ledgers", "foundry-v1")
    api = stage.run()
    helper = {"tool_resources": {"file_search": {"vector_stores": [{"file_ids": [api.file()["id"]]}]}}}
    more = {"tools": [{"type": "file_search"}]} if kind == "assistant" else {}
    stage.unanswered(api, lambda: getattr(api, f"post_{kind}")(**helper, **more, metadata={"mark": "m"}))
    assert held(stage.server)["vector_stores"]
    done = stage.sweep()
    assert held(stage.server) == {}, done.lines


def test_store_that_came_with_a_streamed_thread_is_deleted(stage):
    """Of a stream that breaks off, its first event is known: the thread, and that it was to have a store."""
    api = stage.run()
    thread = {"tool_resources": {"file_search": {"vector_stores": [{"file_ids": [api.file()["id"]]}]}}}
    body = {"assistant_id": api.assistant()["id"], "thread": thread, "stream": True}

    def cut(*_):
        raise Killed

    api.ledger.answered = cut
    with pytest.raises(Killed):
        api.call("create_thread_and_run", json=body)
    stage.killed(api)
    assert held(stage.server)["vector_stores"]
    stage.sweep()
    assert held(stage.server) == {}


def test_arranged_objects_carry_the_id_of_the_run(stage):
    api = stage.run()
    for made in (api.assistant(), api.thread(), api.store()):
        assert made["metadata"] == {MARK: "run-1"}
    assert api.post_thread().json["metadata"] == {}
    assert api.thread(metadata={})["metadata"] == {}


def test_folder_of_the_users_state(tmp_path, monkeypatch):
    assert default_folder({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "assistants-conformance"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_folder({}) == tmp_path / ".local" / "state" / "assistants-conformance"


def test_folder_that_cannot_be_written_is_named(stage, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="name another folder"):
        opened(stage.settings, tmp_path / "file" / "ledgers")


def test_place_has_no_password():
    assert place_of("HTTPS://me:pw@Host.invalid:1/openai/?key=1") == "https://host.invalid:1/openai"


# -- in processes of their own -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["foundry-v1", "azure-2024-02-15-preview"])
def test_killed_run_is_swept(profile, tmp_path):
    with Counted(profile, tmp_path / "ledgers") as server:
        for _ in range(2):
            run = server.start("run", "-k", "threads or messages or files")
            wait_for(lambda: any(server.held().values()))
            time.sleep(random.uniform(0.0, 1.0))
            os.killpg(run.pid, signal.SIGKILL)
            run.communicate()
            status, told = server.done("sweep")
            assert not any(server.held().values()), told
            assert status == 0, told
            assert ledgers(server.ledger) == []


def test_interrupted_run_cleans_up_by_itself(tmp_path):
    with Counted("openai-v2", tmp_path / "ledgers") as server:
        run = server.start("run", "-k", "threads or messages or files")
        wait_for(lambda: any(server.held().values()))
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=60)
        assert run.returncode == 2
        assert not any(server.held().values())
        assert ledgers(server.ledger) == []


def wait_for(there) -> None:
    deadline = time.monotonic() + 60
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.01)
