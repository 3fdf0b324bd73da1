"""What is known of an endpoint before the first request: one frozen value, resolved once."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from assistants_conformance.contract.efforts import DEFAULT_EFFORT, Effort, efforts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistants_conformance.contract import Profile
    from assistants_conformance.target.tokens import TokenSource

#: What a target may lack without breaking the contract; what is not declared is probed.
CAPABILITIES = (
    "streaming",
    "code_interpreter",
    "file_search",
    "vector_stores",
    "function_calling",
    "message_delete",
    "tool_choice_required",
    "cancel_requires_action",
    "content_download",
    "mcp",
    "bing_grounding",
)


@dataclass(frozen=True)
class Known:
    """A deviation that is known and does not fail the run. `expires` is an ISO date, empty for none."""

    requirement: str
    reason: str
    link: str = ""
    expires: str = ""


@dataclass(frozen=True)
class TargetSettings:
    """The endpoint under test. `url` is None for the embedded reference server. Times are in seconds.

    `other_key` is the key of another account (a project of OpenAI, a resource of Azure), which must not read this one.
    `proxy` is an address, `ca_bundle` a file of certificates; where they are empty, the environment counts. `base_path`
    stands between the address and the operations; None: that of the profile. `tokens` gives a new token before the old
    one expires.
    """

    profile: Profile
    url: str | None = None
    api_key: str = ""
    bearer_token: str = ""
    other_key: str = ""
    api_version: str = ""
    model: str = "gpt-4o"
    run_expiry_seconds: int | None = None
    clock_url: str = ""
    failing_model: str = ""
    mcp_server_url: str = ""
    bing_connection: str = ""
    capabilities: Mapping[str, bool] = field(default_factory=lambda: MappingProxyType({}))
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    request_timeout: float = 30.0
    run_timeout: float = 60.0
    proxy: str = ""
    ca_bundle: str = ""
    base_path: str | None = None
    tokens: TokenSource | None = None
    page_limit: int = 200
    budget_requests: int = 0
    budget_runs: int = 0
    budget_tokens: int = 0
    budget_minutes: float = 0.0
    known: tuple[Known, ...] = ()
    faults: tuple[str, ...] = ()
    effort: Effort = field(default_factory=lambda: efforts()[DEFAULT_EFFORT])
    seed: str = ""

    @property
    def embedded(self) -> bool:
        """Whether the target is the reference server in this process."""
        return self.url is None

    def token(self) -> str:
        """The Entra token that is valid now; empty where there is none.

        Raises:
            ConfigError: the command that prints tokens failed.
        """
        return self.tokens.current() if self.tokens is not None else self.bearer_token
