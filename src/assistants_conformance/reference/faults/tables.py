"""The areas with faults written by hand. A new area is one module and one line here."""

from assistants_conformance.reference.faults.annotations import FAULTS as ANNOTATIONS
from assistants_conformance.reference.faults.assistants import FAULTS as ASSISTANTS
from assistants_conformance.reference.faults.authentication import FAULTS as AUTHENTICATION
from assistants_conformance.reference.faults.cancellation import FAULTS as CANCELLATION
from assistants_conformance.reference.faults.errors import FAULTS as ERRORS
from assistants_conformance.reference.faults.expiry import FAULTS as EXPIRY
from assistants_conformance.reference.faults.file_types import FAULTS as FILE_TYPES
from assistants_conformance.reference.faults.files import FAULTS as FILES
from assistants_conformance.reference.faults.foundry import FAULTS as FOUNDRY
from assistants_conformance.reference.faults.messages import FAULTS as MESSAGES
from assistants_conformance.reference.faults.objects import FAULTS as OBJECTS
from assistants_conformance.reference.faults.pagination import FAULTS as PAGINATION
from assistants_conformance.reference.faults.races import FAULTS as RACES
from assistants_conformance.reference.faults.run_lifecycle import FAULTS as RUN_LIFECYCLE
from assistants_conformance.reference.faults.run_steps import FAULTS as RUN_STEPS
from assistants_conformance.reference.faults.runs import FAULTS as RUNS
from assistants_conformance.reference.faults.sdk import FAULTS as SDK
from assistants_conformance.reference.faults.search import FAULTS as SEARCH
from assistants_conformance.reference.faults.search_fuzz import FAULTS as SEARCH_FUZZ
from assistants_conformance.reference.faults.search_machine import FAULTS as SEARCH_MACHINE
from assistants_conformance.reference.faults.stateful import FAULTS as STATEFUL
from assistants_conformance.reference.faults.streaming import FAULTS as STREAMING
from assistants_conformance.reference.faults.thread_locking import FAULTS as THREAD_LOCKING
from assistants_conformance.reference.faults.threads import FAULTS as THREADS
from assistants_conformance.reference.faults.tool_outputs import FAULTS as TOOL_OUTPUTS
from assistants_conformance.reference.faults.vector_stores import FAULTS as VECTOR_STORES
from assistants_conformance.reference.faults.versions import FAULTS as VERSIONS

AREAS = (
    ANNOTATIONS,
    ASSISTANTS,
    AUTHENTICATION,
    CANCELLATION,
    ERRORS,
    EXPIRY,
    FILE_TYPES,
    FILES,
    FOUNDRY,
    MESSAGES,
    OBJECTS,
    PAGINATION,
    RACES,
    RUN_LIFECYCLE,
    RUN_STEPS,
    RUNS,
    SDK,
    SEARCH,
    SEARCH_FUZZ,
    SEARCH_MACHINE,
    STATEFUL,
    STREAMING,
    THREAD_LOCKING,
    THREADS,
    TOOL_OUTPUTS,
    VECTOR_STORES,
    VERSIONS,
)
