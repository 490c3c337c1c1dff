"""The destination of a copy is written while the copy is in flight."""

import numpy as np

import enigma

from .case import case

RULE = "write-before-wait"


def clipped(a, rows, cols, valid):
    """The first elements as a matrix of which only some columns are kept."""
    kept = a[: rows * cols].reshape(rows, cols).copy()
    kept[:, valid:] = 0
    return kept


def with_column(matrix, col, value):
    matrix[:, col] = value
    return matrix.ravel()


@case(RULE, found="trace", expected=lambda a: a * 2)
def line_written_early(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)  # other
    if not wrong:
        enigma.async_copy_wait(ev)
    tile[lane] = A[lane] * 2.0  # at
    if wrong:
        enigma.async_copy_wait(ev)
    B[lane] = tile[lane]


@case(
    RULE,
    elements=64,
    arguments={"pitch": 16},
    expected=lambda a: np.concatenate([a[:32] * 2, a.reshape(4, 16)[:, :8].ravel()]),
)
def column_written_beside_the_rows(
    A: enigma.f32, B: enigma.f32, pitch: enigma.Scalar(enigma.u32), wrong=True
):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    place = lane / 8 * pitch + lane % 8
    free = place + (7 if wrong else 8)
    ev = enigma.async_copy_2d_d2t(tile, 0, pitch, A, 0, pitch, 8, 4)  # other
    tile[free] = A[lane] * 2.0  # at
    enigma.async_copy_wait(ev)
    enigma.simd_barrier()
    B[lane] = tile[free]
    B[lane + 32] = tile[place]


@case(RULE, found="trace", expected=lambda a: a * 2)
def result_written_while_stored(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = A[lane]
    ev = enigma.async_copy_1d_t2d(B, 0, tile, 0, 32)  # other
    if not wrong:
        enigma.async_copy_wait(ev)
    B[lane] = A[lane] * 2.0  # at
    if wrong:
        enigma.async_copy_wait(ev)


@case(RULE, found="trace", elements=64, expected=lambda a: np.concatenate([a[:32], a[:32] + 1]))
def wait_after_the_write_in_rows(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    low = enigma.async_copy_2d_d2t(tile, 0, 8, A, 0, 8, 8, 4)
    high = enigma.async_copy_2d_d2t(tile, 32, 8, A, 0, 8, 8, 4)  # other
    enigma.async_copy_wait(low if wrong else high)
    tile[lane + 32] = A[lane] + 1.0  # at
    enigma.async_copy_wait(high if wrong else low)
    B[lane] = tile[lane]
    B[lane + 32] = tile[lane + 32]


@case(RULE, arguments={"n": 5}, expected=lambda a: a * 2)
def line_written_early_where_copied(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.u32), wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32, where=n > 3)  # other
    if not wrong:
        enigma.async_copy_wait(ev)
    tile[lane] = A[lane] * 2.0  # at
    if wrong:
        enigma.async_copy_wait(ev)
    B[lane] = tile[lane]


@case(RULE, scope="threadgroup", expected=lambda a: np.concatenate([a[:32] * 2, a[32:]]))
def tile_written_early_by_another_simdgroup(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    simdgroup = enigma.simdgroup_index_in_threadgroup()
    ev = enigma.async_copy_2d_d2t(tile, 0, 8, A, 0, 8, 8, 8, where=simdgroup == 0)  # other
    if not wrong:
        enigma.async_copy_wait(ev)
    enigma.barrier()
    with enigma.if_(simdgroup == 1):
        tile[i - 32] = A[i - 32] * 2.0  # at
    if wrong:
        enigma.async_copy_wait(ev)
    enigma.barrier()
    B[i] = tile[i]


@case(RULE, scope="grid")
def last_element_written_by_another_threadgroup(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 33)
    lane = enigma.thread_index_in_simdgroup()
    own = enigma.threadgroup_position_in_grid()
    tile[lane] = A[lane]
    with enigma.if_(lane == 0):
        tile[32] = A[32]
    ev = enigma.async_copy_1d_t2d(B, 0, tile, 0, 33 if wrong else 32, where=own == 0)  # other
    enigma.async_copy_wait(ev)
    with enigma.if_(own == 1):
        B[lane + 32] = A[lane + 32]  # at


@case(RULE, elements=128, arguments={"tiles": 4})
def double_buffer_written_in_the_other_half(
    A: enigma.f32, B: enigma.f32, tiles: enigma.Scalar(enigma.u32), wrong=True
):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    first = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)
    with enigma.for_range(0, tiles, dtype="uint", init=[first]) as (t, carry):
        half, other_half = t % 2 * 32, (t + 1) % 2 * 32
        ahead = enigma.async_copy_1d_d2t(tile, other_half, A, (t + 1) * 32, 32, where=t + 1 < tiles)  # other
        enigma.async_copy_wait(carry[0])
        B[t * 32 + lane] = tile[half + lane]
        tile[(other_half if wrong else half) + lane] = 0.0  # at
        carry[0] = ahead
    enigma.async_copy_wait(carry[0])


@case(RULE, found="trace", elements=128, expected=lambda a: with_column(a.reshape(32, 4).copy(), 0, 0))
def register_written_early(A: enigma.f32, B: enigma.f32, wrong=True):
    own = enigma.register_tensor(4)
    first = enigma.thread_index_in_simdgroup() * 4
    ev = enigma.async_copy_1d_d2t(own, 0, A, first, 4)  # other
    if not wrong:
        enigma.async_copy_wait(ev)
    own[0] = 0.0  # at
    if wrong:
        enigma.async_copy_wait(ev)
    for k in range(4):
        B[first + k] = own[k]


@case(RULE, found="trace", elements=128, expected=lambda a: np.concatenate([np.ones(64), a[64:]]))
def matrix_stored_early(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 128)
    ev = enigma.async_copy_2d_d2t(tile, 0, 8, A, 0, 8, 8, 16)  # other
    if not wrong:
        enigma.async_copy_wait(ev)
    enigma.simdgroup_matrix_store(enigma.make_filled_simdgroup_matrix(1.0), tile, 8)  # at
    if wrong:
        enigma.async_copy_wait(ev)
    enigma.simd_barrier()
    for k in range(0, 128, 32):
        B[enigma.thread_index_in_simdgroup() + k] = tile[enigma.thread_index_in_simdgroup() + k]


@case(RULE, arguments={"valid": 5}, expected=lambda a: with_column(clipped(a, 4, 8, 5), 5, 7))
def last_valid_column_of_a_clipped_store_written(
    A: enigma.f32, B: enigma.f32, valid: enigma.Scalar(enigma.u32), wrong=True
):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = A[lane]
    ev = enigma.async_copy_2d_t2d(B, 0, 8, tile, 0, 8, 8, 4, valid_cols=valid)  # other
    with enigma.if_(lane < 4):
        B[lane * 8 + (valid - 1 if wrong else valid)] = 7.0  # at
    enigma.async_copy_wait(ev)


@case(RULE, arguments={"n": 32}, expected=lambda a: a + 1)
def atomic_update_while_in_flight(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.u32), wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, n)  # other
    if not wrong:
        enigma.async_copy_wait(ev)
    enigma.atomic_fetch_add(tile, lane, 1.0)  # at
    if wrong:
        enigma.async_copy_wait(ev)
    B[lane] = tile[lane]
