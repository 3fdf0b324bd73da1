"""The file of a cassette: YAML of the form that vcrpy reads, written so that a person can read it too."""

from __future__ import annotations

import gc
import re
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import yaml

from assistants_conformance.observe import Exchange, Request, Response
from assistants_conformance.recordings import OWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = dict[str, Any]

#: Headers of the transport, not of what was said: the body is kept as it is read, whole and not compressed.
_OF_THE_TRANSPORT = frozenset({"connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding"})
#: What a client tells of itself and of its machine.
_OF_THE_CLIENT = ("accept", "user-agent", "x-stainless-", "host")
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_FIXED = "recorded-boundary-of-a-form"


class CassetteError(ValueError):
    """A cassette that cannot be read; the message names file, place and mend."""


@dataclass(frozen=True)
class Lost:
    """A request that got no answer, and what happened in the place of one."""

    request: Request
    told: str


@dataclass(frozen=True)
class Cassette:
    """What one scenario sent and got, in the order in which it was begun. `about` says of what it is."""

    entries: tuple[Exchange | Lost, ...]
    about: Mapping[str, Any] = field(default_factory=dict)


class _Dumper(yaml.CSafeDumper):
    """Writes every text of several lines as a block, and never an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    block = "\n" in text and all(map(_plain, text.split("\n")))
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if block else None)


def _plain(line: str) -> bool:
    return line.isprintable() and line == line.rstrip()


_Dumper.add_representer(str, _text)


def _body(data: bytes) -> str | bytes:
    """Return a body as text where it is one that YAML carries unchanged."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return data
    return text if all(letter.isprintable() or letter in "\r\n\t" for letter in text) else data


def _unbound(request: Request) -> Request:
    """Return a form with a boundary that is the same each time."""
    kind = request.headers.get("content-type", "")
    found = _BOUNDARY.search(kind) if kind.startswith("multipart/") else None
    if found is None or found[1] == _FIXED:
        return request
    line = rb"(?:(?<=\r\n)|\A)--" + re.escape(found[1].encode()) + rb"(?=(?:--)?(?:\r\n|\Z))"
    body = re.sub(line, b"--" + _FIXED.encode(), request.body)
    return replace(request, headers={**request.headers, "content-type": kind.replace(found[1], _FIXED)}, body=body)


def _sent_headers(headers: Mapping[str, str]) -> Json:
    kept = {
        name: value
        for name, value in headers.items()
        if name not in _OF_THE_TRANSPORT and not name.startswith(_OF_THE_CLIENT)
    }
    return {name: [kept[name]] for name in sorted(kept)}


def _entry(entry: Exchange | Lost) -> Json:
    request = _unbound(entry.request)
    sent = {
        "method": request.method,
        "uri": request.url,
        "body": _body(request.body) if request.body else None,
        "headers": _sent_headers(request.headers),
    }
    if isinstance(entry, Lost):
        answer: Json = {"status": {"code": 0, "message": ""}, "headers": {}, "body": {"string": ""}}
        return {"request": sent, "response": answer, OWN: {"lost": entry.told}}
    response = entry.response
    headers = {name: [value] for name, value in sorted(response.headers.items()) if name not in _OF_THE_TRANSPORT}
    answer = {
        "status": {"code": response.status, "message": _phrase(response.status)},
        "headers": headers,
        "body": {"string": _body(response.body)},
    }
    own: Json = {"times": [_time(entry.started), _time(entry.ended)]}
    if entry.arrivals:
        own["arrivals"] = [_time(at) for at in entry.arrivals]
    if not entry.complete:
        own["left"] = True
    return {"request": sent, "response": answer, OWN: own}


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _time(seconds: float) -> float | int:
    return int(seconds) if float(seconds).is_integer() else round(seconds, 4)


def write(cassette: Cassette) -> str:
    """Return the text of a cassette."""
    document = {
        OWN: dict(cassette.about),
        "interactions": [_entry(entry) for entry in cassette.entries],
        "version": 1,
    }
    return yaml.dump(document, Dumper=_Dumper, allow_unicode=True, width=1_000_000, sort_keys=False)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let the collector of cycles rest.

    Among the many small objects of a long file, none of them in a cycle, it only walks, again and again, and makes
    reading twice as slow.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def read(text: str | bytes, name: str) -> Cassette:
    """Read a cassette.

    Raises:
        CassetteError: it is none.
    """
    try:
        with _uncollected():
            document = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        where = f", line {place.line + 1}" if place is not None else ""
        raise CassetteError(f"{name}{where}: not YAML: record it again") from error
    if not isinstance(document, dict) or not isinstance(document.get("interactions"), list):
        raise CassetteError(f"{name}: no `interactions`: it is no cassette of vcrpy")
    about = document.get(OWN)
    entries = [_read(row, f"{name}, interaction {number}") for number, row in enumerate(document["interactions"])]
    return Cassette(tuple(entries), about if isinstance(about, dict) else {})


def _read(row: Any, place: str) -> Exchange | Lost:
    try:
        sent, answer = row["request"], row["response"]
        request = Request(str(sent["method"]), str(sent["uri"]), _flat(sent["headers"]), _bytes(sent.get("body")))
        own = row.get(OWN) or {}
        if "lost" in own:
            return Lost(request, str(own["lost"]))
        response = Response(
            int(answer["status"]["code"]), _flat(answer["headers"]), _bytes(answer["body"].get("string"))
        )
        started, ended = own.get("times", (0.0, 0.0))
        return Exchange(
            request,
            response,
            started=float(started),
            ended=float(ended),
            complete=not own.get("left", False),
            arrivals=tuple(map(float, own.get("arrivals", ()))),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CassetteError(f"{place}: {type(error).__name__}: {error}: record it again") from error


def _flat(headers: Mapping[str, Any]) -> dict[str, str]:
    return {
        str(name).lower(): ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in headers.items()
    }


def _bytes(value: Any) -> bytes:
    return b"" if value is None else value if isinstance(value, bytes) else str(value).encode("utf-8")


@cache
def safe_name(text: str) -> str:
    """Return a text as the name of a file, different for different texts."""
    import hashlib  # noqa: PLC0415 - only where cassettes are

    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-")[:100]
    if plain == text and plain.strip("."):
        return plain
    return f"{plain}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
