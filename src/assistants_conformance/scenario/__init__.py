"""Scenarios: bound to requirements, driven against a target, judged, and sorted."""

from assistants_conformance.scenario.binding import Binding, binding_of, requirement
from assistants_conformance.scenario.conduct import Outcome, applies, conduct
from assistants_conformance.scenario.verify import Verify

__all__ = ["Binding", "Outcome", "Verify", "applies", "binding_of", "conduct", "requirement"]
