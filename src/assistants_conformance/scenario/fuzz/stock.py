"""Real objects for the placeholders of a request, made when the first request names them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.scenario.fuzz.narrow import MARK, NONE
from assistants_conformance.target import Blocked
from assistants_conformance.target.specimens import unknown_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_conformance.target import Api

_RUN_PARTS = frozenset({"run_id", "step_id"})


class Stock:
    """Gives ids of objects that exist; what a request has used up is made anew.

    Args:
        api: the target.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._ids: dict[str, str] = {}

    def place(self, operation: str, names: dict[str, str]) -> dict[str, str]:
        """Return the parameters of a path with real ids for the placeholders.

        Raises:
            Blocked: an object could not be made.
        """
        if operation == "create_run":
            # A run holds its thread, so each has one of its own.
            self._ids["thread_of_run"] = self._api.thread()["id"]
        held = operation == "create_run" or bool(_RUN_PARTS & names.keys())
        made = {}
        for name, value in names.items():
            own = "thread_of_run" if held and name == "thread_id" else name
            made[name] = self.id(own) if value == MARK + name else value
        return made

    def filled(self, value: Any) -> Any:
        """Return a body or a query value with real ids for the placeholders.

        Raises:
            Blocked: an object could not be made.
        """
        if isinstance(value, list):
            made = [self.filled(item) for item in value]
            named = value and all(isinstance(item, str) and item.startswith(MARK) for item in value)
            # What a service makes of one object named twice is not recorded.
            return list(dict.fromkeys(made)) if named else made
        if isinstance(value, dict):
            return {key: self.filled(item) for key, item in value.items()}
        if not isinstance(value, str) or not value.startswith(MARK) or value == NONE:
            return value
        return self.id(value.removeprefix(MARK)) if value.removeprefix(MARK) in _MAKERS else value

    def id(self, name: str) -> str:
        """Return the id of an object of a kind, by the name of the parameter that names it."""
        if name not in self._ids:
            self._ids[name] = _MAKERS[name](self)
        return self._ids[name]

    def used_up(self, params: dict[str, str]) -> None:
        """Forget what a deletion has taken away, and what hung on it."""
        gone = set(params.values())
        self._ids = {
            name: value
            for name, value in self._ids.items()
            if value not in gone and not (name == "message_id" and self._ids.get("thread_id") in gone)
        }

    def _run(self) -> str:
        api = self._api
        thread = self._ids.setdefault("thread_of_run", api.thread()["id"])
        if not api.settings.effort.runs:
            return unknown_id(api, "run")
        try:
            return str(api.finished(api.run(thread, self.id("assistant_id")))["id"])
        except Blocked:
            return unknown_id(api, "run")

    def _step(self) -> str:
        api, run = self._api, self.id("run_id")
        answer = api.call("list_run_steps", thread_id=self.id("thread_of_run"), run_id=run)
        return str(answer.data[0].get("id")) if answer.data else unknown_id(api, "run_step")

    def _batch(self) -> str:
        api = self._api
        answer = api.post_batch(self.id("vector_store_id"), [self.id("file_id")])
        return str(api.need(answer, "make a batch")["id"])


_MAKERS: dict[str, Callable[[Stock], str]] = {
    "assistant_id": lambda stock: str(stock._api.assistant()["id"]),
    "thread_id": lambda stock: str(stock._api.thread()["id"]),
    "thread_of_run": lambda stock: str(stock._api.thread()["id"]),
    "message_id": lambda stock: str(stock._api.message(stock.id("thread_id"))["id"]),
    "file_id": lambda stock: str(stock._api.file()["id"]),
    "vector_store_id": lambda stock: str(stock._api.store()["id"]),
    "batch_id": lambda stock: stock._batch(),
    "run_id": lambda stock: stock._run(),
    "step_id": lambda stock: stock._step(),
    "model": lambda stock: stock._api.settings.model,
    "cursor": lambda stock: unknown_id(stock._api, "message"),
}
