"""The cassettes in `cassettes/`: what a replay of today says of them, and pinning that once it was looked at.

python tools/shipped.py                              how today's verdicts differ from those of the provenance
python tools/shipped.py --pin cassettes/NAME.zip     write today's verdicts into the provenance of that archive
python tools/shipped.py --table                      write the table of cassettes/README.md anew

A scenario that asks for what its cassette does not hold is older than the suite: it is named, and what is bound to it
is not compared. Judge and scenarios may change without a new recording as long as few are; then record again.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from assistants_conformance._data import folder
from assistants_conformance.cassette.library import Archive
from assistants_conformance.cassette.provenance import FILE, profiles_in
from assistants_conformance.contract import DEFAULT_PROFILE
from assistants_conformance.scenario.gather import scenarios

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

CASSETTES = Path(__file__).parents[1] / "cassettes"
REFERENCE = CASSETTES / "reference.zip"
#: The profile of which the reference archive holds everything, and what it holds of the others, as pytest says it:
#: what the searches of all profiles ask for would be larger than everything else together.
WHOLE, PART = DEFAULT_PROFILE, "not test_search"
#: How large everything in the folder may be together, in bytes.
LARGEST = 10_000_000
README = CASSETTES / "README.md"
_MARK = "judged: "
_BEGIN, _END = "<!-- table -->\n", "<!-- /table -->\n"
_TOLD = ("pass", "fail", "warn", "not-applicable", "not-testable")


@dataclass(frozen=True)
class Judged:
    """What a replay of today says.

    `older` are the scenarios that could not be replayed, with what is lacking, and `untold` the rows that are bound to
    them, of which the replay says nothing certain.
    """

    verdict: str
    verdicts: Mapping[str, str]
    scenarios: int
    older: Mapping[str, str]
    untold: Collection[str]


def selection(profile: str) -> tuple[str, ...]:
    """Return the arguments of pytest by which the reference archive holds a profile."""
    return () if profile == WHOLE else ("-k", PART)


def archives() -> list[Path]:
    """Return every archive that is shipped."""
    return sorted(CASSETTES.glob("*.zip"))


def shelves() -> list[tuple[Path, str]]:
    """Return every archive with each profile that is in it."""
    return [(path, profile) for path in archives() for profile in profiles_in(Archive(path))]


def provenance(path: Path, profile: str) -> dict[str, Any]:
    """Return the provenance of an archive as it stands there."""
    told: dict[str, Any] = json.loads(Archive(path).get(f"{profile}/{FILE}") or b"{}")
    return told


def judged(path: Path, profile: str) -> Judged:
    """Replay the cassettes of a profile in a process of their own.

    Raises:
        RuntimeError: the replay said nothing.
    """
    foreign = ("PYTEST_", "OPENAI_", "AZURE_")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    done = subprocess.run(
        [sys.executable, __file__, "--judge", str(path.resolve()), profile],
        capture_output=True,
        text=True,
        check=False,
        env=environ,
    )
    told = next((line for line in done.stdout.splitlines() if line.startswith(_MARK)), None)
    if told is None:
        raise RuntimeError(f"the replay of {path.name} for {profile} said nothing:\n{done.stdout}{done.stderr}")
    return Judged(**json.loads(told.removeprefix(_MARK)))


def changes(told: Mapping[str, Any], now: Judged) -> Iterator[str]:
    """Yield in a line each how the verdicts of today differ from those that are pinned."""
    from assistants_conformance.contract import load_profile  # noqa: PLC0415

    rows, untold = load_profile(told["profile"]).requirements, now.untold
    for name in sorted(told["verdicts"].keys() | now.verdicts.keys()):
        if name in untold or (name in rows and rows[name].live_only):
            continue
        before, after = told["verdicts"].get(name, "no row"), now.verdicts.get(name, "no row")
        # Where a scenario is older, the replay is a part, and of a part nobody says why a row was not exercised.
        if now.older and after == "not-run" and before in ("not-testable", "not-applicable"):
            continue
        if before != after:
            yield f"{name}: {before} is pinned, {after} today"


def pin(path: Path, profile: str) -> Iterator[str]:
    """Write today's verdicts into a provenance, and yield what has changed by that."""
    told, now = provenance(path, profile), judged(path, profile)
    yield from changes(told, now)
    kept = {name: told["verdicts"][name] for name in now.untold if name in told["verdicts"]}
    told["verdicts"] = dict(sorted({**now.verdicts, **kept}.items()))
    told["verdict"] = now.verdict
    text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    Archive(path).put({f"{profile}/{FILE}": text.encode()})


