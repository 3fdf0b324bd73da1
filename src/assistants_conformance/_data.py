"""Where the data of the product lies: in the wheel beside this file, in a checkout at the top level."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """Return the folder `schemas`, `suites` or `cassettes`.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    for candidate in (_PACKAGE / name, _PACKAGE.parent.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(
        f"assistants-conformance: the folder '{name}' is missing from the installation; install the package again"
    )
