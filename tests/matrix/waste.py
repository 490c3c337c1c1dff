"""Kernels that are right, and copy for nothing: warnings, no errors."""

import enigma

from .case import case

REDUNDANT = "redundant-copy"
UNREAD = "unread-copy"


@case(REDUNDANT, scope="threadgroup")
def every_simdgroup_copies_the_line(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    first = enigma.simdgroup_index_in_threadgroup() == 0
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64, where=True if wrong else first)  # at
    enigma.async_copy_wait(ev)
    enigma.barrier()
    B[i] = tile[i]


@case(REDUNDANT, scope="threadgroup")
def every_simdgroup_stores_the_tile(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    band = enigma.simdgroup_index_in_threadgroup() * 32
    tile[i] = A[i]
    enigma.barrier()
    start, rows = (0, 8) if wrong else (band, 4)
    ev = enigma.async_copy_2d_t2d(B, start, 8, tile, start, 8, 8, rows)  # at
    enigma.async_copy_wait(ev)


@case(UNREAD, elements=64)
def second_line_never_read(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    low = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)
    high = enigma.async_copy_1d_d2t(tile, 32, A, 32, 32)  # at
    enigma.async_copy_wait(low, high)
    B[lane] = tile[lane]
    B[lane + 32] = A[lane + 32] if wrong else tile[lane + 32]


@case(UNREAD, elements=128, arguments={"tiles": 4})
def one_tile_too_many_ahead(A: enigma.f32, B: enigma.f32, tiles: enigma.Scalar(enigma.u32), wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    first = enigma.async_copy_2d_d2t(tile, 0, 8, A, 0, 8, 8, 4)
    with enigma.for_range(0, tiles, dtype="uint", init=[first]) as (t, carry):
        ahead = enigma.async_copy_2d_d2t(  # at
            tile, (t + 1) % 2 * 32, 8, A, (t + 1) % tiles * 32, 8, 8, 4, where=t + 1 < (tiles + 1 if wrong else tiles)
        )  # fmt: skip
        enigma.async_copy_wait(carry[0])
        B[t * 32 + lane] = tile[t % 2 * 32 + lane]
        carry[0] = ahead
    enigma.async_copy_wait(carry[0])
