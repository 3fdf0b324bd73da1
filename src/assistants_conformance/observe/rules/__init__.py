"""The rules of the judge, one module a subject, in the order in which a call must pass them.

The lock, and what a client does to a run, are judged before the runs of the same answer are remembered; identities are
remembered before what was sent is compared with what is kept. The objects in a stream are judged last, one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistants_conformance.observe.rules.actions import observe_actions
from assistants_conformance.observe.rules.assistants import observe_assistants
from assistants_conformance.observe.rules.credentials import observe_credentials
from assistants_conformance.observe.rules.echo import observe_echo
from assistants_conformance.observe.rules.errors import observe_errors
from assistants_conformance.observe.rules.files import observe_files
from assistants_conformance.observe.rules.headers import observe_headers
from assistants_conformance.observe.rules.identity import observe_identity
from assistants_conformance.observe.rules.lists import observe_lists
from assistants_conformance.observe.rules.lock import observe_lock
from assistants_conformance.observe.rules.messages import observe_messages
from assistants_conformance.observe.rules.runs import observe_runs
from assistants_conformance.observe.rules.shape import observe_shape
from assistants_conformance.observe.rules.stateful import observe_stateful
from assistants_conformance.observe.rules.steps import observe_steps
from assistants_conformance.observe.rules.streams import observe_agreement, observe_streams
from assistants_conformance.observe.rules.vector_stores import observe_vector_stores
from assistants_conformance.observe.rules.versions import observe_versions

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_conformance.observe.call import Call
    from assistants_conformance.observe.context import Context

RULES: tuple[Callable[[Call, Context], None], ...] = (
    observe_errors,
    observe_headers,
    observe_credentials,
    observe_shape,
    observe_versions,
    observe_lists,
    observe_stateful,
    observe_identity,
    observe_echo,
    observe_assistants,
    observe_files,
    observe_messages,
    observe_steps,
    observe_vector_stores,
    observe_lock,
    observe_actions,
    observe_runs,
    observe_streams,
    observe_agreement,
)