def table() -> str:
    """Return the table of everything that is shipped, from the provenances."""
    heads = ("archive", "profile", "recorded", "verdict", *(name.replace("-", " ") for name in _TOLD))
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for path, profile in shelves():
        told = provenance(path, profile)
        counts = Counter(told["verdicts"].values())
        row = (f"`{path.name}`", profile, told["recorded"], told["verdict"], *(str(counts[name]) for name in _TOLD))
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines) + "\n"


def with_table(text: str) -> str:
    """Return a page with the table as it is today."""
    head, rest = text.split(_BEGIN, 1)
    return head + _BEGIN + table() + _END + rest.split(_END, 1)[1]


class _Listener:
    """Keeps what a session found out."""

    session: Any = None

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        from assistants_conformance import plugin  # noqa: PLC0415

        self.session = plugin.session_of(config)


def _bound(names: Iterable[str]) -> set[str]:
    """Return the rows that scenarios are bound to. What stands after a name, a case or a reason, is passed over."""
    functions = {re.split(r"\[|: ", name)[0] for name in names}
    every = ((scenario.name.partition("[")[0], scenario.binding.requirements) for scenario in scenarios())
    return {row for name, rows in every if name in functions for row in rows}


def _judge(path: str, profile: str) -> None:
    listener, suites = _Listener(), folder("suites")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    pytest.main(
        [
            *(str(suites), f"--rootdir={suites.parent}", f"--confcutdir={suites}", "-qq", "--tb=no", "-rN"),
            f"--config-file={Path(sys.modules['assistants_conformance'].__file__ or '').parent / 'cli' / 'pytest.ini'}",
            *("-p", "no:cacheprovider", "-p", "pytest_timeout", "-p", "assistants_conformance.plugin"),
            *(f"--assistants-replay={path}", f"--assistants-profile={profile}", "--assistants-reached"),
            *(selection(profile) if Path(path).resolve() == REFERENCE.resolve() else ()),
        ],
        plugins=[listener],
    )
    verdicts, ran, older = listener.session.told()
    told = Judged(
        verdict=verdicts.overall,
        verdicts={row.requirement.id: row.verdict for row in verdicts.rows},
        scenarios=ran,
        older=older,
        untold=sorted(_bound(older)),
    )
    print("\n" + _MARK + json.dumps(vars(told)))


def main() -> int:
    """Compare, or pin."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pin", type=Path, metavar="ARCHIVE")
    parser.add_argument("--judge", nargs=2, metavar=("ARCHIVE", "PROFILE"), help=argparse.SUPPRESS)
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    if options.judge:
        _judge(*options.judge)
        return 0
    if options.pin:
        for profile in profiles_in(Archive(options.pin)):
            for line in pin(options.pin, profile):
                print(f"{options.pin.name}, {profile}: {line}")
    if options.pin or options.table:
        README.write_text(with_table(README.read_text("utf-8")), "utf-8")
        return 0
    differ = 0
    for path, profile in shelves():
        now = judged(path, profile)
        lines = list(changes(provenance(path, profile), now))
        differ += len(lines)
        print(f"{path.name}, {profile}: {now.verdict}, {len(now.older)} of {now.scenarios} scenarios are older")
        for line in [*lines, *(f"older: {name}: {told.splitlines()[0]}" for name, told in now.older.items())]:
            print(f"  {line}")
    return int(bool(differ))


if __name__ == "__main__":
    sys.exit(main())
