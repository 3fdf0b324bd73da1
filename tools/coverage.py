"""What is still missing of an area: rows nobody exercises, findings without a fault, rows no fault kills.

python tools/coverage.py --area thread_locking [--profile P] [--kills]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from assistants_conformance.contract import load_profile, profile_ids
from assistants_conformance.reference.faults import registry
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.scenario import applies, conduct
from assistants_conformance.scenario.embed import embed, embedded_settings
from assistants_conformance.scenario.gather import scenarios


def main() -> None:
    """Print one block a profile."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--area", action="append", default=[])
    parser.add_argument("--profile", action="append", default=[])
    parser.add_argument("--kills", action="store_true", help="turn on every fault that names a row of the area")
    options = parser.parse_args()
    for identifier in options.profile or profile_ids():
        profile = load_profile(identifier)
        rows = [row for row in profile.requirements.values() if not options.area or row.area in options.area]
        active = [row.id for row in rows if row.id in profile.active]
        tally = Tally()
        api = embed(embedded_settings(profile))
        for scenario in scenarios():
            if applies(scenario.binding, api):
                outcome = conduct(scenario.function, api, tally, scenario.name, scenario.arguments)
                if outcome.kind != "passed":
                    told = outcome.message or [(f.requirement, f.observed, f.expected) for f in outcome.verify.findings]
                    print(f"  {outcome.kind}: {scenario.name}: {told}")
        exercised = tally.exercised + api.judge.exercised
        print(f"{identifier}: {len(active)} active rows")
        print("  found without a fault:", {k: [f.observed for f in v] for k, v in tally.findings.items()} or "nothing")
        print(
            "  never exercised:",
            [name for name in active if not exercised[name] and not profile.requirement(name).occasion],
        )
        faults = registry(profile)
        killed = {name for fault in faults.values() for name in fault.kills}
        print("  no fault for:", [name for name in active if name not in killed])
        if options.kills:
            from tests.test_kill_matrix import found_with  # noqa: PLC0415 - needs the checkout

            with tempfile.TemporaryDirectory() as finders:
                for name, fault in faults.items():
                    wanted = set(fault.kills) & set(active)
                    found = found_with(identifier, name, wanted, Path(finders)) if wanted else {}
                    if not wanted <= found.keys():
                        print(f"  survives: {name} should be found by {sorted(wanted)}, found by {sorted(found)}")


if __name__ == "__main__":
    main()
