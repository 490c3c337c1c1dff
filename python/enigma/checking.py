"""Checking every launch of a stretch of a program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from . import _core
from ._boundary import boundary
from .report import Report

if TYPE_CHECKING:
    from .kernel import CompiledKernel, Kernel
    from .runtime import Runtime, Shape

logs: list[Log] = []
"""The logs of the `checking` blocks that are open, in whatever thread, the last to be opened last. A launch looks here
first."""


LogT = TypeVar("LogT", bound="Log")


class Log:
    """What the launches of a `checking` block were found to do, in ``reports``."""

    def __init__(self, order: str) -> None:
        self.order = order
        self.reports: list[Report] = []

    def wants(self, kernel: Kernel | CompiledKernel) -> bool:
        """Whether launches of that kernel are to be checked."""
        return True

    def launch(
        self,
        runtime: Runtime,
        kernel: Kernel | CompiledKernel,
        arguments: tuple[Any, ...],
        grid: Shape,
        threads: Shape,
    ) -> _core.Statistics:
        """Does what a launch does, under the checker."""
        report = runtime.check(kernel, *arguments, grid=grid, threads=threads, order=self.order)
        self.take(report)
        report._core.write_back(arguments)
        return report._core.statistics()

    def take(self, report: Report) -> None:
        """Takes up a report, and raises its errors."""
        self.reports.append(report)
        report.raise_if_errors()


@boundary
def checking(order: str = "late") -> AbstractContextManager[Log]:
    """Checks every launch inside the ``with`` block, in other threads too.

    A launch does what it does elsewhere, on the CPU: its results are in the caller's arrays afterwards, as the checked
    run left them. One that does something wrong raises, and leaves the arrays as they were. Warnings and advice are in
    the reports, one for each launch, which hold copies of its arrays::

        with enigma.checking() as log:
            double[1024, 256](a, b)
        for report in log.reports:
            report.show()

    Args:
        order: when copies in flight move their elements; see `enigma.check`.

    Raises:
        EnigmaError: at a launch, with its errors; and at once for what is no completion order.
    """
    _core.check_order(order)
    return opened(Log(order))


@contextmanager
def opened(log: LogT) -> Iterator[LogT]:
    """Has a log take up every launch inside the ``with`` block."""
    logs.append(log)
    try:
        yield log
    finally:
        logs.remove(log)
