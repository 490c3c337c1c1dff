"""Memory of a kernel, vectors of floats, and the older names of asynchronous copies."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from ._core import Event, RegisterTensor, Tensor, Value, register_tensor, threadgroup_alloc
from .language import async_copy_1d_d2t, make_vec, metal_cast

if TYPE_CHECKING:
    from .language import Memory, Operand

__all__ = [
    "RegisterTensor", "Tensor", "async_copy_commit", "async_copy_to_threadgroup", "make_float2", "make_float3",
    "make_float4", "register_tensor", "threadgroup_alloc",
]  # fmt: skip


def make_float2(x: Operand, y: Operand) -> Value:
    """A vector of two floats; components are converted. MSL: ``float2(x, y)``."""
    return _floats(x, y)


def make_float3(x: Operand, y: Operand, z: Operand) -> Value:
    """A vector of three floats; components are converted. MSL: ``float3(x, y, z)``."""
    return _floats(x, y, z)


def make_float4(x: Operand, y: Operand, z: Operand, w: Operand) -> Value:
    """A vector of four floats; components are converted. MSL: ``float4(x, y, z, w)``."""
    return _floats(x, y, z, w)


def _floats(*components: Operand) -> Value:
    return make_vec(*(metal_cast(component, "float") for component in components))


def async_copy_to_threadgroup(
    src: Memory, dst: Memory, count: Operand, src_offset: Operand = 0, dst_offset: Operand = 0
) -> Event:
    """`async_copy_1d_d2t` with its arguments in another order. Deprecated."""
    _deprecated("async_copy_to_threadgroup", "async_copy_1d_d2t(dst, dst_offset, src, src_offset, count)")
    return async_copy_1d_d2t(dst, dst_offset, src, src_offset, count)


def async_copy_commit(token: object = None) -> None:
    """Does nothing: a copy is on its way as soon as it is issued. Deprecated."""
    _deprecated("async_copy_commit", "nothing: a copy is on its way as soon as it is issued")


def _deprecated(name: str, instead: str) -> None:
    warnings.warn(f"{name} is deprecated; use {instead}", DeprecationWarning, stacklevel=3)
