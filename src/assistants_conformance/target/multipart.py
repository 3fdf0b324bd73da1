"""Form bodies for uploads, written by hand so that a test can leave out or bend any part of them."""

from __future__ import annotations

from dataclasses import dataclass

_BOUNDARY = "conformance-7f3a9c51d2e84b06"


@dataclass(frozen=True)
class Part:
    """One part of a form. `filename` None makes it a plain field; `content_type` None leaves the header out."""

    name: str
    content: bytes
    filename: str | None = None
    content_type: str | None = None


def form(*parts: Part) -> tuple[bytes, str]:
    """Return the body and its content type."""
    pieces: list[bytes] = []
    for part in parts:
        disposition = f'form-data; name="{part.name}"'
        if part.filename is not None:
            escaped = part.filename.replace("\\", "\\\\").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
            disposition += f'; filename="{escaped}"'
        pieces.append(f"--{_BOUNDARY}\r\nContent-Disposition: {disposition}\r\n".encode())
        if part.content_type is not None:
            pieces.append(f"Content-Type: {part.content_type}\r\n".encode())
        pieces += [b"\r\n", part.content, b"\r\n"]
    pieces.append(f"--{_BOUNDARY}--\r\n".encode())
    return b"".join(pieces), f"multipart/form-data; boundary={_BOUNDARY}"
