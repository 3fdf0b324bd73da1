"""Faults of error answers: other envelopes, other statuses, crashes, and refusals with consequences."""

from assistants_conformance.reference.faults import Fault

FAULTS = (
    Fault(
        "refusal-without-param-and-code",
        "The error object has a message and a type only.",
        ("ERR-001", "ERR-002"),
    ),
    Fault("refusal-as-detail", "Refusals carry `detail` in place of the error object.", ("ERR-003",)),
    Fault("run-is-found-under-any-thread", "A run is found by its id alone, whatever the thread.", ("ERR-007",)),
    Fault("malformed-json-counts-as-empty", "A body that is no JSON counts as an empty one.", ("ERR-008",)),
    Fault("state-conflict-answers-409", "What the state of an object forbids is refused with 409.", ("ERR-015",)),
    Fault(
        "rate-limit-in-plain-text",
        "Every tenth request is refused at a rate limit, in plain text as gateways do.",
        ("ERR-016",),
    ),
    Fault(
        "server-fault-in-other-words",
        "A server fault has another type and does not name the request.",
        ("ERR-017", "N-32"),
    ),
    Fault("no-id-of-the-request", "Answers carry no header but those of HTTP.", ("ERR-020", "ERR-021")),
    Fault("truth-value-as-json-writes-it", "A truth value in metadata becomes the text true.", ("ERR-012",)),
    Fault("truth-value-stays-one", "A truth value in metadata stays one.", ("ERR-012",)),
    Fault("no-openai-headers", "Answers do not carry the headers of OpenAI.", ("ERR-020",)),
    Fault(
        "refused-stream-answers-as-stream",
        "A refused request with `stream: true` is answered with 200 and an event that tells the error.",
        ("ERR-022", "AUTH-011", "SSE-034"),
    ),
    Fault("refused-create-is-stored", "What is valid of a refused create is stored.", ("ERR-023", "PROP-002")),
    Fault(
        "refused-modification-is-half-done", "What is valid of a refused modification is done.", ("ERR-024", "PROP-002")
    ),
    Fault("unknown-id-crashes", "An unknown id is answered with 500.", ("ERR-025",)),
    Fault("run-without-instructions-crashes", "A run of an assistant without instructions gives a 500.", ("ERR-025",)),
    Fault("refusal-names-no-field", "Refusals do not say which property they are about.", ("ERR-026",)),
    Fault("refusal-type-is-an-exception", "The type of a refusal is the name of an exception.", ("ERR-027",)),
    Fault("answer-with-nan", "An answer contains NaN.", ("ERR-031",)),
    Fault("answer-with-a-key-twice", "An answer has one key twice.", ("ERR-031",)),
    Fault("answer-in-latin-1", "Answers are encoded in Latin-1.", ("ERR-031",)),
    Fault(
        "deep-body-kills-the-worker",
        "A deeply nested body ends the connection without an answer.",
        ("ERR-032",),
    ),
)
