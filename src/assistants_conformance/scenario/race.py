"""Races: requests that are sent at once, and whether their answers fit some order of them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

from assistants_conformance.scenario.linear import Act, optional
from assistants_conformance.scenario.situations import text_of
from assistants_conformance.scenario.thread_model import State, ThreadModel, explained
from assistants_conformance.scenario.verify import REFUSALS
from assistants_conformance.target import Answer, Api, Blocked, NotApplicable
from assistants_conformance.target.prompts import WEATHER, demand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assistants_conformance.scenario.verify import Verify

QUESTION = "What is the weather in Paris?"
#: How many entries a list can show at once.
_PAGE = 100
_NOT_FOUND = 404


@dataclass(frozen=True)
class Move:
    """A request that is to be sent: what it is for the specification, and how it is sent."""

    kind: str
    subject: str
    send: Callable[[], Answer]
    told: str


def need_runs(api: Api) -> None:
    """Go on only where the effort lets a model run.

    Raises:
        NotApplicable: it does not.
    """
    if not api.settings.effort.runs:
        raise NotApplicable(f"the effort {api.settings.effort.name} starts no runs")


def sizes(api: Api) -> list[int]:
    """Return how many requests are to begin at once, race by race."""
    most = max(2, api.settings.effort.racers)
    if api.settings.effort.breadth:
        return [most] * max(1, api.settings.effort.rounds)
    return sorted({2, max(2, most // 2), most}) * max(1, api.settings.effort.rounds)


def caller(api: Api) -> str:
    """Return the id of an assistant whose runs wait for tool outputs."""
    api.require("function_calling")
    name = WEATHER["function"]["name"]
    return str(api.assistant(instructions=demand([name]), tools=[WEATHER])["id"])


class Race:
    """One race on one thread: sends, remembers what was answered, and judges it.

    Args:
        api: the target.
        thread: its id.
        waiting: a run on it that waits for tool outputs.
        messages: the ids of messages on it that the race is about.
        lenient: whether the time of its run may be over meanwhile.
    """

    def __init__(
        self,
        api: Api,
        thread: str,
        *,
        waiting: dict[str, Any] | None = None,
        messages: tuple[str, ...] = (),
        lenient: bool = False,
    ) -> None:
        self._api = api
        self._thread = thread
        self._model = ThreadModel(api.profile.lifecycle("run"), lenient=lenient)
        runs = frozenset({(waiting["id"], self._model.waiting)} if waiting else ())
        self._start = State(runs=runs, messages=frozenset(messages))
        self._names: dict[str, str] = {name: name for name in messages}
        self._acts: list[Act] = []
        self._answers: dict[Act, Answer] = {}
        #: The runs that were let in.
        self.accepted: list[dict[str, Any]] = []

    # -- requests ----------------------------------------------------------------------------------------------------

    def run(self, assistant: str) -> Move:
        """Create a run that will wait for tool outputs."""
        mark = self._api.unique()
        body: dict[str, Any] = {"metadata": {"racer": mark}}
        if self._api.v2:
            body["tool_choice"] = {"type": "function", "function": {"name": WEATHER["function"]["name"]}}
        return Move("create_run", mark, lambda: self._api.post_run(self._thread, assistant, **body), "create a run")

    def message(self) -> Move:
        """Add a message."""
        text = self._api.unique()
        return Move("create_message", text, lambda: self._api.post_message(self._thread, text), "add a message")

    def submit(self, run: dict[str, Any]) -> Move:
        """Submit the outputs that a run waits for."""
        return Move("submit", self._named(run), lambda: self._api.submit(run), f"submit the outputs of {run['id']}")

    def cancel(self, run: dict[str, Any]) -> Move:
        """Cancel a run."""
        return Move("cancel", self._named(run), lambda: self._api.cancel(run), f"cancel {run['id']}")

    def read(self, run: dict[str, Any]) -> Move:
        """Read a run."""
        return Move("read_run", self._named(run), lambda: self._call("get_run", run_id=run["id"]), f"read {run['id']}")

    def steps(self, run: dict[str, Any]) -> Move:
        """Read the steps of a run, for whether its calls have their outputs."""
        told = f"list the steps of {run['id']}"
        return Move("read_steps", self._named(run), lambda: self._call("list_run_steps", run_id=run["id"]), told)

    def runs(self) -> Move:
        """List the runs."""
        return Move("list_runs", "", lambda: self._call("list_runs", query={"limit": _PAGE}), "list the runs")

    def messages(self) -> Move:
        """List the messages."""
        told = "list the messages"
        return Move("list_messages", "", lambda: self._call("list_messages", query={"limit": _PAGE}), told)

    def delete_message(self, message: str) -> Move:
        """Delete a message."""
        return Move(
            "delete_message", message, lambda: self._call("delete_message", message_id=message), f"delete {message}"
        )

    def delete(self) -> Move:
        """Delete the thread."""
        return Move("delete_thread", "", lambda: self._call("delete_thread"), "delete the thread")

    def look(self) -> Move:
        """Read the thread."""
        return Move("read_thread", "", lambda: self._call("get_thread"), "read the thread")

    def _call(self, operation: str, **how: Any) -> Answer:
        return self._api.call(operation, thread_id=self._thread, **how)

    def _named(self, run: dict[str, Any]) -> str:
        return self._names.get(str(run["id"]), str(run["id"]))

    # -- what happens ------------------------------------------------------------------------------------------------

    def at_once(self, *moves: Move) -> None:
        """Send requests at once.

        Raises:
            Blocked: not one answer says anything.
        """
        results = self._api.together(*(move.send for move in moves))
        self._note(moves, results)
        told = [result.told if isinstance(result, Answer) else str(result) for result in results]
        if all(_outcome(result) == "" for result in results):
            raise Blocked(f"none of {len(moves)} requests at once was answered so that it says anything: {told[-1]}")

    def then(self, move: Move) -> Answer:
        """Send one request after everything before.

        Raises:
            Blocked: there is no answer.
        """
        answer = move.send()
        self._note((move,), [answer])
        return answer

    def _note(self, moves: tuple[Move, ...], results: list[Answer | Blocked]) -> None:
        for move, result in zip(moves, results, strict=True):
            if not isinstance(result, Answer) or not result.ok or not isinstance(result.json.get("id"), str):
                continue
            if move.kind in ("create_run", "create_message"):
                self._names[result.json["id"]] = move.subject
            if move.kind == "create_run":
                self.accepted.append({"thread_id": self._thread, **result.json})
        for move, result in zip(moves, results, strict=True):
            act = self._act(move, result)
            if act is not None:
                self._acts.append(act)
                if isinstance(result, Answer):
                    self._answers[act] = result

    def _act(self, move: Move, result: Answer | Blocked) -> Act | None:
        """Return what an answer is for the specification; None where it says nothing."""
        outcome = _outcome(result)
        if isinstance(result, Blocked) or not outcome:
            # A request that failed may have been carried out all the same.
            changes = not move.kind.startswith(("read_", "list_"))
            return optional(Act(move.kind, "done", move.subject, began=-inf)) if changes else None
        seen: frozenset[str] | None = frozenset()
        if outcome == "done":
            seen = self._seen(move.kind, result)
        if seen is None or (outcome == "refused" and move.kind.startswith(("read_", "list_"))):
            return None
        exchange = result.exchange
        told = f"{move.told}: {_short(move.kind, result)}"
        return Act(move.kind, outcome, move.subject, seen, exchange.started, exchange.ended, told=told)

    def _seen(self, kind: str, answer: Answer) -> frozenset[str] | None:
        if kind == "read_run":
            status = answer.json.get("status")
            return frozenset({str(status)}) if status in self._api.profile.lifecycle("run").states else None
        if kind == "read_steps":
            return _outputs(answer)
        if kind in ("list_messages", "list_runs"):
            if not isinstance(answer.json.get("data"), list) or answer.json.get("has_more") is not False:
                return None
            return frozenset(self._names.get(str(row.get("id"))) or _mark(row) for row in answer.data)
        return frozenset()

    # -- the verdict -------------------------------------------------------------------------------------------------

    @contextmanager
    def judged(self, verify: Verify, requirement: str) -> Iterator[None]:
        """Stand around a race, and judge it in the end; one that breaks off is judged by what there is.

        Raises:
            Blocked: the race broke off, or was too large to be judged.
        """
        try:
            yield
        except Blocked:
            self._judge(verify, requirement, whole=False)
            raise
        self._judge(verify, requirement, whole=True)

    def _judge(self, verify: Verify, requirement: str, *, whole: bool) -> None:
        core = self._model.contradiction(self._acts, self._start)
        if core is None:
            if whole:
                raise Blocked(f"whether {len(self._acts)} answers fit an order was not decided")
            return
        if core or whole:
            verify(
                requirement,
                not core,
                observed=explained(core, self._acts) if core else "",
                expected="answers as if the requests had come one after the other, in some order",
                answer=self._answers.get(core[-1]) if core else None,
            )


def _outcome(result: Answer | Blocked) -> str:
    """Return what an answer says of its request: done, refused, gone; the empty string where it says nothing of it."""
    if isinstance(result, Blocked):
        return ""
    if result.ok:
        return "done"
    if result.status in REFUSALS:
        return "refused"
    return "gone" if result.status == _NOT_FOUND else ""


def _short(kind: str, answer: Answer) -> str:
    """Put an answer into a few words: what the specification looks at, and ids that stand nowhere else."""
    if not answer.ok:
        return f"{answer.status} {answer.error.get('message', '')}".strip()
    if kind == "read_steps":
        return f"{answer.status}, outputs of its calls: {', '.join(_outputs(answer) or ())}"
    if isinstance(answer.json.get("data"), list):
        return f"{answer.status} {', '.join(str(row.get('id')) for row in answer.data[:10]) or 'none'}"
    status = answer.json.get("status")
    told = [answer.json.get("id") if kind.startswith("create_") else None, status if isinstance(status, str) else None]
    return " ".join([str(answer.status), *(str(one) for one in told if one)])


def _mark(row: dict[str, Any]) -> str:
    """Return by what an object is known whose id nobody was told."""
    metadata = row.get("metadata")
    racer = metadata.get("racer") if isinstance(metadata, dict) else None
    return str(racer or text_of(row) or row.get("id"))


def _outputs(answer: Answer) -> frozenset[str] | None:
    """Return whether the function calls of the first round of a run have outputs; None where none is shown."""
    shown: list[Any] = []
    for step in reversed(answer.data):
        details = step.get("step_details")
        calls = details.get("tool_calls") if isinstance(details, dict) else None
        for call in calls if isinstance(calls, list) else ():
            function = call.get("function") if isinstance(call, dict) else None
            if isinstance(function, dict):
                shown.append(function.get("output"))
        if shown:
            return frozenset({"output" if isinstance(shown[0], str) else "none"})
    return None
