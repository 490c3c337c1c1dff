"""The launches of a program, checked and gathered for the command line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ._program import Program, Unusable
from .checking import Log
from .kernel import CompiledKernel, Kernel
from .report import Report


@dataclass
class Same:
    """Launches of one kernel, in one shape, that were found to do the same; the report is on the first of them."""

    report: Report
    launches: int = 1


class Launches(Log):
    """A log of the launches of a program. It raises nothing, so that the program goes on."""

    def __init__(self, program: Program, order: str) -> None:
        super().__init__(order)
        self.count = 0
        self._program = program

    def wants(self, kernel: Kernel | CompiledKernel) -> bool:
        return self._program.wants(kernel)

    def run(self) -> int:
        """Runs the program; see `Program.run`.

        Raises:
            Unusable: when it ends well and has launched nothing.
        """
        status = self._program.run(self)
        if self.count == 0 and status == 0:
            raise Unusable(self._why_none())
        return status

    def _why_none(self) -> str:
        path, wanted, kernels = self._program.path, self._program.kernel, self._program.kernels
        if wanted is not None and wanted not in kernels:
            return f"{path} has no kernel `{wanted}`; it has {', '.join(kernels) or 'none at its top'}"
        launched = "no kernel" if wanted is None else f"no kernel `{wanted}`"
        name = wanted or next(iter(kernels), "kernel")
        return (
            f"{path} launches {launched}, so that there is nothing to check\n"
            f'help: launch it under `if __name__ == "__main__":`, or declare a launch above a function that returns its'
            f" arguments: `@{name}.sample(grid=64, threads=64)`"
        )


class Merged(Launches):
    """The launches, merged where kernel, shape and findings are the same."""

    def __init__(self, program: Program, order: str) -> None:
        super().__init__(program, order)
        self._same: dict[Any, Same] = {}

    def __iter__(self) -> Iterator[Same]:
        """In the order in which the program made the first of each."""
        return iter(self._same.values())

    def take(self, report: Report) -> None:
        self.count += 1
        found = tuple((finding.rule, finding.labels) for finding in report.findings)
        key = report.kernel_name, report.grid, report.threads, found
        if key in self._same:
            self._same[key].launches += 1
        else:
            self._same[key] = Same(report)


class Chosen(Launches):
    """One of the launches: that of a number, counted from 1, or the first with errors, or else the first."""

    def __init__(self, program: Program, order: str, number: int | None) -> None:
        super().__init__(program, order)
        self._number = number
        self.report: Report | None = None

    def take(self, report: Report) -> None:
        self.count += 1
        if self._number is not None:
            is_it = self.count == self._number
        else:
            is_it = self.report is None or (self.report.ok and not report.ok)
        if is_it:
            self.report = report
