"""The functions of the kernel language that are made from the operation table.

Made by ``python -m enigma._stubs``; do not edit.
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from ._core import Event, RegisterTensor, Tensor, Value
from .types import DType

Operand = Value | bool | int | float | np.generic[Any]
Memory = Tensor | RegisterTensor | str
DTypeLike = str | type[DType]
Dim = Literal["x", "y", "z"]
Fill = Literal["zero", "edge"]
MemFlags = Literal["mem_none", "mem_device", "mem_threadgroup", "mem_device_and_threadgroup", "mem_texture"]

__all__ = [
    "thread_position_in_threadgroup",
    "threadgroup_position_in_grid",
    "threads_per_threadgroup",
    "threads_per_grid",
    "threadgroups_per_grid",
    "thread_index_in_threadgroup",
    "thread_index_in_simdgroup",
    "simdgroup_index_in_threadgroup",
    "threads_per_simdgroup",
    "simdgroups_per_threadgroup",
    "cmp_eq",
    "cmp_ne",
    "cmp_lt",
    "cmp_le",
    "cmp_gt",
    "cmp_ge",
    "cmp_ult",
    "cmp_ule",
    "cmp_ugt",
    "cmp_uge",
    "where",
    "metal_cast",
    "sqrt",
    "rsqrt",
    "abs",
    "ceil",
    "floor",
    "round",
    "trunc",
    "sign",
    "saturate",
    "fract",
    "exp",
    "exp2",
    "log",
    "log2",
    "log10",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "isnan",
    "isinf",
    "isfinite",
    "signbit",
    "isnormal",
    "fmin",
    "fmax",
    "pow",
    "fmod",
    "atan2",
    "copysign",
    "step",
    "clamp",
    "fma",
    "mix",
    "smoothstep",
    "make_vec",
    "vec_extract",
    "barrier",
    "simd_barrier",
    "async_copy_1d_d2t",
    "async_copy_1d_t2d",
    "async_copy_2d_d2t",
    "async_copy_2d_t2d",
    "async_copy_wait",
    "simd_sum",
    "simd_product",
    "simd_min",
    "simd_max",
    "simd_and",
    "simd_or",
    "simd_xor",
    "simdgroup_matrix_load",
    "simdgroup_matrix_store",
    "simdgroup_multiply_accumulate",
    "make_filled_simdgroup_matrix",
    "thread_position_in_grid_xyz",
    "grid_size",
]

def thread_position_in_threadgroup(dim: Dim = "x") -> Value:
    """Position of the thread in its threadgroup.

    Args:
        dim: "x", "y" or "z".

    Returns:
        A `uint`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def threadgroup_position_in_grid(dim: Dim = "x") -> Value:
    """Position of the threadgroup in the grid, counted in threadgroups.

    Args:
        dim: "x", "y" or "z".

    Returns:
        A `uint`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def threads_per_threadgroup(dim: Dim = "x") -> Value:
    """Threads of this threadgroup in one dimension; smaller at the edge of a grid that is no multiple.

    Args:
        dim: "x", "y" or "z".

    Returns:
        A `uint`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def threads_per_grid(dim: Dim = "x") -> Value:
    """Threads of the grid in one dimension.

    Args:
        dim: "x", "y" or "z".

    Returns:
        A `uint`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def threadgroups_per_grid(dim: Dim = "x") -> Value:
    """Threadgroups of the grid in one dimension.

    Args:
        dim: "x", "y" or "z".

    Returns:
        A `uint`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def thread_index_in_threadgroup() -> Value:
    """The thread's place in the flattened threadgroup, x fastest.

    Returns:
        A `uint`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def thread_index_in_simdgroup() -> Value:
    """The lane: the thread's place in its simdgroup, 0 to 31.

    Returns:
        A `uint`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def simdgroup_index_in_threadgroup() -> Value:
    """Which simdgroup of the threadgroup the thread is in.

    Returns:
        A `uint`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def threads_per_simdgroup() -> Value:
    """Lanes of a simdgroup: 32.

    Returns:
        A `uint`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def simdgroups_per_threadgroup() -> Value:
    """Simdgroups of this threadgroup.

    Returns:
        A `uint`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def cmp_eq(x: Operand, y: Operand) -> Value:
    """True where both are equal.

    Args:
        x: a scalar or a vector; all such arguments are brought to their common type.
        y: a scalar or a vector; all such arguments are brought to their common type.

    Returns:
        A `bool`, or a vector of them.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `x == y`.
    """

def cmp_ne(x: Operand, y: Operand) -> Value:
    """True where both differ; true for NaN.

    Args:
        x: a scalar or a vector; all such arguments are brought to their common type.
        y: a scalar or a vector; all such arguments are brought to their common type.

    Returns:
        A `bool`, or a vector of them.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `x != y`.
    """

def cmp_lt(x: Operand, y: Operand) -> Value:
    """True where the first is less.

    Args:
        x: a scalar or a vector; all such arguments are brought to their common type.
        y: a scalar or a vector; all such arguments are brought to their common type.

    Returns:
        A `bool`, or a vector of them.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `x < y`.
    """

def cmp_le(x: Operand, y: Operand) -> Value:
    """True where the first is less or equal.

    Args:
        x: a scalar or a vector; all such arguments are brought to their common type.
        y: a scalar or a vector; all such arguments are brought to their common type.

    Returns:
        A `bool`, or a vector of them.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `x <= y`.
    """

def cmp_gt(x: Operand, y: Operand) -> Value:
    """True where the first is greater.

    Args:
        x: a scalar or a vector; all such arguments are brought to their common type.
        y: a scalar or a vector; all such arguments are brought to their common type.

    Returns:
        A `bool`, or a vector of them.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `x > y`.
    """

def cmp_ge(x: Operand, y: Operand) -> Value:
    """True where the first is greater or equal.

    Args:
        x: a scalar or a vector; all such arguments are brought to their common type.
        y: a scalar or a vector; all such arguments are brought to their common type.

    Returns:
        A `bool`, or a vector of them.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `x >= y`.
    """

def cmp_ult(x: Operand, y: Operand) -> Value:
    """Unsigned less: both are taken as unsigned of their width.

    Args:
        x: integers; all such arguments are brought to their common type.
        y: integers; all such arguments are brought to their common type.

    Returns:
        A `bool`, or a vector of them.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def cmp_ule(x: Operand, y: Operand) -> Value:
    """Unsigned less or equal.

    Args:
        x: integers; all such arguments are brought to their common type.
        y: integers; all such arguments are brought to their common type.

    Returns:
        A `bool`, or a vector of them.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def cmp_ugt(x: Operand, y: Operand) -> Value:
    """Unsigned greater.

    Args:
        x: integers; all such arguments are brought to their common type.
        y: integers; all such arguments are brought to their common type.

    Returns:
        A `bool`, or a vector of them.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def cmp_uge(x: Operand, y: Operand) -> Value:
    """Unsigned greater or equal.

    Args:
        x: integers; all such arguments are brought to their common type.
        y: integers; all such arguments are brought to their common type.

    Returns:
        A `bool`, or a vector of them.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def where(false_val: Operand, true_val: Operand, cond: Operand) -> Value:
    """`true_val` where `cond` holds, else `false_val`.

    Args:
        false_val: a scalar or a vector; all such arguments are brought to their common type.
        true_val: a scalar or a vector; all such arguments are brought to their common type.
        cond: a bool scalar.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `cond ? true_val : false_val`.
    """

def metal_cast(x: Operand, dtype: DTypeLike) -> Value:
    """C++ static cast. A float that does not fit an integer type saturates; NaN becomes 0.

    Args:
        x: a scalar or a vector; all such arguments are brought to their common type.
        dtype: an element type.

    Returns:
        A value of that type, a vector for a vector.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def sqrt(x: Operand) -> Value:
    """Square root.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `precise::sqrt(x)`.
    """

