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
MemoryOrder = Literal["relaxed", "acquire", "release", "acq_rel"]
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
    "as_type",
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
    "imin",
    "imax",
    "iclamp",
    "abs_diff",
    "add_sat",
    "sub_sat",
    "mul_hi",
    "mad_sat",
    "rotate",
    "popcount",
    "clz",
    "ctz",
    "reverse_bits",
    "extract_bits",
    "insert_bits",
    "make_vec",
    "vec_extract",
    "dot",
    "length",
    "distance",
    "cross",
    "normalize",
    "reflect",
    "refract",
    "faceforward",
    "pack_float_to_snorm4x8",
    "pack_float_to_unorm4x8",
    "pack_float_to_snorm2x16",
    "pack_float_to_unorm2x16",
    "pack_float_to_srgb_unorm4x8",
    "pack_float_to_unorm10a2",
    "unpack_snorm4x8_to_float",
    "unpack_unorm4x8_to_float",
    "unpack_snorm2x16_to_float",
    "unpack_unorm2x16_to_float",
    "unpack_srgb_unorm4x8_to_float",
    "unpack_unorm10a2_to_float",
    "mat_make",
    "mat_column",
    "matmul",
    "transpose",
    "determinant",
    "function_constant",
    "load_if",
    "store_if",
    "vec_load",
    "vec_store",
    "atomic_load",
    "atomic_store",
    "atomic_exchange",
    "atomic_fetch_add",
    "atomic_fetch_sub",
    "atomic_fetch_min",
    "atomic_fetch_max",
    "atomic_fetch_and",
    "atomic_fetch_or",
    "atomic_fetch_xor",
    "atomic_compare_exchange_weak",
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
    "simd_prefix_exclusive_sum",
    "simd_prefix_inclusive_sum",
    "simd_prefix_exclusive_product",
    "simd_prefix_inclusive_product",
    "simd_shuffle",
    "simd_shuffle_up",
    "simd_shuffle_down",
    "simd_shuffle_xor",
    "simd_broadcast",
    "quad_sum",
    "quad_product",
    "quad_min",
    "quad_max",
    "quad_and",
    "quad_or",
    "quad_xor",
    "quad_prefix_exclusive_sum",
    "quad_prefix_inclusive_sum",
    "quad_shuffle",
    "quad_shuffle_up",
    "quad_shuffle_down",
    "quad_shuffle_xor",
    "quad_broadcast",
    "simdgroup_matrix_load",
    "simdgroup_matrix_store",
    "simdgroup_multiply_accumulate",
    "make_filled_simdgroup_matrix",
    "debug_print",
    "thread_position_in_grid_xyz",
    "grid_size",
    "abs_diff_unary",
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

    Error of floats: correctly rounded.
    """

def as_type(x: Operand, dtype: DTypeLike) -> Value:
    """The same bits as another type of the same width.

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

    Error of floats: correctly rounded.

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

    Error of floats: within 1 ulp.

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

    Error of floats: correctly rounded.

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

    Error of floats: within 1 ulp.

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

    Error of floats: within 1 ulp.

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

    Error of floats: within 1 ulp.

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

    Error of floats: within 1 ulp.

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

    Error of floats: within 2 ulp.

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

    Error of floats: within 1 ulp.

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

    Error of floats: within 1 ulp.

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

    Error of floats: within 2 ulp.

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

    Error of floats: within 2 ulp.

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

    Error of floats: within 2 ulp.

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

    Error of floats: within 2 ulp.

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

    Error of floats: within 3 ulp.

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

    Error of floats: within 3 ulp.

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

    Error of floats: within 3 ulp.

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

    Error of floats: within 1 ulp.

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

    Error of floats: correctly rounded.

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

    Error of floats: within 2 ulp.

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

    Error of floats: correctly rounded.

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

    Error of floats: within 3 ulp of its terms.

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

    Error of floats: within 9 ulp.

    MSL: `smoothstep(e0, e1, x)`.
    """

def imin(x: Operand, y: Operand) -> Value:
    """The smaller.

    Args:
        x: integers; all such arguments are brought to their common type.
        y: integers; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `min(x, y)`.
    """

def imax(x: Operand, y: Operand) -> Value:
    """The greater.

    Args:
        x: integers; all such arguments are brought to their common type.
        y: integers; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `max(x, y)`.
    """

def iclamp(x: Operand, lo: Operand, hi: Operand) -> Value:
    """x held between lo and hi: `min(max(x, lo), hi)`.

    Args:
        x: integers; all such arguments are brought to their common type.
        lo: integers; all such arguments are brought to their common type.
        hi: integers; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `clamp(x, lo, hi)`.
    """

def abs_diff(x: Operand, y: Operand) -> Value:
    """The distance of x and y, as an unsigned integer: it never wraps.

    Args:
        x: integers; all such arguments are brought to their common type.
        y: integers; all such arguments are brought to their common type.

    Returns:
        A value of the unsigned type of that width.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `absdiff(x, y)`.
    """

def add_sat(x: Operand, y: Operand) -> Value:
    """Sum, held at the ends of the type instead of wrapping.

    Args:
        x: integers; all such arguments are brought to their common type.
        y: integers; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `addsat(x, y)`.
    """

def sub_sat(x: Operand, y: Operand) -> Value:
    """Difference, held at the ends of the type instead of wrapping.

    Args:
        x: integers; all such arguments are brought to their common type.
        y: integers; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `subsat(x, y)`.
    """

def mul_hi(x: Operand, y: Operand) -> Value:
    """The upper half of the product of double width.

    Args:
        x: integers; all such arguments are brought to their common type.
        y: integers; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `mulhi(x, y)`.
    """

def mad_sat(a: Operand, b: Operand, c: Operand) -> Value:
    """a * b + c, computed exactly and held at the ends of the type.

    Args:
        a: integers; all such arguments are brought to their common type.
        b: integers; all such arguments are brought to their common type.
        c: integers; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `madsat(a, b, c)`.
    """

def rotate(x: Operand, count: Operand) -> Value:
    """Bits rotated left; the count is taken modulo the width.

    Args:
        x: integers; all such arguments are brought to their common type.
        count: integers; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `rotate(x, count)`.
    """

def popcount(x: Operand) -> Value:
    """Number of bits that are 1.

    Args:
        x: integers; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `popcount(x)`.
    """

def clz(x: Operand) -> Value:
    """Number of zero bits above the highest 1; the width for 0.

    Args:
        x: integers; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `clz(x)`.
    """

def ctz(x: Operand) -> Value:
    """Number of zero bits below the lowest 1; the width for 0.

    Args:
        x: integers; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `ctz(x)`.
    """

def reverse_bits(x: Operand) -> Value:
    """Bits in reverse order.

    Args:
        x: integers; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `reverse_bits(x)`.
    """

def extract_bits(v: Operand, offset: Operand, bits: Operand) -> Value:
    """`bits` bits from bit `offset` on, with the sign extended for signed types. What lies beyond the width is left out: offset and bits are clamped to it.

    Args:
        v: integers; all such arguments are brought to their common type.
        offset: an integer scalar, in elements where it counts memory.
        bits: an integer scalar, in elements where it counts memory.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def insert_bits(base: Operand, insert: Operand, offset: Operand, bits: Operand) -> Value:
    """`base`, with `bits` bits from bit `offset` on replaced by the lowest bits of `insert`. What lies beyond the width is left out.

    Args:
        base: integers; all such arguments are brought to their common type.
        insert: integers; all such arguments are brought to their common type.
        offset: an integer scalar, in elements where it counts memory.
        bits: an integer scalar, in elements where it counts memory.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
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
        lane: a component or a column, 0 to 3 or "x" to "w".

    Returns:
        A scalar of the vector's element type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def dot(x: Operand, y: Operand) -> Value:
    """Scalar product.

    Args:
        x: a vector of floats; all such arguments are brought to their common type.
        y: a vector of floats; all such arguments are brought to their common type.

    Returns:
        A scalar of the vector's element type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: within 1 ulp of its terms.

    MSL: `dot(x, y)`.
    """

def length(v: Operand) -> Value:
    """Euclidean length.

    Args:
        v: a vector of floats; all such arguments are brought to their common type.

    Returns:
        A scalar of the vector's element type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: within 1 ulp.

    MSL: `precise::length(v)`.
    """

def distance(x: Operand, y: Operand) -> Value:
    """Euclidean distance of two points.

    Args:
        x: a vector of floats; all such arguments are brought to their common type.
        y: a vector of floats; all such arguments are brought to their common type.

    Returns:
        A scalar of the vector's element type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: within 1 ulp.

    MSL: `precise::distance(x, y)`.
    """

def cross(x: Operand, y: Operand) -> Value:
    """Vector product, of vectors of three.

    Args:
        x: a vector of three floats; all such arguments are brought to their common type.
        y: a vector of three floats; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: within 1 ulp.

    MSL: `cross(x, y)`.
    """

def normalize(v: Operand) -> Value:
    """The vector of length 1 in the same direction; NaN for the zero vector.

    Args:
        v: a vector of floats; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: within 1 ulp.

    MSL: `precise::normalize(v)`.
    """

def reflect(i: Operand, n: Operand) -> Value:
    """The direction i reflected at a surface of normal n: `i - 2 * dot(n, i) * n`, for n of length 1.

    Args:
        i: a vector of floats; all such arguments are brought to their common type.
        n: a vector of floats; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: within 1 ulp of its terms.

    MSL: `reflect(i, n)`.
    """

def refract(i: Operand, n: Operand, eta: Operand) -> Value:
    """The direction i refracted at a surface of normal n, for i and n of length 1 and the ratio eta of refractive indices; zero where it is reflected totally.

    Args:
        i: a vector of floats; all such arguments are brought to their common type.
        n: a vector of floats; all such arguments are brought to their common type.
        eta: a scalar, converted to the vectors' element type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: within 1 ulp of its terms.

    MSL: `refract(i, n, eta)`.
    """

def faceforward(n: Operand, i: Operand, nref: Operand) -> Value:
    """n where `dot(nref, i)` is negative, else -n.

    Args:
        n: a vector of floats; all such arguments are brought to their common type.
        i: a vector of floats; all such arguments are brought to their common type.
        nref: a vector of floats; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `faceforward(n, i, nref)`.
    """

def pack_float_to_snorm4x8(v: Operand) -> Value:
    """Four floats of -1..1 as signed bytes, the first in the lowest.

    Args:
        v: a float4; all such arguments are brought to their common type.

    Returns:
        A `uint`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `pack_float_to_snorm4x8(v)`.
    """

def pack_float_to_unorm4x8(v: Operand) -> Value:
    """Four floats of 0..1 as unsigned bytes, the first in the lowest.

    Args:
        v: a float4; all such arguments are brought to their common type.

    Returns:
        A `uint`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `pack_float_to_unorm4x8(v)`.
    """

def pack_float_to_snorm2x16(v: Operand) -> Value:
    """Two floats of -1..1 as signed 16-bit numbers, the first in the lower.

    Args:
        v: a float2; all such arguments are brought to their common type.

    Returns:
        A `uint`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `pack_float_to_snorm2x16(v)`.
    """

def pack_float_to_unorm2x16(v: Operand) -> Value:
    """Two floats of 0..1 as unsigned 16-bit numbers, the first in the lower.

    Args:
        v: a float2; all such arguments are brought to their common type.

    Returns:
        A `uint`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `pack_float_to_unorm2x16(v)`.
    """

def pack_float_to_srgb_unorm4x8(v: Operand) -> Value:
    """A linear colour as bytes: red, green and blue in sRGB encoding, alpha linear; the first in the lowest.

    Args:
        v: a float4; all such arguments are brought to their common type.

    Returns:
        A `uint`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `pack_float_to_srgb_unorm4x8(v)`.
    """

def pack_float_to_unorm10a2(v: Operand) -> Value:
    """Three floats of 0..1 in ten bits each and a fourth in two, the first in the lowest.

    Args:
        v: a float4; all such arguments are brought to their common type.

    Returns:
        A `uint`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `pack_float_to_unorm10a2(v)`.
    """

def unpack_snorm4x8_to_float(x: Operand) -> Value:
    """Four signed bytes as floats of -1..1, the lowest first.

    Args:
        x: a uint; all such arguments are brought to their common type.

    Returns:
        A `float4`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: correctly rounded.

    MSL: `unpack_snorm4x8_to_float(x)`.
    """

def unpack_unorm4x8_to_float(x: Operand) -> Value:
    """Four unsigned bytes as floats of 0..1, the lowest first.

    Args:
        x: a uint; all such arguments are brought to their common type.

    Returns:
        A `float4`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: correctly rounded.

    MSL: `unpack_unorm4x8_to_float(x)`.
    """

def unpack_snorm2x16_to_float(x: Operand) -> Value:
    """Two signed 16-bit numbers as floats of -1..1, the lower first.

    Args:
        x: a uint; all such arguments are brought to their common type.

    Returns:
        A `float2`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: correctly rounded.

    MSL: `unpack_snorm2x16_to_float(x)`.
    """

def unpack_unorm2x16_to_float(x: Operand) -> Value:
    """Two unsigned 16-bit numbers as floats of 0..1, the lower first.

    Args:
        x: a uint; all such arguments are brought to their common type.

    Returns:
        A `float2`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: correctly rounded.

    MSL: `unpack_unorm2x16_to_float(x)`.
    """

def unpack_srgb_unorm4x8_to_float(x: Operand) -> Value:
    """Bytes as a linear colour: red, green and blue from sRGB encoding, alpha linear; the lowest first.

    Args:
        x: a uint; all such arguments are brought to their common type.

    Returns:
        A `float4`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: within 1 ulp.

    MSL: `unpack_unorm4x8_srgb_to_float(x)`.
    """

def unpack_unorm10a2_to_float(x: Operand) -> Value:
    """Three numbers of ten bits and one of two as floats of 0..1, the lowest first.

    Args:
        x: a uint; all such arguments are brought to their common type.

    Returns:
        A `float4`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: correctly rounded.

    MSL: `unpack_unorm10a2_to_float(x)`.
    """

def mat_make(*columns: Operand) -> Value:
    """A matrix of two, three or four columns, each a vector of as many rows.

    Args:
        columns: a vector of float or half; all such arguments are brought to their common type.

    Returns:
        A matrix of as many columns as were given.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def mat_column(m: Value, column: int | str) -> Value:
    """One column of a matrix, as a vector.

    Args:
        m: a matrix.
        column: a component or a column, 0 to 3 or "x" to "w".

    Returns:
        A vector of as many components as the matrix has rows.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `m[column]`.
    """

