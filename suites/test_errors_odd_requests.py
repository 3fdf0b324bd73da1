"""Odd requests: whatever is sent, an answer comes, and it is no server fault.

Covers ERR-025 and ERR-032, which the judge sees on all traffic.
"""

from __future__ import annotations

from typing import Any

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.target import Api, Blocked

JSON = "application/json"
#: After so many requests without an answer the target is taken for dead.
MOST_LOST = 3


class Prober:
    """Sends odd requests and goes on where no answer came, but not for ever: the judge has written it down."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._lost = 0

    def __call__(self, operation: str, **how: Any) -> None:
        """Send one request.

        Raises:
            Blocked: too many got no answer.
        """
        try:
            self._api.call(operation, **how)
        except Blocked:
            self._lost += 1
            if self._lost >= MOST_LOST:
                raise


@requirement("ERR-025", "ERR-032")
def test_odd_bodies_are_survived(api: Api, verify: Verify) -> None:
    model, probe = api.settings.model, Prober(api)
    bodies = (
        b"null",
        b"[" * 3000 + b"]" * 3000,
        b'{"model": "\xff\xfe"}',
        f'{{"model": "{model}", "tools": [null]}}'.encode(),
        f'{{"model": "{model}", "temperature": NaN}}'.encode(),
        b'{"model": "x", "name": "\\ud800"}',
        b"",
        b"[]",
        b'"text"',
        b'{"model": 5}',
        b'{"model": null}',
        b'{"model": "x", "model": "y"}',
        f'{{"model": "{model}", "tools": [{{"type": "function", "function": null}}]}}'.encode(),
        f'{{"model": "{model}", "metadata": ["a"]}}'.encode(),
        f'{{"model": "{model}", "metadata": {{"a": {{"b": {{}}}}}}}}'.encode(),
        f'{{"model": "{model}", "created_at": 1e999}}'.encode(),
    )
    for content in api.some(bodies, times=3):
        probe("create_assistant", content=content, content_type=JSON)
    thread = api.thread()["id"]
    odd: tuple[dict[str, Any], ...] = ({"role": None, "content": None}, {"role": "user", "content": {"text": 1}}, {})
    for body in api.some(odd):
        probe("create_message", thread_id=thread, json=body)
    for wanted in api.some((None, {}, 5, ["a"])):
        probe("create_run", thread_id=thread, json={"assistant_id": wanted})
    probe("upload_file", content=b"none", content_type="multipart/form-data; boundary=x")
    probe("upload_file", json={"purpose": "assistants"})


@requirement("ERR-025", "ERR-032")
def test_odd_ids_and_queries_are_survived(api: Api, verify: Verify) -> None:
    probe = Prober(api)
    for identifier in api.some(("x", "é", "a" * 500, "0", "null", "thread_", "a b", "a/b", "'--", "${x}")):
        probe("get_thread", thread_id=identifier)
        probe("get_assistant", assistant_id=identifier)
        probe("get_file", file_id=identifier)
    queries = (
        ("limit", "many"),
        ("after", "x"),
        ("limit", "9" * 30),
        ("limit", "-1"),
        ("limit", ""),
        ("order", "sideways"),
        ("before", ""),
        ("no_such_parameter", "1"),
    )
    for name, value in api.some(queries):
        probe("list_assistants", query={name: value})
