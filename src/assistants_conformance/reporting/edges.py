"""Which edges of the lifecycle of a run were seen: as rows, as a table for a console, and as a diagram."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assistants_conformance.contract import Profile

Row = dict[str, Any]
_NEW = "[*]"


def rows(profile: Profile, seen: Mapping[str, int]) -> list[Row]:
    """Return every edge of the lifecycle with how often it was seen, then what polls have skipped.

    Args:
        profile: the contract.
        seen: by `before after`, as a tally has it.
    """
    cycle = profile.lifecycle("run")
    known: dict[str, str] = {f" {start}": "create_run" for start in cycle.births}
    for edge in cycle.edges:
        known.setdefault(f"{edge.start} {edge.end}", edge.client)
    every = [*known, *sorted(pair for pair in seen if pair not in known)]
    made = []
    for pair in every:
        start, end = pair.split(" ")
        made.append(
            {
                "from": start or None,
                "to": end,
                "client": known.get(pair, ""),
                "seen": seen.get(pair, 0),
                "step": pair in known,
            }
        )
    return made


def lifecycle(profile: Profile, seen: Mapping[str, int]) -> Row:
    """Return the rows and their diagram, as the result file has them."""
    found = rows(profile, seen)
    return {"edges": found, "diagram": diagram(found)}


def diagram(found: list[Row]) -> str:
    """Return a state diagram in Mermaid: each edge with how often it was seen, `not seen` where it was not.

    An edge that only a client can cause carries its operation; what polls have skipped is left out.
    """
    lines = ["stateDiagram-v2"]
    for row in found:
        if row["step"]:
            cause = f"▶ {row['client']}, " if row["client"] else ""
            lines.append(f"    {row['from'] or _NEW} --> {row['to']} : {cause}{row['seen'] or 'not seen'}")
    return "\n".join(lines)


def table(profile: Profile, seen: Mapping[str, int]) -> Iterator[str]:
    """Yield the edges in lines, a state each; nothing where no run was seen."""
    if not seen:
        return
    found = rows(profile, seen)
    steps = [row for row in found if row["step"]]
    told = sum(1 for row in steps if row["seen"])
    legend = "▶ a client causes it, - not seen, ~ past what lies between"
    yield f"edges of a run that were seen: {told} of {len(steps)} ({legend})"
    for start in dict.fromkeys(row["from"] for row in found):
        parts = [
            f"{'' if row['step'] else '~'}{'▶' if row['client'] else ''}{row['to']} {row['seen'] or '-'}"
            for row in found
            if row["from"] == start
        ]
        yield f"  {start or '(new)':<16} {', '.join(parts)}"