def matmul(a: Value, b: Value) -> Value:
    """The product of two matrices, of a matrix and a column vector, or of a row vector and a matrix.

    Args:
        a: a matrix, or a vector of float or half.
        b: a matrix, or a vector of float or half.

    Returns:
        A matrix, or a vector where one of the two is one.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: within 1 ulp of its terms.

    MSL: `a * b`.
    """

def transpose(m: Value) -> Value:
    """The matrix with rows and columns exchanged.

    Args:
        m: a matrix.

    Returns:
        A matrix of as many rows as the given one has columns.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `transpose(m)`.
    """

def determinant(m: Value) -> Value:
    """The determinant of a square matrix.

    Args:
        m: a matrix.

    Returns:
        A scalar of the matrix's element type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: within 1 ulp of its terms.

    MSL: `determinant(m)`.
    """

def function_constant(dtype: DTypeLike, index: int) -> Value:
    """A number that is bound when the kernel is specialised, before it runs, by its index; the same for the whole grid.

    Args:
        dtype: an element type.
        index: an index of 0 to 65535.

    Returns:
        A scalar of that type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def load_if(buf: Memory, index: Operand, mask: Operand, default: Operand = 0) -> Value:
    """Reads one element where `mask` holds, and touches no memory where it does not: there the result is `default`.

    Args:
        buf: a tensor, or its name; it is read.
        index: an integer scalar, in elements where it counts memory.
        mask: a bool scalar.
        default: a scalar, converted to the element type.

    Returns:
        A scalar of the memory's element type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def store_if(buf: Memory, index: Operand, value: Operand, mask: Operand) -> None:
    """Writes one element where `mask` holds, and touches no memory where it does not.

    Args:
        buf: a tensor, or its name; it is written.
        index: an integer scalar, in elements where it counts memory.
        value: a scalar, converted to the element type.
        mask: a bool scalar.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: correctly rounded.
    """

