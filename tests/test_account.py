"""Smoke, baseline, dry run and budget, as a user meets them."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date

import pytest
from jsonschema import Draft202012Validator

from assistants_conformance.contract import load_profile
from assistants_conformance.reference import Reference, VirtualClock
from assistants_conformance.reference.serve import running
from assistants_conformance.reporting.baseline import NoResultError, entries
from assistants_conformance.reporting.result import schema
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.reporting.verdicts import decide
from assistants_conformance.target import Known
from tests.test_cli import command, invoke, refused

KEY = {"OPENAI_API_KEY": "right"}
HERE = ("--profile", "openai-v2")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


class Target:
    """A server whose requests are counted."""

    def __init__(self, **how):
        self.reference = Reference(load_profile("openai-v2"), clock=VirtualClock(), key="right", **how)
        self.requests: list[tuple[str, str]] = []
        handle = self.reference.handle

        def counted(method, url, *more, **named):
            self.requests.append((method, url))
            return handle(method, url, *more, **named)

        self.reference.handle = counted

    @property
    def left(self) -> int:
        store = self.reference.world.store
        return len(store.assistants) + len(store.threads) + len(store.files) + len(store.vector_stores)


@pytest.fixture
def target():
    made = Target(failing_model="nowhere")
    with running(made.reference) as url:
        made.url = url
        yield made


# -- smoke -------------------------------------------------------------------------------------------------------------


def smoke(target, *arguments, **environ):
    return invoke("smoke", "--url", target.url, *HERE, "--run-timeout", "1", *arguments, **environ)


def test_smoke_of_a_good_target(here, target):
    done = smoke(target, **KEY)
    assert done.exit_code == 0, done.output
    for name in ("target", "key", "version", "objects", "run", "requests"):
        assert re.search(rf"^ok +{name} ", done.output, re.MULTILINE)
    assert len(target.requests) <= 10
    assert target.left == 0
    assert "right" not in done.output
    assert not list(here.rglob("*.jsonl"))


@pytest.mark.parametrize(
    ("arguments", "environ", "failed", "mend"),
    [
        ((), {"OPENAI_API_KEY": "wr0ng-key"}, "key", "set OPENAI_API_KEY"),
        (("--model", "nowhere"), KEY, "run", "name a model or deployment"),
    ],
)
def test_smoke_names_what_does_not_work(here, target, arguments, environ, failed, mend):
    done = smoke(target, *arguments, **environ)
    assert done.exit_code == 2
    assert re.search(rf"^FAIL {failed} ", done.output, re.MULTILINE), done.output
    assert mend in done.output
    assert "wr0ng-key" not in done.output
    assert target.left == 0


def test_smoke_of_another_version(here, target):
    done = invoke("smoke", "--url", target.url, "--profile", "openai-v1", **KEY)
    assert done.exit_code == 2
    assert re.search(r"^FAIL version ", done.output, re.MULTILINE), done.output
    assert "choose another --profile" in done.output


def test_smoke_of_another_path(here, target):
    done = invoke("smoke", "--url", f"{target.url}/elsewhere", *HERE, **KEY)
    assert done.exit_code == 2
    assert "base_path" in done.output


def test_smoke_without_an_answer(here):
    done = invoke("smoke", "--url", "http://127.0.0.1:1", *HERE, **KEY)
    assert done.exit_code == 2
    assert re.search(r"^FAIL target .*\n +mend: is a server running", done.output, re.MULTILINE)


def test_smoke_without_a_target(here):
    refused(invoke("smoke"), "no target is named")


# -- dry run -----------------------------------------------------------------------------------------------------------


def test_dry_run_sends_nothing_and_counts(here, target):
    done = command("run", "--url", target.url, *HERE, "--dry-run", "-k", "thread_locking or files", cwd=here, **KEY)
    assert done.returncode == 0, done.stderr
    assert target.requests == []
    rows = {
        line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if re.fullmatch(r"\S+( +\d+){3}", line)
    }
    assert {"thread_locking", "files", "all"} <= rows.keys()
    assert [sum(int(row[place]) for name, row in rows.items() if name != "all") for place in range(3)] == [
        int(one) for one in rows["all"]
    ]
    assert int(rows["thread_locking"][2]) > 0
    assert f"target: {target.url}" in done.stdout
    assert not list(here.rglob("*.jsonl"))


def test_dry_run_tells_the_truth(here, target):
    which = ("-k", "thread_locking", "--clock-url", f"{target.url}/_reference/clock")
    dry = command("run", "--url", target.url, *HERE, "--dry-run", *which, cwd=here, **KEY)
    found = re.search(r"^all +\d+ +(\d+) +(\d+)$", dry.stdout, re.MULTILINE)
    assert found, dry.stdout
    real = command("run", "--url", target.url, *HERE, *which, cwd=here, **KEY)
    told = re.search(r"(\d+) requests \(\d+\.\d a requirement\) and \d+ that cleaned up, (\d+) runs", real.stdout)
    assert told, real.stdout
    assert told.group(2) == found.group(2)
    assert int(told.group(1)) == pytest.approx(int(found.group(1)), rel=0.25)


def test_dry_run_writes_no_result(here):
    refused(invoke("run", "--dry-run", "--json", "r.json"), "--dry-run: nothing is judged")


# -- budget ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "most", "workers"), [("requests", 60, ("-n", "2")), ("runs", 3, ("-n", "2")), ("tokens", 50, ())]
)
def test_budget_ends_the_run_cleanly(here, target, name, most, workers):
    (here / "conformance.toml").write_text(f"[budget]\n{name} = {most}\n", "utf-8")
    which = ("-k", "thread_locking")
    done = command("run", "--url", target.url, *HERE, "--json", "r.json", *which, *workers, cwd=here, **KEY)
    result = json.loads((here / "r.json").read_text("utf-8"))
    Draft202012Validator(schema()).validate(result)
    assert done.returncode == 0, done.stdout
    assert result["verdict"] == "incomplete"
    reasons = {row["reason"] for row in result["requirements"] if row["verdict"] == "not-run"}
    assert any(f"the {name} of [budget] were used up" in str(reason) for reason in reasons)
    assert f"budget: {most} {name}" in done.stdout
    assert target.left == 0
    if name == "runs":
        assert result["runs"] <= most + len(workers)
    if name == "tokens":
        assert sum(result["tokens"].values()) >= most


def test_run_that_was_cut_short_is_never_conformant():
    profile = load_profile("openai-v2")
    tally = Tally(blocked={"LOCK-001": "not-run (budget): the runs of [budget] were used up"})
    tally.exercised.update(dict.fromkeys(profile.active, 1))
    verdicts = decide(tally, profile, known=[Known("LOCK-002", "why")])
    assert verdicts.overall == "incomplete"
    assert verdicts.totals["fail"] == 0
    verdicts = decide(Tally(blocked=tally.blocked), profile)
    assert verdicts.overall == "incomplete"
    assert verdicts.totals["not-run"] == len(verdicts.rows)


def test_result_tells_what_was_spent_and_how_capabilities_are_known(here, target):
    (here / "conformance.toml").write_text("[capabilities]\nfile_search = false\n", "utf-8")
    done = command("run", "--url", target.url, *HERE, "--json", "r.json", "-k", "run_lifecycle", cwd=here, **KEY)
    result = json.loads((here / "r.json").read_text("utf-8"))
    assert result["tokens"]["prompt"] > 0
    assert result["tokens"]["completion"] > 0
    assert result["target"]["known_by"]["file_search"] == "declared: file_search = false"
    assert "answered 200" in result["target"]["known_by"]["function_calling"]
    assert "capabilities declared: file_search = false" in done.stdout
    assert re.search(r"capabilities probed once they are needed: .*streaming", done.stdout)
    assert re.search(r"\d+ tokens \(\d+ prompt, \d+ completion\), \d+\.\d minutes", done.stdout)


# -- baseline ----------------------------------------------------------------------------------------------------------


def test_baseline_excuses_what_was_found_and_nothing_else(here):
    which = ("-k", "thread_locking", "--profile", "openai-v2")
    first = invoke("run", *which, "--fault", "error:thread_locked_run:status", "--json", "r.json")
    assert first.exit_code == 1
    done = invoke("baseline", "r.json", "--output", "known.toml")
    assert done.exit_code == 0, done.output
    known = tomllib.loads((here / "known.toml").read_text("utf-8"))["known"]
    assert known
    assert all((one["expires"] - date.today()).days == 90 for one in known)
    again = command("run", *which, "--config", "known.toml", "--fault", "error:thread_locked_run:status", cwd=here)
    assert again.returncode == 0, again.stdout
    refused(invoke("baseline", "r.json", "--output", "known.toml"), "is there already")


def row(verdict="fail", observed="200", reason=None, identifier="LOCK-001"):
    finding = {"observed": observed, "expected": "400"}
    found = [finding] if verdict in ("fail", "warn", "known") and observed is not None else []
    return {"id": identifier, "verdict": verdict, "reason": reason, "findings": found}


def result(*rows):
    return {"result_version": 1, "target": {"url": "u", "profile": "p", "mode": "live"}, "requirements": list(rows)}


def test_baseline_of_odd_texts_is_toml():
    odd = 'say "no"\\ \x00\x1b[31m\x7f\u0085\u202e\U0001f600 ünï\n\ud800'
    text, _ = entries(result(row(observed=odd)), 90)
    assert "observed" in tomllib.loads(text)["known"][0]["reason"]
    assert "\x1b" not in text


def test_baseline_keeps_reasons_and_says_what_it_cannot_excuse():
    rows = [
        row("known", reason="the clone queues"),
        row("warn", identifier="LOCK-002"),
        row("not-testable", identifier="LOCK-003"),
        row("fail", observed=None, identifier="LOCK-004"),
        row("not-run", identifier="LOCK-005"),
    ]
    text, notes = entries(result(*rows), 30, date(2027, 1, 1))
    known = tomllib.loads(text)["known"]
    assert [(one["requirement"], one["expires"]) for one in known] == [
        ("LOCK-001", date(2027, 1, 31)),
        ("LOCK-002", date(2027, 1, 31)),
    ]
    assert known[0]["reason"] == "the clone queues"
    told = "\n".join(notes)
    assert "LOCK-003" in told
    assert "no longer deviations, and so left out: LOCK-004" in told
    assert "a part only" in told


@pytest.mark.parametrize("document", [None, [], {}, {"result_version": 1, "requirements": [{"id": "X-1"}]}, 5])
def test_baseline_of_something_else(document):
    with pytest.raises(NoResultError):
        entries(document, 90)


def test_baseline_of_a_file_that_is_none(here):
    (here / "r.json").write_text("<html>", "utf-8")
    refused(invoke("baseline", "r.json"), "not JSON")
    refused(invoke("baseline", "nowhere.json"), "cannot be read")
