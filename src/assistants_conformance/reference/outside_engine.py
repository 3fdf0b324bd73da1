"""The run engine with the tools outside the service that only Foundry has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistants_conformance.reference import model, outside, prose
from assistants_conformance.reference.runs import Engine

if TYPE_CHECKING:
    from assistants_conformance.reference.state import Run


class ProjectEngine(Engine):
    """An engine whose runs may call servers, which may need an approval, and search the web."""

    def start_early(self, run: Run) -> None:
        """Pick a run up before its creation is answered, where it has a server's tool and the profile does so."""
        early = self._world.profile.traits.get("run_may_start_at_once")
        if early and run.status == "queued" and any(tool["type"] == "mcp" for tool in run.tools):
            self._advance(run, run.arrived)

    def cancel(self, run: Run) -> None:
        """Cancel an open run: at once where it waits and the profile does so."""
        if run.status == "requires_action" and self._world.profile.traits.get("waiting_run_cancelled_at_once"):
            self._end(run, "cancelled", self._world.now())
            return
        super().cancel(run)

    def approve(self, run: Run, approved: dict[str, bool]) -> None:
        """Take the word of the client on the awaited calls of servers, by call id."""
        now, faults = self._world.clock.now(), self._world.faults
        if faults.on("approved-run-still-waits") or (
            faults.on("denied-call-hangs-the-run") and not all(approved.values())
        ):
            return
        step = self._current(run)
        for call in step.details["tool_calls"]:
            if approved[call["id"]]:
                call["output"] = outside.FOUND.quote
                run.outputs.append((call["name"], call["output"]))
        run.required_action = None
        if faults.on("approved-call-left-out"):
            step.details["tool_calls"] = []
        self._close_step(step, "completed", int(now))
        self.streams.step(run, step, "completed")
        run.status = "in_progress"
        run.started_at = int(now)
        self.streams.run(run)
        self._think(run, now)

    def _think(self, run: Run, at: float) -> None:
        super()._think(run, at)
        if isinstance(run.action, model.SearchWeb):
            call = {"id": self._world.store.ids.new("tool_call"), **outside.web_call(run.action.query)}
            self._begin(run, self._open_step(run, at, [call]))

    def _use(self, run: Run, action: model.Action | None, prompt: int, at: float) -> None:
        match action:
            case model.CallServer():
                self._call_server(run, action, prompt, at)
            case model.SearchWeb():
                self._search_web(run, action, prompt, at)
            case _:
                super()._use(run, action, prompt, at)

    def _call_server(self, run: Run, action: model.CallServer, prompt: int, at: float) -> None:
        call = {"id": self._world.store.ids.new("tool_call"), **outside.server_call(action.tool, action.question)}
        step = self._open_step(run, at, [call])
        self._begin(run, step)
        step.usage = (prompt, prose.tokens(call["arguments"]))
        run.used.append("mcp")
        faults = self._world.faults
        asks = outside.needs_approval(run, call) or faults.on("approval-asked-always")
        if asks and not faults.on("approval-never-asked"):
            self._await(run, step, [call])
            return
        call["output"] = outside.FOUND.quote
        run.outputs.append((call["name"], call["output"]))
        self._close_step(step, "completed", int(at))
        self.streams.step(run, step, "completed")
        self._check_budget(run, at)

    def _search_web(self, run: Run, action: model.SearchWeb, prompt: int, at: float) -> None:
        step = self._current(run)
        run.pages.append(outside.FOUND)
        run.used.append("bing_grounding")
        step.usage = (prompt, prose.tokens(action.query))
        self._close_step(step, "completed", int(at))
        self.streams.step(run, step, "completed")
        self._check_budget(run, at)