def rsqrt(x: Operand) -> Value:
    """One over the square root.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `precise::rsqrt(x)`.
    """

def abs(x: Operand) -> Value:
    """Absolute value; the smallest signed integer stays itself.

    Args:
        x: integers or floats; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `abs(x)`.
    """

def ceil(x: Operand) -> Value:
    """Rounded up.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `ceil(x)`.
    """

def floor(x: Operand) -> Value:
    """Rounded down.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `floor(x)`.
    """

def round(x: Operand) -> Value:
    """Rounded to the nearest integer, halves away from zero.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `round(x)`.
    """

def trunc(x: Operand) -> Value:
    """Rounded towards zero.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `trunc(x)`.
    """

def sign(x: Operand) -> Value:
    """1, -1, or the zero itself; 0 for NaN.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `sign(x)`.
    """

def saturate(x: Operand) -> Value:
    """Clamped to 0..1; 0 for NaN.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `saturate(x)`.
    """

def fract(x: Operand) -> Value:
    """The fractional part, `x - floor(x)`, below 1.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `precise::fract(x)`.
    """

def exp(x: Operand) -> Value:
    """e to the x.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `precise::exp(x)`.
    """

def exp2(x: Operand) -> Value:
    """2 to the x.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `precise::exp2(x)`.
    """

