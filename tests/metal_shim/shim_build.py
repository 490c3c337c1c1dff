"""Compiles the runtime of this directory, and kept objects: what hosts of kernels on the CPU have in common."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

SHIM = Path(__file__).resolve().parent
COMPILER = os.environ.get("ENIGMA_CLANGXX", "clang++-19")
CACHE = Path(os.environ.get("ENIGMA_METAL_CACHE", Path(tempfile.gettempdir()) / "enigma-metal-host"))

# `-fwrapv`: integers wrap. `-ffloat16-excess-precision=none`: `half` rounds after every operation. The host in Rust
# reads the same file.
FLAGS = (SHIM / "compile_flags.txt").read_text().splitlines()

RUNTIME = [SHIM / "runtime.cpp", SHIM / "air.c"]


def shim_files(*directories: Path) -> list[Path]:
    """The C and C++ files of the shim, and of further directories."""
    found = (path for directory in (SHIM, *directories) for path in sorted(directory.rglob("*")))
    return [path for path in found if path.parent.name == "include" or path.suffix in (".cpp", ".c", ".h")]


def cached(
    parts: Sequence[str], made_of: Sequence[Path], build: Callable[[Path], Path], kind: str = ".so"
) -> Path:
    """The file that ``build`` makes in a directory, of these texts and files, unless it was made before."""
    everything = [*parts, kind, COMPILER, *FLAGS, *(path.read_text() for path in made_of)]
    digest = hashlib.sha256("\0".join(everything).encode()).hexdigest()[:16]
    target = CACHE / f"{digest}{kind}"
    CACHE.mkdir(parents=True, exist_ok=True)
    # Of processes that want the same, one builds and the others wait.
    with (CACHE / f"{digest}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            with tempfile.TemporaryDirectory(dir=CACHE) as directory:
                os.replace(build(Path(directory)), target)
    return target


def compile_file(work: Path, file: Path) -> Path:
    """Compiles a C or C++ file against the stand-in for Metal's standard library."""
    target = work / f"{file.stem}.o"
    language = ["-x", "c", "-std=c11"] if file.suffix == ".c" else ["-x", "c++", "-std=c++20"]
    command = [COMPILER, *FLAGS, *language, "-I", SHIM / "include", "-c", file, "-o", target]
    subprocess.run(command, check=True)
    return target


def link(work: Path, objects: Sequence[Path]) -> Path:
    """Makes a shared object."""
    target = work / "linked.so"
    subprocess.run([COMPILER, "-shared", *objects, "-lm", "-o", target], check=True)
    return target
