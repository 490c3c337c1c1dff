"""C = A @ B, in tiles that are copied while the tiles before them are multiplied.

A threadgroup of four simdgroups computes a 64 x 64 tile of C. Slices of A and B are staged in threadgroup memory
by asynchronous 2D copies, double-buffered: while slice s is multiplied, slice s + 1 is in flight. Each simdgroup
copies its own band of a slice and carries the events of its copies round the loop. At the edges only the valid part
of a tile is copied, and the rest is filled with zeros, so any M, N and K will do. The finished tile leaves by
asynchronous copies as well.

Run it: `python examples/async_gemm.py [--m 512 --n 512 --k 512] [--half]`.
"""

import argparse
import math
import time
from pathlib import Path

import numpy as np

import enigma

TILE = 64  # rows and columns of C that a threadgroup computes
SIMDGROUPS = 4
THREADS = 32 * SIMDGROUPS
QUADRANT = TILE // 2  # rows and columns of C that a simdgroup computes
FRAGMENTS = QUADRANT // 8  # 8 x 8 matrices along a side of a quadrant


def make_async_gemm(dtype: type[enigma.DType], itemsize: int) -> enigma.Kernel:
    """The kernel for elements of `dtype`, accumulating in float.

    A is M x K and B is K x N, both of `dtype`; C is M x N floats; all are row-major and dense.
    """
    depth = 64 // itemsize  # elements of K in a slice: 64 bytes of a row of A
    a_band = TILE // SIMDGROUPS  # rows of A that each simdgroup copies
    b_band = depth // SIMDGROUPS  # rows of B

    @enigma.kernel
    def async_gemm(
        A: dtype,
        B: dtype,
        C: enigma.f32,
        M: enigma.Scalar(enigma.i32),
        N: enigma.Scalar(enigma.i32),
        K: enigma.Scalar(enigma.i32),
    ):
        a_tiles = enigma.threadgroup_alloc(dtype, 2 * TILE * depth)
        b_tiles = enigma.threadgroup_alloc(dtype, 2 * depth * TILE)
        c_tile = enigma.threadgroup_alloc("float", TILE * TILE)

        simdgroup = enigma.metal_cast(enigma.simdgroup_index_in_threadgroup(), "int")
        row = enigma.metal_cast(enigma.threadgroup_position_in_grid("y"), "int") * TILE
        col = enigma.metal_cast(enigma.threadgroup_position_in_grid("x"), "int") * TILE
        slices = (K + (depth - 1)) / depth

        def issue(s):
            """Issues the copies of this simdgroup's bands of slice `s`, if there is such a slice."""
            half = s % 2
            k = s * depth
            a_row = simdgroup * a_band
            b_row = simdgroup * b_band
            a_copy = enigma.async_copy_2d_d2t(
                a_tiles, half * (TILE * depth) + a_row * depth, depth,
                A, (row + a_row) * K + k, K,
                depth, a_band,
                where=s < slices, valid_cols=K - k, valid_rows=M - row - a_row,
            )  # fmt: skip
            b_copy = enigma.async_copy_2d_d2t(
                b_tiles, half * (depth * TILE) + b_row * TILE, TILE,
                B, (k + b_row) * N + col, N,
                TILE, b_band,
                where=s < slices, valid_cols=N - col, valid_rows=K - k - b_row,
            )  # fmt: skip
            return a_copy, b_copy

        quadrant_row = simdgroup / 2 * QUADRANT
        quadrant_col = simdgroup % 2 * QUADRANT
        zeros = [enigma.make_filled_simdgroup_matrix(0.0) for _ in range(FRAGMENTS * FRAGMENTS)]
        first = issue(enigma.metal_cast(0, "int"))
        with enigma.for_range(0, slices, init=[*first, *zeros]) as (s, carry):
            # Slice s has landed, here and (after the barrier) in every simdgroup; and everybody is done with
            # slice s - 1, so that slice s + 1 may take its place.
            enigma.async_copy_wait(carry[0], carry[1])
            enigma.barrier()
            carry[0], carry[1] = issue(s + 1)

            a_half = s % 2 * (TILE * depth)
            b_half = s % 2 * (depth * TILE)
            for k in range(0, depth, 8):
                a = [
                    enigma.simdgroup_matrix_load(
                        a_tiles, depth, dtype, offset=a_half + (quadrant_row + 8 * i) * depth + k
                    )
                    for i in range(FRAGMENTS)
                ]
                b = [
                    enigma.simdgroup_matrix_load(
                        b_tiles, TILE, dtype, offset=b_half + (quadrant_col + k * TILE + 8 * j)
                    )
                    for j in range(FRAGMENTS)
                ]
                for i in range(FRAGMENTS):
                    for j in range(FRAGMENTS):
                        n = 2 + FRAGMENTS * i + j
                        carry[n] = enigma.simdgroup_multiply_accumulate(a[i], b[j], carry[n])
        enigma.async_copy_wait(carry[0], carry[1])

        corner = quadrant_row * TILE + quadrant_col
        for i in range(FRAGMENTS):
            for j in range(FRAGMENTS):
                enigma.simdgroup_matrix_store(
                    carry[2 + FRAGMENTS * i + j], c_tile, TILE, offset=corner + (8 * i * TILE + 8 * j)
                )
        out = enigma.async_copy_2d_t2d(
            C, (row + quadrant_row) * N + col + quadrant_col, N,
            c_tile, corner, TILE,
            QUADRANT, QUADRANT,
            valid_cols=N - col - quadrant_col, valid_rows=M - row - quadrant_row,
        )  # fmt: skip
        enigma.async_copy_wait(out)

    return async_gemm