def vec_load(buf: Memory, index: Operand, width: int) -> Value:
    """Reads `width` consecutive elements from `index` on as a vector; any index will do.

    Args:
        buf: a tensor, or its name; it is read.
        index: an integer scalar, in elements where it counts memory.
        width: 2, 3 or 4.

    Returns:
        A vector of the memory's element type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def vec_store(buf: Memory, index: Operand, v: Value) -> None:
    """Writes the components of a vector to consecutive elements from `index` on; any index will do.

    Args:
        buf: a tensor, or its name; it is written.
        index: an integer scalar, in elements where it counts memory.
        v: a vector, its components converted to the element type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: correctly rounded.
    """

def atomic_load(buf: Memory, index: Operand, order: MemoryOrder = "relaxed") -> Value:
    """Reads one element atomically.

    Args:
        buf: a tensor in device or threadgroup memory, or its name; it is read.
        index: an integer scalar, in elements where it counts memory.
        order: "relaxed" or "acquire".

    Returns:
        A scalar of the memory's element type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def atomic_store(buf: Memory, index: Operand, value: Operand, order: MemoryOrder = "relaxed") -> None:
    """Writes one element atomically.

    Args:
        buf: a tensor in device or threadgroup memory, or its name; it is written.
        index: an integer scalar, in elements where it counts memory.
        value: a scalar, converted to the element type.
        order: "relaxed" or "release".

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def atomic_exchange(buf: Memory, index: Operand, value: Operand, order: MemoryOrder = "relaxed") -> Value:
    """Writes one element atomically, and gives what it held.

    Args:
        buf: a tensor in device or threadgroup memory, or its name; it is read and written, as one.
        index: an integer scalar, in elements where it counts memory.
        value: a scalar, converted to the element type.
        order: "relaxed", "acquire", "release" or "acq_rel".

    Returns:
        A scalar of the memory's element type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def atomic_fetch_add(buf: Memory, index: Operand, value: Operand, order: MemoryOrder = "relaxed") -> Value:
    """Adds to one element atomically, and gives what it held; integers wrap.

    Args:
        buf: a tensor in device or threadgroup memory, or its name; it is read and written, as one.
        index: an integer scalar, in elements where it counts memory.
        value: a scalar, converted to the element type.
        order: "relaxed", "acquire", "release" or "acq_rel".

    Returns:
        A scalar of the memory's element type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: correctly rounded.
    """

