"""Nothing of the contract is silently missing: every row stands, and every profile has decided on it."""

import json
from collections import Counter
from pathlib import Path

import pytest

from assistants_conformance._data import folder
from assistants_conformance.contract import IMPACTS, LEVELS, catalogue, load_profile, operations, profile_ids

ROWS = catalogue()
PROFILES = profile_ids()
SOURCE = Path(__file__).parents[2] / "shared" / "contract" / "requirements.json"
AREAS = {file.stem for file in (folder("schemas") / "requirements").glob("*.json")}


def test_catalogue_is_large_and_well_formed():
    assert len(ROWS) > 584
    for row in ROWS.values():
        assert row.level in LEVELS
        assert row.impact in IMPACTS
        assert row.title.strip()
        assert row.statement.strip().endswith((".", ")"))
        assert row.source.strip()
        assert row.area in AREAS
        assert row.profiles


@pytest.mark.skipif(not SOURCE.is_file(), reason="the collected catalogue lies beside the checkout of its authors only")
def test_every_collected_row_stands():
    collected = {row["id"] for row in json.loads(SOURCE.read_text("utf-8"))}
    assert collected - ROWS.keys() == set()


@pytest.mark.parametrize("profile", PROFILES)
def test_profile_decides_on_every_row_that_applies(profile):
    loaded = load_profile(profile)
    applies = {row.id for row in ROWS.values() if profile in row.profiles}
    excluded = set(loaded.excluded)
    assert loaded.active | excluded == applies
    assert loaded.active & excluded == set()
    assert all(reason.strip() for reason in loaded.excluded.values())


@pytest.mark.parametrize("profile", PROFILES)
def test_exclusions_give_a_known_kind_of_reason(profile):
    kinds = ("static", "needs ", "contradicted by the wire", "no recording decides it", "cannot be judged")
    for identifier, reason in load_profile(profile).excluded.items():
        assert reason.startswith(kinds), f"{identifier}: {reason}"


@pytest.mark.parametrize("profile", PROFILES)
def test_at_most_one_row_in_ten_is_left_out_for_a_reason_that_is_not_static(profile):
    loaded = load_profile(profile)
    left_out = Counter(reason for reason in loaded.excluded.values() if not reason.startswith("static"))
    applies = len(loaded.active) + len(loaded.excluded)
    reasons = "\n".join(f"{count:4} {reason}" for reason, count in left_out.most_common())
    assert left_out.total() <= applies / 10, f"{left_out.total()} of {applies} rows:\n{reasons}"


def test_overrides_name_profiles_that_the_row_has():
    for row in ROWS.values():
        assert set(row.overrides) <= set(row.profiles), row.id


def test_operations_name_requirements_that_exist():
    for operation in operations():
        if operation.requirement is not None:
            assert operation.requirement in ROWS, operation.id


@pytest.mark.parametrize("profile", profile_ids(runnable=False))
def test_schemas_name_requirements_that_exist(profile):
    loaded = load_profile(profile)
    for family in ("objects", "requests"):
        for file in sorted((folder("schemas") / family / loaded.shape).glob("*.json")):
            shape = loaded.object_shape(file.stem) if family == "objects" else loaded.request_shape(file.stem)
            assert shape is not None
            assert shape.requirements <= ROWS.keys(), f"{family}/{file.stem}: {shape.requirements - ROWS.keys()}"


@pytest.mark.parametrize("profile", profile_ids(runnable=False))
@pytest.mark.parametrize("kind", ["run", "run_step"])
def test_lifecycles_are_sound(profile, kind):
    cycle = load_profile(profile).lifecycle(kind)
    assert cycle.open | cycle.terminal == cycle.states
    assert cycle.open & cycle.terminal == set()
    for edge in cycle.edges:
        assert {edge.start, edge.end} <= cycle.states
        assert edge.start not in cycle.terminal
        assert edge.requirement in ROWS
    for setting in cycle.settings:
        assert setting.requirement in ROWS
        assert setting.required_in | setting.forbidden_in <= cycle.states
        assert setting.required_in & setting.forbidden_in == set()
    for state in cycle.open:
        assert cycle.reachable(state) & cycle.terminal


@pytest.mark.parametrize("profile", PROFILES)
def test_base_documents_say_where_they_leave_the_published_schema(profile):
    document = json.loads((folder("schemas") / "profiles" / f"{profile}.json").read_text("utf-8"))
    for name, patch in document.get("patches", {}).items():
        if name == "$comment":
            continue
        assert "$comment" in patch, f"{profile}: {name}"
