"""Carrying out one scenario and sorting what came of it."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from assistants_conformance.scenario.binding import Binding, binding_of
from assistants_conformance.scenario.verify import Verify
from assistants_conformance.target import Api, Blocked, NotApplicable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assistants_conformance.reporting.tally import Tally

#: Characters of the reason of an outcome; it may quote what a target has sent.
_LONGEST_REASON = 2000

Kind = Literal["passed", "warned", "failed", "not-testable", "not-applicable", "error"]


@dataclass(frozen=True)
class Outcome:
    """What came of one scenario. `message` fits on a screen and is empty where it passed.

    `gave_up` says why it did not come to its end, empty where it did; it may have found something all the same.
    """

    kind: Kind
    message: str
    verify: Verify
    gave_up: str = ""


def applies(binding: Binding, api: Api) -> bool:
    """Say whether a scenario has anything to check in the target's profile."""
    return any(identifier in api.profile.active for identifier in binding.requirements)


def conduct(function: Callable[..., Any], api: Api, tally: Tally, name: str, arguments: Mapping[str, Any]) -> Outcome:
    """Carry out a scenario; every outcome goes into the tally under the requirements it is bound to.

    Raises:
        TypeError: the function is no scenario.
    """
    binding = binding_of(function)
    if binding is None:
        raise TypeError(f"{name} is not bound to a requirement; see @requirement")
    active = [identifier for identifier in binding.requirements if identifier in api.profile.active]
    for identifier in active:
        tally.add_test(identifier, name)
    verify = Verify(api.profile, lambda: api.latest, lambda *asked: _unserved(api, *asked))
    judge = api.judge
    seen_before, crashes = len(judge.findings), len(judge.crashes)
    requests, cleaning = api.requests, api.cleaning
    holds, held = api.holds, api.held_seconds
    exercised_before = {identifier: judge.exercised[identifier] for identifier in active}
    reason: str | None = None
    kind: Kind = "passed"
    with api.named(name):
        try:
            for capability in binding.needs:
                api.require(capability)
            function(api=api, verify=verify, **arguments)
        except NotApplicable as error:
            kind, reason = "not-applicable", str(error)[:_LONGEST_REASON]
        except Blocked as error:
            kind, reason = "not-testable", str(error)[:_LONGEST_REASON]
        except Exception:
            kind, reason = "error", traceback.format_exc(limit=-4)
    if api.meter is not None and api.meter.tripped:
        # What a scenario says after a request was kept back may be about that, and not about the target.
        kind, reason, verify = "not-testable", api.meter.tripped, Verify(api.profile, lambda: api.latest)
        api.meter.tripped = ""
    if judge.crashes[crashes:]:
        kind, reason = "error", "\n".join(judge.crashes[crashes:])
    cleaning = api.cleaning - cleaning
    tally.requests += api.requests - requests - cleaning
    tally.cleaning += cleaning
    tally.add_holds(api.holds - holds, api.held_seconds - held)
    tally.exercised.update(verify.checked)
    findings = [*judge.findings[seen_before:], *verify.findings]
    for finding in findings:
        tally.add_finding(finding)
    found = {finding.requirement for finding in findings}
    unchecked = [
        identifier
        for identifier in active
        if identifier not in verify.checked
        and identifier not in found
        and judge.exercised[identifier] == exercised_before[identifier]
    ]
    conforming = api.settings.embedded and not api.settings.faults
    gave_up = (reason or "") if kind == "not-testable" else ""
    return replace(_sorted(kind, reason, verify, unchecked, active, tally, conforming=conforming), gave_up=gave_up)


#: By operation: the capability that its plainest request shows, and the requirements that are about just that request.
_PLAINEST = {
    "create_assistant": ("assistants", {"ASST-001", "ASST-007"}),
    "create_thread": ("threads", {"THR-001", "THR-006", "THR-007"}),
    "create_thread_and_run": ("thread_and_run", {"RUN-002", "RUN-017"}),
    "create_vector_store": ("stores", {"VS-001", "VS-016"}),
    "upload_file": ("files", {"FILE-001", "FILE-003", "FILE-004"}),
}


def _unserved(api: Api, operation: str, requirement: str) -> str:
    capability, own = _PLAINEST.get(operation, ("", {requirement}))
    if requirement in own:
        return ""
    try:
        api.require(capability)
    except NotApplicable as error:
        return str(error)
    return ""


def _untold(identifier: str, verify: Verify, tally: Tally) -> bool:
    # That the target gave nothing to look at is no fault of the suite.
    if identifier in verify.untold:
        tally.blocked.setdefault(identifier, verify.untold[identifier])
    return identifier in verify.untold


def _sorted(
    kind: Kind,
    reason: str | None,
    verify: Verify,
    unchecked: list[str],
    active: list[str],
    tally: Tally,
    *,
    conforming: bool,
) -> Outcome:
    if kind == "error":
        for identifier in active:
            tally.errors.setdefault(identifier, reason or "")
        return Outcome("error", reason or "", verify)
    if kind in ("not-applicable", "not-testable"):
        where = tally.not_applicable if kind == "not-applicable" else tally.blocked
        for identifier in unchecked:
            where.setdefault(identifier, reason or "")
        if not verify.findings:
            return Outcome(kind, reason or "", verify)
    unchecked = [identifier for identifier in unchecked if not _untold(identifier, verify, tally)]
    if not conforming:
        unchecked = [identifier for identifier in unchecked if verify.profile.requirement(identifier).occasion is None]
    if kind == "passed" and unchecked and not conforming:
        # On a target that departs from the contract a scenario may go another way than its author meant.
        for identifier in unchecked:
            tally.blocked.setdefault(identifier, "the target led the scenario past this check")
        kind = "not-testable"
    if kind == "passed" and unchecked:
        reason = f"the scenario ended without checking {', '.join(unchecked)}"
        for identifier in unchecked:
            tally.errors.setdefault(identifier, reason)
        return Outcome("error", reason, verify)
    if kind == "not-testable" and not verify.findings:
        return Outcome(kind, f"the target led the scenario past {', '.join(unchecked)}", verify)
    if not verify.findings:
        untold = "; ".join(f"{identifier}: {why}" for identifier, why in verify.untold.items())
        return Outcome("not-testable" if untold else "passed", untold, verify)
    hard = [one for one in verify.findings if verify.profile.requirement(one.requirement).level == "MUST"]
    return Outcome("failed" if hard else "warned", "", verify)
