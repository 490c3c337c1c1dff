"""A kernel in a shared object that was linked with the runtime of this directory."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence

import numpy as np


class _Launch(ctypes.Structure):
    """``ShimLaunch`` of shim_runtime.h."""

    _fields_ = (
        ("arguments", ctypes.POINTER(ctypes.c_void_p)),
        ("grid", ctypes.c_uint32 * 3),
        ("threads", ctypes.c_uint32 * 3),
        ("constant_count", ctypes.c_uint32),
        ("constant_indices", ctypes.POINTER(ctypes.c_uint32)),
        ("constant_values", ctypes.POINTER(ctypes.c_uint64)),
    )


class ShimKernel:
    """A kernel compiled for the CPU: one of those in a shared object."""

    def __init__(self, library: ctypes.CDLL, number: int) -> None:
        self._run = library[f"shim_run_{number}"]
        self._run.restype = ctypes.c_char_p

    def run(
        self,
        args: Sequence[np.ndarray | np.generic],
        grid: Sequence[int] = (1, 1, 1),
        threads: Sequence[int] = (1, 1, 1),
        constants: Mapping[int, np.generic] | None = None,
    ) -> None:
        """Runs the kernel over ``grid`` threads in threadgroups of ``threads``.

        ``args`` has a contiguous array for each buffer, changed in place, and a NumPy scalar for each scalar parameter;
        ``constants`` a NumPy scalar for the index of each function constant.
        Raises ``RuntimeError`` where the runtime finds a barrier that not all threads reach, lanes that pass different
        operands to a copy, a copy that is never waited for, or a tile without a barrier after its wait.
        """
        arrays = [np.asarray(arg) for arg in args]
        for array in arrays:
            if not array.flags.c_contiguous:
                raise ValueError("arguments must be contiguous arrays")
        pointers = (ctypes.c_void_p * len(arrays))(*(array.ctypes.data for array in arrays))
        bound = dict(constants or {})
        indices = (ctypes.c_uint32 * len(bound))(*bound)
        words = [int.from_bytes(value.tobytes().ljust(8, b"\0"), "little") for value in bound.values()]
        values = (ctypes.c_uint64 * len(bound))(*words)
        launch = _Launch(pointers, _three(grid), _three(threads), len(bound), indices, values)
        message = self._run(ctypes.byref(launch))
        if message is not None:
            raise RuntimeError(message.decode())


def _three(sizes: Sequence[int]) -> ctypes.Array[ctypes.c_uint32]:
    padded = [*sizes, 1, 1, 1][:3]
    return (ctypes.c_uint32 * 3)(*padded)
