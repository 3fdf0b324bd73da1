"""The pages of docs/ say what the data says, and lead nowhere that is not there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tools.docs import DOCS, outdated, pages
from tools.pages.lifecycles import kinds
from tools.pages.markdown import anchor, cell, plain
from tools.pages.requirements import KINDS, kind_of

if TYPE_CHECKING:
    from pathlib import Path

from assistants_conformance.contract.documents import read

ROOT = DOCS.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
_LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)")
_EDGE = re.compile(r"^\s+(\S+) --> (\S+) : \S", re.MULTILINE)


def test_generated_pages_are_up_to_date():
    assert outdated() == [], "mend it with: python tools/docs.py"


def test_generator_gives_the_same_pages_twice():
    assert pages() == pages()


@pytest.mark.parametrize("file", PAGES, ids=lambda file: str(file.relative_to(ROOT)))
def test_links_lead_somewhere(file):
    for target in _LINK.findall(_without_code(file.read_text("utf-8"))):
        if target.startswith(("https://", "http://")):
            continue
        path, _, name = target.partition("#")
        there = (file.parent / path).resolve() if path else file
        assert there.exists(), f"{file.name} links to {target}"
        assert there.is_relative_to(ROOT), f"{file.name} links out of the checkout: {target}"
        if name:
            assert name in _anchors(there), f"{file.name} links to {target}"


def test_every_page_can_be_reached_from_the_readme():
    seen, todo = set(), [ROOT / "README.md"]
    while todo:
        file = todo.pop()
        if file in seen or file.suffix != ".md":
            continue
        seen.add(file)
        links = _LINK.findall(_without_code(file.read_text("utf-8")))
        todo += [
            (file.parent / link.partition("#")[0]).resolve() for link in links if not link.startswith(("http", "#"))
        ]
    assert set(DOCS.rglob("*.md")) <= seen


def test_each_lifecycle_has_a_diagram_of_its_states():
    blocks = re.findall(r"```mermaid\n(.*?)```", pages()["lifecycles.md"], re.DOTALL)
    assert len(blocks) == len(kinds())
    for kind, block in zip(kinds(), blocks, strict=True):
        document = read(f"lifecycles/{kind}")
        edges = _EDGE.findall(block)
        assert len(edges) == len(document["edges"])
        assert {state for edge in edges for state in edge} - {"[*]"} <= set(document["states"]), kind
        # A label ends at a line break; a colon or semicolon in it is not parsed by every version.
        for line in block.splitlines():
            if "-->" in line:
                assert line.count(":") == 1, line
                assert ";" not in line


def test_tables_have_as_many_cells_as_columns():
    for name, text in pages().items():
        width = None
        for line in text.splitlines():
            cells = len(re.split(r"(?<!\\)\|", line)) if line.startswith("| ") else None
            assert width is None or cells is None or cells == width, f"{name}: {line}"
            width = cells


def test_pages_stay_readable():
    for name, text in pages().items():
        assert len(text) < 400_000, f"{name} is too long to be rendered"


def test_kinds_of_exclusion_are_told_apart():
    assert kind_of("needs 512 MB") == "needs"
    assert kind_of("static: a document") == "static"
    assert kind_of("because") == "other"
    assert len(set(KINDS.values())) == len(KINDS)


def test_cells_do_not_break_their_table():
    assert cell("a|b\nc") == "a\\|b c"
    assert plain("a_b <c> *d* `e_f <g>`") == "a\\_b &lt;c> \\*d\\* `e_f <g>`"


def _without_code(text: str) -> str:
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"^ {4}.*$", "", text, flags=re.MULTILINE)
    return re.sub(r"`[^`\n]*`", lambda found: "x" * len(found[0]), text)


def _anchors(file: Path) -> set[str]:
    text = file.read_text("utf-8")
    named = set(re.findall(r'<a id="([^"]+)">', text))
    return named | {anchor(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
