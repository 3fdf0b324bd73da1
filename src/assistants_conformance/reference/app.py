"""The reference server as one function: a request in, a reply out."""

from __future__ import annotations

import itertools
import json
import math
import threading
from dataclasses import replace
from email.utils import formatdate
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from assistants_conformance.reference import (
    access,
    careless_mixtures,
    careless_state,
    faulty,
    handlers_assistants,
    handlers_files,
    handlers_runs,
    handlers_stores,
    handlers_threads,
    spoilt_runs,
    spoilt_streams,
)
from assistants_conformance.reference.careless import (
    limited_carelessly,
    read_carelessly,
    unwrapped,
    written_carelessly,
)
from assistants_conformance.reference.clock import ClockError
from assistants_conformance.reference.faults import Faults
from assistants_conformance.reference.faults.derived import Spoiler, weakened
from assistants_conformance.reference.handlers import HANDLERS
from assistants_conformance.reference.paging import page
from assistants_conformance.reference.refusal import Refusal, answer, refuse
from assistants_conformance.reference.streams import RunStream
from assistants_conformance.reference.upload import read_upload
from assistants_conformance.reference.validation import type_name, validate
from assistants_conformance.reference.wire import Raw, Reply, Request, dump_json
from assistants_conformance.reference.world import Call, World

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assistants_conformance.contract import Match, Operation, Profile
    from assistants_conformance.reference.clock import Clock
    from assistants_conformance.reference.wire import Frames

# Importing a module of handlers registers them.
_MODULES = (handlers_assistants, handlers_files, handlers_runs, handlers_stores, handlers_threads)

DEFAULT_KEY = "reference-key"
DEFAULT_TOKEN = "reference-token"  # noqa: S105 - what the server takes unless told otherwise
CLOCK_PATH = "/_reference/clock"
_METHODS = ("GET", "POST", "DELETE")


