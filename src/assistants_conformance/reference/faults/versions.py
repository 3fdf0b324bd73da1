"""Faults of versions: parameters and headers that nobody reads, and properties of another version that pass unseen."""

from assistants_conformance.reference.faults import Fault

_AZURE = ("azure-2024-02-15-preview", "azure-2024-05-01-preview")
_V1 = ("azure-2024-02-15-preview",)
_V2 = ("azure-2024-05-01-preview", "openai-v2")
_AZURE_V2 = ("azure-2024-05-01-preview",)
_OPENAI = ("openai-v2",)

FAULTS = (
    Fault("api-version-is-optional", "A request without api-version is served.", ("VER-001",), _AZURE),
    Fault("deployment-in-every-path", "Only paths with a deployment are served.", ("VER-002",), _AZURE),
    Fault(
        "model-behind-the-deployment-is-shown",
        "Objects name the model behind the deployment, not the deployment that was sent.",
        ("VER-003",),
        _AZURE,
    ),
    Fault("v1-file-paths-are-served", "The file paths of v1 still answer.", ("VER-005",), _AZURE_V2),
    Fault("search-tool-is-called-retrieval", "Objects name the search tool as v1 did.", ("VER-006",), _V2),
    Fault("properties-of-v2-are-ignored", "Properties that v1 does not know are ignored.", ("VER-007",), _V1),
    Fault("file-ids-is-ignored", "The property file_ids of v1 is ignored.", ("VER-008",), _V2),
    Fault("any-api-version-is-served", "The value of api-version is not looked at.", ("VER-009", "VER-010"), _AZURE),
    Fault("api-version-in-any-case", "api-version is compared without regard to case.", ("VER-010",), _AZURE),
    Fault("beta-header-is-ignored", "The OpenAI-Beta header is not looked at.", ("VER-011", "VER-012"), _OPENAI),
    Fault(
        "files-need-the-beta-header",
        "Files and vector stores are refused without the OpenAI-Beta header.",
        ("VER-013", "VS-044"),
        _OPENAI,
    ),
    Fault("beta-header-is-needed", "A request without the OpenAI-Beta header is refused.", ("VER-014",), _AZURE),
    Fault("beta-header-changes-the-shape", "With the OpenAI-Beta header objects lack a member.", ("VER-014",), _AZURE),
)
