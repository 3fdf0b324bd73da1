"""Time: a clock that is wound where the target has one, pauses that back off, and how long anything is waited for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from assistants_conformance.target.answer import Answer, Blocked
from assistants_conformance.target.client import Client
from assistants_conformance.target.guard import Watch, guard, watched
from assistants_conformance.target.limits import LONGEST_HEAD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Seconds before the second look at what is at work, and before those after it at the most: a run takes about a second
#: to end and a file about two to be indexed; looking more often costs requests and shows nothing.
FIRST_PAUSE, INDEXING_PAUSE, EAGER_PAUSE = 0.75, 1.7, 0.05
LONGEST_PAUSE = 2.0
MOST_POLLS = 400


class Timed(Client):
    """A client that lets time pass."""

    #: Winds the clock of an embedded server; set by who embeds it.
    winder: Callable[[float], None] | None = None

    def pause(self, seconds: float) -> None:
        """Let time pass between two looks: that of the server in this process, where there is one."""
        if self.winder is not None and not self.replays:
            self.winder(seconds)
        else:
            super().pause(seconds)

    @property
    def can_wind(self) -> bool:
        """Whether the target has a clock that can be wound, or had one when it was recorded."""
        recorded = self.replays and self.settings.embedded
        return self.winder is not None or bool(self.settings.clock_url) or recorded

    def affords(self, seconds: float) -> None:
        """Go on only if so much time can be let pass: to be asked before anything is spent on it.

        Raises:
            Blocked: the target has no clock to wind, and waiting would take longer than a run may.
        """
        if not self.can_wind and seconds > self.settings.run_timeout:
            raise Blocked(
                f"not-run (budget): waiting {seconds:.0f} s is longer than run_timeout; declare clock_url or a shorter"
                " run_expiry_seconds"
            )

    def wind(self, seconds: float) -> None:
        """Let the target's clock go on.

        Raises:
            Blocked: see `affords`.
        """
        self.affords(seconds)
        if self.replays:
            return
        if self.winder is not None:
            self.winder(seconds)
        elif self.settings.clock_url:
            answer = self.send_absolute("POST", self.settings.clock_url, {"advance_seconds": seconds})
            if not answer.ok:
                raise Blocked(f"the clock at clock_url did not move: {answer.told}")
        else:
            with self.waiting():
                time.sleep(seconds)

    def polls(self, first: float = INDEXING_PAUSE) -> Iterator[None]:
        """Yield when it is time to look, first after so many seconds, then less and less often, until `run_timeout`.

        The last look is the one after the time has run out.
        """
        patience = self.patience()
        pause = self.soon(first)
        for _ in range(MOST_POLLS):
            over = patience(pause)
            self.pause(pause)
            yield
            if over:
                return
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def soon(self, pause: float) -> float:
        """Return how long to wait before the first look; a server whose clock is wound needs no time of ours."""
        return min(pause, EAGER_PAUSE) if self.settings.clock_url else pause

    def patience(self) -> Callable[[float], bool]:
        """Return what says of a pause whether it is the last: by our clock, and by the pauses where these wind one."""
        deadline, waited = time.monotonic() + self.settings.run_timeout, [0.0]

        def over(pause: float) -> bool:
            waited[0] += pause
            return max(waited[0] - self.settings.run_timeout, time.monotonic() - deadline) > 0

        return over

    def send_absolute(self, method: str, url: str, body: Any) -> Answer:
        """Send JSON to an address outside the API, without credentials; the judge does not see it.

        Raises:
            Blocked: no answer came.
        """
        import httpx2  # noqa: PLC0415 - only for a target with a clock of its own

        from assistants_conformance.observe import Exchange, Request, Response, lowered  # noqa: PLC0415

        seconds = self.settings.request_timeout
        sent = {"Accept-Encoding": "identity"}
        try:
            with (
                watched(Watch(seconds, LONGEST_HEAD)),
                guard(httpx2.Client(timeout=seconds, headers=sent)) as http,
                http.stream(method, url, json=body) as got,
            ):
                told = b"".join(got.iter_raw())
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise Blocked(f"{method} {url} got no answer ({type(error).__name__}: {error})") from error
        return Answer(Exchange(Request(method, url), Response(got.status_code, lowered(got.headers), told)))


__all__ = ["EAGER_PAUSE", "FIRST_PAUSE", "INDEXING_PAUSE", "LONGEST_PAUSE", "MOST_POLLS", "Timed"]
