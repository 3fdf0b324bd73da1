"""Assistants at the limits of their fields: what the scenarios of several files ask of them and look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from assistants_conformance.target.specimens import left_behind

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_conformance.scenario.verify import Verify
    from assistants_conformance.target import Answer, Api


def property_of(api: Api, *path: str, request: str = "create_assistant") -> dict[str, Any]:
    """Return the schema of a property of a request body."""
    node: Any = api.profile.request_schema(request)
    for name in path:
        node = node["items"] if name == "*" else node["properties"][name]
    return dict(node)


def function(name: str = "lookup", **more: Any) -> dict[str, Any]:
    """Return a function tool."""
    return {"type": "function", "function": {"name": name, **more}}


def taken(verify: Verify, row: str, answer: Answer, **shown: Any) -> None:
    """Check that a create was accepted and that its answer shows the values."""
    if verify.status(row, answer, 200):
        for name, value in shown.items():
            verify(
                row,
                answer.json.get(name, "absent") == value,
                observed=f"{name} {answer.json.get(name, 'absent')!r:.120}",
                expected=f"{name} {value!r:.120}",
                answer=answer,
            )


class Beyond(NamedTuple):
    """A create that is to be refused: what requirement says so, what field it is about, and the body.

    `look` judges the answer where more is to be said of it than that it was refused.
    """

    row: str
    field: str
    body: dict[str, Any]
    look: Callable[[Verify, Answer], object] | None = None


def refused(api: Api, verify: Verify, *beyond: Beyond) -> None:
    """Check that creates are refused, that each refusal names the field, and that nothing was left behind.

    Raises:
        Blocked: the list of assistants does not show what was made a moment ago, so it proves nothing.
    """
    mark, gone = api.unique(), []
    for number, one in enumerate(beyond):
        name, own = f"{mark}-{number}-", one.body.get("name")
        body = {**one.body, "name": name + own[len(name) :]} if isinstance(own, str) else one.body
        answer = api.post_assistant(**{"name": name, **body})
        if one.look is not None:
            one.look(verify, answer)
        else:
            verify.refused(one.row, answer)
        named(verify, answer, one.field)
        if not answer.ok:
            gone.append(name)
    if gone:
        left = left_behind(api, *gone)
        verify("ERR-023", not left, observed=f"refused and made: {left}", expected="nothing left behind")


def named(verify: Verify, answer: Answer, name: str) -> None:
    """Check that a refusal says which property it is about."""
    if answer.status == 400:
        told = f"{answer.error.get('param')} {answer.error.get('message')}"
        verify("ERR-026", name in told, observed=answer.told, expected=f"{name} in param or message", answer=answer)


def attached_ids(resources: Any) -> list[Any]:
    """Return every id that `tool_resources` of an answer names."""
    members = resources.values() if isinstance(resources, dict) else ()
    lists = [names for member in members if isinstance(member, dict) for names in member.values()]
    return [name for names in lists if isinstance(names, list) for name in names]
