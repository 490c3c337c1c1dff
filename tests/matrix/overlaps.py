"""Two copies in flight conflict."""

import numpy as np

import enigma

from .case import case

RULE = "overlapping-copies"


@case(RULE, found="trace", elements=64)
def one_element_into_the_next_line(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    low = enigma.async_copy_1d_d2t(tile, 0, A, 0, 33 if wrong else 32)  # other
    high = enigma.async_copy_1d_d2t(tile, 32, A, 32, 32)  # at
    enigma.async_copy_wait(low, high)
    B[lane] = tile[lane]
    B[lane + 32] = tile[lane + 32]


@case(RULE, found="trace", elements=64)
def one_column_into_the_next_tile(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    left = enigma.async_copy_2d_d2t(tile, 0, 16, A, 0, 16, 9 if wrong else 8, 4)  # other
    right = enigma.async_copy_2d_d2t(tile, 8, 16, A, 8, 16, 8, 4)  # at
    enigma.async_copy_wait(left, right)
    B[lane] = tile[lane]
    B[lane + 32] = tile[lane + 32]


@case(RULE, found="trace")
def stored_before_it_arrived(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    arrival = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)  # other
    if not wrong:
        enigma.async_copy_wait(arrival)
    departure = enigma.async_copy_1d_t2d(B, 0, tile, 0, 32)  # at
    if wrong:
        enigma.async_copy_wait(arrival)
    enigma.async_copy_wait(departure)


@case(RULE, found="trace", elements=64)
def next_tile_loaded_before_this_one_left(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = A[lane]
    departure = enigma.async_copy_2d_t2d(B, 0, 8, tile, 0, 8, 8, 4)  # other
    if not wrong:
        enigma.async_copy_wait(departure)
    arrival = enigma.async_copy_2d_d2t(tile, 0, 8, A, 32, 8, 8, 4)  # at
    if wrong:
        enigma.async_copy_wait(departure)
    enigma.async_copy_wait(arrival)
    B[lane + 32] = tile[lane]


@case(RULE, found="trace", elements=64, expected=lambda a: np.tile(a[:32], 2))
def stored_line_loaded_back_early(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = A[lane]
    out = enigma.async_copy_1d_t2d(B, 0, tile, 0, 32)  # other
    if not wrong:
        enigma.async_copy_wait(out)
    back = enigma.async_copy_1d_d2t(tile, 32, B, 0, 32)  # at
    if wrong:
        enigma.async_copy_wait(out)
    enigma.async_copy_wait(back)
    B[lane + 32] = tile[lane + 32]


@case(RULE, arguments={"n": 5})
def both_of_two_alternatives(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.u32), wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    many = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32, where=n > 4)  # other
    few = enigma.async_copy_1d_d2t(tile, 0, A, 16, 16, where=n <= (5 if wrong else 4))  # at
    enigma.async_copy_wait(many, few)
    B[lane] = tile[lane]


@case(RULE, arguments={"valid": 5}, expected=lambda a: np.where(np.arange(32) % 8 < 6, a, 0))
def clipped_store_meets_its_neighbour(
    A: enigma.f32, B: enigma.f32, valid: enigma.Scalar(enigma.u32), wrong=True
):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = A[lane]
    reach = valid + 1 if wrong else valid
    left = enigma.async_copy_2d_t2d(B, 0, 8, tile, 0, 8, 8, 4, valid_cols=reach)  # other
    right = enigma.async_copy_2d_t2d(B, valid, 8, tile, valid, 8, 1, 4)  # at
    enigma.async_copy_wait(left, right)


@case(RULE, scope="threadgroup")
def band_one_row_too_high(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 72)
    i = enigma.thread_index_in_threadgroup()
    simdgroup = enigma.simdgroup_index_in_threadgroup()
    rows = enigma.where(4, 5 if wrong else 4, simdgroup == 0)
    ev = enigma.async_copy_2d_d2t(tile, simdgroup * 32, 8, A, simdgroup * 32, 8, 8, rows)  # at, other
    enigma.async_copy_wait(ev)
    enigma.barrier()
    B[i] = tile[i]


@case(RULE, scope="threadgroup")
def simdgroups_into_one_place(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    band = enigma.simdgroup_index_in_threadgroup() * 32
    place = 0 if wrong else band
    tile[i] = 0.0
    enigma.barrier()
    ev = enigma.async_copy_1d_d2t(tile, place, A, band, 32)  # at, other
    enigma.async_copy_wait(ev)
    enigma.barrier()
    B[i] = tile[i]


@case(RULE, scope="grid", elements=65, expected=lambda a: a[:64])
def threadgroups_store_one_element_too_many(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 33)
    start = enigma.threadgroup_position_in_grid() * 32
    arrival = enigma.async_copy_1d_d2t(tile, 0, A, start, 33)
    enigma.async_copy_wait(arrival)
    departure = enigma.async_copy_1d_t2d(B, start, tile, 0, 33 if wrong else 32)  # at, other
    enigma.async_copy_wait(departure)


@case(RULE, scope="grid")
def loaded_while_another_threadgroup_stores(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    own = enigma.threadgroup_position_in_grid()
    tile[lane] = A[lane]
    out = enigma.async_copy_2d_t2d(B, 0, 8, tile, 0, 8, 8, 4, where=own == 0)  # other
    enigma.async_copy_wait(out)
    source, start = (B, 0) if wrong else (A, 32)
    back = enigma.async_copy_2d_d2t(tile, 0, 8, source, start, 8, 8, 4, where=own == 1)  # at
    enigma.async_copy_wait(back)
    with enigma.if_(own == 1):
        B[lane + 32] = tile[lane]


@case(RULE, elements=96, arguments={"begin": 1, "end": 3, "stride": 32})
def stores_of_a_loop_one_element_apart(
    A: enigma.f32,
    B: enigma.f32,
    begin: enigma.Scalar(enigma.u32),
    end: enigma.Scalar(enigma.u32),
    stride: enigma.Scalar(enigma.u32),
    wrong=True,
):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = A[lane]
    first = enigma.async_copy_1d_t2d(B, 0, tile, 0, 32)  # other
    with enigma.for_range(begin, end, dtype="uint", init=[first]) as (t, carry):
        slot = t % 2 * 32
        tile[slot + lane] = A[t * 32 + lane]
        ev = enigma.async_copy_1d_t2d(B, t * (stride - 1 if wrong else stride), tile, slot, 32)  # at, other
        enigma.async_copy_wait(carry[0])
        carry[0] = ev
    enigma.async_copy_wait(carry[0])


@case(RULE, found="trace", elements=256)
def two_copies_into_the_same_registers(A: enigma.f32, B: enigma.f32, wrong=True):
    own = enigma.register_tensor(8)
    first = enigma.thread_index_in_simdgroup() * 4
    low = enigma.async_copy_1d_d2t(own, 0, A, first, 5 if wrong else 4)  # other
    high = enigma.async_copy_1d_d2t(own, 4, A, first + 128, 4)  # at
    enigma.async_copy_wait(low, high)
    for k in range(4):
        B[first + k] = own[k]
        B[first + k + 128] = own[k + 4]
