"""What operations on numbers give, component by component: one formula for each operation.

A formula of integers takes the type and Python integers, and its result wraps to the type. A formula of floats takes
the type and float64 arrays; beside the exact result it may return the sum of the absolute values of its terms, which
is what the error of such an operation is relative to.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import enigma
from enigma import _core

from .case import Case, Expected, Operand
from .elements import ELEMENTS, Element, samples

ROWS = {row.name: row for row in _core.operation_table()}

OPERATORS: dict[str, Callable[..., Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv,
    "floordiv": operator.floordiv, "rem": operator.mod, "shl": operator.lshift, "shr": operator.rshift,
    "and": operator.and_, "or": operator.or_, "xor": operator.xor, "neg": operator.neg, "not": operator.invert,
}  # fmt: skip


def function(name: str) -> Callable[..., Any]:
    """An operation as a Python program calls it."""
    return OPERATORS.get(name) or getattr(enigma, name)


def _truncated(x: int, y: int) -> int:
    return abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)


def _unsigned(t: Element, x: int) -> int:
    return x % (1 << t.bits)


def _bits(t: Element, x: int) -> str:
    """The binary digits, from the highest on."""
    return format(_unsigned(t, x), f"0{t.bits}b")


def _extract(t: Element, v: int, offset: int, bits: int) -> int:
    offset = min(offset, t.bits)
    bits = min(bits, t.bits - offset)
    field = _unsigned(t, v) >> offset & ((1 << bits) - 1)
    return field - (1 << bits) if t.is_signed and bits and field >> bits - 1 else field


def _insert(t: Element, base: int, insert: int, offset: int, bits: int) -> int:
    offset = min(offset, t.bits)
    mask = (1 << min(bits, t.bits - offset)) - 1
    return (_unsigned(t, base) & ~(mask << offset)) | (insert & mask) << offset


INTEGERS: dict[str, Callable[..., int]] = {
    "add": lambda t, x, y: x + y,
    "sub": lambda t, x, y: x - y,
    "mul": lambda t, x, y: x * y,
    "div": lambda t, x, y: _truncated(x, y),
    "floordiv": lambda t, x, y: x // y,
    "rem": lambda t, x, y: x - _truncated(x, y) * y,
    "shl": lambda t, x, y: x << y % t.bits,
    "shr": lambda t, x, y: x >> y % t.bits,
    "and": lambda t, x, y: x & y,
    "or": lambda t, x, y: x | y,
    "xor": lambda t, x, y: x ^ y,
    "neg": lambda t, x: -x,
    "not": lambda t, x: 1 - x if t.is_bool else ~x,
    "cmp_eq": lambda t, x, y: x == y,
    "cmp_ne": lambda t, x, y: x != y,
    "cmp_lt": lambda t, x, y: x < y,
    "cmp_le": lambda t, x, y: x <= y,
    "cmp_gt": lambda t, x, y: x > y,
    "cmp_ge": lambda t, x, y: x >= y,
    "cmp_ult": lambda t, x, y: _unsigned(t, x) < _unsigned(t, y),
    "cmp_ule": lambda t, x, y: _unsigned(t, x) <= _unsigned(t, y),
    "cmp_ugt": lambda t, x, y: _unsigned(t, x) > _unsigned(t, y),
    "cmp_uge": lambda t, x, y: _unsigned(t, x) >= _unsigned(t, y),
    "abs": lambda t, x: abs(x),
    "imin": lambda t, x, y: min(x, y),
    "imax": lambda t, x, y: max(x, y),
    "iclamp": lambda t, x, lo, hi: min(max(x, lo), hi),
    "abs_diff": lambda t, x, y: abs(x - y),
    "add_sat": lambda t, x, y: t.clamp(x + y),
    "sub_sat": lambda t, x, y: t.clamp(x - y),
    "mul_hi": lambda t, x, y: x * y >> t.bits,
    "mad_sat": lambda t, a, b, c: t.clamp(a * b + c),
    "rotate": lambda t, x, y: _unsigned(t, x) << y % t.bits | _unsigned(t, x) >> -y % t.bits,
    "popcount": lambda t, x: _bits(t, x).count("1"),
    "clz": lambda t, x: t.bits - _unsigned(t, x).bit_length(),
    "ctz": lambda t, x: (x & -x).bit_length() - 1 if x else t.bits,
    "reverse_bits": lambda t, x: int(_bits(t, x)[::-1], 2),
    "extract_bits": _extract,
    "insert_bits": _insert,
}  # fmt: skip


def _smoothstep(t: Element, e0: np.ndarray, e1: np.ndarray, x: np.ndarray) -> np.ndarray:
    s = np.fmin(np.fmax((x - e0) / (e1 - e0), 0.0), 1.0)
    return s * s * (3 - 2 * s)


def _sign(t: Element, x: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(x), 0.0, np.where(x == 0, x, np.copysign(1.0, x)))


def _fract(t: Element, x: np.ndarray) -> np.ndarray:
    return np.minimum(x - np.floor(x), 1 - 2.0**-t.digits)


def _fma(t: Element, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    return (a.astype(np.longdouble) * b + c).astype(np.float64)


FLOATS: dict[str, Callable[..., Any]] = {
    "add": lambda t, x, y: x + y,
    "sub": lambda t, x, y: x - y,
    "mul": lambda t, x, y: x * y,
    "div": lambda t, x, y: x / y,
    "floordiv": lambda t, x, y: np.floor(t.round(x / y)),
    "rem": lambda t, x, y: np.fmod(x, y),
    "neg": lambda t, x: -x,
    "cmp_eq": lambda t, x, y: x == y,
    "cmp_ne": lambda t, x, y: x != y,
    "cmp_lt": lambda t, x, y: x < y,
    "cmp_le": lambda t, x, y: x <= y,
    "cmp_gt": lambda t, x, y: x > y,
    "cmp_ge": lambda t, x, y: x >= y,
    "sqrt": lambda t, x: np.sqrt(x),
    "rsqrt": lambda t, x: 1 / np.sqrt(x),
    "abs": lambda t, x: np.abs(x),
    "ceil": lambda t, x: np.ceil(x),
    "floor": lambda t, x: np.floor(x),
    "round": lambda t, x: np.copysign(np.floor(np.abs(x) + 0.5), x),
    "trunc": lambda t, x: np.trunc(x),
    "sign": _sign,
    "saturate": lambda t, x: np.fmin(np.fmax(x, 0.0), 1.0),
    "fract": _fract,
    "exp": lambda t, x: np.exp(x),
    "exp2": lambda t, x: np.exp2(x),
    "log": lambda t, x: np.log(x),
    "log2": lambda t, x: np.log2(x),
    "log10": lambda t, x: np.log10(x),
    "sin": lambda t, x: np.sin(x),
    "cos": lambda t, x: np.cos(x),
    "tan": lambda t, x: np.tan(x),
    "asin": lambda t, x: np.arcsin(x),
    "acos": lambda t, x: np.arccos(x),
    "atan": lambda t, x: np.arctan(x),
    "sinh": lambda t, x: np.sinh(x),
    "cosh": lambda t, x: np.cosh(x),
    "tanh": lambda t, x: np.tanh(x),
    "isnan": lambda t, x: np.isnan(x),
    "isinf": lambda t, x: np.isinf(x),
    "isfinite": lambda t, x: np.isfinite(x),
    "signbit": lambda t, x: np.signbit(x),
    "isnormal": lambda t, x: np.isfinite(x) & (np.abs(x) >= 2.0**t.least),
    "fmin": lambda t, x, y: np.fmin(x, y),
    "fmax": lambda t, x, y: np.fmax(x, y),
    "pow": lambda t, x, y: np.power(x, y),
    "fmod": lambda t, x, y: np.fmod(x, y),
    "atan2": lambda t, x, y: np.arctan2(x, y),
    "copysign": lambda t, x, y: np.copysign(x, y),
    "step": lambda t, edge, x: np.where(x < edge, 0.0, 1.0),
    "clamp": lambda t, x, lo, hi: np.fmin(np.fmax(x, lo), hi),
    "fma": _fma,
    "mix": lambda t, a, b, u: (a + (b - a) * u, np.abs(a) + np.abs((b - a) * u)),
    "smoothstep": _smoothstep,
}  # fmt: skip

# What leaves the sign of a zero open, since -0 and 0 are equal where it compares.
_ZEROS_OPEN = {"fmin", "fmax", "clamp", "saturate", "mix", "smoothstep"}


def reference(name: str, t: Element, result: Element, operands: tuple[np.ndarray, ...]) -> Expected:
    """What an operation gives on operands of type ``t``."""
    if t.is_float:
        return _floats(name, t, result, operands)
    return _integers(name, t, result, operands)


def _integers(name: str, t: Element, result: Element, operands: tuple[np.ndarray, ...]) -> Expected:
    numbers = [operand.astype(object) for operand in operands]
    unspecified = name == "iclamp" and operands[1] > operands[2]
    formula = np.frompyfunc(lambda *x: result.wrap(int(INTEGERS[name](t, *map(int, x)))), len(numbers), 1)
    return Expected(formula(*numbers).astype(result.numpy), open=unspecified)


def _floats(name: str, t: Element, result: Element, operands: tuple[np.ndarray, ...]) -> Expected:
    with np.errstate(all="ignore"):
        exact = FLOATS[name](t, *(operand.astype(np.float64) for operand in operands))
    if not result.is_float:
        return Expected(exact)
    values, scale = exact if isinstance(exact, tuple) else (exact, None)
    unspecified: np.ndarray | bool = False
    if scale is not None:
        # Steps that overflow leave no digits, whatever the exact result is.
        unspecified = scale > t.largest / 2
    if name == "smoothstep":
        e0, e1 = operands[0].astype(np.float64), operands[1].astype(np.float64)
        with np.errstate(invalid="ignore"):
            unspecified = ~((e0 < e1) & (e1 - e0 < t.largest))
    if name == "clamp":
        unspecified = ~np.less_equal(operands[1].astype(np.float64), operands[2].astype(np.float64))
    return Expected(
        values,
        ROWS[name].ulps[result.name],
        scale,
        unspecified,
        # Metal says nothing of the fraction of NaN and of the infinities.
        open_in_metal=name == "fract" and np.isnan(values),
        zeros=name not in _ZEROS_OPEN,
    )


def result_of(name: str, t: Element) -> Element:
    """The element type of an operation's result, for operands of type ``t``."""
    tests = ("cmp_", "is", "signbit")
    if name.startswith(tests):
        return ELEMENTS["bool"]
    return t.unsigned if name == "abs_diff" else t


