"""Each block of an array turned round, through threadgroup memory: what one thread stored, another loads.

Run it: `python examples/reverse.py`.
"""

import numpy as np

import enigma

BLOCK = 256


@enigma.kernel
def reverse(A: enigma.f32, B: enigma.f32):
    i = enigma.thread_position_in_grid
    here = enigma.thread_index_in_threadgroup()
    # The last threadgroup of the grid may be a smaller one.
    last = enigma.threads_per_threadgroup() - 1

    block = enigma.threadgroup_alloc("float", BLOCK)
    block[here] = A[i]
    enigma.barrier()
    B[i] = block[last - here]


def main() -> int:
    """Reverses the blocks of an array whose length is no multiple of theirs."""
    a = np.arange(1000, dtype=np.float32)
    b = np.empty_like(a)
    reverse[a.size, BLOCK](a, b)

    expected = np.concatenate([a[start : start + BLOCK][::-1] for start in range(0, a.size, BLOCK)])
    right = np.array_equal(b, expected)
    print(f"reverse  {a.size} elements in blocks of {BLOCK}, the last one of {a.size % BLOCK}")
    print(f"  against NumPy {'right' if right else 'WRONG'}: {b[:3]} ... {b[-3:]}")
    return 0 if right else 1


if __name__ == "__main__":
    raise SystemExit(main())