def log(x: Operand) -> Value:
    """Natural logarithm.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `precise::log(x)`.
    """

def log2(x: Operand) -> Value:
    """Logarithm to base 2.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `precise::log2(x)`.
    """

def log10(x: Operand) -> Value:
    """Logarithm to base 10.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `precise::log10(x)`.
    """

def sin(x: Operand) -> Value:
    """Sine of an angle in radians.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `precise::sin(x)`.
    """

def cos(x: Operand) -> Value:
    """Cosine of an angle in radians.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `precise::cos(x)`.
    """

def tan(x: Operand) -> Value:
    """Tangent of an angle in radians.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `precise::tan(x)`.
    """

def asin(x: Operand) -> Value:
    """Arc sine, in radians.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `precise::asin(x)`.
    """

def acos(x: Operand) -> Value:
    """Arc cosine, in radians.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `precise::acos(x)`.
    """

def atan(x: Operand) -> Value:
    """Arc tangent, in radians.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `precise::atan(x)`.
    """

def sinh(x: Operand) -> Value:
    """Hyperbolic sine.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `precise::sinh(x)`.
    """

def cosh(x: Operand) -> Value:
    """Hyperbolic cosine.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `precise::cosh(x)`.
    """

def tanh(x: Operand) -> Value:
    """Hyperbolic tangent.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `precise::tanh(x)`.
    """

def isnan(x: Operand) -> Value:
    """True for NaN.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A `bool`, or a vector of them.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `isnan(x)`.
    """

def isinf(x: Operand) -> Value:
    """True for either infinity.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A `bool`, or a vector of them.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `isinf(x)`.
    """

def isfinite(x: Operand) -> Value:
    """True for anything but NaN and the infinities.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A `bool`, or a vector of them.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `isfinite(x)`.
    """

def signbit(x: Operand) -> Value:
    """True where the sign bit is set, negative zero included.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A `bool`, or a vector of them.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `signbit(x)`.
    """

def isnormal(x: Operand) -> Value:
    """True for numbers that are neither zero, denormal, infinite nor NaN.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A `bool`, or a vector of them.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `isnormal(x)`.
    """

def fmin(x: Operand, y: Operand) -> Value:
    """The smaller; if one is NaN, the other.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.
        y: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `fmin(x, y)`.
    """

def fmax(x: Operand, y: Operand) -> Value:
    """The greater; if one is NaN, the other.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.
        y: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `fmax(x, y)`.
    """

def pow(x: Operand, y: Operand) -> Value:
    """x to the y.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.
        y: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `precise::pow(x, y)`.
    """

def fmod(x: Operand, y: Operand) -> Value:
    """C remainder, with the sign of x.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.
        y: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `precise::fmod(x, y)`.
    """

def atan2(x: Operand, y: Operand) -> Value:
    """Arc tangent of x / y in the right quadrant, in radians.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.
        y: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `precise::atan2(x, y)`.
    """

def copysign(x: Operand, y: Operand) -> Value:
    """x with the sign of y.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.
        y: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `copysign(x, y)`.
    """

def step(edge: Operand, x: Operand) -> Value:
    """0 where x is less than edge, else 1.

    Args:
        edge: floats (float, half or bfloat); all such arguments are brought to their common type.
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `step(edge, x)`.
    """

def clamp(x: Operand, lo: Operand, hi: Operand) -> Value:
    """x held between lo and hi.

    Args:
        x: floats (float, half or bfloat); all such arguments are brought to their common type.
        lo: floats (float, half or bfloat); all such arguments are brought to their common type.
        hi: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `clamp(x, lo, hi)`.
    """

def fma(a: Operand, b: Operand, c: Operand) -> Value:
    """a * b + c, rounded once.

    Args:
        a: floats (float, half or bfloat); all such arguments are brought to their common type.
        b: floats (float, half or bfloat); all such arguments are brought to their common type.
        c: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `fma(a, b, c)`.
    """

def mix(a: Operand, b: Operand, t: Operand) -> Value:
    """a + (b - a) * t.

    Args:
        a: floats (float, half or bfloat); all such arguments are brought to their common type.
        b: floats (float, half or bfloat); all such arguments are brought to their common type.
        t: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `mix(a, b, t)`.
    """

def smoothstep(e0: Operand, e1: Operand, x: Operand) -> Value:
    """0 up to e0, 1 from e1, a cubic between.

    Args:
        e0: floats (float, half or bfloat); all such arguments are brought to their common type.
        e1: floats (float, half or bfloat); all such arguments are brought to their common type.
        x: floats (float, half or bfloat); all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `smoothstep(e0, e1, x)`.
    """

