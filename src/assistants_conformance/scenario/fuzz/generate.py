"""Requests made by schemathesis, as plain data: a cassette can keep them, and a replay makes none.

A request is `{"operation", "path", "query", "body", "form", "type", "told"}`: names of path parameters with their
values, a list of query pairs, the JSON body or the parts of a form, another content type than the body has, and what
was meant by it.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schemathesis.generation.case import Case
    from schemathesis.schemas import APIOperation
    from schemathesis.specs.openapi.schemas import OpenApiSchema

    from assistants_conformance.target.chance import Chance

Json = dict[str, Any]


def loaded(document: Json) -> OpenApiSchema:
    """Return a document as schemathesis reads it, whatever settings of its own lie about."""
    import schemathesis  # noqa: PLC0415 - takes half a second, and only a search that makes requests needs it
    from schemathesis.config import SchemathesisConfig  # noqa: PLC0415

    return schemathesis.openapi.from_dict(document, config=SchemathesisConfig())


def operations(schema: OpenApiSchema) -> Iterator[APIOperation[Any, Any, Any, Any]]:
    """Give every operation of a document."""
    from schemathesis.core.result import Ok  # noqa: PLC0415

    for found in schema.get_all_operations():
        if isinstance(found, Ok):
            yield found.ok()


def coverage(document: Json, chance: Chance, most: int) -> list[Json]:
    """Return the requests of the coverage phase: each limit of the document met, and missed by one.

    Args:
        document: what requests are made from.
        chance: chooses, where an operation has more requests than are wanted.
        most: how many requests of one operation that are meant to be valid, and how many that are not; 0: all.
    """
    schema = loaded(document)
    from schemathesis.generation import GenerationMode  # noqa: PLC0415
    from schemathesis.generation.coverage import GenerationSession  # noqa: PLC0415
    from schemathesis.generation.drivers import CoverageGenerator  # noqa: PLC0415
    from schemathesis.generation.feedback import NO_FEEDBACK  # noqa: PLC0415
    from schemathesis.generation.overrides import Override  # noqa: PLC0415

    made: list[Json] = []
    session = GenerationSession()
    for operation in operations(schema):
        cases = CoverageGenerator(
            operation=operation,
            generation_modes=list(GenerationMode),
            generation_config=schema.config.generation_for(operation=operation, phase="coverage"),
            auth_storage=None,
            override=Override(),
            feedback=NO_FEEDBACK,
            session=session,
        )
        valid: list[Json] = []
        invalid: list[Json] = []
        for case in cases:
            one = plain(case)
            if case.method.upper() == operation.method.upper() and sendable(one):
                (
                    invalid if case.meta is None or case.meta.generation.mode is GenerationMode.NEGATIVE else valid
                ).append(one)
        made += [*chosen(valid, chance, most), *chosen(invalid, chance, most)]
    return made


def drawn(document: Json, chance: Chance, count: int) -> list[Json]:
    """Return requests by chance, so many of each operation, half of them meant to be valid."""
    from hypothesis import HealthCheck, Phase, given, seed, settings  # noqa: PLC0415 - slow to load
    from hypothesis import strategies as st  # noqa: PLC0415

    from assistants_conformance.scenario.steady import STEADY  # noqa: PLC0415

    schema = loaded(document)
    from schemathesis.generation import GenerationMode  # noqa: PLC0415

    made: list[Json] = []
    for operation in operations(schema):
        strategy = st.one_of([operation.as_strategy(generation_mode=mode) for mode in GenerationMode])

        @seed(chance.number())
        @settings(
            max_examples=count,
            backend=STEADY,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def kept(case: Case[Any]) -> None:
            one = plain(case)
            if sendable(one):
                made.append(one)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            kept()
    return made


def walks(document: Json, seed: int, count: int, steps: int, send: Callable[[Json], tuple[int, str, bytes]]) -> None:
    """Walk along the links of a document: what one answer names is asked for by the next request.

    Args:
        document: what requests are made from.
        seed: what the walks begin with.
        count: how many walks.
        steps: how many requests of one walk at most.
        send: sends a request; gives status, content type and body. The empty request begins a new walk.
    """
    import hypothesis  # noqa: PLC0415 - slow to load
    import requests  # noqa: PLC0415
    from hypothesis import HealthCheck, Phase  # noqa: PLC0415
    from hypothesis.errors import Flaky  # noqa: PLC0415

    from assistants_conformance.scenario.steady import STEADY  # noqa: PLC0415

    schema = loaded(document)
    from schemathesis.core.transport import Response  # noqa: PLC0415
    from schemathesis.generation.stateful.state_machine import StepInput, StepOutput  # noqa: PLC0415

    schema.config.phases.stateful.inference.algorithms = []
    machine: Any = schema.as_state_machine()

    class Walk(machine):  # type: ignore[misc]
        rule_order_seed = seed

        def setup(self) -> None:
            send({})

        def _repr_step(self, *_: Any) -> str:
            # Only for a reader of Hypothesis' output, of which there is none.
            return ""

        def step(self, input: StepInput) -> StepOutput:  # noqa: A002 - the name is schemathesis' own
            case = input.case
            parent = input.transition.parent_id if input.transition is not None else None
            self.recorder.record_case(
                parent_id=parent, case=case, transition=input.transition, is_transition_applied=input.is_applied
            )
            self.control.record_step(input, self.recorder)
            made = plain(case)
            status, kind, body = send(made) if sendable(made) else (503, "", b"")
            request = requests.Request(case.method, "http://walk.invalid/").prepare()
            response = Response(status, {"content-type": [kind]}, body, request, 0.0, verify=False)
            self.recorder.record_response(case_id=case.id, response=response)
            return StepOutput(response, case)

    limits = hypothesis.settings(
        max_examples=count,
        backend=STEADY,
        stateful_step_count=steps,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            hypothesis.seed(seed)(Walk).run(settings=limits)
        except Flaky:
            # A target that answers the same request in two ways ends the walks early; those that were made stand.
            return


def plain(case: Case[Any]) -> Json:
    """Return a request of schemathesis as plain data."""
    from schemathesis.core import NotSet  # noqa: PLC0415

    data = case.meta.phase.data if case.meta is not None else None
    made: Json = {
        "operation": case.operation.definition.raw["operationId"],
        "path": {name: unquote(str(value)) for name, value in case.path_parameters.items()},
        "query": [
            [name, _text(item)]
            for name, value in case.query.items()
            for item in (value if isinstance(value, list) else [value])
        ],
        "told": str(getattr(data, "description", None) or ""),
    }
    if case.media_type == "multipart/form-data":
        parts = case.body if isinstance(case.body, dict) else {}
        made["form"] = {name: _text(value) for name, value in parts.items()}
    elif not isinstance(case.body, NotSet):
        made["body"] = case.body
    own = {name.lower(): value for name, value in case.headers.items()}.get("content-type")
    return {**made, "type": own} if own is not None else made


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    data = getattr(value, "data", None)
    if isinstance(data, bytes):
        return data.decode("latin-1")
    return {True: "true", False: "false", None: "null"}.get(value, str(value)) if _is_word(value) else str(value)


def _is_word(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def sendable(case: Json) -> bool:
    """Say whether a request can be kept and sent: no lone half of a character, no path without a part of it."""
    try:
        repr(case).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return all(value not in ("", ".", "..") for value in case["path"].values()) and not _binary(case.get("body"))


def _binary(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_binary, value.values()))
    if isinstance(value, list):
        return any(map(_binary, value))
    return value is not None and not isinstance(value, str | int | float | bool)


def chosen(cases: list[Json], chance: Chance, most: int) -> list[Json]:
    """Return at most so many of the requests, chosen by chance, in their order; 0: all."""
    left = list(range(len(cases)))
    if not most or len(left) <= most:
        return cases
    kept = sorted(left.pop(chance.number() % len(left)) for _ in range(most))
    return [cases[place] for place in kept]
