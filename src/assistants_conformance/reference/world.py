"""Everything that a handler of a request works with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistants_conformance.reference.careless_engine import CarelessEngine
from assistants_conformance.reference.careless_state import Remains
from assistants_conformance.reference.files import FileTypes
from assistants_conformance.reference.ids import Uuids
from assistants_conformance.reference.index import Index
from assistants_conformance.reference.outside_engine import ProjectEngine
from assistants_conformance.reference.render import Renderer
from assistants_conformance.reference.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistants_conformance.contract import Profile
    from assistants_conformance.reference.clock import Clock
    from assistants_conformance.reference.faults import Faults
    from assistants_conformance.reference.wire import Upload

# Which models there are. Names of deployments are free, so a name is taken for one unless it says that it is none.
_NO_MODEL = re.compile(
    r"\b(no-such|not-a|unknown|nonexistent|non-existent|does-not-exist|missing|invalid)", re.IGNORECASE
)


class World:
    """One server's state and rules."""

    def __init__(
        self,
        profile: Profile,
        clock: Clock,
        faults: Faults,
        failing_model: str | None,
        run_expiry: int | None,
        seed: str | None = None,
    ) -> None:
        self.profile = profile
        self.clock = clock
        self.faults = faults
        self.failing_model = failing_model
        self.run_expiry = run_expiry
        self.store = Store(profile, faults, seed)
        self.render = Renderer(profile, faults)
        self.file_types = FileTypes(profile)
        self.index = Index(self)
        self.engine = CarelessEngine(self) if faults.active else ProjectEngine(self)
        # Spoils an object that goes out; set by the server, for whatever leaves it by another way than an answer.
        self.spoil: Callable[[dict[str, Any]], dict[str, Any]] = lambda shown: shown
        # Where lists showed their items first; only a faulty cursor asks for it.
        self.offsets: dict[str, int] = {}
        # What was deleted; only a faulty deletion leaves traces.
        self.ghosts: dict[str, Any] = {}
        # What faulty operations still find or lose.
        self.remains = Remains()
        if faults.on("ids-are-uuids"):
            self.store.ids = Uuids(profile.id_forms)

    def settle(self) -> None:
        """Bring everything that goes on by itself up to the present."""
        self.index.settle()
        self.engine.settle()

    def now(self) -> int:
        """Return the time in whole seconds, as objects carry it."""
        return int(self.clock.now())

    def expiry(self, created_at: int) -> int:
        """Return when a run that was created then expires."""
        seconds = self.profile.expiry.before_action[-1] if self.run_expiry is None else self.run_expiry
        if self.faults.on("runs-expire-after-an-hour"):
            seconds = 3600
        return created_at + seconds

    def knows_model(self, name: str) -> bool:
        """Say whether there is a model or deployment of that name."""
        if self.faults.on("unknown-model-works"):
            return True
        return name == self.failing_model or not _NO_MODEL.search(name)


@dataclass(frozen=True)
class Call:
    """One request to one operation: path parameters, query, and the checked body (a form has its upload besides)."""

    params: dict[str, str]
    query: dict[str, str]
    body: dict[str, Any]
    upload: Upload | None = None
