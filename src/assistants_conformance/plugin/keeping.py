"""What a session keeps account of: what it has made at a target, and what it has spent there."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistants_conformance.target.ledger import Ledger, default_folder, new_run, opened
from assistants_conformance.target.meter import Meter
from assistants_conformance.target.sweep import ledgers, sweep
from assistants_conformance.target.table import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from assistants_conformance.target import Api, TargetSettings

_SHOWN = 20


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
        self.meter = Meter(settings, Path(account) if account else None, self._begun)
        self._account: Path | None = None
        self._folder: Path | None = None
        self._ledger: Ledger | None = None
        if live:
            asked = config.getoption("assistants_ledger")
            self._folder = config.invocation_params.dir / asked if asked else default_folder(os.environ)
            worker = str(getattr(config, "workerinput", {}).get("workerid", "main"))
            marks = not (config.getoption("assistants_record") or config.getoption("assistants_replay"))
            self._ledger = opened(settings, self._folder, self.run, worker, marks=marks)

    def fit(self, api: Api) -> None:
        """Let an Api tell of what it does."""
        api.meter = self.meter
        if self._ledger is not None:
            api.ledger = self._ledger
        elif self._counted:
            api.ledger = Ledger(self._settings.profile, self.run)

    def for_worker(self) -> dict[str, Any]:
        """Return what a worker has to know, so that it spends from the same account."""
        if self._account is None:
            descriptor, name = tempfile.mkstemp(prefix="assistants-conformance-")
            os.close(descriptor)
            self._account = Path(name)
        return {"run": self.run, "begun": self._begun, "account": str(self._account)}

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


__all__ = ["Keeping"]
