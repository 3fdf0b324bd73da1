"""What led to a finding, told so that it can be done again: numbered steps, curl commands, a Python program.

Ids that a server made up become variables: another server, or the same one tomorrow, makes up others.
"""

from __future__ import annotations

import json
import pprint
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from assistants_conformance.observe import Exchange
from assistants_conformance.reporting.curl import brief_curl, common

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: What the answers of a server name: the beginning of such a name tells what it is a name of.
_NAME = re.compile(r"(?:[A-Za-z]+[-_])?[A-Za-z0-9-]{16,}")
_ROOTS = re.compile(r"/(?:assistants|threads|files|vector_stores)\b")
_SENT = ("openai-beta",)


@dataclass(frozen=True)
class Story:
    """Steps with their commands, and a program that does them all."""

    steps: list[dict[str, str]]
    snippet: str


@dataclass
class _Step:
    """One request or wait. `until` is the status that a read waits for, `kept` what its answer is needed for."""

    exchange: Exchange | None
    seconds: float = 0.0
    until: str = ""
    kept: tuple[tuple[str, tuple[str | int, ...]], ...] = ()


def story(history: Sequence[Exchange | float], observed: str, expected: str) -> Story:
    """Return what led to a finding; reads that nothing hangs on are left out.

    Args:
        history: exchanges, and waits in seconds, in order; the last exchange shows the finding.
        observed: what was seen.
        expected: what should have been seen.
    """
    steps = list(_steps(history))
    first = next((step.exchange for step in steps if step.exchange is not None), None)
    if first is None:
        return Story([], "")
    names, base = _names(steps), _base(first)
    told = [{"step": f"the API at {base}", "curl": common(first, base)}]
    told += [{"step": _replaced(_told(step, base), names, "{}"), "curl": _command(step, names, base)} for step in steps]
    return Story(told, _program(first, steps, names, observed, expected))


def _base(exchange: Exchange) -> str:
    """Return scheme, host and base path of the API."""
    address = urlsplit(exchange.request.url)
    return f"{address.scheme}://{address.netloc}" + _ROOTS.split(address.path)[0]


def _steps(history: Sequence[Exchange | float]) -> Iterator[_Step]:
    last = max((place for place, item in enumerate(history) if isinstance(item, Exchange)), default=-1)
    pending: _Step | None = None
    shown: dict[str, str] = {}
    for place, item in enumerate(history):
        if not isinstance(item, Exchange):
            pending = None
            yield _Step(None, seconds=item)
            continue
        request = item.request
        if request.method != "GET" or place == last:
            pending = None
            yield _Step(item)
        elif re.search(r"/runs/[^/]+$", request.path):
            status = str((item.response.json or {}).get("status")) if isinstance(item.response.json, dict) else ""
            if pending is not None and pending.exchange is not None and pending.exchange.request.path == request.path:
                pending.exchange, pending.until = item, status
            elif shown.get(request.path) != status:
                pending = _Step(item, until=status)
                yield pending
            shown[request.path] = status


def _names(steps: list[_Step]) -> dict[str, str]:
    """Give what one answer names and a later request uses a variable; note in the step where it stands."""
    names: dict[str, str] = {}
    for place, step in enumerate(steps):
        if step.exchange is None:
            continue
        later = "\n".join(
            f"{other.exchange.request.url}\n{other.exchange.request.body.decode('utf-8', 'replace')}"
            for other in steps[place + 1 :]
            if other.exchange is not None
        )
        kept = []
        for value, path in _values(step.exchange.response.json):
            if value not in names and value in later and _NAME.fullmatch(value):
                kind = re.split(r"[-_]", value)[0] if re.match(r"[A-Za-z]+[-_]", value) else "name"
                names[value] = f"{kind}_{sum(1 for known in names.values() if known.startswith(kind + '_')) + 1}"
                kept.append((names[value], path))
        step.kept = tuple(kept)
    return names


