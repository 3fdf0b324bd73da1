"""The pytest plugin: outcomes, report, result, exit status, workers; and silence where it is not asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator

from assistants_conformance.contract import load_profile
from assistants_conformance.reference import Reference, VirtualClock
from assistants_conformance.reference.serve import running
from assistants_conformance.reporting.result import schema

if TYPE_CHECKING:
    from pathlib import Path

SUITE = '''
"""A suite with every outcome."""
import pytest
from assistants_conformance.scenario import requirement
from assistants_conformance.target import Blocked, NotApplicable

@requirement("LOCK-004")
@pytest.mark.parametrize("number", [1, 2])
def test_holds(api, verify, number):
    verify.status("LOCK-004", api.post_thread(), 200)

@requirement("LOCK-001")
def test_fails(api, verify):
    answer = api.post_thread(metadata={"evil": "\\x1b[31mred"})
    verify("LOCK-001", False, observed="it was \\x1b[2J accepted", expected="refused with 400", answer=answer)

@requirement("LOCK-011")
def test_warns(api, verify):
    verify("LOCK-011", False, observed="two", expected="one")

@requirement("LOCK-005")
def test_does_not_apply(api, verify):
    raise NotApplicable("the target lacks function_calling")

@requirement("LOCK-006")
def test_cannot_be_reached(api, verify):
    raise Blocked("no run waits for tool outputs")

@requirement("LOCK-007")
def test_breaks(api, verify):
    raise RuntimeError("the suite itself is wrong")

@requirement("LOCK-009")
def test_forgets(api, verify):
    api.thread()

@requirement("VER-005")
def test_elsewhere(api, verify):
    verify("VER-005", True, observed="", expected="")
'''

SOUND = """
from assistants_conformance.scenario import requirement

@requirement("LOCK-004")
def test_holds(api, verify):
    verify.status("LOCK-004", api.post_thread(), 200)
