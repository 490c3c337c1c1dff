"""The source of a copy is written while the copy is in flight."""

import numpy as np

import enigma

from .case import case

RULE = "source-overwritten"


@case(RULE, found="trace")
def line_reused_early(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = A[lane]
    ev = enigma.async_copy_1d_t2d(B, 0, tile, 0, 32)  # other
    if not wrong:
        enigma.async_copy_wait(ev)
    tile[lane] = 0.0  # at
    if wrong:
        enigma.async_copy_wait(ev)


@case(RULE, arguments={"pitch": 16})
def column_reused_beside_the_rows(A: enigma.f32, B: enigma.f32, pitch: enigma.Scalar(enigma.u32), wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    place = lane / 8 * pitch + lane % 8
    tile[place] = A[lane]
    enigma.simd_barrier()
    ev = enigma.async_copy_2d_t2d(B, 0, 8, tile, 0, pitch, 8, 4)  # other
    tile[place + (7 if wrong else 8)] = 0.0  # at
    enigma.async_copy_wait(ev)


@case(RULE, found="trace")
def input_overwritten_early(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)  # other
    if not wrong:
        enigma.async_copy_wait(ev)
    A[lane] = 0.0  # at
    if wrong:
        enigma.async_copy_wait(ev)
    B[lane] = tile[lane]


@case(RULE, elements=64, arguments={"pitch": 16}, expected=lambda a: a.reshape(4, 16)[:, :8].ravel())
def input_overwritten_beside_the_rows(
    A: enigma.f32, B: enigma.f32, pitch: enigma.Scalar(enigma.u32), wrong=True
):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_2d_d2t(tile, 0, 8, A, 0, pitch, 8, 4)  # other
    A[lane / 8 * pitch + lane % 8 + (7 if wrong else 8)] = 0.0  # at
    enigma.async_copy_wait(ev)
    B[lane] = tile[lane]


@case(
    RULE, arguments={"valid": 5}, expected=lambda a: np.pad(a.reshape(4, 8)[:, :5], ((0, 0), (0, 3))).ravel()
)
def last_valid_column_of_a_clipped_load(
    A: enigma.f32, B: enigma.f32, valid: enigma.Scalar(enigma.u32), wrong=True
):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_2d_d2t(tile, 0, 8, A, 0, 8, 8, 4, valid_cols=valid)  # other
    with enigma.if_(lane < 4):
        A[lane * 8 + (valid - 1 if wrong else valid)] = 0.0  # at
    enigma.async_copy_wait(ev)
    B[lane] = tile[lane]


@case(RULE, found="trace")
def reused_after_the_wrong_wait(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = A[lane]
    low = enigma.async_copy_1d_t2d(B, 0, tile, 0, 16)  # other
    high = enigma.async_copy_1d_t2d(B, 16, tile, 16, 16)
    enigma.async_copy_wait(high if wrong else low)
    with enigma.if_(lane < 16):
        tile[lane] = 0.0  # at
    enigma.async_copy_wait(low if wrong else high)


@case(RULE, scope="threadgroup")
def tile_reused_early_by_another_simdgroup(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    simdgroup = enigma.simdgroup_index_in_threadgroup()
    tile[i] = A[i]
    enigma.barrier()
    ev = enigma.async_copy_2d_t2d(B, 0, 8, tile, 0, 8, 8, 8, where=simdgroup == 0)  # other
    if not wrong:
        enigma.async_copy_wait(ev)
    enigma.barrier()
    with enigma.if_(simdgroup == 1):
        tile[i - 32] = 0.0  # at
    if wrong:
        enigma.async_copy_wait(ev)


@case(RULE, scope="grid", expected=lambda a: a[:32])
def last_element_overwritten_by_another_threadgroup(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 33)
    lane = enigma.thread_index_in_simdgroup()
    own = enigma.threadgroup_position_in_grid()
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 33 if wrong else 32, where=own == 0)  # other
    enigma.async_copy_wait(ev)
    with enigma.if_(own == 0) as (then, otherwise):
        with then:
            B[lane] = tile[lane]
        with otherwise:
            A[lane + 32] = 0.0  # at


@case(RULE, elements=128, arguments={"begin": 1, "end": 4})
def slot_of_a_ring_reused_early(
    A: enigma.f32,
    B: enigma.f32,
    begin: enigma.Scalar(enigma.u32),
    end: enigma.Scalar(enigma.u32),
    wrong=True,
):
    slots = 1 if wrong else 2
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = A[lane]
    first = enigma.async_copy_1d_t2d(B, 0, tile, 0, 32)  # other
    with enigma.for_range(begin, end, dtype="uint", init=[first]) as (t, carry):
        slot = t % slots * 32
        tile[slot + lane] = A[t * 32 + lane]  # at
        ev = enigma.async_copy_1d_t2d(B, t * 32, tile, slot, 32)  # other
        enigma.async_copy_wait(carry[0])
        carry[0] = ev
    enigma.async_copy_wait(carry[0])


@case(RULE, found="trace", elements=128)
def registers_reused_early(A: enigma.f32, B: enigma.f32, wrong=True):
    own = enigma.register_tensor(4)
    first = enigma.thread_index_in_simdgroup() * 4
    for k in range(4):
        own[k] = A[first + k]
    ev = enigma.async_copy_1d_t2d(B, first, own, 0, 4)  # other
    if not wrong:
        enigma.async_copy_wait(ev)
    own[3] = 0.0  # at
    if wrong:
        enigma.async_copy_wait(ev)


@case(RULE, found="trace", elements=64)
def matrix_stored_into_a_source(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane], tile[lane + 32] = A[lane], A[lane + 32]
    ev = enigma.async_copy_2d_t2d(B, 0, 8, tile, 0, 8, 8, 8)  # other
    if not wrong:
        enigma.async_copy_wait(ev)
    enigma.simd_barrier()
    enigma.simdgroup_matrix_store(enigma.make_filled_simdgroup_matrix(0.0), tile, 8)  # at
    if wrong:
        enigma.async_copy_wait(ev)


@case(RULE, found="trace")
def source_updated_atomically(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = A[lane]
    ev = enigma.async_copy_1d_t2d(B, 0, tile, 0, 32)  # other
    if not wrong:
        enigma.async_copy_wait(ev)
    enigma.atomic_fetch_add(tile, lane, 1.0)  # at
    if wrong:
        enigma.async_copy_wait(ev)


@case(RULE, scope="grid", expected=lambda a: a[:32])
def last_element_exchanged_by_another_threadgroup(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 33)
    lane = enigma.thread_index_in_simdgroup()
    own = enigma.threadgroup_position_in_grid()
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 33 if wrong else 32, where=own == 0)  # other
    enigma.async_copy_wait(ev)
    with enigma.if_(own == 0) as (then, otherwise):
        with then:
            B[lane] = tile[lane]
        with otherwise:
            enigma.atomic_exchange(A, lane + 32, 0.0)  # at
