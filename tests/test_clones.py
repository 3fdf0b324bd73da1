"""What existing implementations are known to do, all of it at once: told apart, each under its own requirement."""

from __future__ import annotations

import pytest

from assistants_conformance.contract import load_profile
from assistants_conformance.reference.faults import registry
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.reporting.verdicts import decide
from assistants_conformance.scenario import applies, conduct
from assistants_conformance.scenario.embed import embed, embedded_settings
from assistants_conformance.scenario.gather import scenarios

#: By what they do: the faults that do it, and the requirements that must say so.
HABITS = {
    "nothing locks the thread": (
        ["message-accepted-while-locked", "second-run-accepted", "waiting-run-does-not-lock"],
        {"LOCK-001", "LOCK-002", "LOCK-003"},
    ),
    "times with a fraction": (["created-at-as-float"], {"OBJ-005"}),
    "times in milliseconds": (["created-at-in-milliseconds"], {"OBJ-005"}),
    "cursors lose what one second holds": (["cursor-by-time"], {"PAGE-022"}),
    "lists show other threads' runs": (["runs-of-every-thread-listed"], {"PAGE-021"}),
    "steps name no message": (["step-names-no-message"], {"STEP-006"}),
    "paging never ends": (["walk-begins-anew"], {"PAGE-020"}),
    "an assistant without instructions gives a 500": (["no-instructions-is-a-500"], {"ERR-025"}),
    "limits are not checked": (["limits-are-exclusive", "name-cut-silently"], {"ASST-008"}),
    "errors of another framework": (["refusal-as-detail"], {"ERR-003"}),
    "one id for everything": (["every-create-answers-one-id"], {"OBJ-001"}),
    "nothing is deleted": (["delete-only-answers"], {"OBJ-007"}),
    "the connection ends": (["deep-body-kills-the-worker"], {"ERR-032"}),
}
#: Together they must leave each other visible; one id for everything hides whatever needs identity.
ALONE = {"one id for everything", "times in milliseconds"}


def judged(profile: str, faults: list[str]) -> tuple[Tally, list[str]]:
    loaded = load_profile(profile)
    tally, errors = Tally(), []
    known = registry(loaded)
    api = embed(embedded_settings(loaded, faults=[fault for fault in faults if fault in known]))
    for scenario in scenarios():
        # Walks over so much that is wrong take longer than everything else; one shape shows that they end.
        if loaded.shape != "v2" and "/test_search_machine" in scenario.name:
            continue
        if applies(scenario.binding, api):
            outcome = conduct(scenario.function, api, tally, scenario.name, scenario.arguments)
            errors += [f"{scenario.name}: {outcome.message}"] * (outcome.kind == "error")
    tally.exercised.update(api.judge.exercised)
    assert api.judge.crashes == []
    return tally, errors


#: A conforming server is asked some 11,000 times.
MOST_REQUESTS = 30_000


@pytest.mark.parametrize("profile", ["openai-v2", "azure-2024-02-15-preview"])
def test_habits_together_are_told_apart(profile):
    chosen = {habit: told for habit, told in HABITS.items() if habit not in ALONE}
    known = registry(load_profile(profile))
    unprocessable = [name for name in known if name.startswith("error:") and name.endswith(":status")]
    tally, errors = judged(profile, [fault for faults, _ in chosen.values() for fault in faults] + unprocessable)
    assert errors == []
    # None asks for ever, whatever it is answered.
    assert tally.requests < MOST_REQUESTS
    active = load_profile(profile).active
    for habit, (_, wanted) in chosen.items():
        assert wanted & active <= tally.failures.keys(), habit
    assert {"ERR-015", "ERR-033"} <= tally.failures.keys()
    assert decide(tally, load_profile(profile)).overall == "non-conformant"


@pytest.mark.parametrize("habit", sorted(ALONE))
def test_habit_alone_is_told(habit):
    faults, wanted = HABITS[habit]
    tally, errors = judged("openai-v2", faults)
    assert errors == []
    assert wanted <= tally.failures.keys()
