"""One walk: operations are carried out one by one, and after each the endpoint and the model must agree.

What follows from the contract is predicted. What a model of a live target does by itself (how long a run works, whether
it calls a function) is followed: the status of a run comes from its answers.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistants_conformance.contract import operation as find_operation
from assistants_conformance.observe.context import server_time, whole
from assistants_conformance.scenario.machine.model import File, Json, Message, Model, Run, Thread
from assistants_conformance.scenario.situations import able
from assistants_conformance.target import Answer, Api, Blocked, call_ids

if TYPE_CHECKING:
    from collections.abc import Collection

    from assistants_conformance.observe import Exchange

#: What one step of a walk is: the name of a rule, which of the objects that exist, which way, and whether to go on at
#: once (1) or to compare endpoint and model first (0).
Element = list[Any]
REFUSALS = frozenset({400, 409, 413, 415, 422})
#: How far a service may be from its own clock, in seconds.
SLACK = 2
#: A service may notice an expiry a little late; seconds.
LATE = 10
_FIRST_PAUSE = 0.45
_MOST_PAGES = 50
#: The areas of the judge's rules whose findings a walk makes short: those about state over time.
STATEFUL = frozenset(
    {"thread_locking", "run_lifecycle", "tool_outputs", "cancellation", "expiry", "objects", "pagination", "stateful"}
)
#: What is only a matter of words or looks stands in one answer, and a walk adds nothing to it.
_GRAVE = frozenset({"breaks-clients", "changes-behaviour"})


@dataclass(frozen=True)
class Deviation:
    """What was seen and should not have been, with everything that led there."""

    requirement: str
    observed: str
    expected: str
    answer: Exchange | None
    history: tuple[Exchange | float, ...]


class Walker:
    """Carries out one walk.

    Args:
        api: the target.
        runs: whether runs may be made.
        clock: whether the target has a clock that can be wound.
        known: requirements whose findings by the judge do not end the walk: a deviation that is met everywhere must
            not hide the others.
    """

    def __init__(self, api: Api, *, runs: bool, clock: bool, known: Collection[str] = ()) -> None:
        self.api = api
        self.runs = runs and able(api, "function_calling")
        self.has_clock = clock
        self._known = frozenset(known)
        self.model = Model(api.profile.lifecycle("run").terminal)
        self.history: list[Exchange | float] = []
        self.deviations: list[Deviation] = []
        self.checked: Counter[str] = Counter()
        self._begun = 0.0
        self._waited = 0.0
        self._started_at: int | None = None

    # -- asking ------------------------------------------------------------------------------------------------------

    def call(self, operation: str, **how: Any) -> Answer:
        """Send the request of an operation, and look at what the judge finds in the answer."""
        before = len(self.api.judge.findings)
        answer = self.api.call(operation, **how)
        self.history.append(answer.exchange)
        told = server_time(answer.exchange)
        if told is not None:
            self.model.now = told
        elif self._started_at is not None:
            self.model.now = self._started_at + self._waited + answer.exchange.ended - self._begun
        for finding in self.api.judge.findings[before:]:
            row = self.api.profile.requirement(finding.requirement)
            if row.area in STATEFUL and row.impact in _GRAVE and row.id not in self._known:
                self._deviates(finding.requirement, finding.observed, finding.expected, answer)
        return answer

    def wind(self, seconds: float) -> None:
        """Let time pass."""
        self.api.wind(seconds)
        self._waited += seconds
        self.history.append(float(seconds))
        if self.model.now is not None:
            self.model.now += seconds

    def expect(self, requirement: str | None, holds: object, observed: str, expected: str, answer: Answer) -> bool:
        """Check one requirement."""
        if requirement is None or requirement not in self.api.profile.active:
            return bool(holds)
        self.checked[requirement] += 1
        if not holds:
            self._deviates(requirement, observed, expected, answer)
        return bool(holds)

    def _deviates(self, requirement: str, observed: str, expected: str, answer: Answer) -> None:
        history = tuple(self.history)
        self.deviations.append(Deviation(requirement, observed, expected, answer.exchange, history))

    def accepted(self, answer: Answer, *requirements: str | None) -> bool:
        """Check that what is allowed was done; by default it is the row of the operation that says so."""
        for requirement in requirements:
            self.expect(requirement, answer.ok, answer.told, "status 200", answer)
        self._no_fault(answer)
        return answer.ok

    def refused(self, answer: Answer, *requirements: str) -> bool:
        """Check that what is forbidden was refused."""
        for requirement in requirements:
            self.expect(requirement, answer.status in REFUSALS, answer.told, "refused with 400", answer)
        self._no_fault(answer)
        return answer.status in REFUSALS

    def missing(self, answer: Answer, *requirements: str) -> bool:
        """Check that something was not found."""
        for requirement in requirements:
            self.expect(requirement, answer.status == 404, answer.told, "status 404", answer)
        self._no_fault(answer)
        return answer.status == 404

    def _no_fault(self, answer: Answer) -> None:
        if answer.status >= 500:
            # ERR-025 tells of it; what the endpoint holds now is anybody's guess.
            raise Blocked(f"the server failed with {answer.told}")

    def row(self, operation: str) -> str | None:
        """Return the requirement that says what an operation answers."""
        return find_operation(operation).requirement

    def new(self, made: Json, what: str, answer: Answer) -> str:
        """Note the id of a new object.

        Raises:
            Blocked: it has none.
        """
        identifier = made.get("id")
        if not isinstance(identifier, str):
            raise Blocked(f"could not make a {what}: {answer.told}")
        known = self.model.ids.get(identifier)
        self.expect(
            "OBJ-001", known is None, f"{identifier} was the id of a {known}", "an id that was never given", answer
        )
        self.model.ids[identifier] = what
        if self._started_at is None:
            self._started_at, self._begun = whole(made.get("created_at")), answer.exchange.ended
        return identifier

    # -- runs --------------------------------------------------------------------------------------------------------

    def follow(self, run: Run, told: Json) -> None:
        """Take over what an answer says of a run."""
        status = told.get("status")
        if not isinstance(status, str) or told.get("id") != run.id:
            return
        run.status = status
        run.started = run.started or told.get("started_at") is not None
        run.calls = call_ids(told) if status == "requires_action" else []
        action = told.get("required_action")
        kind = action.get("type") if isinstance(action, dict) else None
        run.action = "tool_approvals" if kind == "submit_tool_approval" else "tool_outputs"
        expires = whole(told.get("expires_at"))
        run.expires_at = expires if expires is not None or self.model.ended(run) else run.expires_at

    def poll(self, run: Run) -> Answer:
        """Read a run once."""
        answer = self.call("get_run", thread_id=run.thread.id, run_id=run.id)
        if self.accepted(answer, self.row("get_run")):
            self._agree_on_run(run, answer.json, answer)
        return answer

    def settle(self, run: Run) -> None:
        """Poll a run until it waits for its client or has ended.

        Raises:
            Blocked: it does neither in time.
        """
        for _ in self.api.polls(_FIRST_PAUSE):
            answer = self.poll(run)
            if not answer.ok:
                raise Blocked(f"could not poll a run: {answer.told}")
            if run.status == "requires_action" or self.model.ended(run):
                return
        raise Blocked(f"a run was still {run.status} after {self.api.settings.run_timeout:.0f} s")

    def _agree_on_run(self, run: Run, told: Json, answer: Answer) -> None:
        self.follow(run, told)
        self._same("the metadata of a run", run.metadata, told.get("metadata"), answer)
        late = self.model.overdue(run, LATE) and not self.model.ended(run)
        observed = f"{run.status} at {self.model.now or 0:.0f}, expires_at {run.expires_at}"
        for name in ("RUN-034", "SM-009") if late and run.status == "requires_action" else ("RUN-034",) if late else ():
            self.expect(name, False, observed, "expired", answer)

    def _same(self, what: str, held: Any, told: Any, answer: Answer) -> None:
        self.expect(
            "MACH-001",
            (told or {}) == held if isinstance(held, dict) else told == held,
            f"{what} is {told!r}, though nothing has changed it from {held!r}",
            f"{what} as it was",
            answer,
        )

    # -- comparing ---------------------------------------------------------------------------------------------------

    def compare(self, thread: Thread) -> None:
        """Compare what the endpoint shows of a thread with the model."""
        if thread not in self.model.threads:
            return
        ended = {run.id for run in thread.runs.values() if self.model.ended(run)}
        answer = self.call("get_thread", thread_id=thread.id)
        if self.accepted(answer, self.row("get_thread")):
            self._same("the metadata of a thread", thread.metadata, answer.json.get("metadata"), answer)
        self._compare_runs(thread)
        self._compare_messages(thread, ended)

    def _pages(self, operation: str, **place: Any) -> tuple[list[Json], Answer]:
        # Small pages and large ones, so that cursors are walked under every history.
        query: Json = {"order": "asc", "limit": 2 if self.model.made % 3 == 0 else 100}
        found: list[Json] = []
        for _ in range(_MOST_PAGES):
            answer = self.call(operation, query=query, **place)
            if not self.accepted(answer, self.row(operation)):
                raise Blocked(f"could not list: {answer.told}")
            found += answer.data
            if answer.json.get("has_more") is not True or not answer.data:
                break
            query["after"] = answer.data[-1].get("id")
        return found, answer

    def _compare_runs(self, thread: Thread) -> None:
        listed, answer = self._pages("list_runs", thread_id=thread.id)
        self._same_ids("runs", list(thread.runs), [str(item.get("id")) for item in listed], answer)
        for item in listed:
            run = thread.runs.get(str(item.get("id")))
            if run is not None:
                self._agree_on_run(run, item, answer)

    def _same_ids(self, what: str, held: list[str], told: list[str], answer: Answer) -> None:
        lost = [name for name in held if name not in told]
        more = [name for name in told if name not in held]
        doubled = sorted({name for name in told if told.count(name) > 1})
        observed = f"{what}: {len(told)} listed; missing {lost}, not made or deleted {more}, twice {doubled}"
        self.expect("OBJ-004", not (lost or more or doubled), observed, "exactly what was made and not deleted", answer)

    def _compare_messages(self, thread: Thread, ended: set[str]) -> None:
        listed, answer = self._pages("list_messages", thread_id=thread.id)
        for item in listed:
            self._adopt(thread, item, answer)
        told = [str(item.get("id")) for item in listed]
        self._same_ids("messages", list(thread.messages), told, answer)
        order = [thread.messages[name].created_at for name in told if name in thread.messages]
        self.expect("MSG-026", order == sorted(order), f"created_at {order}", "the order of creation", answer)
        for item in listed:
            message = thread.messages.get(str(item.get("id")))
            if message is None:
                continue
            self._same("the metadata of a message", message.metadata, item.get("metadata"), answer)
            if message.text is not None:
                self._same("the text of a message", message.text, text_of(item), answer)
            elif self._is_whole(thread, message):
                message.text = text_of(item)
        for run in thread.runs.values():
            run.silent = run.silent or run.id in ended

    def _is_whole(self, thread: Thread, message: Message) -> bool:
        """Say whether a message is written to its end: what a run that works has begun may still grow."""
        writer = thread.runs.get(message.run or "")
        return writer is None or self.model.ended(writer)

    def _adopt(self, thread: Thread, item: Json, answer: Answer) -> None:
        """Take a message into the model that a run has written."""
        identifier, writer = item.get("id"), thread.runs.get(str(item.get("run_id")))
        if not isinstance(identifier, str) or identifier in self.model.ids or writer is None:
            return
        if item.get("role") != "assistant":
            return
        for name in ("MACH-002", *(["CAN-007"] if writer.status == "cancelled" else [])):
            told = f"a message of run {writer.id}, which had ended {writer.status} before the messages were last listed"
            self.expect(name, not writer.silent, told, "nothing from an ended run", answer)
        self.model.ids[identifier] = "message"
        metadata = item.get("metadata") or {}
        created = whole(item.get("created_at")) or 0
        thread.messages[identifier] = Message(identifier, "assistant", None, metadata, created, writer.id)

    def compare_all(self) -> None:
        """Compare everything that the walk has made."""
        for thread in list(self.model.threads):
            self.compare(thread)
        for assistant in self.model.assistants:
            answer = self.call("get_assistant", assistant_id=assistant.id)
            if self.accepted(answer, self.row("get_assistant")):
                self._same("the metadata of an assistant", assistant.metadata, answer.json.get("metadata"), answer)
                self._same("the name of an assistant", assistant.name, answer.json.get("name"), answer)
        for file in self.model.files:
            answer = self.call("get_file", file_id=file.id)
            if self.accepted(answer, self.row("get_file")):
                self._same("the filename of a file", file.filename, answer.json.get("filename"), answer)
        for kind, names in self.model.gone.items():
            for name in names[-2:]:
                place: Json = {f"{kind}_id": name}
                self.missing(self.call(f"get_{kind}", **place), "OBJ-007")

    def file(self) -> File:
        """Upload a file."""
        filename = f"machine-{self.model.number()}.txt"
        answer = self.api.post_file(b"A note.\n", filename, "text/plain")
        self.history.append(answer.exchange)
        if not self.accepted(answer, self.row("upload_file")):
            raise Blocked(f"could not upload a file: {answer.told}")
        # How it answers a name is for others to judge; that it keeps to its answer is the walk's.
        file = File(self.new(answer.json, "file", answer), answer.json.get("filename"))
        self.model.files.append(file)
        return file


def text_of(message: Json) -> str:
    """Return the text of a message; the empty string where it has none."""
    content = message.get("content")
    parts = [part.get("text") for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    return "".join(str(part.get("value", "")) for part in parts if isinstance(part, dict))
