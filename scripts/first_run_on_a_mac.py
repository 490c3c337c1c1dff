#!/usr/bin/env python3
"""Runs kernels on a Mac's GPU under every lowering, compares them with the CPU, and writes down what came of it.

Run it: `python scripts/first_run_on_a_mac.py`. docs/mac.md says what it should print and what to report. Elsewhere
`--device cpu` shows what it does.
"""

import argparse
import json
import mmap
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import enigma
from enigma import _core

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "examples"))

import async_gemm  # noqa: E402
import reverse  # noqa: E402
import row_softmax  # noqa: E402
import tiled_load  # noqa: E402
import vector_add  # noqa: E402

LOWERINGS = ("auto", "cooperative", "asm", "asm-escaped", "air")
# Sums are taken in another order than on the CPU.
TOLERANCE = 1e-4


@enigma.kernel
def double(A: enigma.f32, B: enigma.f32):
    i = enigma.thread_position_in_grid
    B[i] = A[i] * 2.0


@enigma.kernel
def scaled(A: enigma.f32, B: enigma.f32, by: enigma.Scalar[enigma.f32]):
    i = enigma.thread_position_in_grid
    B[i] = A[i] * by + enigma.metal_cast(enigma.function_constant("int", 3), "float")


@dataclass(frozen=True)
class Case:
    """A launch, whose arguments `make` makes anew."""

    name: str
    kernel: enigma.Kernel
    make: Callable[[], list[Any]]
    grid: Any
    threads: Any
    constants: dict[int, tuple[str, float]] | None = None


def uniform(*shape: int) -> np.ndarray:
    """Numbers between -1 and 1, the same ones each time."""
    return np.random.default_rng(7).uniform(-1, 1, shape).astype(np.float32)


def pages(count: int) -> np.ndarray:
    """An array of whole pages, which the GPU can work on in place."""
    array = np.frombuffer(mmap.mmap(-1, count * mmap.PAGESIZE), np.float32)
    array[:] = uniform(array.size)
    return array


def in_place() -> list[Any]:
    """Input and output in the same memory."""
    array = uniform(1000)
    return [array, array]


def product(m: int, n: int, k: int, dtype: Any) -> Case:
    """A matrix product with double-buffered asynchronous copies."""
    kernel = async_gemm.async_gemm if dtype == np.float32 else async_gemm.async_gemm_half
    grid = (-(-n // async_gemm.TILE) * async_gemm.THREADS, -(-m // async_gemm.TILE))

    def make() -> list[Any]:
        c = np.full((m, n), np.nan, np.float32)
        return [uniform(m, k).astype(dtype), uniform(k, n).astype(dtype), c, m, n, k]

    name = f"async_gemm, {np.dtype(dtype).name}, {m} x {n} x {k}"
    return Case(name, kernel, make, grid, async_gemm.THREADS)


def cases() -> Iterator[Case]:
    """What is run."""
    n = 1000
    yield Case(
        "vector_add", vector_add.vector_add, lambda: [uniform(n), uniform(n), np.zeros(n, np.float32)], n, 256
    )
    yield Case("whole pages, without a copy", double, lambda: [pages(4), pages(4)], mmap.PAGESIZE, 256)
    yield Case("one array twice", double, in_place, n, 128)
    yield Case(
        "a number and a function constant", scaled, lambda: [uniform(n), np.zeros(n, np.float32), 0.5], n, 128,
        {3: ("int", -7)},
    )  # fmt: skip
    yield Case("reverse", reverse.reverse, lambda: [uniform(n), np.zeros(n, np.float32)], n, reverse.BLOCK)
    yield Case(
        "row_softmax",
        row_softmax.row_softmax,
        lambda: [uniform(5, 70), np.zeros((5, 70), np.float32), 5, 70],
        256,
        128,
    )
    yield Case(
        "tiled_reverse", tiled_load.tiled_reverse, lambda: [uniform(256), np.zeros(256, np.float32)], 128, 32
    )
    yield product(64, 128, 48, np.float32)
    yield product(487, 333, 251, np.float32)
    yield product(500, 300, 700, np.float16)


def outcome(case: Case, lowering: str, device: str, expected: list[Any]) -> dict[str, Any]:
    """What comes of a case under a lowering."""
    arguments = case.make()
    try:
        compiled = enigma.compile(case.kernel, async_lowering=lowering)
        taken = compiled.async_lowering
        statistics = enigma.launch(
            compiled,
            *arguments,
            grid=case.grid,
            threads=case.threads,
            constants=case.constants,
            device=device,
        )
    except enigma.EnigmaError as error:
        return {"right": False, "error": str(error)}
    pairs = [pair for pair in zip(arguments, expected, strict=True) if isinstance(pair[0], np.ndarray)]
    difference = max(float(np.abs(got.astype(np.float64) - wanted).max()) for got, wanted in pairs)
    # What was not written is NaN, which no comparison finds small enough.
    return {
        "right": bool(difference <= TOLERANCE),
        "difference": difference,
        "lowering": str(taken),
        "gpu_time_us": statistics.gpu_time_us,
    }


def told(result: dict[str, Any]) -> str:
    """An outcome in a few words."""
    if "error" in result:
        return "FAILED: " + result["error"].splitlines()[0]
    if not result["right"]:
        return f"WRONG: differs by {result['difference']:.1e}"
    time = result["gpu_time_us"]
    return "right" if time is None else f"right, {time:.1f} us"


def main() -> int:
    """Runs everything and writes the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="metal", choices=["metal", "cpu"])
    parser.add_argument("--out", type=Path, default=Path("out/mac"), help="where the report goes")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    text, examination, _ = _core.examine(False)
    print(text)
    results: dict[str, dict[str, Any]] = {}
    for case in cases():
        expected = case.make()
        enigma.launch(
            case.kernel,
            *expected,
            grid=case.grid,
            threads=case.threads,
            constants=case.constants,
            device="cpu",
        )
        results[case.name] = {name: outcome(case, name, options.device, expected) for name in LOWERINGS}
        print(case.name)
        for name, result in results[case.name].items():
            print(f"  {name:<12} {told(result)}")
    report = options.out / "report.json"
    report.write_text(json.dumps({"doctor": json.loads(examination), "cases": results}, indent=1))
    wrong = [name for name, outcomes in results.items() if not outcomes["auto"]["right"]]
    print(f'\nunder "auto" {len(results) - len(wrong)} of {len(results)} are right; the report is {report}')
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
