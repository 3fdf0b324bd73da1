"""Faults of messages: what is lost between sending and reading, and what lists get wrong."""

from assistants_conformance.reference.faults import Fault

FAULTS = (
    Fault(
        "message-created-with-201", "Creating a message answers 201, as web frameworks do by themselves.", ("MSG-001",)
    ),
    Fault(
        "messages-of-all-threads-listed",
        "The list of messages does not ask for the thread and shows those of every thread.",
        ("MSG-002",),
    ),
    Fault("newest-message-retrieved", "Retrieving a message answers the newest of its thread.", ("MSG-003",)),
    Fault("message-metadata-merged", "Modified metadata is added to the old map, not put in its place.", ("MSG-004",)),
    Fault(
        "deleted-message-without-suffix",
        "The deletion of a message answers the object name message.deleted.",
        ("MSG-005",),
    ),
    Fault("message-files-not-listed", "The list of a message's files is always empty.", ("MSG-006",)),
    Fault(
        "list-of-parts-is-written-out",
        "A list of parts is taken, and kept as the text of its JSON.",
        ("MSG-013",),
    ),
    Fault(
        "long-text-refused", "The limit of the first shape, 32768 characters, holds for the second too.", ("MSG-011",)
    ),
    Fault("content-parts-joined", "Parts of a message are joined to one text, images are dropped.", ("MSG-012",)),
    Fault("attachments-dropped", "Attachments are accepted and not kept with the message.", ("MSG-015",)),
    Fault(
        "attachment-not-given-to-thread",
        "Attachments are kept with the message, and the thread's tools do not get the files.",
        ("MSG-015", "MSG-017"),
    ),
    Fault(
        "posted-message-with-empty-ids",
        "assistant_id and run_id of a posted message are empty strings in place of null.",
        ("MSG-018", "N-03"),
    ),
    Fault(
        "run-message-without-run-id",
        "A message that a run wrote has no run_id.",
        ("MSG-018", "MSG-019", "STEP-006"),
    ),
    Fault("content-answered-as-text", "content is answered as a string, as it was sent.", ("MSG-020", "N-03")),
    Fault("content-part-of-another-api", "Text parts have the type output_text.", ("MSG-021",)),
    Fault("image-file-not-kept", "The file of a generated image cannot be retrieved.", ("MSG-022",)),
    Fault("image-after-text", "The image of a message comes after its text.", ("MSG-023",)),
    Fault("messages-listed-oldest-first", "Without order, messages are listed oldest first.", ("MSG-024",)),
    Fault(
        "messages-of-one-second-reversed",
        "Messages are sorted by created_at alone, so those of one second come in the wrong order.",
        ("MSG-026",),
    ),
    Fault("content-trimmed", "White space at the ends of a text is cut off.", ("MSG-027",)),
    Fault("content-normalised", "Texts are brought into Unicode's form NFC.", ("MSG-027",)),
    Fault("line-ends-normalised", "Line breaks of two characters become one.", ("MSG-027",)),
    Fault("emoji-lost", "Letters outside the basic plane become question marks.", ("MSG-027",)),
    Fault("message-with-status", "A message answered as JSON has a status, as in a stream.", ("MSG-029", "MSG-031")),
    Fault("message-id-is-a-uuid", "The id of a message has no prefix and 32 hexadecimal digits.", ("MSG-032",)),
    Fault("message-metadata-lost", "The metadata of a new message is not kept.", ("MSG-033",)),
)
