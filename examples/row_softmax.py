"""Softmax of each row of a matrix: a simdgroup takes a row, of any length, and its lanes share the work.

Run it: `python examples/row_softmax.py [--rows 100 --cols 1000]`.
"""

import argparse

import numpy as np

import enigma

LANES = 32
ROWS_PER_THREADGROUP = 4


@enigma.kernel
def row_softmax(
    X: enigma.f32, Y: enigma.f32, rows: enigma.Scalar[enigma.i32], cols: enigma.Scalar[enigma.i32]
):
    group = enigma.threadgroup_position_in_grid() * ROWS_PER_THREADGROUP
    row = enigma.metal_cast(group + enigma.simdgroup_index_in_threadgroup(), "int")
    lane = enigma.metal_cast(enigma.thread_index_in_simdgroup(), "int")

    with enigma.if_(row < rows):
        start = row * cols
        # Subtracting the greatest element keeps the exponentials from overflowing.
        greatest = float("-inf")
        for c in enigma.range(lane, cols, LANES):
            greatest = enigma.fmax(greatest, X[start + c])
        greatest = enigma.simd_max(greatest)

        total = 0.0
        for c in enigma.range(lane, cols, LANES):
            total += enigma.exp(X[start + c] - greatest)
        total = enigma.simd_sum(total)

        for c in enigma.range(lane, cols, LANES):
            Y[start + c] = enigma.exp(X[start + c] - greatest) / total


def softmax(x: np.ndarray) -> np.ndarray:
    """The same in NumPy, in double precision."""
    e = np.exp(x.astype(np.float64) - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def main() -> int:
    """Takes the softmax of random rows and compares it with NumPy's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=101)
    parser.add_argument("--cols", type=int, default=1000)
    args = parser.parse_args()

    x = np.random.default_rng(0).normal(0, 10, (args.rows, args.cols)).astype(np.float32)
    y = np.empty_like(x)
    threadgroups = -(-args.rows // ROWS_PER_THREADGROUP)
    threads = ROWS_PER_THREADGROUP * LANES
    row_softmax[threadgroups * threads, threads](x, y, args.rows, args.cols)

    difference = float(np.abs(y - softmax(x)).max(initial=0.0))
    right = difference < 1e-6
    print(f"row_softmax  {args.rows} rows of {args.cols}, one simdgroup for each row")
    print(f"  against NumPy {'right' if right else 'WRONG'}: largest difference {difference:.1e}")
    return 0 if right else 1


if __name__ == "__main__":
    raise SystemExit(main())