def _values(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    if isinstance(value, str):
        yield value, path
    elif isinstance(value, dict):
        for name, inner in sorted(value.items(), key=lambda pair: pair[0] != "id"):
            yield from _values(inner, (*path, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _values(inner, (*path, place))


def _replaced(text: str, names: dict[str, str], form: str) -> str:
    for value, name in names.items():
        text = text.replace(value, form.format(name))
    return text


def _told(step: _Step, base: str) -> str:
    if step.exchange is None:
        return f"wait {step.seconds:.0f} s (or wind the clock)"
    request, response = step.exchange.request, step.exchange.response
    until = f" until {step.until}" if step.until else ""
    place = request.path.removeprefix(urlsplit(base).path)
    return f"{request.method} {place}{until} -> {response.status}"


def _command(step: _Step, names: dict[str, str], base: str) -> str:
    if step.exchange is None:
        return ""
    text = brief_curl(step.exchange, base)
    for value, name in names.items():
        parts = text.split(value)
        made = parts[0]
        for part in parts[1:]:
            # Inside single quotes a variable stands outside of them.
            made += (f"'\"${name}\"'" if made.count("'") % 2 else f"${name}") + part
        text = made
    if not step.kept:
        return text
    if len(step.kept) == 1:
        name, path = step.kept[0]
        return f"{name}=$({text} | jq -r '{_jq(path)}')"
    return f"answer=$({text}); " + "; ".join(
        f"{name}=$(jq -r '{_jq(path)}' <<<\"$answer\")" for name, path in step.kept
    )


def _jq(path: tuple[str | int, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)


# The program.

_HEAD = '''\
"""{title}

Needs httpx2, {needs}. ASSISTANTS_URL takes the place of the address;
ASSISTANTS_CLOCK_URL names where the target's clock is wound, without it the program waits.
"""

import os
import time

import httpx2

BASE = os.environ.get("ASSISTANTS_URL", {origin!r})
CLOCK = os.environ.get("ASSISTANTS_CLOCK_URL")
client = httpx2.Client(
    headers={headers},
    params={params},
    timeout=60,
)


def send(method, path, **how):
    answer = client.request(method, BASE + path, **how)
    print(method, path, "->", answer.status_code, answer.text[:300])
    return answer


def until(status, path):
    for _ in range(600):
        answer = send("GET", path)
        if answer.json().get("status") in (status, "completed", "failed", "cancelled", "expired", "incomplete"):
            return answer
        time.sleep(0.5)
    raise SystemExit(f"never {{status}}")


def wait(seconds):
    if CLOCK:
        httpx2.post(CLOCK, json={{"advance_seconds": seconds}})
    else:
        time.sleep(seconds)

'''


def _program(first: Exchange, steps: list[_Step], names: dict[str, str], observed: str, expected: str) -> str:
    base = _base(first)
    headers = first.request.headers
    how = [f'"{name}": {headers[name]!r}' for name in _SENT if name in headers]
    if "authorization" in headers:
        key = "AZURE_OPENAI_AD_TOKEN" if "api-version" in first.request.query else "OPENAI_API_KEY"
        how.append(f'"Authorization": "Bearer " + os.environ["{key}"]')
    elif "api-key" in headers:
        key = "AZURE_OPENAI_API_KEY"
        how.append(f'"api-key": os.environ["{key}"]')
    else:
        key = ""
    version = first.request.query.get("api-version")
    lines = [
        _HEAD.format(
            title="How to see a deviation from the Assistants API again.",
            needs=f"and a key in {key}" if key else "and no key",
            origin=base,
            headers="{" + ", ".join(how) + "}",
            params={"api-version": version} if version else {},
        )
    ]
    for number, step in enumerate(steps, 1):
        lines.append(f"# {number}. {_replaced(_told(step, base), names, '{}')}")
        lines.append(_line(step, names, urlsplit(base).path))
        lines += [f"{name} = answer.json()" + "".join(f"[{part!r}]" for part in path) for name, path in step.kept]
    lines += [
        "",
        f"print({'observed: ' + _replaced(observed, names, '<{}>')!r})",
        f"print({'expected: ' + _replaced(expected, names, '<{}>')!r})",
    ]
    return "\n".join(lines) + "\n"


def _line(step: _Step, names: dict[str, str], base: str) -> str:
    if step.exchange is None:
        return f"wait({step.seconds:.0f})"
    request = step.exchange.request
    path = _literal(request.path.removeprefix(base), names)
    if step.until:
        return f"answer = until({step.until!r}, {path})"
    query = {name: value for name, value in request.query.items() if name != "api-version"}
    parts = [repr(request.method), path]
    if query:
        parts.append(f"params={_expression(query, names)}")
    kind = request.headers.get("content-type", "")
    if request.json is not None:
        parts.append(f"json={_expression(request.json, names)}")
    elif request.body:
        parts += [f"content={request.body!r}", f"headers={{'Content-Type': {kind!r}}}"]
    return f"answer = send({', '.join(parts)})"


def _literal(text: str, names: dict[str, str]) -> str:
    if any(value in text for value in names):
        made = text.replace("{", "{{").replace("}", "}}")
        return "f" + repr(_replaced(made, names, "{{{}}}"))
    return repr(text)


def _expression(value: Any, names: dict[str, str]) -> str:
    written = pprint.pformat(json.loads(json.dumps(value)), width=10_000, compact=True, sort_dicts=False)
    for known, name in names.items():
        written = written.replace(repr(known), name)
    return written
