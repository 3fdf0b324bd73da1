"""Which requirements find a changed error answer: by condition, first for its text, then for its status."""

Kills = tuple[str, ...]

_NOT_FOUND: tuple[Kills, Kills] = (("ERR-005",), ("ERR-004",))

ERROR_KILLS: dict[str, tuple[Kills, Kills]] = {
    "thread_locked_message": (("LOCK-012",), ("LOCK-001",)),
    "thread_locked_run": (("LOCK-013",), ("LOCK-002",)),
    "run_not_modifiable": (("LOCK-016",), ("LOCK-007",)),
    "run_not_cancellable": (("CAN-003",), ("CAN-003",)),
    "run_not_accepting_outputs": (("SUB-010",), ("SUB-010",)),
    "outputs_missing": (("SUB-002",), ("SUB-002",)),
    "invalid_thread": (("RUN-018",), ("RUN-018",)),
    "not_found_assistant": _NOT_FOUND,
    "not_found_thread": _NOT_FOUND,
    "not_found_message": _NOT_FOUND,
    "not_found_run": _NOT_FOUND,
    "not_found_run_step": _NOT_FOUND,
    "not_found_file": (("ERR-006",), ("ERR-004",)),
}

# Limits whose own requirement is not the one that tells of them; an empty tuple: no requirement asserts the limit.
LIMIT_KILLS: dict[str, Kills] = {}
