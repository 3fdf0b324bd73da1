"""Decide on requirements in profiles: active, or excluded with a reason. Safe when several do so at once.

python tools/decide.py --profile P [--profile Q] --active ID [ID ...]
python tools/decide.py --profile P --exclude "the reason" ID [ID ...]
"""

from __future__ import annotations

import argparse
import fcntl
import json
from pathlib import Path

PROFILES = Path(__file__).parents[1] / "schemas" / "profiles"


def main() -> None:
    """Change `decisions` of the profiles that are named; an id leaves the other half by itself."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--profile", action="append", required=True)
    parser.add_argument("--exclude", metavar="REASON")
    parser.add_argument("--active", action="store_true")
    parser.add_argument("ids", nargs="+")
    options = parser.parse_args()
    if options.active == bool(options.exclude):
        parser.error("either --active or --exclude REASON")
    for name in options.profile:
        file = PROFILES / f"{name}.json"
        with file.open("r+", encoding="utf-8") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            document = json.load(handle)
            decisions = document.setdefault("decisions", {"active": [], "excluded": {}})
            active, excluded = set(decisions["active"]), dict(decisions["excluded"])
            for identifier in options.ids:
                active.discard(identifier)
                excluded.pop(identifier, None)
                if options.active:
                    active.add(identifier)
                else:
                    excluded[identifier] = options.exclude
            document["decisions"] = {"active": sorted(active), "excluded": dict(sorted(excluded.items()))}
            handle.seek(0)
            handle.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
            handle.truncate()


if __name__ == "__main__":
    main()
