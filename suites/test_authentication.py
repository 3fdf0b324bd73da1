"""Authentication: which credentials are served, which are refused and how, and that a refusal does nothing.

Covers AUTH-001 to AUTH-017. A target that serves requests without any credential cannot show that one authenticates.
"""

from __future__ import annotations

from assistants_conformance.scenario import Verify, requirement
from assistants_conformance.target import Answer, Api, Blocked, NotApplicable
from assistants_conformance.target.specimens import left_behind, series, specimens, unknown_id

Headers = dict[str, str | None]

NOTHING: Headers = {"api-key": None, "Authorization": None}
ACCESS_DENIED = "Access denied due to invalid subscription key or wrong API endpoint."


def azure(api: Api) -> bool:
    return api.profile.platform == "azure"


def credential(api: Api, value: str) -> Headers:
    """Return the headers of an API key, where the platform has it."""
    if azure(api):
        return {"api-key": value, "Authorization": None}
    return bearer(value)


def bearer(value: str) -> Headers:
    return {"api-key": None, "Authorization": f"Bearer {value}"}


def wrong(api: Api) -> Headers:
    """Return a key of the right form that nobody was given."""
    return credential(api, api.chance.digits(32) if azure(api) else f"sk-{api.chance.digits(48)}")


def key_of(api: Api) -> str:
    key = api.settings.api_key or ("" if azure(api) else api.settings.bearer_token)
    if not key:
        raise NotApplicable("no API key is configured")
    return key


def create(api: Api, headers: Headers, name: str) -> Answer:
    body = {"model": api.settings.model, "name": name}
    return api.call("create_assistant", json=body, headers=headers)


def guarded(api: Api) -> None:
    """Go on only if the target looks at credentials at all."""
    if api.call("list_assistants", query={"limit": 1}, headers=NOTHING).ok:
        raise Blocked("requests without a credential are served too, so nothing shows that one authenticates")


def served(api: Api, verify: Verify, rule: str, headers: Headers) -> None:
    """Check that credentials serve a read and a create, and that the object is the one that was asked for."""
    name = api.unique()
    verify.status(rule, api.call("list_assistants", query={"limit": 1}, headers=headers), 200)
    answer = create(api, headers, name)
    if verify.status(rule, answer, 200):
        verify.equal(rule, answer.json.get("name"), name, answer)


@requirement("AUTH-001", "AUTH-003")
def test_valid_key_is_served(api: Api, verify: Verify) -> None:
    key = key_of(api)
    guarded(api)
    served(api, verify, "AUTH-001" if azure(api) else "AUTH-003", credential(api, key))


@requirement("AUTH-002")
def test_valid_token_is_served(api: Api, verify: Verify) -> None:
    if not api.settings.bearer_token:
        raise NotApplicable("no Entra token is configured")
    guarded(api)
    served(api, verify, "AUTH-002", bearer(api.settings.bearer_token))


@requirement("AUTH-015")
def test_valid_key_wins_beside_the_same_bearer_value(api: Api, verify: Verify) -> None:
    key = key_of(api)
    guarded(api)
    served(api, verify, "AUTH-015", {"api-key": key, "Authorization": f"Bearer {key}"})


@requirement("AUTH-005", "AUTH-006", "AUTH-014", "AUTH-016")
def test_request_with_no_or_a_wrong_key_is_refused_and_does_nothing(api: Api, verify: Verify) -> None:
    thread, name = api.thread()["id"], api.unique()
    for rule, headers in (("AUTH-005", NOTHING), ("AUTH-006", wrong(api))):
        verify.refused(rule, create(api, headers, name), 401)
        verify.refused(rule, api.call("get_thread", thread_id=thread, headers=headers), 401)
        body = {"role": "user", "content": name}
        verify.refused(rule, api.call("create_message", thread_id=thread, json=body, headers=headers), 401)
    verify.unchanged("AUTH-016", [], api.ids("list_messages", thread_id=thread), "messages")
    stored = left_behind(api, name)
    verify("AUTH-016", not stored, observed="the assistant of the refused request is listed", expected="nothing made")


