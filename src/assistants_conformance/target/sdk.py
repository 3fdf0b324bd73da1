"""The `openai` package on the target: its requests go out through the target's own client, and so past the judge."""

from __future__ import annotations

import json
import warnings
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import httpx2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from openai import OpenAI

    from assistants_conformance.target.answer import Answer
    from assistants_conformance.target.live import LiveStream
    from assistants_conformance.target.settings import TargetSettings

    Exchanger = Callable[[str, str, dict[str, str], bytes], Answer]
    Streamer = Callable[[str, str, dict[str, str], bytes], AbstractContextManager[LiveStream]]

#: Headers that belong to one connection and are set anew on the other side of the bridge.
_OF_THE_CONNECTION = frozenset(
    {"accept-encoding", "connection", "content-encoding", "content-length", "host", "transfer-encoding"}
)


class _Bridge(httpx2.BaseTransport):
    """Takes each request of the package to the target; what goes wrong on the way keeps its name as the cause."""

    def __init__(self, exchange: Exchanger, stream: Streamer) -> None:
        self._exchange = exchange
        self._stream = stream

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if _streams(request.read()):
            opened = ExitStack()
            carried = _carried(request.headers)
            live = opened.enter_context(self._stream(request.method, str(request.url), carried, request.read()))
            return httpx2.Response(
                live.status, headers=_carried(live.head.headers), stream=_Passing(live, opened), request=request
            )
        answer = self._exchange(request.method, str(request.url), _carried(request.headers), request.read())
        got = answer.exchange.response
        return httpx2.Response(got.status, headers=_carried(got.headers), content=got.body, request=request)


class _Passing(httpx2.SyncByteStream):
    """The bytes of a stream on their way to the package; leaving them leaves the stream."""

    def __init__(self, live: LiveStream, opened: ExitStack) -> None:
        self._live = live
        self._opened = opened

    def __iter__(self) -> Iterator[bytes]:
        yield from self._live.chunks()

    def close(self) -> None:
        self._opened.close()


def _streams(body: bytes) -> bool:
    try:
        sent = json.loads(body) if body.startswith(b"{") else None
    except ValueError:
        return False
    return isinstance(sent, dict) and sent.get("stream") is True


def _carried(headers: Any) -> dict[str, str]:
    # A header is put together from ASCII alone; a target may have sent anything.
    return {
        name: value.encode("ascii", "backslashreplace").decode("ascii")
        for name, value in headers.items()
        if name.lower() not in _OF_THE_CONNECTION
    }


@contextmanager
def connect(
    settings: TargetSettings, base_url: str, api_version: str, exchange: Exchanger, stream: Streamer
) -> Iterator[OpenAI]:
    """Yield the package's client for a target, without retries, and keep its notes on deprecation quiet.

    Args:
        settings: the endpoint and its credentials.
        base_url: scheme, host and base path.
        api_version: the `api-version` of Azure; of no meaning elsewhere.
        exchange: sends one request and tells the judge.
        stream: sends one request whose answer comes in as a stream.
    """
    from openai import AzureOpenAI, OpenAI  # noqa: PLC0415 - half a second, and only for who drives the package

    shared: dict[str, Any] = {
        "base_url": base_url,
        "http_client": httpx2.Client(transport=_Bridge(exchange, stream)),
        "max_retries": 0,
        "timeout": settings.request_timeout,
        "default_headers": dict(settings.headers),
    }
    # The package insists on a credential; a target without any does not look at it.
    token = settings.token()
    key = settings.api_key or token or "none"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        if settings.profile.platform == "openai":
            client = OpenAI(api_key=token or key, **shared)
        elif (settings.api_key and not settings.profile.traits.get("entra_only")) or not token:
            client = AzureOpenAI(api_key=key, api_version=api_version, **shared)
        else:
            client = AzureOpenAI(azure_ad_token=token, api_version=api_version, **shared)
        with client:
            yield client
