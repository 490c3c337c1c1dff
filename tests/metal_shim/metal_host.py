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
import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from shim_build import RUNTIME, cached, compile_file, link, shim_files
from shim_kernel import ShimKernel

HEAD = """#include <metal_stdlib>
#include <metal_simdgroup_matrix>
"""


def compile_metal(source: str) -> ShimKernel:
    """Compiles a Metal source with one kernel; ``subprocess.CalledProcessError`` shows what the compiler says."""
    [kernel] = compile_all([source])
    return kernel


def compile_all(sources: Sequence[str]) -> list[ShimKernel]:
    """Compiles Metal sources with one kernel each, a file of them on each processor, so that none waits long."""
    files = min(len(sources), os.cpu_count() or 1)
    kernels = [_adapted(source, number) for number, source in enumerate(sources)]
    texts = [HEAD + "".join(kernels[n::files]) for n in range(files)]
    library = ctypes.CDLL(str(_build(texts)))
    return [ShimKernel(library, number) for number in range(len(sources))]


def _build(texts: Sequence[str]) -> Path:
    """The shared object of files of kernels."""

    def build(work: Path) -> Path:
        for number, text in enumerate(texts):
            (work / f"kernels{number}.cpp").write_text(text)
        files = [*work.glob("kernels*.cpp"), *RUNTIME]
        with ThreadPoolExecutor() as pool:
            return link(work, list(pool.map(lambda file: compile_file(work, file), files)))

    return cached(texts, shim_files(), build)


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
