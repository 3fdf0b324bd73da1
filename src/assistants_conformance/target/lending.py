"""What one scenario leaves as it was is lent to the next: most only look at what they arrange.

A loan is an object with everything that was asked and answered until it was there. Whoever borrows it has his judge
told of that, so that it knows the object as if its own scenario had made it. One scenario at a time holds a loan, and
may do with it what it likes: once a request changes it, or may have, nobody is lent it any more.
"""

from __future__ import annotations

import copy
import threading
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import unquote

from assistants_conformance.target.limits import HEAVY

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_conformance.observe import Exchange
    from assistants_conformance.target.ledger import Ledger
    from assistants_conformance.target.making import Making

T = TypeVar("T")
#: How a path ends that only asks, whatever the method.
_ASKS = "/search"


class Loan:
    """One object that is lent, or is being made for it."""

    def __init__(self, holder: Making) -> None:
        self.thing: Any = None
        self.exchanges: list[Exchange] = []
        #: What is to be deleted in the end: who has noted it down, its kind and its id.
        self.made: list[tuple[Ledger, str, str]] = []
        self.ids: set[str] = set()
        #: Who is given a store may fill it, without naming it again.
        self.stores: set[str] = set()
        self.good = True
        self.holder: Making | None = holder

    def hear(self, exchange: Exchange) -> None:
        """Take in what was asked and answered while it was made."""
        self.exchanges.append(exchange)
        body = exchange.response.json
        if isinstance(body, dict) and isinstance(body.get("id"), str):
            # A thread that came about with its run is named by that alone.
            self.ids.update(one for one in (body["id"], body.get("thread_id")) if isinstance(one, str))
            if body.get("object") == "vector_store":
                self.stores.add(body["id"])

    def changed_by(self, exchange: Exchange) -> bool:
        """Say whether an exchange has changed it, or may have."""
        request, status = exchange.request, exchange.response.status
        if request.method in ("GET", "HEAD") or 400 <= status < 500 or request.path.endswith(_ASKS):
            return False
        if not self.ids.isdisjoint(map(unquote, request.path.split("/"))):
            return True
        return any(store.encode() in request.body for store in self.stores)


class Lending:
    """The loans of one process. Several threads may borrow, each with an Api of its own."""

    def __init__(self) -> None:
        self._loans: dict[str, list[Loan]] = {}
        self._lock = threading.RLock()
        #: Threads that are lent: files that the target makes there belong to the loan.
        self.kept: dict[str, Loan] = {}

    def lend(self, api: Making, key: str, make: Callable[[], T]) -> T:
        """Return a copy of what `make` returned before under this key and nobody holds or has changed; else make it.

        Whoever asks twice under one key gets two things.

        Raises:
            Blocked: it could not be made.
        """
        with self._lock:
            loan = next((one for one in self._loans.get(key, ()) if one.holder is None), None)
            if loan is not None:
                loan.holder = api
        if loan is not None:
            api.borrowed.append(loan)
            api.judge.recall(loan.exchanges)
            return cast("T", copy.deepcopy(loan.thing))
        loan = Loan(api)
        try:
            with api.making(loan):
                made = make()
        except BaseException:
            loan.good = False
            api.borrowed.append(loan)
            raise
        # What a hostile target has blown up is not kept for the rest of a run.
        if sum(len(one.response.body) for one in loan.exchanges) > HEAVY:
            loan.good = False
            api.borrowed.append(loan)
            return made
        loan.thing = copy.deepcopy(made)
        with self._lock:
            self._loans.setdefault(key, []).append(loan)
            self.kept.update(dict.fromkeys((name for _, kind, name in loan.made if kind == "thread"), loan))
        api.borrowed.append(loan)
        return made

    def retire(self, loan: Loan) -> None:
        """Lend an object to nobody any more; once nobody holds it, it is cleaned up like what was never lent."""
        with self._lock:
            loan.good = False
            for loans in self._loans.values():
                if loan in loans:
                    loans.remove(loan)
            if loan.holder is None:
                self._return(loan)

    def leave(self, api: Making) -> None:
        """Let go of what a scenario has changed, so that it can be cleaned up: the scenario is over."""
        for loan in [loan for loan in api.borrowed if not loan.good]:
            api.borrowed.remove(loan)
            loan.holder = None
            self._return(loan)

    def release(self, api: Making, *, doubtful: bool = False) -> None:
        """Take back what a scenario held; what a `doubtful` one held may be to blame, and is lent no more."""
        held, api.borrowed = api.borrowed, []
        for loan in held:
            loan.holder = None
            if doubtful or not loan.good:
                self.retire(loan)

    def _return(self, loan: Loan) -> None:
        with self._lock:
            made, loan.made = loan.made, []
            for ledger, kind, name in made:
                self.kept.pop(name, None)
                ledger.take_back(kind, name)

    def end(self) -> None:
        """Give everything back to those who clean up."""
        with self._lock:
            for loans in self._loans.values():
                for loan in loans:
                    self._return(loan)
            self._loans.clear()


__all__ = ["Lending", "Loan"]
