"""The detection matrix: small kernels with one fault each, and their right twins."""

from . import (
    barriers,
    bounds,
    divergence,
    events,
    overlaps,
    progress,
    races,
    reads,
    sources,
    uninitialized,
    waste,
    writes,
)
from .case import CASES, RULES, Case
from .judge import ORDERS, check, false_alarm, objection

__all__ = [
    "CASES",
    "ORDERS",
    "RULES",
    "Case",
    "barriers",
    "bounds",
    "check",
    "divergence",
    "events",
    "false_alarm",
    "objection",
    "overlaps",
    "progress",
    "races",
    "reads",
    "sources",
    "uninitialized",
    "waste",
    "writes",
]
