"""Which requirements a scenario is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from assistants_conformance.contract import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

_F = TypeVar("_F", bound="Callable[..., Any]")
_ATTRIBUTE = "__conformance__"


@dataclass(frozen=True, slots=True)
class Binding:
    """The requirements that a scenario checks, and the capabilities without which it makes no sense.

    `waits` says that it lets seconds pass: where no clock can be wound, it is begun before the others.
    """

    requirements: tuple[str, ...]
    needs: tuple[str, ...]
    waits: bool = False


def requirement(*identifiers: str, needs: tuple[str, ...] = (), waits: bool = False) -> Callable[[_F], _F]:
    """Bind a scenario to the requirements that it checks.

    A scenario runs in every profile in which at least one of them is active.

    Args:
        identifiers: the requirements.
        needs: the capabilities without which it makes no sense.
        waits: it lets a second or more pass.

    Raises:
        LookupError: an id is not in the catalogue.
    """
    unknown = [identifier for identifier in identifiers if identifier not in catalogue()]
    if unknown or not identifiers:
        raise LookupError(f"not in schemas/requirements: {', '.join(unknown) or 'no requirement given'}")

    def bind(function: _F) -> _F:
        setattr(function, _ATTRIBUTE, Binding(identifiers, needs, waits))
        return function

    return bind


def binding_of(function: object) -> Binding | None:
    """Return what a scenario is bound to, None where it is none."""
    found = getattr(function, _ATTRIBUTE, None)
    return found if isinstance(found, Binding) else None
