"""The contract as data: requirements, profiles, schemas, operations, lifecycles. Imports nothing above itself."""

from assistants_conformance.contract.catalogue import (
    IMPACTS,
    LEVELS,
    ContractError,
    Impact,
    Level,
    Requirement,
    catalogue,
)
from assistants_conformance.contract.efforts import DEFAULT_EFFORT, LIVE_EFFORT, Effort, efforts
from assistants_conformance.contract.events import EventName, StreamGrammar, stream_grammar
from assistants_conformance.contract.lifecycle import Edge, Lifecycle, Setting
from assistants_conformance.contract.limits import longest_sure, named_limits, ruling
from assistants_conformance.contract.operations import Match, Operation, Place, locate, operation, operations
from assistants_conformance.contract.profile import (
    DEFAULT_PROFILE,
    ErrorCondition,
    ExpiryWindow,
    Profile,
    load_profile,
    profile_ids,
)
from assistants_conformance.contract.shapes import Problem, Shape, brief

__all__ = [
    "DEFAULT_EFFORT",
    "DEFAULT_PROFILE",
    "IMPACTS",
    "LEVELS",
    "LIVE_EFFORT",
    "ContractError",
    "Edge",
    "Effort",
    "ErrorCondition",
    "EventName",
    "ExpiryWindow",
    "Impact",
    "Level",
    "Lifecycle",
    "Match",
    "Operation",
    "Place",
    "Problem",
    "Profile",
    "Requirement",
    "Setting",
    "Shape",
    "StreamGrammar",
    "brief",
    "catalogue",
    "efforts",
    "load_profile",
    "locate",
    "longest_sure",
    "named_limits",
    "operation",
    "operations",
    "profile_ids",
    "ruling",
    "stream_grammar",
]
