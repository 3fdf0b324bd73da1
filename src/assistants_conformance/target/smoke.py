"""Whether target, key, version and model work: one short walk, before anything is judged."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistants_conformance.observe import Judge
from assistants_conformance.target.answer import Answer, Blocked
from assistants_conformance.target.api import Api
from assistants_conformance.target.ledger import Ledger
from assistants_conformance.target.meter import Meter
from assistants_conformance.target.prompts import BRIEF

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx2

    from assistants_conformance.target.resolve import Resolved
    from assistants_conformance.target.settings import TargetSettings

#: More are never sent.
MOST = 10
#: Two deletions stand at the end, whatever came before.
_KEPT_FOR_CLEANING = 2
_VERSION_WORDS = ("api-version", "api version", "openai-beta", "assistants=v")
_MODEL_WORDS = ("model", "deployment")


@dataclass(frozen=True)
class Step:
    """One line: what was tried, whether it worked, what was seen, and how to mend it."""

    name: str
    good: bool
    told: str
    mend: str = ""


class _Ended(Exception):
    """A step failed without which the next ones say nothing."""

    def __init__(self, step: Step) -> None:
        super().__init__(step.told)
        self.step = step


def smoke(
    resolved: Resolved, transport: httpx2.BaseTransport | None = None, ledger: Ledger | None = None
) -> Iterator[Step]:
    """Walk once through the API and yield a step for each thing that a run needs; end with the first that fails.

    What the walk makes it deletes.

    Args:
        resolved: the target.
        transport: a transport in this process; None: the network.
        ledger: where is written what the walk makes; None: nowhere.
    """
    api = Api(resolved.settings, Judge(resolved.settings.profile), transport)
    kept = api.ledger = ledger or Ledger(resolved.settings.profile)
    api.meter = _limit(resolved.settings, MOST - _KEPT_FOR_CLEANING)
    try:
        yield from _Walk(api, resolved).steps()
    except _Ended as ended:
        yield ended.step
    finally:
        api.meter = _limit(resolved.settings, MOST - api.requests)
        for kind, identifier in kept.fresh():
            with suppress(Blocked):
                api.end(kind, identifier)
        api.close()
        kept.close()
    if not kept.book.empty:
        left = ", ".join(kept.book.alive) or "an answer that never came"
        yield Step("cleaning", False, f"something may be left: {left}", "assistants-conformance sweep")
    yield Step("requests", api.requests <= MOST, f"{api.requests} were sent")


def _limit(settings: TargetSettings, requests: int) -> Meter:
    # A rate limit is waited for, and every try counts.
    limit = max(requests, 1)
    return Meter(replace(settings, budget_requests=limit, budget_runs=0, budget_tokens=0, budget_minutes=0.0))


class _Walk:
    def __init__(self, api: Api, resolved: Resolved) -> None:
        self._api = api
        self._resolved = resolved
        self._settings = resolved.settings

    def steps(self) -> Iterator[Step]:
        listed = self._sent("target", lambda: self._api.send("GET", "/assistants", query={"limit": 1}))
        yield Step("target", True, f"{self._api.origin} answers ({listed.status})")
        self._key(listed)
        yield Step("key", True, f"taken ({self._resolved.origins['credentials']})")
        self._version(listed)
        yield Step("version", True, f"{self._named()} is spoken: GET /assistants gives a list")
        model = self._settings.model
        made = self._sent("model", lambda: self._api.post_assistant(instructions=BRIEF, name="conformance smoke"))
        assistant = self._object("model", made, f"an assistant with the model {model!r}", self._model_mend())
        thread = self._object(
            "thread",
            self._sent("thread", lambda: self._api.post_thread(messages=[{"role": "user", "content": "Say hello."}])),
            "a thread with a message",
            "the target does not offer threads: it is no Assistants endpoint",
        )
        yield Step("objects", True, "an assistant and a thread were made")
        begun = self._sent("run", lambda: self._api.post_run(thread, assistant))
        run = self._object("run", begun, f"a run with the model {model!r}", self._model_mend())
        yield self._end(thread, run)

    def _sent(self, name: str, send: Callable[[], Answer]) -> Answer:
        try:
            return send()
        except Blocked as error:
            raise _Ended(
                Step(
                    name,
                    False,
                    str(error),
                    f"is a server running at {self._settings.url}? see to address, port, proxy and certificates",
                )
            ) from error

    def _key(self, answer: Answer) -> None:
        if answer.status in (401, 403):
            told = self._resolved.origins["credentials"]
            names = {"openai": "OPENAI_API_KEY", "foundry": "AZURE_OPENAI_AD_TOKEN (for https://ai.azure.com)"}
            name = names.get(self._settings.profile.platform, "AZURE_OPENAI_API_KEY or AZURE_OPENAI_AD_TOKEN")
            raise _Ended(
                Step("key", False, f"refused ({told}): {answer.told[:200]}", f"set {name} to a key of this target")
            )

    def _version(self, answer: Answer) -> None:
        if answer.ok and isinstance(answer.json.get("data"), list):
            return
        text = answer.told[:200]
        if 300 <= answer.status < 400:
            there = answer.exchange.response.headers.get("location", "elsewhere")
            raise _Ended(Step("target", False, f"redirects to {there}", "name that address with --url"))
        if any(word in text.lower() for word in _VERSION_WORDS):
            raise _Ended(
                Step(
                    "version", False, f"{self._named()} was refused: {text}", "choose another --profile, or api_version"
                )
            )
        mend = (
            "is this an Assistants endpoint? if it lies below another path: [target] base_path"
            if answer.status in (404, 405, 410, 501)
            else "choose another --profile, or see to the server"
        )
        raise _Ended(Step("version", False, f"GET {self._api.origin}/assistants answered {text}", mend))

    def _named(self) -> str:
        profile = self._settings.profile
        version = self._api.default_query().get("api-version")
        return profile.id + (f" (api-version={version})" if version else "")

    def _model_mend(self) -> str:
        return "name a model or deployment of the target: --model, or [target] model"

    def _object(self, name: str, answer: Answer, what: str, mend: str) -> str:
        identifier = answer.json.get("id")
        if answer.ok and isinstance(identifier, str):
            return identifier
        text = answer.told[:200]
        if name == "model" and not any(word in text.lower() for word in _MODEL_WORDS):
            mend = "see what the target says; " + mend
        raise _Ended(Step(name, False, f"{what} was refused: {text}", mend))

    def _end(self, thread: str, run: str) -> Step:
        polls = MOST - _KEPT_FOR_CLEANING - self._api.requests
        waited, status, told = time.monotonic(), "queued", ""
        for number in range(polls):
            # The first look is early, the last one as late as a run may take.
            share = (0.01, 0.04, 0.25, 0.7)[min(number, 3)]
            time.sleep(share * self._settings.run_timeout)
            now = self._sent("run", lambda: self._api.call("get_run", thread_id=thread, run_id=run))
            status, told = str(now.json.get("status")), str(now.json.get("last_error") or "")
            if status in self._settings.profile.lifecycle("run").terminal:
                break
        seconds = time.monotonic() - waited
        model = self._settings.model
        if status == "completed":
            return Step("run", True, f"the model {model!r} has answered: completed within {seconds:.1f} s")
        if status in ("queued", "in_progress"):
            return Step("run", False, f"still {status} after {seconds:.1f} s", "raise run_timeout, or see to the model")
        return Step("run", False, f"a run with the model {model!r} ended {status}: {told[:200]}", self._model_mend())


__all__ = ["MOST", "Step", "smoke"]
