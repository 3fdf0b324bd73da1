"""The files that a session leaves: the result, and the page that tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.reporting.result import write, write_text
from assistants_conformance.target.table import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pytest

_KINDS = ("json", "html")


def files_of(config: pytest.Config) -> dict[str, Path]:
    """Return what was asked for, by kind."""
    asked = {kind: config.getoption(f"assistants_{kind}") for kind in _KINDS}
    return {kind: config.invocation_params.dir / path for kind, path in asked.items() if path}


def check_folders(files: Mapping[str, Path]) -> None:
    """See that every file has a folder; known before the run and not after it.

    Raises:
        ConfigError: one has none.
    """
    for kind, file in files.items():
        if not file.parent.is_dir():
            raise ConfigError(f"--assistants-{kind}", f"there is no folder {file.parent}")


def write_files(files: Mapping[str, Path], result: dict[str, Any]) -> list[str]:
    """Write them; return a line for each that could not be written."""
    lines = []
    for kind, file in files.items():
        try:
            if kind == "json":
                write(file, result)
            else:
                from assistants_conformance.reporting.page import page  # noqa: PLC0415 - only for who wants a page

                write_text(file, page([result]))
        except OSError as error:
            lines.append(f"the {'result' if kind == 'json' else 'page'} was not written: {file}: {error.strerror}")
    return lines
