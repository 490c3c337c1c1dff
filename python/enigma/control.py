"""Loops and branches that are recorded, and loops that are unrolled."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

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

    It takes what Python's ``range`` takes, traced values included. Python's own ``range`` of values is recorded
    likewise; this one is recorded for Python numbers too. Variables that the body assigns are carried from one
    iteration to the next, events among them. `break`, `continue` and `return` may leave it.

    Raises:
        EnigmaError: outside the text of a kernel, where the loop cannot be rewritten.
    """
    raise _core.refusal_here(
        "invalid-kernel",
        "`enigma.range` is no Python iterator",
        "called here",
        "`for i in enigma.range(...):` is rewritten in a kernel, and in what it calls, where the source is at hand;"
        " elsewhere use `with enigma.for_range(lo, hi) as i:`",
    )


def range_constexpr(*bounds: int) -> builtins.range:
    """A loop that is unrolled while the kernel is traced: Python's own ``range`` over Python numbers."""
    return builtins.range(*bounds)
