"""What is made of the request schemas: plain data, invalid in one place, or valid to the limit."""

from __future__ import annotations

import json
from functools import cache

import pytest

from assistants_conformance.contract import load_profile, profile_ids, ruling
from assistants_conformance.scenario.embed import embed, embedded_settings
from assistants_conformance.scenario.strategies import Stage, Violation, realized, violations
from assistants_conformance.scenario.strategies.bodies import edges
from assistants_conformance.scenario.strategies.spots import is_given, is_text

TOOLS = ("code_interpreter", "function")


def filled(value):
    """An example with texts in the place of what only a target can give."""
    if isinstance(value, dict):
        if is_text(value):
            return value["of"] * value["times"]
        if is_given(value):
            return f"{value['$']}-{value['number']}"
        return {name: filled(item) for name, item in value.items()}
    return [filled(item) for item in value] if isinstance(value, list) else value


@cache
def every(profile: str) -> list[tuple[str, Violation]]:
    loaded = load_profile(profile)
    return [
        (row.request, one)
        for row in loaded.operations
        if row.request
        for one in violations(loaded, row.id, row.request)
    ]


@pytest.mark.parametrize("profile", profile_ids())
def test_what_is_broken_is_invalid_and_what_is_at_the_limit_is_valid(profile):
    shape = load_profile(profile).request_shape
    found = every(profile)
    assert len(found) > 50
    assert [one.told for request, one in found if shape(request).is_valid(filled(one.body))] == []
    limits = [(request, one) for request, one in found if one.limit is not None]
    assert [one.told for request, one in limits if not shape(request).is_valid(filled(one.limit))] == []


@pytest.mark.parametrize("profile", profile_ids())
def test_nobody_is_blamed_by_a_requirement_that_is_not_active(profile):
    active = load_profile(profile).active
    assert {one.requirement for _, one in every(profile)} - active == set()


@pytest.mark.parametrize("profile", profile_ids())
def test_examples_are_plain_data(profile):
    bodies = [one.body for _, one in every(profile)]
    assert json.loads(json.dumps(bodies)) == bodies


@pytest.mark.parametrize("profile", profile_ids())
def test_values_at_the_edge_are_valid(profile):
    loaded = load_profile(profile)
    for kind in ("assistant", "thread", "message", "run"):
        name = f"modify_{kind}"
        found = edges(loaded.request_schema(name), TOOLS)
        assert found
        assert [one for one in found if not loaded.request_shape(name).is_valid(one)] == []


@pytest.mark.parametrize(
    ("operation", "path", "keyword", "expected"),
    [
        ("create_assistant", "name", "maxLength", "ASST-008"),
        ("create_assistant", "model", "minLength", None),
        ("modify_assistant", "model", "minLength", None),
        ("create_thread", "messages[].role", "enum", "MSG-008"),
        ("create_thread_and_run", "thread.messages[].metadata", "maxProperties", None),
        ("create_message", "", "required", "ERR-009"),
        ("create_message", "attachments[]", "required", None),
        ("create_message", "role", "type", "ERR-030"),
    ],
)
def test_a_limit_is_ruled_by_the_row_that_names_it(operation, path, keyword, expected):
    beside = "ASST-008" if path == "name" else None
    assert ruling(load_profile("azure-2024-05-01-preview"), operation, path, keyword, beside) == expected


def test_placeholders_become_objects_of_the_target_once():
    stage = Stage(embed(embedded_settings(load_profile("openai-v2"))))
    one, two = ({"$": "file", "number": number} for number in (0, 1))
    made = realized({"ids": [one, two, one], "text": {"$": "text", "of": "é", "times": 65}}, stage)
    assert made["ids"][0] == made["ids"][2] != made["ids"][1]
    assert made["text"] == "é" * 65


@pytest.mark.parametrize(
    "metadata",
    [{"$": "file"}, {"$": "text"}, {"$": "file", "number": "0"}, {"$": "text", "of": "a", "times": "3"}, {"$": ""}],
)
def test_keys_of_an_example_are_no_placeholder(metadata):
    stage = Stage(embed(embedded_settings(load_profile("openai-v2"))))
    assert realized({"name": "a", "metadata": metadata}, stage) == {"name": "a", "metadata": metadata}
