"""By what an object is known again whose id nobody was told: digests of what was asked for, never the text itself."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistants_conformance.observe import Request

#: The member of `metadata` that holds the id of the run.
MARK = "conformance_run"

#: By kind: the operation that makes it, the one that ends it with the name of its parameter, and the one that lists it.
KINDS: dict[str, tuple[tuple[str, ...], str, str, str]] = {
    "assistant": (("create_assistant",), "delete_assistant", "assistant_id", "list_assistants"),
    "thread": (("create_thread", "create_thread_and_run"), "delete_thread", "thread_id", "list_threads"),
    "file": (("upload_file",), "delete_file", "file_id", "list_files"),
    "vector_store": (("create_vector_store",), "delete_vector_store", "vector_store_id", "list_vector_stores"),
}

#: What an answer repeats word for word of what was asked for.
_MEMBERS: dict[str, tuple[str, ...]] = {
    "assistant": ("model", "name", "description", "instructions", "metadata"),
    "thread": ("metadata",),
    "file": ("filename", "bytes", "purpose"),
    "vector_store": ("name", "metadata"),
}
#: Members that many objects share; what has nothing but these is known by its time alone.
_COMMON = ("model", "purpose", "bytes")
_NAME = re.compile(rb'name="([^"]*)"(?:; *filename="((?:[^"\\]|\\.)*)")?', re.IGNORECASE)


def kind_made_by(operation: str) -> str | None:
    """Return the kind of object that an operation creates; None where it creates nothing that stands by itself."""
    return next((kind for kind, (makers, *_) in KINDS.items() if operation in makers), None)


def kind_ended_by(operation: str) -> str | None:
    """Return the kind of object that an operation deletes; None where it deletes nothing that stands by itself."""
    return next((kind for kind, (_, ender, *_) in KINDS.items() if operation == ender), None)


def asked(kind: str, operation: str, request: Request) -> dict[str, str]:
    """Return the digests of what a create asked for; of a member that it leaves out, that of nothing."""
    if kind == "file":
        return _digests(kind, _of_form(request))
    body = request.json
    if operation == "create_thread_and_run":
        body = body.get("thread") if isinstance(body, dict) else None
    return _digests(kind, body if isinstance(body, dict) else {})


def shown(kind: str, thing: Mapping[str, Any]) -> dict[str, str]:
    """Return the digests of an object that a list shows."""
    return _digests(kind, thing)


def telling(kind: str, prints: Mapping[str, str]) -> bool:
    """Say whether anything but the time tells an object from a stranger's."""
    return any(prints.get(name) for name in _MEMBERS[kind] if name not in _COMMON)


def marked(thing: Mapping[str, Any], run: str) -> bool:
    """Say whether an object carries the id of a run."""
    metadata = thing.get("metadata")
    return bool(run) and isinstance(metadata, dict) and metadata.get(MARK) == run


def _digests(kind: str, thing: Mapping[str, Any]) -> dict[str, str]:
    return {name: _digest(thing.get(name)) for name in _MEMBERS[kind]}


def _digest(value: Any) -> str:
    if value in (None, "", {}, []):
        return ""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _of_form(request: Request) -> dict[str, Any]:
    found = re.search(r'boundary="?([^";,]+)', request.headers.get("content-type", ""))
    made: dict[str, Any] = {}
    for part in request.body.split(b"--" + found.group(1).encode()) if found else ():
        head, gap, content = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if not gap or name is None:
            continue
        content = content.removesuffix(b"\r\n")
        if name.group(2) is not None:
            text = name.group(2).decode("utf-8", "replace").replace("%22", '"').replace("\\\\", "\\")
            made |= {"filename": text, "bytes": len(content)}
        elif name.group(1) == b"purpose":
            made["purpose"] = content.decode("utf-8", "replace")
    return made


__all__ = ["KINDS", "MARK", "asked", "kind_ended_by", "kind_made_by", "marked", "shown", "telling"]
