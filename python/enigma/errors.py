"""The one exception of the package, and what it carries."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Label:
    """A place in a source file that a finding speaks of. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True)
class Diagnostic:
    """One finding: what rule was broken, where, and what to do about it.

    ``rule`` is its stable name, as ``"read-before-wait"``; ``severity`` is ``"error"``, ``"warning"`` or ``"advice"``;
    ``labels`` are its places, the first the primary one; ``help`` are remedies.
    """

    rule: str
    severity: str
    message: str
    labels: tuple[Label, ...]
    help: tuple[str, ...]

    @classmethod
    def _of(cls, data: dict[str, Any]) -> Diagnostic:
        labels = tuple(Label(**label) for label in data["labels"])
        return cls(data["rule"], data["severity"], data["message"], labels, tuple(data["help"]))


def findings(text: str) -> tuple[Diagnostic, ...]:
    """The findings in a JSON array of them."""
    return tuple(Diagnostic._of(data) for data in json.loads(text))


class EnigmaError(Exception):
    """A kernel or a launch is wrong. It carries everything that was found, not the first thing alone.

    ``str(error)`` shows the source lines, underlined, as a compiler would.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self._json = "[]"
        self._coloured = message

    @classmethod
    def _made_of(cls, rendered: str, coloured: str, findings: str) -> EnigmaError:
        error = cls(rendered)
        error._json = findings
        error._coloured = coloured
        return error

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The findings, in the order they were made."""
        return findings(self._json)

    def to_json(self) -> str:
        """The findings as a JSON array."""
        return self._json

    def __reduce__(self) -> tuple[Any, ...]:
        return (EnigmaError._made_of, (str(self), self._coloured, self._json))


def show_uncaught_in_colour() -> None:
    """Makes the interpreter print an uncaught `EnigmaError` in colour, when it prints to a terminal."""
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, traceback: Any) -> None:
        if isinstance(error, EnigmaError) and sys.stderr.isatty():
            print(error._coloured, file=sys.stderr)
        else:
            before(kind, error, traceback)

    sys.excepthook = hook
