"""Record the reference server anew: `cassettes/reference.zip`, every profile that the suites run on.

The default profile is recorded wholly, the others without the searches: what these ask for is larger than all else.

python tools/record_reference.py [--into FILE.zip] [PROFILE ...]

What has not changed stays as it is, to the byte; cassettes of scenarios that are gone are taken away.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistants_conformance.cassette.library import Archive
from assistants_conformance.cassette.provenance import FILE
from assistants_conformance.contract import profile_ids

sys.path.insert(0, str(Path(__file__).parents[1]))

from tools.shipped import README, REFERENCE, selection, with_table

if TYPE_CHECKING:
    from collections.abc import Mapping

PROGRAM = "from assistants_conformance.cli import main; main(prog_name='assistants-conformance')"


def below(shelf: Archive, profile: str) -> dict[str, bytes]:
    """Return everything of one profile."""
    return {name: shelf.get(name) or b"" for name in shelf.names() if name.startswith(f"{profile}/")}


def timeless(texts: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the texts of a profile without the day and the archive of its recording."""
    made: dict[str, Any] = dict(texts)
    for name in texts:
        if name.endswith(f"/{FILE}"):
            made[name] = {**json.loads(texts[name]), "recorded": None, "command": None}
    return made


def record(profile: str, into: Path) -> None:
    """Record one profile into an archive that does not hold it.

    Raises:
        RuntimeError: the embedded server is not conformant, or nothing could be kept.
    """
    foreign = ("PYTEST_", "OPENAI_", "AZURE_")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "run", "--profile", profile, *selection(profile), "--record", str(into)],
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith(foreign)},
        cwd=into.parent,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{profile} was not recorded:\n{done.stdout}{done.stderr}")


def main() -> None:
    """Record what is asked for, by default everything."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--into", type=Path, default=REFERENCE)
    parser.add_argument("profiles", nargs="*", default=profile_ids())
    options = parser.parse_args()
    shelf = Archive(options.into)
    for profile in options.profiles:
        # Anew and not over what is there: so nothing is left of scenarios that are gone.
        before = below(shelf, profile)
        if before:
            shelf.put({}, frozenset(before))
        record(profile, options.into.resolve())
        shelf = Archive(options.into)
        name = f"{profile}/{FILE}"
        if name in before and timeless(before) == timeless(below(shelf, profile)):
            # Nothing but the day is another.
            shelf.put({name: before[name]})
        print(f"{profile}: {sum(name.startswith(f'{profile}/') for name in shelf.names())} files")
    if options.into == REFERENCE:
        README.write_text(with_table(README.read_text("utf-8")), "utf-8")
    print(f"{options.into.name}: {options.into.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
