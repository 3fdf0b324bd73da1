"""Valid bodies by chance, derived from the request schemas. Hypothesis is slow to load, so it is loaded when used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.scenario.strategies.spots import Json, given, members, types_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from hypothesis.strategies import SearchStrategy

#: Longer texts show nothing that a shorter one does not; the limits themselves are tried elsewhere.
_LONG = 24
_FEW = 3
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
#: Members whose values hang together with something outside the body, or start something else.
_LEFT_OUT = frozenset({
    "stream", "tool_choice", "file_ids", "vector_store_ids", "vector_stores", "thread", "messages",
    "additional_messages", "attachments", "tool_resources", "parallel_tool_calls", "reasoning_effort",
    "chunking_strategy", "additional_instructions", "truncation_strategy", "data_sources", "configuration",
})  # fmt: skip
_PARAMETERS: tuple[Json, ...] = ({}, {"parameters": {"type": "object", "properties": {"a": {"type": "string"}}}})
FULL: Json = {f"key_{number}": str(number) for number in range(16)}
CASED: Json = {"Key": "upper", "key": "lower", "KEY": ""}
#: Texts of which an empty one is said to be none, by some version of the service.
_NOT_EMPTY = frozenset({"instructions", "description", "content", "query"})


def texts(least: int, most: int) -> SearchStrategy[str]:
    """Return texts that no service has a reason to refuse: no control characters, no lone surrogates."""
    from hypothesis import strategies as st  # noqa: PLC0415 - slow to load

    usual = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co", "Zl", "Zp"))
    return st.text(usual | st.sampled_from("aAbB éЖ日"), min_size=least, max_size=most)


def metadata() -> SearchStrategy[dict[str, str]]:
    """Return metadata: empty, full, keys that differ in case only, empty values."""
    from hypothesis import strategies as st  # noqa: PLC0415 - slow to load

    return st.dictionaries(texts(1, 12), texts(0, _LONG), max_size=_FEW) | st.just(FULL) | st.just(CASED)


def edges(schema: Json, tools: Collection[str]) -> list[Json]:
    """Return bodies of one member each, with the values at which servers stumble: empty, zero, full, nearly equal."""
    found: list[Json] = []
    for name, part in members(schema).items():
        if name in _LEFT_OUT or name in schema.get("required", ()):
            continue
        found += [{name: value} for value in _edges(part, name, tools)]
    return found


def _edges(schema: Json, name: str, tools: Collection[str]) -> list[Any]:
    if name == "metadata":
        return [{}, FULL, CASED, {"empty": ""}, {"one": "more"}]
    if name == "tools":
        kinds = [kind for kind in ("code_interpreter", "function") if kind in tools]
        inner = {"function": {"name": "a"}}
        return [[{"type": kind, **(inner if kind == "function" else {})}] for kind in kinds] + [[]]
    types = types_of(schema)
    if "enum" in schema or name in ("model", "response_format"):
        return []
    if "string" in types:
        return [" blank "] if name in _NOT_EMPTY else ["", " blank "]
    if "number" in types or "integer" in types:
        return [schema[bound] for bound in ("minimum", "maximum") if bound in schema]
    return []


def bodies(
    schema: Json, *, tools: Collection[str], without: Collection[str] = (), sparse: bool = False
) -> SearchStrategy[Json]:
    """Return valid bodies of a request schema.

    Args:
        schema: of the body.
        tools: the types of tools that the target has.
        without: members that are left out.
        sparse: whether members that the schema does not require are mostly left out.
    """
    from hypothesis import strategies as st  # noqa: PLC0415 - slow to load

    required: dict[str, SearchStrategy[Any]] = {}
    optional: dict[str, SearchStrategy[Any]] = {}
    for name, part in members(schema).items():
        if name in _LEFT_OUT or name in without:
            continue
        (required if name in schema.get("required", ()) else optional)[name] = _values(part, name, tools)
    made = st.fixed_dictionaries(required, optional=optional)
    if not sparse:
        return made
    # One or two members at a time: what is not named is what is looked at.
    names = st.lists(st.sampled_from(sorted(optional)), min_size=1, max_size=2, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({**required, **{one: optional[one] for one in chosen}}))


def _values(schema: Json, name: str, tools: Collection[str]) -> SearchStrategy[Any]:
    from hypothesis import strategies as st  # noqa: PLC0415 - slow to load

    if name in ("model", "assistant_id", "file_id"):
        return st.just(given({"model": "model", "assistant_id": "assistant", "file_id": "file"}[name]))
    if name in ("metadata", "attributes"):
        return metadata()
    if name == "response_format":
        return st.sampled_from(["auto", {"type": "text"}])
    if name == "tools":
        return _tools(schema, tools)
    if name == "filters":
        return st.none()
    return _by_type(schema, name, tools)


def _by_type(schema: Json, name: str, tools: Collection[str]) -> SearchStrategy[Any]:
    from hypothesis import strategies as st  # noqa: PLC0415 - slow to load

    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    least, most = schema.get("minimum", 0), schema.get("maximum", 10_000)
    match next((one for one in types_of(schema) if one != "null"), "string"):
        case "string":
            shortest = max(schema.get("minLength", 0), int(name in _NOT_EMPTY))
            longest = min(schema.get("maxLength", _LONG), _LONG)
            if "pattern" in schema:
                return st.text(_LETTERS, min_size=max(shortest, 1), max_size=longest)
            some = texts(shortest, longest)
            # A text of blanks counts as none for some.
            return some.filter(lambda text: bool(text.strip())) if name in _NOT_EMPTY else some
        case "integer":
            # A count that may be nothing says so in its schema.
            least = schema.get("minimum", 1)
            return st.integers(least, most) | st.sampled_from([least, most])
        case "number":
            steps = st.integers(round(least * 100), round(most * 100)).map(lambda hundredths: hundredths / 100)
            return steps | st.sampled_from([least, most])
        case "boolean":
            return st.booleans()
        case "array":
            return st.lists(_by_type(schema.get("items", {}), name, tools), max_size=_FEW)
        case _:
            return bodies(schema, tools=tools)


def _tools(schema: Json, tools: Collection[str]) -> SearchStrategy[list[Json]]:
    from hypothesis import strategies as st  # noqa: PLC0415 - slow to load

    parts = members(schema.get("items", {}))
    kinds = [kind for kind in parts.get("type", {}).get("enum", ()) if kind in tools]
    function = parts.get("function", {})
    called = bodies(function, tools=(), without=("parameters", "strict")).flatmap(
        lambda made: st.sampled_from(
            [{}, {"parameters": {"type": "object", "properties": {"a": {"type": "string"}}}}]
        ).map(lambda more: {**made, **more})
    )
    plain = [st.just({"type": kind}) for kind in kinds if kind != "function"]
    made = st.one_of(*plain, called.map(lambda inner: {"type": "function", "function": inner}))
    return st.lists(made, max_size=_FEW, unique_by=_called)


def _called(tool: Json) -> str:
    return str(tool.get("function", {}).get("name", tool["type"]))
