"""What strangers taught: a target that departs in one thing is accused of that thing and of no other."""

from __future__ import annotations

import json
from dataclasses import replace

import httpx2
import pytest

from assistants_conformance.contract import load_profile
from assistants_conformance.observe import Exchange, Judge, Request, Response
from assistants_conformance.reporting.tally import Tally
from assistants_conformance.reporting.verdicts import decide
from assistants_conformance.scenario import Verify, applies, conduct
from assistants_conformance.scenario.embed import embed, embedded_settings
from assistants_conformance.scenario.gather import scenarios
from assistants_conformance.target import Answer, Api, Blocked, Capabilities

PROFILE = load_profile("openai-v2")


def rewired(change, faults=()) -> Api:
    """A reference server of which `change(request, response)` may put another answer in the place of its own."""
    settings = embedded_settings(PROFILE, faults=faults)
    inner = embed(settings)

    def handle(request: httpx2.Request) -> httpx2.Response:
        body = request.read()
        answer = inner._http.send(
            httpx2.Request(request.method, request.url, headers=request.headers, content=body), stream=False
        )
        other = change(request, answer)
        return (
            httpx2.Response(answer.status_code, headers=answer.headers, content=answer.content)
            if other is None
            else other
        )

    made = Api(replace(settings, run_timeout=5.0), Judge(PROFILE, closed=True), httpx2.MockTransport(handle))
    made.capabilities = Capabilities({})
    made.winder = inner.winder
    return made


def judged(api: Api, *parts: str) -> Tally:
    """Carry out the scenarios whose names hold one of the parts."""
    tally = Tally()
    for scenario in scenarios():
        if applies(scenario.binding, api) and any(part in scenario.name for part in parts):
            outcome = conduct(scenario.function, api, tally, scenario.name, scenario.arguments)
            assert outcome.kind != "error", outcome.message
    tally.exercised.update(api.judge.exercised)
    return tally