"""


def pytest_run(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "OPENAI_", "PYTEST_"))}
    plugins = ["-p", "assistants_conformance.plugin", "-p", "xdist.plugin", "-p", "no:cacheprovider"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "--disable-plugin-autoload", *plugins, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**kept, "COLUMNS": "100", **environ},
        timeout=60,
        check=False,
    )


def suite(folder: Path, text: str) -> Path:
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n", "utf-8")
    (folder / "test_area.py").write_text(text, "utf-8")
    return folder


def result_of(folder: Path) -> dict:
    result = json.loads((folder / "result.json").read_text("utf-8"))
    Draft202012Validator(schema()).validate(result)
    return result


def verdicts_of(folder: Path) -> dict[str, str]:
    return {row["id"]: row["verdict"] for row in result_of(folder)["requirements"]}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    folder = suite(tmp_path_factory.mktemp("mixed"), SUITE)
    done = pytest_run(folder, "--assistants-json", "result.json", "--junitxml=junit.xml", "-rN")
    return folder, done


def test_each_outcome_has_its_verdict(mixed):
    folder, done = mixed
    verdicts = verdicts_of(folder)
    told = {name: verdicts[f"LOCK-{name}"] for name in ("001", "004", "005", "006", "007", "009", "011", "002")}
    assert told == {
        "001": "fail",
        "002": "not-run",
        "004": "pass",
        "005": "not-applicable",
        "006": "not-testable",
        "007": "error",
        "009": "error",
        "011": "warn",
    }
    result = result_of(folder)
    assert (result["verdict"], done.returncode) == ("error", 2)
    assert result["target"] == {
        "url": "reference",
        "profile": load_profile().id,
        "mode": "reference",
        "capabilities": {},
        "known_by": {},
    }
    assert result["requests"] == 4
    held = next(row for row in result["requirements"] if row["id"] == "LOCK-004")
    assert held["tests"] == ["test_area.py::test_holds[1]", "test_area.py::test_holds[2]"]
    assert held["exercised"] == 2


def test_every_outcome_has_its_letter(mixed):
    assert "test_area.py ..FwnTEE." in mixed[1].stdout
    assert "4 failed" in mixed[1].stdout.splitlines()[-1]


def test_failure_shows_everything_on_one_screen(mixed):
    out = mixed[1].stdout
    assert "\x1b" not in out
    failure = out[out.index("_ test_fails _") : out.index("_ test_cannot_be_reached _")]
    requirement = load_profile().requirement("LOCK-001")
    for part in (
        "LOCK-001  MUST  changes-behaviour",
        requirement.title,
        requirement.source,
        "observed it was \\x1b[2J accepted",
        "expected refused with 400",
        "exchange POST http://reference.invalid/openai/threads?api-version=2024-05-01-preview -> 200",
        "curl -sS -i -X POST",
        "$AZURE_OPENAI_API_KEY",
        "where    test_area.py::test_fails",
    ):
        assert part in failure
    assert len(failure.splitlines()) < 24
    assert "embedded-reference-key" not in out


def test_other_outcomes_say_why(mixed):
    out = mixed[1].stdout
    assert "not testable: no run waits for tool outputs" in out
    assert "RuntimeError: the suite itself is wrong" in out
    assert "the scenario ended without checking LOCK-009" in out
    assert "not applicable: LOCK-005: the target lacks function_calling" in out
    assert "a part only: not all suites were asked for" in out
    assert "verdict: error" in out


def test_junit_carries_the_finding(mixed):
    cases = {case.get("name"): case for case in ET.parse(mixed[0] / "junit.xml").iter("testcase")}
    assert "LOCK-001" in (cases["test_fails"].find("failure").text or "")
    assert cases["test_does_not_apply"].find("skipped") is not None
    assert cases["test_warns"].find("failure") is None


def test_workers_give_the_same_verdicts(mixed, tmp_path):
    done = pytest_run(suite(tmp_path, SUITE), "--assistants-json=result.json", "-n", "2")
    assert done.returncode == 2
    one, two = result_of(mixed[0]), result_of(tmp_path)
    assert two.pop("duration_seconds") > 0
    assert one.pop("duration_seconds") > 0
    for result in (one, two):
        # Ids and times differ from server to server.
        for row in result["requirements"]:
            # A traceback names the folder.
            row["reason"] = row["reason"] and row["reason"].splitlines()[-1]
            for finding in row["findings"]:
                finding["exchange"] = finding["exchange"].partition(" -> ")[0]
    assert two == one


def test_scenario_of_another_profile_is_left_out(tmp_path):
    other = "azure-2024-02-15-preview"
    assert "VER-005" in load_profile().active - load_profile(other).active
    done = pytest_run(suite(tmp_path, SOUND.replace("LOCK-004", "VER-005")), f"--assistants-profile={other}")
    assert done.returncode == 0
    assert "no scenario ran: none that was collected is about the profile azure-2024-02-15-preview" in done.stdout
    assert "1 deselected" in done.stdout


def test_filter_that_matches_nothing_is_no_success(tmp_path):
    done = pytest_run(suite(tmp_path, SOUND), "-k", "nothing_of_the_sort")
    assert done.returncode == 2
    assert "no scenario ran: none matches what was asked for" in done.stdout


def test_level_leaves_lower_ones_out(tmp_path):
    done = pytest_run(suite(tmp_path, SUITE), "--assistants-level=must", "--assistants-json=result.json", "-q")
    verdicts = verdicts_of(tmp_path)
    assert (verdicts["LOCK-011"], verdicts["LOCK-001"]) == ("not-run", "fail")
    assert "a part only: level MUST" in done.stdout


def test_finding_of_the_judge_alone_turns_the_session_red(tmp_path):
    done = pytest_run(suite(tmp_path, SOUND), "--assistants-fault=object:thread.created_at:missing")
    assert "1 passed" in done.stdout.splitlines()[-1]
    assert done.returncode == 1
    assert "verdict: non-conformant" in done.stdout


def test_known_deviation_is_no_failure(tmp_path):
    (tmp_path / "conformance.toml").write_text('[[known]]\nrequirement = "LOCK-001"\nreason = "it queues"\n', "utf-8")
    text = SUITE.partition('@requirement("LOCK-011")')[0]
    done = pytest_run(suite(tmp_path, text), "--assistants-json=result.json")
    assert done.returncode == 0, done.stdout
    assert verdicts_of(tmp_path)["LOCK-001"] == "known"
    assert "test_area.py ..k" in done.stdout


def test_budget_ends_the_run_but_not_in_red(tmp_path):
    (tmp_path / "conformance.toml").write_text("[budget]\nrequests = 1\n", "utf-8")
    text = SOUND + SOUND.partition("\n\n")[2].replace("test_holds", "test_later").replace("LOCK-004", "LOCK-006")
    done = pytest_run(suite(tmp_path, text), "--assistants-json=result.json")
    assert done.returncode == 0
    rows = {row["id"]: row for row in result_of(tmp_path)["requirements"]}
    assert (rows["LOCK-004"]["verdict"], rows["LOCK-006"]["verdict"]) == ("pass", "not-run")
    assert rows["LOCK-006"]["reason"] == "budget: the requests of [budget] were used up"


def test_scenario_that_cannot_begin_is_an_error(tmp_path):
    fixture = "import pytest\n\n@pytest.fixture\ndef broken(api):\n    raise RuntimeError('no fixture')\n"
    done = pytest_run(
        suite(tmp_path, fixture + SOUND.replace("verify)", "verify, broken)")), "--assistants-json=result.json"
    )
    assert done.returncode == 2
    row = next(row for row in result_of(tmp_path)["requirements"] if row["id"] == "LOCK-004")
    assert row["verdict"] == "error"
    assert row["reason"] == "setup of test_holds: RuntimeError: no fixture"


def test_plugin_that_breaks_is_told_with_its_reason(tmp_path):
    breaking = """
        import assistants_conformance.plugin.aside as aside

        def conduct(*arguments):
            raise ImportError("half of an installation")

        aside.conduct = conduct
    """
    (tmp_path / "conftest.py").write_text(textwrap.dedent(breaking), "utf-8")
    done = pytest_run(suite(tmp_path, SOUND), "--assistants-json=result.json")
    assert done.returncode == 2
    row = next(row for row in result_of(tmp_path)["requirements"] if row["id"] == "LOCK-004")
    assert (row["verdict"], row["reason"]) == ("error", "call of test_holds: ImportError: half of an installation")
    assert "half of an installation" in done.stdout


def test_scenario_that_hangs_is_not_testable(tmp_path):
    text = SOUND.replace("    verify", "    import time\n    time.sleep(30)\n    verify")
    done = pytest_run(suite(tmp_path, text), "-p", "pytest_timeout", "--timeout=0.5", "--assistants-json=result.json")
    assert done.returncode == 1
    row = next(row for row in result_of(tmp_path)["requirements"] if row["id"] == "LOCK-004")
    assert row["verdict"] == "not-testable"
    assert row["reason"].startswith("the scenario did not end: Timeout")


def test_worker_that_dies_is_an_error(tmp_path):
    text = SOUND + SOUND.partition("\n\n")[2].replace("test_holds", "test_dies").replace(
        "    verify", "    import os; os._exit(3)#"
    )
    done = pytest_run(suite(tmp_path, text), "-n", "2", "--assistants-json=result.json")
    assert done.returncode == 2
    assert result_of(tmp_path)["verdict"] == "error"
    assert "a worker died and its findings are lost" in done.stdout


def test_failing_test_of_another_kind_keeps_the_session_red(tmp_path):
    done = pytest_run(suite(tmp_path, SOUND + "\ndef test_other():\n    assert 1 == 2\n"))
    assert done.returncode == 1
    assert "verdict: incomplete" in done.stdout
    assert "assert 1 == 2" in done.stdout


def test_session_without_scenarios_is_left_alone(tmp_path):
    heavy = "[name for name in sys.modules if 'httpx' in name or 'jsonschema' in name]"
    text = f"import sys\n\ndef test_other():\n    assert {heavy} == []\n"
    done = pytest_run(suite(tmp_path, text), AZURE_OPENAI_ENDPOINT="http://127.0.0.1:1", OPENAI_API_KEY="sk-real")
    assert done.returncode == 0, done.stdout
    assert "conformance" not in done.stdout
    assert pytest_run(suite(tmp_path, "")).returncode == 5


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--assistants-url=http://127.0.0.1:1"], "the target does not answer"),
        (["--assistants-profile=azure"], "--profile: there is no profile 'azure'"),
        (["--assistants-fault=nonsense"], "--fault: there is no fault 'nonsense'"),
        (["--assistants-json=nowhere/result.json"], "there is no folder"),
    ],
)
def test_session_that_cannot_begin_says_why(tmp_path, arguments, told):
    done = pytest_run(suite(tmp_path, SOUND), *arguments)
    assert done.returncode == 2
    assert told in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "test_area.py" not in done.stdout


def test_live_target_with_workers(tmp_path):
    with running(Reference(load_profile(), clock=VirtualClock(), key="live-secret-key")) as url:
        done = pytest_run(
            suite(tmp_path, SOUND),
            *("-n", "2", f"--assistants-url={url}", "--assistants-json=result.json"),
            AZURE_OPENAI_API_KEY="live-secret-key",
        )
    assert done.returncode == 0, done.stdout
    result = result_of(tmp_path)
    assert (result["target"]["url"], result["target"]["mode"]) == (url, "live")
    assert "live-secret-key" not in done.stdout + json.dumps(result)
    assert f"assistants-conformance target: {url}  (option)" in done.stdout
