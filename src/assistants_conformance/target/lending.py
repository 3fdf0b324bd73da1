"""What scenarios lend each other: objects that they only look at are made once for all of them.

A loan is an object with everything that was asked and answered until it was there. Whoever borrows it has his judge
told of that, so that it knows the object as if its own scenario had made it. A scenario may do with a loan what it
likes: once a request changes it, or may have, nobody is lent it any more.
"""

from __future__ import annotations

import copy
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import unquote

from assistants_conformance.target.limits import HEAVY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assistants_conformance.observe import Exchange, Request
    from assistants_conformance.target.api import Api
    from assistants_conformance.target.ledger import Ledger

T = TypeVar("T")


class Loan:
    """One object that is lent, or is being made for it."""

    def __init__(self) -> None:
        self.thing: Any = None
        self.exchanges: list[Exchange] = []
        #: What it is made of that is lent itself.
        self.parts: list[Loan] = []
        #: What is to be deleted in the end: who has noted it down, its kind and its id.
        self.made: list[tuple[Ledger, str, str]] = []
        self.ids: set[str] = set()
        self.ready = threading.Event()
        self.there = False
        self.retired = False
        #: Who changed it; None while it is as it was.
        self.spoilt_by: Api | None = None

    @property
    def good(self) -> bool:
        """Whether it may be lent."""
        return not self.retired and self.spoilt_by is None and all(part.good for part in self.parts)

    def hear(self, exchange: Exchange) -> None:
        """Take in what was asked and answered while it was made."""
        self.exchanges.append(exchange)
        body = exchange.response.json
        if isinstance(body, dict) and isinstance(body.get("id"), str):
            self.ids.add(body["id"])

    def touched(self, request: Request) -> bool:
        """Say whether a request is about it, by its path."""
        return not self.ids.isdisjoint(map(unquote, request.path.split("/")))

    def whole(self) -> Iterator[Loan]:
        """Yield what it is made of, and then itself."""
        for part in self.parts:
            yield from part.whole()
        yield self


class Lending:
    """The loans of one process. Several threads may borrow at once."""

    def __init__(self) -> None:
        self._loans: dict[str, Loan] = {}
        self._lock = threading.RLock()
        #: Threads that are lent: files that the target makes there belong to the loan.
        self.kept: dict[str, Loan] = {}

    def lend(self, api: Api, key: str, make: Callable[[], T]) -> T:
        """Return a copy of what `make` returns, or has returned before under this key, where that is still good.

        Raises:
            Blocked: it could not be made.
        """
        with self._lock:
            loan = self._loans.get(key)
            mine = loan is None or not loan.good
            if loan is None or mine:
                loan = self._loans[key] = Loan()
        if mine:
            self._make(api, key, loan, make)
        else:
            with api.waiting():
                loan.ready.wait()
            if not loan.there or not loan.good:
                return make()
        api.borrow(loan, told=not mine)
        return cast("T", copy.deepcopy(loan.thing))

    def _make(self, api: Api, key: str, loan: Loan, make: Callable[[], Any]) -> None:
        try:
            with api.making(loan):
                loan.thing = make()
            # What a hostile target has blown up is not kept for the rest of a run.
            loan.there = sum(len(one.response.body) for one in loan.exchanges) <= HEAVY
        finally:
            with self._lock:
                if not loan.there and self._loans.get(key) is loan:
                    del self._loans[key]
                self.kept.update(dict.fromkeys((name for _, kind, name in loan.made if kind == "thread"), loan))
            if not loan.there:
                self._return(loan)
            loan.ready.set()

    def spoil(self, loan: Loan, api: Api) -> None:
        """Note that a loan is no longer what it was."""
        with self._lock:
            loan.spoilt_by = loan.spoilt_by or api
        self.retire(loan)

    def retire(self, loan: Loan) -> None:
        """Lend an object to nobody any more; who has it may go on."""
        with self._lock:
            loan.retired = True
            for key in [key for key, one in self._loans.items() if not one.good]:
                self._return(self._loans.pop(key))

    def _return(self, loan: Loan) -> None:
        with self._lock:
            made, loan.made = loan.made, []
            for ledger, kind, name in made:
                self.kept.pop(name, None)
                ledger.take_back(kind, name)

    def end(self) -> None:
        """Give everything back to those who clean up."""
        with self._lock:
            for loan in self._loans.values():
                loan.retired = True
                self._return(loan)
            self._loans.clear()


class Borrowing:
    """What one Api has borrowed for the scenario at hand, and what it makes in order to lend it."""

    def __init__(self) -> None:
        self.loans: list[Loan] = []
        self.making: list[Loan] = []

    @contextmanager
    def make(self, loan: Loan, ledger: Ledger | None) -> Iterator[None]:
        """Take everything that is made meanwhile for a part of a loan."""
        self.making.append(loan)
        outer = ledger.aside if ledger is not None else None
        if ledger is not None:
            ledger.aside = loan
        try:
            yield
        finally:
            self.making.pop()
            if ledger is not None:
                ledger.aside = outer

    def changed(self, exchange: Exchange) -> list[Loan]:
        """Return the loans that an exchange has changed, or may have."""
        request, status = exchange.request, exchange.response.status
        if request.method in ("GET", "HEAD") or (400 <= status < 500) or not self.loans:
            return []
        return [loan for loan in self.loans if loan not in self.making and loan.touched(request)]


__all__ = ["Borrowing", "Lending", "Loan"]
