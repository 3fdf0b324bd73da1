"""Which requirements find a derived fault, where the schema alone does not say it."""

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
LIMIT_KILLS: dict[str, Kills] = {
    "create_assistant.model.minLength": (),
    "create_assistant.tools[].function.name.minLength": (),
    # A key that nobody reads attaches nothing, which is allowed.
    "create_assistant.tool_resources.additionalProperties": (),
    "create_assistant.metadata.maxProperties": ("ASST-033",),
    "create_assistant.metadata.additionalProperties": ("ASST-033", "ERR-030"),
    "create_assistant.name.maxLength": ("ASST-008", "ERR-013"),
    "create_message.role.enum": ("MSG-007", "MSG-008", "ERR-014"),
    "create_assistant.metadata.propertyNames": ("ASST-033",),
    "create_message.metadata.maxProperties": (),
    "create_message.metadata.additionalProperties": (),
    "create_message.metadata.propertyNames": (),
    "create_message.attachments[].tools[].type.enum": (),
    "create_message.content.minItems": ("MSG-012",),
    "create_message.content[].type.enum": (),
    # What an empty list means is not asserted.
    "create_message.file_ids.minItems": (),
    "create_message.content[].image_url.detail.enum": (),
    "create_message.content[].image_file.detail.enum": ("MSG-012",),
    "create_message.content.minLength": ("MSG-009",),
    "create_thread.tool_resources.additionalProperties": (),
    "create_thread.tool_resources.code_interpreter.file_ids.maxItems": (),
    "create_thread.tool_resources.file_search.vector_store_ids.maxItems": (),
    "create_thread.tool_resources.file_search.vector_stores.maxItems": ("THR-011",),
    "create_assistant_file.file_id.minLength": (),
    # Among what is taken then are tool_resources, which take effect.
    "create_run.body.additionalProperties": ("ERR-010", "RUN-015"),
    "create_run.max_completion_tokens.minimum": ("RUN-020",),
    "create_run.metadata.maxProperties": (),
    "create_run.metadata.additionalProperties": (),
    "create_run.metadata.propertyNames": (),
    "modify_message.metadata.maxProperties": (),
    "modify_message.metadata.additionalProperties": (),
    "modify_message.metadata.propertyNames": (),
    "modify_thread.metadata.maxProperties": (),
    "modify_thread.metadata.additionalProperties": (),
    "modify_thread.metadata.propertyNames": (),
    "modify_thread.tool_resources.additionalProperties": (),
    "modify_thread.tool_resources.code_interpreter.file_ids.maxItems": (),
    "modify_message.body.additionalProperties": ("MSG-025",),
    "modify_run.body.additionalProperties": ("ERR-010",),
    # Without them the run still refuses an empty list, because outputs are missing.
    "submit_tool_outputs.body.required": (),
    "submit_tool_outputs.tool_outputs.minItems": (),
    "upload_file.body.required": (),
    "upload_file.body.additionalProperties": (),
}
