"""Runs emitted Metal source on the CPU, for tests in Python.

The text is compiled by clang++ against the stand-in for Metal's standard library beside this file, as it was emitted
but for three things that C++ cannot say: a ``[[attribute]]`` of a parameter becomes its default argument, a
threadgroup array is ``static``, and a function constant is a variable that is set when the kernel is launched. Calls of
functions in which lanes meet are marked.

    kernel = compile_metal(source)
    kernel.run([a, b, np.float32(2.0)], grid=(1024, 1, 1), threads=(64, 1, 1))

`compile_all` compiles many sources, in few files.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

SHIM = Path(__file__).resolve().parent
COMPILER = os.environ.get("ENIGMA_CLANGXX", "clang++-19")
CACHE = Path(os.environ.get("ENIGMA_METAL_CACHE", Path(tempfile.gettempdir()) / "enigma-metal-host"))

HEAD = """#include <metal_stdlib>
#include <metal_simdgroup_matrix>
"""

# `-fwrapv`: integers wrap. `-ffloat16-excess-precision=none`: `half` rounds after every operation.
FLAGS = [
    "-O1",
    "-fPIC",
    "-fwrapv",
    "-fsigned-char",
    "-fdeclspec",
    "-ffp-contract=off",
    "-Xclang",
    "-ffloat16-excess-precision=none",
    "-Wall",
    "-Werror",
    "-Wno-unused",
    "-Wno-user-defined-literals",
    "-Wno-parentheses",
    "-Wno-tautological-compare",
]


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


class MetalKernel:
    """A Metal kernel compiled for the CPU: one of those in a shared object."""

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
        operands to a copy, or a copy that is never waited for.
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


def compile_metal(source: str) -> MetalKernel:
    """Compiles a Metal source with one kernel; ``subprocess.CalledProcessError`` shows what the compiler says."""
    [kernel] = compile_all([source])
    return kernel


def compile_all(sources: Sequence[str]) -> list[MetalKernel]:
    """Compiles Metal sources with one kernel each, a file of them on each processor, so that none waits long."""
    files = min(len(sources), os.cpu_count() or 1)
    kernels = [_adapted(source, number) for number, source in enumerate(sources)]
    texts = [HEAD + "".join(kernels[n::files]) for n in range(files)]
    library = ctypes.CDLL(str(_build(texts)))
    return [MetalKernel(library, number) for number in range(len(sources))]


def _build(texts: Sequence[str]) -> Path:
    """The shared object of files of kernels, compiled unless the cache has it."""
    parts = [
        *texts,
        COMPILER,
        *FLAGS,
        *(path.read_text() for path in sorted(SHIM.rglob("*")) if _is_shim(path)),
    ]
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    target = CACHE / f"{digest}.so"
    if target.exists():
        return target
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as directory, ThreadPoolExecutor() as pool:
        work = Path(directory)
        for number, text in enumerate(texts):
            (work / f"kernels{number}.cpp").write_text(text)
        files = [*work.glob("kernels*.cpp"), SHIM / "runtime.cpp", SHIM / "air.c"]
        objects = list(pool.map(lambda file: _compile(work, file), files))
        subprocess.run([COMPILER, "-shared", *objects, "-lm", "-o", work / "kernels.so"], check=True)
        os.replace(work / "kernels.so", target)
    return target


def _adapted(source: str, number: int) -> str:
    """A Metal source as C++, in a namespace of its own; its kernel has that number."""
    name = re.search(r"^kernel void (\w+)\(", source, re.MULTILINE)
    if name is None:
        raise ValueError("the source has no kernel")
    text = re.sub(r"^#include <.*>$", "", source, flags=re.MULTILINE)
    text = re.sub(
        r"^constant (\w+ (\w+)) \[\[function_constant\((\d+)\)\]\];$",
        r"static \1; static const shim::FunctionConstant \2_bound(\3, \2);",
        text,
        flags=re.MULTILINE,
    )
    text = re.sub(r" \[\[(\w+)(\(\d+\))?\]\]", lambda m: f" = shim::{m[1]}{m[2] or '()'}", text)
    text = re.sub(r"^( *)threadgroup (\w+ \w+\[\d+\];)$", r"\1static \2", text, flags=re.MULTILINE)
    text = re.sub(r"^(.*_64\(.*;)$", r"shim_calls(__LINE__); \1 shim_calls(0);", text, flags=re.MULTILINE)
    return f"""
namespace kernel_{number} {{
{text}
}}
extern "C" const char *shim_run_{number}(const ShimLaunch *launch) {{
    return shim_launch([] {{ kernel_{number}::{name[1]}(); }}, launch);
}}
"""


def _is_shim(path: Path) -> bool:
    return path.is_file() and (path.parent.name == "include" or path.suffix in (".cpp", ".c"))


def _compile(work: Path, file: Path) -> Path:
    target = work / f"{file.stem}.o"
    language = ["-x", "c", "-std=c11"] if file.suffix == ".c" else ["-x", "c++", "-std=c++20"]
    subprocess.run(
        [COMPILER, *FLAGS, *language, "-I", SHIM / "include", "-c", file, "-o", target], check=True
    )
    return target


def _three(sizes: Sequence[int]) -> ctypes.Array[ctypes.c_uint32]:
    padded = [*sizes, 1, 1, 1][:3]
    return (ctypes.c_uint32 * 3)(*padded)
