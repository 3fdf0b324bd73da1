"""The memory of the server."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, TypeVar

from assistants_conformance.reference.ids import Ids, forms
from assistants_conformance.reference.refusal import refuse
from assistants_conformance.reference.state import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistants_conformance.contract import Profile
    from assistants_conformance.reference.faults import Faults
    from assistants_conformance.reference.state import Assistant, Message, Run, Step, StoredFile, Thread, VectorStore

R = TypeVar("R", bound=Record)


def found(table: Mapping[str, R], kind: str, identifier: str) -> R:
    """Return one object.

    Raises:
        Refusal: there is none of that id.
    """
    try:
        return table[identifier]
    except KeyError:
        raise refuse(f"not_found_{kind}", id=identifier) from None


class Store:
    """All objects, each kind in the order of its making."""

    def __init__(self, profile: Profile, faults: Faults, seed: str | None = None) -> None:
        self.ids = Ids(forms(profile.id_forms, faults), seed)
        self.assistants: dict[str, Assistant] = {}
        self.threads: dict[str, Thread] = {}
        self.files: dict[str, StoredFile] = {}
        self.vector_stores: dict[str, VectorStore] = {}
        self._sequence = itertools.count()

    def sequence(self) -> int:
        """Return the next number in the order of making."""
        return next(self._sequence)

    def thread(self, identifier: str) -> Thread:
        """Return a thread or refuse."""
        return found(self.threads, "thread", identifier)

    def message(self, thread_id: str, identifier: str) -> Message:
        """Return a message of a thread or refuse."""
        return found(self.thread(thread_id).messages, "message", identifier)

    def run(self, thread_id: str, identifier: str) -> Run:
        """Return a run of a thread or refuse."""
        return found(self.thread(thread_id).runs, "run", identifier)

    def step(self, thread_id: str, run_id: str, identifier: str) -> Step:
        """Return a step of a run or refuse."""
        return found(self.run(thread_id, run_id).steps, "run_step", identifier)

    def assistant(self, identifier: str) -> Assistant:
        """Return an assistant or refuse."""
        return found(self.assistants, "assistant", identifier)

    def file(self, identifier: str) -> StoredFile:
        """Return a file or refuse."""
        return found(self.files, "file", identifier)

    def vector_store(self, identifier: str) -> VectorStore:
        """Return a vector store or refuse."""
        return found(self.vector_stores, "vector_store", identifier)
