"""What `enigma.check` found, as Python objects."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

import numpy as np

from . import _core
from .errors import Diagnostic
from .timeline import Timeline

if TYPE_CHECKING:
    from .kernel import CompiledKernel, Kernel
    from .runtime import Runtime

Extent = tuple[int, int, int]


class Layout(NamedTuple):
    """What an array looks like that the kernel wrote: the type of its elements, and its extents."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Instance:
    """One happening of a finding.

    ``threadgroup`` is the position of the threadgroup in the grid, counted in threadgroups; ``simdgroup`` the number
    of the simdgroup in it, ``lane`` that of the lane, None where the whole simdgroup did it. ``buffer`` and ``element``
    name the memory, None where it is about none. ``loops`` has the place (``file:line:column``) and the iteration,
    from 0, of each loop around it, the outermost first.
    """

    threadgroup: Extent
    simdgroup: int
    lane: int | None
    buffer: str | None
    element: int | None
    loops: tuple[tuple[str, int], ...]

    @classmethod
    def _of(cls, data: dict[str, Any]) -> Instance:
        loops = tuple((each["place"], each["iteration"]) for each in data["loops"])
        return cls(**{**data, "threadgroup": tuple(data["threadgroup"]), "loops": loops})


@dataclass(frozen=True, kw_only=True)
class Finding(Diagnostic):
    """A finding of a check: a `Diagnostic`, merged from all its instances.

    ``count`` is how often it happened, ``first`` where it did first (None for what was found when the kernel was
    traced), and ``order`` the completion order of the first run that showed it.
    """

    count: int
    first: Instance | None
    order: str

    @classmethod
    def _of(cls, data: dict[str, Any]) -> Finding:
        first = data["first"]
        return cls(
            **vars(Diagnostic._of(data)),
            count=data["count"],
            first=None if first is None else Instance._of(first),
            order=data["order"],
        )


@dataclass(frozen=True)
class Figures:
    """What a kernel did in the first run.

    ``threadgroups`` ran to their end, ``copies`` moved ``bytes_copied``, and at most ``max_in_flight`` were in flight
    at a time in one threadgroup; ``overlap`` is the share, from 0 to 1, of the operations that a simdgroup carried out
    while it had a copy in flight.
    """

    threadgroups: int
    copies: int
    bytes_copied: int
    max_in_flight: int
    overlap: float


@dataclass(frozen=True)
class Runs:
    """Which runs stand behind a report.

    ``order`` was asked for, ``count`` runs were made. ``exhaustive`` says, for ``"all"``, whether every order that can
    be told apart was run; ``differing`` are orders, the first of each kind, whose results differ from the first run's.
    """

    order: str
    count: int
    exhaustive: bool
    differing: tuple[str, ...]


@dataclass(frozen=True)
class Replay:
    """A check to be made again: ``replay(*arguments)`` makes it, ``str(replay)`` is the call."""

    kernel_name: str
    grid: Extent
    threads: Extent
    order: str
    _kernel: Kernel | CompiledKernel
    _runtime: Runtime

    def __call__(self, *arguments: Any) -> Report:
        return self._runtime.check(
            self._kernel, *arguments, grid=self.grid, threads=self.threads, order=self.order
        )

    def __str__(self) -> str:
        shape = f"grid={self.grid}, threads={self.threads}"
        return f'enigma.check({self.kernel_name}, *arrays, {shape}, order="{self.order}")'

    __repr__ = __str__


class Report:
    """Everything that the check of one launch found. `enigma.check` makes it.

    ``str(report)`` shows the findings as a compiler would, and a summary; `show` prints that, in colour on a terminal.

    Attributes:
        ok: whether there is no error; warnings and advice do not count.
        findings: all findings: errors, then warnings, then advice.
        kernel_name: the name of the kernel.
        grid: threads of the grid.
        threads: threads of a threadgroup.
        figures: what the kernel did.
        runs: which runs were made.
    """

    def __init__(
        self,
        core: _core.Report,
        kernel: Kernel | CompiledKernel,
        held: Sequence[Any],
        runtime: Runtime,
    ) -> None:
        self._core = core
        self._kernel = kernel
        self._held = held
        self._runtime = runtime
        data = json.loads(core.json())
        self.ok: bool = data["ok"]
        self.kernel_name: str = data["kernel"]
        self.grid: Extent = tuple(data["grid"])
        self.threads: Extent = tuple(data["threads"])
        self.findings = tuple(Finding._of(finding) for finding in data["findings"])
        self.figures = Figures(**data["figures"])
        self.runs = Runs(**{**data["runs"], "differing": tuple(data["runs"]["differing"])})

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that make the kernel wrong."""
        return self._of("error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that may make it wrong."""
        return self._of("warning")

    @property
    def advice(self) -> tuple[Finding, ...]:
        """The findings that could make it better."""
        return self._of("advice")

    def _of(self, severity: str) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == severity)

    @cached_property
    def arrays(self) -> tuple[Any, ...]:
        """The array of each parameter after the first run, in the dtype and the shape of the one that was passed in;
        None for a `Scalar`. What the kernel does not write is the argument itself. Empty when nothing ran."""
        return tuple(map(_array, self._core.buffers(), self._held))

    @property
    def timeline(self) -> Timeline:
        """The course of the first threadgroup, or of the first in which something went wrong."""
        return Timeline(self._core)

    @property
    def replay(self) -> Replay:
        """What it takes to see the first error again, or else the first result that differs, or else the same run."""
        shown = [finding.order for finding in self.errors] + [*self.runs.differing, self.runs.order]
        return Replay(self.kernel_name, self.grid, self.threads, shown[0], self._kernel, self._runtime)

    def raise_if_errors(self) -> None:
        """Raises `EnigmaError` with all errors, if there are any."""
        self._core.raise_if_errors()

    def show(self, file: TextIO | None = None) -> None:
        """Prints the report, by default to the standard output: in colour to a terminal, unless ``NO_COLOR`` is set."""
        file = file or sys.stdout
        print(self._core.render(colourful(file)), file=file)

    def to_json(self) -> str:
        """The report as a JSON object."""
        return self._core.json()

    def to_html(self) -> str:
        """The report as a piece of HTML that brings its style with it; `page` makes a page of several."""
        return self._core.html()

    _repr_html_ = to_html

    def __str__(self) -> str:
        return self._core.render(False)

    def __repr__(self) -> str:
        found = f"{counted(len(self.errors), 'error')}, {counted(len(self.warnings), 'warning')}"
        return f"<enigma.Report of {self.kernel_name}: {found}>"


def colourful(file: TextIO) -> bool:
    """Whether to print in colour there."""
    return file.isatty() and not os.environ.get("NO_COLOR")


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """``no errors``, ``1 error``, ``2 errors``."""
    if number == 1:
        return f"1 {noun}"
    return f"{number or 'no'} {plural or noun + 's'}"


def page(reports: Iterable[Report]) -> str:
    """Reports as one HTML page that needs nothing else."""
    head = '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Checked launches</title></head>'
    return f"{head}<body>{''.join(report.to_html() for report in reports)}</body></html>"


def _array(buffer: bytearray | None, held: Any) -> Any:
    """The array of one parameter: of the bytes that the kernel left, if it is one that it writes."""
    return np.ndarray(held.shape, held.dtype, buffer) if isinstance(held, Layout) else held
