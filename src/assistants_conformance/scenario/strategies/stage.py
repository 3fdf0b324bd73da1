"""The objects of a target that examples name by placeholders, made when they are first needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.scenario.strategies.spots import is_given, is_text
from assistants_conformance.target.specimens import unknown_id

if TYPE_CHECKING:
    from assistants_conformance.target import Api


class Stage:
    """Gives files, stores and assistants by kind and number; the same number gives the same object."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self._made: dict[tuple[str, int], str] = {}

    def get(self, kind: str, number: int = 0) -> str:
        """Return the id of an object, or the name of the model.

        Raises:
            Blocked: it could not be made.
        """
        if kind == "model":
            return self.api.settings.model
        if kind == "unknown":
            return unknown_id(self.api, "file")
        if (kind, number) not in self._made:
            self._made[kind, number] = self._make(kind)
        return self._made[kind, number]

    def _make(self, kind: str) -> str:
        if kind == "file":
            return str(self.api.file(f"A note about {self.api.unique()}.\n".encode(), f"{self.api.unique()}.txt",
                                     "text/plain")["id"])  # fmt: skip
        if kind == "store":
            return str(self.api.store(name=self.api.unique())["id"])
        return str(self.api.assistant(name=self.api.unique())["id"])


def realized(value: Any, stage: Stage) -> Any:
    """Return an example with objects of the target in the place of its placeholders.

    Raises:
        Blocked: an object could not be made.
    """
    if isinstance(value, dict):
        if is_text(value):
            return value["of"] * value["times"]
        if is_given(value):
            return stage.get(value["$"], value["number"])
        return {name: realized(item, stage) for name, item in value.items()}
    return [realized(item, stage) for item in value] if isinstance(value, list) else value
