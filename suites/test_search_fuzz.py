"""Requests that a machine makes from the OpenAPI document: limits met and missed, walks along links, chance.

Covers FUZZ-001 to FUZZ-003. The judge sees every exchange; a request that its schema forbids is held to the requirement
that forbids it.
"""

from __future__ import annotations

from assistants_conformance.scenario import Verify, fuzz, requirement
from assistants_conformance.target import Api, NotApplicable


@requirement("FUZZ-001", "FUZZ-002", "FUZZ-003", "ERR-025", "ERR-031", "ERR-033")
def test_limits_of_every_operation(api: Api, verify: Verify) -> None:
    if not api.settings.effort.coverage:
        raise NotApplicable(f"the effort {api.settings.effort.name} does without it")
    fuzz.cover(api, verify)


@requirement("FUZZ-002", "FUZZ-003", "ERR-025", "ERR-031")
def test_walks_along_links(api: Api, verify: Verify) -> None:
    if not api.settings.effort.stateful:
        raise NotApplicable(f"the effort {api.settings.effort.name} does without it")
    fuzz.walk(api, verify)


@requirement("FUZZ-001", "FUZZ-002", "FUZZ-003", "ERR-025", "ERR-031")
def test_requests_by_chance(api: Api, verify: Verify) -> None:
    if not api.settings.effort.fuzz_cases:
        raise NotApplicable(f"the effort {api.settings.effort.name} does without it")
    fuzz.draw(api, verify)
