"""Page, Markdown and badge: what they show, what they refuse, and that a target cannot speak through them."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner

from assistants_conformance.cli import main
from assistants_conformance.contract import load_profile
from assistants_conformance.observe import Exchange, Finding, Request, Response
from assistants_conformance.reporting.badge import NoClaimError, badge
from assistants_conformance.reporting.markdown import markdown
from assistants_conformance.reporting.page import page
from assistants_conformance.reporting.result import Target, document
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.reporting.text import redact
from assistants_conformance.reporting.verdicts import decide

EVIL = "\"'></pre><script>alert(1)</script><img src=x onerror=alert(2)>\x1b[2J\u202e{{ 7*7 }}{% x %}|`*_<b>"
PROFILE = load_profile("openai-v2")


def result(*broken, url="http://127.0.0.1:8080", words=EVIL, whole=True, mode="live"):
    tally = Tally(requests=9, runs=2)
    for identifier in PROFILE.active:
        tally.exercised[identifier] = 3
    exchange = Exchange(
        Request("POST", f"http://a/{words}", {"authorization": "Bearer x"}, words.encode()),
        Response(200, {}, words.encode()),
    )
    for identifier in broken:
        tally.add_finding(Finding(identifier, words, words, exchange))
        tally.add_finding(Finding(identifier, "another", words, exchange))
    verdicts = decide(tally, PROFILE, filtered=not whole)
    return document(
        Target(url, PROFILE.id, mode), verdicts.rows, verdicts.totals, verdicts.overall,
        requests=9, runs=2, duration_seconds=1.5, part=None if whole else "a filter",
    )  # fmt: skip


class Reader(HTMLParser):
    """Every tag with its attributes, and the text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links, self.attributes = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [value for name, value in attrs if name in ("href", "src")]


def test_page_lets_a_target_say_nothing_but_text():
    made = page([result("LOCK-001", "MSG-F01", url=EVIL), result("SSE-006")])
    read = Reader(made)
    assert set(read.tags).isdisjoint({"script", "img", "iframe", "object", "link", "form", "base", "svg"})
    assert not [name for name in read.attributes if name.startswith("on") or name == "style"]
    assert "&lt;script&gt;alert(1)" in made
    assert "{{ 7*7 }}" in made
    assert "\x1b" not in made
    assert "\u202e" not in made
    assert "\\u202e" in made


