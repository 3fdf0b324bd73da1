"""The scripted model: which tool a run uses next, by general rules and by nothing that only this server knows."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

_SEARCHES = ("file_search", "retrieval")

# Parts of function names that say what is done, not what it is about.
_VERBS = frozenset(
    re.findall(
        r"\w+",
        "call calculate check compute create delete describe execute fetch find from function generate give "
        "handle have into list load look lookup make perform query read request retrieve return send show "
        "tell this that tool update what when which with your current data info value name item",
    )
)
_CODE = re.compile(
    r"\b(code|python|plots?|plotting|charts?|graphs?|images?|pictures?|diagrams?|draw|visuali[sz]\w*|csv|spreadsheet"
    r"|calculat\w*|compute|equations?|solve|math\w*|matplotlib|histogram|png)\b|グラフ|コード|図|チャート",
    re.IGNORECASE,
)
_PICTURE = re.compile(
    r"\b(plots?|charts?|graphs?|images?|pictures?|diagrams?|draw|drawing|visuali[sz]\w*|histogram|png)\b|グラフ|図|チャート",
    re.IGNORECASE,
)
_PRODUCT = re.compile(
    r"\b(csv|spreadsheet|download\w*|export)\b"
    r"|\b(create|write|save|make|generate|produce|give me|provide|send)\b(?:[^.?!]|\.(?=\w)){0,60}\bfile\b",
    re.IGNORECASE,
)
_SHOW_CODE = re.compile(r"\b(show|print|display|give)\b[^.?!]{0,30}\bcode\b", re.IGNORECASE)
_FILENAME = re.compile(r"(?<![\w/.])([\w-]+\.(?:csv|txt|json|md|html|xml|py|tex|css|js))\b", re.IGNORECASE)
_PHRASE = re.compile(r"[A-ZÀ-ÖØ-Þ][\w'’-]*(?:\s+[A-ZÀ-ÖØ-Þ][\w'’-]*)*")
_ONE_BY_ONE = re.compile(r"\bone (?:at a time|by one|after the other)\b", re.IGNORECASE)
_OPENERS = frozenset(
    re.findall(
        r"\w+",
        "A An And Are Be Call Can Could Do Does Find Fetch For Get Give Has Have Hello Help Hi How I If In Is It Let "
        "Look Make May My On Or Please Show Tell That The Then There These This To Use Was What When Where Which Who "
        "Why Will Would Write You Your",
    )
)


@dataclass(frozen=True)
class CallFunctions:
    """Ask the client to call functions: name and JSON arguments of each."""

    calls: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class RunCode:
    """Run code in the sandbox; `picture` and `product` say what it leaves behind."""

    question: str
    picture: bool
    product: str | None


@dataclass(frozen=True)
class Search:
    """Search the files that are at hand."""

    query: str


@dataclass(frozen=True)
class CallServer:
    """Call a tool of an MCP server."""

    question: str
    tool: Json


@dataclass(frozen=True)
class SearchWeb:
    """Search the web with Bing."""

    query: str


@dataclass(frozen=True)
class Say:
    """Write the message that closes the run; `show_code` asks for the code of an earlier run."""

    question: str
    show_code: bool = False


Action = CallFunctions | RunCode | Search | CallServer | SearchWeb | Say


@dataclass(frozen=True)
class Situation:
    """What the model knows when it decides. `used` are the tools that this run used, functions by their name."""

    instructions: str
    question: str
    tools: list[Json]
    tool_choice: Any
    parallel: bool
    used: list[str]
    searchable: bool
    wrote_code: bool
    filenames: frozenset[str] = field(default_factory=frozenset)


def decide(now: Situation) -> Action:
    """Return what the run does next."""
    say = Say(now.question, show_code=now.wrote_code and bool(_SHOW_CODE.search(now.question)))
    choice = now.tool_choice or "auto"
    if choice == "none" or not now.tools:
        return say
    if isinstance(choice, dict):
        return _forced(now, choice) or say
    action = _fitting(now, say)
    if choice == "required" and not now.used and isinstance(action, Say):
        return _use(now, now.tools[0])
    return action


def _forced(now: Situation, choice: Json) -> Action | None:
    if now.used:
        return None
    # The member `function` of another type of tool says nothing.
    named = choice["function"]["name"] if choice["type"] == "function" else None
    for tool in now.tools:
        if tool["type"] == choice["type"] and (named is None or tool["function"]["name"] == named):
            return _use(now, tool)
    return None


def _use(now: Situation, tool: Json) -> Action:
    if tool["type"] == "function":
        return CallFunctions((_call(tool["function"], now.question),))
    if tool["type"] in _SEARCHES:
        return Search(now.question)
    return _outside(now, tool) or _code(now)


def _outside(now: Situation, tool: Json) -> Action | None:
    """Return the use of a tool outside the service; None where it is another tool, or was used."""
    if tool["type"] in now.used:
        return None
    if tool["type"] == "mcp":
        return CallServer(now.question, tool)
    return SearchWeb(now.question) if tool["type"] == "bing_grounding" else None


def _fitting(now: Situation, say: Say) -> Action:
    kinds = {tool["type"] for tool in now.tools}
    if now.searchable and kinds.intersection(_SEARCHES) and not set(now.used).intersection(_SEARCHES):
        return Search(now.question)
    for tool in now.tools:
        if (action := _outside(now, tool)) is not None:
            return action
    coding = "code_interpreter" in kinds and "code_interpreter" not in now.used and not say.show_code
    if coding and (_CODE.search(now.question) or _CODE.search(now.instructions)):
        return _code(now)
    calls = [
        _call(tool["function"], now.question)
        for tool in now.tools
        if tool["type"] == "function"
        and tool["function"]["name"] not in now.used
        and _wanted(tool["function"]["name"], now)
    ]
    if calls:
        together = now.parallel and not _ONE_BY_ONE.search(now.instructions)
        return CallFunctions(tuple(calls if together else calls[:1]))
    return say


def _code(now: Situation) -> RunCode:
    product = None
    if _PRODUCT.search(now.question):
        named = [name for name in _FILENAME.findall(now.question) if name not in now.filenames]
        table = re.search(r"csv|spreadsheet", now.question, re.IGNORECASE)
        product = named[0] if named else ("result.csv" if table else "result.txt")
    return RunCode(now.question, bool(_PICTURE.search(now.question)), product)


def significant_words(name: str) -> list[str]:
    """Return the words of a function name that say what it is about."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)
    return [part.lower() for part in parts if len(part) >= 4 and part.lower() not in _VERBS]


