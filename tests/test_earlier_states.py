"""Versions that changed in place: a server as a version was at first is not held to what came to it later."""

from __future__ import annotations

import dataclasses
import json
from types import MappingProxyType

from assistants_conformance.contract import Profile, load_profile
from assistants_conformance.contract.profile import ExpiryWindow
from assistants_conformance.observe import Judge
from assistants_conformance.reference import Reference, VirtualClock, in_process
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.reporting.verdicts import Verdicts, decide
from assistants_conformance.scenario import applies, conduct
from assistants_conformance.scenario.gather import scenarios
from assistants_conformance.target import Api, Capabilities, TargetSettings

FIRST_BETA = load_profile("openai-v1")
SPRING_2025 = load_profile("azure-2025-03-01-preview")
FAILING = "a-model-that-fails"
#: Members that no answer of 2023 has, so that nothing of them can be judged.
LATER = {
    *(f"RUN-F{number}" for number in range(19, 28)),
    *("ASST-F12", "ASST-F13", "ASST-F14", "STEP-F16", "N-11", "N-33", "RUN-035", "SM-034"),
}


def autumn_2023() -> Profile:
    """The first beta in November 2023: no usage, no sampling, no caps, one role, texts of 32,768 characters at most."""
    from_the_start = ("objects/error", "objects/deleted_file", "objects/file", "requests/upload_file")
    patches = {name: patch for name, patch in FIRST_BETA.patches.items() if name in from_the_start}
    patches |= {name: {"properties": {"usage": None}} for name in ("objects/run", "objects/run_step")}
    traits = {"file_list_tells": [], "empty_runs_refused": False}
    return dataclasses.replace(FIRST_BETA, patches=MappingProxyType(patches), traits=MappingProxyType(traits))


def january_2025() -> Profile:
    """Azure in January 2025: runs live 600 seconds, files have no expiry and longer ids, usage has no details."""
    patches = {name: patch for name, patch in SPRING_2025.patches.items() if name != "objects/file"}
    later = ("usage_details", "search_results")
    traits = {name: value for name, value in SPRING_2025.traits.items() if name not in later}
    return dataclasses.replace(
        SPRING_2025,
        expiry=ExpiryWindow((600,), (600,)),
        id_forms=MappingProxyType({**SPRING_2025.id_forms, "file": "^assistant-[A-Za-z0-9]{24}$"}),
        patches=MappingProxyType(patches),
        traits=MappingProxyType(traits),
    )


def judged(state: Profile, profile: Profile) -> Verdicts:
    """Hold a server in one state of a version to the contract of the version."""
    server = Reference(state, clock=VirtualClock(), failing_model=FAILING)
    # Named as a fault, so that the suite does not take the server for the strict one; nothing waits in real time.
    settings = TargetSettings(
        profile,
        api_key=server.key,
        bearer_token=server.token if profile.platform == "azure" else "",
        failing_model=FAILING,
        faults=("an earlier state",),
    )
    api = Api(settings, Judge(profile, closed=True), in_process(server))
    api.capabilities = Capabilities(settings.capabilities)

    def wind(seconds: float) -> None:
        body = json.dumps({"advance_seconds": seconds}).encode()
        server.handle("POST", "/_reference/clock", {"content-type": "application/json"}, body)

    api.winder = wind
    tally, told = Tally(), []
    for scenario in scenarios():
        if applies(scenario.binding, api):
            outcome = conduct(scenario.function, api, tally, scenario.name, scenario.arguments)
            told += [f"{scenario.name}: {outcome.message}"] * (outcome.kind == "error")
    tally.exercised.update(api.judge.exercised)
    for finding in api.judge.findings:
        tally.add_finding(finding)
    assert told == []
    return decide(tally, profile)


def named(verdicts: Verdicts, *wanted: str) -> set[str]:
    return {row.requirement.id for row in verdicts.rows if row.verdict in wanted}


def test_first_beta_of_2023_is_not_accused():
    verdicts = judged(autumn_2023(), FIRST_BETA)
    assert named(verdicts, "fail", "not-testable", "error") == set()
    # The cap of 16 tokens is an observation of April 2024; the two searches send members that the contract has from
    # then on, and that a server of 2023 refuses: a lack, which warns.
    assert named(verdicts, "warn") == {"RUN-021", "PROP-001", "FUZZ-001"}
    assert named(verdicts, "not-applicable") >= LATER


def test_azure_of_january_2025_is_not_accused():
    verdicts = judged(january_2025(), SPRING_2025)
    assert named(verdicts, "fail", "not-testable", "error", "warn") == set()
