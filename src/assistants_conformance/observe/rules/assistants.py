"""Assistants: what an answer shows where the request said nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistants_conformance.observe.call import Call
    from assistants_conformance.observe.context import Context

_BUILT_IN = ("code_interpreter", "file_search")
_DEFAULTS = {"temperature": 1.0, "top_p": 1.0, "response_format": "auto"}


def observe_assistants(call: Call, context: Context) -> None:
    """Judge every assistant that an answer carries."""
    for assistant in call.objects("assistant"):
        if call.profile.shape == "v2":
            _resources(context, assistant)
        if call.operation is not None and call.operation.creates:
            _defaults(call, context, assistant)


def _resources(context: Context, assistant: dict[str, Any]) -> None:
    resources, tools = assistant.get("tool_resources"), assistant.get("tools")
    if not isinstance(resources, dict) or not isinstance(tools, list):
        return
    types = [tool.get("type") for tool in tools if isinstance(tool, dict)]
    expected = [kind for kind in _BUILT_IN if kind in types]
    context.report.check(
        "ASST-025", sorted(resources) == expected, f"{sorted(resources)} with tools {types}", f"the members {expected}"
    )


def _defaults(call: Call, context: Context, assistant: dict[str, Any]) -> None:
    report = context.report
    if call.profile.shape == "v2":
        for name, value in _DEFAULTS.items():
            if name not in call.sent:
                told = f"{name} {assistant.get(name, 'absent')!r}"
                report.check("ASST-028", assistant.get(name) == value, told, f"{name} {value!r}")
    if "metadata" not in call.sent:
        metadata = assistant.get("metadata", "absent")
        report.check("ASST-034", metadata == {}, metadata, "metadata {}")
    if "reasoning_effort" not in call.sent:
        effort = assistant.get("reasoning_effort")
        report.check("ASST-F15", effort is None, effort, "reasoning_effort null or missing")