def atomic_fetch_sub(buf: Memory, index: Operand, value: Operand, order: MemoryOrder = "relaxed") -> Value:
    """Subtracts from one element atomically, and gives what it held; integers wrap.

    Args:
        buf: a tensor in device or threadgroup memory, or its name; it is read and written, as one.
        index: an integer scalar, in elements where it counts memory.
        value: a scalar, converted to the element type.
        order: "relaxed", "acquire", "release" or "acq_rel".

    Returns:
        A scalar of the memory's element type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: correctly rounded.
    """

def atomic_fetch_min(buf: Memory, index: Operand, value: Operand, order: MemoryOrder = "relaxed") -> Value:
    """Leaves the smaller of one element and `value` there atomically, and gives what it held.

    Args:
        buf: a tensor in device or threadgroup memory, or its name; it is read and written, as one.
        index: an integer scalar, in elements where it counts memory.
        value: a scalar, converted to the element type.
        order: "relaxed", "acquire", "release" or "acq_rel".

    Returns:
        A scalar of the memory's element type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def atomic_fetch_max(buf: Memory, index: Operand, value: Operand, order: MemoryOrder = "relaxed") -> Value:
    """Leaves the greater of one element and `value` there atomically, and gives what it held.

    Args:
        buf: a tensor in device or threadgroup memory, or its name; it is read and written, as one.
        index: an integer scalar, in elements where it counts memory.
        value: a scalar, converted to the element type.
        order: "relaxed", "acquire", "release" or "acq_rel".

    Returns:
        A scalar of the memory's element type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def atomic_fetch_and(buf: Memory, index: Operand, value: Operand, order: MemoryOrder = "relaxed") -> Value:
    """Bitwise and with one element atomically; gives what it held.

    Args:
        buf: a tensor in device or threadgroup memory, or its name; it is read and written, as one.
        index: an integer scalar, in elements where it counts memory.
        value: a scalar, converted to the element type.
        order: "relaxed", "acquire", "release" or "acq_rel".

    Returns:
        A scalar of the memory's element type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def atomic_fetch_or(buf: Memory, index: Operand, value: Operand, order: MemoryOrder = "relaxed") -> Value:
    """Bitwise or with one element atomically; gives what it held.

    Args:
        buf: a tensor in device or threadgroup memory, or its name; it is read and written, as one.
        index: an integer scalar, in elements where it counts memory.
        value: a scalar, converted to the element type.
        order: "relaxed", "acquire", "release" or "acq_rel".

    Returns:
        A scalar of the memory's element type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def atomic_fetch_xor(buf: Memory, index: Operand, value: Operand, order: MemoryOrder = "relaxed") -> Value:
    """Bitwise exclusive or with one element atomically; gives what it held.

    Args:
        buf: a tensor in device or threadgroup memory, or its name; it is read and written, as one.
        index: an integer scalar, in elements where it counts memory.
        value: a scalar, converted to the element type.
        order: "relaxed", "acquire", "release" or "acq_rel".

    Returns:
        A scalar of the memory's element type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def atomic_compare_exchange_weak(
    buf: Memory,
    index: Operand,
    expected: Operand,
    desired: Operand,
    success_order: MemoryOrder = "relaxed",
    failure_order: MemoryOrder = "relaxed",
) -> Value:
    """Writes `desired` to one element atomically where it holds `expected`, bit for bit, and says whether it did; it may fail without a reason, so call it in a loop.

    Args:
        buf: a tensor in device or threadgroup memory, or its name; it is read and written, as one.
        index: an integer scalar, in elements where it counts memory.
        expected: a scalar, converted to the element type.
        desired: a scalar, converted to the element type.
        success_order: "relaxed", "acquire", "release" or "acq_rel".
        failure_order: "relaxed" or "acquire".

    Returns:
        A `bool`.

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

    Error of floats: within 31 ulp of its terms.

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

    Error of floats: within 31 ulp of its own type.

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

