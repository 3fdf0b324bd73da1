"""The page of the lifecycles: a state diagram for every file in `schemas/lifecycles`, and what is set when."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from tools.pages.markdown import code, page, plain, table

from assistants_conformance._data import folder
from assistants_conformance.contract.documents import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assistants_conformance.contract import Profile

Row = dict[str, Any]

# Labels stand apart only where ranks do: as drawn with 50, which is what Mermaid takes, they cover each other.
_SPACING = '%%{init: {"state": {"rankSpacing": 110, "nodeSpacing": 70}}}%%'
_LABEL = 20

_READING = """\
Every edge names its requirement. **▶** marks an edge that only a client can cause, with the operation; the
service causes all others. **In brackets** stands where an edge exists if that is not in every profile. A poll
may skip states: what counts is whether a state can be reached, not whether it is the next one.""".replace("\n", " ")


def kinds() -> list[str]:
    """Return the names of the lifecycles, run and run step first."""
    found = sorted(file.stem for file in (folder("schemas") / "lifecycles").glob("*.json"))
    return sorted(found, key=lambda kind: (not kind.startswith("run"), kind))


def lifecycles(profiles: Sequence[Profile]) -> str:
    """Return the page."""
    parts = [_READING]
    for kind in kinds():
        document = read(f"lifecycles/{kind}")
        having = _having(document, kind, profiles)
        parts.append(f"## {kind.replace('_', ' ').capitalize()}")
        parts.append(f"In {', '.join(code(profile.id) for profile in having)}.")
        if "$comment" in document:
            parts.append(plain(document["$comment"]))
        parts.append(f"Open: {_states(document['open'])}. Final: {_states(document['terminal'])}.")
        parts.append(f"```mermaid\n{diagram(document, having)}\n```")
        parts.append(
            table(
                ["from", "to", "cause", "requirement", "only in"],
                [
                    [
                        code(edge["from"]) if edge["from"] else "(new)",
                        code(edge["to"]),
                        (f"▶ {code(edge['client'])}: " if edge.get("client") else "") + plain(edge.get("cause", "")),
                        edge["requirement"],
                        _where(edge, having),
                    ]
                    for edge in document["edges"]
                ],
            )
        )
        if document.get("sets"):
            parts.append(f"### What is set when: {kind.replace('_', ' ')}")
            parts.append(_settings(document, having))
            notes = [
                f"* {code(row['field'])} ({row['requirement']}): {plain(row['$comment'])}"
                for row in document["sets"]
                if "$comment" in row
            ]
            parts.append("\n".join(notes))
    return page("Lifecycles", *parts)


def diagram(document: Row, profiles: Sequence[Profile]) -> str:
    """Return one lifecycle as a Mermaid state diagram."""
    lines = [_SPACING, "stateDiagram-v2", "    direction TB"]
    lines += [f"    {edge['from'] or '[*]'} --> {edge['to']} : {_label(edge, profiles)}" for edge in document["edges"]]
    lines += ["    classDef final font-weight:bold", f"    class {','.join(document['terminal'])} final"]
    return "\n".join(lines)


def _label(edge: Row, profiles: Sequence[Profile]) -> str:
    cause = f"▶ {edge['client']}" if edge.get("client") else edge.get("cause", "")
    where = _where(edge, profiles, short=True)
    text = f"{edge['requirement']} {cause}" + (f" [{where}]" if where else "")
    # A colon or a semicolon would end the label.
    clean = text.replace(":", " -").replace(";", ",").replace("#", "no. ").replace("<", "less than")
    return "<br>".join(textwrap.wrap(clean, _LABEL, break_on_hyphens=False, break_long_words=False))


def _applies(row: Row, profile: Profile) -> bool:
    return profile.id in row.get("profiles", [profile.id]) and profile.shape in row.get("shapes", [profile.shape])


def _having(document: Row, kind: str, profiles: Sequence[Profile]) -> list[Profile]:
    served = {operation.kind for profile in profiles for operation in profile.operations}
    return [
        profile
        for profile in profiles
        if _applies(document, profile)
        and (kind not in served or any(operation.kind == kind for operation in profile.operations))
    ]


def _where(row: Row, profiles: Sequence[Profile], *, short: bool = False) -> str:
    applies = [profile for profile in profiles if _applies(row, profile)]
    if len(applies) == len(profiles):
        return ""
    shape = row.get("shapes", [])
    if shape and "profiles" not in row:
        return " ".join(shape) + (" only" if short else "")
    return ", ".join(profile.id if short else code(profile.id) for profile in applies)


def _states(states: Iterable[str]) -> str:
    return ", ".join(code(state) for state in states)


def _settings(document: Row, profiles: Sequence[Profile]) -> str:
    states = document["states"]
    words = {"required_in": "set", "forbidden_in": "null", "either_in": "either"}
    rows = []
    for row in document["sets"]:
        told = {state: word for key, word in words.items() for state in row.get(key, ())}
        rows.append(
            [code(row["field"]), *(told.get(state, "") for state in states), row["requirement"], _where(row, profiles)]
        )
    return table(["field", *states, "requirement", "only in"], rows)
