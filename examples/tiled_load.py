"""The first asynchronous copies: one in a row, one in rows, both into the same threadgroup tile.

Run it: `python examples/tiled_load.py`.
"""

import numpy as np

import enigma

SIDE = 8
TILE = SIDE * SIDE
PITCH = 64  # elements from one row of A to the next, in the second copy


@enigma.kernel
def tiled_load(A: enigma.f32, B: enigma.f32):
    tile = enigma.threadgroup_alloc("float", TILE)
    lane = enigma.thread_index_in_simdgroup()

    # The first 64 elements of A.
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, TILE)
    enigma.async_copy_wait(ev)
    enigma.barrier()
    B[lane] = tile[lane]
    B[lane + 32] = tile[lane + 32]
    enigma.barrier()

    # An 8 x 8 corner of A, whose rows lie 64 elements apart.
    ev2 = enigma.async_copy_2d_d2t(tile, 0, SIDE, A, 0, PITCH, SIDE, SIDE)
    enigma.async_copy_wait(ev2)
    enigma.barrier()
    B[TILE + lane] = tile[lane]
    B[TILE + lane + 32] = tile[lane + 32]


def main() -> int:
    """Runs the kernel on one simdgroup and compares the tile with slices of A."""
    a = np.arange(SIDE * PITCH, dtype=np.float32)
    b = np.zeros(2 * TILE, dtype=np.float32)
    statistics = tiled_load[32, 32](a, b)

    row_right = np.array_equal(b[:TILE], a[:TILE])
    corner_right = np.array_equal(b[TILE:].reshape(SIDE, SIDE), a.reshape(SIDE, PITCH)[:, :SIDE])
    print("tiled_load  64 floats in a row, then an 8 x 8 corner, into one threadgroup tile")
    print(f"  the row       {'right' if row_right else 'WRONG'}")
    print(f"  the corner    {'right' if corner_right else 'WRONG'}")
    print(f"  copies        {statistics.copies} asynchronous, {statistics.bytes_copied} bytes")
    return 0 if row_right and corner_right else 1


if __name__ == "__main__":
    raise SystemExit(main())
