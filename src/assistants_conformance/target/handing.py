"""Handing files to the code interpreter: the same in both shapes for a scenario, different on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.target.prompts import CODE_INTERPRETER

if TYPE_CHECKING:
    from assistants_conformance.target.answer import Answer
    from assistants_conformance.target.api import Api


def assistant_body(api: Api, *files: str) -> dict[str, Any]:
    """Return the members of an assistant that has the code interpreter and files for it."""
    body: dict[str, Any] = {"tools": [CODE_INTERPRETER]}
    if api.v2:
        return {**body, "tool_resources": {"code_interpreter": {"file_ids": list(files)}}}
    return {**body, "file_ids": list(files)}


def assistant_with(api: Api, *files: str, **body: Any) -> Answer:
    """Create an assistant that has the code interpreter and files for it; return the raw answer."""
    return api.post_assistant(**assistant_body(api, *files), **body)


def message_with(api: Api, thread: str, *files: str, content: str = "Look at the file.") -> Answer:
    """Add a message with files for the code interpreter; return the raw answer."""
    return api.post_message(thread, content, **message_files(api, *files))


def message_files(api: Api, *files: str, tool: str = "code_interpreter") -> dict[str, Any]:
    """Return the member of a message that carries files; `tool` is the one that reads them (v2 only)."""
    if api.v2:
        return {"attachments": [{"file_id": file, "tools": [{"type": tool}]} for file in files]}
    return {"file_ids": list(files)}


def handed(holder: dict[str, Any]) -> list[Any]:
    """Return the ids of the files that an assistant or a thread holds for the code interpreter."""
    resources = holder.get("tool_resources")
    tool = resources.get("code_interpreter") if isinstance(resources, dict) else None
    files = tool.get("file_ids") if isinstance(tool, dict) else holder.get("file_ids")
    return list(files) if isinstance(files, list) else []
