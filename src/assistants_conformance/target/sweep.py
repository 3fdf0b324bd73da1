"""Deleting what ledgers name, and nothing else."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assistants_conformance.observe import Judge
from assistants_conformance.target.answer import Blocked, NotApplicable
from assistants_conformance.target.api import Api
from assistants_conformance.target.besides import files_of, stores_of
from assistants_conformance.target.book import Book, Intent, read
from assistants_conformance.target.fingerprint import KINDS, marked, shown
from assistants_conformance.target.ledger import hold, place_of, stores
from assistants_conformance.target.table import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from assistants_conformance.target.settings import TargetSettings

#: Which goes first: what holds others before what it holds.
_ORDER = ("thread", "assistant", "vector_store", "file")
_MOST_PAGES = 50
#: How far, in seconds, the time of a create may lie before the moment at which it was about to be sent: a whole second
#: of the Date header and one of `created_at`; and how far where the target's clock was not known.
_EARLY = 2.0
_UNKNOWN_CLOCK = 60.0
_GONE = (404, 410)
_NO_LIST = (400, 403, 404, 405, 501)


@dataclass
class Swept:
    """What came of a sweep: lines for a reader, and what is left."""

    lines: list[str] = field(default_factory=list)
    deleted: int = 0
    gone: int = 0
    left: int = 0
    running: int = 0
    requests: int = 0


def ledgers(folder: Path) -> list[Path]:
    """Return the ledgers in a folder, oldest first.

    Raises:
        ConfigError: there is no such folder.
    """
    if not folder.is_dir():
        return []
    return sorted(folder.glob("*.jsonl"))


@contextmanager
def _held(path: Path) -> Iterator[bool]:
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
    try:
        yield hold(descriptor)
    finally:
        os.close(descriptor)


def sweep(
    settings: TargetSettings,
    files: Iterable[Path],
    *,
    run: str = "",
    older_than: float = 0.0,
    dry: bool = False,
    open_api: Callable[[], Api] | None = None,
) -> Swept:
    """Delete at a target what the ledgers of finished runs against it name.

    Args:
        settings: the target, with credentials that may delete.
        files: ledgers; those of other targets, of other profiles and of runs that go on are passed over.
        run: only the ledgers of this run; empty: of every one.
        older_than: only ledgers that nobody wrote to for so long, in seconds.
        dry: say what would be deleted, and delete nothing.
        open_api: opens the target; None: over the network.

    Raises:
        ConfigError: a ledger cannot be read.
    """
    done, known = Swept(), list(files)
    names = _named_by_all(known)
    api = open_api() if open_api is not None else Api(settings, Judge(settings.profile))
    try:
        for path in known:
            try:
                with _held(path) as free:
                    _ledger(api, path, run, older_than, names, done, free=free, dry=dry)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise ConfigError("--ledger", f"{path} cannot be read: {error.strerror}") from error
    finally:
        done.requests = api.requests
        api.close()
    return done


def _named_by_all(files: Iterable[Path]) -> set[str]:
    """Return the ids that any ledger names: what one names by its id cannot be what another has lost."""
    names: set[str] = set()
    for path in files:
        with suppress(OSError):
            book = read(path)
            names |= book.alive.keys() | book.gone
    return names


def _ledger(
    api: Api, path: Path, run: str, older_than: float, names: set[str], done: Swept, *, free: bool, dry: bool
) -> None:
    book, settings = read(path), api.settings
    what = f"run {book.run or '?'} ({path.name})"
    if run and book.run != run:
        return
    if not book.head:
        done.lines.append(f"{path.name}: no ledger, passed over")
        return
    if book.head.get("target") != place_of(settings.url or "") or book.head.get("profile") != settings.profile.id:
        return
    if not free:
        done.running += 1
        done.lines.append(f"{what}: goes on, passed over")
        return
    age = time.time() - book.last
    if older_than and age < older_than:
        done.lines.append(f"{what}: {age:.0f} s old, passed over")
        return
    left = _Sweeping(api, path, book, names, done, dry=dry).all()
    done.left += left
    if not left and not dry:
        path.unlink(missing_ok=True)
    if not dry:
        done.lines.append(f"{what}: " + (f"{left} left" if left else "nothing is left, the ledger is removed"))


class _Sweeping:
    """One ledger at work."""

    def __init__(self, api: Api, path: Path, book: Book, names: set[str], done: Swept, *, dry: bool) -> None:
        self._api = api
        self._path = path
        self._book = book
        self._names = names
        self._done = done
        self._dry = dry
        #: By id: how an object was known that no answer has named.
        self._why: dict[str, str] = {}

    def all(self) -> int:
        """Delete everything; return how much could not be."""
        self._made_besides()
        left = self._look_for_lost()
        for kind in _ORDER:
            for identifier in [one for one in reversed(self._book.alive) if self._book.alive[one] == kind]:
                left += not self._delete(kind, identifier)
        return left

    def _made_besides(self) -> None:
        """Write down what the target made by itself on threads that are still there."""
        for thread in sorted(self._book.ran & self._book.alive.keys()):
            self._add("file", files_of(self._api, thread))
        for thread in sorted(self._book.stored & self._book.alive.keys()):
            self._add("vector_store", stores_of(self._api, thread))

    def _add(self, kind: str, identifiers: list[str]) -> None:
        for identifier in identifiers:
            if identifier not in self._names:
                self._names.add(identifier)
                self._write({"kind": kind, "id": identifier})

    def _delete(self, kind: str, identifier: str) -> bool:
        why = self._why.get(identifier)
        told = f"{kind} {identifier}" + (f" ({why})" if why else "")
        if self._dry:
            self._done.lines.append(f"would delete {told}")
            return True
        try:
            answer = self._api.end(kind, identifier)
        except Blocked as error:
            self._done.lines.append(f"left: {told}: {error}")
            return False
        if answer.ok:
            self._done.deleted += 1
            self._done.lines.append(f"deleted {told}")
        elif answer.status in _GONE:
            self._done.gone += 1
        else:
            self._done.lines.append(f"left: {told}: answered {answer.told[:200]}")
            return False
        self._write({"gone": identifier})
        return True

    def _write(self, line: dict[str, Any]) -> None:
        self._book.apply(line)
        if not self._dry:
            with self._path.open("ab") as file:
                file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")

    # -- creates without an answer -----------------------------------------------------------------------------------

    def _look_for_lost(self) -> int:
        """Find what creates have made whose answer nobody has read, and what refused ones left all the same.

        Returns how many creates nothing can be said of yet.
        """
        unsaid = 0
        for kind in _ORDER:
            intents = [one for one in self._book.intents.values() if one.kind == kind]
            if intents:
                unsaid += self._look_for(kind, intents)
        return unsaid

    def _look_for(self, kind: str, intents: list[Intent]) -> int:
        unanswered = [one for one in intents if not one.refused]
        since = min(_window(one)[0] for one in intents)
        try:
            listed = list(self._listed(kind, since))
        except Blocked as error:
            self._told_unlisted(kind, unanswered, str(error))
            return len(unanswered)
        except NotApplicable as error:
            self._told_unlisted(kind, unanswered, str(error))
            # Trying again would find no more.
            self._done.left += len(unanswered)
            self._settle(intents)
            return 0
        found: dict[str, str] = {}
        for thing in listed:
            if marked(thing, self._book.run):
                found[str(thing["id"])] = "it carries the id of the run"
        for group, fitting in self._fitting(kind, intents, [one for one in listed if str(one["id"]) not in found]):
            if fitting and len(fitting) <= len(group):
                found |= dict.fromkeys(fitting, f"asked for at {_clock(group[0].at)}, without an answer")
            elif fitting:
                self._done.lines.append(
                    f"not touched: {', '.join(fitting)}: {len(fitting)} of kind {kind} look like what was asked for"
                    f" {len(group)} times at {_clock(group[0].at)}; which is a stranger's cannot be told"
                )
        for identifier, why in found.items():
            self._why[identifier] = why
            self._add(kind, [identifier])
        for thing in listed:
            if str(thing["id"]) in found and any(one.stored and shown(kind, thing) == one.prints for one in intents):
                # It was not given a store but had one made: that is its own.
                self._add("vector_store", stores(thing) or self._stores_of(kind, str(thing["id"])))
        self._settle(intents)
        return 0

    def _stores_of(self, kind: str, identifier: str) -> list[str]:
        return stores_of(self._api, identifier) if kind == "thread" else []

    def _told_unlisted(self, kind: str, intents: list[Intent], why: str) -> None:
        for one in intents:
            self._done.lines.append(
                f"left, maybe: a {kind} was asked for at {_clock(one.at)}, its answer never came, and {why}"
            )

    def _settle(self, intents: list[Intent]) -> None:
        for one in intents:
            self._write({"n": one.number, "settled": "sweep"})

    def _fitting(
        self, kind: str, intents: list[Intent], listed: list[dict[str, Any]]
    ) -> Iterator[tuple[list[Intent], list[str]]]:
        """Yield creates that asked for the same, with the objects that may be theirs."""
        kinds = Counter(tuple(sorted(one.prints.items())) for one in intents)
        for prints in kinds:
            group = [one for one in intents if tuple(sorted(one.prints.items())) == prints]
            windows = [_window(one, self._api.settings.request_timeout) for one in group]
            yield (
                group,
                [
                    str(thing["id"])
                    for thing in listed
                    if shown(kind, thing) == dict(prints)
                    and any(first <= _created(thing) <= last for first, last in windows)
                ],
            )

    def _listed(self, kind: str, since: float) -> Iterator[dict[str, Any]]:
        """Yield what a list shows from a time on, as far as no ledger names it.

        Raises:
            Blocked: it cannot be listed.
            NotApplicable: the target has no such list.
        """
        operation = KINDS[kind][3]
        cursor, seen = None, set[str]()
        for _ in range(_MOST_PAGES):
            query = {"limit": 100, "order": "desc", "after": cursor}
            if kind == "thread" and not self._api.has(operation):
                answer = self._api.send("GET", "/threads", query=query)
            else:
                answer = self._api.call(operation, query=query)
            if answer.status in _NO_LIST:
                raise NotApplicable(f"the target has no list of this kind ({answer.status})")
            if not answer.ok or not isinstance(answer.json.get("data"), list):
                raise Blocked(f"the list of kind {kind} answered {answer.status}")
            page = [one for one in answer.data if isinstance(one.get("id"), str) and one["id"] not in seen]
            seen.update(one["id"] for one in page)
            yield from (one for one in page if one["id"] not in self._names)
            if not page or answer.json.get("has_more") is not True or all(_created(one) < since for one in page):
                return
            cursor = page[-1]["id"]


def _window(intent: Intent, longest: float = 0.0) -> tuple[float, float]:
    """Return between which seconds of the target's clock an object was made, if it was."""
    if intent.server is None:
        return intent.at - _UNKNOWN_CLOCK, intent.at + _UNKNOWN_CLOCK + longest
    return intent.server - _EARLY, intent.server + _EARLY + longest


def _created(thing: dict[str, Any]) -> float:
    told = thing.get("created_at")
    return float(told) if isinstance(told, (int, float)) and not isinstance(told, bool) else 0.0


def _clock(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


__all__ = ["Swept", "ledgers", "sweep"]
