"""The command line: what each command prints, and its exit status for good and for bad input."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from assistants_conformance import __version__
from assistants_conformance.cli import main
from assistants_conformance.cli.layout import for_terminal
from assistants_conformance.contract import IMPACTS, LEVELS, catalogue, load_profile, profile_ids
from assistants_conformance.reference import Reference, VirtualClock, registry
from assistants_conformance.reference.serve import running
from assistants_conformance.reporting.result import schema
from assistants_conformance.scenario.embed import embed, embedded_settings

ENVIRON = {name: None for name in os.environ if name.startswith(("AZURE_OPENAI_", "OPENAI_"))}


def invoke(*arguments: object, **environ: str):
    return CliRunner(env={**ENVIRON, **environ}).invoke(main, [str(argument) for argument in arguments])


def command(*arguments: object, cwd=None, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "OPENAI_", "PYTEST_"))}
    program = "from assistants_conformance.cli import main; main(prog_name='assistants-conformance')"
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={**kept, **environ},
        timeout=120,
        check=False,
    )


def refused(done, told: str) -> None:
    """Exit status 2, one line that says what is wrong, and no traceback."""
    assert done.exit_code == 2, done.output
    lines = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1
    assert told in lines[0]
    assert "Traceback" not in done.output


# -- run ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_run_without_an_answer_is_refused(here):
    refused(invoke("run", "--url", "http://127.0.0.1:1"), "the target does not answer")


def test_run_with_a_wrong_key_is_refused(here):
    with running(Reference(load_profile(), clock=VirtualClock(), key="right")) as url:
        done = invoke("run", "--url", url, AZURE_OPENAI_API_KEY="wrong-key")
        refused(done, "the key was refused")
        assert "wrong-key" not in done.output
        refused(invoke("run", "--url", url), "AZURE_OPENAI_API_KEY and AZURE_OPENAI_AD_TOKEN not set")


def test_run_leaves_the_environment_of_its_caller(here, monkeypatch):
    asked = []
    monkeypatch.setattr(pytest, "main", lambda arguments: asked.append((arguments, dict(os.environ))) or 0)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--of-somebody-else")
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", raising=False)
    before = dict(os.environ)
    assert invoke("run").exit_code == 0
    ((_, seen),) = asked
    assert (seen["PYTEST_ADDOPTS"], seen["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]) == ("", "1")
    assert dict(os.environ) == before


def test_run_against_something_else_is_retired(here):
    with running(Reference(load_profile(), clock=VirtualClock(), key="right")) as url:
        done = invoke("run", "--url", f"{url}/other", "--json", "r.json", AZURE_OPENAI_API_KEY="right")
    refused(done, "retired or not an Assistants endpoint")
    result = json.loads((here / "r.json").read_text("utf-8"))
    Draft202012Validator(schema()).validate(result)
    assert result["verdict"] == "retired"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--profile", "openai-v3"], "there is no profile 'openai-v3'; did you mean 'openai-v2'?"),
        (["--url", "localhost"], "--url: 'localhost' is no address"),
        (["--config", "nowhere.toml"], "there is no such file"),
        (["-m", "MSUT"], "there is no level 'MSUT'; did you mean 'MUST'?"),
        (["-n", "many"], "-n: 'many' is no number of processes"),
        (["--fault", "second-run-acepted"], "second-run-accepted"),
        (["--json", "nowhere/r.json"], "--json: there is no folder nowhere"),
        (["--json", "."], "--json: . is a folder"),
        (["--junit", "nowhere/j.xml"], "--junit: there is no folder nowhere"),
        (["--run-expiry", "soon"], "Invalid value for '--run-expiry'"),
        (["--bogus"], "No such option"),
    ],
)
def test_run_refuses_bad_usage(here, arguments, told):
    refused(invoke("run", *arguments), told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[[known]]\nrequirement = "LOCK-099"\nreason = "x"\n', "there is no requirement 'LOCK-099'"),
        ('[target]\nmodle = "x"\n', "conformance.toml: [target] modle: unknown key; did you mean 'model'?"),
        ("[target\n", "conformance.toml: not TOML"),
    ],
)
def test_run_refuses_a_bad_configuration(here, text, told):
    (here / "conformance.toml").write_text(text, "utf-8")
    refused(invoke("run"), told)


def test_run_is_deaf_to_the_settings_of_its_surroundings(tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n", "utf-8")
    (tmp_path / "conftest.py").write_text("raise RuntimeError\n", "utf-8")
    done = command(
        *("run", "-k", "test_thread_is_locked_while_a_run_is_active", "--json", "r.json", "--junit", "j.xml"),
        cwd=tmp_path,
        PYTEST_ADDOPTS="--no-such-option",
        OPENAI_API_KEY="sk-real",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("target: embedded reference server  (default)\n")
    assert done.stdout.rstrip().endswith("verdict: incomplete")
    result = json.loads((tmp_path / "r.json").read_text("utf-8"))
    Draft202012Validator(schema()).validate(result)
    rows = {row["id"]: row for row in result["requirements"]}
    assert rows["LOCK-004"]["verdict"] == "pass"
    assert rows["LOCK-004"]["tests"] == ["suites/test_thread_locking.py::test_thread_is_locked_while_a_run_is_active"]
    assert (tmp_path / "j.xml").read_text("utf-8").count("<testcase") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["conftest.py", "j.xml", "pytest.ini", "r.json"]


def test_run_finds_a_fault_with_two_workers(tmp_path):
    done = command(
        *("run", "-n", "2", "-k", "thread_is_locked or lock_ends", "--fault", "second-run-accepted"),
        cwd=tmp_path,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "LOCK-002  MUST  changes-behaviour" in done.stdout
    assert done.stdout.rstrip().endswith("verdict: non-conformant")


@pytest.mark.parametrize(("expression", "told"), [("nothing_of_the_sort", "none matches"), ("a b", "Wrong expression")])
def test_run_with_a_filter_that_selects_nothing_is_no_success(tmp_path, expression, told):
    done = command("run", "-k", expression, cwd=tmp_path)
    assert done.returncode == 2
    assert told in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


# -- audit -------------------------------------------------------------------------------------------------------------


def recording(file, *, spoil: bool = False):
    """Write what the reference server answers as JSON lines; spoiled, one created_at is no number."""
    api = embed(embedded_settings(load_profile()))
    lines = []
    observe = api.judge.observe

    def keep(exchange):
        body = exchange.response.json
        if spoil and body.get("object") == "thread":
            body = {**body, "created_at": "yesterday"}
        request, response = exchange.request, exchange.response
        lines.append(
            {
                "request": {
                    "method": request.method,
                    "url": request.url,
                    "headers": dict(request.headers),
                    "body": request.json,
                },
                "response": {"status": response.status, "headers": dict(response.headers), "body": body},
            }
        )
        return observe(exchange)

    api.judge.observe = keep
    thread = api.thread(messages=[{"role": "user", "content": "What is the weather in Paris?"}])["id"]
    run = api.parked(thread=thread)
    api.release(run)
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return len(lines)


def test_audit_of_a_sound_recording(here):
    count = recording(here / "sound.jsonl")
    done = invoke("audit", "sound.jsonl", "--json", "r.json")
    assert done.exit_code == 0, done.output
    assert f"azure-2024-05-01-preview: {count} exchanges judged" in done.output
    assert "0 findings of 0 requirements" in done.output
    result = json.loads((here / "r.json").read_text("utf-8"))
    Draft202012Validator(schema()).validate(result)
    assert (result["target"]["mode"], result["verdict"]) == ("audit", "incomplete")
    assert result["target"]["profile"] == "azure-2024-05-01-preview"
    assert (result["requests"], result["runs"]) == (count, 1)
    assert result["totals"]["pass"] > 50


def test_audit_finds_a_damage(here):
    recording(here / "spoiled.jsonl", spoil=True)
    done = invoke("audit", "spoiled.jsonl", "--json", "r.json")
    assert done.exit_code == 1, done.output
    result = json.loads((here / "r.json").read_text("utf-8"))
    Draft202012Validator(schema()).validate(result)
    found = [row for row in result["requirements"] if row["findings"]]
    assert found
    assert "created_at" in found[0]["findings"][0]["observed"]
    assert "spoiled.jsonl#" in found[0]["findings"][0]["source"]
    assert found[0]["id"] in done.output


def test_audit_leaves_out_what_is_no_evidence(here):
    recording(here / "spoilt.jsonl", spoil=True)
    done = invoke("audit", here / "spoilt.jsonl", "--exclude", "*")
    assert "left out by --exclude" in done.output
    assert "no exchange of this API was found" in done.output
    assert done.exit_code == 2


@pytest.mark.parametrize("found", [False, True])
def test_audit_of_a_damaged_file_judges_the_others(here, found):
    recording(here / "other.jsonl", spoil=found)
    (here / "cassette.yaml").write_text("interactions:\n- request: [\n", "utf-8")
    done = invoke("audit", "cassette.yaml", "other.jsonl")
    refused(done, "cassette.yaml: line ")
    assert "exchanges judged" in done.output
    assert ("yesterday" in done.output) == found


def test_audit_of_a_folder_tells_damage_and_passes_over_foreign_files(here):
    (here / "folder").mkdir()
    recording(here / "folder" / "sound.jsonl")
    (here / "folder" / "package.json").write_text('{"name": "x"}', "utf-8")
    done = invoke("audit", "folder")
    assert done.exit_code == 0, done.output
    assert "no recordings: 1" in done.output
    (here / "folder" / "broken.yaml").write_text("interactions: {\n", "utf-8")
    refused(invoke("audit", "folder"), "broken.yaml: line ")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("nowhere.yaml", None, "nowhere.yaml: there is no such file or folder"),
        ("prose.yaml", "just some words\n", "prose.yaml"),
        ("settings.json", '{"a": 1}', "no recording of a known form"),
        ("picture.png", "x", "no recording"),
        ("empty", ..., "nothing was judged"),
    ],
)
def test_audit_of_no_recording_is_refused(here, name, content, told):
    if content is ...:
        (here / name).mkdir()
    elif content is not None:
        (here / name).write_text(content, "utf-8")
    refused(invoke("audit", name), told)


def test_audit_refuses_bad_usage(here):
    recording(here / "sound.jsonl")
    refused(invoke("audit"), "Missing argument")
    refused(invoke("audit", "sound.jsonl", "--profile", "openai-v9"), "there is no profile 'openai-v9'")
    refused(invoke("audit", "sound.jsonl", "--json", "nowhere/r.json"), "--json: there is no folder nowhere")


def test_audit_can_be_held_to_a_profile(here):
    recording(here / "sound.jsonl")
    done = invoke("audit", "sound.jsonl", "--profile", "azure-2024-02-15-preview")
    assert done.exit_code == 1
    assert "azure-2024-02-15-preview: " in done.output


def test_audit_shows_nothing_that_a_terminal_acts_on(here):
    recording(here / "evil.jsonl")
    text = (
        (here / "evil.jsonl").read_text("utf-8").replace('"object": "thread.run"', '"object": "\\u001b]0;owned\\u0007"')
    )
    (here / "evil.jsonl").write_text(text, "utf-8")
    done = invoke("audit", "evil.jsonl")
    assert done.exit_code == 1
    assert "\x1b" not in done.output
    assert "\x07" not in done.output
    assert "owned" in done.output


# -- serve -------------------------------------------------------------------------------------------------------------


def test_serve_says_when_it_is_ready_and_ends_when_told():
    program = "from assistants_conformance.cli import main; main()"
    arguments = ["serve", "--profile", "openai-v2", "--key", "mine", "--clock", "real"]
    with subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True) as server:
        try:
            line = server.stdout.readline()
            address = line.split()[1]
            assert line == f"serving {address} profile=openai-v2 clock=real\n"
            headers = {"Authorization": "Bearer mine", "OpenAI-Beta": "assistants=v2"}
            request = urllib.request.Request(f"{address}/v1/assistants", headers=headers)
            with urllib.request.urlopen(request, timeout=10) as answer:
                assert json.load(answer)["object"] == "list"
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(10)


def test_serve_refuses_bad_usage(here):
    refused(invoke("serve", "--profile", "openai-v9"), "there is no profile 'openai-v9'")
    refused(invoke("serve", "--fault", "nonsense"), "--fault: there is no fault 'nonsense'")
    refused(invoke("serve", "--host", "256.0.0.1"), "cannot listen on 256.0.0.1")
    refused(invoke("serve", "--port", "99999"), "Invalid value for '--port'")


# -- tables ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", profile_ids())
def test_requirements_are_all_listed_with_their_decision(profile):
    done = invoke("requirements", "--profile", profile, "--json")
    rows = json.loads(done.stdout)["requirements"]
    assert {row["id"] for row in rows} == catalogue().keys()
    decided = {name: {row["id"] for row in rows if row["decision"] == name} for name in ("active", "excluded")}
    assert decided["active"] == load_profile(profile).active
    assert decided["excluded"] == load_profile(profile).excluded.keys()
    assert all(row["reason"] for row in rows if row["decision"] != "active")
    for row in rows:
        behind = (*row["judge"], *row["scenarios"])
        assert bool(behind) == (row["decision"] == "active"), row["id"]
        assert row["faults"] or row["occasion"] or row["decision"] != "active", row["id"]


ROW = {
    "id": "^[A-Z]+-[A-Z]?[0-9]+$",
    "area": "^[a-z_]+$",
    "level": f"^({'|'.join(LEVELS)})$",
    "impact": f"^({'|'.join(IMPACTS)})$",
    "title": ".",
    "statement": ".",
    "source": ".",
    "profiles": ["."],
    "decision": "^(active|excluded|does not apply)$",
    "reason": None,
    "occasion": None,
    "judge": ["^(rules|schema|lifecycle) of [a-z_]+$|^every refusal$"],
    "scenarios": [r"^suites/test_\w+\.py::test_\w+$"],
    "faults": ["."],
}


def test_requirements_as_json_have_a_stable_shape():
    def form(value):
        if isinstance(value, list):
            return {"type": "array", "items": form(value[0])}
        return {"type": "string", "pattern": value} if value else {"type": ["string", "null"], "minLength": 1}

    row = {
        "type": "object",
        "properties": {key: form(value) for key, value in ROW.items()},
        "required": list(ROW),
        "additionalProperties": False,
    }
    count = {"type": "integer", "minimum": 0}
    decisions = ["active", "excluded", "does not apply"]
    counts = {"properties": dict.fromkeys(decisions, count), "required": decisions, "additionalProperties": False}
    schema = {
        "properties": {"profile": {"const": "openai-v2"}, "counts": counts, "requirements": {"items": row}},
        "required": ["profile", "counts", "requirements"],
        "additionalProperties": False,
    }
    document = json.loads(invoke("requirements", "--profile", "openai-v2", "--json").stdout)
    Draft202012Validator(schema).validate(document)
    assert sum(document["counts"].values()) == len(document["requirements"])
    assert list(document["requirements"][0]) == list(ROW)


def test_requirements_of_an_area_go_into_a_pipe_one_a_line():
    done = invoke("requirements", "--area", "thread_locking")
    assert done.exit_code == 0
    head, *rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert {len(row) for row in rows} == {len(head)}
    assert {row[head.index("area")] for row in rows} == {"thread_locking"}
    first = dict(zip(head, rows[0], strict=True))
    assert first["id"] == "LOCK-001"
    assert first["judge"] == "rules of lock"
    assert int(first["scenarios"]) > 0
    named = invoke("requirements", "--area", "thread_locking", "--tests").stdout
    assert "suites/test_thread_locking.py::test_thread_is_locked_while_a_run_is_active" in named
    assert "message-accepted-while-locked" in named
    assert "active" in done.stderr
    refused(invoke("requirements", "--area", "locking"), "there is no area 'locking'")


@pytest.mark.parametrize("width", [80, 200])
def test_requirements_fit_the_terminal(width):
    rows = json.loads(invoke("requirements", "--profile", "openai-v2", "--json").stdout)["requirements"]
    lines = list(for_terminal(rows, width, names=False))
    assert max(map(len, lines)) <= width
    for row in rows:
        assert sum(line.startswith(f"  {row['id']} ") for line in lines) == 1
        assert row["decision"] in next(line for line in lines if line.startswith(f"  {row['id']} "))
    assert len(lines) < len(rows) * (2 if width == 200 else 4)


@pytest.mark.parametrize("profile", profile_ids())
def test_faults_are_listed_with_what_they_kill(profile):
    done = invoke("faults", "--profile", profile, "--json")
    rows = json.loads(done.stdout)["faults"]
    assert {row["name"] for row in rows} == registry(load_profile(profile)).keys()
    assert all(row["kills"] and row["description"] for row in rows)
    assert "second-run-accepted\n" in invoke("faults", "--profile", profile).output


# -- all ---------------------------------------------------------------------------------------------------------------


def test_version_and_help():
    assert invoke("--version").output == f"assistants-conformance, version {__version__}\n"
    for name in ("run", "audit", "serve", "requirements", "faults"):
        assert name in invoke("--help").output
        assert invoke(name, "--help").exit_code == 0
    refused(invoke("bogus"), "No such command 'bogus'")


def test_help_imports_nothing_that_it_does_not_need():
    program = (
        "import sys; from assistants_conformance.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print([n for n in sys.modules if n.split('.')[0] in "
        "('httpx2', 'pytest', 'openai', 'uvicorn', 'yaml', 'jsonschema_rs')], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert done.stderr.strip() == "[]"


def test_default_run_opens_no_socket(tmp_path):
    done = command("run", "--", "-p", "pytest_socket", "--disable-socket", cwd=tmp_path)
    assert "verdict: conformant" in done.stdout
    assert done.returncode == 0, done.stdout + done.stderr
