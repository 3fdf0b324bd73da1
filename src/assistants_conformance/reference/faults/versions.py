"""Faults of versions: parameters and headers that nobody reads, and properties of another version that pass unseen."""

from assistants_conformance.reference.faults import Fault

FAULTS = (
    Fault("api-version-is-optional", "A request without api-version is served.", ("VER-001",)),
    Fault("deployment-in-every-path", "Only paths with a deployment are served.", ("VER-002",)),
    Fault(
        "model-behind-the-deployment-is-shown",
        "Objects name the model behind the deployment, not the deployment that was sent.",
        ("VER-003",),
    ),
    Fault("v1-file-paths-are-served", "The file paths of v1 still answer.", ("VER-005",)),
    Fault("search-tool-is-called-retrieval", "Objects name the search tool as v1 did.", ("VER-006",)),
    Fault("properties-of-v2-are-ignored", "Properties that v1 does not know are ignored.", ("VER-007",)),
    Fault("file-ids-is-ignored", "The property file_ids of v1 is ignored.", ("VER-008",)),
    Fault("any-api-version-is-served", "The value of api-version is not looked at.", ("VER-009", "VER-010")),
    Fault("api-version-in-any-case", "api-version is compared without regard to case.", ("VER-010",)),
    Fault("beta-header-is-ignored", "The OpenAI-Beta header is not looked at.", ("VER-011", "VER-012")),
    Fault(
        "files-need-the-beta-header",
        "Files and vector stores are refused without the OpenAI-Beta header.",
        ("VER-013", "VS-044"),
    ),
    Fault("beta-header-is-needed", "A request without the OpenAI-Beta header is refused.", ("VER-014",)),
    Fault("beta-header-changes-the-shape", "With the OpenAI-Beta header objects lack a member.", ("VER-014",)),
)