def simd_prefix_exclusive_sum(x: Operand) -> Value:
    """Sum over the active lanes below; 0 in the first.

    Args:
        x: integers or floats; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: within 31 ulp of its terms.

    MSL: `simd_prefix_exclusive_sum(x)`.
    """

def simd_prefix_inclusive_sum(x: Operand) -> Value:
    """Sum over the active lanes up to this one.

    Args:
        x: integers or floats; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: within 31 ulp of its terms.

    MSL: `simd_prefix_inclusive_sum(x)`.
    """

def simd_prefix_exclusive_product(x: Operand) -> Value:
    """Product over the active lanes below; 1 in the first.

    Args:
        x: integers or floats; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: within 31 ulp of its own type.

    MSL: `simd_prefix_exclusive_product(x)`.
    """

def simd_prefix_inclusive_product(x: Operand) -> Value:
    """Product over the active lanes up to this one.

    Args:
        x: integers or floats; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: within 31 ulp of its own type.

    MSL: `simd_prefix_inclusive_product(x)`.
    """

def simd_shuffle(v: Operand, lane: Operand) -> Value:
    """The value of lane `lane`, which may differ from lane to lane. Of a lane that does not exist or is not active: unspecified.

    Args:
        v: integers or floats; all such arguments are brought to their common type.
        lane: an integer scalar, in elements where it counts memory.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `simd_shuffle(v, lane)`.
    """

