"""The order of the events of a stream: how it begins, what stands in a block, how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.contract import stream_grammar
from assistants_conformance.observe.rules.foundry import starts_at_once

if TYPE_CHECKING:
    from assistants_conformance.contract import EventName
    from assistants_conformance.observe.call import Call
    from assistants_conformance.observe.context import Context
    from assistants_conformance.observe.events import Event

Json = dict[str, Any]

_STEP_ENDS = ("completed", "failed", "cancelled", "expired")
#: With these a stream may go on where its usual beginning is not over: the run ended or was ended before.
_EARLY_ENDS = frozenset({"thread.run.cancelling", "thread.run.cancelled", "thread.run.expired", "thread.run.failed",
                         "thread.run.incomplete", "error"})  # fmt: skip
#: These come when they come, whatever had to follow; after all but the first of them nothing has to.
_AT_ANY_TIME = ("thread.run.cancelling", "thread.run.cancelled", "thread.run.expired", "error")
#: How a run ends at a cap; the first streams said completed (SSE-020).
_CAPPED = ("thread.run.incomplete", "thread.run.completed")
_NO_USAGE = ("created", "queued", "in_progress")


class Order:
    """Takes the events of one stream in their order. `mark` is told of [DONE] and of what cannot be read on."""

    def __init__(self, call: Call, context: Context) -> None:
        self._call = call
        self._report = context.report
        self._is_real = context.is_real
        self._operation = call.operation.id if call.operation is not None else ""
        self._names: list[str] = []
        self._objects: list[Json] = []
        self._runs: list[tuple[str, Json]] = []
        self._step: Json | None = None
        self._step_stage = ""
        self._message: Json | None = None
        self._message_stage = ""
        self._expect: tuple[str, tuple[str, ...], str] | None = None
        self._done = False
        self._broken = False

    # -- one event ---------------------------------------------------------------------------------------------------

    def mark(self, event: Event) -> None:
        """Note the end mark, or a piece of an event at the end."""
        if event.is_done:
            self._report.check("SSE-004", event.name == "done", f"[DONE] in an event {event.name}", "an event `done`")
            self._report.check("SSE-004", not self._done, "a second end mark", "nothing after `done`")
            self._done = True
            self._follows("done")
            self._names.append("done")

    def take(self, event: Event, name: EventName) -> None:
        """Judge one event by those before it."""
        self._report.check("SSE-004", not self._done, "an event after `done`", "nothing after `done`")
        if name.kind == "done":
            self._report.check("SSE-004", False, f"`done` with the data {event.data!r:.60}", "the data [DONE]")
            return
        if self._broken:
            self._report.check("SSE-023", False, "an event after an error", "nothing but `done` after an error")
        data = event.json
        self._follows(event.name)
        match name.kind:
            case "run":
                self._run(event.name, data)
            case "run_step":
                self._step_event(event.name.rpartition(".")[2], data)
            case "run_step_delta":
                self._step_delta(data)
            case "message":
                self._message_event(event.name.rpartition(".")[2], data)
            case "message_delta":
                self._message_delta(data)
            case "error":
                self._error(event)
        self._one_run(name.kind, data)
        self._broken = self._broken or name.kind == "error"
        self._names.append(event.name)
        self._objects.append(data)

    def _follows(self, name: str) -> None:
        if name in _AT_ANY_TIME:
            self._expect = self._expect if name == _AT_ANY_TIME[0] else None
        elif self._expect is not None:
            requirement, wanted, why = self._expect
            self._expect = None
            self._report.check(requirement, name.startswith(wanted), f"{name} {why}", f"{' or '.join(wanted)} {why}")

    def _one_run(self, kind: str, data: Json) -> None:
        if not self._runs or kind not in ("run", "run_step", "message"):
            return
        run = self._runs[0][1]
        told = data.get("id") if kind == "run" else data.get("run_id")
        holds = self._alike(told, run.get("id")) and self._alike(data.get("thread_id"), run.get("thread_id"))
        seen = f"{kind} of run {told!r} and thread {data.get('thread_id')!r}"
        self._report.check("SSE-032", holds, seen, f"run {run.get('id')!r} and thread {run.get('thread_id')!r} only")

    def _alike(self, one: Any, other: Any) -> bool:
        """Say whether two ids can be of one object: a recorder may have put a placeholder in the place of one."""
        return one == other or not (self._is_real(one) and self._is_real(other))

    # -- runs --------------------------------------------------------------------------------------------------------

    def _run(self, name: str, run: Json) -> None:
        report, last, status = self._report, name.rpartition(".")[2], run.get("status")
        early = starts_at_once(self._call, run)
        if last in ("created", "queued"):
            report.check("SSE-009", status == "queued" or early, f"status {status!r}", "status queued")
        else:
            # The two streams that ended at a cap in 2024-04 say completed (SSE-020).
            tolerated = last == "completed" and status == "incomplete" and self._call.profile.platform == "openai"
            report.check("SSE-019", status == last or tolerated, f"status {status!r}", f"status {last}")
        if last in _NO_USAGE:
            report.check("SSE-021", run.get("usage") is None, f"usage {run.get('usage')!r}", "usage null")
        elif last == "completed":
            report.check("SSE-021", isinstance(run.get("usage"), dict), f"usage {run.get('usage')!r}", "an object")
        if self._runs and self._runs[-1][0] == "thread.run.created" and last == "queued":
            report.check("N-08", run == self._runs[-1][1], "another run than in created", "the same object twice")
        if self._runs:
            self._edge(self._runs[-1][1].get("status"), status)
        if last == "requires_action":
            self._waits(name)
        if last in ("completed", "incomplete", "failed"):
            open_block = self._step is not None
            report.check("SSE-010", not open_block, f"{name} inside a block", "a step that ends before its run")
        self._runs.append((name, run))

    def _edge(self, before: Any, after: Any) -> None:
        if before == after or not isinstance(before, str) or not isinstance(after, str):
            return
        cycle = self._call.profile.lifecycle("run")
        nexts = sorted(edge.end for edge in cycle.edges if edge.start == before)
        if before in cycle.states and after in cycle.states:
            told, expected = f"{before} and then {after}", f"one of {nexts}: a stream leaves no state out"
            self._report.check("SSE-031", after in nexts, told, expected)

    def _waits(self, name: str) -> None:
        before = self._names[-1] if self._names else ""
        kind = self._step.get("type") if self._step is not None else None
        holds = kind == "tool_calls" and before == "thread.run.step.delta"
        told = f"{name} after {before or 'nothing'} in a step of {kind}"
        self._report.check("SSE-011", holds, told, "requires_action after the deltas of a tool step that is open")
        self._expect = ("SSE-011", ("done",), f"after {name}")

    # -- steps -------------------------------------------------------------------------------------------------------

    def _block(self, holds: object, observed: str, expected: str) -> None:
        self._report.check("SSE-010", holds, observed, expected)

    def _step_event(self, last: str, step: Json) -> None:
        known = self._step
        if last == "created":
            self._block(known is None, "a step begins in the block of another", "one block after the other")
            self._step, self._step_stage, self._message_stage = step, "created", ""
            self._block(step.get("status") == "in_progress", f"status {step.get('status')!r}", "status in_progress")
            self._expect = ("SSE-010", ("thread.run.step.in_progress",), "after step.created")
        elif last == "in_progress":
            same = known is not None and known.get("id") == step.get("id") and self._step_stage == "created"
            self._block(same, "step.in_progress without step.created", "step.created before it")
            if same:
                self._report.check("N-08", step == known, "another step than in created", "the same object twice")
            self._step, self._step_stage = step, "in_progress"
            self._opened(step)
        elif last in _STEP_ENDS:
            self._step_end(last, step)

    def _opened(self, step: Json) -> None:
        details = step.get("step_details")
        if step.get("type") == "tool_calls":
            calls = details.get("tool_calls") if isinstance(details, dict) else None
            self._report.check("N-09", calls == [], f"tool_calls {calls!r:.80}", "tool_calls []")
        elif step.get("type") == "message_creation":
            self._expect = ("SSE-010", ("thread.message.created",), "after the step of a message")

    def _step_end(self, last: str, step: Json) -> None:
        self._block(step.get("status") == last, f"status {step.get('status')!r}", f"status {last}")
        first = not any(name.startswith("thread.run") for name in self._names)
        if self._step is None and first and self._operation == "submit_tool_outputs":
            return
        same = self._step is not None and self._step.get("id") == step.get("id")
        self._block(same, f"the end of {step.get('id')!r}", "the end of the step that is open")
        self._block(self._message is None, "a step ends before its message", "message.completed or incomplete first")
        if same and self._step is not None and self._step.get("type") == "message_creation" and last == "completed":
            self._block(self._message_stage, "no message in the block of a message", "message.created and so on")
        if self._names and self._names[-1] == "thread.message.incomplete":
            self._capped(last)
        self._step, self._step_stage = None, ""

    def _capped(self, last: str) -> None:
        details = self._objects[-1].get("incomplete_details")
        if isinstance(details, dict) and details.get("reason") == "max_tokens":
            self._report.check("SSE-027", last == "completed", f"step.{last}", "step.completed after the cut message")
            self._expect = ("SSE-027", _CAPPED, "after a message that was cut at a cap")

    def _step_delta(self, delta: Json) -> None:
        there = self._step is not None and self._step_stage == "in_progress"
        self._block(there, "a step delta outside of a block", "step.in_progress before it")
        if there and self._step is not None:
            told = f"a delta of {delta.get('id')!r} in the block of {self._step.get('id')!r}"
            holds = self._alike(delta.get("id"), self._step.get("id"))
            self._report.check("SSE-032", holds, told, "the id of the open step")
            self._block(self._step.get("type") == "tool_calls", "step deltas of a message step", "message deltas")

    # -- messages ----------------------------------------------------------------------------------------------------

    def _message_event(self, last: str, message: Json) -> None:
        known, report = self._message, self._report
        if last in ("created", "in_progress"):
            told = f"content {message.get('content')!r:.80}, status {message.get('status')!r}"
            empty = message.get("content") == [] and message.get("status") == "in_progress"
            report.check("SSE-015", empty, told, "content [], status in_progress")
        if last == "created":
            inside = self._step is not None and self._step.get("type") == "message_creation" and known is None
            self._block(inside, "a message outside of the block of its step", "a step of message_creation before it")
            self._names_message(message)
            self._message, self._message_stage = message, "created"
            self._expect = ("SSE-010", ("thread.message.in_progress",), "after message.created")
        elif last == "in_progress":
            same = known is not None and known.get("id") == message.get("id")
            self._block(same, "message.in_progress without message.created", "message.created before it")
            if same:
                report.check("N-08", message == known, "another message than in created", "the same object twice")
            self._message, self._message_stage = message, "in_progress"
        else:
            same = known is not None and known.get("id") == message.get("id")
            self._block(same, f"the end of {message.get('id')!r}", "the end of the message that is open")
            self._block(message.get("status") == last, f"status {message.get('status')!r}", f"status {last}")
            self._message = None
            self._expect = ("SSE-010", ("thread.run.step.",), f"after message.{last}")

    def _names_message(self, message: Json) -> None:
        details = self._step.get("step_details") if self._step is not None else None
        made = details.get("message_creation") if isinstance(details, dict) else None
        if isinstance(made, dict):
            told = f"the message {message.get('id')!r} in the step of {made.get('message_id')!r}"
            holds = self._alike(made.get("message_id"), message.get("id"))
            self._report.check("SSE-032", holds, told, "the message of its step")

    def _message_delta(self, delta: Json) -> None:
        there = self._message is not None and self._message_stage == "in_progress"
        self._block(there, "a message delta outside of a message", "message.in_progress before it")
        if there and self._message is not None:
            told = f"a delta of {delta.get('id')!r} in {self._message.get('id')!r}"
            holds = self._alike(delta.get("id"), self._message.get("id"))
            self._report.check("SSE-032", holds, told, "the open message")

    def _error(self, event: Event) -> None:
        inner = event.json.get("error", event.json)
        message = inner.get("message") if isinstance(inner, dict) else None
        self._report.check("SSE-023", isinstance(message, str), f"{event.data!r:.160}", "an error object")

    # -- the whole ---------------------------------------------------------------------------------------------------

    def end(self) -> None:
        """Judge the stream as a whole; of one that its reader left, only how it began."""
        self._beginning()
        if not self._call.exchange.complete:
            return
        report, names = self._report, self._names
        broken = "error" in names
        if not broken:
            report.check("SSE-004", self._done, f"the last event is {names[-1] if names else None!r}", "`done`")
        closing = [name for name in names if name in stream_grammar().ends]
        ends = broken or self._done or bool(closing)
        told = f"the stream stops after {names[-1] if names else 'nothing'!r}"
        report.check("SSE-023", ends, told, "the end of the run, an error or `done`")
        if broken or not ends:
            return
        before = [name for name in names if name != "done"][-1:]
        report.check(
            "SSE-013", len(closing) == 1 and before == closing, f"{closing} before done", "one closing event of the run"
        )
        if "thread.run.failed" in names:
            status = self._call.status
            report.check("N-15", status == 200 and self._done, f"status {status}, done {self._done}", "200, and `done`")

    def _beginning(self) -> None:
        wanted = stream_grammar().begins.get(self._operation, ())
        if "tool_approvals" in self._call.sent or (self._names[:1] == ["error"]):
            return
        begun = self._names[: len(wanted)]
        cut = next((place for place, name in enumerate(begun) if name in _EARLY_ENDS and name not in wanted), None)
        short = not self._call.exchange.complete or cut is not None
        expected = wanted[:cut] if cut is not None else wanted[: len(begun)] if short else wanted
        told = f"a stream that begins {' > '.join(begun) or 'with nothing'}"
        self._begins(tuple(begun[: len(expected)]), expected, told)

    def _begins(self, begun: tuple[str, ...], expected: tuple[str, ...], told: str) -> None:
        report, words = self._report, " > ".join(expected)
        match self._operation:
            case "create_run":
                report.check("SSE-008", begun == expected, told, words)
            case "create_thread_and_run":
                report.check("SSE-007", begun[:2] == expected[:2], told, " > ".join(expected[:2]))
            case "submit_tool_outputs":
                for requirement in ("SSE-012", "N-14", "SUB-015"):
                    report.check(requirement, begun == expected, told, words)
                made = "thread.run.created" in self._names
                report.check("N-14", not made, "thread.run.created in the stream of a submit", "no thread.run.created")
                if begun[:1] == expected[:1] and self._objects:
                    self._outputs(self._objects[0])

    def _outputs(self, step: Json) -> None:
        rows = self._call.sent.get("tool_outputs")
        sent = {str(row.get("tool_call_id")): row.get("output") for row in rows or () if isinstance(row, dict)}
        details = step.get("step_details")
        calls = details.get("tool_calls") if isinstance(details, dict) else None
        shown: dict[str, Any] = {}
        for call in calls if isinstance(calls, list) else ():
            function = call.get("function") if isinstance(call, dict) else None
            if isinstance(function, dict):
                shown[str(call.get("id"))] = function.get("output")
        differing = sorted(name for name, output in sent.items() if output is not None and shown.get(name) != output)
        told = f"outputs {[shown.get(name) for name in differing]!r:.120} of {differing}"
        for requirement in ("SSE-012", "N-14"):
            self._report.check(requirement, not differing, told, "the outputs that were submitted")
