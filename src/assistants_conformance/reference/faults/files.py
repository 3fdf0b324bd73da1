"""Faults of files: uploads, lists, downloads, deletions, and references to files."""

from assistants_conformance.reference.faults import Fault

FAULTS = (
    Fault("empty-upload-accepted", "A file without a byte is stored.", ("FILE-023",)),
    Fault(
        "upload-wants-purpose-first", "An upload whose part `file` stands before `purpose` is refused.", ("FILE-001",)
    ),
    Fault(
        "upload-without-purpose-accepted", "An upload without a purpose is taken for one of assistants.", ("FILE-001",)
    ),
    Fault("upload-without-file-fails", "An upload without the part `file` is answered with 500.", ("FILE-001",)),
    Fault("upload-answers-202", "An upload is answered with 202.", ("FILE-002", "FILE-003")),
    Fault("no-route-to-content", "The content of files cannot be asked for.", ("FILE-004",)),
    Fault("file-deletion-answers-204", "Deleting a file answers 204 without a body.", ("FILE-005", "FILE-006")),
    Fault("purpose-of-upload-lost", "Every upload gets the purpose fine-tune.", ("FILE-007",)),
    Fault("generated-files-look-uploaded", "Generated files have the purpose of uploads.", ("FILE-010",)),
    Fault("file-status-of-its-own", "A file that is read again has the status `ready`.", ("FILE-011",)),
    Fault("upload-not-processed-at-once", "The answer to an upload has the status `uploaded`.", ("FILE-012",)),
    Fault("filename-folded-to-ascii", "Letters beyond ASCII are dropped from the names of files.", ("FILE-013",)),
    Fault("bytes-count-characters", "`bytes` counts the characters of a file.", ("FILE-013",)),
    Fault("uploads-are-handed-out", "The content of uploads for assistants can be downloaded.", ("FILE-017",)),
    Fault("content-wrapped-in-json", "The content of a file comes in base64 inside a JSON object.", ("FILE-018",)),
    Fault("generated-image-is-base64", "The content of a generated image comes in base64.", ("FILE-019", "SDK-003")),
    Fault("content-of-another-file", "Every download gives the content of the newest file.", ("FILE-020",)),
    Fault("content-with-other-line-ends", "Line ends are changed in the content of files.", ("FILE-020",)),
    Fault(
        "deleted-file-stays-in-resources",
        "Assistants and threads go on listing a file that was deleted.",
        ("FILE-021",),
    ),
    Fault("deleting-an-unknown-file-succeeds", "Deleting a file that does not exist succeeds.", ("FILE-022",)),
    Fault("reference-to-unknown-file-accepted", "Assistants, threads and messages take ids of no file.", ("FILE-024",)),
    Fault(
        "refused-file-leaves-its-message",
        "A message that is refused for its file is stored without the file.",
        ("FILE-024",),
    ),
    Fault("file-ids-are-uuids", "The ids of files are UUIDs.", ("FILE-025",)),
    Fault("only-utf-8-text-accepted", "Text files in UTF-16 are refused.", ("FILE-026",)),
    Fault("unsupported-extension-accepted", "The tools take files of any extension.", ("FILE-027",)),
    Fault("uploads-are-not-listed", "The list of files holds generated files only.", ("FILE-031",)),
    Fault("deleted-file-is-still-there", "A deleted file is still listed and can still be read.", ("FILE-031",)),
    Fault("refused-upload-leaves-a-file", "An upload that is refused is stored all the same.", ("FILE-032",)),
    Fault("file-list-ignores-purpose", "The list of files ignores the query parameter `purpose`.", ("PAGE-019",)),
)