def simd_shuffle_up(v: Operand, delta: Operand) -> Value:
    """The value of the lane `delta` below; the first `delta` lanes keep their own.

    Args:
        v: integers or floats; all such arguments are brought to their common type.
        delta: an integer scalar, in elements where it counts memory.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `simd_shuffle_up(v, delta)`.
    """

def simd_shuffle_down(v: Operand, delta: Operand) -> Value:
    """The value of the lane `delta` above; the last `delta` lanes keep their own.

    Args:
        v: integers or floats; all such arguments are brought to their common type.
        delta: an integer scalar, in elements where it counts memory.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `simd_shuffle_down(v, delta)`.
    """

def simd_shuffle_xor(v: Operand, mask: Operand) -> Value:
    """The value of the lane whose number is this one's, exclusive or `mask`.

    Args:
        v: integers or floats; all such arguments are brought to their common type.
        mask: an integer scalar, in elements where it counts memory.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `simd_shuffle_xor(v, mask)`.
    """

def simd_broadcast(v: Operand, lane: Operand) -> Value:
    """The value of lane `lane`, which is the same for the whole simdgroup, in every lane.

    Args:
        v: integers or floats; all such arguments are brought to their common type.
        lane: an integer scalar, in elements where it counts memory.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `simd_broadcast(v, lane)`.
    """

