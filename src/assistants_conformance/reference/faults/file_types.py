"""Faults of the file types: incomplete tables, and deciding by something other than the extension."""

from __future__ import annotations

from typing import Any

from assistants_conformance.contract.documents import read
from assistants_conformance.reference.faults import Fault


def type_fault(row: dict[str, Any], mime_type: str | None) -> str:
    """Return the name of the fault that refuses one row of the table under one MIME type."""
    return f"no-{row['extension'].lstrip('.')}-as-{(mime_type or '').replace('/', '-')}"


FAULTS = (
    *(
        Fault(
            type_fault(row, mime_type),
            f"A {row['extension']} file that is uploaded as {mime_type} is refused.",
            (row["requirement"],),
        )
        for row in read("file_types")["file_types"]
        for mime_type in row["mime_types"]
    ),
    Fault(
        "mime-type-decides",
        "An upload with a MIME type that its extension does not have in the documents is refused.",
        ("FILE-029", "MIME-032"),
    ),
    Fault("mime-type-is-required", "An upload whose part has no Content-Type is refused.", ("MIME-033",)),
    Fault("extension-in-capitals-refused", "An extension is matched with regard to case.", ("MIME-034",)),
)
