"""Fuzzing by schema: requests that schemathesis makes from the OpenAPI document, sent and judged like any other.

Schemathesis only makes the requests. It needs a second to load, so nothing here loads it before it is wanted, and a
replay does without it. Its own checks are all off: what an answer must be is in the contract, and judged from there.
"""

from assistants_conformance.scenario.fuzz.search import cover, draw, read_back, walk

__all__ = ["cover", "draw", "read_back", "walk"]
