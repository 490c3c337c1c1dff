"""What a case of the matrix is: a kernel with one fault, and the same kernel without it.

Both come from one function. Its last parameter, `wrong`, is a Python constant of the kernel, so the two differ in what
hangs on it and in nothing else. Comments in the function's source say what the report has to name: `# at` stands on the
line of the primary place, `# other` on every further line.

A case's function reads `A`, which holds 1, 2, 3 and so on, and writes `B`, which holds zeros. What the right kernel
leaves in `B` is computed from `A` by `expected`; elements beyond stay zero.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from types import FunctionType
from typing import Any

import numpy as np

import enigma

CASES: list[Case] = []

# What a case can break, in the order of the page: every rule that is found when a kernel runs.
RULES = [
    "read-before-wait",
    "write-before-wait",
    "source-overwritten",
    "overlapping-copies",
    "missing-barrier",
    "data-race",
    "uninitialized-read",
    "never-waited",
    "waited-twice",
    "divergent-copy",
    "divergent-barrier",
    "out-of-bounds",
    "no-progress",
    "redundant-copy",
    "unread-copy",
]

# The smallest launch in which two parties of that kind exist: threads of the grid, and of a threadgroup.
LAUNCHES = {"simdgroup": (32, 32), "threadgroup": (64, 64), "grid": (64, 32)}


@dataclass(frozen=True)
class Case:
    """A fault, as a wrong kernel and its right twin."""

    function: FunctionType
    rule: str  # what the wrong kernel breaks
    found: str  # "trace" or "run": when that is known at the earliest
    scope: str  # who is at odds: threads of one "simdgroup", simdgroups of a "threadgroup", threadgroups of the "grid"
    elements: int  # of A, and of B
    arguments: dict[str, Any]  # parameters other than A and B
    expected: Callable[[np.ndarray], np.ndarray]

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def grid(self) -> int:
        return LAUNCHES[self.scope][0]

    @property
    def threads(self) -> int:
        return LAUNCHES[self.scope][1]

    @cached_property
    def wrong(self) -> enigma.Kernel:
        return self._kernel(wrong=True)

    @cached_property
    def right(self) -> enigma.Kernel:
        return self._kernel(wrong=False)

    def _kernel(self, wrong: bool) -> enigma.Kernel:
        given = self.function
        function = FunctionType(
            given.__code__, given.__globals__, given.__name__, (wrong,), given.__closure__
        )
        function.__annotations__ = given.__annotations__
        return enigma.kernel(function)

    @property
    def at(self) -> int:
        """The line of the primary place."""
        [line] = self._marked("at")
        return line

    @property
    def others(self) -> set[int]:
        """The lines that the report has to name besides."""
        return self._marked("other")

    def _marked(self, mark: str) -> set[int]:
        lines, first = inspect.getsourcelines(self.function)
        return {first + n for n, line in enumerate(lines) if re.search(rf"# (at, )?{mark}(, other)?$", line)}

    @property
    def copies(self) -> list[str]:
        """The copies that the kernel issues, as "1D in", "2D out"."""
        found = re.findall(r"async_copy_(1d|2d)_(d2t|t2d)", inspect.getsource(self.function))
        ways = {"d2t": "in", "t2d": "out"}
        return sorted({f"{shape.upper()} {ways[way]}" for shape, way in found})

    def bound(self) -> dict[str, Any]:
        """An argument for each parameter of the kernel, by its name, in order."""
        made = {
            "A": np.arange(1, self.elements + 1, dtype=np.float32),
            "B": np.zeros(self.elements, np.float32),
        }
        names = [name for name in inspect.signature(self.function).parameters if name != "wrong"]
        return {name: (made | self.arguments)[name] for name in names}

    def result(self) -> np.ndarray:
        """What `B` holds in the end."""
        full = np.zeros(self.elements, np.float32)
        values = self.expected(np.arange(1, self.elements + 1, dtype=np.float32))
        full[: len(values)] = values
        return full


def case(
    rule: str,
    *,
    found: str = "run",
    scope: str = "simdgroup",
    elements: int | None = None,
    arguments: dict[str, Any] | None = None,
    expected: Callable[[np.ndarray], np.ndarray] = lambda a: a,
) -> Callable[[FunctionType], Case]:
    """Makes a case of a function, and adds it to `CASES`.

    By default `A` and `B` have an element for each thread of the grid, and `B` becomes a copy of `A`.
    """

    def keep(function: FunctionType) -> Case:
        made = Case(function, rule, found, scope, elements or LAUNCHES[scope][0], arguments or {}, expected)
        CASES.append(made)
        return made

    return keep