def refuses(method: str, path: str, status: int):
    def change(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        if request.method == method and request.url.path == path:
            error = {"message": "Bad.", "type": "invalid_request_error", "param": None, "code": None}
            return httpx2.Response(status, json={"error": error}, headers=answer.headers | {"content-length": "0"})
        return None

    return change


def test_who_makes_no_assistant_is_not_told_of_every_limit():
    tally = judged(rewired(refuses("POST", "/v1/assistants", 400)), "test_assistants.py", "test_errors.py")
    told = {name for name in tally.failures if name.startswith("ASST-")}
    assert told == {"ASST-001", "ASST-007"}
    # Neither did a limit pass because everything is refused.
    verdicts = {row.requirement.id: row.verdict for row in decide(tally, PROFILE).rows}
    assert {verdicts[name] for name in ("ASST-008", "ASST-013", "ASST-016", "ASST-026")} == {"not-testable"}


def test_who_makes_no_assistant_does_not_thereby_lack_its_tools():
    api = rewired(refuses("POST", "/v1/assistants", 400))
    api.require("code_interpreter")
    there, how = api.capabilities.known["code_interpreter"]
    assert there
    assert "did not get through" in how


def test_who_takes_no_files_is_not_told_of_every_kind_of_file():
    tally = judged(rewired(refuses("POST", "/v1/files", 404)), "test_file_types.py", "test_files.py")
    assert {name for name in tally.failures if name.startswith(("MIME-", "FILE-"))} <= {
        "FILE-001",
        "FILE-003",
        "FILE-004",
    }
    assert "FILE-001" in tally.failures


def test_who_runs_no_new_threads_is_told_so_and_nothing_of_assistant_ids():
    tally = judged(
        rewired(refuses("POST", "/v1/threads/runs", 404)), "run_needs_an_assistant", "one_request", "without_a_thread"
    )
    assert "RUN-008" not in tally.failures


def test_another_envelope_of_refusals_is_no_stream():
    def change(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        if answer.status_code >= 400:
            return httpx2.Response(answer.status_code, json={"detail": "No."})
        return None

    tally = judged(rewired(change), "test_refused_stream")
    assert not {"ERR-022", "SSE-034"} & tally.failures.keys()
    assert tally.exercised["ERR-022"]


def test_files_that_nobody_can_list_need_no_header():
    tally = judged(rewired(refuses("GET", "/v1/files", 404)), "without_the_header", "beta_header_is_neither")
    assert not {"VER-013", "VS-044"} & tally.failures.keys()


@pytest.mark.parametrize("faults", [["filename-lost"], []])
def test_a_name_that_is_lost_alone_is_not_lost_by_others(faults):
    def change(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        if faults and request.url.path.startswith("/v1/files") and answer.status_code == 200:
            body = answer.json()
            rows = body["data"] if isinstance(body.get("data"), list) else [body]
            for row in rows:
                if "filename" in row:
                    row["filename"] = "upload.bin"
            return httpx2.Response(200, json=body)
        return None

    tally = judged(rewired(change), "files_created_at_once", "filenames_keep")
    assert not {"CONC-004", "UNI-004"} & tally.failures.keys()
    assert bool(tally.exercised["UNI-004"]) is not bool(faults)


def exchange(method: str, path: str, sent: dict | None, answered: dict, at: float) -> Exchange:
    headers = {"content-type": "application/json", "authorization": "Bearer x", "openai-beta": "assistants=v2"}
    body = b"" if sent is None else json.dumps(sent).encode()
    return Exchange(
        Request(method, f"https://api.openai.com/v1{path}", headers, body),
        Response(200, {"content-type": "application/json"}, json.dumps(answered).encode()),
        started=at,
        ended=at + 0.1,
    )


def test_what_should_have_been_refused_and_was_taken_is_what_a_retrieve_shows():
    made = {"id": "asst_" + "a" * 24, "object": "assistant", "created_at": 1700000000, "name": "before", "model": "m",
            "description": None, "instructions": None, "tools": [], "metadata": {}, "temperature": 1.0, "top_p": 1.0,
            "tool_resources": {}, "response_format": "auto"}  # fmt: skip
    bad = {"name": "after", "metadata": {"key": "v" * 513}}
    judge = Judge(PROFILE, closed=True)
    path = f"/assistants/{made['id']}"
    for one in (
        exchange("POST", "/assistants", {"model": "m", "name": "before"}, made, 0),
        exchange("POST", path, bad, {**made, **bad}, 1),
        exchange("GET", path, None, {**made, **bad}, 2),
        exchange("POST", path, {"description": "more"}, {**made, **bad, "description": "more"}, 3),
    ):
        judge.observe(one)
    assert not {"ASST-035", "ASST-036", "OBJ-006"} & {finding.requirement for finding in judge.findings}


def test_a_page_of_a_limit_that_is_none_says_nothing_of_paging():
    judge = Judge(PROFILE, closed=True)
    empty = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": True}
    judge.observe(exchange("GET", "/assistants?limit=-1", None, empty, 0))
    assert not {"PAGE-011", "PAGE-020", "N-18"} & {finding.requirement for finding in judge.findings}
    judge.observe(exchange("GET", "/assistants?limit=2", None, empty, 1))
    assert {"PAGE-011", "PAGE-020", "N-18"} <= {finding.requirement for finding in judge.findings}


class Shelf:
    """A list in which the objects of one second stand as they were made, whichever way it is asked for."""

    def __init__(self) -> None:
        self.rows = [(0, f"msg_{number}") for number in range(7)]

    def call(self, _listed: str, *, query: dict):
        newest = query["order"] == "desc"
        rows = sorted(self.rows, key=lambda row: -row[0] if newest else row[0])
        ids = [identifier for _, identifier in rows]
        begin = ids.index(query["after"]) + 1 if query["after"] else 0
        page = ids[begin : begin + query["limit"]]
        body = {
            "object": "list",
            "data": [{"id": identifier} for identifier in page],
            "last_id": page[-1] if page else None,
            "has_more": begin + query["limit"] < len(ids),
        }
        return Answer(exchange("GET", "/threads/thread_1/messages", None, body, 0))


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("loses", [False, True])
def test_a_walk_goes_by_the_order_that_the_list_has(order, loses):
    walk = next(
        one.function for one in scenarios() if "pagination_of_messages_is_not_disturbed" in one.name
    ).__globals__
    shelf, verify = Shelf(), Verify(PROFILE)
    made = [identifier for _, identifier in shelf.rows]

    def insert() -> str:
        shelf.rows.append((1, f"msg_new_{len(shelf.rows)}"))
        if loses:
            shelf.rows.remove((0, "msg_5"))
        return shelf.rows[-1][1]

    try:
        walk["walk_while_inserting"](
            shelf, verify, "STAB-001", "list_messages", order, insert, made, size=2, inserted=1
        )
    except Blocked as told:
        pytest.fail(str(told))
    assert bool(verify.findings) is loses
