"""What the server remembers: one class for each kind of object, without any rule on how it looks on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistants_conformance.reference.model import Action

Json = dict[str, Any]

OPEN_STATES = frozenset({"queued", "in_progress", "requires_action", "cancelling"})


@dataclass
class Record:
    """What every stored object has. `created_at` is in Unix seconds; `sequence` orders what one second holds."""

    id: str
    created_at: int
    sequence: int


@dataclass
class Resources:
    """Files for the code interpreter and vector stores for the search."""

    file_ids: list[str] = field(default_factory=list)
    store_ids: list[str] = field(default_factory=list)


@dataclass
class Attachment(Record):
    """A file at an assistant or a message, as the v1 sub-resources show it."""


@dataclass
class Assistant(Record):
    """A configured assistant."""

    model: str
    name: str | None
    description: str | None
    instructions: str | None
    tools: list[Json]
    metadata: Json
    temperature: float
    top_p: float
    response_format: Any
    reasoning_effort: str | None
    resources: Resources
    files: dict[str, Attachment] = field(default_factory=dict)


@dataclass
class Message(Record):
    """A message of a thread. `attachments` is the v2 form, `files` the v1 form."""

    thread_id: str
    role: str
    content: list[Json]
    assistant_id: str | None
    run_id: str | None
    metadata: Json
    attachments: list[Json] = field(default_factory=list)
    files: dict[str, Attachment] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The text parts, one after the other."""
        return "\n".join(part["text"]["value"] for part in self.content if part["type"] == "text")


@dataclass
class Step(Record):
    """A step of a run. `usage` is prompt and completion tokens."""

    type: str
    status: str
    details: Json
    expires_at: int | None
    completed_at: int | None = None
    cancelled_at: int | None = None
    failed_at: int | None = None
    last_error: Json | None = None
    usage: tuple[int, int] = (0, 0)


@dataclass
class Run(Record):
    """A run. `arrived` is when it came; `due` when its next change happens by itself, None while it waits."""

    thread_id: str
    assistant_id: str
    model: str
    instructions: str | None
    tools: list[Json]
    metadata: Json
    temperature: float
    top_p: float
    response_format: Any
    reasoning_effort: str | None
    tool_choice: Any
    parallel_tool_calls: bool
    max_prompt_tokens: int | None
    max_completion_tokens: int | None
    truncation_strategy: Json
    file_ids: list[str]
    given_resources: Json
    resources: Resources
    expires_at: int | None
    arrived: float
    due: float | None
    status: str = "queued"
    started_at: int | None = None
    cancelled_at: int | None = None
    failed_at: int | None = None
    completed_at: int | None = None
    required_action: list[Json] | None = None
    last_error: Json | None = None
    incomplete_reason: str | None = None
    steps: dict[str, Step] = field(default_factory=dict)
    action: Action | None = None
    # What the tools of this run gave so far, for the message that closes it.
    used: list[str] = field(default_factory=list)
    outputs: list[tuple[str, str]] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    products: list[str] = field(default_factory=list)
    hits: list[Any] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    # The message that is being written while somebody listens to the run, with its step.
    draft: tuple[Message, Step] | None = None

    @property
    def is_open(self) -> bool:
        """Whether the run has not ended."""
        return self.status in OPEN_STATES

    @property
    def tokens(self) -> tuple[int, int]:
        """Prompt and completion tokens of all steps."""
        return (sum(step.usage[0] for step in self.steps.values()), sum(step.usage[1] for step in self.steps.values()))


@dataclass
class Thread(Record):
    """A conversation with its messages and runs."""

    metadata: Json
    resources: Resources
    messages: dict[str, Message] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)


@dataclass
class StoredFile(Record):
    """An uploaded or generated file."""

    filename: str
    purpose: str
    data: bytes
    expires_at: int | None = None


@dataclass
class StoreFile(Record):
    """A file of a vector store, under the id of the file. `due` is when it is done with; it keeps that time then."""

    store_id: str
    due: float
    chunking: Json
    attributes: Json
    status: str = "in_progress"
    usage_bytes: int = 0
    last_error: Json | None = None
    given_up: bool = False


@dataclass
class FileBatch(Record):
    """Files that were added to a vector store with one call; what leaves the store stays here."""

    store_id: str
    entries: dict[str, StoreFile]
    cancelled: bool = False

    @property
    def status(self) -> str:
        """The status, as it follows from that of the files."""
        states = {entry.status for entry in self.entries.values()}
        if "in_progress" in states:
            return "in_progress"
        return "cancelled" if self.cancelled and "cancelled" in states else "completed"


@dataclass
class VectorStore(Record):
    """A vector store; `expires_days` counts from `last_active_at`."""

    name: str | None
    description: str | None
    metadata: Json
    expires_days: int | None
    last_active_at: int
    files: dict[str, StoreFile] = field(default_factory=dict)
    batches: dict[str, FileBatch] = field(default_factory=dict)

    @property
    def expires_at(self) -> int | None:
        """When it expires, None where it has no policy."""
        return None if self.expires_days is None else self.last_active_at + self.expires_days * 86_400
