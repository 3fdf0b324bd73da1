"""Whatever keeps a command from its work: exit status 2 and one line, never a traceback."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator


class Problem(click.ClickException):
    """Something that the user can mend."""

    exit_code = 2


@contextmanager
def told() -> Iterator[None]:
    """Turn every known problem into one line.

    Raises:
        Problem: in place of the problem.
    """
    from assistants_conformance.contract import ContractError  # noqa: PLC0415 - the help does without it
    from assistants_conformance.reporting.text import plain  # noqa: PLC0415
    from assistants_conformance.target.reach import UnreachableError  # noqa: PLC0415
    from assistants_conformance.target.table import ConfigError  # noqa: PLC0415

    try:
        yield
    except (ConfigError, ContractError, UnreachableError) as error:
        raise Problem(plain(str(error))) from error
    except FileNotFoundError as error:
        # Only `_data.folder` lets one through: the installation is incomplete.
        raise Problem(plain(str(error))) from error


def writable(file: str | None, option: str) -> Path | None:
    """Return the path of a file to be written, made sure of before the work and not after it.

    Raises:
        Problem: its folder does not exist, or it is a folder itself.
    """
    if file is None:
        return None
    path = Path(file)
    if path.is_dir():
        raise Problem(f"{option}: {file} is a folder: name a file")
    if not path.absolute().parent.is_dir():
        raise Problem(f"{option}: there is no folder {path.parent}")
    return path