class Reference:
    """A server of one profile that keeps the contract, apart from the faults that it is given.

    `key` is the API key; `token` is the Entra token of the Azure profiles. `failing_model` is a model whose runs fail;
    `run_expiry` (seconds) takes the place of the profile's time to live of a run. `other_key` is the key of another
    project, which has objects of its own; on Azure it is the key of another resource and opens nothing here.
    """

    def __init__(
        self,
        profile: Profile,
        *,
        clock: Clock,
        key: str = DEFAULT_KEY,
        token: str = DEFAULT_TOKEN,
        faults: Iterable[str] = (),
        failing_model: str | None = None,
        run_expiry: int | None = None,
        other_key: str = "",
        seed: str | None = None,
    ) -> None:
        self.profile = profile
        self.clock = clock
        self.key = key
        self.token = token
        self.faults = Faults(profile, faults)
        self.world = World(profile, clock, self.faults, failing_model, run_expiry, seed)
        self._spoiler = Spoiler(profile, self.faults)
        self.world.spoil = self._spoiler.spoil
        self._schemas: dict[str, dict[str, Any]] = {}
        self._lock = threading.RLock()
        self._requests = itertools.count(1)
        self._other_key = other_key
        self._neighbour = (
            Reference(profile, clock=clock, key=other_key, seed=None if seed is None else f"{seed}/neighbour")
            if other_key and profile.platform == "openai"
            else None
        )

    def handle(self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, peer: object = None) -> Reply:
        """Answer one request. `url` is absolute, or path and query; `peer` is the connection, None: the calling thread.

        Raises:
            DroppedError: a fault ends the connection.
        """
        request = faulty.resolved(self.faults, Request.of(method, url, headers, body))
        with self._lock:
            if request.path == CLOCK_PATH:
                return self._wind(request)
            if access.carries(request, self._other_key):
                if self.faults.on("another-accounts-key-reads-everything"):
                    own = {"authorization": f"Bearer {self.key}", "api-key": self.key}
                    request = replace(request, headers=request.headers | own)
                elif self._neighbour is not None:
                    return self._neighbour.handle(method, url, headers, body)
            self.world.remains.peer = threading.get_ident() if peer is None else peer
            faulty.check_alive(self.faults, request)
            if (limited := faulty.rate_limited(self.faults, self.world, request)) is not None:
                return self._reply(429, *limited)
            self.clock.tick()
            self.world.settle()
            try:
                faulty.check_rate(self.faults, next(self._requests))
                result = self._serve(request)
            except Refusal as refusal:
                status, error = answer(refusal, self.profile, self.faults)
                if self.faults.on("errors-are-plain-text"):
                    return self._reply(status, str(refusal).encode(), "text/plain", self._service_headers())
                status, told, kind = faulty.refused(self.faults, request, refusal.condition, status, error)
                return self._reply(status, told, kind, self._service_headers())
            if isinstance(result, Raw):
                disposition = f"attachment; filename*=utf-8''{quote(result.filename)}"
                if result.filename.isascii() and '"' not in result.filename:
                    disposition = f'attachment; filename="{result.filename}"'
                extra = {"content-disposition": disposition}
                return self._reply(200, result.data, "application/octet-stream", self._service_headers() | extra)
            if isinstance(result, RunStream):
                return self._stream(result)
            shown = self._spoiler.spoil(result)
            if self.faults.on("file-deletion-answers-204") and shown.get("object") == "file" and "deleted" in shown:
                return self._reply(204, b"", "application/json", self._service_headers())
            status = self._success(request.method, shown.get("object"))
            out = faulty.served(self.faults, request, unwrapped(shown, self.faults))
            return self._reply(status, out, "application/json", self._service_headers())

    def _success(self, method: str, kind: Any) -> int:
        if self.faults.on("create-answers-201") and method == "POST" and kind in ("assistant", "thread"):
            return 201
        if self.faults.on("upload-answers-202") and (method, kind) == ("POST", "file"):
            return 202
        if self.faults.on("message-created-with-201") and (method, kind) == ("POST", "thread.message"):
            return 201
        if (
            self.faults.on("store-objects-created-with-201")
            and method == "POST"
            and str(kind).startswith("vector_store")
        ):
            return 201
        return 200

    def _stream(self, stream: RunStream) -> Reply:
        held = spoilt_streams.held_back(self.faults, stream, self.clock)
        reply = self._reply(200, b"", spoilt_streams.content_type(self.faults), self._service_headers())
        del reply.headers["content-length"]
        reply.stream = Locked(held, self._lock)
        return reply

    def pass_time(self, seconds: float) -> None:
        """Let a virtual clock go on, as whoever sends a stream does while it waits for the next event."""
        with self._lock:
            self.clock.advance(seconds)

    def _serve(self, request: Request) -> dict[str, Any] | Raw | RunStream:
        if self.faults.on("body-is-checked-before-the-key"):
            self._call(request, self._route(request))
        try:
            access.authenticate(self.profile, request, self.key, self.token, self.faults)
        except Refusal:
            if self.faults.on("refused-request-is-carried-out"):
                self._carry_out(request)
            raise
        access.check_api_version(self.profile, request, self.faults)
        if (gone := faulty.vanished_path(self.faults, request)) is not None:
            return gone
        return self._carry_out(request)

    def _carry_out(self, request: Request) -> dict[str, Any] | Raw | RunStream:
        if request.method == "GET" and request.path.endswith("/threads") and self.faults.on("threads-are-listed"):
            rows = self.world.store.threads.values()
            return page(self.world, rows, request.query, self.world.render.thread, kind="thread")
        match = self._route(request)
        access.check_beta(self.profile, request, match.operation, self.faults)
        call = self._call(request, match)
        if self.faults.active:
            careless_mixtures.check_mixture(match.operation.id, call, self.faults)
            result = careless_state.carry_out(self.world, match.operation.id, call)
        else:
            result = HANDLERS[match.operation.id](self.world, call)
        if isinstance(result, Raw | RunStream):
            return result
        careless_mixtures.lost(self.world, match.operation.id, call, result)
        return written_carelessly(match.operation.id, result, self.faults, self.world.now())

    def _route(self, request: Request) -> Match:
        prefix = f"{self.profile.base_path}/"
        route = request.path[len(prefix) - 1 :]
        if self.faults.on("deployment-in-every-path"):
            prefix = f"{prefix}deployments/"
        if request.path.startswith(prefix) and not route.endswith("/"):
            match = self._match(request.method, route)
            if match is not None:
                return match
            if any(self._match(method, route) for method in _METHODS):
                raise refuse("method_not_allowed", method=request.method, path=request.path)
        name = "unknown_route" if self.profile.platform == "openai" else "unknown_route_azure"
        raise refuse(name, method=request.method, path=request.path)

    def _match(self, method: str, route: str) -> Match | None:
        match = self.profile.match(method, route)
        if match is not None and match.operation.id == "list_threads" and self.faults.on("threads-are-not-listed"):
            return None
        return match if match is not None and match.operation.id in HANDLERS else None

    def _call(self, request: Request, match: Match) -> Call:
        operation = match.operation
        if operation.request is None:
            return Call(match.params, request.query, {})
        schema = self._schema(operation)
        if operation.id == "upload_file":
            return self._form(request, match, schema)
        body: Any = {}
        if request.headers.get("content-type", "").lower().startswith("multipart/"):
            raise refuse("form_instead_of_json")
        if request.body.strip():
            body = faulty.parsed(self.faults, careless_state.read_escapes(self.faults, request.body))
        if not isinstance(body, dict):
            raise refuse("invalid_type", at="body", expected="an object", got=type_name(body))
        body = read_carelessly(operation.id, body, self.faults)
        body = faulty.tolerated(self.faults, body)
        try:
            validate(schema, body)
        except Refusal:
            faulty.carry_out_all_the_same(self.world, match, schema, body)
            careless_state.pair_by_pair(self.world, match, schema, body)
            raise
        return Call(match.params, request.query, schema.get("x-filled", {}) | body)

    def _form(self, request: Request, match: Match, schema: dict[str, Any]) -> Call:
        fields, file = read_upload(self.world, schema, request.headers.get("content-type", ""), request.body)
        return Call(match.params, request.query, fields, file)

    def _schema(self, operation: Operation) -> dict[str, Any]:
        if operation.id not in self._schemas:
            name = operation.request or operation.id
            schema = weakened(operation.id, self.profile.request_schema(name), self.faults)
            schema = limited_carelessly(operation.id, schema, self.faults)
            self._schemas[operation.id] = spoilt_runs.unchecked(operation.id, schema, self.faults)
        return self._schemas[operation.id]

    def _service_headers(self) -> dict[str, str]:
        identifier = self.world.store.ids.request()
        if self.faults.on("no-id-of-the-request"):
            return {}
        if self.profile.platform == "openai":
            if self.faults.on("no-openai-headers"):
                return {}
            return {
                "x-request-id": f"req_{identifier.replace('-', '')}",
                "openai-version": "2020-10-01",
                "openai-processing-ms": "20",
            }
        headers = {
            "x-request-id": identifier,
            "apim-request-id": self.world.store.ids.request(),
            "x-ms-region": "Reference",
        }
        if self.profile.traits.get("openai_headers") and not self.faults.on("no-openai-headers"):
            headers |= {"openai-version": "2020-10-01", "openai-processing-ms": "20"}
        return headers

    def _reply(self, status: int, body: bytes, kind: str, headers: dict[str, str]) -> Reply:
        date = formatdate(self.clock.now(), usegmt=True)
        return Reply(status, {"date": date, "content-type": kind, "content-length": str(len(body)), **headers}, body)

    def _wind(self, request: Request) -> Reply:
        """Serve the clock, which is no part of the API and needs no credentials."""
        shown: dict[str, Any]
        try:
            self.clock.advance(_seconds(request))
            self.world.settle()
            status, shown = 200, {"now": self.clock.now()}
        except ClockError as error:
            status = 400
            shown = {"error": {"message": str(error), "type": "invalid_request_error", "param": None, "code": None}}
        return self._reply(status, dump_json(shown), "application/json", {})


class Locked:
    """A stream whose frames are pulled while no other request is served."""

    def __init__(self, stream: Frames, lock: threading.RLock) -> None:
        self._stream = stream
        self._lock = lock

    def pull(self) -> bytes | float | None:
        """Return the next frame, the seconds of the server's time to wait for it, or None at the end."""
        with self._lock:
            return self._stream.pull()

    def close(self) -> None:
        """End the stream from the client's side."""
        with self._lock:
            self._stream.close()


def _seconds(request: Request) -> float:
    """Return by how much a request wants the clock to be wound.

    Raises:
        ClockError: it does not say it.
    """
    if request.method != "POST":
        raise ClockError("the clock takes POST")
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise ClockError("the body is no JSON") from None
    seconds = body.get("advance_seconds") if isinstance(body, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not math.isfinite(seconds):
        raise ClockError('the body must be a JSON object with a number: {"advance_seconds": 600}')
    return float(seconds)