def make_vec(*components: Operand) -> Value:
    """A vector of two, three or four components.

    Args:
        components: a scalar; all such arguments are brought to their common type.

    Returns:
        A vector of as many components as were given.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def vec_extract(v: Operand, lane: int | str) -> Value:
    """One component of a vector.

    Args:
        v: a vector; all such arguments are brought to their common type.
        lane: a component, 0 to 3 or "x" to "w".

    Returns:
        A scalar of the vector's element type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def barrier(mem_flags: MemFlags = "mem_threadgroup") -> None:
    """All threads of the threadgroup arrive before any goes on; orders the memory its flags name.

    Args:
        mem_flags: "mem_none", "mem_device", "mem_threadgroup", "mem_device_and_threadgroup", "mem_texture".

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `threadgroup_barrier(mem_flags::mem_flags)`.
    """

def simd_barrier(mem_flags: MemFlags = "mem_threadgroup") -> None:
    """All lanes of the simdgroup arrive before any goes on; orders the memory its flags name.

    Args:
        mem_flags: "mem_none", "mem_device", "mem_threadgroup", "mem_device_and_threadgroup", "mem_texture".

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `simdgroup_barrier(mem_flags::mem_flags)`.
    """

def async_copy_1d_d2t(
    dst: Memory,
    dst_offset: Operand,
    src: Memory,
    src_offset: Operand,
    count: Operand,
    *,
    where: Operand = True,
) -> Event:
    """Issues a copy of `count` elements from device to threadgroup memory; the event is waited for exactly once.

    Args:
        dst: a threadgroup or register tensor, or its name; it is written.
        dst_offset: an integer scalar, in elements where it counts memory.
        src: a device buffer, or its name; it is read.
        src_offset: an integer scalar, in elements where it counts memory.
        count: an integer scalar, in elements where it counts memory.
        where: a bool scalar.

    Returns:
        The event of the copy.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def async_copy_1d_t2d(
    dst: Memory,
    dst_offset: Operand,
    src: Memory,
    src_offset: Operand,
    count: Operand,
    *,
    where: Operand = True,
) -> Event:
    """Issues a copy of `count` elements from threadgroup to device memory; the event is waited for exactly once.

    Args:
        dst: a device buffer, or its name; it is written.
        dst_offset: an integer scalar, in elements where it counts memory.
        src: a threadgroup or register tensor, or its name; it is read.
        src_offset: an integer scalar, in elements where it counts memory.
        count: an integer scalar, in elements where it counts memory.
        where: a bool scalar.

    Returns:
        The event of the copy.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def async_copy_2d_d2t(
    dst: Memory,
    dst_off: Operand,
    dst_epr: Operand,
    src: Memory,
    src_off: Operand,
    src_epr: Operand,
    cols: Operand,
    rows: Operand,
    *,
    where: Operand = True,
    valid_cols: Operand | None = None,
    valid_rows: Operand | None = None,
    fill: Fill = "zero",
) -> Event:
    """Issues a copy of a tile of `rows` x `cols` elements from device to threadgroup memory. Only `valid_rows` x `valid_cols` of the source exist; the rest is filled.

    Args:
        dst: a threadgroup or register tensor, or its name; it is written.
        dst_off: an integer scalar, in elements where it counts memory.
        dst_epr: an integer scalar, in elements where it counts memory.
        src: a device buffer, or its name; it is read.
        src_off: an integer scalar, in elements where it counts memory.
        src_epr: an integer scalar, in elements where it counts memory.
        cols: an integer scalar, in elements where it counts memory.
        rows: an integer scalar, in elements where it counts memory.
        where: a bool scalar.
        valid_cols: an integer scalar, in elements where it counts memory; the same as `cols` when not given.
        valid_rows: an integer scalar, in elements where it counts memory; the same as `rows` when not given.
        fill: "zero" or "edge", the nearest valid element.

    Returns:
        The event of the copy.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def async_copy_2d_t2d(
    dst: Memory,
    dst_off: Operand,
    dst_epr: Operand,
    src: Memory,
    src_off: Operand,
    src_epr: Operand,
    cols: Operand,
    rows: Operand,
    *,
    where: Operand = True,
    valid_cols: Operand | None = None,
    valid_rows: Operand | None = None,
) -> Event:
    """Issues a copy of a tile of `rows` x `cols` elements from threadgroup to device memory, of which only `valid_rows` x `valid_cols` are written.

    Args:
        dst: a device buffer, or its name; it is written.
        dst_off: an integer scalar, in elements where it counts memory.
        dst_epr: an integer scalar, in elements where it counts memory.
        src: a threadgroup or register tensor, or its name; it is read.
        src_off: an integer scalar, in elements where it counts memory.
        src_epr: an integer scalar, in elements where it counts memory.
        cols: an integer scalar, in elements where it counts memory.
        rows: an integer scalar, in elements where it counts memory.
        where: a bool scalar.
        valid_cols: an integer scalar, in elements where it counts memory; the same as `cols` when not given.
        valid_rows: an integer scalar, in elements where it counts memory; the same as `rows` when not given.

    Returns:
        The event of the copy.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def async_copy_wait(*events: Event | Sequence[Event]) -> None:
    """Blocks the simdgroup until the copies of these events are done.

    Args:
        events: an event.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def simd_sum(x: Operand) -> Value:
    """Sum over the active lanes of the simdgroup.

    Args:
        x: integers or floats; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `simd_sum(x)`.
    """

def simd_product(x: Operand) -> Value:
    """Product over the active lanes of the simdgroup.

    Args:
        x: integers or floats; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `simd_product(x)`.
    """

def simd_min(x: Operand) -> Value:
    """Smallest over the active lanes of the simdgroup.

    Args:
        x: integers or floats; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `simd_min(x)`.
    """

def simd_max(x: Operand) -> Value:
    """Greatest over the active lanes of the simdgroup.

    Args:
        x: integers or floats; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `simd_max(x)`.
    """

def simd_and(x: Operand) -> Value:
    """Bitwise and over the active lanes of the simdgroup.

    Args:
        x: integers; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `simd_and(x)`.
    """

def simd_or(x: Operand) -> Value:
    """Bitwise or over the active lanes of the simdgroup.

    Args:
        x: integers; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `simd_or(x)`.
    """

def simd_xor(x: Operand) -> Value:
    """Bitwise exclusive or over the active lanes of the simdgroup.

    Args:
        x: integers; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `simd_xor(x)`.
    """

def simdgroup_matrix_load(
    buf: Memory,
    elements_per_row: Operand,
    elem: DTypeLike | None = None,
    rows: int = 8,
    cols: int = 8,
    offset: Operand = 0,
    transpose: bool = False,
) -> Value:
    """Loads an 8x8 matrix whose rows lie `elements_per_row` elements apart, from element `offset` on.

    Args:
        buf: a tensor in device or threadgroup memory, or its name; it is read.
        elements_per_row: an integer scalar, in elements where it counts memory.
        elem: the element type of the memory; that of the memory when not given.
        rows: 8: simdgroup matrices are 8x8.
        cols: 8: simdgroup matrices are 8x8.
        offset: an integer scalar, in elements where it counts memory.
        transpose: True or False.

    Returns:
        An 8x8 simdgroup matrix of that element type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def simdgroup_matrix_store(m: Value, buf: Memory, elements_per_row: Operand, offset: Operand = 0) -> None:
    """Stores an 8x8 matrix to rows that lie `elements_per_row` elements apart, from element `offset` on.

    Args:
        m: a simdgroup matrix.
        buf: a tensor in device or threadgroup memory, or its name; it is written.
        elements_per_row: an integer scalar, in elements where it counts memory.
        offset: an integer scalar, in elements where it counts memory.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def simdgroup_multiply_accumulate(a: Value, b: Value, c: Value) -> Value:
    """The 8x8 matrix a * b + c; a and b share an element type, c and the result may have a wider one.

    Args:
        a: a simdgroup matrix.
        b: a simdgroup matrix.
        c: a simdgroup matrix.

    Returns:
        A simdgroup matrix.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def make_filled_simdgroup_matrix(
    value: Operand,
    elem: DTypeLike = "float",
    rows: int = 8,
    cols: int = 8,
) -> Value:
    """An 8x8 matrix with one value everywhere.

    Args:
        value: a scalar.
        elem: an element type.
        rows: 8: simdgroup matrices are 8x8.
        cols: 8: simdgroup matrices are 8x8.

    Returns:
        An 8x8 simdgroup matrix of that element type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def thread_position_in_grid_xyz(dim: Dim = "x") -> Value:
    """Position of the thread in the grid.

    Args:
        dim: "x", "y" or "z".

    Returns:
        A `uint`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def grid_size(dim: Dim = "x") -> Value:
    """Threads of the grid in one dimension.

    Args:
        dim: "x", "y" or "z".

    Returns:
        A `uint`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """
