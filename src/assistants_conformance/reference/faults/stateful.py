"""Faults of state under use: what implementations get wrong about what is gone, whose it is, and what is at once."""

from assistants_conformance.reference.faults import Fault

_UNICODE = ("UNI-001", "UNI-002", "UNI-003", "UNI-004", "UNI-005", "UNI-007")
_ODD = ("ODD-001", "ODD-002", "ODD-003", "ODD-004", "ODD-005", "ODD-006", "ODD-007")
_V1 = ("azure-2024-02-15-preview", "openai-v1")

FAULTS = (
    Fault(
        "deleted-assistant-still-runs",
        "Runs start with an assistant that was deleted, and its files are listed.",
        ("UAF-001",),
    ),
    Fault(
        "deleted-thread-still-takes-writes",
        "What lies under a deleted thread can be added to and modified: only the thread's own read looks at its end.",
        ("UAF-002",),
    ),
    Fault("deleted-message-is-still-modified", "A deleted message takes new metadata.", ("UAF-003",)),
    Fault("deleted-file-can-still-be-given", "Assistants and messages take the id of a deleted file.", ("UAF-004",)),
    Fault(
        "content-outlives-its-file",
        "The content of a deleted file can be downloaded.",
        ("UAF-004",),
        ("azure-2024-02-15-preview", "azure-2024-05-01-preview", "azure-2025-03-01-preview", "foundry-v1"),
    ),
    Fault("deleted-store-is-still-filled", "A deleted vector store is modified and takes files.", ("UAF-005",)),
    Fault("deleted-store-can-still-be-given", "Assistants and threads take a deleted vector store.", ("UAF-005",)),
    Fault(
        "file-taken-out-of-a-store-is-still-read",
        "A file that was taken out of a vector store is still found there by its id.",
        ("UAF-006",),
    ),
    Fault(
        "parents-in-the-path-are-ignored",
        "Messages, runs, steps, files and batches are found by their own id, whatever parent the path names.",
        ("PAR-001", "PAR-002", "PAR-003", "PAR-004", "PAR-005", "PAR-006"),
    ),
    Fault(
        "only-reads-look-at-the-parent",
        "Modifying, cancelling and deleting do not look at the parent in the path.",
        ("PAR-001", "PAR-002", "PAR-005", "PAR-006"),
    ),
    Fault(
        "late-refusal-leaves-its-object",
        "What a create refers to is checked once the object is stored, and the refused object stays.",
        ("LEAK-001", "LEAK-002", "LEAK-006"),
    ),
    Fault(
        "refused-run-keeps-the-lock",
        "The lock is taken before a run is checked, and a run that is refused keeps it.",
        ("LEAK-003",),
    ),
    Fault(
        "cut-off-upload-is-stored",
        "An upload that breaks off is refused, and what came of it is kept as a file.",
        ("LEAK-004",),
    ),
    Fault(
        "refused-thread-leaves-its-store",
        "A thread that is refused for a message is made without it, with the store that it asked for.",
        ("LEAK-007",),
    ),
    Fault(
        "refused-attachment-is-listed",
        "An attachment is stored before its file is looked for, and stays when it is refused.",
        ("LEAK-005",),
        _V1,
    ),
    Fault(
        "late-refusal-leaves-half-a-change",
        "What a modification refers to is checked once the rest of it is stored.",
        ("KEEP-001",),
    ),
    Fault(
        "metadata-is-stored-pair-by-pair",
        "The pairs of a refused modification that come before the bad one are stored.",
        ("KEEP-001", "KEEP-002", "KEEP-003", "KEEP-004", "KEEP-005"),
    ),
    Fault("ids-match-in-any-case", "Ids are compared without regard to case, as a database does.", _ODD),
    Fault("ids-are-patterns", "Ids are looked for with LIKE, so % and _ stand for others.", _ODD),
    Fault("ids-are-trimmed", "Spaces around an id do not count.", _ODD),
    Fault("ids-end-at-a-nul", "An id ends at its first NUL.", _ODD),
    Fault("dots-in-paths-are-resolved", "A gateway decodes %2F and resolves `..` before it looks at a path.", _ODD),
    Fault("nul-in-an-id-crashes", "An id with a NUL gives a 500: the database takes none.", ("ERR-025",)),
    Fault(
        "objects-made-at-once-overwrite-each-other",
        "Of objects that two connections make within one second the earlier is lost: lists are read and written back.",
        ("CONC-001", "CONC-002", "CONC-003", "CONC-004", "CONC-005", "CONC-006"),
    ),
    Fault("texts-are-composed", "Texts are stored in composed form (NFC).", _UNICODE),
    Fault("texts-end-at-the-bmp", "Characters beyond U+FFFF become question marks.", _UNICODE),
    Fault("invisible-characters-are-dropped", "Joiners and marks of direction are cleaned away.", _UNICODE),
    Fault("metadata-keys-are-folded", "Keys of metadata are composed and put into lower case.", ("UNI-002",)),
    Fault("escapes-are-read-one-by-one", "The two halves of an escaped surrogate pair are read apart.", ("UNI-006",)),
    Fault(
        "ascending-cursor-counts-from-the-end",
        "A cursor of an ascending list stands for the distance from the end at which its object was first shown.",
        ("STAB-001", "STAB-002", "STAB-003", "STAB-005"),
    ),
)
