"""Mutation: what the checker says when a wait or a barrier of a right kernel is left out, moved or weakened."""

from .judge import HARMLESS, SURVIVED, Outcome, Survivor, judged, traced
from .mutants import LEFT_OUT, plain, rebuilt
from .page import PAGE, page
from .programs import Launch, examples, twins

__all__ = [
    "HARMLESS",
    "LEFT_OUT",
    "PAGE",
    "SURVIVED",
    "Launch",
    "Outcome",
    "Survivor",
    "examples",
    "judged",
    "page",
    "plain",
    "rebuilt",
    "traced",
    "twins",
]
