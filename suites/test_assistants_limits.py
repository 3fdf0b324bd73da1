"""Limits of an assistant's fields: what lies at a limit is taken and shown, what lies beyond is refused.

Covers ASST-008 to ASST-011, ASST-013 to ASST-019, ASST-026, ASST-027, ASST-029, ASST-030, ASST-032 and ASST-033. Limits
are those of the profile's request schemas. Values of many fields go into one assistant; where that is refused, each is
asked for by itself, so that nobody is blamed for another one's limit.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from assistants_conformance.scenario import Verify, pairs, requirement
from assistants_conformance.scenario.assistants import Beyond, function, property_of, refused, taken
from assistants_conformance.scenario.situations import able, tool_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assistants_conformance.target import Answer, Api

CAPABILITY = {"code_interpreter": "code_interpreter", "file_search": "file_search", "retrieval": "file_search"}
REFUSED_TYPES = ("code-interpreter", "retrieval", "web_search")
JUST_BEYOND = 0.01
#: What some version of the service is known to take as the most results of a search.
MOST_RESULTS = 50
NO_PROPERTIES = {"type": "object", "properties": {}, "additionalProperties": False, "required": []}
#: Characters of the name of a JSON schema.
LONGEST_FORM = 64
SAMPLING = ("temperature", "top_p")


class Within(NamedTuple):
    """Values that are to be taken: by what requirement, in which body, and what the answer has to show."""

    row: str
    body: dict[str, Any]
    shows: Callable[[Verify, Answer], Any]


class Value(NamedTuple):
    """What goes into one assistant with other values, and what is asked for instead where that is refused."""

    together: Within
    alone: tuple[Within, ...]


def shown(row: str, **body: Any) -> Value:
    """Return values that the answer has to show."""
    one = Within(row, body, lambda verify, answer: taken(verify, row, answer, **body))
    return Value(one, (one,))


def accepted(row: str, **body: Any) -> Value:
    """Return values of which the answer may show what it likes."""
    one = Within(row, body, lambda verify, answer: verify.status(row, answer, 200))
    return Value(one, (one,))


def row_of(api: Api, *path: str) -> str:
    """Return the active requirement on a property, empty where the profile has none."""
    try:
        row = str(property_of(api, *path).get("x-requirement", ""))
    except KeyError:
        return ""
    return row if row in api.profile.active else ""


def text_rows(api: Api) -> dict[str, str]:
    """Return the requirement on the length of each text."""
    return {"name": "ASST-008", "description": "ASST-009", "instructions": row_of(api, "instructions")}


def longest(api: Api, field: str) -> str:
    """Return a text that every state of a version takes, where its limit grew in the version's life."""
    limit = int(property_of(api, field)["maxLength"])
    sure = api.profile.traits.get("sure_text_length", limit) if field == "instructions" else limit
    return field[0] * int(sure)


def built_in(api: Api) -> list[str]:
    """Return the types of tools, functions apart, that the profile knows and the target offers."""
    known = property_of(api, "tools", "*", "type")["enum"]
    return [kind for kind in known if kind in CAPABILITY and able(api, CAPABILITY[kind])]


def form(**schema: Any) -> dict[str, Any]:
    """Return the format of answers in the form of a JSON schema."""
    return {"type": "json_schema", "json_schema": schema}


def function_limits(api: Api) -> dict[str, int]:
    """Return the greatest length of each text of a function."""
    node = property_of(api, "tools", "*", "function")["properties"]
    return {name: one["maxLength"] for name, one in node.items() if "maxLength" in one}


# -- at the limits -----------------------------------------------------------------------------------------------------


def functions_at_limits(api: Api) -> Value:
    """Return as many functions as an assistant may have, among them the longest name and description."""
    most, limits = property_of(api, "tools")["maxItems"], function_limits(api)
    texts = {name: name[0] * limit for name, limit in limits.items()}
    names = [texts["name"], "aZ_09-", "f"]
    many = [function(f"f{number}") for number in range(most)]

    def count(verify: Verify, answer: Answer) -> None:
        held = answer.json.get("tools")
        verify.status("ASST-013", answer, 200)
        verify.equal("ASST-013", len(held) if isinstance(held, list) else held, most, answer)

    def called(names: list[str], verify: Verify, answer: Answer) -> None:
        verify.status("ASST-016", answer, 200)
        verify.status("ASST-017", answer, 200)
        verify.equal("ASST-017", tool_names(answer.json)[: len(names)], names, answer)

    def all_of_it(verify: Verify, answer: Answer) -> None:
        count(verify, answer)
        called(names, verify, answer)
        verify.status("ASST-018", answer, 200)

    alone = [Within("ASST-013", {"tools": many}, count)]
    alone += [Within("ASST-017", {"tools": [function(name)]}, partial(called, [name])) for name in names]
    if "description" in texts:
        alone.extend(accepted("ASST-018", tools=[function(description=texts["description"])]).alone)
    whole = [function(**texts), *map(function, names[1:]), *many[len(names) :]]
    return Value(Within("ASST-013", {"tools": whole}, all_of_it), tuple(alone))


