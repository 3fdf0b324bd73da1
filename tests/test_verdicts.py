"""From a tally to verdicts: each one for its own reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from assistants_conformance.contract import Profile, catalogue, load_profile
from assistants_conformance.observe import Finding
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.reporting.verdicts import AREAS, STALE, Row, Verdicts, decide
from assistants_conformance.target import Known

MUST, SHOULD, OBSERVED = "LOCK-001", "LOCK-011", "LOCK-012"
TODAY = date(2027, 1, 31)


def profile_of(*identifiers: str) -> Profile:
    return replace(load_profile(), active=frozenset(identifiers), excluded={})


def found(identifier: str, times: int = 1) -> Tally:
    tally = Tally()
    for _ in range(times):
        tally.add_finding(Finding(identifier, "200", "refused with 400"))
    return tally


def only(tally: Tally, identifier: str = MUST, **kwargs: object) -> tuple[Row, Verdicts]:
    verdicts = decide(tally, profile_of(identifier), today=TODAY, **kwargs)
    assert len(verdicts.rows) == 1
    assert verdicts.totals == {name: int(name == verdicts.rows[0].verdict) for name in verdicts.totals}
    return verdicts.rows[0], verdicts


@pytest.mark.parametrize(
    ("identifier", "verdict", "overall", "status"),
    [(MUST, "fail", "non-conformant", 1), (SHOULD, "warn", "conformant", 0), (OBSERVED, "warn", "conformant", 0)],
)
def test_finding_fails_a_must_and_warns_below(identifier, verdict, overall, status):
    row, verdicts = only(found(identifier, 3), identifier)
    assert (row.verdict, verdicts.overall, verdicts.exit_status) == (verdict, overall, status)
    assert row.failures == 3
    assert [record.places for record in row.findings] == [3]


def test_exercised_without_finding_passes():
    tally = Tally()
    tally.exercised[MUST] = 12
    row, verdicts = only(tally)
    assert (row.verdict, row.exercised, verdicts.overall, verdicts.exit_status) == ("pass", 12, "conformant", 0)


def test_exercised_and_blocked_elsewhere_passes():
    tally = Tally(blocked={MUST: "no run waits"})
    tally.exercised[MUST] = 1
    assert only(tally)[0].verdict == "pass"


def test_finding_outweighs_blocked():
    tally = found(MUST)
    tally.blocked[MUST] = "no run waits"
    assert only(tally)[0].verdict == "fail"


def test_blocked_is_not_testable_and_red():
    row, verdicts = only(Tally(blocked={MUST: "no run waits"}, not_applicable={MUST: "no functions"}))
    assert (row.verdict, row.reason) == ("not-testable", "no run waits")
    assert (verdicts.overall, verdicts.exit_status) == ("non-conformant", 1)


def test_nobody_came_by():
    row, verdicts = only(Tally())
    assert (row.verdict, row.reason, verdicts.exit_status) == ("not-testable", "no scenario reached it", 1)
    row, verdicts = only(Tally(), filtered=True)
    assert (row.verdict, row.reason) == ("not-run", "filter")
    assert (verdicts.overall, verdicts.exit_status) == ("incomplete", 0)


def test_occasion_that_did_not_arise_is_not_applicable(monkeypatch):
    rare = replace(catalogue()[MUST], occasion="the server fails by itself")
    monkeypatch.setattr(Profile, "requirement", lambda _self, _identifier: rare)
    row, verdicts = only(Tally())
    assert row.verdict == "not-applicable"
    assert "the server fails by itself" in (row.reason or "")
    assert verdicts.overall == "conformant"


def test_not_applicable_keeps_its_reason():
    row, verdicts = only(Tally(not_applicable={MUST: "the target lacks function_calling"}))
    assert (row.verdict, row.reason) == ("not-applicable", "the target lacks function_calling")
    assert verdicts.overall == "conformant"


def test_budget_is_not_run():
    row, verdicts = only(Tally(blocked={MUST: "not-run (budget): waiting 601 s is longer than run_timeout"}))
    assert row.verdict == "not-run"
    assert (row.reason or "").startswith("budget: waiting 601 s")
    assert verdicts.overall == "incomplete"


def test_error_of_the_suite_outweighs_everything_else():
    tally = found(SHOULD)
    tally.errors[MUST] = "Traceback"
    verdicts = decide(tally, profile_of(MUST, SHOULD), today=TODAY)
    assert {row.requirement.id: row.verdict for row in verdicts.rows} == {MUST: "error", SHOULD: "warn"}
    assert (verdicts.overall, verdicts.exit_status) == ("error", 2)


def test_error_is_told_even_where_a_finding_hides_it():
    tally = found(MUST)
    tally.errors[MUST] = "Traceback"
    row, verdicts = only(tally)
    assert (row.verdict, verdicts.overall) == ("fail", "error")


def test_lost_worker_is_an_error():
    tally = Tally()
    tally.exercised[MUST] = 1
    assert only(tally, broken=True)[1].overall == "error"


def test_known_deviation_does_not_fail():
    row, verdicts = only(found(MUST), known=[Known(MUST, "the clone queues", "https://example.org/12")])
    assert (row.verdict, row.reason) == ("known", "the clone queues (https://example.org/12)")
    assert (verdicts.overall, verdicts.exit_status) == ("conformant", 0)


@pytest.mark.parametrize(
    ("expires", "verdict"), [("2027-01-30", "fail"), ("2027-01-31", "known"), ("2027-02-01", "known")]
)
def test_known_deviation_ends_after_its_day(expires, verdict):
    row, _ = only(found(MUST), known=[Known(MUST, "the clone queues", expires=expires)])
    assert row.verdict == verdict
    assert ("ended on 2027-01-30" in (row.reason or "")) == (verdict == "fail")


def test_known_deviation_that_no_longer_occurs_fails():
    tally = Tally()
    tally.exercised[MUST] = 1
    row, verdicts = only(tally, known=[Known(MUST, "the clone queues")])
    assert (row.verdict, row.reason, verdicts.exit_status) == ("fail", STALE, 1)


def test_part_of_a_run_proves_no_deviation_gone():
    tally = Tally()
    tally.exercised[MUST] = 1
    assert only(tally, known=[Known(MUST, "the clone queues")], filtered=True)[0].verdict == "pass"
    tally.blocked[MUST] = "no run waits"
    assert only(tally, known=[Known(MUST, "the clone queues")])[0].verdict == "pass"


def test_every_active_requirement_has_a_row_and_excluded_ones_have_none():
    profile = load_profile()
    verdicts = decide(Tally(), profile)
    assert {row.requirement.id for row in verdicts.rows} == profile.active
    assert verdicts.excluded == profile.excluded
    assert sum(verdicts.totals.values()) == len(profile.active)


def test_every_area_has_its_place():
    assert {row.area for row in catalogue().values()} <= set(AREAS)


def test_tally_survives_the_way_from_a_worker():
    tally = found(MUST, 2)
    tally.exercised.update({MUST: 5, SHOULD: 1})
    tally.add_test(MUST, "suites/test_a.py::test_a")
    tally.blocked[SHOULD] = "blocked"
    tally.requests, tally.runs = 7, 2
    merged = Tally()
    merged.merge(tally.to_json())
    assert merged == tally
    merged.merge(tally.to_json())
    assert merged.exercised == {MUST: 10, SHOULD: 2}
    assert merged.failures == {MUST: 4}
    assert [record.places for record in merged.findings[MUST]] == [4]
    assert (merged.requests, merged.runs) == (14, 4)
