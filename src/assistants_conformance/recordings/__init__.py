"""Readers of recordings: vcrpy, Ruby VCR, Azure SDK test records, HAR and JSON lines become exchanges."""

from __future__ import annotations

from assistants_conformance.recordings._own import OWN, PROVENANCE, PROVENANCE_MARK
from assistants_conformance.recordings._problem import Problem, RecordingError
from assistants_conformance.recordings._reader import Source, find_sources, read_paths

__all__ = [
    "OWN",
    "PROVENANCE",
    "PROVENANCE_MARK",
    "Problem",
    "RecordingError",
    "Source",
    "find_sources",
    "read_paths",
]
