"""The phases of fuzzing: limits covered, requests by chance, walks along links; every exchange is checked."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from assistants_conformance.contract import operation
from assistants_conformance.scenario.explore import Deviation
from assistants_conformance.scenario.fuzz import generate
from assistants_conformance.scenario.fuzz.checks import Sent, deviations, judged
from assistants_conformance.scenario.fuzz.narrow import MARK, NONE, narrowed
from assistants_conformance.scenario.fuzz.stock import Stock
from assistants_conformance.scenario.situations import able
from assistants_conformance.target import Blocked
from assistants_conformance.target.multipart import Part, form

if TYPE_CHECKING:
    from assistants_conformance.scenario.verify import Verify
    from assistants_conformance.target import Answer, Api
    from assistants_conformance.target.chance import Chance

Json = dict[str, Any]

#: What the objects of a kind are read with, by the operation that makes them.
_READERS = {
    "create_assistant": ("get_assistant", "assistant_id"),
    "create_thread": ("get_thread", "thread_id"),
    "create_message": ("get_message", "message_id"),
    "upload_file": ("get_file", "file_id"),
    "create_vector_store": ("get_vector_store", "vector_store_id"),
}


@dataclass
class _Seen:
    """What came of the requests of one phase."""

    held: set[str] = field(default_factory=set)
    found: dict[str, Deviation] = field(default_factory=dict)
    made: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)


_SOUGHT = frozenset({"FUZZ-001", "FUZZ-002", "FUZZ-003", "ERR-033"})


def cover(api: Api, verify: Verify) -> None:
    """Send the requests that meet each limit of the document, and those that miss it by one.

    Raises:
        Blocked: a request could not be sent, and none before it deviated.
    """
    most, stores = api.settings.effort.coverage_cases, _stores(api)
    _all(api, verify, api.corpus(), lambda: generate.coverage(narrowed(api, stores=stores), _own(api), most))


def draw(api: Api, verify: Verify) -> None:
    """Send requests by chance.

    Raises:
        Blocked: a request could not be sent, and none before it deviated.
    """
    count, stores = api.settings.effort.fuzz_cases, _stores(api)
    _all(api, verify, api.corpus(), lambda: generate.drawn(narrowed(api, stores=stores), _own(api), count))


def _own(api: Api) -> Chance:
    """Return the chance of making requests, apart from that of sending them: a replay does without the first."""
    return api.chance.child("fuzz")


def _stores(api: Api) -> bool:
    """Say whether the target has vector stores; asked first, so that a replay asks it too."""
    return api.has("create_vector_store") and able(api, "vector_stores")


def _all(api: Api, verify: Verify, recorded: list[Any] | None, make: Any) -> None:
    cases = make() if recorded is None else recorded
    if recorded is None:
        api.keep_corpus(cases)
    seen, stock = _Seen(), Stock(api)
    try:
        for case in cases:
            _one(api, stock, case, seen)
        read_back(api, seen)
    except Blocked:
        _told(verify, seen)
        if not seen.found:
            raise
        return
    _told(verify, seen)


def walk(api: Api, verify: Verify) -> None:
    """Walk along the links of the document, from objects to what hangs on them.

    Raises:
        Blocked: a request could not be sent, and none before it deviated.
    """
    stores, recorded, effort = _stores(api), api.corpus(), api.settings.effort
    seen, stock, kept = _Seen(), Stock(api), list[Json]()
    blocked: list[Blocked] = []

    def send(case: Json) -> tuple[int, str, bytes]:
        nonlocal stock
        if blocked:
            return 503, "", b""
        kept.append(case)
        if not case:
            stock = Stock(api)
            return 503, "", b""
        try:
            answer = _one(api, stock, case, seen)
        except Blocked as error:
            blocked.append(error)
            return 503, "", b""
        response = answer.exchange.response
        return response.status, response.content_type, response.body

    if recorded is None:
        generate.walks(narrowed(api, stores=stores), _own(api).number(), effort.walks, effort.steps, send)
        api.keep_corpus(kept)
    else:
        for case in recorded:
            send(case)
    if not blocked:
        try:
            read_back(api, seen)
        except Blocked as error:
            blocked.append(error)
    _told(verify, seen)
    if blocked and not seen.found:
        raise blocked[0]


def read_back(api: Api, seen: _Seen) -> None:
    """Read everything that was made and not deleted, by the id that its creation answered."""
    for made, params in seen.made:
        reader, name = _READERS[made]
        if seen.gone & set(params.values()):
            continue
        seen.held.add("FUZZ-003")
        arguments: dict[str, Any] = dict(params)
        answer = api.call(reader, **arguments)
        if answer.status == 404:
            told = f"{made} answered the id {params[name]}, and {reader} says {answer.told}"
            seen.found.setdefault("FUZZ-003", Deviation("FUZZ-003", told, "the object that was made", answer))


def _one(api: Api, stock: Stock, case: Json, seen: _Seen) -> Answer:
    """Send one request and check its answer.

    Raises:
        Blocked: an object that it names could not be made, or no answer came.
    """
    row = operation(case["operation"])
    params = stock.place(row.id, case["path"])
    real = all(value == MARK + name for name, value in case["path"].items())
    query = [(name, str(stock.filled(value))) for name, value in case["query"] if value != NONE]
    content: bytes | None = None
    kind: str | None = None
    body: Any = None
    if "form" in case:
        parts = [
            Part(name, value.encode("latin-1", "replace"), "numbers.csv", "text/csv")
            if name == "file"
            else Part(name, str(stock.filled(value)).encode())
            for name, value in case["form"].items()
        ]
        content, kind = form(*parts)
        body = dict(case["form"])
    elif "body" in case:
        body = stock.filled(case["body"])
        content, kind = json.dumps(body).encode(), "application/json"
    sent = Sent(row, query, body, content is not None, "type" not in case, real, case["told"])
    path = row.path.format(**{name: quote(value, safe="") for name, value in params.items()})
    pairs = [*api.default_query().items(), *query]
    answer = api.send(
        row.method,
        path + (f"?{urlencode(pairs)}" if pairs else ""),
        # What every request carries stands in the path already: a name may come twice there.
        query=dict.fromkeys(api.default_query()),
        headers={} if row.beta_header else {"OpenAI-Beta": None},
        content=content,
        content_type=case.get("type", kind),
    )
    _noted(row.id, params, answer, stock, seen)
    seen.held |= judged(api.profile, sent)
    for one in deviations(api.profile, sent, answer):
        seen.found.setdefault(one.requirement, one)
    return answer


def _noted(identifier: str, params: dict[str, str], answer: Answer, stock: Stock, seen: _Seen) -> None:
    if not answer.ok:
        return
    if identifier.startswith("delete_"):
        stock.used_up(params)
        # What hung on a deleted object is gone with it, so only the last parameter counts as a mark of its own.
        seen.gone.add(list(params.values())[-1])
    elif identifier in _READERS and isinstance(answer.json.get("id"), str):
        seen.made.append((identifier, {**params, _READERS[identifier][1]: answer.json["id"]}))


def _told(verify: Verify, seen: _Seen) -> None:
    for requirement in sorted(seen.held | seen.found.keys()):
        one = seen.found.get(requirement)
        if one is None:
            verify(requirement, True, observed="", expected="")
        else:
            verify(requirement, False, observed=one.observed, expected=one.expected, answer=one.answer)
    # The judge may have seen one of them all the same: that is told before this is asked for.
    for requirement in _SOUGHT - seen.held - seen.found.keys():
        verify.untold.setdefault(requirement, "no request that was sent gave this anything to look at")
