"""Each layer imports only what stands before it."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "assistants_conformance"
RANK = {
    "_data": 0,
    "contract": 1,
    "observe": 2,
    "target": 3,
    "recordings": 3,
    "reference": 3,
    "cassette": 4,
    "reporting": 4,
    "scenario": 5,
    "plugin": 6,
    "cli": 6,
}
FORBIDDEN = {("observe", "reference"), ("reference", "observe"), ("recordings", "target"), ("target", "reference")}


def imported(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        found |= {name.split(".")[1] for name in names if name.startswith("assistants_conformance.")}
    return found


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_point_downwards(file):
    own = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if own == "__init__":
        assert not imported(file)
        return
    for other in imported(file) - {own}:
        assert RANK[other] <= RANK[own], f"{own} imports {other}"
        assert (own, other) not in FORBIDDEN, f"{own} must not know {other}"
