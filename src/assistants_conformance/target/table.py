"""One table of a configuration file, read with types; whatever is wrong is named with file, key and mend."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class ConfigError(ValueError):
    """A setting that cannot be used. The message is one line: where it stands, what is wrong, how to mend it."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}")


def near(name: str, there: Iterable[str]) -> str:
    """Return a hint at the name that was probably meant, or nothing."""
    lower = {one.lower(): one for one in there}
    found = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.6)
    return f"; did you mean {lower[found[0]]!r}?" if found else ""


class Table:
    """A table of a TOML file.

    Args:
        values: what stands in it.
        name: the file.
        path: the table's own name, empty for the whole file.
    """

    def __init__(self, values: Mapping[str, Any], name: str, path: str = "") -> None:
        self._values = values
        self._path = path
        self.name = name

    def at(self, key: str) -> str:
        """Return file, table and key as a place."""
        return f"{self.name}: [{self._path}] {key}" if self._path else f"{self.name}: {key}"

    def names(self) -> list[str]:
        """Return the keys."""
        return list(self._values)

    def get(self, key: str) -> Any:
        """Return a value of any type, None where there is none."""
        return self._values.get(key)

    def only(self, *allowed: str) -> None:
        """Refuse every other key.

        Raises:
            ConfigError: there is one.
        """
        for key in self._values:
            if key not in allowed:
                hint = near(key, allowed) or f"; there are: {', '.join(allowed)}"
                raise ConfigError(self.at(key), f"unknown key{hint}")

    def forbid(self, key: str, why: str) -> None:
        """Refuse one key with a reason of its own.

        Raises:
            ConfigError: it is there.
        """
        if key in self._values:
            raise ConfigError(self.at(key), why)

    def table(self, key: str) -> Table:
        """Return a table inside this one, empty where it is missing.

        Raises:
            ConfigError: it is something else.
        """
        value = self._values.get(key, {})
        if not isinstance(value, dict):
            raise ConfigError(self.at(key), f"must be a table, is {_kind(value)}: write [{self._inner(key)}]")
        return Table(value, self.name, self._inner(key))

    def tables(self, key: str) -> list[Table]:
        """Return a list of tables.

        Raises:
            ConfigError: it is something else.
        """
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise ConfigError(self.at(key), f"must be a list of tables: write [[{self._inner(key)}]]")
        return [Table(row, self.name, f"{self._inner(key)} {number}") for number, row in enumerate(value, 1)]

    def text(self, key: str) -> str | None:
        """Return a text, None where it is missing.

        Raises:
            ConfigError: it is something else.
        """
        value = self._values.get(key)
        if value is not None and not isinstance(value, str):
            raise ConfigError(self.at(key), f"must be a text in quotes, is {_kind(value)}")
        return value

    def needed(self, key: str) -> str:
        """Return a text that must be there.

        Raises:
            ConfigError: it is missing, empty or something else.
        """
        value = self.text(key)
        if not value:
            raise ConfigError(self.at(key), "is missing: every entry needs it")
        return value

    def truth(self, key: str) -> bool:
        """Return true or false.

        Raises:
            ConfigError: it is something else.
        """
        value = self._values.get(key)
        if not isinstance(value, bool):
            raise ConfigError(self.at(key), f"must be true or false, is {_kind(value)}")
        return value

    def integer(self, key: str, *, least: int) -> int | None:
        """Return a whole number, None where it is missing.

        Raises:
            ConfigError: it is something else, or too small.
        """
        value = self._values.get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ConfigError(self.at(key), f"must be a whole number from {least} on, is {_kind(value)}")
        return value

    def number(self, key: str, *, least: float) -> float | None:
        """Return a number, None where it is missing.

        Raises:
            ConfigError: it is something else, or too small.
        """
        value = self._values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value < float("inf"):
            raise ConfigError(self.at(key), f"must be a number from {least} on, is {_kind(value)}")
        return float(value)

    def _inner(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"the text {value!r}"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, dict):
        return "a table"
    return "a list" if isinstance(value, list) else "a date or time"
