"""Measures the CPU executor against what the machine can do, in turns within one run, and prints the ratios.

Run it: `python benches/executor.py`. Round trip: 64 MiB of floats through threadgroup memory in 16 KiB tiles, by
asynchronous copies in and out with a multiply-add in between, against `memcpy` of the same array
(`numpy.copyto`). GEMM: the example `async_gemm` at 1024 x 1024 x 1024, against NumPy's, which calls a tuned BLAS.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

import enigma

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import async_gemm as gemm

ELEMENTS = 16 << 20
TILE = 4096  # floats: 16 KiB
SIDE = 1024


@enigma.kernel
def round_trip(X: enigma.f32, Y: enigma.f32, a: enigma.Scalar[enigma.f32], b: enigma.Scalar[enigma.f32]):
    """Y = a * X + b; the first simdgroup of each threadgroup copies a tile in and out."""
    tile = enigma.threadgroup_alloc("float", TILE)
    start = enigma.threadgroup_position_in_grid() * TILE
    copies = enigma.simdgroup_index_in_threadgroup() == 0
    thread = enigma.thread_index_in_threadgroup()

    arrival = enigma.async_copy_1d_d2t(tile, 0, X, start, TILE, where=copies)
    enigma.async_copy_wait(arrival)
    enigma.barrier()
    with enigma.for_range(thread, TILE, enigma.threads_per_threadgroup(), dtype="uint") as i:
        tile[i] = tile[i] * a + b
    enigma.barrier()
    departure = enigma.async_copy_1d_t2d(Y, start, tile, 0, TILE, where=copies)
    enigma.async_copy_wait(departure)


def in_turns(*steps: Callable[[], object], repeat: int = 25) -> list[float]:
    """The median seconds of each step, all of them run once in each of `repeat` rounds."""
    seconds: list[list[float]] = [[] for _ in steps]
    for _ in range(repeat + 2):
        for samples, step in zip(seconds, steps, strict=True):
            start = time.perf_counter()
            step()
            samples.append(time.perf_counter() - start)
    return [median(samples[2:]) for samples in seconds]


def measure_round_trip() -> None:
    x = np.random.default_rng(0).uniform(-1, 1, ELEMENTS).astype(np.float32)
    y, copy = np.empty_like(x), np.empty_like(x)
    sizes = (256, 1024)
    launches = [
        lambda threads=threads: round_trip[ELEMENTS // TILE * threads, threads](x, y, 2.0, 0.5)
        for threads in sizes
    ]
    plain, *ours = in_turns(lambda: np.copyto(copy, x), *launches)
    np.testing.assert_allclose(y, 2 * x + 0.5, rtol=1e-6, atol=1e-6)
    print(
        f"round trip of {x.nbytes >> 20} MiB through {TILE * 4 >> 10} KiB tiles; wanted: 0.5 of memcpy's speed"
    )
    print(f"  memcpy               {plain * 1e3:7.2f} ms")
    for threads, seconds in zip(sizes, ours, strict=True):
        print(
            f"  {threads:4} threads a tile  {seconds * 1e3:7.2f} ms   {plain / seconds:.2f} of memcpy's speed"
        )


def measure_gemm() -> None:
    rng = np.random.default_rng(0)
    a, b = (rng.uniform(-1, 1, (SIDE, SIDE)).astype(np.float32) for _ in range(2))
    c = np.empty_like(a)
    grid = (SIDE // gemm.TILE * gemm.THREADS, SIDE // gemm.TILE)
    launch = gemm.async_gemm[grid, gemm.THREADS]
    # One after the other: the threads of a BLAS go on spinning after its call, and would take the cores away.
    [ours] = in_turns(lambda: launch(a, b, c, SIDE, SIDE, SIDE), repeat=15)
    [theirs] = in_turns(lambda: a @ b, repeat=15)
    np.testing.assert_allclose(c, a @ b, atol=1e-3)
    flops = 2 * SIDE**3 / 1e9
    print(f"GEMM {SIDE}^3 in float; wanted: 15 GFLOP/s")
    print(f"  NumPy                {theirs * 1e3:7.2f} ms   {flops / theirs:6.1f} GFLOP/s")
    rate, ratio = flops / ours, theirs / ours
    print(f"  async_gemm           {ours * 1e3:7.2f} ms   {rate:6.1f} GFLOP/s   {ratio:.2f} of NumPy's speed")


if __name__ == "__main__":
    measure_round_trip()
    measure_gemm()
