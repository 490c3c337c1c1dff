"""The first asynchronous copy: 64 elements of device memory into a threadgroup tile.

Run it: `python examples/tiled_load.py`.
"""

import numpy as np

import enigma

TILE = 64


# The kernel of the page that introduces asynchronous copies: a copy and its wait, and nothing done with the tile.
@enigma.kernel
def tiled_load(A: enigma.f32, B: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 64)
    c0 = enigma.metal_cast(0, "uint")
    cnt = enigma.metal_cast(64, "uint")

    ev = enigma.async_copy_1d_d2t(tile, c0, A, c0, cnt)
    enigma.async_copy_wait(ev)
    enigma.barrier()


@enigma.kernel
def tiled_reverse(A: enigma.f32, B: enigma.f32):
    """Writes each tile of A to B back to front, and computes where from while the copy is in flight."""
    tile = enigma.threadgroup_alloc("float", TILE)
    first = enigma.threadgroup_position_in_grid() * TILE

    ev = enigma.async_copy_1d_d2t(tile, 0, A, first, TILE)
    lane = enigma.thread_index_in_simdgroup()
    mirrored = TILE - 1 - lane
    enigma.async_copy_wait(ev)

    B[first + lane] = tile[mirrored]
    B[first + lane + 32] = tile[mirrored - 32]


def main() -> int:
    """Runs both kernels, one simdgroup a tile, and compares the second's result with NumPy's."""
    tiles = 4
    a = np.arange(tiles * TILE, dtype=np.float32)
    b = np.zeros_like(a)
    loaded = tiled_load[32, 32](a, b)
    reversed_ = tiled_reverse[tiles * 32, 32](a, b)

    right = np.array_equal(b.reshape(tiles, TILE), a.reshape(tiles, TILE)[:, ::-1])
    print(f"tiled_load     {loaded}")
    print(f"tiled_reverse  {reversed_}; {'right' if right else 'WRONG'}")
    print()
    print(enigma.compile(tiled_reverse).metal_source)
    return 0 if right else 1


if __name__ == "__main__":
    raise SystemExit(main())
