"""The judge: exchanges in, findings out. Imports nothing but the contract."""

from assistants_conformance.observe.detect import detect
from assistants_conformance.observe.events import Decoder, Event
from assistants_conformance.observe.exchange import Exchange, Request, Response, Terms, lowered
from assistants_conformance.observe.finding import Finding
from assistants_conformance.observe.judge import Judge
from assistants_conformance.observe.strict_json import NotJson, parse_json

__all__ = [
    "Decoder",
    "Event",
    "Exchange",
    "Finding",
    "Judge",
    "NotJson",
    "Request",
    "Response",
    "Terms",
    "detect",
    "lowered",
    "parse_json",
]
