"""What the tests share: the dtypes, and compiling what must be refused."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import ml_dtypes
import numpy as np
import pytest

import enigma

NUMPY = {
    enigma.b1: np.dtype(np.bool_),
    enigma.i8: np.dtype(np.int8),
    enigma.u8: np.dtype(np.uint8),
    enigma.i16: np.dtype(np.int16),
    enigma.u16: np.dtype(np.uint16),
    enigma.i32: np.dtype(np.int32),
    enigma.u32: np.dtype(np.uint32),
    enigma.i64: np.dtype(np.int64),
    enigma.u64: np.dtype(np.uint64),
    enigma.f16: np.dtype(np.float16),
    enigma.bf16: np.dtype(ml_dtypes.bfloat16),
    enigma.f32: np.dtype(np.float32),
}


def sample(dtype: type[enigma.DType], count: int, seed: int = 0) -> np.ndarray:
    """Elements of every kind that a dtype has, none of them the same as its neighbour for long."""
    numbers = np.random.default_rng(seed).integers(-100, 100, count)
    return (numbers % 2 == 0) if dtype is enigma.b1 else numbers.astype(NUMPY[dtype])


def refusal(kernel: enigma.Kernel) -> enigma.EnigmaError:
    """The error that compiling a kernel raises."""
    with pytest.raises(enigma.EnigmaError) as raised:
        enigma.compile(kernel)
    return raised.value


def only(error: enigma.EnigmaError, rule: str) -> enigma.Diagnostic:
    """The first of the findings, all of which break that rule."""
    assert {d.rule for d in error.diagnostics} == {rule}, str(error)
    return error.diagnostics[0]


def marked_lines(function: Callable[..., object], mark: str = "# HERE") -> set[int]:
    """The lines of a function's source that carry the mark."""
    lines, first = inspect.getsourcelines(function)
    return {first + n for n, line in enumerate(lines) if mark in line}
