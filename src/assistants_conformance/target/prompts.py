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


def demand(names: list[str]) -> str:
    """Return instructions that make a model call functions, all of them in one turn."""
    listed = " and ".join(names)
    return (
        f"You answer every question by calling {listed}, never from memory. "
        f"Call {'both functions in the same turn' if len(names) > 1 else 'the function'} before you write anything."
    )


PICTURE = "Use Python code to draw a plot of a sine wave from 0 to 10 and show the image."
TABLE = "Use Python code to write the squares of 1 to 5 into a CSV file and give me a link to download the file."
