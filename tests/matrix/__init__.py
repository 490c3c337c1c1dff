"""The detection matrix: small kernels with one fault each, and their right twins."""

from . import (  # noqa: F401 - each adds its cases to CASES
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

__all__ = ["CASES", "ORDERS", "RULES", "Case", "check", "false_alarm", "objection"]
