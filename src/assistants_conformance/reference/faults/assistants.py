"""Faults of assistants: what implementations get wrong about their fields, modifications and deletions."""

from assistants_conformance.reference.faults import Fault

FAULTS = (
    Fault(
        "create-answers-201",
        "Creating or modifying an assistant or a thread is answered with 201.",
        ("ASST-001", "ASST-004", "THR-001", "THR-003"),
    ),
    Fault("lists-are-bare-arrays", "A list is answered as an array without an envelope.", ("ASST-002",)),
    Fault("retrieve-wraps-the-object", "A retrieve answers the object inside `data`.", ("ASST-003", "THR-002")),
    Fault("modify-answers-a-confirmation", "A modification answers no object.", ("ASST-004", "THR-003")),
    Fault("detach-deletes-the-file", "Detaching a file from an assistant deletes it.", ("ASST-006",)),
    Fault("attached-file-is-not-listed", "A file attached to an assistant is not listed.", ("ASST-006",)),
    Fault("name-is-required", "An assistant without a name is refused.", ("ASST-007",)),
    Fault("no-instructions-is-a-500", "Creating an assistant without instructions fails with 500.", ("ASST-007",)),
    Fault("name-cut-silently", "A name that is too long is cut without a word.", ("ASST-008",)),
    Fault(
        "limits-are-exclusive",
        "The longest text and the longest list are one shorter than documented.",
        (
            *("ASST-008", "ASST-009", "ASST-011", "ASST-013", "ASST-016", "ASST-018", "ASST-020"),
            *("ASST-021", "ASST-032", "THR-013"),
        ),
    ),
    Fault(
        "texts-of-thirty-thousand",
        "Instructions and messages of more than 30,000 characters are refused.",
        ("ASST-010", "MSG-010"),
    ),
    Fault(
        "modifications-are-not-checked",
        "The body of a modification is taken as it comes.",
        ("ASST-012", "THR-009", "THR-013"),
    ),
    Fault("function-needs-a-description", "A function without a description is refused.", ("ASST-017",)),
    Fault("search-options-refused", "A tool with options of its own is refused.", ("ASST-019",)),
    Fault("misspelt-resources-taken", "`code interpreter` is read as `code_interpreter`.", ("ASST-024",)),
    Fault("resources-of-every-tool", "`tool_resources` has members for tools that are not there.", ("ASST-025",)),
    Fault("temperature-of-its-own", "An assistant without a temperature has 0.7.", ("ASST-028",)),
    Fault("response-format-unchecked", "Anything is taken as `response_format`.", ("ASST-029", "ASST-030")),
    Fault("json-object-with-every-tool", "A `json_object` run may have built-in tools.", ("ASST-031",)),
    Fault("metadata-is-trimmed", "Metadata loses the spaces at its ends.", ("ASST-032",)),
    Fault("retrieve-hides-instructions", "A retrieve shows no instructions.", ("ASST-035", "OBJ-006")),
    Fault("modify-resets-the-rest", "A modification empties what it does not name.", ("ASST-036",)),
    Fault("modify-ignores-tools", "A modification does not change the tools.", ("ASST-036",)),
    Fault("modify-merges-metadata", "A modification adds to the metadata.", ("ASST-037",)),
    Fault("delete-takes-threads-along", "Deleting an assistant deletes the threads it ran on.", ("ASST-039",)),
    Fault("ids-are-uuids", "Ids are UUIDs without a prefix.", ("ASST-040", "THR-017")),
    Fault("unknown-model-works", "A model that nobody knows answers like any other.", ("ASST-041",)),
    Fault("create-ignores-the-description", "An assistant never has a description.", ("ASST-043", "ASST-009")),
    Fault("reasoning-effort-shown", "`reasoning_effort` is medium where none was sent.", ("ASST-F15",)),
)
