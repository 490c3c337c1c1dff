"""Compiles AIR texts for the CPU: LLVM 14 assembles and verifies them, clang makes machine code of them.

As a command, it takes files with a kernel each and prints where their shared object is; it needs no further packages.

    python3 air_build.py first.ll second.ll
"""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

AIR_SHIM = Path(__file__).resolve().parent
sys.path.insert(0, str(AIR_SHIM.parent / "metal_shim"))

from air_rules import broken_rules  # noqa: E402
from air_text import AirError, AirText, Function  # noqa: E402
from shim_build import COMPILER, RUNTIME, SHIM, cached, compile_file, link, shim_files  # noqa: E402

ASSEMBLER, LINKER = "llvm-as-14", "llvm-link-14"

# Functions whose parameters AIR 2.8 changed: strides in the place of a row's length and whether to transpose.
MATRIX_ACCESS = re.compile(r"air\.simdgroup_matrix_8x8_(?:load|store)\.")
STRIDES = (2, 8)

# `-ffp-contract=off`: no multiplication is fused with an addition that the text does not fuse it with.
FLAGS = ["-O1", "-fPIC", "-ffp-contract=off", "-Wno-override-module", "-x", "ir"]


def build(texts: Sequence[str]) -> Path:
    """The shared object of AIR texts with one kernel each: that of ``texts[n]`` is run by ``shim_run_<n>``.

    Raises `AirError` naming each text that LLVM 14 does not take, that calls a function which AIR does not have, or has
    with another type, or that holds what GPUs are known not to take.
    """

    def build(work: Path) -> Path:
        with ThreadPoolExecutor() as pool:
            jobs = os.cpu_count() or 1
            modules = list(pool.map(lambda numbered: _module(work, *numbered), enumerate(texts)))
            batches = [modules[n::jobs] for n in range(jobs) if modules[n::jobs]]
            objects = pool.map(lambda numbered: _object(work, *numbered), enumerate(batches))
            return link(work, [*objects, _shim()])

    return cached([*texts, *FLAGS], [*shim_files(AIR_SHIM), *AIR_SHIM.glob("*.py")], build)


@cache
def functions() -> dict[str, list[str]]:
    """The types of each function of AIR that the shim has, by its name."""
    library = ctypes.CDLL(str(cached([], shim_files(AIR_SHIM), lambda work: link(work, [_shim()]))))
    library.shim_air_functions.restype = ctypes.c_char_p
    types: dict[str, list[str]] = {}
    for line in library.shim_air_functions().decode().splitlines():
        name, ty = line.split(" ", 1)
        types.setdefault(name, []).append(ty)
    return types


def assembled(text: str) -> bytes:
    """A module's bitcode, by LLVM 14, which verifies it."""
    ran = subprocess.run([ASSEMBLER, "-", "-o", "-"], input=text.encode(), capture_output=True)
    if ran.returncode != 0:
        raise AirError(f"{ASSEMBLER}: {ran.stderr.decode().strip()}")
    return ran.stdout


@cache
def _shim() -> Path:
    """The runtime and the functions of AIR, as one object file."""

    def build(work: Path) -> Path:
        files = [*RUNTIME, *sorted(AIR_SHIM.glob("*.cpp"))]
        with ThreadPoolExecutor() as pool:
            objects = list(pool.map(lambda file: compile_file(work, file), files))
        subprocess.run([COMPILER, "-r", "-nostdlib", *objects, "-o", work / "shim.o"], check=True)
        return work / "shim.o"

    return cached([], shim_files(AIR_SHIM), build, kind=".o")


@cache
def _thread_layout() -> dict[str, int]:
    """Where the fields of ``ShimThread`` lie, by its declaration."""
    header = (SHIM / "include" / "shim_runtime.h").read_text()
    [declared] = re.findall(r"typedef struct ShimThread \{(.*?)\}", header, re.DOTALL)
    layout, offset = {}, 0
    for name, length in re.findall(r"uint32_t (\w+)(?:\[(\d)\])?;", declared):
        layout[name] = offset
        offset += 4 * int(length or 1)
    return layout


def _module(work: Path, number: int, text: str) -> Path:
    """The bitcode of a kernel for the CPU."""
    air = AirText(text)
    try:
        assembled(text)
        _check(air)
        bitcode = assembled(air.for_the_cpu(number, _thread_layout()))
    except AirError as error:
        raise AirError(f"{_kernel_name(air)}: {error}") from None
    path = work / f"{number}.bc"
    path.write_bytes(bitcode)
    return path


def _kernel_name(air: AirText) -> str:
    try:
        return air.kernel.name
    except AirError:
        return "a text without a kernel"


def _check(air: AirText) -> None:
    """Raises where the text declares what AIR does not have, or holds what GPUs are known not to take."""
    wrong = [problem for function in air.declared for problem in _declaration(function, air.version)]
    wrong += broken_rules(air.text)
    if wrong:
        raise AirError("\n".join(wrong))


def _declaration(function: Function, version: tuple[int, int] | None) -> Iterator[str]:
    """What is wrong with a declaration in that version of AIR."""
    types = functions().get(function.name)
    if types is None:
        yield f"AIR has no function `{function.name}`"
    elif function.type not in types:
        yield f"`{function.name}` is `{'` or `'.join(types)}`, not `{function.type}`"
    elif version is not None and MATRIX_ACCESS.match(function.name):
        strides = not function.type.endswith("i1)")
        if strides != (version >= STRIDES):
            yield f"`{function.name}` is not `{function.type}` in AIR {version[0]}.{version[1]}"


def _object(work: Path, number: int, modules: Sequence[Path]) -> Path:
    """The machine code of some modules."""
    bitcode, target = work / f"batch{number}.bc", work / f"batch{number}.o"
    subprocess.run([LINKER, *modules, "-o", bitcode], check=True)
    subprocess.run([COMPILER, *FLAGS, "-c", bitcode, "-o", target], check=True)
    return target


if __name__ == "__main__":
    try:
        print(build([Path(file).read_text() for file in sys.argv[1:]]))
    except AirError as error:
        sys.exit(str(error))
