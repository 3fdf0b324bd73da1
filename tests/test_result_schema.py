"""The result file is what its schema says, and the schema refuses what a result must not be."""

from __future__ import annotations

import copy
import json

import pytest
from jsonschema import Draft202012Validator

from assistants_conformance.contract import load_profile
from assistants_conformance.observe import Exchange, Finding, Request, Response
from assistants_conformance.reporting.result import Target, document, schema, write
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.reporting.verdicts import VERDICTS, decide
from assistants_conformance.target import Known

VALIDATOR = Draft202012Validator(schema())


def made() -> dict:
    tally = Tally(
        blocked={"LOCK-003": "no run waits", "LOCK-004": "not-run (budget): too long"},
        not_applicable={"LOCK-005": "the target lacks function_calling"},
        errors={"LOCK-006": "Traceback"},
        requests=9,
        runs=2,
    )
    exchange = Exchange(Request("GET", "http://a/v1/threads/x", {"authorization": "Bearer top-secret"}), Response(200))
    for identifier in ("LOCK-001", "LOCK-011", "LOCK-002"):
        tally.add_finding(Finding(identifier, "200 top-secret", "400", exchange))
    tally.add_test("LOCK-001", "suites/test_thread_locking.py::test_a")
    tally.exercised["LOCK-014"] = 3
    verdicts = decide(tally, load_profile(), known=[Known("LOCK-002", "it queues")], filtered=True)
    return document(
        Target("http://127.0.0.1:8080", load_profile().id, "live", {"file_search": False}),
        verdicts.rows,
        verdicts.totals,
        verdicts.overall,
        requests=tally.requests,
        runs=tally.runs,
        duration_seconds=1.23456,
        secrets=("top-secret",),
    )


def test_schema_is_a_schema():
    Draft202012Validator.check_schema(schema())


def test_result_with_every_verdict_keeps_the_schema():
    result = made()
    VALIDATOR.validate(result)
    assert {row["verdict"] for row in result["requirements"]} == set(VERDICTS)
    assert set(result["totals"]) == set(VERDICTS)
    assert "top-secret" not in json.dumps(result)
    finding = next(row for row in result["requirements"] if row["id"] == "LOCK-001")["findings"][0]
    assert finding["places"] == 1
    assert finding["curl"].startswith("curl ")


def test_file_is_written_whole(tmp_path):
    write(tmp_path / "result.json", made())
    VALIDATOR.validate(json.loads((tmp_path / "result.json").read_text("utf-8")))
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]


def row_of(result: dict, verdict: str) -> dict:
    return next(row for row in result["requirements"] if row["verdict"] == verdict)


DAMAGES = {
    "version": lambda result: result.update(result_version=2),
    "unknown key": lambda result: result.update(score=97),
    "no totals": lambda result: result.pop("totals"),
    "unknown verdict": lambda result: row_of(result, "pass").update(verdict="ok"),
    "pass that was not exercised": lambda result: row_of(result, "pass").update(exercised=0),
    "skip without a reason": lambda result: row_of(result, "not-applicable").update(reason=None),
    "warning without a finding": lambda result: row_of(result, "warn").update(findings=[]),
    "pass with a finding": lambda result: row_of(result, "pass").update(findings=row_of(result, "warn")["findings"]),
    "no title": lambda result: row_of(result, "pass").pop("title"),
    "finding without places": lambda result: row_of(result, "warn")["findings"][0].pop("places"),
    "capability in words": lambda result: result["target"]["capabilities"].update(file_search="no"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_schema_refuses(name):
    result = copy.deepcopy(made())
    DAMAGES[name](result)
    assert not VALIDATOR.is_valid(result)
