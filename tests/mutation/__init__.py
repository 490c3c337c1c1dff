"""Mutation: what the checker says when a wait or a barrier of a right kernel is left out, moved or weakened."""

from .judge import SURVIVED, Outcome, Survivor, judged, traced
from .mutants import mutants, plain, rebuilt
from .page import PAGE, page
from .programs import Launch, examples, twins

__all__ = [
    "PAGE",
    "SURVIVED",
    "Launch",
    "Outcome",
    "Survivor",
    "examples",
    "judged",
    "mutants",
    "page",
    "plain",
    "rebuilt",
    "traced",
    "twins",
]
