"""Bodies of requests made from the request schemas: valid ones by chance, and every single way to make one invalid.

Everything is plain data, as JSON holds it, so that an example can be kept and tried again. What only a target can give
stands as a placeholder: `{"$": "file", "number": 0}` for the id of a file, `{"$": "text", "of": "v", "times": 257}` for
a long text.
"""

from assistants_conformance.scenario.strategies.stage import Stage, realized
from assistants_conformance.scenario.strategies.violations import RAW, Violation, violations

__all__ = ["RAW", "Stage", "Violation", "realized", "violations"]
