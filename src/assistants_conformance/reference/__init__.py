"""The reference server: keeps the contract of a profile in memory, by a clock that can be wound. Knows no judge."""

from assistants_conformance.reference.app import DEFAULT_KEY, DEFAULT_TOKEN, Reference
from assistants_conformance.reference.clock import Clock, ClockError, RealClock, VirtualClock
from assistants_conformance.reference.faults import Fault, UnknownFaultError, registry
from assistants_conformance.reference.transport import in_process
from assistants_conformance.reference.wire import Reply

__all__ = [
    "DEFAULT_KEY",
    "DEFAULT_TOKEN",
    "Clock",
    "ClockError",
    "Fault",
    "RealClock",
    "Reference",
    "Reply",
    "UnknownFaultError",
    "VirtualClock",
    "in_process",
    "registry",
]