@requirement("AUTH-012", "AUTH-013")
def test_objects_belong_to_their_account(api: Api, verify: Verify) -> None:
    if not api.settings.other_key:
        raise NotApplicable("no key of another account is configured (other_key_env)")
    guarded(api)
    rule, allowed = ("AUTH-012", (401, 404)) if azure(api) else ("AUTH-013", (401, 403, 404))
    other = credential(api, api.settings.other_key)
    assistant, file = api.assistant()["id"], api.file()["id"]
    thread, (message,) = series(api, 1)
    for answer in (
        api.call("get_thread", thread_id=thread, headers=other),
        api.call("get_message", thread_id=thread, message_id=message, headers=other),
        api.call("list_messages", thread_id=thread, headers=other),
        api.call("get_assistant", assistant_id=assistant, headers=other),
        api.call("get_file", file_id=file, headers=other),
    ):
        verify.refused(rule, answer, *allowed)


@requirement("AUTH-007", "AUTH-009")
def test_refusal_of_a_wrong_key_has_the_recorded_body(api: Api, verify: Verify) -> None:
    answer = api.call("list_assistants", query={"limit": 1}, headers=wrong(api))
    if answer.status != 401:
        raise Blocked(f"a wrong key is not refused with 401: {answer.told}")
    error, message = answer.error, answer.error.get("message")
    verify(
        "AUTH-007",
        error.keys() == {"code", "message"}
        and error.get("code") == "401"
        and isinstance(message, str)
        and message.startswith(ACCESS_DENIED),
        observed=answer.told,
        expected=f'error with code "401" and a message that begins "{ACCESS_DENIED}", and nothing else',
        answer=answer,
    )
    verify(
        "AUTH-009",
        error.get("type") == "invalid_request_error" and error.get("code") == "invalid_api_key",
        observed=answer.told,
        expected="error with type invalid_request_error and code invalid_api_key",
        answer=answer,
    )


@requirement("AUTH-008", "AUTH-017")
def test_key_is_no_token(api: Api, verify: Verify) -> None:
    answer = api.call("list_assistants", query={"limit": 1}, headers=bearer(key_of(api)))
    verify.refused("AUTH-008", answer, 401)
    if answer.status != 401:
        raise Blocked(f"a key sent as bearer token is not refused with 401: {answer.told}")
    verify(
        "AUTH-017",
        answer.json.get("statusCode") == 401
        and isinstance(answer.json.get("message"), str)
        and "error" not in answer.json,
        observed=answer.told,
        expected="statusCode 401 and a message at the top, no error object",
        answer=answer,
    )


@requirement("AUTH-010")
def test_credentials_are_looked_at_first(api: Api, verify: Verify) -> None:
    headers = wrong(api)
    for answer in (
        api.call("create_assistant", content=b'{"model": ', content_type="application/json", headers=headers),
        api.call("create_assistant", json={}, headers=headers),
        api.call("get_thread", thread_id=unknown_id(api, "thread"), headers=headers),
    ):
        verify.refused("AUTH-010", answer, 401)


@requirement("AUTH-011")
def test_every_operation_refuses_missing_credentials(api: Api, verify: Verify) -> None:
    let_through = []
    for specimen in specimens(api):
        answer = specimen.send(api, headers=NOTHING)
        # What looks for a made-up object first breaks AUTH-010, not this rule.
        if answer.status != 401 and (specimen.real or answer.status != 404):
            let_through.append(f"{specimen.operation.id} {answer.status}")
    verify("AUTH-011", not let_through, observed=", ".join(let_through), expected="401 from every operation")


@requirement("AUTH-011")
def test_streamed_run_without_credentials_gets_a_json_refusal(api: Api, verify: Verify) -> None:
    assistant, thread = api.assistant()["id"], api.thread()["id"]
    body = {"assistant_id": assistant, "stream": True}
    for answer in (
        api.call("create_run", thread_id=thread, json=body, headers=NOTHING),
        api.call("create_thread_and_run", json=body, headers=NOTHING),
    ):
        kind = answer.exchange.response.content_type
        verify(
            "AUTH-011",
            answer.status == 401 and kind == "application/json" and answer.json,
            observed=f"{kind}: {answer.told}",
            expected="401 with a JSON error",
            answer=answer,
        )
