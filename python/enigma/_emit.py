"""The command ``enigma emit``: writes what the kernels of a program become for a target."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ._program import Program, Unusable
from .errors import EnigmaError
from .kernel import CompiledKernel, compile, metallib

DESCRIPTION = (
    "Writes the kernels at the top of a program for a target; with ::kernel only that one. The program is loaded as a"
    ' module, not run as a script: what stands under `if __name__ == "__main__"` stays out.'
)
STANDARD_OUTPUT = Path("-")
SUFFIXES = {"msl": ".metal", "mlir": ".mlir", "air": ".ll", "metallib": ".metallib"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of the command."""
    parser.add_argument("program", metavar="file.py[::kernel]", help="the program, and the kernel to write")
    parser.add_argument(
        "--target", choices=SUFFIXES, default="msl",
        help="msl: Metal source (the default); mlir: text for MLIR's tools; air: LLVM IR as LLVM 14 reads it; metallib:"
        " a library that Metal loads, with all the kernels in it",
    )  # fmt: skip
    parser.add_argument(
        "-o", dest="out", type=Path, metavar="PATH",
        help="a file, a folder for a file each, or - for standard output; without it text goes to standard output,"
        " and a library to a file beside the program",
    )  # fmt: skip
    options = parser.add_argument_group("for Metal", "as the parameters of `enigma.compile`")
    options.add_argument(
        "--async-lowering", metavar="NAME", help="auto, asm, asm-escaped, cooperative or air"
    )
    options.add_argument("--target-os", metavar="NAME", help="macos13, macos14, macos15 or macos26")
    options.add_argument("--gpu-family", type=int, metavar="N", help="7 for M1 to 10 for M5")
    options.add_argument("--linear-copy", metavar="NAME", help="row or 1d")
    options.add_argument("--read-back", action=argparse.BooleanOptionalAction, default=None)
    options.add_argument("--vec-width", type=int, metavar="N", help="2, 3 or 4")
    parser.set_defaults(command=emit)


def emit(options: argparse.Namespace) -> int:
    """Does what the command line says; 0 when everything was written, 1 when a kernel was refused."""
    program = Program(options.program, options.arguments)
    try:
        compiled = _compiled(program, options)
        if options.target == "metallib":
            _write_library(compiled, options)
        else:
            _write_texts(compiled, options)
    except EnigmaError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _compiled(program: Program, options: argparse.Namespace) -> list[CompiledKernel]:
    names = ("async_lowering", "target_os", "gpu_family", "linear_copy", "read_back", "vec_width")
    given = {name: value for name in names if (value := getattr(options, name)) is not None}
    kernels = program.collect()
    if not kernels:
        wanted = f"no kernel {program.kernel}" if program.kernel else "no kernels"
        raise Unusable(f"{program.path} has {wanted} at its top")
    with program.shown("compiled"):
        return [compile(kernel, **given) for kernel in kernels]


def _write_library(compiled: list[CompiledKernel], options: argparse.Namespace) -> None:
    if options.out == STANDARD_OUTPUT:
        sys.stdout.buffer.write(metallib(compiled))
        return
    path = options.out or Path(options.program.partition("::")[0]).with_suffix(".metallib")
    if path.is_dir():
        path /= f"{compiled[0].kernel_name}.metallib"
    library = metallib(compiled)
    _write(path, library)
    print(f"{path}: {', '.join(kernel.kernel_name for kernel in compiled)} ({len(library):,} bytes)")


def _write_texts(compiled: list[CompiledKernel], options: argparse.Namespace) -> None:
    texts = [kernel.source(options.target) for kernel in compiled]
    names = [kernel.kernel_name for kernel in compiled]
    if options.out in (None, STANDARD_OUTPUT):
        print("\n".join(texts), end="")
        return
    if not options.out.is_dir():
        if len(texts) > 1:
            raise Unusable(
                f"{options.out} is no folder, and there are {len(texts)} kernels: {', '.join(names)}; name one with"
                " ::kernel"
            )
        _write(options.out, texts[0].encode())
        return
    for name in names:
        if names.count(name) > 1:
            raise Unusable(f"several kernels are called {name}; name one by its variable, with ::variable")
    for name, text in zip(names, texts, strict=True):
        path = options.out / f"{name}{SUFFIXES[options.target]}"
        _write(path, text.encode())
        print(path)


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Unusable(f"cannot write {path}: {error.strerror}") from error
