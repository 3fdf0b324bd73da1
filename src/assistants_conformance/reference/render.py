"""How stored objects look on the wire of a profile: field sets and field order as recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.reference import spoilt_runs

if TYPE_CHECKING:
    from assistants_conformance.contract import Profile
    from assistants_conformance.reference.faults import Faults
    from assistants_conformance.reference.state import (
        Assistant,
        Attachment,
        Json,
        Message,
        Resources,
        Run,
        Step,
        StoredFile,
        Thread,
    )

BUILT_IN = ("code_interpreter", "file_search")


class Renderer:
    """The wire forms of one profile."""

    def __init__(self, profile: Profile, faults: Faults) -> None:
        self.faults = faults
        self.first_shape = profile.shape == "v1"
        self._profile = profile
        # The first months of the first shape know no usage, leave out a null required_action, and order otherwise.
        self._early = "usage" not in profile.members("run")
        self._usage_details: Json = profile.traits.get("usage_details", {})

    def _fitted(self, kind: str, shown: Json) -> Json:
        """Return what the profile knows of an object's members, in the order given."""
        known = self._profile.members(kind)
        return {name: value for name, value in shown.items() if name in known}

    def assistant(self, row: Assistant) -> Json:
        """Return an assistant."""
        kinds = {tool["type"] for tool in row.tools}
        shown: Json = {
            "id": row.id,
            "object": "assistant",
            "created_at": row.created_at,
            "name": row.name,
            "description": row.description,
            "model": row.model,
            "instructions": row.instructions,
            "tools": row.tools,
            "top_p": row.top_p,
            "temperature": row.temperature,
            "reasoning_effort": row.reasoning_effort,
            "tool_resources": {kind: self._member(row.resources, kind) for kind in BUILT_IN if kind in kinds},
            "file_ids": list(row.files),
            "metadata": row.metadata,
            "response_format": row.response_format,
        }
        return self._fitted("assistant", shown)

    @staticmethod
    def _member(resources: Resources, kind: str) -> Json:
        if kind == "code_interpreter":
            return {"file_ids": list(resources.file_ids)}
        return {"vector_store_ids": list(resources.store_ids)}

    def thread(self, row: Thread, *, read: bool = False) -> Json:
        """Return a thread; `read` is the form of a GET, whose empty resources look different."""
        shown: Json = {"id": row.id, "object": "thread", "created_at": row.created_at, "metadata": row.metadata}
        if self.first_shape:
            return shown
        resources: Json = {}
        if row.resources.file_ids:
            resources["code_interpreter"] = self._member(row.resources, "code_interpreter")
        if row.resources.store_ids:
            resources["file_search"] = self._member(row.resources, "file_search")
        if read and not resources:
            resources = {"code_interpreter": {"file_ids": []}}
        return {**shown, "tool_resources": resources}

    def message(self, row: Message, *, modified: bool = False) -> Json:
        """Return a message; `modified` is the answer to a modification, which has the v1 member in every version."""
        ids: Json = {"assistant_id": row.assistant_id, "thread_id": row.thread_id, "run_id": row.run_id}
        head: Json = {"id": row.id, "object": "thread.message", "created_at": row.created_at}
        if self.faults.on("message-with-status"):
            head["status"] = "completed"
        if self._early:
            return {
                **head,
                "thread_id": row.thread_id,
                "role": row.role,
                "content": self._content(row),
                "file_ids": list(row.files),
                "assistant_id": row.assistant_id,
                "run_id": row.run_id,
                "metadata": row.metadata,
            }
        files: Json = {"file_ids": list(row.files)} if self.first_shape else {"attachments": row.attachments}
        if modified and not self.first_shape:
            files = {"file_ids": list(dict.fromkeys(entry["file_id"] for entry in row.attachments))}
        return {**head, **ids, "role": row.role, "content": self._content(row), **files, "metadata": row.metadata}

    def streamed_message(self, row: Message, status: str, at: int | None, reason: str | None) -> Json:
        """Return a message as an event carries it; `at` is when it ended, in Unix seconds, `reason` why too early."""
        shown, done = self.message(row), status == "completed"
        group = {
            "status": status,
            "incomplete_details": None if reason is None else {"reason": reason},
            "incomplete_at": at if status == "incomplete" else None,
            "completed_at": at if done else None,
        }
        if status == "in_progress":
            shown |= {"content": []}
        place = list(shown).index("role")
        members = list(shown.items())
        return dict([*members[:place], *group.items(), *members[place:]])

    def _content(self, row: Message) -> Any:
        if self.faults.on("content-answered-as-text"):
            return row.text
        if self.faults.on("content-part-of-another-api"):
            return [{**part, "type": "output_text" if part["type"] == "text" else part["type"]} for part in row.content]
        return row.content

    def run(self, row: Run, *, streamed: bool = False) -> Json:
        """Return a run; `streamed` is the form of events, whose empty resources look different."""
        shown = spoilt_runs.shown(self.faults, row, self._run(row))
        if streamed and "tool_resources" in shown and not shown["tool_resources"]:
            shown["tool_resources"] = {"code_interpreter": {"file_ids": []}}
        return shown

    def _run(self, row: Run) -> Json:
        shown: Json = {
            "id": row.id,
            "object": "thread.run",
            "created_at": row.created_at,
            "assistant_id": row.assistant_id,
            "thread_id": row.thread_id,
            "status": row.status,
            "started_at": row.started_at,
            "expires_at": row.expires_at,
            "cancelled_at": row.cancelled_at,
            "failed_at": row.failed_at,
            "completed_at": row.completed_at,
        }
        action = None
        if row.required_action is not None:
            action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": row.required_action}}
        if action is not None or not self._early:
            shown["required_action"] = action
        reason = row.incomplete_reason
        shown |= {
            "last_error": row.last_error,
            "model": row.model,
            "instructions": row.instructions,
            "tools": row.tools,
            "tool_resources": row.given_resources,
            "file_ids": row.file_ids,
            "metadata": row.metadata,
            "temperature": row.temperature,
            "top_p": row.top_p,
            "reasoning_effort": row.reasoning_effort,
            "max_completion_tokens": row.max_completion_tokens,
            "max_prompt_tokens": row.max_prompt_tokens,
            "truncation_strategy": row.truncation_strategy,
            "incomplete_details": None if reason is None else {"reason": reason},
            "usage": None if row.is_open else self._usage(row.tokens),
            "response_format": row.response_format,
            "tool_choice": row.tool_choice,
            "parallel_tool_calls": row.parallel_tool_calls,
        }
        return self._fitted("run", shown)

    def _usage(self, tokens: tuple[int, int]) -> Json:
        usage: Json = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)}
        return usage | {name: dict(value) for name, value in self._usage_details.items()}

    def step(self, row: Step, run: Run, *, contents: bool = False, streamed: bool = False) -> Json:
        """Return a step of a run.

        `contents` adds the text of search results, which is left out otherwise; in an event (`streamed`) a step has the
        expiry of its run whatever its status.
        """
        shown: Json = {
            "id": row.id,
            "object": "thread.run.step",
            "created_at": row.created_at,
            "run_id": run.id,
            "assistant_id": run.assistant_id,
            "thread_id": run.thread_id,
            "type": row.type,
            "status": row.status,
            "cancelled_at": row.cancelled_at,
            "completed_at": row.completed_at,
            "expires_at": run.expires_at if streamed else row.expires_at,
            "failed_at": row.failed_at,
            "last_error": row.last_error,
            "step_details": row.details if contents else without_contents(row.details),
        }
        if not self._early:
            shown["usage"] = None if row.status == "in_progress" else self._usage(row.usage)
        self._spoil_step(shown, row, run)
        return shown

    def _spoil_step(self, shown: Json, row: Step, run: Run) -> None:
        faults, is_open = self.faults, row.status == "in_progress"
        if faults.on("step-object-of-azure-schema"):
            shown["object"] = "assistant.run.step"
        if faults.on("step-type-always-message"):
            shown["type"] = "message_creation"
        if faults.on("step-status-succeeded") and row.status == "completed":
            shown["status"] = "succeeded"
        if faults.on("step-with-expired-at"):
            shown["expired_at"] = None
        if faults.on("step-with-metadata"):
            shown["metadata"] = {}
        if faults.on("step-expires-at-of-its-own") and row.expires_at is not None:
            shown["expires_at"] = row.created_at + 60
        if faults.on("step-calls-with-other-ids") and row.type == "tool_calls":
            calls = [{**call, "id": f"{call['id']}_{number}"} for number, call in enumerate(row.details["tool_calls"])]
            shown["step_details"] = {**row.details, "tool_calls": calls}
        if faults.on("step-completed-after-its-run") and row.completed_at is not None:
            shown["completed_at"] = row.completed_at + 60
        if faults.on("failed-step-without-error"):
            shown["last_error"] = None
        if faults.on("step-usage-while-open") and is_open:
            shown["usage"] = self._usage(row.usage)
        if faults.on("step-usage-of-the-whole-run") and not is_open:
            shown["usage"] = self._usage(run.tokens)
        if faults.on("step-with-the-threads-id-as-assistant"):
            shown["assistant_id"] = run.thread_id
        if faults.on("step-younger-than-its-message") and row.type == "message_creation":
            shown["created_at"] = row.created_at + 1

    def file(self, row: StoredFile) -> Json:
        """Return a file."""
        shown: Json = {
            "object": "file",
            "id": row.id,
            "purpose": row.purpose,
            "filename": row.filename,
            "bytes": len(row.data),
            "created_at": row.created_at,
            "expires_at": row.expires_at,
            "status": "processed",
            "status_details": None,
        }
        return self._fitted("file", shown)

    @staticmethod
    def assistant_file(row: Attachment, assistant: Assistant) -> Json:
        """Return the file of an assistant (v1)."""
        return {
            "id": row.id,
            "object": "assistant.file",
            "created_at": row.created_at,
            "assistant_id": assistant.id,
        }

    @staticmethod
    def message_file(row: Attachment, message: Message) -> Json:
        """Return the file of a message (v1)."""
        return {
            "id": row.id,
            "object": "thread.message.file",
            "created_at": row.created_at,
            "message_id": message.id,
        }


def without_contents(details: Json) -> Json:
    """Return step details without the text of search results."""
    if not any(call.get("file_search", {}).get("results") for call in details.get("tool_calls", ())):
        return details
    calls = []
    for call in details["tool_calls"]:
        search = call.get("file_search")
        if search and search.get("results"):
            results = [{key: value for key, value in row.items() if key != "content"} for row in search["results"]]
            call = {**call, "file_search": {**search, "results": results}}  # noqa: PLW2901 - the shortened form
        calls.append(call)
    return {**details, "tool_calls": calls}


def deleted(identifier: str, name: str) -> Json:
    """Return the answer to a deletion."""
    return {"id": identifier, "object": name, "deleted": True}
