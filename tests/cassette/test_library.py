"""Where cassettes lie: a folder and an archive are the same."""

from __future__ import annotations

import os
import zipfile

import pytest

from assistants_conformance.cassette.form import CassetteError
from assistants_conformance.cassette.library import library, name_of

TEXTS = {"p/b/x.yaml": b"b\r\n", "p/a/x.yaml": "ä".encode(), "p/provenance.json": b"{}"}


@pytest.fixture(params=["folder", "archive.zip"])
def place(request, tmp_path):
    return tmp_path / "below" / request.param


def test_what_is_put_is_there(place):
    shelf = library(place)
    assert list(shelf.names()) == []
    assert shelf.get("p/a/x.yaml") is None
    shelf.put(TEXTS)
    for one in (shelf, library(place)):
        assert list(one.names()) == sorted(TEXTS)
        assert {name: one.get(name) for name in one.names()} == TEXTS


def test_what_is_put_again_replaces_and_the_rest_stays(place):
    library(place).put(TEXTS)
    library(place).put({"p/b/x.yaml": b"new", "q/c.yaml": b"c"}, frozenset({"p/a/x.yaml"}))
    left = library(place)
    assert {name: left.get(name) for name in left.names()} == {
        "p/b/x.yaml": b"new",
        "p/provenance.json": b"{}",
        "q/c.yaml": b"c",
    }


def test_archives_of_the_same_are_the_same_to_the_byte(tmp_path):
    library(tmp_path / "1.zip").put(TEXTS)
    library(tmp_path / "2.zip").put({"p/b/x.yaml": b"b\r\n", "z.yaml": b""})
    library(tmp_path / "2.zip").put(dict(reversed(TEXTS.items())), frozenset({"z.yaml"}))
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()


def test_nothing_half_written_stays(place, monkeypatch):
    library(place).put(TEXTS)
    before = sorted(place.parent.rglob("*"))

    def fail(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(OSError, match="full"):
        library(place).put({"p/b/x.yaml": b"new"})
    assert sorted(place.parent.rglob("*")) == before
    assert library(place).get("p/b/x.yaml") == b"b\r\n"


def test_other_files_are_no_cassettes(tmp_path):
    (tmp_path / "README.md").write_text("x")
    (tmp_path / ".a.yaml.new").write_text("x")
    assert list(library(tmp_path).names()) == []


@pytest.mark.parametrize("data", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_damaged_archive_is_refused(tmp_path, data):
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(CassetteError, match=r"a\.zip: no archive of cassettes"):
        library(tmp_path / "a.zip").get("x")


def test_damaged_member_is_refused(tmp_path):
    place = tmp_path / "a.zip"
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("p/x.yaml", os.urandom(2000))
    data = bytearray(place.read_bytes())
    data[500:700] = b"\0" * 200
    place.write_bytes(data)
    with pytest.raises(CassetteError, match="no archive of cassettes"):
        library(place).get("p/x.yaml")


def test_names_follow_profile_and_area():
    assert name_of("openai-v2", "suites/test_runs.py::test_a") == "openai-v2/runs/a.yaml"
    cases = {name_of("p", f"suites/test_runs.py::test_a[{case}]") for case in ("x/y", "x-y", "x y", "../..")}
    assert len(cases) == 4
    assert all(case.startswith("p/runs/a-") and case.count("/") == 2 for case in cases)
