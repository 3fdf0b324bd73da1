"""The page of the error texts: what a refusal says in which situation, and how that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.pages.markdown import code, page, plain, table

from assistants_conformance.contract.documents import read
from assistants_conformance.reference.faults import registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistants_conformance.contract import ErrorCondition, Profile

_READING = """\
Placeholders stand in braces. *Evidence*: **recorded** in an answer of the service; **quoted** by its users;
**documented** by the vendor, or in the style of its validator; **choice** where nothing is known, and then no
requirement holds a target to the text. Status, text, envelope and "nothing changed" of one refusal are
requirements of their own.""".replace("\n", " ")


def errors(profiles: Sequence[Profile]) -> str:
    """Return the page."""
    document = read("errors")
    kills: dict[str, dict[str, None]] = {}
    for profile in profiles:
        for name, fault in registry(profile).items() if profile.runnable else ():
            family, _, rest = name.partition(":")
            if family == "error":
                kills.setdefault(rest.partition(":")[0], {}).update(dict.fromkeys(fault.kills))
    rows = [
        [
            code(name),
            str(row["status"]),
            code(row["message"]),
            _members(row["type"], row["param"], row["code"]),
            row["evidence"],
            ", ".join([*row.get("platforms", ()), *row.get("shapes", ())]),
            ", ".join(kills.get(name, {})),
        ]
        for name, row in document["conditions"].items()
    ]
    head = ["situation", "status", "message", "type, param, code", "evidence", "where", "held by"]
    parts = [_READING, table(head, rows)]
    comments = [
        f"* {code(name)}: {plain(row['$comment'])}" for name, row in document["conditions"].items() if "$comment" in row
    ]
    if comments:
        parts += ["## Notes", "\n".join(comments)]
    changed = [line for profile in profiles for line in _changed(profile)]
    if changed:
        told = "What a profile says in another way than the table above."
        parts += ["## By profile", told, table(["profile", *head[:5]], changed)]
    return page("Error texts", *parts)


def _changed(profile: Profile) -> list[list[str]]:
    base = read("errors")["conditions"]
    return [
        [code(profile.id), *_line(name, condition)]
        for name, condition in profile.errors.items()
        if name not in base or _facts(base[name]) != _facts(vars(condition))
    ]


def _facts(row: dict[str, object]) -> list[object]:
    return [row[key] for key in ("status", "message", "type", "param", "code")]


def _line(name: str, row: ErrorCondition) -> list[str]:
    members = _members(row.type, row.param, row.code)
    return [code(name), str(row.status), code(row.message), members, row.evidence]


def _members(*values: str | None) -> str:
    return ", ".join("null" if value is None else code(value) for value in values)
