"""What the contract says of a request that was made by a machine, and so of its answer.

Only what an active requirement rules is asked for, and only where the place of the mistake is beyond doubt: in the
query, or in a member of the body's top level. What a service makes of a mistake deeper down is rarely recorded.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistants_conformance.contract.openapi import list_parameters
from assistants_conformance.scenario.explore import Deviation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_conformance.contract import Operation, Problem, Profile
    from assistants_conformance.target import Answer

Json = dict[str, Any]

#: What whoever stands in front of a service may answer by himself, whatever its contract says.
_IN_FRONT = frozenset({401, 403, 404, 405, 408, 411, 413, 414, 415, 429, 431})
_REFUSED = frozenset({400, 409, 413, 415, 422})
#: Members that any service takes in any mixture, without looking for anything else.
_PLAIN = frozenset(
    {"name", "description", "instructions", "metadata", "temperature", "top_p", "model", "role", "content"}
)
_TAKING = frozenset({"create_assistant", "modify_assistant", "create_thread", "modify_thread", "create_message",
                     "modify_message", "create_vector_store"})  # fmt: skip
_GENERAL = {
    "required": "ERR-009",
    "additionalProperties": "ERR-010",
    "enum": "ERR-014",
    "type": "ERR-030",
    "maxLength": "ERR-013",
}
_OWN = frozenset({"minimum", "maximum", "minLength", "maxProperties", "propertyNames", "maxItems"})


@dataclass(frozen=True)
class Sent:
    """A request as it went out: `body` is its JSON, `plain` says that nothing about its form is odd."""

    row: Operation
    query: list[tuple[str, str]]
    body: Any
    has_body: bool
    plain: bool
    real: bool
    told: str


def deviations(profile: Profile, sent: Sent, answer: Answer) -> Iterator[Deviation]:
    """Give what is wrong with an answer, apart from what the judge sees in it by itself."""
    known = answer.ok or answer.status >= 500 or answer.status in _REFUSED | _IN_FRONT
    if not known:
        yield Deviation("FUZZ-002", _told(sent, answer), "a status that the contract knows for a request", answer)
    mistakes = list(_mistakes(profile, sent))
    if mistakes:
        ruling = next((one for one in mistakes if one in profile.active), None)
        if answer.ok and ruling is not None and all(one in profile.active for one in mistakes):
            yield Deviation(ruling, _told(sent, answer), "refused with 400", answer)
        if answer.status in _REFUSED - {400}:
            yield Deviation("ERR-033", _told(sent, answer), "status 400", answer)
    elif sent.plain and sent.real and answer.status in _REFUSED and _valid(profile, sent):
        yield Deviation("FUZZ-001", _told(sent, answer), "a success: its schema allows the request", answer)


def judged(profile: Profile, sent: Sent) -> set[str]:
    """Return the requirements that an answer to a request was held to."""
    mistakes = list(_mistakes(profile, sent))
    if mistakes:
        return {"FUZZ-002", "ERR-033", *mistakes} & profile.active
    return {"FUZZ-001", "FUZZ-002"} if sent.plain and sent.real and _valid(profile, sent) else {"FUZZ-002"}


def _told(sent: Sent, answer: Answer) -> str:
    request = answer.exchange.request
    return f"{request.method} {request.url.partition('://')[2][:200]} ({sent.told or 'by chance'}): {answer.told}"


def _mistakes(profile: Profile, sent: Sent) -> Iterator[str]:
    """Give the requirement that forbids each mistake of a request; an empty one where nothing rules on it."""
    if not sent.plain:
        return
    yield from _of_query(profile, sent)
    shape = profile.request_shape(sent.row.request) if sent.row.request else None
    if shape is None:
        return
    body = sent.body if sent.has_body else {}
    if not isinstance(body, dict):
        yield ""
        return
    for problem in shape.problems(body):
        yield _ruling(problem, body)


def _ruling(problem: Problem, body: Json) -> str:
    if "." in problem.path or "[" in problem.path:
        return ""
    if problem.keyword == "type" and body.get(problem.path) is None:
        # Null for a member that is left out is what many clients send.
        return ""
    if problem.keyword in _GENERAL:
        return _GENERAL[problem.keyword]
    return problem.requirement or "" if problem.keyword in _OWN else ""


def _of_query(profile: Profile, sent: Sent) -> Iterator[str]:
    if not sent.row.paged:
        return
    known = list_parameters(profile, sent.row)
    names = [name for name, _ in sent.query]
    for name, value in sent.query:
        if names.count(name) > 1:
            yield ""
        elif name == "limit" and name in known:
            number = int(value) if re.fullmatch(r"-?[0-9]{1,9}", value, re.ASCII) else 0
            if not known[name]["minimum"] <= number <= known[name]["maximum"]:
                yield "PAGE-004"
        elif name == "order" and name in known and value not in known[name]["enum"]:
            yield "PAGE-007"


def _valid(profile: Profile, sent: Sent) -> bool:
    """Say whether nothing but the request itself decides on it, and its schema allows it."""
    if sent.row.listed and sent.row.paged:
        known = list_parameters(profile, sent.row)
        # What is wrong with a limit or an order has been found already.
        allowed = {"limit": None, "order": None, "filter": known.get("filter", {}).get("enum", ())}
        return all(
            name in known and name in allowed and (allowed[name] is None or value in allowed[name])
            for name, value in sent.query
        )
    if sent.row.id not in _TAKING or sent.query:
        return False
    body = sent.body if sent.has_body else {}
    if not isinstance(body, dict) or any(name not in _PLAIN and not _nothing(value) for name, value in body.items()):
        return False
    # An assistant or a message of nothing is a matter of its own.
    texts = [*_texts(body)]
    content = body.get("content", "text")
    return isinstance(content, str) and bool(content.strip()) and all(map(_printable, texts)) and _whole(body)


def _nothing(value: Any) -> bool:
    """Say whether a member asks for nothing: null, the default, or a shell around nothing."""
    if isinstance(value, dict):
        return all(map(_nothing, value.values()))
    return value is None or value in ("auto", "text", [])


def _whole(body: Json) -> bool:
    metadata = body.get("metadata")
    return all(metadata) if isinstance(metadata, dict) else True


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _printable(text: str) -> bool:
    return not any(unicodedata.category(letter) in ("Cc", "Cn", "Co", "Cs") for letter in text)
