"""What the judge finds in a replay, `audit` finds in the same cassettes, and the other way round."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistants_conformance.contract import load_profile
from assistants_conformance.observe import Judge
from assistants_conformance.plugin.recording import Recording
from assistants_conformance.plugin.replaying import Replaying
from assistants_conformance.reporting.audit import audit
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.scenario import applies, conduct
from assistants_conformance.scenario.embed import embed, embedded_settings
from assistants_conformance.scenario.gather import scenarios
from assistants_conformance.target import Capabilities

AREAS = ("thread_locking", "pagination", "cancellation", "streaming")
FAULTS = {
    "message-accepted-while-locked": {"LOCK-001"},
    "second-run-accepted": {"LOCK-002"},
    "created-at-as-float": {"OBJ-005"},
    "refusal-as-detail": {"ERR-003"},
    "every-create-answers-one-id": {"OBJ-001"},
    "runs-of-every-thread-listed": {"PAGE-021"},
}


def through(tapes, settings, wanted) -> tuple[set[str], dict[str, int]]:
    """Carry scenarios out; return what the judge found, and how often it checked each requirement."""
    tally, capabilities = Tally(), Capabilities(settings.capabilities, tapes.capabilities)
    found, exercised = set(), {}
    for one in wanted:
        judge = Judge(settings.profile, closed=True, expiry_seconds=settings.run_expiry_seconds)
        with tapes.scenario(settings, judge, one.name) as api:
            api.capabilities = capabilities
            outcome = conduct(one.function, api, tally, one.name, one.arguments)
            tapes.ended(outcome.message if outcome.kind == "not-testable" else "")
        assert judge.crashes == []
        found |= {finding.requirement for finding in judge.findings}
        for name, count in judge.exercised.items():
            exercised[name] = exercised.get(name, 0) + count
    return found, exercised


@pytest.mark.parametrize("fault", [None, *FAULTS])
def test_replay_and_audit_agree(fault, tmp_path):
    profile = "openai-v2"
    settings = embedded_settings(load_profile(profile), faults=[fault] if fault else [])
    api = embed(settings)
    wanted = [one for one in scenarios() if applies(one.binding, api) and any(area in one.name for area in AREAS)]
    recording = Recording(tmp_path / "c", settings, None, hide_host=False)
    try:
        recording.probe(settings, Judge(settings.profile))
        live, _ = through(recording, settings, wanted)
        recording.keep("", {}, whole=True)
    finally:
        recording.close()

    replaying = Replaying(tmp_path / "c", profile)
    replaying.capabilities = replaying.told.capabilities
    again = replaying.settings(replace(settings, faults=()), settings.profile)
    replayed, exercised = through(replaying, again, wanted)
    assert (replaying.lacking, list(replaying.notes({}, None, whole=False))) == (None, [])

    audited = audit([tmp_path / "c"])
    assert audited.unread == []
    assert set(audited.tally.findings) == replayed == live
    assert {name: count for name, count in audited.tally.exercised.items() if count} == exercised
    assert replayed >= FAULTS.get(fault, set()) & settings.profile.active
    if fault is None:
        assert replayed == set()
