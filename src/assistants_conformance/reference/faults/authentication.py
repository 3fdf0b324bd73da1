"""Faults of authentication: doors that stand open, keys that do not fit, refusals that tell too much."""

from assistants_conformance.reference.faults import Fault

FAULTS = (
    Fault(
        "no-authentication",
        "Whoever asks is served, with any credential or none.",
        ("AUTH-005", "AUTH-006", "AUTH-010", "AUTH-011", "AUTH-016"),
    ),
    Fault(
        "key-in-the-other-header",
        "The key is looked for in the header of the other platform only.",
        ("AUTH-001", "AUTH-003"),
    ),
    Fault("token-is-refused", "A valid Entra token is refused: only keys are known.", ("AUTH-002",)),
    Fault("key-accepted-as-token", "The API key is accepted as bearer token.", ("AUTH-008",)),
    Fault(
        "token-refusal-in-the-common-envelope",
        "A bad token is refused in the words and the envelope of a bad key.",
        ("AUTH-017",),
    ),
    Fault(
        "wrong-key-in-openai-words",
        "A wrong api-key is refused in OpenAI's envelope, with type and param.",
        ("AUTH-007",),
    ),
    Fault("wrong-key-without-code", "The refusal of a wrong key has no code.", ("AUTH-009",)),
    Fault("body-is-checked-before-the-key", "A bad body is refused before the key is looked at.", ("AUTH-010",)),
    Fault("files-need-no-key", "The file operations are served without credentials.", ("AUTH-011",)),
    Fault(
        "another-accounts-key-reads-everything",
        "The key of another project or resource reads what this one owns.",
        ("AUTH-012", "AUTH-013"),
    ),
    Fault("refusal-echoes-the-key", "The refusal of a wrong key quotes it in full.", ("AUTH-014",)),
    Fault("two-credentials-are-refused", "A request with api-key and bearer value is refused.", ("AUTH-015",)),
    Fault(
        "refused-request-is-carried-out",
        "A request without valid credentials is refused after it was carried out.",
        ("AUTH-016",),
    ),
)
