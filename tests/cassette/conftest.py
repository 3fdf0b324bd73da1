"""Exchanges made by hand."""

from __future__ import annotations

from typing import Any

from assistants_conformance.observe import Exchange, Request, Response

URL = "http://clone.example/v1/threads"
JSON = {"content-type": "application/json"}


def asked(body: bytes = b"", *, method: str = "POST", url: str = URL, **headers: str) -> Request:
    return Request(method, url, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def exchange(request: Request | None = None, body: bytes = b"{}", *, status: int = 200, **more: Any) -> Exchange:
    headers = more.pop("headers", JSON)
    return Exchange(request or asked(), Response(status, headers, body), **{"started": 1.0, "ended": 2.0, **more})


def form(boundary: str, content: bytes = b"one\r\ntwo", name: str = "a.txt") -> Request:
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nassistants\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        + content
        + f"\r\n--{boundary}--\r\n".encode()
    )
    return asked(body, url="http://clone.example/v1/files", content_type=f"multipart/form-data; boundary={boundary}")
