"""Chance that is the same in every process: a backend of Hypothesis that looks at nothing but the seed.

Hypothesis' own draws now and then a constant from the source of whatever modules are loaded. That depends on what else
a process has done, so that the same seed would ask otherwise with two workers than with one.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

#: The name for `hypothesis.settings(backend=...)`, known once this module is loaded.
STEADY = "assistants-conformance"


class SteadyProvider(HypothesisProvider):
    """Draws as Hypothesis does, without constants from the source of modules."""

    def _maybe_draw_constant(self, *_: Any, **__: Any) -> None:
        return None


# What Hypothesis keeps between two runs has no place in the folder that a user happens to stand in.
set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "hypothesis-of-assistants-conformance")
AVAILABLE_PROVIDERS[STEADY] = f"{__name__}.SteadyProvider"
