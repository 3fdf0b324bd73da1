"""Every object of every answer against its schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistants_conformance.contract import Shape, brief

if TYPE_CHECKING:
    from assistants_conformance.observe.call import Call
    from assistants_conformance.observe.context import Context

#: Kinds of object whose key set never varied in the recordings, apart from the optional members of their schemas.
_EXACT = ("assistant", "thread", "run_step", "vector_store")


def observe_shape(call: Call, context: Context) -> None:
    """Validate the answer of a known operation, the envelope of a list and each of its entries."""
    operation = call.operation
    if operation is None or not call.ok or call.streamed or operation.id == "get_file_content":
        return
    report = context.report
    report.check(
        operation.requirement,
        isinstance(call.body, dict),
        "an answer that is no JSON object",
        f"a {operation.kind} as JSON",
    )
    if not isinstance(call.body, dict):
        return
    find = call.profile.event_shape if call.in_stream else call.profile.object_shape
    shapes = [find(kind) for kind in (operation.kind, *operation.also)]
    known = [shape for shape in shapes if shape is not None]
    if operation.listed:
        envelope = call.profile.object_shape("file_list" if operation.id == "list_files" else "list")
        if envelope is not None:
            _judge(context, [envelope], call.body, "")
    if known:
        for number, item in enumerate(call.items):
            _judge(context, known, item, f"data[{number}]." if operation.listed else "")
            if operation.kind in _EXACT:
                _keys(context, known[0], item)


def _keys(context: Context, shape: Shape, item: dict[str, Any]) -> None:
    # What is missing is a finding of the field's own requirement.
    added = [name for name in item if name not in shape.schema.get("properties", {})]
    context.report.check("N-01", not added, f"{added} in {brief(item.get('object'))}", "only the recorded keys")


def _judge(context: Context, shapes: list[Shape], value: dict[str, Any], prefix: str) -> None:
    report = context.report
    best = next((shape for shape in shapes if shape.is_valid(value)), None)
    if best is not None:
        for requirement in best.ruled(value):
            report.passed(requirement)
        return
    shape = min(shapes, key=lambda candidate: len(candidate.problems(value)))
    problems = shape.problems(value)
    for requirement in shape.ruled(value) - {problem.requirement for problem in problems}:
        report.passed(requirement)
    for problem in problems:
        report.check(
            problem.requirement or shape.requirement,
            False,
            f"{prefix}{problem.path}: {problem.observed}",
            f"{prefix}{problem.path}: {problem.expected} (in {brief(value.get('object'))})",
        )