async_gemm = make_async_gemm(enigma.f32, 4)
async_gemm_half = make_async_gemm(enigma.f16, 2)


def tolerance(k: int) -> float:
    """Rounding errors of a sum of `k` products of numbers between -1 and 1, with room to spare."""
    return 32 * float(np.finfo(np.float32).eps) * max(1, k) ** 0.5


def run(m: int, n: int, k: int, half: bool, out: Path, repeat: int = 3) -> bool:
    """Runs the kernel against NumPy, under the checker and for the clock, and prints what there is to know."""
    kernel = async_gemm_half if half else async_gemm
    rng = np.random.default_rng(0)
    a = rng.uniform(-1, 1, (m, k)).astype(np.float16 if half else np.float32)
    b = rng.uniform(-1, 1, (k, n)).astype(a.dtype)
    c = np.full((m, n), np.nan, dtype=np.float32)
    grid = (math.ceil(n / TILE) * THREADS, math.ceil(m / TILE))

    statistics = kernel[grid, THREADS](a, b, c, m, n, k)
    difference = float(np.abs(c - a.astype(np.float64) @ b.astype(np.float64)).max())
    report = enigma.check(kernel, a, b, c, m, n, k, grid=grid, threads=THREADS)
    seconds = []
    for _ in range(repeat):
        start = time.perf_counter()
        kernel[grid, THREADS](a, b, c, m, n, k)
        seconds.append(time.perf_counter() - start)
    best = min(seconds)

    capabilities = enigma.Runtime().device_capabilities()
    device = capabilities.device_name if capabilities.gpu_family else "the CPU executor"
    element = "half" if half else "float"
    out.mkdir(parents=True, exist_ok=True)
    compiled = enigma.compile(kernel)
    source = compiled.export_metal(out / f"async_gemm_{element}.metal")
    library = compiled.export_metallib(out / f"async_gemm_{element}.metallib")
    allowed = tolerance(k)
    right = difference <= allowed
    verdict = "right" if right else "WRONG"
    checked = "no copy is misused" if report.ok else "\n\n" + str(report)
    flops = 2 * m * n * k / best
    print(f"async_gemm  C[{m} x {n}] = A[{m} x {k}] @ B[{k} x {n}], {element} elements, float sums")
    print(f"  on            {device}, {statistics.threadgroups} threadgroups of {THREADS} threads")
    print(f"  against NumPy {verdict}: largest difference {difference:.1e}, {allowed:.1e} allowed")
    print(
        f"  checker       {checked}; {report.figures.overlap:.0%} of the work goes on while copies are in flight"
    )
    print(f"  time          {best * 1e3:.1f} ms, {flops / 1e9:.1f} GFLOP/s")
    print(
        f"  copies        {report.figures.copies:,} asynchronous, {report.figures.bytes_copied / 1e6:,.1f} MB"
    )
    print(f"  in flight     at most {report.figures.max_in_flight} in a threadgroup at a time")
    print(f"  for Metal     {source}, {library}")
    print()
    return right and report.ok


def main() -> int:
    """Runs the sizes asked for; without any, a round one and an odd one, in float and half."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in "mnk":
        parser.add_argument(
            f"--{name}", type=int, help=f"extent {name.upper()}; 512 if only others are given"
        )
    parser.add_argument("--half", action="store_true", help="half inputs instead of float")
    parser.add_argument(
        "--out", type=Path, default=Path("out"), help="where the Metal source goes (default: out)"
    )
    args = parser.parse_args()
    given = (args.m, args.n, args.k)
    if any(extent is not None for extent in given):
        m, n, k = (512 if extent is None else extent for extent in given)
        runs = [(m, n, k, args.half)]
    else:
        runs = [(512, 512, 512, args.half), (487, 333, 251, args.half), (500, 300, 700, True)]
    results = [run(*each, args.out) for each in runs]
    return 0 if all(results) else 1


if __name__ == "__main__":
    raise SystemExit(main())
