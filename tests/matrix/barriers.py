"""Another simdgroup uses what a copy moves, and no barrier stands between the two."""

import numpy as np

import enigma

from .case import case

RULE = "missing-barrier"


# After the wait: the copy's own simdgroup sees its effect, the others do not yet.


@case(RULE, scope="threadgroup")
def line_read_without_a_barrier(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    first = enigma.simdgroup_index_in_threadgroup() == 0
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64, where=first)  # other
    enigma.async_copy_wait(ev)  # other
    if not wrong:
        enigma.barrier()
    B[i] = tile[i]  # at


@case(RULE, scope="threadgroup", expected=lambda a: a[::-1])
def band_of_the_neighbour_read(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    band = enigma.simdgroup_index_in_threadgroup() * 32
    ev = enigma.async_copy_2d_d2t(tile, band, 8, A, band, 8, 8, 4)  # other
    enigma.async_copy_wait(ev)  # other
    if not wrong:
        enigma.barrier()
    B[i] = tile[63 - i]  # at


@case(RULE, scope="threadgroup")
def barrier_before_the_wait(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    first = enigma.simdgroup_index_in_threadgroup() == 0
    ev = enigma.async_copy_2d_d2t(tile, 0, 8, A, 0, 8, 8, 8, where=first)  # other
    if wrong:
        enigma.barrier()
    enigma.async_copy_wait(ev)  # other
    if not wrong:
        enigma.barrier()
    B[i] = tile[i]  # at


@case(RULE, scope="threadgroup")
def simd_barrier_for_the_whole_threadgroup(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    first = enigma.simdgroup_index_in_threadgroup() == 0
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64, where=first)  # other
    enigma.async_copy_wait(ev)  # other
    if wrong:
        enigma.simd_barrier()
    else:
        enigma.barrier()
    B[i] = tile[i]  # at


@case(RULE, scope="threadgroup", expected=lambda a: np.concatenate([a[:32] * 2, a[32:]]))
def tile_written_without_a_barrier(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    simdgroup = enigma.simdgroup_index_in_threadgroup()
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64, where=simdgroup == 0)  # other
    enigma.async_copy_wait(ev)  # other
    if not wrong:
        enigma.barrier()
    with enigma.if_(simdgroup == 1):
        tile[i - 32] = A[i - 32] * 2.0  # at
    enigma.barrier()
    B[i] = tile[i]


@case(
    RULE, scope="threadgroup", elements=128, expected=lambda a: np.concatenate([a[:64], np.roll(a[:64], 32)])
)
def stored_line_read_with_the_wrong_flags(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    band = enigma.simdgroup_index_in_threadgroup() * 32
    tile[i] = A[i]
    ev = enigma.async_copy_1d_t2d(B, band, tile, band, 32)  # other
    enigma.async_copy_wait(ev)  # other
    enigma.barrier("mem_threadgroup" if wrong else "mem_device")
    B[i + 64] = B[(i + 32) % 64]  # at


@case(RULE, scope="threadgroup", expected=lambda a: a[:32])
def stored_by_the_simdgroup_that_did_not_wait(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    simdgroup = enigma.simdgroup_index_in_threadgroup()
    arrival = enigma.async_copy_2d_d2t(tile, 0, 8, A, 0, 8, 8, 4, where=simdgroup == 0)  # other
    enigma.async_copy_wait(arrival)  # other
    if not wrong:
        enigma.barrier()
    departure = enigma.async_copy_2d_t2d(B, 0, 8, tile, 0, 8, 8, 4, where=simdgroup == 1)  # at
    enigma.async_copy_wait(departure)


@case(RULE, scope="threadgroup")
def matrix_loaded_without_a_barrier(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    band = enigma.simdgroup_index_in_threadgroup() * 32
    ev = enigma.async_copy_2d_d2t(tile, band, 8, A, band, 8, 8, 4)  # other
    enigma.async_copy_wait(ev)  # other
    if not wrong:
        enigma.barrier()
    m = enigma.simdgroup_matrix_load(tile, 8)  # at
    with enigma.if_(enigma.simdgroup_index_in_threadgroup() == 0):
        enigma.simdgroup_matrix_store(m, B, 8)


# Before the issue: what the others wrote has to be there, and they have to be done reading.


@case(RULE, scope="threadgroup")
def stores_not_published_to_the_copy(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    tile[i] = A[i]  # other
    if not wrong:
        enigma.barrier()
    first = enigma.simdgroup_index_in_threadgroup() == 0
    ev = enigma.async_copy_1d_t2d(B, 0, tile, 0, 64, where=first)  # at
    enigma.async_copy_wait(ev)


@case(RULE, scope="threadgroup")
def band_of_the_neighbour_stored(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    neighbour = (enigma.simdgroup_index_in_threadgroup() + 1) % 2 * 32
    tile[i] = A[i]  # other
    if not wrong:
        enigma.barrier()
    ev = enigma.async_copy_2d_t2d(B, neighbour, 8, tile, neighbour, 8, 8, 4)  # at
    enigma.async_copy_wait(ev)


@case(RULE, scope="threadgroup", elements=128)
def next_line_loaded_while_others_read(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    first = enigma.simdgroup_index_in_threadgroup() == 0
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64, where=first)
    enigma.async_copy_wait(ev)
    enigma.barrier()
    B[i] = tile[i]  # other
    if not wrong:
        enigma.barrier()
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 64, 64, where=first)  # at
    enigma.async_copy_wait(ev)
    enigma.barrier()
    B[i + 64] = tile[i]


@case(RULE, scope="threadgroup", elements=256, arguments={"tiles": 4})
def single_buffer_without_its_second_barrier(
    A: enigma.f32, B: enigma.f32, tiles: enigma.Scalar(enigma.u32), wrong=True
):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    first = enigma.simdgroup_index_in_threadgroup() == 0
    with enigma.for_range(0, tiles, dtype="uint") as t:
        ev = enigma.async_copy_2d_d2t(tile, 0, 8, A, t * 64, 8, 8, 8, where=first)  # at
        enigma.async_copy_wait(ev)
        enigma.barrier()
        B[t * 64 + i] = tile[i]  # other
        if not wrong:
            enigma.barrier()


@case(RULE, scope="threadgroup", elements=256, arguments={"tiles": 4})
def double_buffer_without_its_second_barrier(
    A: enigma.f32, B: enigma.f32, tiles: enigma.Scalar(enigma.u32), wrong=True
):
    tile = enigma.threadgroup_alloc("float", 128)
    i = enigma.thread_index_in_threadgroup()
    first = enigma.simdgroup_index_in_threadgroup() == 0
    arriving = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64, where=first)
    for t in enigma.range(tiles):
        here = arriving
        arriving = enigma.async_copy_1d_d2t(  # at
            tile, (t + 1) % 2 * 64, A, (t + 1) * 64, 64, where=first & (t + 1 < tiles)
        )
        enigma.async_copy_wait(here)
        enigma.barrier()
        B[t * 64 + i] = tile[t % 2 * 64 + i]  # other
        if not wrong:
            enigma.barrier()
    enigma.async_copy_wait(arriving)


@case(RULE, scope="threadgroup", expected=lambda a: a[::-1] * 2)
def input_prepared_with_the_wrong_flags(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    band = enigma.simdgroup_index_in_threadgroup() * 32
    A[63 - i] = A[63 - i] * 2.0  # other
    enigma.barrier("mem_threadgroup" if wrong else "mem_device")
    ev = enigma.async_copy_1d_d2t(tile, band, A, band, 32)  # at
    enigma.async_copy_wait(ev)
    enigma.barrier()
    B[63 - i] = tile[i]


@case(RULE, scope="threadgroup", expected=lambda a: np.concatenate([np.ones(32), a[:32]]))
def matrix_stored_but_not_published(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    simdgroup = enigma.simdgroup_index_in_threadgroup()
    with enigma.if_(simdgroup == 1):
        enigma.simdgroup_matrix_store(enigma.make_filled_simdgroup_matrix(1.0), tile, 8)  # other
    if not wrong:
        enigma.barrier()
    half = enigma.async_copy_2d_t2d(B, 0, 8, tile, 0, 8, 8, 4, where=simdgroup == 0)  # at
    enigma.async_copy_wait(half)
    with enigma.if_(simdgroup == 1):
        B[i] = A[i - 32]
