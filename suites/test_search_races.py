"""Races: what several requests at once are answered, and that it is as if they had come one after the other.

Covers RACE-001 to RACE-009 and LOCK-011. Nobody knows in which order a server takes requests that overlap. So nothing
is expected of any one answer: all of them together, with what is read afterwards, have to fit some order.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from itertools import product
from typing import Any

import pytest

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.scenario.race import QUESTION, Race, caller, need_runs, sizes
from assistants_conformance.target import Answer, Api, Blocked

SUBMIT_OR_CANCEL = ("submit", "cancel")


def _waiting(api: Api, assistant: str) -> dict[str, Any]:
    """Return a run on a new thread that waits for tool outputs."""
    return api.parked(thread=_asked(api), assistant=assistant)


def _asked(api: Api) -> str:
    return str(api.thread(messages=[{"role": "user", "content": QUESTION}])["id"])


def _free(api: Api, race: Race) -> None:
    """Look at every run that was let in, then bring it to its end, and look whether the thread is free."""
    for run in race.accepted:
        api.wait(run, "requires_action")
    for run in race.accepted:
        race.then(race.read(run))
    race.then(race.runs())
    for run in race.accepted:
        now = api.get_run(run)
        if now.get("status") == "requires_action":
            race.then(race.submit(now))
            api.wait(now)
        race.then(race.read(now))
    race.then(race.message())


@requirement("RACE-001", "LOCK-011", needs=("function_calling",))
def test_of_many_runs_at_once_one_is_let_in(api: Api, verify: Verify) -> None:
    need_runs(api)
    run = api.parked()
    api.release(run)
    for count in sizes(api):
        race = Race(api, run["thread_id"])
        with race.judged(verify, "LOCK-011" if count == 2 else "RACE-001"):
            race.at_once(*(race.run(run["assistant_id"]) for _ in range(count)))
            _free(api, race)
            if len(race.accepted) > 1:
                raise Blocked("a run ended before the others came, so nothing was locked")


@requirement("RACE-002", needs=("function_calling",))
def test_messages_and_runs_at_once_fit_an_order(api: Api, verify: Verify) -> None:
    need_runs(api)
    assistant = caller(api)
    for count in sizes(api):
        race = Race(api, _asked(api))
        with race.judged(verify, "RACE-002"):
            moves = [race.message() for _ in range(count)]
            moves.insert(count // 2, race.run(assistant))
            race.at_once(*moves)
            race.then(race.messages())
            _free(api, race)
            race.then(race.messages())


@requirement("RACE-003", needs=("function_calling",))
def test_outputs_submitted_at_once_are_taken_once(api: Api, verify: Verify) -> None:
    need_runs(api)
    assistant = caller(api)
    for count in sizes(api):
        run = _waiting(api, assistant)
        race = Race(api, run["thread_id"], waiting=run)
        with race.judged(verify, "RACE-003"):
            race.at_once(*(race.submit(run) for _ in range(count)))
            _ended(api, race, run)


def _ended(api: Api, race: Race, run: dict[str, Any]) -> None:
    race.then(race.read(run))
    api.wait(run)
    race.then(race.read(run))
    race.then(race.steps(run))


@requirement("RACE-004", needs=("function_calling", "cancel_requires_action"))
@pytest.mark.parametrize("first", SUBMIT_OR_CANCEL)
def test_submit_and_cancel_at_once_fit_an_order(api: Api, verify: Verify, first: str) -> None:
    need_runs(api)
    assistant = caller(api)
    for _ in range(max(1, api.settings.effort.rounds)):
        run = _waiting(api, assistant)
        race = Race(api, run["thread_id"], waiting=run)
        with race.judged(verify, "RACE-004"):
            moves = [race.submit(run), race.cancel(run)]
            race.at_once(*(moves if first == "submit" else moves[::-1]))
            _ended(api, race, run)


def _left(api: Api, run: dict[str, Any]) -> float:
    """Return the seconds until a run expires, by the target's clock, a second too many at most."""
    expires = run.get("expires_at")
    told = api.call("get_run", thread_id=run["thread_id"], run_id=run["id"]).exchange.response.headers.get("date")
    if not isinstance(expires, int) or told is None:
        raise Blocked(f"nobody says when the run expires: expires_at {expires!r}, Date {told!r}")
    try:
        return max(0.0, expires - parsedate_to_datetime(told).timestamp())
    except ValueError as error:
        raise Blocked(f"the Date header is none: {told!r}") from error


