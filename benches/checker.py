"""Measures the run-time checker and prints the ratios: against Oclgrind on the same kernel, against unchecked runs of
the examples, and how time and memory grow.

Run it: `python benches/checker.py`, with Debian's `oclgrind` installed. Oclgrind's time includes that it compiles the
kernel, about a tenth of a second; ours leaves out that the kernel is traced, which is done once.
"""

import multiprocessing
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from executor import in_turns

import enigma

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import async_gemm
import reverse
import row_softmax
import tiled_load
import vector_add

GRID, THREADS, TILES, LOADS = 65_536, 64, 16, 8
TILE = THREADS * LOADS


@enigma.kernel
def sum_of_tiles(A: enigma.f32, B: enigma.f32):
    tile = enigma.threadgroup_alloc("float", TILE)
    i = enigma.thread_index_in_threadgroup()
    first = enigma.simdgroup_index_in_threadgroup() == 0
    total = 0.0
    for t in enigma.range(TILES):
        ev = enigma.async_copy_1d_d2t(tile, 0, A, t * TILE, TILE, where=first)
        enigma.async_copy_wait(ev)
        enigma.barrier()
        for k in range(LOADS):
            total = total + tile[i + k * THREADS]
        enigma.barrier()
    B[enigma.thread_position_in_grid] = total


@enigma.kernel
def copies_in_a_loop(A: enigma.f32, B: enigma.f32, copies: enigma.Scalar[enigma.u32]):
    tile = enigma.threadgroup_alloc("float", 32)
    own = enigma.register_tensor(1)
    lane = enigma.thread_index_in_simdgroup()
    with enigma.for_range(0, copies, dtype="uint") as t:
        ev = enigma.async_copy_1d_d2t(tile, 0, A, t % 64 * 32, 32)
        enigma.async_copy_wait(ev)
        own[0] = own[0] + tile[lane]
    B[lane] = own[0]


@enigma.kernel
def one_element_each(A: enigma.f32, B: enigma.f32):
    """A threadgroup of a simdgroup copies a tile in and writes one element."""
    tile = enigma.threadgroup_alloc("float", 256)
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 256)
    enigma.async_copy_wait(ev)
    with enigma.if_(enigma.thread_index_in_simdgroup() == 0):
        B[enigma.threadgroup_position_in_grid()] = tile[255]


def seconds(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def oclgrind(*options: str) -> float:
    """Seconds that Oclgrind takes for `sum_of_tiles`."""
    source = Path(__file__).with_suffix(".cl")
    shape = f"{GRID} 1 1\n{THREADS} 1 1"
    arguments = f"<size={TILES * TILE * 4} float fill=1>\n<size={GRID * 4} float fill=0>"
    with tempfile.TemporaryDirectory() as folder:
        launch = Path(folder, "launch.sim")
        launch.write_text(f"{source}\nsum_of_tiles\n{shape}\n{arguments}\n")
        return seconds(lambda: subprocess.run(["oclgrind-kernel", *options, launch], check=True))


def measure_beside_oclgrind() -> None:
    a, b = np.ones(TILES * TILE, np.float32), np.zeros(GRID, np.float32)
    report = enigma.check(sum_of_tiles, a, b, grid=GRID, threads=THREADS)
    report.raise_if_errors()
    np.testing.assert_array_equal(report.arrays[1], TILES * LOADS)
    [ours] = in_turns(lambda: enigma.check(sum_of_tiles, a, b, grid=GRID, threads=THREADS), repeat=5)
    print(f"{GRID:,} threads x {TILES} tile copies x {LOADS} loads; wanted: 20 times as fast as Oclgrind")
    print(f"  enigma.check           {ours * 1e3:8.1f} ms")
    for options in ([], ["--data-races"]):
        theirs = oclgrind(*options)
        name = " ".join(["oclgrind", *options])
        print(f"  {name:22} {theirs * 1e3:8.1f} ms   enigma.check is {theirs / ours:.0f} times as fast")


def measure_growth() -> None:
    a, b = np.ones(64 * 32, np.float32), np.zeros(32, np.float32)
    few, many = (
        lambda copies=copies: enigma.check(copies_in_a_loop, a, b, copies, grid=32, threads=32)
        for copies in (2_000, 20_000)
    )
    small, large = in_turns(few, many, repeat=9)
    print("copies in a loop; wanted: time that grows tenfold, 2,000 in well under a second")
    print(f"   2,000 copies          {small * 1e3:8.1f} ms")
    print(f"  20,000 copies          {large * 1e3:8.1f} ms   {large / small:.1f} times as long")


def examples() -> list[tuple[enigma.Kernel, object, object, list[object]]]:
    """The main launch of each example: the kernel, the grid, the threads and the arguments."""
    rng = np.random.default_rng(0)

    def random(*shape: int) -> np.ndarray:
        return rng.uniform(-1, 1, shape).astype(np.float32)

    n = 1_000_003
    side = 512
    tiles = side // async_gemm.TILE
    return [
        (vector_add.vector_add, n, vector_add.THREADS, [random(n), random(n), random(n)]),
        (reverse.reverse, 1000, reverse.BLOCK, [random(1000), random(1000)]),
        (row_softmax.row_softmax, 26 * 128, 128, [random(101, 1000), random(101, 1000), 101, 1000]),
        (tiled_load.tiled_reverse, 128, 32, [random(256), random(256)]),
        (
            async_gemm.async_gemm,
            (tiles * async_gemm.THREADS, tiles),
            async_gemm.THREADS,
            [random(side, side), random(side, side), random(side, side), side, side, side],
        ),
    ]


def measure_examples() -> None:
    print("the examples, checked and not; wanted: at most 15 times as long")
    for kernel, grid, threads, arguments in examples():
        plain, checked = in_turns(
            lambda launch=kernel[grid, threads], arguments=arguments: launch(*arguments),
            lambda kernel=kernel, arguments=arguments, grid=grid, threads=threads: enigma.check(
                kernel, *arguments, grid=grid, threads=threads
            ),
            repeat=9,
        )
        times = f"{plain * 1e3:8.2f} ms, checked {checked * 1e3:8.2f} ms"
        print(f"  {kernel.__name__:14} {times}   {checked / plain:.1f} times as long")


def peak_memory(threadgroups: int) -> int:
    """KiB that this process takes at most, having checked that many threadgroups. As Linux tells it."""
    a, b = np.ones(256, np.float32), np.zeros(threadgroups, np.float32)
    enigma.check(one_element_each, a, b, grid=threadgroups * 32, threads=32).raise_if_errors()
    [peak] = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(peak)


def measure_memory() -> None:
    few, many = 2_000, 200_000
    # A new process for each, since what a process has taken at most is all that is told.
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        small, large = pool.map(peak_memory, [few, many], chunksize=1)
    each = (large - small) * 1024 / (many - few)
    print(
        "threadgroups with a tile each, which write an element each; wanted: memory for those elements alone"
    )
    print(f"  {few:7,} threadgroups   {small / 1024:8.1f} MiB at most")
    print(
        f"  {many:7,} threadgroups   {large / 1024:8.1f} MiB at most   {each:.0f} bytes for each element written"
    )


if __name__ == "__main__":
    measure_beside_oclgrind()
    measure_growth()
    measure_examples()
    measure_memory()
