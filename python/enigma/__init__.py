"""GPU kernels in Python whose asynchronous copies are values that can be checked.

Usage::

    import enigma

    @enigma.kernel
    def double(A: enigma.f32, B: enigma.f32):
        i = enigma.thread_position_in_grid
        B[i] = A[i] * 2.0

    double[1024, 256](a, b)
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from . import _core, arch, benchmark, errors, language, testing
from ._core import Carry, Event, RegisterTensor, Tensor, Value
from .checking import checking
from .control import for_range, if_, range, range_constexpr, while_
from .errors import Diagnostic, EnigmaError, Label
from .kernel import CompiledKernel, Kernel, compile, kernel, metallib
from .language import *
from .lowering import Lowering
from .memory import (
    async_copy_commit,
    async_copy_to_threadgroup,
    make_float2,
    make_float3,
    make_float4,
    register_tensor,
    threadgroup_alloc,
)
from .report import Figures, Finding, Instance, Replay, Report, Runs
from .runtime import DeviceCapabilities, MetalRuntime, PreparedKernel, Runtime, Statistics, check, launch
from .timeline import Timeline
from .types import (
    BFloat16,
    Bool,
    DType,
    Float16,
    Float32,
    Int8,
    Int16,
    Int32,
    Int64,
    Scalar,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    b1,
    bf16,
    f16,
    f32,
    i8,
    i16,
    i32,
    i64,
    u8,
    u16,
    u32,
    u64,
)

__all__ = [
    "BFloat16", "Bool", "Carry", "CompiledKernel", "DType", "DeviceCapabilities", "Diagnostic", "EnigmaError", "Event",
    "Figures", "Finding", "Float16", "Float32", "Instance", "Int8", "Int16", "Int32", "Int64", "Kernel", "Label",
    "Lowering", "MetalRuntime", "PreparedKernel", "RegisterTensor", "Replay", "Report", "Runs", "Runtime", "Scalar",
    "Statistics", "Tensor", "Timeline", "UInt8", "UInt16", "UInt32", "UInt64", "Value", "arch",
    "async_copy_commit", "async_copy_to_threadgroup", "b1", "benchmark", "bf16", "check", "checking", "compile", "f16",
    "f32", "for_range", "i8", "i16", "i32", "i64", "if_", "kernel", "launch", "make_float2", "make_float3",
    "make_float4", "metallib", "range", "range_constexpr", "register_tensor", "testing", "threadgroup_alloc", "u8",
    "u16", "u32", "u64", "while_",
]  # fmt: skip
__all__ += language.__all__

if TYPE_CHECKING:
    thread_position_in_grid: Value
    """The x position of the thread in the grid, a ``uint``."""


def __getattr__(name: str) -> object:
    if name == "thread_position_in_grid":
        return _core.thread_position_in_grid()
    near = get_close_matches(name, __all__, n=1)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    raise AttributeError(f"module 'enigma' has no attribute {name!r}{hint}")


errors.show_uncaught_in_colour()