def test_page_needs_nothing_from_elsewhere():
    made = page([result("LOCK-001")])
    read = Reader(made)
    assert all(link.startswith("#") for link in read.links)
    assert {link[1:] for link in read.links} <= set(read.ids)
    assert len(read.ids) == len(set(read.ids))
    style = made[made.index("<style>") : made.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert "default-src 'none'" in made
    assert "prefers-color-scheme: dark" in style


def test_page_sorts_by_impact_and_shows_a_finding_whole():
    made = page([result("LOCK-012", "MSG-F01", "LOCK-001", words="seen")])
    places = [made.index(f'<article id="t1-{identifier}"') for identifier in ("MSG-F01", "LOCK-001", "LOCK-012")]
    assert places == sorted(places)
    article = made[places[1] : places[2]]
    row = PROFILE.requirement("LOCK-001")
    for told in (row.statement.replace("'", "&#39;"), row.level, row.impact, "seen", "curl -sS", "POST http://a/seen"):
        assert told in article
    assert "1 more kind" in article
    assert not re.search(r"\d\s*%", re.sub(r"<style>.*?</style>", "", made, flags=re.DOTALL))


def test_page_is_of_bearable_size_and_equal_for_equal_results():
    everything = result(*PROFILE.active, words="w" * 5000)
    made = page([everything])
    assert len(made) < 8_000_000
    assert made == page([json.loads(json.dumps(everything))])
    assert len(page([result()])) < 250_000


def test_matrix_shows_what_differs():
    made = page([result("LOCK-001", url="http://one"), result(url="http://two")])
    table = made[made.index('id="matrix"') : made.index('id="t1"')]
    assert 'href="#t1-LOCK-001"' in table
    assert "LOCK-002" not in table
    same = page([result(), result()])
    assert "http://127.0.0.1:8080 (1)" in same


def test_part_and_audit_say_so():
    assert "A part only" in page([result(whole=False)])
    assert "An audit of recordings" in page([result(mode="audit")])


def test_markdown_lets_a_target_say_nothing_but_text():
    made = markdown([result("LOCK-001", url=EVIL), result()])
    assert "<script" not in made.replace("\\<", "")
    assert not re.search(r"(?<!\\)[<>`]", made)
    rows = [line for line in made.splitlines() if line.startswith("|")]
    for line in rows:
        assert len(re.findall(r"(?<!\\)\|", line)) in (4, 5), line


def test_badge_is_a_claim():
    assert "non-conformant" in badge([result("LOCK-001")])
    made = badge([result()])
    assert ">conformant<" in made
    assert "http" not in made.replace("http://www.w3.org/2000/svg", "")
    for refused, why in (
        ([result(whole=False)], "a part only"),
        ([result("LOCK-001", whole=False)], "a part only"),
        ([result(mode="audit")], "an audit"),
        ([result(), result()], "2 results"),
    ):
        with pytest.raises(NoClaimError, match=why):
            badge(refused)


# -- the command -------------------------------------------------------------------------------------------------------


def invoke(*arguments):
    return CliRunner().invoke(main, ["report", *map(str, arguments)])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "r.json"
    path.write_text(json.dumps(result("LOCK-001")), "utf-8")
    return path


def test_command_writes_every_form(file, tmp_path):
    done = invoke(file, "--html", tmp_path / "p.html", "--markdown", tmp_path / "p.md", "--badge", tmp_path / "b.svg")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "p.html").read_text("utf-8").startswith("<!doctype html>")
    assert "## Findings" in (tmp_path / "p.md").read_text("utf-8")
    assert (tmp_path / "b.svg").read_text("utf-8").startswith("<svg")
    assert "\x1b" not in invoke(file).output


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "no result of assistants-conformance"),
        (b'{"tool": {}}', "no result of assistants-conformance"),
        (b'{"result_version": 0}', "result_version 0, and 1 is read here"),
        (b'{"result_version": 2}', "result_version 2, and 1 is read here"),
        (b'{"result_version": "\\u001b[2J"}', "and 1 is read here"),
        (b'{"result_version": 1}', "not a result as its schema has it"),
    ],
)
def test_what_is_no_result_is_refused_in_one_line(tmp_path, content, told):
    path = tmp_path / "r.json"
    path.write_bytes(content)
    done = invoke(path, "--html", tmp_path / "p.html")
    assert done.exit_code == 2
    lines = [line for line in done.stderr.splitlines() if line]
    assert len(lines) == 1
    assert told in lines[0]
    assert "\x1b" not in lines[0]
    assert not (tmp_path / "p.html").exists()


def test_missing_file_and_folder_are_refused(file, tmp_path):
    assert "No such file" in invoke(tmp_path / "no.json").stderr
    assert "there is no folder" in invoke(file, "--html", tmp_path / "no" / "p.html").stderr


def test_badge_of_a_part_is_refused(tmp_path):
    path = tmp_path / "r.json"
    path.write_text(json.dumps(result(whole=False)), "utf-8")
    done = invoke(path, "--badge", tmp_path / "b.svg")
    assert done.exit_code == 2
    assert "a badge comes only from a whole run" in done.stderr
    assert not (tmp_path / "b.svg").exists()


# -- secrets -----------------------------------------------------------------------------------------------------------

SECRET = "sk-one/two+three'four-0123456789"


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        SECRET[:13] + "…",
        SECRET[5:],
        SECRET.replace("/", "\\/"),
        SECRET.replace("/", "%2F").replace("+", "%2B").replace("'", "%27"),
        f"x{SECRET}{SECRET}y",
    ],
)
def test_no_form_and_no_long_part_of_a_secret_is_left(text):
    made = redact(f"a {text} b", (SECRET,))
    assert made.startswith("a ")
    assert made.endswith(" b")
    for place in range(len(SECRET) - 11):
        assert SECRET[place : place + 12] not in made
    assert "0123456789" not in made


def test_text_without_secrets_stays():
    assert redact("nothing here", (SECRET, "", "pw12")) == "nothing here"
    assert redact("pw12", ("pw12",)) == "***"