def of_type(row: str, *tools: dict[str, Any], options: str = "") -> Within:
    """Return tools whose types the answer has to show; `options` is the requirement on what they come with."""
    kinds = [tool["type"] for tool in tools]

    def look(verify: Verify, answer: Answer) -> None:
        held = answer.json.get("tools")
        told = [tool.get("type") for tool in held if isinstance(tool, dict)] if isinstance(held, list) else held
        verify.equal(row, (answer.status, told), (200, kinds), answer)
        if options:
            verify.status(options, answer, 200)

    return Within(row, {"tools": list(tools)}, look)


def searches(api: Api) -> list[dict[str, Any]]:
    """Return the search of files with its options at their least and at their most."""
    node = property_of(api, "tools", "*", "file_search")["properties"]
    found: list[dict[str, Any]] = []
    for number, bound in ((node["max_num_results"]["minimum"], "minimum"), (MOST_RESULTS, "maximum")):
        options: dict[str, Any] = {"max_num_results": number}
        if "ranking_options" in node:
            threshold = node["ranking_options"]["properties"]["score_threshold"][bound]
            options["ranking_options"] = {"ranker": "auto", "score_threshold": threshold}
        found.append({"type": "file_search", "file_search": options})
    return found


def tools_at_limits(api: Api) -> list[Value]:
    """Return, for an assistant each, tools of every type, and the search with its options."""
    row = row_of(api, "tools", "*", "type")
    tools: list[dict[str, Any]] = [*({"type": kind} for kind in built_in(api)), function()]
    alone = tuple(of_type(row, tool) for tool in tools)
    if "file_search" not in built_in(api) or not row_of(api, "tools", "*", "file_search"):
        return [Value(of_type(row, *tools), alone)]
    least, most = searches(api)
    whole = [least if tool["type"] == "file_search" else tool for tool in tools]
    bounded = accepted("ASST-019", tools=[least]).alone
    return [
        Value(of_type(row, *whole, options="ASST-019"), (*alone, *bounded)),
        accepted("ASST-019", tools=[most]),
    ]


def assistants_at_limits(api: Api) -> list[list[Value]]:
    """Return the values of one assistant each."""
    texts = text_rows(api)
    node = api.profile.request_schema("create_assistant")["properties"]
    odd = {"Key with Spaces": "  ends with a space ", "zeichen": 'Ä語😀 "quoted" \\ \n\t', "empty": ""}
    tools, *more_tools = tools_at_limits(api)
    most = [functions_at_limits(api), shown("ASST-032", metadata=pairs.full(property_of(api, "metadata")))]
    most += [shown(row, **{field: longest(api, field)}) for field, row in texts.items()]
    least = [tools, shown("ASST-032", metadata=odd)]
    least += [shown(texts[field], **{field: None}) for field in ("name", "description")]
    none = [*more_tools, accepted("ASST-032", metadata=None)]
    for field in SAMPLING:
        if row := row_of(api, field):
            most.append(shown(row, **{field: node[field]["maximum"]}))
            least.append(shown(row, **{field: node[field]["minimum"]}))
            none.append(accepted(row, **{field: None}))
    groups = [most, least, none]
    if "ASST-029" in api.profile.active:
        # Answers in JSON and tools other than functions exclude each other.
        most.append(accepted("ASST-029", response_format={"type": "json_object"}))
        least.append(accepted("ASST-029", response_format={"type": "text"}))
        none.append(accepted("ASST-029", response_format="auto"))
    if "ASST-030" in api.profile.active:
        groups.append([accepted("ASST-030", response_format=form(name="n" * LONGEST_FORM))])
        strict = form(name="aZ_09-", description="A form.", schema=NO_PROPERTIES, strict=True)
        groups.append([accepted("ASST-030", response_format=strict)])
    return groups


@requirement(
    *("ASST-008", "ASST-009", "ASST-010", "ASST-011", "ASST-013", "ASST-014", "ASST-015", "ASST-016", "ASST-017"),
    *("ASST-018", "ASST-019", "ASST-026", "ASST-027", "ASST-029", "ASST-030", "ASST-032"),
)
def test_values_at_their_limits_are_taken(api: Api, verify: Verify) -> None:
    for group in assistants_at_limits(api):
        whole = {name: value for one in group for name, value in one.together.body.items()}
        answer = api.post_assistant(**whole)
        for one in group:
            if answer.ok:
                one.together.shows(verify, answer)
                continue
            for single in one.alone:
                single.shows(verify, answer if single.body == whole else api.post_assistant(**single.body))
    _without_a_search(api)


