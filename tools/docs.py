"""Write the pages of docs/ that follow from the data of the contract.

python tools/docs.py            write them
python tools/docs.py --check    say which are out of date; exit status 1 if any is
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tools.pages import contradictions, errors, faults, lifecycles, operations, requirements

from assistants_conformance.contract import load_profile, profile_ids

DOCS = Path(__file__).parents[1] / "docs"


def pages() -> dict[str, str]:
    """Return every generated page by its path below `docs`; the same data gives the same text."""
    profiles = [load_profile(name) for name in sorted(profile_ids(runnable=False))]
    made = {
        "contradictions.md": contradictions.contradictions(),
        "errors.md": errors.errors(profiles),
        "faults.md": faults.faults(profiles),
        "lifecycles.md": lifecycles.lifecycles(profiles),
        "operations.md": operations.operations(profiles),
        "requirements/index.md": requirements.index(profiles),
    }
    made.update((f"requirements/{profile.id}.md", requirements.of_profile(profile)) for profile in profiles)
    return made


def outdated() -> list[str]:
    """Return the paths below `docs` of pages that are missing, differ from the data, or follow from it no longer."""
    made = pages()
    there = {f"requirements/{file.name}" for file in (DOCS / "requirements").glob("*.md")}
    differ = [name for name, text in made.items() if not _is(DOCS / name, text)]
    return sorted({*differ, *(there - made.keys())})


def _is(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text("utf-8") == text


def main() -> int:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing")
    changed = outdated()
    if parser.parse_args().check:
        for name in changed:
            print(f"docs/{name} is out of date; python tools/docs.py mends it")
        return 1 if changed else 0
    made = pages()
    for name in changed:
        file = DOCS / name
        if name in made:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(made[name], "utf-8")
        else:
            file.unlink()
        print(f"docs/{name} {'written' if name in made else 'removed'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
