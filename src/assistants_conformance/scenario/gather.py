"""Finding every scenario of the suites without a test session: for the kill matrix and for tables."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

from assistants_conformance._data import folder
from assistants_conformance.scenario.binding import Binding, binding_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType


@dataclass(frozen=True)
class Scenario:
    """One scenario with one set of arguments."""

    name: str
    function: Callable[..., Any]
    arguments: dict[str, Any]
    binding: Binding


def _modules() -> Iterator[ModuleType]:
    for file in sorted(folder("suites").glob("test_*.py")):
        name = f"assistants_conformance_suites.{file.stem}"
        if name not in sys.modules:
            spec = importlib.util.spec_from_file_location(name, file)
            if spec is None or spec.loader is None:  # pragma: no cover - a file that was just listed can be loaded
                continue
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module
            spec.loader.exec_module(module)
        yield sys.modules[name]


def _arguments(function: object) -> Iterator[tuple[str, dict[str, Any]]]:
    axes: list[list[dict[str, Any]]] = []
    for mark in getattr(function, "pytestmark", []):
        if mark.name != "parametrize":
            continue
        names = mark.args[0].replace(" ", "").split(",") if isinstance(mark.args[0], str) else list(mark.args[0])
        rows = []
        for row in mark.args[1]:
            values = getattr(row, "values", None) if hasattr(row, "marks") else None
            if values is None:
                values = (row,) if len(names) == 1 else row
            rows.append(dict(zip(names, values, strict=True)))
        axes.append(rows)
    for chosen in product(*axes):
        merged = {name: value for part in chosen for name, value in part.items()}
        yield "-".join(str(value)[:40] for value in merged.values()), merged


@cache
def scenarios() -> tuple[Scenario, ...]:
    """Return every scenario, in the order of the files."""
    found = []
    for module in _modules():
        for name, function in vars(module).items():
            binding = binding_of(function) if name.startswith("test_") else None
            if binding is None:
                continue
            for label, arguments in _arguments(function):
                told = f"suites/{module.__name__.rpartition('.')[2]}.py::{name}" + (f"[{label}]" if label else "")
                found.append(Scenario(told, function, arguments, binding))
    return tuple(found)
