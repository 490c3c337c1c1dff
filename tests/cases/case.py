"""What a case is: one operation, one thread for each element or vector, and what has to come out.

Cases that have their operands in common share a kernel, so that few kernels are compiled. A `Launch` is such a kernel
with its arguments: there is one for the results of each type, where each case has its place. Operations on memory have
launches of their own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import enigma

from .elements import ELEMENTS, Element

# Threads in a threadgroup: two simdgroups.
THREADS = 64

# The bounds of the operation table hold against exact results. References are in float64, which rounds too.
REFERENCE_ERROR = 2.0**-20


@dataclass(frozen=True)
class Expected:
    """What has to come out: integers, or floats and how far they may be off.

    ``scale`` is what the error is relative to, where that is not the result; ``open`` says where the language leaves
    the result open, and ``open_in_metal`` where only the text for Metal does; ``steps_in_metal`` is how much farther
    off a GPU may be, which has no wider floats to compute in; ``zeros`` is whether the sign of a zero matters.
    """

    values: np.ndarray
    ulps: float = 0.0
    scale: np.ndarray | None = None
    open: np.ndarray | bool = False
    open_in_metal: np.ndarray | bool = False
    steps_in_metal: float = 0.0
    zeros: bool = True

    def errors(self, got: np.ndarray, t: Element) -> np.ndarray:
        """How far each result is off: in units in the last place of a float; infinitely far for a wrong integer."""
        if not t.is_float:
            return np.where(got != np.asarray(self.values).astype(t.numpy), np.inf, 0.0)
        with np.errstate(invalid="ignore"):
            got, exact = got.astype(np.float64), np.asarray(self.values).astype(np.float64)
            off = np.abs(np.clip(got, -t.beyond, t.beyond) - np.clip(exact, -t.beyond, t.beyond))
            off = off / t.ulp(exact if self.scale is None else self.scale)
        off = np.where((got == exact) | (np.isnan(got) & np.isnan(exact)), 0.0, off)
        if self.zeros:
            off[(got == 0) & (exact == 0) & (np.signbit(got) != np.signbit(exact))] = np.inf
        off[np.isinf(exact) & ~np.isinf(got)] = np.inf
        off[np.isnan(off)] = np.inf
        return off


@dataclass(frozen=True)
class Operand:
    """What a case reads: a buffer with ``width`` components for each thread."""

    dtype: str
    width: int
    data: np.ndarray

    @property
    def key(self) -> tuple[str, int, int]:
        return self.dtype, self.width, id(self.data)


@dataclass(frozen=True)
class Case:
    """An operation on values.

    ``apply`` takes the traced operands and returns a scalar, a vector or a list of scalars, of type ``result``. What a
    case is called follows from its operands, unless it has a label.
    """

    operation: str
    operands: Sequence[Operand]
    apply: Callable[..., Any]
    result: str
    expected: Expected
    label: str = ""

    @property
    def name(self) -> str:
        if self.label:
            return self.label
        widths = (str(operand.width) if operand.width > 1 else "" for operand in self.operands)
        kinds = [f"{operand.dtype}{width}" for operand, width in zip(self.operands, widths, strict=True)]
        return f"{self.operation}({', '.join(kinds)}) -> {self.result}"


@dataclass(frozen=True)
class Check:
    """What an argument has to hold in the end, from element ``start`` on."""

    operation: str
    name: str
    argument: int
    expected: Expected
    start: int = 0

    def complaint(self, results: np.ndarray, metal: bool) -> str | None:
        """What is wrong with the argument, in one line."""
        t = next(t for t in ELEMENTS.values() if t.numpy == results.dtype)
        expected = self.expected
        got = results.reshape(-1)[self.start :][: expected.values.size]
        errors = expected.errors(got, t)
        errors[
            np.broadcast_to(expected.open | (metal & np.asarray(expected.open_in_metal)), errors.shape)
        ] = 0.0
        bound = expected.ulps + (REFERENCE_ERROR if expected.ulps else 0.0) + metal * expected.steps_in_metal
        worst = int(np.argmax(errors))
        if errors[worst] <= bound:
            return None
        return (
            f"{self.name}: element {worst} is {got[worst]!r}, not {expected.values[worst]!r}: off by "
            f"{errors[worst]:.4g} ulp, where {expected.ulps:.4g} are stated; "
            f"{(errors > bound).sum()} of {got.size} are wrong"
        )


@dataclass(frozen=True)
class Launch:
    """A kernel, what it is bound to, and what has to come of it."""

    kernel: enigma.Kernel
    arguments: Sequence[np.ndarray | np.generic]
    checks: Sequence[Check]
    grid: tuple[int, int, int]
    threads: tuple[int, int, int] = (THREADS, 1, 1)
    constants: dict[int, tuple[str, Any]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.kernel.__name__

    def fresh(self) -> list[np.ndarray | np.generic]:
        """The arguments, as they are before the kernel runs."""
        return [argument.copy() for argument in self.arguments]

    def complaints(self, arguments: Sequence[np.ndarray | np.generic], metal: bool = False) -> list[str]:
        """What is wrong with the arguments after the run, of Metal text or else of the executor: a line for each check
        that fails."""
        found = (check.complaint(np.asarray(arguments[check.argument]), metal) for check in self.checks)
        return [complaint for complaint in found if complaint]


def launch(
    kernel: Callable[..., Any],
    arguments: Sequence[np.ndarray | np.generic],
    checks: Iterable[Check],
    grid: int | tuple[int, int, int],
    threads: tuple[int, int, int] = (THREADS, 1, 1),
) -> Launch:
    """A launch of a function whose parameters, or ``*buffers``, have the types of the arguments."""
    by_numpy = {t.numpy: t.dtype for t in ELEMENTS.values()}
    kinds = [
        by_numpy[argument.dtype]
        if isinstance(argument, np.ndarray)
        else enigma.Scalar(by_numpy[argument.dtype])
        for argument in arguments
    ]
    declared = inspect.signature(kernel).parameters.values()
    names = [parameter.name for parameter in declared if parameter.default is parameter.empty]
    if names == ["buffers"]:
        names = [f"buffer{n}" for n in range(len(arguments))]
    parameters = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=kind)
        for name, kind in zip(names, kinds, strict=True)
    ]
    kernel.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    grid = (grid, 1, 1) if isinstance(grid, int) else grid
    return Launch(enigma.kernel(kernel), list(arguments), list(checks), grid, threads)


def fused(cases: Iterable[Case]) -> list[Launch]:
    """Launches of all the cases, those with the same operands together."""
    groups: dict[Any, list[Case]] = {}
    for case in cases:
        groups.setdefault(tuple(operand.key for operand in case.operands), []).append(case)
    return [_together(group) for group in groups.values()]


def _together(cases: Sequence[Case]) -> Launch:
    operands = cases[0].operands
    threads = operands[0].data.size // operands[0].width
    sizes: dict[str, int] = {}  # of the results of each type
    starts = []
    for case in cases:
        starts.append(sizes.get(case.result, 0))
        sizes[case.result] = starts[-1] + case.expected.values.size
    places = {result: len(operands) + n for n, result in enumerate(sizes)}

    def together(*buffers: enigma.Tensor) -> None:
        thread = enigma.thread_position_in_grid
        values = [loaded(buffers[n], operand.width, thread) for n, operand in enumerate(operands)]
        for case, start in zip(cases, starts, strict=True):
            _record(case, values, buffers[places[case.result]], start, threads, thread)

    together.__name__ = "_".join(f"{operand.dtype}{operand.width}" for operand in operands)
    checks = [
        Check(case.operation, case.name, places[case.result], case.expected, start)
        for case, start in zip(cases, starts, strict=True)
    ]
    results = [np.zeros(size, ELEMENTS[result].numpy) for result, size in sizes.items()]
    return launch(together, [*(operand.data for operand in operands), *results], checks, threads)


def _record(
    case: Case,
    operands: Sequence[enigma.Value],
    results: enigma.Tensor,
    start: int,
    threads: int,
    thread: enigma.Value,
) -> None:
    """Applies a case's operation, and stores what it gives from ``start`` on."""
    width = case.expected.values.size // threads
    value = case.apply(*operands)
    for n, component in enumerate([value] if width == 1 else list(value)):
        if component.dtype != case.result:
            raise TypeError(f"{case.name} gives {component.dtype}")
        results[thread * width + (start + n)] = component


def loaded(buffer: enigma.Tensor, width: int, thread: enigma.Value) -> enigma.Value:
    """The operand of a thread."""
    if width == 1:
        return buffer[thread]
    return enigma.make_vec(*(buffer[thread * width + n] for n in range(width)))
