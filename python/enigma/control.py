"""Loops and branches that are recorded, and loops that are unrolled."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from . import _core
from ._core import Event, ForRange, If, Value, While

if TYPE_CHECKING:
    from .language import DTypeLike, Operand

if_ = If
while_ = While


def for_range(
    lo: Operand,
    hi: Operand,
    step: Operand = 1,
    dtype: DTypeLike = "int",
    init: Sequence[Operand | Event] | Operand | Event | None = None,
) -> ForRange:
    """A counted loop: ``with enigma.for_range(lo, hi) as i:`` runs its body for ``i`` from ``lo`` to below ``hi``.

    Args:
        lo: the first value.
        hi: the end, which is not reached.
        step: what is added each time; a negative number counts down.
        dtype: the integer type that is counted in.
        init: what is carried from one iteration to the next: a list of values and events, or one. Then
            ``with enigma.for_range(lo, hi, init=[...]) as (i, carry):``; ``carry[k]`` is read and assigned in the
            body, and holds the result after the loop.

    Raises:
        EnigmaError: when the kernel is compiled, for bounds that are no integers, a step of 0, or a carried value that
            changes its type.

    MSL: ``for (int i = lo; i < hi; i += step)``.
    """
    return ForRange(lo, hi, step, dtype, init)


def range(*bounds: Operand) -> Iterator[Value]:
    """A counted loop, ``for i in enigma.range(lo, hi, step):``, recorded as `for_range` is.

    It takes what Python's ``range`` takes, traced values included. Variables that the body assigns, that exist before
    the loop, and whose value the next iteration or what follows the loop needs are carried from one iteration to the
    next, events among them.

    Raises:
        EnigmaError: outside the text of a kernel, where the loop cannot be rewritten.
    """
    raise _core.refusal_here(
        "invalid-kernel",
        "`enigma.range` is no Python iterator",
        "called here",
        "`for i in enigma.range(...):` is rewritten in a function decorated with `@enigma.kernel` whose source is at"
        " hand; elsewhere use `with enigma.for_range(lo, hi) as i:`",
    )


def range_constexpr(*bounds: int) -> builtins.range:
    """A loop that is unrolled while the kernel is traced: Python's own ``range`` over Python numbers."""
    return builtins.range(*bounds)


class Loop:
    """What `enigma.range` is rewritten into: a counted loop that carries variables by their names."""

    def __init__(self, names: tuple[str, ...], variables: dict[str, object], *bounds: Operand) -> None:
        lo, hi, step = _bounds(bounds)
        held = {name: variables[name] for name in names if name in variables}
        carried = {name: value for name, value in held.items() if _can_be_carried(value)}
        self._names = tuple(carried)
        self._fixed = {name: value for name, value in held.items() if name not in carried}
        self._loop = ForRange(lo, hi, step, "int", list(carried.values()), list(self._names))

    def __enter__(self) -> tuple[Value, Loop]:
        index, self._carry = self._loop.__enter__()
        return index, self

    def __exit__(self, *exception: object) -> bool:
        return self._loop.__exit__(*exception)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def __getitem__(self, name: str) -> object:
        return self._carry[self._names.index(name)]

    def leave(self, variables: dict[str, object]) -> None:
        """Passes the variables on to the next iteration."""
        for k, name in enumerate(self._names):
            self._carry[k] = variables[name]
        for name, value in self._fixed.items():
            if variables.get(name, value) is not value:
                raise _core.refusal_here(
                    "invalid-kernel",
                    f"`{name}` is {type(value).__name__} before the loop and changes in it",
                    "at the end of this loop's body",
                    "a loop carries numbers, values and events: give what the body assigns a name of its own",
                )


def _bounds(bounds: tuple[Operand, ...]) -> tuple[Operand, Operand, Operand]:
    match bounds:
        case (hi,):
            return 0, hi, 1
        case (lo, hi):
            return lo, hi, 1
        case (lo, hi, step):
            return lo, hi, step
    raise _core.refusal_here(
        "invalid-operand", f"`enigma.range` takes one to three bounds, not {len(bounds)}", "this loop",
        "write `enigma.range(hi)`, `enigma.range(lo, hi)` or `enigma.range(lo, hi, step)`",
    )  # fmt: skip


def _can_be_carried(value: object) -> bool:
    return isinstance(value, Value | Event | int | float | np.generic)
