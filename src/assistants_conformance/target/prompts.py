"""What a model is asked, in words that any model understands; no verdict hangs on what it answers in prose."""

from __future__ import annotations

from typing import Any

WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "lookup_weather",
        "description": "Return the present weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "description": "The name of the city, e.g. Paris"}},
            "required": ["city"],
        },
    },
}

NICKNAME: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "lookup_nickname",
        "description": "Return the nickname of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "description": "The name of the city, e.g. Paris"}},
            "required": ["city"],
        },
    },
}

#: Some servers fail on an assistant without instructions; that is told by the scenarios about it, and by no other.
BRIEF = "Answer in one short sentence."

CODE_INTERPRETER: dict[str, Any] = {"type": "code_interpreter"}


#: The name under which a run knows the MCP server of the target.
SERVER = "conformance"


def mcp_tool(url: str) -> dict[str, Any]:
    """Return the tool that reaches an MCP server (Foundry)."""
    return {"type": "mcp", "server_label": SERVER, "server_url": url}


def bing_tool(connection: str) -> dict[str, Any]:
    """Return the tool that searches the web through a connection of the project (Foundry)."""
    return {
        "type": "bing_grounding",
        "bing_grounding": {"search_configurations": [{"connection_id": connection, "count": 3}]},
    }


def demand(names: list[str]) -> str:
    """Return instructions that make a model call functions, all of them in one turn."""
    listed = " and ".join(names)
    return (
        f"You answer every question by calling {listed}, never from memory. "
        f"Call {'both functions in the same turn' if len(names) > 1 else 'the function'} before you write anything."
    )


PICTURE = "Use Python code to draw a plot of a sine wave from 0 to 10 and show the image."
TABLE = "Use Python code to write the squares of 1 to 5 into a CSV file and give me a link to download the file."
