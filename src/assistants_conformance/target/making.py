"""Making objects: what scenarios arrange, lent on where an earlier one has left it as it was."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from assistants_conformance.target.answer import Answer, Blocked, NotApplicable
from assistants_conformance.target.chance import Chance
from assistants_conformance.target.fingerprint import MARK
from assistants_conformance.target.ledger import Ledger
from assistants_conformance.target.multipart import Part, form
from assistants_conformance.target.prompts import BRIEF
from assistants_conformance.target.timed import Timed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from assistants_conformance.contract import Profile
    from assistants_conformance.observe import Exchange
    from assistants_conformance.target.lending import Lending, Loan

T = TypeVar("T")


class Making(Timed):
    """A client that knows the objects of the API. Whatever it makes stands in the ledger."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.chance = Chance()
        #: Where scenarios lend each other what they only look at; None: each makes its own.
        self.lending: Lending | None = None
        self.borrowed: list[Loan] = []
        self._made_for: Loan | None = None
        #: Whether a search makes short what it has found. A server in this process costs nothing.
        self.shrinks = self.settings.embedded or self.settings.effort.shrink
        self._own = 0
        self._uniques: set[str] = set()
        self._counts: Counter[str] = Counter()
        if not self.settings.embedded:
            self.ledger = Ledger(self.profile)

    @property
    def profile(self) -> Profile:
        """The contract."""
        return self.settings.profile

    @property
    def v2(self) -> bool:
        """Whether objects have the v2 shape."""
        return self.profile.shape == "v2"

    def has(self, operation: str) -> bool:
        """Say whether the profile has an operation."""
        return any(row.id == operation for row in self.profile.operations)

    def marked(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return a body with the id of the run in its metadata, unless it says itself what they are."""
        run = self.ledger.mark if self.ledger is not None else ""
        return {**body, "metadata": {MARK: run}} if run and "metadata" not in body else body

    def some(self, variants: Iterable[T], times: int = 1) -> list[T]:
        """Return as many of several variants of one request as the effort tries, the first ones.

        Args:
            variants: the most telling ones first.
            times: by how much more they tell than variants do elsewhere.
        """
        return list(variants)[: self.settings.effort.breadth * times or None]

    def tries(self, variant: T, variants: Iterable[T], times: int = 1) -> None:
        """Go on only if the effort tries this one of several variants, as `some` chooses them.

        Raises:
            NotApplicable: it does without.
        """
        if variant not in (chosen := self.some(variants, times)):
            told = ", ".join(map(str, chosen))
            raise NotApplicable(f"the effort {self.settings.effort.name} tries {told} and not {variant}")

    def count(self, what: str) -> int:
        """Return how often a scenario has asked for one of a kind, this time included: what tells them apart."""
        self._counts[what] += 1
        return self._counts[what]

    def unique(self, prefix: str = "conformance") -> str:
        """Return a text that nothing else contains."""
        text = f"{prefix}-{self.chance.digits(12)}"
        self._uniques.add(text)
        return text

    # -- loans ---------------------------------------------------------------------------------------------------------

    def lent(self, key: str, make: Callable[[], T]) -> T:
        """Return what `make` makes, or what it made for an earlier scenario that has not changed it.

        Args:
            key: what it is; whatever is made under one key is alike.
            make: makes it, and returns data.

        Raises:
            Blocked: it could not be made.
        """
        if self.lending is None or self._own or any(text in key for text in self._uniques):
            return make()
        return self.lending.lend(self, key, make)

    def _lent(self, kind: str, body: dict[str, Any], make: Callable[[], T]) -> T:
        return self.lent(f"{kind} {json.dumps(body, sort_keys=True, default=repr)}", make)

    @contextmanager
    def own(self) -> Iterator[None]:
        """Make everything anew meanwhile: the judge is to see how it comes about."""
        self._own += 1
        try:
            yield
        finally:
            self._own -= 1

    @contextmanager
    def making(self, loan: Loan) -> Iterator[None]:
        """Make what is to be lent: everything that comes meanwhile is a part of it."""
        ledger, self._made_for = self.ledger, loan
        if ledger is not None:
            ledger.aside = loan
        try:
            with self.own():
                yield
        finally:
            self._made_for = None
            if ledger is not None:
                ledger.aside = None

    def heard(self, exchange: Exchange) -> None:
        """Note what becomes of loans."""
        if self._made_for is not None:
            self._made_for.hear(exchange)
        for loan in [loan for loan in self.borrowed if loan.good and loan.changed_by(exchange)]:
            if self.lending is not None:
                self.lending.retire(loan)

    # -- objects -----------------------------------------------------------------------------------------------------

    def need(self, answer: Answer, what: str) -> dict[str, Any]:
        """Return the object of a success.

        Raises:
            Blocked: the answer is none, or has no id.
        """
        if not answer.ok or not isinstance(answer.json.get("id"), str):
            raise Blocked(f"could not {what}: {answer.told}")
        if answer.json.get("object") == "thread.run" and not has_owners(answer.json):
            raise Blocked(f"could not {what}: the run names no thread or no assistant: {answer.told}")
        return answer.json

    def post_assistant(self, **body: Any) -> Answer:
        """Create an assistant with the target's model unless the body names one; return the raw answer."""
        return self.call("create_assistant", json={"model": self.settings.model, **body})

    def assistant(self, **body: Any) -> dict[str, Any]:
        """Create an assistant, with short instructions unless the body has its own, or raise Blocked."""
        whole = self.marked({"instructions": BRIEF, **body})
        return self._lent("assistant", whole, lambda: self.need(self.post_assistant(**whole), "create an assistant"))

    def post_thread(self, **body: Any) -> Answer:
        """Create a thread; return the raw answer."""
        return self.call("create_thread", json=body)

    def thread(self, **body: Any) -> dict[str, Any]:
        """Create a thread or raise Blocked."""
        whole = self.marked(body)
        return self._lent("thread", whole, lambda: self.need(self.post_thread(**whole), "create a thread"))

    def post_message(self, thread: str, content: Any = "Hello.", role: str = "user", **body: Any) -> Answer:
        """Add a message; return the raw answer."""
        return self.call("create_message", thread_id=thread, json={"role": role, "content": content, **body})

    def message(self, thread: str, content: Any = "Hello.", role: str = "user", **body: Any) -> dict[str, Any]:
        """Add a message or raise Blocked."""
        return self.need(self.post_message(thread, content, role, **body), "add a message")

    def post_run(self, thread: str, assistant: str, **body: Any) -> Answer:
        """Create a run; return the raw answer."""
        return self.call("create_run", thread_id=thread, json={"assistant_id": assistant, **body})

    def run(self, thread: str, assistant: str, **body: Any) -> dict[str, Any]:
        """Create a run or raise Blocked."""
        answer = self.post_run(thread, assistant, **body)
        return self._with(answer, "create a run", thread_id=thread, assistant_id=assistant)

    def get_run(self, run: dict[str, Any]) -> dict[str, Any]:
        """Read a run again or raise Blocked."""
        answer = self.call("get_run", thread_id=run["thread_id"], run_id=run["id"])
        return self._with(answer, "read the run", thread_id=run["thread_id"], assistant_id=run.get("assistant_id"))

    def _with(self, answer: Answer, what: str, **known: Any) -> dict[str, Any]:
        """Return the object of a success; ids that it lacks, which the judge has told of, come from the request."""
        made = self.need(answer, what)
        return {**made, **{name: value for name, value in known.items() if not isinstance(made.get(name), str)}}

    def post_file(
        self,
        content: bytes = b"one,two\n1,2\n",
        filename: str = "numbers.csv",
        content_type: str | None = "text/csv",
        purpose: str = "assistants",
    ) -> Answer:
        """Upload a file; return the raw answer."""
        body, kind = form(Part("purpose", purpose.encode()), Part("file", content, filename, content_type))
        return self.call("upload_file", content=body, content_type=kind)

    def file(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Upload a file or raise Blocked."""
        how = {"arguments": args, **kwargs}
        return self._lent("file", how, lambda: self.need(self.post_file(*args, **kwargs), "upload a file"))

    def post_store(self, **body: Any) -> Answer:
        """Create a vector store; return the raw answer."""
        return self.call("create_vector_store", json=body)

    def store(self, **body: Any) -> dict[str, Any]:
        """Create a vector store or raise Blocked."""
        whole = self.marked(body)
        return self._lent("store", whole, lambda: self.need(self.post_store(**whole), "create a vector store"))

    def post_store_file(self, store: str, file: str, **body: Any) -> Answer:
        """Attach a file to a vector store; return the raw answer."""
        return self.call("create_vector_store_file", vector_store_id=store, json={"file_id": file, **body})

    def post_batch(self, store: str, files: list[str], **body: Any) -> Answer:
        """Attach several files to a vector store in one batch; return the raw answer."""
        return self.call("create_vector_store_file_batch", vector_store_id=store, json={"file_ids": files, **body})


def has_owners(run: dict[str, Any]) -> bool:
    """Say whether a run names its thread and its assistant."""
    return all(isinstance(run.get(name), str) for name in ("thread_id", "assistant_id"))


__all__ = ["Making", "has_owners"]
