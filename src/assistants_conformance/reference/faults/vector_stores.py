"""Faults of vector stores: stores, their files and batches, expiry, and what a search gives."""

from assistants_conformance.reference.faults import Fault

_WITH_RESULTS = ("openai-v2", "azure-2025-03-01-preview", "foundry-v1")
_WITH_SEARCH = ("openai-v2", "azure-2025-03-01-preview")

FAULTS = (
    Fault(
        "store-objects-created-with-201",
        "New stores, store files and batches are answered with 201.",
        ("VS-001", "VS-006", "VS-010"),
    ),
    Fault("empty-stores-are-not-listed", "The list of stores leaves out those without files.", ("VS-002",)),
    Fault("store-is-read-under-another-id", "A store that is read has another id.", ("VS-003",)),
    Fault("modified-store-is-not-kept", "A modification of a store is answered and forgotten.", ("VS-004",)),
    Fault("deleted-store-is-still-there", "A deleted store can still be read.", ("VS-048",)),
    Fault("deleting-a-store-deletes-its-files", "With a store its files are deleted.", ("VS-043",)),
    Fault("list-of-store-files-shows-one", "The list of the files of a store has one entry.", ("VS-007",)),
    Fault(
        "only-indexed-files-are-listed", "The list of the files of a store lacks what is not indexed.", ("PAGE-018",)
    ),
    Fault(
        "first-file-of-the-store-is-retrieved",
        "Whatever file of a store is asked for, the first is answered.",
        ("VS-030",),
    ),
    Fault(
        "store-file-is-read-with-another-store", "A store file that is read names another store.", ("VS-008", "VS-030")
    ),
    Fault("taking-a-file-out-deletes-it", "A file that is taken out of a store is deleted.", ("VS-009",)),
    Fault("file-stays-in-its-store", "A file that is taken out of a store is still listed there.", ("VS-009",)),
    Fault(
        "added-files-are-not-kept", "A store forgets the files that are added to it.", ("VS-013", "VS-018", "VS-051")
    ),
    Fault("batch-is-read-under-another-id", "A batch that is read has another id.", ("VS-011",)),
    Fault("open-batch-cannot-be-cancelled", "The cancellation of a batch in progress is refused.", ("VS-012",)),
    Fault("finished-batch-cannot-be-cancelled", "The cancellation of a finished batch is refused.", ("VS-036",)),
    Fault(
        "finished-batch-becomes-cancelled",
        "A completed batch that is cancelled becomes cancelled.",
        ("VS-036", "VS-052"),
    ),
    Fault("batch-lists-nothing", "The list of the files of a batch is empty.", ("VS-013",)),
    Fault("batch-lists-every-file-of-the-store", "The list of a batch shows every file of its store.", ("VS-013",)),
    Fault(
        "attributes-are-not-kept",
        "New attributes of a store file are answered and forgotten.",
        ("VS-014",),
        _WITH_SEARCH,
    ),
    Fault("content-of-a-store-file-is-empty", "The content of a store file has no text.", ("VS-014",), _WITH_SEARCH),
    Fault("direct-search-finds-nothing", "The search of a store has no results.", ("VS-014",), _WITH_SEARCH),
    Fault("stores-are-served-by-v1", "There are vector stores in the first version.", ("VS-015",)),
    Fault("empty-store-is-in-progress", "A store without files is in progress for ever.", ("VS-017", "N-24")),
    Fault("files-are-indexed-at-once", "A file is completed when it is added.", ("VS-006", "VS-010", "VS-018")),
    Fault(
        "store-status-always-completed", "A store is completed while its files are not.", ("VS-018", "VS-021", "N-24")
    ),
    Fault("store-with-a-failed-file-stays-open", "A store with a failed file stays in progress.", ("VS-021", "N-24")),
    Fault("failed-files-are-not-counted", "`file_counts.failed` is 0, whatever has failed.", ("VS-020", "N-24")),
    Fault("total-counts-what-is-done", "`file_counts.total` counts what is completed.", ("VS-020", "VS-037", "N-24")),
    Fault("total-of-a-batch-shrinks", "The total of a batch is what is still in progress.", ("VS-020", "VS-037")),
    Fault("store-expires-from-its-creation", "The days of a store count from its creation.", ("VS-023", "N-23")),
    Fault("store-expiry-is-never-told", "`expires_at` of a store is always null.", ("VS-023", "N-23")),
    Fault("expired-store-looks-completed", "An expired store has the status completed.", ("VS-056",)),
    Fault("store-status-is-processing", "A store is `processing` while its files are.", ("VS-019",)),
    Fault("chunk-overlap-is-not-checked", "An overlap of more than half the chunk is taken.", ("VS-038",)),
    Fault("default-chunks-of-half-the-size", "The default chunk is 400 tokens with 200 overlapping.", ("VS-039",)),
    Fault("every-change-refreshes-the-store", "A new name counts as a use of the store.", ("N-23",)),
    Fault("new-policy-counts-from-the-old-use", "A new policy of expiry does not count as a use.", ("N-23",)),
    Fault("stores-of-threads-stay", "A store that is made with a thread never expires.", ("THR-011", "VS-024")),
    Fault("use-does-not-refresh-the-store", "A run does not count as a use of its stores.", ("VS-025",)),
    Fault("expired-store-still-serves", "Runs go on with an expired store.", ("VS-026",)),
    Fault("run-does-not-wait-for-files", "A run does not wait for the files of its thread.", ("VS-029",)),
    Fault("store-file-has-an-id-of-its-own", "A store file has an id other than its file's.", ("VS-030",)),
    Fault("failed-file-has-no-error", "`last_error` of a failed store file is null.", ("VS-031",)),
    Fault("store-file-always-has-an-error", "`last_error` is an object, also where nothing failed.", ("VS-031",)),
    Fault("batch-object-of-its-own", "`object` of a batch is file_batch.", ("VS-033",)),
    Fault("batch-status-is-finalizing", "A batch in progress has the status finalizing.", ("VS-035",)),
    Fault("batch-stays-in-progress", "A batch is in progress when its files are done.", ("VS-042",)),
    Fault("batch-counts-are-zero", "`file_counts` of a finished batch are all 0.", ("SDK-007", "VS-037")),
    Fault("index-never-ends", "Files that are added to a store stay in progress.", ("VS-042",)),
    Fault(
        "chunking-strategy-is-not-kept", "Every file is shown with the default chunking.", ("VS-039",), _WITH_RESULTS
    ),
    Fault("nameless-store-gets-a-name", "A store without a name is called Untitled store.", ("VS-040",)),
    Fault("store-id-is-a-uuid", "The id of a store is a UUID.", ("VS-045",)),
    Fault("batch-id-is-a-uuid", "The id of a batch is a UUID.", ("VS-046",)),
    Fault("store-metadata-is-dropped", "A create of a store ignores metadata.", ("VS-047",)),
    Fault(
        "results-come-worst-first",
        "Search results stand in the order of their score, lowest first.",
        ("VS-049",),
        _WITH_RESULTS,
    ),
    Fault("every-type-is-indexed", "A file of a type that is not supported becomes completed.", ("VS-050",)),
    Fault(
        "newer-types-are-not-indexed",
        "Files that only the search takes fail in the index.",
        ("MIME-028", "MIME-029", "MIME-030", "VS-055"),
    ),
    Fault("citation-of-a-file-that-was-not-searched", "A citation names a file outside the stores.", ("VS-053",)),
    Fault("unknown-files-join-stores", "A file that does not exist becomes a completed store file.", ("VS-054",)),
    Fault("unfinished-file-uses-bytes", "A store file in progress has its usage_bytes already.", ("N-25",)),
    Fault("file-filter-is-ignored", "Lists of store files ignore `filter`.", ("PAGE-018",)),
    Fault("every-attachment-makes-a-store", "Each attachment for file_search gets a store of its own.", ("MSG-016",)),
    Fault("helper-makes-no-store", "`vector_stores` of a create makes no store.", ("ASST-023", "THR-011")),
    Fault("deleted-file-stays-in-its-stores", "A deleted file is still listed in its stores.", ("FILE-021",)),
)