def quad_sum(x: Operand) -> Value:
    """Sum over the active lanes of the quad.

    Args:
        x: integers or floats; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: within 3 ulp of its terms.

    MSL: `quad_sum(x)`.
    """

def quad_product(x: Operand) -> Value:
    """Product over the active lanes of the quad.

    Args:
        x: integers or floats; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: within 3 ulp of its own type.

    MSL: `quad_product(x)`.
    """

def quad_min(x: Operand) -> Value:
    """Smallest over the active lanes of the quad.

    Args:
        x: integers or floats; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `quad_min(x)`.
    """

def quad_max(x: Operand) -> Value:
    """Greatest over the active lanes of the quad.

    Args:
        x: integers or floats; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `quad_max(x)`.
    """

def quad_and(x: Operand) -> Value:
    """Bitwise and over the active lanes of the quad.

    Args:
        x: integers; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `quad_and(x)`.
    """

def quad_or(x: Operand) -> Value:
    """Bitwise or over the active lanes of the quad.

    Args:
        x: integers; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `quad_or(x)`.
    """

def quad_xor(x: Operand) -> Value:
    """Bitwise exclusive or over the active lanes of the quad.

    Args:
        x: integers; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `quad_xor(x)`.
    """

def quad_prefix_exclusive_sum(x: Operand) -> Value:
    """Sum over the active lanes of the quad below; 0 in the first.

    Args:
        x: integers or floats; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: within 3 ulp of its terms.

    MSL: `quad_prefix_exclusive_sum(x)`.
    """

def quad_prefix_inclusive_sum(x: Operand) -> Value:
    """Sum over the active lanes of the quad up to this one.

    Args:
        x: integers or floats; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    Error of floats: within 3 ulp of its terms.

    MSL: `quad_prefix_inclusive_sum(x)`.
    """

def quad_shuffle(v: Operand, lane: Operand) -> Value:
    """The value of lane `lane` of the quad, 0 to 3. Of a lane that does not exist or is not active: unspecified.

    Args:
        v: integers or floats; all such arguments are brought to their common type.
        lane: an integer scalar, in elements where it counts memory.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `quad_shuffle(v, lane)`.
    """

def quad_shuffle_up(v: Operand, delta: Operand) -> Value:
    """The value of the lane `delta` below in the quad; the first `delta` lanes keep their own.

    Args:
        v: integers or floats; all such arguments are brought to their common type.
        delta: an integer scalar, in elements where it counts memory.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `quad_shuffle_up(v, delta)`.
    """

def quad_shuffle_down(v: Operand, delta: Operand) -> Value:
    """The value of the lane `delta` above in the quad; the last `delta` lanes keep their own.

    Args:
        v: integers or floats; all such arguments are brought to their common type.
        delta: an integer scalar, in elements where it counts memory.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `quad_shuffle_down(v, delta)`.
    """

def quad_shuffle_xor(v: Operand, mask: Operand) -> Value:
    """The value of the lane of the quad whose number is this one's, exclusive or `mask`.

    Args:
        v: integers or floats; all such arguments are brought to their common type.
        mask: an integer scalar, in elements where it counts memory.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `quad_shuffle_xor(v, mask)`.
    """

def quad_broadcast(v: Operand, lane: Operand) -> Value:
    """The value of lane `lane` of the quad, the same for all four, in each of them.

    Args:
        v: integers or floats; all such arguments are brought to their common type.
        lane: an integer scalar, in elements where it counts memory.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `quad_broadcast(v, lane)`.
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

    Error of floats: within 9 ulp of its terms.
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

def debug_print(fmt: str, *values: Operand, where: Operand = True) -> None:
    """Prints a line for each thread where `where` holds, from the executor, in the order of the threads; `{}` stands for the next value. On other targets it is a comment.

    Args:
        fmt: a text.
        values: a scalar or a vector.
        where: a bool scalar.

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
    """Threadgroups of the grid in one dimension.

    Args:
        dim: "x", "y" or "z".

    Returns:
        A `uint`.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.
    """

def abs_diff_unary(x: Operand) -> Value:
    """Absolute value; the smallest signed integer stays itself.

    Args:
        x: integers or floats; all such arguments are brought to their common type.

    Returns:
        A value of the arguments' common type.

    Raises:
        EnigmaError: when the kernel is compiled, for an argument that is none of these.

    MSL: `abs(x)`.
    """
