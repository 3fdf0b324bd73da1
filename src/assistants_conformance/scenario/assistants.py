"""Assistants at the limits of their fields: what the scenarios of several files ask of them and look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
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
    """A create that is to be refused: what requirement says so, what field it is about, and the body."""

    row: str
    field: str
    body: dict[str, Any]


def refused(api: Api, verify: Verify, *beyond: Beyond) -> None:
    """Check that creates are refused, that each refusal names the field, and that nothing was left behind."""
    mark, gone = api.unique(), []
    for number, one in enumerate(beyond):
        name = f"{mark}-{number}-"
        body = {**one.body, "name": name + str(one.body["name"])[len(name) :]} if "name" in one.body else one.body
        answer = api.post_assistant(**{"name": name, **body})
        verify.refused(one.row, answer)
        if answer.status == 400:
            told = f"{answer.error.get('param')} {answer.error.get('message')}"
            verify("ERR-026", one.field in told, observed=answer.told, expected=f"{one.field} named", answer=answer)
        if not answer.ok:
            gone.append(name)
    if not gone:
        return
    page = api.call("list_assistants", query={"limit": 100})
    left = [item.get("id") for item in page.data if str(item.get("name")).startswith(tuple(gone))]
    verify("ERR-023", page.ok and not left, observed=f"listed: {left}", expected="nothing left behind", answer=page)


def attached_ids(resources: Any) -> list[Any]:
    """Return every id that `tool_resources` of an answer names."""
    members = resources.values() if isinstance(resources, dict) else ()
    lists = [names for member in members if isinstance(member, dict) for names in member.values()]
    return [name for names in lists if isinstance(names, list) for name in names]
