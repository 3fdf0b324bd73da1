"""Which requirements find a derived fault, where the schema alone does not say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistants_conformance.contract import named_limits

if TYPE_CHECKING:
    from collections.abc import Mapping

Kills = tuple[str, ...]

_NOT_FOUND: tuple[Kills, Kills] = (("ERR-005",), ("ERR-004",))

# By condition of `schemas/errors.json`: who finds another text, who finds another status. Empty: nobody is bound to.
ERROR_KILLS: dict[str, tuple[Kills, Kills]] = {
    "thread_locked_message": (("LOCK-012",), ("ERR-015",)),
    "thread_locked_run": (("LOCK-013",), ("ERR-015",)),
    "run_not_modifiable": (("LOCK-016",), ("ERR-015",)),
    "run_not_cancellable": (("CAN-010",), ("ERR-015",)),
    "run_not_accepting_outputs": (("SUB-017",), ("ERR-015",)),
    "outputs_missing": (("SUB-018",), ("ERR-015",)),
    "duplicate_call_id": ((), ("ERR-015",)),
    "invalid_thread": (("RUN-042",), ("ERR-033",)),
    "not_found_assistant": _NOT_FOUND,
    "not_found_thread": _NOT_FOUND,
    "not_found_message": _NOT_FOUND,
    "not_found_run": _NOT_FOUND,
    "not_found_run_step": (("ERR-005",), ("ERR-004", "STEP-021")),
    "not_found_vector_store": _NOT_FOUND,
    "not_found_vector_store_file": ((), ("ERR-004",)),
    "not_found_vector_store_file_batch": ((), ("ERR-004",)),
    "not_found_file": (("ERR-006",), ("ERR-004",)),
    "method_not_allowed": ((), ("ERR-019",)),
    "unknown_api_version": ((), ("VER-009",)),
    "missing_beta": ((), ("ERR-033",)),
    "invalid_key_openai": ((), ("AUTH-006",)),
    "missing_key_openai": ((), ("AUTH-005",)),
    "invalid_key_azure": (("AUTH-007",), ("AUTH-006",)),
    "missing_key_azure": ((), ("AUTH-005",)),
    "bearer_rejected_azure": ((), ("AUTH-008",)),
    "invalid_json": ((), ("ERR-033",)),
    "invalid_type": (("ERR-011",), ("ERR-033",)),
    "missing_required_parameter": ((), ("ERR-033",)),
    "unknown_parameter": ((), ("ERR-033",)),
    "invalid_value": (("ERR-029",), ("ERR-033",)),
    "string_too_long": (("ERR-028",), ("ERR-033",)),
    "empty_string": ((), ("ERR-033",)),
    "integer_above_max_value": ((), ("ERR-033",)),
    "integer_below_min_value": ((), ("ERR-033",)),
    "invalid_purpose": (("ERR-029",), ("ERR-033",)),
    "empty_file": ((), ("ERR-033",)),
}

# By operation, path and keyword of a request schema: who finds that the limit is not checked, where that is not the
# requirement which stands beside it. Empty: nobody is bound to.
LIMIT_KILLS: Mapping[str, Kills] = named_limits()
