"""The kernels that are mutated, with their launches: those of the examples, and the right twins of the matrix."""

import contextlib
import io
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matrix import CASES

import enigma
from enigma._program import Program
from enigma.checking import Log

EXAMPLES = Path(__file__).parents[2] / "examples"

# The examples, with command lines that keep them small and their last tiles and threadgroups partly filled.
COMMANDS = [
    ("vector_add.py", "--n", "1003"),
    ("row_softmax.py", "--rows", "6", "--cols", "100"),
    ("reverse.py",),
    ("tiled_load.py",),
    ("async_gemm.py", "--m", "100", "--n", "70", "--k", "40"),
    ("async_gemm.py", "--m", "100", "--n", "70", "--k", "80", "--half"),
]


@dataclass(frozen=True)
class Launch:
    """A right kernel, and a launch of it."""

    name: str
    source: str  # the file, from the root of the repository
    kernel: enigma.Kernel
    arguments: tuple[Any, ...]
    grid: Any
    threads: Any

    def check(self, kernel: enigma.Kernel, order: str) -> enigma.Report:
        """The report on this launch of a kernel, of this one or of a mutant."""
        return enigma.check(kernel, *self.arguments, grid=self.grid, threads=self.threads, order=order)


class _Gathered(Log):
    """Keeps the first launch of each kernel: arguments, grid and threads."""

    def __init__(self) -> None:
        super().__init__("late")
        self.launches: dict[enigma.Kernel, tuple[tuple[Any, ...], Any, Any]] = {}

    def launch(self, runtime: Any, kernel: Any, arguments: tuple[Any, ...], grid: Any, threads: Any) -> Any:
        held = tuple(np.copy(each) if isinstance(each, np.ndarray) else each for each in arguments)
        self.launches.setdefault(kernel, (held, grid, threads))
        return super().launch(runtime, kernel, arguments, grid, threads)


def examples() -> list[Launch]:
    """The launches that the examples make, the first of each kernel."""
    return [launch for command in COMMANDS for launch in _launches(*command)]


def _launches(file: str, *options: str) -> list[Launch]:
    program, log = Program(str(EXAMPLES / file), options), _Gathered()
    # What an example writes, it writes below the directory that it is run in.
    with (
        tempfile.TemporaryDirectory() as elsewhere,
        contextlib.chdir(elsewhere),
        contextlib.redirect_stdout(io.StringIO()),
    ):
        status = program.run(log)
    assert status == 0, f"{file} fails"
    names = {kernel: name for name, kernel in program.kernels.items()}
    return [
        Launch(names[kernel], f"examples/{file}", kernel, *launch) for kernel, launch in log.launches.items()
    ]


def twins() -> list[Launch]:
    """The right kernels of the matrix."""
    return [
        Launch(
            case.name,
            "tests/matrix/" + Path(case.function.__code__.co_filename).name,
            case.right,
            tuple(case.bound().values()),
            case.grid,
            case.threads,
        )
        for case in CASES
    ]
