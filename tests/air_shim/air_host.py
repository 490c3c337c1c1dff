"""Runs AIR text on the CPU, for tests in Python.

    kernel = compile_air(text)
    kernel.run([a, b, np.float32(2.0)], grid=(1024, 1, 1), threads=(64, 1, 1))

`compile_all` compiles many texts into one shared object.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

from air_build import build
from shim_kernel import ShimKernel


def compile_air(text: str) -> ShimKernel:
    """Compiles an AIR text with one kernel; raises `AirError` where it is wrong."""
    [kernel] = compile_all([text])
    return kernel


def compile_all(texts: Sequence[str]) -> list[ShimKernel]:
    """Compiles AIR texts with one kernel each; raises `AirError` where one is wrong."""
    library = ctypes.CDLL(str(build(texts)))
    return [ShimKernel(library, number) for number in range(len(texts))]
