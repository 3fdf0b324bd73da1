"""What a session keeps account of: what it has made at a target, and what it has spent there."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistants_conformance.target.answer import Blocked
from assistants_conformance.target.ledger import Ledger, default_folder, new_run, opened
from assistants_conformance.target.meter import Meter
from assistants_conformance.target.sweep import ledgers, sweep
from assistants_conformance.target.table import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pytest

    from assistants_conformance.target import Api, TargetSettings

_SHOWN = 20
_STOPPED = "not-run: the run was stopped"
#: Seconds that are given to requests on their way when a run is stopped, and between two looks at them.
_GRACE, _LOOK = 5.0, 0.02


class Keeping:
    """The ledger and the meter of one process of a session.

    Args:
        config: the session's; says where ledgers are kept, and which worker this is.
        settings: the target.
        given: what the controller has told a worker.
        live: requests reach a target that keeps what is made there.
        counted: the run is there to be counted: the server in this process is cleaned like any other.

    Raises:
        ConfigError: the ledger cannot be written.
    """

    def __init__(
        self, config: pytest.Config, settings: TargetSettings, given: Mapping[str, Any], *, live: bool, counted: bool
    ) -> None:
        self._settings = settings
        self._counted = counted
        self.run = str(given.get("run") or new_run())
        self._begun = float(given.get("begun") or time.time())
        account = given.get("account")
        self._account: Path | None = None
        if live and not account and _limited(settings):
            account = self._new_account()
        self._shared = Path(account) if account else None
        self.meter = Meter(settings, self._shared, self._begun)
        self._folder: Path | None = None
        self._ledger: Ledger | None = None
        self._worker, self._marks = "main", True
        self._meeting = Path(given["meeting"]) if given.get("meeting") else None
        self._own_meeting: Path | None = None
        #: Whether the run was stopped.
        self.halted = False
        self._beside: list[tuple[Meter, Ledger | None]] = []
        if live:
            asked = config.getoption("assistants_ledger")
            self._folder = config.invocation_params.dir / asked if asked else default_folder(os.environ)
            self._worker = str(getattr(config, "workerinput", {}).get("workerid", "main"))
            self._marks = not (config.getoption("assistants_record") or config.getoption("assistants_replay"))
            self._ledger = opened(settings, self._folder, self.run, self._worker, marks=self._marks)

    def fit(self, api: Api) -> None:
        """Let an Api tell of what it does."""
        api.meter = self.meter
        if self._ledger is not None:
            api.ledger = self._ledger
        elif self._counted:
            api.ledger = Ledger(self._settings.profile, self.run)

    @contextmanager
    def beside(self, api: Api, number: int) -> Iterator[Meter]:
        """Let an Api that works beside the others tell of what it does, in a ledger of its own, from the same account.

        A ledger gives what is to be deleted to whoever asks first, so who has others beside him needs one of his own.

        Args:
            api: the target.
            number: tells those of one process apart.

        Raises:
            ConfigError: the ledger cannot be written.
            Blocked: the run was stopped.
        """
        if self.halted:
            raise Blocked(_STOPPED)
        api.meter = meter = Meter(self._settings, self._shared, self._begun)
        ledger = None
        if self._folder is not None:
            ledger = opened(self._settings, self._folder, self.run, f"{self._worker}-{number}", marks=self._marks)
            api.ledger = ledger
        self._beside.append((meter, ledger))
        try:
            yield meter
        finally:
            meter.close()
            if ledger is not None:
                ledger.close()

    def halt(self) -> None:
        """Let nobody beside send anything any more; what was made there is deleted with the rest."""
        self.halted = True
        for meter, _ in self._beside:
            meter.halt(_STOPPED)
        kept = [ledger for _, ledger in self._beside if ledger is not None]
        deadline = time.monotonic() + min(_GRACE, self._settings.request_timeout)
        # What is on its way is waited for: nobody could find a thread whose id never came.
        while any(ledger.waiting for ledger in kept) and time.monotonic() < deadline:
            time.sleep(_LOOK)
        for ledger in kept:
            ledger.close()

    @property
    def meeting(self) -> Path | None:
        """Where the processes of a run leave word for each other; None where one is alone."""
        return self._meeting

    def _new_account(self) -> Path:
        if self._account is None:
            descriptor, name = tempfile.mkstemp(prefix="assistants-conformance-")
            os.close(descriptor)
            self._account = Path(name)
        return self._account

    def for_worker(self) -> dict[str, Any]:
        """Return what a worker has to know, so that it spends from the same account."""
        if self._meeting is None:
            self._meeting = self._own_meeting = Path(tempfile.mkdtemp(prefix="assistants-conformance-"))
        return {
            "run": self.run,
            "begun": self._begun,
            "account": str(self._new_account()),
            "meeting": str(self._meeting),
        }

    @property
    def minutes(self) -> float:
        """Minutes since the run began."""
        return self.meter.minutes

    def tidy(self) -> tuple[int, list[str]]:
        """Delete what the ledgers of this run still name, and remove them.

        Returns how many requests that took, and in words what is left; nothing where nothing is.
        """
        if self._ledger is None or self._folder is None:
            return 0, []
        self._ledger.close()
        files = ledgers(self._folder)
        if not any(file.name.startswith(self.run) for file in files):
            return 0, []
        try:
            swept = sweep(self._settings, files, run=self.run)
        except ConfigError as error:
            return 0, [str(error)]
        kept = [line for line in swept.lines if line.startswith("left")]
        more = [f"and {len(kept) - _SHOWN} more"] if len(kept) > _SHOWN else []
        end = [f"{swept.left} objects may be left at the target, as the ledger in {self._folder} says: run sweep"]
        return swept.requests, [*kept[:_SHOWN], *more, *end] if swept.left else []

    def close(self) -> None:
        """Let go of everything."""
        self.meter.close()
        if self._ledger is not None:
            self._ledger.close()
        if self._account is not None:
            self._account.unlink(missing_ok=True)
        if self._own_meeting is not None:
            shutil.rmtree(self._own_meeting, ignore_errors=True)


def _limited(settings: TargetSettings) -> bool:
    limits = (settings.budget_requests, settings.budget_runs, settings.budget_tokens, settings.budget_minutes)
    return any(limits)


__all__ = ["Keeping"]
