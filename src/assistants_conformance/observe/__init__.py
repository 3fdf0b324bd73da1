"""The judge: exchanges in, findings out. Imports nothing but the contract."""

from assistants_conformance.observe.detect import detect
from assistants_conformance.observe.exchange import Exchange, NotJson, Request, Response, lowered, parse_json
from assistants_conformance.observe.finding import Finding
from assistants_conformance.observe.judge import Judge

__all__ = ["Exchange", "Finding", "Judge", "NotJson", "Request", "Response", "detect", "lowered", "parse_json"]
