"""Contract-testing and conformance suite for the Azure OpenAI and OpenAI Assistants API."""

__version__ = "0.1.0"
