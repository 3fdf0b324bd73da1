"""Versions: what one version of the API never says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistants_conformance.contract import brief

if TYPE_CHECKING:
    from assistants_conformance.observe.call import Call
    from assistants_conformance.observe.context import Context


def observe_versions(call: Call, context: Context) -> None:
    """Look for the search tool of v1 in the objects of a v2 endpoint."""
    if call.profile.shape != "v2":
        return
    for item in call.items:
        tools = item.get("tools")
        if isinstance(tools, list) and tools:
            kinds = [tool.get("type") for tool in tools if isinstance(tool, dict)]
            context.report.check("VER-006", "retrieval" not in kinds, f"tools {brief(kinds)}", "file_search")
