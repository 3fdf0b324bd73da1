"""The contract of a profile as one OpenAPI 3.1 document, assembled from `schemas/`."""

from assistants_conformance.contract.openapi.document import list_parameters, openapi

__all__ = ["list_parameters", "openapi"]
