"""C = A + B, one thread for each element; any length, because the grid counts threads.

Run it: `python examples/vector_add.py [--n 1000003]`.
"""

import argparse

import numpy as np

import enigma

THREADS = 256


@enigma.kernel
def vector_add(A: enigma.f32, B: enigma.f32, C: enigma.f32):
    i = enigma.thread_position_in_grid
    C[i] = A[i] + B[i]


def main() -> int:
    """Adds two random vectors and compares the sum with NumPy's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1_000_003, help="number of elements")
    n = parser.parse_args().n

    rng = np.random.default_rng(0)
    a, b = rng.random(n, dtype=np.float32), rng.random(n, dtype=np.float32)
    c = np.empty_like(a)
    statistics = vector_add[n, THREADS](a, b, c)

    right = np.array_equal(c, a + b)
    print(f"vector_add  {n:,} elements in {statistics.threadgroups:,} threadgroups of {THREADS} threads")
    print(f"  against NumPy {'right' if right else 'WRONG'}, bit for bit")
    return 0 if right else 1


if __name__ == "__main__":
    raise SystemExit(main())
