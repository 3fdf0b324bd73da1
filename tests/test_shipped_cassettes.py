"""The cassettes that are shipped: each says of itself what it is, and a replay of today says what is pinned."""

from __future__ import annotations

import json
from datetime import date

import pytest
from tools.record_reference import below, record, timeless
from tools.shipped import (
    CASSETTES,
    LARGEST,
    README,
    REFERENCE,
    WHOLE,
    archives,
    changes,
    judged,
    provenance,
    shelves,
    with_table,
)

from assistants_conformance.cassette.library import Archive
from assistants_conformance.cassette.provenance import FILE, profiles_in
from assistants_conformance.contract import load_profile, profile_ids

#: The profile that is recorded anew: the smallest one, for it is the machinery that is in question.
ANEW = "azure-2024-02-15-preview"
#: What of a stranger may be older than the suite, as a part of all scenarios, before it is to be recorded again.
OLDER = 0.1
MEND = "mend it with: python tools/record_reference.py"
STRANGERS = [(path, profile) for path, profile in shelves() if path != REFERENCE]


def name(value):
    return value.stem if hasattr(value, "stem") else value


def test_every_profile_of_the_reference_server_is_shipped():
    assert REFERENCE.is_file(), MEND
    assert sorted(profiles_in(Archive(REFERENCE))) == sorted(profile_ids()), MEND


def test_strangers_are_shipped():
    assert len({path for path, _ in STRANGERS}) >= 2


def test_everything_together_is_small():
    size = sum(file.stat().st_size for file in CASSETTES.rglob("*") if file.is_file())
    assert size < LARGEST


@pytest.mark.parametrize(("path", "profile"), shelves(), ids=name)
def test_provenance_is_complete(path, profile):
    told = provenance(path, profile)
    needed = {"target", "profile", "recorded", "tool", "command", "seed", "settings", "capabilities", "verdict"}
    assert [key for key in sorted(needed) if not told.get(key)] == []
    assert told["profile"] == profile
    assert date.fromisoformat(told["recorded"]) <= date.today()
    assert told["tool"].startswith("assistants-conformance ")
    assert set(told["verdicts"]) <= set(load_profile(profile).requirements)


def test_the_table_tells_what_is_shipped():
    text = README.read_text("utf-8")
    assert with_table(text) == text, "mend it with: python tools/shipped.py --table"


@pytest.mark.parametrize("path", archives(), ids=name)
def test_every_target_is_described(path):
    assert f"## {path.stem.partition('-')[0]}" in README.read_text("utf-8")


@pytest.mark.parametrize("profile", profile_ids())
def test_reference_replays_conformant(profile):
    assert REFERENCE.is_file(), MEND
    now = judged(REFERENCE, profile)
    assert dict(now.older) == {}, MEND
    # Of the others the searches are not shipped, and a part is never conformant; all that is there must hold.
    assert now.verdict == ("conformant" if profile == WHOLE else "incomplete")
    assert set(now.verdicts.values()) <= {"pass", "not-applicable"} | ({"not-run"} if profile != WHOLE else set())
    assert list(changes(provenance(REFERENCE, profile), now)) == [], MEND


@pytest.mark.parametrize(("path", "profile"), STRANGERS, ids=name)
def test_stranger_replays_with_its_verdicts(path, profile):
    now = judged(path, profile)
    pinning = f"if that is true of the target: python tools/shipped.py --pin cassettes/{path.name}"
    assert list(changes(provenance(path, profile), now)) == [], pinning
    assert "error" not in now.verdicts.values()
    again = f"record {path.name} again, as cassettes/README.md says: {json.dumps(dict(now.older), indent=1)}"
    assert len(now.older) <= OLDER * now.scenarios, again


def test_reference_is_up_to_date(tmp_path):
    assert REFERENCE.is_file(), MEND
    made = tmp_path / "reference.zip"
    record(ANEW, made)
    new, old = timeless(below(Archive(made), ANEW)), timeless(below(Archive(REFERENCE), ANEW))
    assert sorted(key for key in new.keys() | old.keys() if new.get(key) != old.get(key)) == [], MEND
    assert f"{ANEW}/{FILE}" in new
