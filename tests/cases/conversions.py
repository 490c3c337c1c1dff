"""Selections, and conversions between types: asked for, and as operators make them."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import enigma

from .case import Case, Expected, Operand
from .elements import ELEMENTS, Element, samples
from .elementwise import ROWS, function, reference, result_of


def converted(values: np.ndarray, to: Element) -> np.ndarray:
    """Values as C++ converts them; floats that do not fit an integer type saturate, and NaN becomes 0."""
    if to.is_float:
        with np.errstate(over="ignore"):
            return values.astype(np.float64).astype(to.numpy)
    if to.is_bool:
        return values.astype(np.float64) != 0 if values.dtype.kind not in "iub" else values != 0
    if values.dtype.kind in "iub":
        return np.array([to.wrap(int(value)) for value in values], to.numpy)
    floats = values.astype(np.float64)
    whole = (0 if np.isnan(x) else to.clamp(int(np.clip(x, -(2.0**70), 2.0**70))) for x in floats)
    return np.array(list(whole), to.numpy)


def common(x: Element, y: Element) -> Element:
    """The type that C++ brings two scalars to."""
    x, y = (ELEMENTS["int"] if t.is_bool else t.promoted for t in (x, y))
    if x == y:
        return x
    if x.is_float or y.is_float:
        return ELEMENTS["float"] if x.is_float and y.is_float else x if x.is_float else y
    if x.bits != y.bits:
        return max(x, y, key=lambda t: t.bits)
    return x.unsigned


@functools.cache
def cast(given: str, to: str) -> Expected:
    """What becomes of the samples of a type in another."""
    [values] = samples(given, 1)
    expected = converted(values, ELEMENTS[to])
    # Metal's own cast says nothing of floats that do not fit.
    fits = not ELEMENTS[given].is_float or ELEMENTS[to].is_float or ELEMENTS[to].is_bool
    kept = fits or expected.astype(np.float64) == np.trunc(values.astype(np.float64))
    return Expected(expected, ROWS["metal_cast"].ulps[to], open_in_metal=np.logical_not(kept))


def _casts() -> Iterator[Case]:
    for given in ELEMENTS.values():
        for to in ELEMENTS.values():
            for width in (1, 2, 3, 4):
                [values] = samples(given.name, 1)
                operands = [Operand(given.name, width, values)]
                to_type = functools.partial(enigma.metal_cast, dtype=to.name)
                yield Case("metal_cast", operands, to_type, to.name, cast(given.name, to.name))
                if given.bits != to.bits:
                    continue
                same_bits = functools.partial(enigma.as_type, dtype=to.name)
                yield Case("as_type", operands, same_bits, to.name, Expected(values.view(to.numpy)))


def _selections() -> Iterator[Case]:
    for t in ELEMENTS.values():
        for width in (1, 2, 3, 4):
            no, yes = samples(t.name, 2)
            holds = np.arange(no.size // width) % 3 == 0
            expected = np.where(np.repeat(holds, width), yes, no)
            operands = [Operand(t.name, width, no), Operand(t.name, width, yes), Operand("bool", 1, holds)]
            yield Case("where", operands, enigma.where, t.name, Expected(expected))


def _mixed() -> Iterator[Case]:
    """Operators whose two operands differ in type: the one is that of the buffer, the other each of the others."""
    every = [Operand(t.name, 1, samples(t.name, 1)[0]) for t in ELEMENTS.values()]
    for x, y in itertools.permutations(range(len(every)), 2):
        left, right = ELEMENTS[every[x].dtype], ELEMENTS[every[y].dtype]
        t = common(left, right)
        brought = converted(every[x].data, t), converted(every[y].data, t)
        for name in ("sub", "cmp_lt"):
            result = result_of(name, t)
            apply = functools.partial(_on_two, function(name), x, y)
            expected = reference(name, t, result, brought)
            yield Case(name, every, apply, result.name, expected, f"{name}({left.name}, {right.name})")


def _on_two(operator: Callable[..., Any], x: int, y: int, *operands: enigma.Value) -> Any:
    return operator(operands[x], operands[y])


def cases() -> Iterator[Case]:
    """Every conversion between every two types."""
    yield from _casts()
    yield from _selections()
    yield from _mixed()
