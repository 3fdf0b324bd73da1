"""The file of a cassette: everything survives it, people and vcrpy can read it, and nothing can be hidden in it."""

from __future__ import annotations

import httpx2
import pytest
import vcr
import yaml
from hypothesis import given
from hypothesis import strategies as st

from assistants_conformance.cassette.form import Cassette, CassetteError, Lost, read, safe_name, write
from assistants_conformance.recordings import read_paths
from tests.cassette.conftest import URL, asked, exchange, form

BODIES = {
    "empty": b"",
    "json": b'{"a": "b"}',
    "blocks": b'{\n  "a": [\n    1\n  ]\n}',
    "accents": "Zürich ☃ 日本".encode(),
    "beyond the BMP": "𝒳 🦀".encode(),
    "CRLF": b"a\r\nb\r\n",
    "lonely CR": b"a\rb",
    "trailing spaces": b"a  \nb \n\n",
    "leading spaces": b"  a\n b\n",
    "tabs": b"\ta\tb\n\t",
    "NUL": b"a\0b",
    "invalid UTF-8": b"\xff\xfe\x80abc",
    "half a letter": "é".encode()[:1],
    "mark of order": "\ufeffa".encode(),
    "odd separators": "a\u2028b\u0085c\u00a0d".encode(),
    "only a line feed": b"\n",
    "like a number": b"0123",
    "like null": b"null",
    "like a date": b"2024-05-01",
    "like YAML": b"- a: b # c\n? &x *y !!z '\"%@`",
    "a document": b"---\na: 1\n...\n",
    "a stream": b'event: thread.run.created\ndata: {"a": 1}\n\nevent: done\ndata: [DONE]\n\n',
    "1 MB of text": b"word and word " * 75_000,
    "1 MB of bytes": bytes(range(256)) * 4096,
    "long lines": ("x" * 1_200_000 + "\n" + "ü" * 1_200_000).encode(),
}


def again(*entries) -> Cassette:
    return read(write(Cassette(entries, {"scenario": "s"})), "c.yaml")


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_every_body_survives(body):
    entry = again(exchange(asked(body), body)).entries[0]
    assert entry.request.body == body
    assert entry.response.body == body


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_body_survives(body):
    made = exchange(asked(body, **{"x-any": "v"}), body)
    assert again(made).entries[0] == made


@given(st.text(st.characters(min_codepoint=32, max_codepoint=255), min_size=1, max_size=60))
def test_any_header_and_address_survive(text):
    made = exchange(asked(url=f"{URL}?after={text}", x_any=text), headers={"x-told": text})
    assert again(made).entries[0] == made


def test_what_vcrpy_has_no_place_for_survives():
    made = [
        exchange(started=1.25, ended=7, arrivals=(2.0, 3.5), complete=False, headers={"content-type": "a/b"}),
        Lost(asked(b"{}"), "ReadError: it went away"),
        exchange(status=599, body=b"odd"),
    ]  # fmt: skip
    assert again(*made).entries == tuple(made)
    assert again().about == {"scenario": "s"}


def test_what_only_the_transport_says_is_left_out():
    sent = asked(b"{}", user_agent="me/1", host="h", content_length="2", x_stainless_os="Linux", x_kept="1")
    told = {"content-type": "a/b", "content-encoding": "gzip", "transfer-encoding": "chunked", "x-kept": "1"}
    entry = again(exchange(sent, headers=told)).entries[0]
    assert entry.request.headers == {"x-kept": "1"}
    assert entry.response.headers == {"content-type": "a/b", "x-kept": "1"}


def test_the_boundary_of_a_form_is_always_the_same():
    assert write(Cassette((exchange(form("one")),))) == write(Cassette((exchange(form("another")),)))


def test_people_can_read_it():
    text = write(Cassette((exchange(asked('{"q": "ü"}'.encode()), BODIES["blocks"]),)))
    assert """body: '{"q": "ü"}'""" in text
    assert '        {\n          "a": [\n' in text
    assert "&" not in text
    sent = write(Cassette((exchange(form("b", "ü\r\n".encode())),)))
    assert 'filename=\\"a.txt\\"\\r\\n\\r\\nü\\r\\n' in sent
    assert "!!python" not in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [", "not YAML"),
        ("", "no `interactions`"),
        ("a: 1", "no `interactions`"),
        ("interactions: 3", "no `interactions`"),
        ("interactions:\n- request: {}\n", "interaction 0: KeyError"),
        ("interactions:\n- 3\n", "interaction 0: TypeError"),
        ("interactions: !!python/object/apply:os.system ['true']", "not YAML"),
        (b"\xff\xfe\xfd", "not YAML"),
    ],
)
def test_damaged_one_is_refused_with_its_name(text, told):
    with pytest.raises(CassetteError, match=r"c\.yaml.*") as caught:
        read(text, "c.yaml")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_vcrpy_replays_it(tmp_path):
    bodies = [b'{"n": 1}', b'{"n": 2}', bytes(range(256)), "𝒳\n".encode()]
    (tmp_path / "c.yaml").write_text(
        write(Cassette(tuple(exchange(asked(b'{"q": 1}'), one) for one in bodies))), "utf-8"
    )
    with vcr.use_cassette(str(tmp_path / "c.yaml"), record_mode="none", match_on=["method", "uri", "body"]) as tape:
        with httpx2.Client() as client:
            told = [client.post(URL, content=b'{"q": 1}', headers={"content-type": "application/json"}) for _ in bodies]
        assert tape.all_played
    assert [one.content for one in told] == bodies
    assert {one.status_code for one in told} == {200}


def test_readers_of_recordings_read_the_same(tmp_path):
    head = {"scenario": "suites/test_a.py::test_b", "profile": "openai-v2", "run_expiry_seconds": 30}
    made = [exchange(asked(body), body, started=4.5, ended=5, arrivals=(4.75,)) for body in BODIES.values()]
    text = write(Cassette((*made, Lost(asked(), "gone")), head))
    (tmp_path / "c.yaml").write_text(text, "utf-8", newline="")
    problems = []
    found = list(read_paths([tmp_path], problems.append))
    assert [problem.kind for problem in problems] == ["unanswered"]
    assert [(one.request.body, one.response.body) for one in found] == [(body, body) for body in BODIES.values()]
    assert {(one.started, one.ended, one.arrivals, one.complete) for one in found} == {(4.5, 5.0, (4.75,), True)}
    assert {(one.terms.profile, one.terms.expiry_seconds) for one in found} == {("openai-v2", 30)}


def test_only_loaders_that_are_safe_are_needed():
    assert yaml.safe_load(write(Cassette((exchange(body=b"\xff"),))))["version"] == 1


@given(st.text(max_size=150), st.text(max_size=150))
def test_names_of_files_are_harmless_and_apart(one, other):
    name = safe_name(one)
    assert "/" not in name
    assert name not in (".", "..")
    assert len(name) < 120
    assert (name == safe_name(other)) == (one == other)
