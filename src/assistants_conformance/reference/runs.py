"""The run engine: every run is brought up to the time of the clock whenever a request comes in."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assistants_conformance.reference import model, prose, sandbox, search, stores, text
from assistants_conformance.reference.spoilt_text import annotated
from assistants_conformance.reference.state import Attachment, Message, Run, Step, StoredFile
from assistants_conformance.reference.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistants_conformance.reference.state import Json, Thread
    from assistants_conformance.reference.world import World

PICKUP_SECONDS = 0.1
WORK_SECONDS = 0.3
CANCEL_SECONDS = 0.1
PROMPT_OVERHEAD = 20

RATE_LIMIT = {"code": "rate_limit_exceeded", "message": "Rate limit is exceeded. Try again in 34 seconds."}


class Engine:
    """Moves runs along. It keeps the open ones only, so its work does not grow with the history."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._open: dict[str, Run] = {}
        self.streams = Streams(world)

    def accept(self, run: Run) -> None:
        """Take a new run in; it is picked up a moment after it came."""
        run.due = run.arrived + PICKUP_SECONDS
        self._open[run.id] = run

    def drop(self, runs: Iterable[str]) -> None:
        """Forget runs whose thread was deleted."""
        for identifier in runs:
            self._open.pop(identifier, None)

    def settle(self) -> None:
        """Bring every open run up to the present."""
        now = self._world.clock.now()
        for run in list(self._open.values()):
            self._settle(run, now)
            if not run.is_open:
                del self._open[run.id]

    def _settle(self, run: Run, now: float) -> None:
        while run.is_open:
            expiry = run.expires_at if run.expires_at is not None else float("inf")
            if run.due is not None and run.due <= now and run.due < expiry:
                self._advance(run, run.due)
            elif expiry <= now:
                self._end(run, "expired", int(expiry))
            else:
                return

    def _advance(self, run: Run, at: float) -> None:
        if run.status == "queued":
            run.status = "in_progress"
            run.started_at = int(at)
            self.streams.run(run)
            stores.used(self._world, run, at)
            self._think(run, at)
        elif run.status == "cancelling":
            self._end(run, "cancelled", int(at))
        else:
            if run.action is not None:
                self._act(run, at)
            if run.status == "in_progress":
                self._think(run, at)

    # What the client does.

    def cancel(self, run: Run) -> None:
        """Begin to cancel an open run."""
        now = self._world.clock.now()
        run.status = "cancelling"
        run.required_action = None
        # A run that was not picked up yet is picked up by the cancellation: every recorded one had been started.
        run.started_at = run.started_at or int(now)
        run.due = now + CANCEL_SECONDS
        self.streams.run(run)

    def submit(self, run: Run, outputs: dict[str, str]) -> None:
        """Take the outputs of all awaited calls, by call id."""
        now = self._world.clock.now()
        step = self._current(run)
        for call in step.details["tool_calls"]:
            if not self._world.faults.on("tool-output-not-in-step"):
                call["function"]["output"] = outputs[call["id"]]
            run.outputs.append((call["function"]["name"], outputs[call["id"]]))
        self._close_step(step, "completed", int(now))
        self.streams.step(run, step, "completed")
        run.required_action = None
        run.status = "queued"
        run.due = now + PICKUP_SECONDS
        self.streams.run(run)

    # What the service does.

    def _thread(self, run: Run) -> Thread:
        return self._world.store.threads[run.thread_id]

    def _context(self, run: Run) -> list[Message]:
        messages = list(self._thread(run).messages.values())
        if run.truncation_strategy["type"] == "last_messages" and run.truncation_strategy["last_messages"]:
            messages = messages[-int(run.truncation_strategy["last_messages"]) :]
        return messages

    def _question(self, run: Run) -> str:
        asked = [message for message in self._context(run) if message.role == "user"]
        return asked[-1].text if asked else ""

    def _think(self, run: Run, at: float) -> None:
        """Choose the next action and begin it."""
        if (until := stores.awaited(self._world, run, at)) is not None:
            run.due = until
            return
        searchable = self._searchable(run, at)
        inputs = [self._world.store.files[name].filename for name in self._inputs(run)]
        run.action = model.decide(
            model.Situation(
                instructions=run.instructions or "",
                question=self._question(run),
                tools=run.tools,
                tool_choice=run.tool_choice,
                parallel=run.parallel_tool_calls,
                used=run.used,
                searchable=bool(searchable),
                wrote_code=self._program(run) is not None,
                filenames=frozenset([*inputs, *(file.filename for file in searchable)]),
            )
        )
        run.due = at + WORK_SECONDS
        match run.action:
            case model.RunCode() as action:
                outcome = sandbox.run(action, self._sizes(run))
                call = {"input": outcome.program, "outputs": []}
                self._begin(run, self._open_step(run, at, [self._call("code_interpreter", call)]))
            case model.Search():
                kind = "retrieval" if self._world.profile.shape == "v1" else "file_search"
                self._begin(run, self._open_step(run, at, [self._call(kind, {})]))
            case model.Say() if self.streams.hears(run):
                self._draft(run, at)

    def _begin(self, run: Run, step: Step) -> None:
        """Tell of a step and of the calls that it makes."""
        self.streams.opened_step(run, step)
        self.streams.calls(run, step)

    def _draft(self, run: Run, at: float) -> None:
        """Begin the closing message where somebody listens; without a model or a token left there will be none."""
        spent, prompt = run.tokens, self._prompt(run)
        if self._error(run, at) is not None:
            return
        if run.max_prompt_tokens is not None and spent[0] + prompt > run.max_prompt_tokens:
            return
        if run.max_completion_tokens is not None and spent[1] >= run.max_completion_tokens:
            return
        message = self._message(run, at)
        step = self._message_step(run, message, at)
        run.draft = (message, step)
        self.streams.opened_step(run, step)
        self.streams.opened_message(run, message)

    def _act(self, run: Run, at: float) -> None:
        """Finish the action that was begun."""
        if self._fails(run, at):
            return
        prompt = self._prompt(run)
        if run.max_prompt_tokens is not None and run.tokens[0] + prompt > run.max_prompt_tokens:
            self._spend(run, run.max_prompt_tokens - run.tokens[0])
            self._end(run, "incomplete", int(at), reason="max_prompt_tokens")
            return
        self._use(run, run.action, prompt, at)
        run.action = None

    def _use(self, run: Run, action: model.Action | None, prompt: int, at: float) -> None:
        match action:
            case model.CallFunctions():
                self._call_functions(run, action, prompt, at)
            case model.RunCode():
                self._run_code(run, action, prompt, at)
            case model.Search():
                self._search(run, action, prompt, at)
            case model.Say():
                self._say(run, action, prompt, at)

    def _error(self, run: Run, at: float) -> Json | None:
        """Return with what error the model of a run answers, None where it works."""
        if run.model == self._world.failing_model:
            return RATE_LIMIT
        if not self._world.knows_model(run.model):
            wrong = self._world.faults.on("undeployed-model-is-a-server-error")
            code = "server_error" if wrong else "invalid_engine_error"
            return {"code": code, "message": f"Failed to resolve model info for: {run.model}"}
        return stores.failure(self._world, run, at)

    def _fails(self, run: Run, at: float) -> bool:
        error = self._error(run, at)
        if error is None:
            return False
        for step in run.steps.values():
            for call in step.details.get("tool_calls", ()) if step.status == "in_progress" else ():
                # What was asked of the tool was used, also where the tool came to nothing.
                step.usage = (self._prompt(run), prose.tokens(str(call.get(call["type"], {}).get("input", ""))))
        run.last_error = dict(error)
        self._end(run, "failed", int(at))
        return True

    def _call(self, kind: str, body: Json) -> Json:
        return {"id": self._world.store.ids.new("tool_call"), "type": kind, kind: body}

    def _open_step(self, run: Run, at: float, calls: list[Json]) -> Step:
        store = self._world.store
        step = Step(
            id=store.ids.new("run_step"),
            created_at=int(at),
            sequence=store.sequence(),
            type="tool_calls",
            status="in_progress",
            details={"type": "tool_calls", "tool_calls": calls},
            expires_at=run.expires_at,
        )
        run.steps[step.id] = step
        return step

    @staticmethod
    def _close_step(step: Step, status: str, at: int) -> None:
        step.status = status
        step.expires_at = None
        match status:
            case "completed":
                step.completed_at = at
            case "cancelled":
                step.cancelled_at = at
            case "failed":
                step.failed_at = at

    def _current(self, run: Run) -> Step:
        return next(step for step in run.steps.values() if step.status == "in_progress")

    def _call_functions(self, run: Run, action: model.CallFunctions, prompt: int, at: float) -> None:
        cost = sum(prose.tokens(name + text) for name, text in action.calls)
        if run.max_completion_tokens is not None and run.tokens[1] + cost > run.max_completion_tokens:
            self._end(run, "incomplete", int(at), reason="max_completion_tokens")
            return
        plain = self._world.faults.on("arguments-are-an-object")
        calls = [
            self._call("function", {"name": name, "arguments": json.loads(text) if plain else text})
            for name, text in action.calls
        ]
        step = self._open_step(run, at, calls)
        self._begin(run, step)
        step.usage = (prompt, cost)
        run.used += [name for name, _ in action.calls]
        self._await(run, step, calls)

    def _await(self, run: Run, step: Step, calls: list[Json]) -> None:
        # A copy: the step gets the outputs, the awaited calls must not.
        run.required_action = json.loads(json.dumps(calls))
        run.status = "requires_action"
        run.due = None
        if self._world.run_expiry is None:
            run.expires_at = step.expires_at = run.created_at + self._world.profile.expiry.after_action[-1]
        self.streams.run(run)

    def _run_code(self, run: Run, action: model.RunCode, prompt: int, at: float) -> None:
        outcome = sandbox.run(action, self._sizes(run))
        step = self._current(run)
        outputs: list[Json] = []
        if outcome.log is not None:
            outputs.append({"type": "logs", "logs": outcome.log})
            run.logs.append(outcome.log)
        if outcome.picture is not None:
            file = self._keep(outcome.picture, self._picture_name(), at)
            if not self._world.faults.on("step-of-code-without-image"):
                outputs.append({"type": "image", "image": {"file_id": file.id}})
            if self._world.faults.on("image-file-not-kept"):
                del self._world.store.files[file.id]
            run.pictures.append(file.id)
        if outcome.product is not None:
            run.products.append(self._keep(outcome.product, f"/mnt/data/{action.product}", at).id)
        step.details["tool_calls"][0]["code_interpreter"]["outputs"] = outputs
        step.usage = (prompt, prose.tokens(outcome.program))
        run.used.append("code_interpreter")
        self._close_step(step, "completed", int(at))
        self.streams.calls(run, step, only_outputs=True)
        self.streams.step(run, step, "completed")
        self._check_budget(run, at)

    def _search(self, run: Run, action: model.Search, prompt: int, at: float) -> None:
        step = self._current(run)
        first = self._world.profile.shape == "v1"
        hits = (
            search.find(action.query, self._searchable(run, at))
            if first
            else stores.found(self._world, run, action.query, at)
        )
        run.hits = hits[: search.MOST_CITED]
        if self._world.faults.on("citation-names-a-filename"):
            run.hits = [replace(hit, file_id=hit.filename) for hit in run.hits]
        call = step.details["tool_calls"][0]
        run.used.append(call["type"])
        if not first:
            call["file_search"] = stores.told(self._world, run, hits)
            if self._world.faults.on("search-results-without-score"):
                for result in call["file_search"].get("results", ()):
                    del result["score"]
        step.usage = (prompt, prose.tokens(action.query))
        self._close_step(step, "completed", int(at))
        self.streams.step(run, step, "completed")
        self._check_budget(run, at)

    def _check_budget(self, run: Run, at: float) -> None:
        cap = run.max_completion_tokens
        if cap is not None and run.tokens[1] >= cap:
            self._end(run, "incomplete", int(at), reason="max_completion_tokens")

    def _say(self, run: Run, action: model.Say, prompt: int, at: float) -> None:
        store = self._world.store
        first = self._world.profile.shape == "v1"
        files = [(name, store.files[name].filename.rsplit("/", 1)[-1]) for name in run.products if name in store.files]
        findings = prose.Findings(
            question=action.question,
            used=run.used,
            outputs=run.outputs,
            pictures=run.pictures,
            products=files,
            hits=run.hits,
            pages=run.pages,
            logs=run.logs,
            program=self._program(run) if action.show_code else None,
        )
        value, annotations = prose.compose(findings, first_shape=first)
        wanted = prose.tokens(value)
        left = wanted
        if run.max_completion_tokens is not None:
            left = max(0, min(wanted, run.max_completion_tokens - run.tokens[1]))
            value, annotations = prose.cut(value, annotations, left)
            if not left:
                self._end(run, "incomplete", int(at), reason="max_completion_tokens")
                return
        faults = self._world.faults
        parts: list[Json] = [{"type": "image_file", "image_file": {"file_id": name}} for name in run.pictures]
        text = {"type": "text", "text": {"value": value, "annotations": annotated(faults, value, annotations)}}
        parts.insert(0 if faults.on("image-after-text") else len(parts), text)
        message, step = run.draft or (self._message(run, at), None)
        run.draft = None
        message.content = parts
        message.attachments = [{"file_id": name, "tools": [{"type": "code_interpreter"}]} for name, _ in files]
        message.files = {name: Attachment(name, int(at), store.sequence()) for name, _ in files} if first else {}
        self._thread(run).messages[message.id] = message
        step = step or self._message_step(run, message, at)
        step.usage = (prompt, left)
        if not faults.on("step-stays-open"):
            self._close_step(step, "completed", int(at))
        self.streams.content(run, message)
        status, reason = ("incomplete", "max_tokens") if left < wanted else ("completed", None)
        self.streams.message(run, message, status, status=status, at=int(at), reason=reason)
        self.streams.step(run, step, step.status)
        if left < wanted:
            self._end(run, "incomplete", int(at), reason="max_completion_tokens")
        else:
            self._end(run, "completed", int(at))

    def _message(self, run: Run, at: float) -> Message:
        """Return the empty message that closes a run."""
        store = self._world.store
        return Message(
            id=store.ids.new("message"),
            created_at=int(at),
            sequence=store.sequence(),
            thread_id=run.thread_id,
            role="assistant",
            content=[],
            assistant_id=run.assistant_id,
            run_id=None if self._world.faults.on("run-message-without-run-id") else run.id,
            metadata={},
        )

    def _message_step(self, run: Run, message: Message, at: float) -> Step:
        store = self._world.store
        named = store.ids.new("message") if self._world.faults.on("step-names-no-message") else message.id
        step = Step(
            id=store.ids.new("run_step"),
            created_at=int(at),
            sequence=store.sequence(),
            type="message_creation",
            status="in_progress",
            details={"type": "message_creation", "message_creation": {"message_id": named}},
            expires_at=run.expires_at,
        )
        run.steps[step.id] = step
        return step

    def _abandon(self, run: Run, at: int, status: str) -> None:
        """Leave a message that was begun as it is: incomplete, and for all to see."""
        if run.draft is None:
            return
        message, _ = run.draft
        run.draft = None
        self._thread(run).messages[message.id] = message
        self.streams.message(run, message, "incomplete", status="incomplete", at=at, reason=f"run_{status}")

    def _end(self, run: Run, status: str, at: int, *, reason: str | None = None) -> None:
        """Bring a run to its end, and with it the steps that are still open."""
        if status == "incomplete":
            status = self._world.profile.traits.get("capped_runs_end", status)
        self._abandon(run, at, status)
        run.status = status
        run.due = None
        run.required_action = None
        run.incomplete_reason = reason
        faults = self._world.faults
        step_status = {"incomplete": "completed"}.get(status, status)
        if status == "expired" and faults.on("expired-run-completes-step"):
            step_status = "completed"
        stays = faults.on("step-stays-open") or (status == "expired" and faults.on("expired-run-leaves-step-open"))
        for step in run.steps.values():
            if step.status == "in_progress" and not stays:
                self._close_step(step, step_status, at)
                if status == "failed":
                    step.last_error = run.last_error
                self.streams.step(run, step, step_status)
        run.expires_at = None
        match status:
            case "completed" | "incomplete":
                run.completed_at = at
            case "cancelled":
                run.cancelled_at = at
            case "failed":
                run.failed_at = at
        self.streams.run(run)

    # Tokens and files.

    def _prompt(self, run: Run) -> int:
        texts = [run.instructions or "", *(message.text for message in self._context(run))]
        texts += [output for _, output in run.outputs]
        return PROMPT_OVERHEAD + sum(prose.tokens(text) for text in texts)

    @staticmethod
    def _spend(run: Run, prompt: int) -> None:
        """Book prompt tokens that led to nothing on the step that is open, if one is."""
        for step in run.steps.values():
            if step.status == "in_progress":
                step.usage = (max(0, prompt), 0)

    def _keep(self, data: bytes, name: str, at: float) -> StoredFile:
        store = self._world.store
        purpose = "assistants" if self._world.faults.on("generated-files-look-uploaded") else "assistants_output"
        file = StoredFile(store.ids.new("file"), int(at), store.sequence(), name, purpose, data)
        store.files[file.id] = file
        return file

    def _picture_name(self) -> str:
        name = self._world.store.ids.request()
        return name if self._world.profile.shape == "v1" else f"{name}.png"

    def _inputs(self, run: Run) -> list[str]:
        """Return the ids of the files that the code interpreter of a run can read."""
        store = self._world.store
        names = list(run.resources.file_ids)
        thread = self._thread(run)
        names += thread.resources.file_ids
        if self._world.profile.shape == "v1":
            assistant = store.assistants.get(run.assistant_id)
            names += list(assistant.files) if assistant else []
            names += [name for message in thread.messages.values() if message.role == "user" for name in message.files]
        return [name for name in dict.fromkeys(names) if name in store.files]

    def _sizes(self, run: Run) -> list[tuple[str, int]]:
        files = [self._world.store.files[name] for name in self._inputs(run)]
        return [(re.sub(r"\s", "_", file.filename), len(file.data)) for file in files]

    def _searchable(self, run: Run, at: float) -> list[StoredFile]:
        """Return the files that the search of a run can read then."""
        if self._world.profile.shape != "v1":
            return stores.searchable(self._world, run, at)
        files = [self._world.store.files[name] for name in self._inputs(run)]
        return [file for file in files if text.text_of(file).strip()]

    def _program(self, run: Run) -> str | None:
        """Return the code of the latest code interpreter call before this run."""
        for earlier in reversed(list(self._thread(run).runs.values())):
            for step in reversed(list(earlier.steps.values())):
                for call in step.details.get("tool_calls", ()):
                    if call["type"] == "code_interpreter" and earlier is not run:
                        program: Any = call["code_interpreter"]["input"]
                        return str(program)
        return None