def _place(word: str, text: str) -> int | None:
    found = re.search(rf"\b{re.escape(word)}s?\b", text, re.IGNORECASE)
    return found.end() if found else None


def _wanted(name: str, now: Situation) -> bool:
    if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", f"{now.instructions}\n{now.question}"):
        return True
    return any(_place(word, now.question) is not None for word in significant_words(name))


def _call(function: Json, question: str) -> tuple[str, str]:
    name = function["name"]
    places = [place for word in [name, *significant_words(name)] if (place := _place(word, question)) is not None]
    start = min(places, default=0)
    phrases = _phrases(question)
    after = [text for place, text in phrases if place >= start]
    words = after + [text for place, text in phrases if place < start]
    try:
        arguments = _example(function.get("parameters") or {}, words, 0)
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
        # The service takes any object as the schema of parameters; of one that is none, no argument follows.
        arguments = {}
    return name, json.dumps(arguments if isinstance(arguments, dict) else {}, ensure_ascii=False)


def _phrases(text: str) -> list[tuple[int, str]]:
    """Return the capitalised phrases of a text with their places, without words that merely open a sentence."""
    found = []
    for match in _PHRASE.finditer(text):
        words = match[0].split()
        while words and words[0] in _OPENERS:
            words.pop(0)
        while words and words[-1].endswith(("'s", "’s")):
            words[-1] = words[-1][:-2]
        if words and not re.search(r"[a-z][A-Z]|_", words[0]):
            found.append((match.start(), " ".join(words)))
    return found


def _example(schema: Any, words: list[str], depth: int) -> Any:
    """Make a value that fits a JSON schema; a string is the next phrase of the question, if one is left."""
    if not isinstance(schema, dict) or depth > 8:
        return None
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for name in ("oneOf", "anyOf"):
        if schema.get(name):
            return _example(schema[name][0], words, depth + 1)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = next((name for name in kind if name != "null"), "null") if isinstance(kind, list) else kind
    match kind:
        case "object":
            properties = schema.get("properties")
            properties = properties if isinstance(properties, dict) else {}
            names = [name for name in schema.get("required") or () if name in properties]
            return {name: _example(properties[name], words, depth + 1) for name in names or list(properties)[:1]}
        case "array":
            return [_example(schema.get("items", {"type": "string"}), words, depth + 1)]
        case "integer":
            return max(1, int(schema.get("minimum", 1)))
        case "number":
            return max(1.0, float(schema.get("minimum", 1.0)))
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return words.pop(0) if words else "example"
