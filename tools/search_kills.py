"""Which faults the search alone finds, with every example test left out.

python tools/search_kills.py [--profile P] [--only test_search_properties] [--fault PART] [--effort quick] [--workers 2]

Each fault is turned on by itself, and the scenarios of `suites/test_search_*.py` run until one requirement is found
broken; with --named, until one is that the fault names itself, which is counted too.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from assistants_conformance.contract import load_profile, profile_ids
from assistants_conformance.contract.efforts import DEFAULT_EFFORT, efforts
from assistants_conformance.reference.faults import registry
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.scenario import applies, conduct
from assistants_conformance.scenario.embed import embed, embedded_settings
from assistants_conformance.scenario.gather import Scenario, scenarios
from assistants_conformance.target.chance import Chance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from multiprocessing.pool import Pool

Task = tuple[str, str, str, str, str, bool]
Found = tuple[str, str, bool, bool, str]
_LISTED = 400
#: How many faults each scenario has found in this process.
_FINDERS: Counter[str] = Counter()


def searching(only: str) -> list[Scenario]:
    """Return the scenarios of the search whose name contains a text."""
    return [one for one in scenarios() if "/test_search_" in one.name and only in one.name]


def tried(task: Task) -> Found:
    """Run the search against one fault: profile, fault, found at all, found by a row it names, by which scenario."""
    identifier, fault, only, effort, seed, thorough = task
    profile = load_profile(identifier)
    named = set(registry(profile)[fault].kills) if fault else set()
    settings = replace(embedded_settings(profile, faults=[fault] if fault else []), effort=efforts()[effort])
    by, exact, broken = "", False, ""
    # What has found most so far is tried first: most faults are met within a request or two of it.
    for scenario in sorted(searching(only), key=lambda one: -_FINDERS[one.name]):
        tally, api = Tally(), embed(settings)
        api.chance = Chance(f"{seed}/{scenario.name}")
        if not applies(scenario.binding, api):
            continue
        outcome = conduct(scenario.function, api, tally, scenario.name, scenario.arguments)
        if outcome.kind == "error":
            broken = f"{scenario.name}: {outcome.message[-300:]}"
        if tally.failures:
            _FINDERS[scenario.name] += 1
            by = by or f"{scenario.name.rpartition('::')[2]} {sorted(tally.failures)[:4]}"
            exact = exact or bool(named & tally.failures.keys())
            if exact or not thorough:
                break
    return identifier, fault, bool(by), exact, by or broken


def main() -> None:
    """Print the share and the survivors of each profile."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", action="append", default=[])
    parser.add_argument("--only", default="", help="scenarios whose name contains this")
    parser.add_argument("--fault", default="", help="faults whose name contains this")
    parser.add_argument("--effort", default=DEFAULT_EFFORT, choices=sorted(efforts()))
    parser.add_argument("--seed", default="search")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--every", type=int, default=1, help="only every so manieth fault, for a quick look")
    parser.add_argument("--named", action="store_true", help="go on until a requirement finds it that it names")
    parser.add_argument("--all", action="store_true", help="list who finds what, too")
    options = parser.parse_args()
    if not searching(options.only):
        parser.error("no scenario of the search has such a name")
    with multiprocessing.get_context("spawn").Pool(options.workers, maxtasksperchild=200) as pool:
        for identifier in options.profile or profile_ids():
            _report(pool, identifier, options)


def _report(pool: Pool, identifier: str, options: argparse.Namespace) -> None:
    begun = time.monotonic()
    known = [name for name in registry(load_profile(identifier)) if options.fault in name]
    names = ["", *known[:: options.every]]
    tasks = [(identifier, name, options.only, options.effort, options.seed, options.named) for name in names]
    clean, *rows = _told(pool.imap(tried, tasks, chunksize=2), len(tasks))
    if clean[2] or clean[4]:
        print(f"{identifier}: FALSE, found without a fault: {clean[4]}")
    found, exact = sum(row[2] for row in rows), sum(row[3] for row in rows)
    share = 100 / max(len(rows), 1)
    print(
        f"{identifier}: {found} of {len(rows)} faults found ({found * share:.0f} %), {exact} by a named row"
        f" ({exact * share:.0f} %), {time.monotonic() - begun:.0f} s"
    )
    families = Counter(_family(row[1]) for row in rows)
    caught = Counter(_family(row[1]) for row in rows if row[2])
    print("  " + ", ".join(f"{name} {caught[name]} of {count}" for name, count in families.items()))
    for _, fault, seen, _, told in rows:
        if not seen or options.all:
            print(f"  {'found' if seen else 'survives'}: {fault} {told[:_LISTED]}".rstrip())


def _told(found: Iterable[Found], count: int) -> Iterator[Found]:
    for number, row in enumerate(found, 1):
        print(f"\r{number} of {count}", end="\n" if number == count else "", file=sys.stderr, flush=True)
        yield row


def _family(fault: str) -> str:
    return fault.partition(":")[0] if ":" in fault else "behaviour"


if __name__ == "__main__":
    main()
