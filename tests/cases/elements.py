"""The element types as the cases see them: their extremes, their rounding, and values worth trying."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass

import ml_dtypes
import numpy as np

from enigma.types import DTYPES, DType

# Operands of a case: a multiple of the lanes of two simdgroups, for vectors of every width.
COUNT = 768


@dataclass(frozen=True)
class Element:
    """An element type; ``digits`` and ``least`` are those of a float: of its significand, and its smallest exponent."""

    dtype: type[DType]
    numpy: np.dtype
    digits: int = 0
    least: int = 0

    @property
    def name(self) -> str:
        return self.dtype._msl

    @property
    def bits(self) -> int:
        return 1 if self.is_bool else self.numpy.itemsize * 8

    @property
    def is_bool(self) -> bool:
        return self.name == "bool"

    @property
    def is_float(self) -> bool:
        return self.digits > 0

    @property
    def is_signed(self) -> bool:
        return self.numpy.kind == "i"

    @property
    def low(self) -> int:
        """The smallest integer."""
        return -(1 << self.bits - 1) if self.is_signed else 0

    @property
    def high(self) -> int:
        """The greatest integer."""
        return (1 << self.bits - self.is_signed) - 1

    @property
    def promoted(self) -> Element:
        """What a scalar of it becomes under an operator."""
        narrow = not self.is_float and not self.is_bool and self.bits < 32
        return ELEMENTS["int"] if narrow else self

    @property
    def unsigned(self) -> Element:
        return ELEMENTS[self.name if not self.is_signed else f"u{self.name}"]

    @property
    def beyond(self) -> float:
        """The first power of two that the type does not have."""
        return 2.0 ** (2 - self.least)

    @property
    def largest(self) -> float:
        return self.beyond * (1 - 2.0**-self.digits)

    def wrap(self, number: int) -> int:
        """An integer as the type keeps it."""
        if self.is_bool:
            return int(number != 0)
        return (number - self.low) % (1 << self.bits) + self.low

    def clamp(self, number: int) -> int:
        """An integer held at the ends of the type."""
        return min(max(number, self.low), self.high)

    def round(self, numbers: np.ndarray) -> np.ndarray:
        """Floats as the type keeps them, as float64."""
        return numbers.astype(self.numpy).astype(np.float64)

    def ulp(self, numbers: np.ndarray) -> np.ndarray:
        """The unit in the last place of each number."""
        _, exponents = np.frexp(np.minimum(np.abs(numbers), self.largest))
        return np.ldexp(1.0, np.maximum(exponents - 1, self.least) - self.digits + 1)


_FLOATS = {
    "half": (np.dtype(np.float16), 11, -14),
    "bfloat": (np.dtype(ml_dtypes.bfloat16), 8, -126),
    "float": (np.dtype(np.float32), 24, -126),
}

ELEMENTS = {
    dtype._msl: Element(dtype, *_FLOATS.get(dtype._msl) or (np.dtype(dtype._numpy),)) for dtype in DTYPES
}


def _special_floats(t: Element) -> list[float]:
    tiny, normal = 2.0 ** (t.least - t.digits + 1), 2.0**t.least
    ends = [0.0, np.inf, tiny, 5 * tiny, normal - tiny, normal, t.largest]
    near_one = [1.0, 1 + 2.0 ** (1 - t.digits), 0.5, 2.0]
    positive = [*ends, *near_one]
    return [np.nan, *positive, *(-x for x in positive)]


def _special_integers(t: Element) -> list[int]:
    if t.is_bool:
        return [0, 1]
    pattern = 0x5AA5_0FF0_1234_8765 >> 1
    numbers = [0, 1, 2, 3, -1, -2, 7, -7, t.bits - 1, t.bits, t.bits + 1, pattern, ~pattern]
    ends = [t.low, t.low + 1, t.high, t.high - 1, t.high // 2, t.low // 2 - 1]
    return sorted({t.wrap(number) for number in [*numbers, *ends]})


def special(t: Element) -> list[float] | list[int]:
    """The values at which a type ends, turns or overflows."""
    return _special_floats(t) if t.is_float else _special_integers(t)


def random(t: Element, count: int, seed: int) -> list[float] | list[int]:
    """Values from anywhere in a type: floats of every magnitude, and as many around 1."""
    generator = np.random.default_rng(seed)
    if not t.is_float:
        numbers = generator.integers(-(1 << 63), (1 << 63) - 1, count)
        return [
            t.wrap(int(number) >> int(shift)) for number, shift in zip(numbers, range(count), strict=True)
        ]
    signs = generator.choice([-1.0, 1.0], count)
    magnitudes = 2.0 ** generator.uniform(t.least, -t.least, count)
    near = generator.uniform(-8, 8, count)
    return list(np.where(np.arange(count) % 2 == 0, signs * magnitudes, near))


@functools.cache
def samples(name: str, operands: int) -> tuple[np.ndarray, ...]:
    """``COUNT`` values of a type for each of so many operands: combinations of special values, then random ones.

    Three operands have too many combinations of all; they are those of nine values.
    """
    t = ELEMENTS[name]
    values = special(t) if operands < 3 else special(t)[:: -(-len(special(t)) // 9)]
    combinations = list(itertools.product(values, repeat=operands))
    if len(combinations) > COUNT:
        raise ValueError(f"{len(combinations)} combinations of {name}")
    columns = zip(*combinations, strict=True)
    filled = [[*column, *random(t, COUNT - len(column), seed)] for seed, column in enumerate(columns)]
    with np.errstate(over="ignore"):
        return tuple(
            np.array(column, object if not t.is_float else None).astype(t.numpy) for column in filled
        )
