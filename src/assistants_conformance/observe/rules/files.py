"""Files: what an upload answers about what was sent, and what a deletion answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.observe.context import Context, whole
from assistants_conformance.observe.form import read_form

if TYPE_CHECKING:
    from assistants_conformance.observe.call import Call

_STATES = ("uploaded", "processed", "error")
_AZURE_STATES = (*_STATES, "pending", "running", "deleting", "deleted")
#: Until late 2023 the services answered `uploaded` first. Unix seconds, 2024-01-01.
_AT_ONCE = 1_704_067_200


def observe_files(call: Call, context: Context) -> None:
    """Judge the answers of `/files`."""
    operation = call.operation
    if operation is None or not call.ok:
        return
    if operation.id == "delete_file":
        _deleted(call, context)
        return
    states = _STATES if call.profile.platform == "openai" else _AZURE_STATES
    for file in call.objects("file"):
        status = file.get("status")
        context.report.check("FILE-011", status in states, f"status {status!r}", f"one of {', '.join(states)}")
    if operation.id == "upload_file":
        _uploaded(call, context, call.body if isinstance(call.body, dict) else {})


def _uploaded(call: Call, context: Context, file: dict[str, Any]) -> None:
    report = context.report
    complete = isinstance(file.get("id"), str) and file.get("object") == "file"
    told = f"status {call.status}, object {file.get('object')!r}, id {file.get('id')!r}"
    report.check("FILE-002", call.status == 200 and complete, told, "status 200 with the file object")
    report.check("FILE-003", call.status in (200, 201) and complete, told, "status 200 (or 201) with the file object")
    sent = read_form(call.exchange.request)
    if "purpose" not in sent or "file" not in sent:
        return
    if sent["purpose"].content == b"assistants":
        report.check("FILE-007", file.get("purpose") == "assistants", file.get("purpose"), "purpose assistants")
        if context.closed or (whole(file.get("created_at")) or 0) >= _AT_ONCE:
            report.check("FILE-012", file.get("status") == "processed", file.get("status"), "status processed")
    if context.closed:
        # A recorder may cut or change what was uploaded, so only a whole trace is judged.
        for name, value in (("bytes", len(sent["file"].content)), ("filename", sent["file"].filename)):
            report.check("FILE-013", file.get(name) == value, f"{name} {file.get(name)!r}", f"{name} {value!r}")


def _deleted(call: Call, context: Context) -> None:
    body = call.body if isinstance(call.body, dict) else {}
    identifier = call.params.get("file_id")
    right = body.get("object") == "file" and body.get("deleted") is True
    # Recorders put a placeholder into one of the two places only.
    if context.is_real(identifier) and context.is_real(body.get("id")):
        right = right and body["id"] == identifier
    right = right and isinstance(body.get("id"), str)
    told = f"status {call.status}, {body!r:.160}"
    for requirement in ("FILE-005", "FILE-006"):
        context.report.check(
            requirement,
            call.status == 200 and right,
            told,
            f"status 200, id {identifier!r}, object 'file', deleted true",
        )
