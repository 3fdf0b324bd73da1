"""The endpoint under test, and how scenarios drive it."""

from assistants_conformance.target.answer import Answer, Blocked, NotApplicable
from assistants_conformance.target.api import Api, call_ids
from assistants_conformance.target.capabilities import Capabilities
from assistants_conformance.target.multipart import Part, form
from assistants_conformance.target.settings import CAPABILITIES, Known, TargetSettings

__all__ = [
    "CAPABILITIES",
    "Answer",
    "Api",
    "Blocked",
    "Capabilities",
    "Known",
    "NotApplicable",
    "Part",
    "TargetSettings",
    "call_ids",
    "form",
]