@requirement("RACE-005", needs=("function_calling",), waits=True)
@pytest.mark.parametrize("late", SUBMIT_OR_CANCEL)
@pytest.mark.parametrize("place", ["first", "last"])
def test_what_is_asked_of_an_expiring_run_fits_an_order(api: Api, verify: Verify, place: str, late: str) -> None:
    need_runs(api)
    assistant = caller(api)
    for _ in range(max(1, api.settings.effort.rounds // 2)):
        run = _waiting(api, assistant)
        left = _left(api, run)
        race = Race(api, run["thread_id"], waiting=run, lenient=True)
        with race.judged(verify, "RACE-005"):
            api.wind(max(0.0, left - 1))
            moves = [race.read(run) for _ in range(max(8, api.settings.effort.racers) - 1)]
            moves.insert(len(moves) if place == "last" else 0, getattr(race, late)(run))
            race.at_once(*moves)
            _ended(api, race, run)


@requirement("RACE-006", needs=("function_calling",))
@pytest.mark.parametrize("first", ["run", "delete"])
def test_run_on_a_thread_that_is_deleted_at_once_is_gone_too(api: Api, verify: Verify, first: str) -> None:
    need_runs(api)
    assistant = caller(api)
    for _ in range(max(1, api.settings.effort.rounds)):
        race = Race(api, _asked(api))
        with race.judged(verify, "RACE-006"):
            moves = [race.run(assistant), race.delete()]
            race.at_once(*(moves if first == "run" else moves[::-1]))
            for run in race.accepted:
                race.then(race.read(run))
            race.then(race.runs())
            race.then(race.look())


@requirement("RACE-007", needs=("message_delete",))
def test_deleted_message_stays_deleted_whatever_comes_at_once(api: Api, verify: Verify) -> None:
    for count in sizes(api):
        thread = api.thread()["id"]
        doomed = api.message(thread, api.unique())["id"]
        race = Race(api, thread, messages=(doomed,))
        with race.judged(verify, "RACE-007"):
            moves = [race.message() if number % 2 else race.messages() for number in range(1, count)]
            race.at_once(race.delete_message(doomed), *moves)
            race.then(race.messages())


@requirement("RACE-008")
def test_messages_on_a_thread_that_is_deleted_at_once_are_gone_too(api: Api, verify: Verify) -> None:
    places = ("middle",) if api.settings.effort.breadth else ("first", "middle", "last")
    for place, count in product(places, sizes(api)):
        race = Race(api, _asked(api))
        with race.judged(verify, "RACE-008"):
            moves = [race.messages() if number % 2 else race.message() for number in range(count)]
            moves.insert({"first": 0, "middle": count // 2, "last": count}[place], race.delete())
            race.at_once(*moves)
            race.then(race.look())
            race.then(race.messages())
            race.then(race.message())


@requirement("RACE-009")
def test_of_many_deletions_at_once_one_is_done(api: Api, verify: Verify) -> None:
    thread = api.thread()["id"]
    answers: list[Answer] = [api.call("delete_thread", thread_id=thread) for _ in range(2)]
    if answers[1].status != 404:
        raise Blocked(f"a second deletion is not refused with 404 either where it comes later: {answers[1].told}")
    for count in sizes(api):
        race = Race(api, api.thread()["id"])
        with race.judged(verify, "RACE-009"):
            race.at_once(*(race.delete() for _ in range(count)))
            race.then(race.look())