def _without_a_search(api: Api) -> None:
    # The rows on its options are then not applicable, as everywhere.
    if row_of(api, "tools", "*", "file_search"):
        api.require("file_search")


# -- beyond them -------------------------------------------------------------------------------------------------------


def texts_beyond(api: Api) -> Iterator[Beyond]:
    """Yield texts that are too long."""
    for field, row in text_rows(api).items():
        yield Beyond(row, field, {field: field[0] * (property_of(api, field)["maxLength"] + 1)})


def metadata_beyond(api: Api) -> Iterator[Beyond]:
    """Yield metadata with one pair too many, too long a key, too long a value."""
    for metadata in pairs.beyond(property_of(api, "metadata")):
        yield Beyond("ASST-033", "metadata", {"metadata": metadata})


def functions_beyond(api: Api) -> Iterator[Beyond]:
    """Yield one tool too many, names that no function may have, and a description that is too long."""
    limits = function_limits(api)
    many = [function(f"f{number}") for number in range(property_of(api, "tools")["maxItems"] + 1)]
    yield Beyond("ASST-013", "tools", {"tools": many})
    named = map(function, ("f" * (limits["name"] + 1), "with space", "dotted.name", "naïve"))
    for tool in (*named, {"type": "function", "function": {"description": "No name."}}):
        yield Beyond("ASST-016", "name", {"tools": [tool]})
    if "description" in limits and "ASST-018" in api.profile.active:
        yield Beyond("ASST-018", "description", {"tools": [function(description="d" * (limits["description"] + 1))]})


def tools_beyond(api: Api) -> Iterator[Beyond]:
    """Yield types of tools that nobody knows, and options of the search beyond their limits."""
    node = property_of(api, "tools", "*", "type")
    if api.v2:
        for kind in REFUSED_TYPES:
            if kind not in node["enum"]:
                yield Beyond(node["x-requirement"], "type", {"tools": [{"type": kind}]})
    if "file_search" in built_in(api) and row_of(api, "tools", "*", "file_search"):
        options = property_of(api, "tools", "*", "file_search")["properties"]
        for name, body in searches_beyond(options):
            yield Beyond("ASST-019", name, {"tools": [{"type": "file_search", "file_search": body}]})


def searches_beyond(options: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield options of the search that are refused, and which it is about."""
    count = options["max_num_results"]
    for number in (count["minimum"] - 1, *([count["maximum"] + 1] if "maximum" in count else [])):
        yield "max_num_results", {"max_num_results": number}
    if "ranking_options" in options:
        score = options["ranking_options"]["properties"]["score_threshold"]
        for value in (score["minimum"] - JUST_BEYOND, score["maximum"] + JUST_BEYOND):
            yield "score_threshold", {"ranking_options": {"ranker": "auto", "score_threshold": value}}


def answers_beyond(api: Api) -> Iterator[Beyond]:
    """Yield numbers of sampling out of their ranges and formats of answers that there are not."""
    for field in SAMPLING:
        if row := row_of(api, field):
            node = property_of(api, field)
            for value in (node["minimum"] - JUST_BEYOND, node["maximum"] + JUST_BEYOND):
                yield Beyond(row, field, {field: value})
    if "ASST-029" in api.profile.active:
        yield Beyond("ASST-029", "response_format", {"response_format": "none"})
    if "ASST-030" in api.profile.active:
        for name in ("n" * (LONGEST_FORM + 1), "with space", "dotted.name"):
            yield Beyond("ASST-030", "name", {"response_format": form(name=name, schema=NO_PROPERTIES)})
        yield Beyond("ASST-030", "name", {"response_format": form(schema=NO_PROPERTIES)})


@requirement(
    *("ASST-008", "ASST-009", "ASST-010", "ASST-011", "ASST-013", "ASST-015", "ASST-016", "ASST-018", "ASST-019"),
    *("ASST-026", "ASST-027", "ASST-029", "ASST-030", "ASST-033"),
)
def test_values_beyond_their_limits_are_refused(api: Api, verify: Verify) -> None:
    beyond = (texts_beyond, metadata_beyond, functions_beyond, tools_beyond, answers_beyond)
    refused(api, verify, *(one for some in beyond for one in some(api)))
    _without_a_search(api)


@requirement("ASST-014")
def test_unknown_types_of_tools_are_refused_or_left_out(api: Api, verify: Verify) -> None:
    known = property_of(api, "tools", "*", "type")["enum"]
    for kind in REFUSED_TYPES:
        if kind not in known:
            answer = api.post_assistant(tools=[{"type": kind}])
            shown = answer.json.get("tools")
            tools = shown if isinstance(shown, list) else []
            strange = [tool for tool in tools if not isinstance(tool, dict) or tool.get("type") not in known]
            verify("ASST-014", not strange, observed=f"tools {tools}", expected=f"only types of {known}", answer=answer)
