"""The one exception of the package, and what it carries."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from itertools import accumulate
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
class Edit:
    """A piece of a source file and the text that takes its place. Lines and columns count from 1.

    Where text is inserted the piece is empty: it ends where it begins.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True)
class Repair:
    """A change of the source that mends a finding.

    ``statement`` is inserted before the line ``before_line``, with the indentation that belongs there; ``edits`` are
    all changes of the file, this one among them, in the order of their places.
    """

    statement: str
    before_line: int
    edits: tuple[Edit, ...]

    @classmethod
    def _of(cls, data: dict[str, Any]) -> Repair:
        edits = tuple(Edit(**edit) for edit in data["edits"])
        return cls(data["statement"], data["before_line"], edits)

    def apply(self, text: str) -> str:
        """The text of the file with the repair made. ``text`` must be what the kernel was traced from."""
        starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
        for edit in reversed(self.edits):
            start = starts[edit.line - 1] + edit.column - 1
            end = starts[edit.end_line - 1] + edit.end_column - 1
            text = text[:start] + edit.text + text[end:]
        return text


@dataclass(frozen=True)
class Diagnostic:
    """One finding: what rule was broken, where, and what to do about it.

    ``rule`` is its stable name, as ``"read-before-wait"``; ``severity`` is ``"error"``, ``"warning"`` or ``"advice"``;
    ``labels`` are its places, the first the primary one; ``notes`` are what else is to be known; ``help`` are remedies;
    ``repair`` is a change of the source that mends it, where there is one.
    """

    rule: str
    severity: str
    message: str
    labels: tuple[Label, ...]
    help: tuple[str, ...]
    notes: tuple[str, ...] = ()
    repair: Repair | None = None

    @classmethod
    def _of(cls, data: dict[str, Any]) -> Diagnostic:
        return cls(
            rule=data["rule"],
            severity=data["severity"],
            message=data["message"],
            labels=tuple(Label(**label) for label in data["labels"]),
            help=tuple(data["help"]),
            notes=tuple(data["notes"]),
            repair=Repair._of(data["repair"]) if data["repair"] else None,
        )


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