# Operands that are scalars of an integer type of their own, whatever the others are: bit offsets and counts.
_COUNTS = {"extract_bits": 2, "insert_bits": 2}


def cases() -> Iterator[Case]:
    """Every such operation on every type and width that it takes."""
    for name in INTEGERS | FLOATS:
        row = ROWS[name]
        arity = len(row.parameters) - _COUNTS.get(name, 0)
        for dtype in row.dtypes:
            for width in row.widths:
                yield _case(name, ELEMENTS[dtype], width, arity)


def _case(name: str, given: Element, width: int, arity: int) -> Case:
    t = given.promoted if ROWS[name].promotes and width == 1 else given
    operands = [Operand(given.name, width, column) for column in _columns(name, given.name, arity)]
    counts = samples("uchar", 2)[: _COUNTS.get(name, 0)]
    # One offset and one count for each vector.
    operands += [Operand("uchar", 1, column[: column.size // width]) for column in counts]
    expected = _expected(name, given.name, t.name, arity, width if counts else 1)
    return Case(name, operands, function(name), result_of(name, t).name, expected)


def _columns(name: str, given: str, arity: int) -> tuple[np.ndarray, ...]:
    if name in ("div", "floordiv", "rem") and not ELEMENTS[given].is_float:
        return divisible(given)
    return samples(given, arity)


@functools.cache
def divisible(given: str) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of integers whose quotient exists, so that the processor that stands in for a GPU divides them too."""
    x, y = samples(given, 2)
    t = ELEMENTS[given]
    fails = (y == 0) | (t.is_signed & (x == t.low) & (y.astype(object) == -1))
    return x, np.where(fails, t.numpy.type(3), y)


@functools.cache
def _expected(name: str, given: str, t: str, arity: int, width: int) -> Expected:
    each = [column.astype(ELEMENTS[t].numpy) for column in _columns(name, given, arity)]
    each += [
        np.repeat(column[: column.size // width], width)
        for column in samples("uchar", 2)[: _COUNTS.get(name, 0)]
    ]
    return reference(name, ELEMENTS[t], result_of(name, ELEMENTS[t]), tuple(each))
