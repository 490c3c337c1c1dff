"""The destination of a copy is read while the copy is in flight."""

import numpy as np

import enigma

from .case import case

RULE = "read-before-wait"


def columns(a, first, count, pitch):
    """The elements of some columns of a matrix, row by row."""
    return a.reshape(-1, pitch)[:, first : first + count].ravel()


@case(RULE, found="trace")
def line_read_early(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)  # other
    if not wrong:
        enigma.async_copy_wait(ev)
    B[lane] = tile[lane]  # at
    if wrong:
        enigma.async_copy_wait(ev)


@case(RULE, found="trace", elements=64, expected=lambda a: columns(a, 0, 8, 16))
def tile_read_early(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_2d_d2t(tile, 0, 8, A, 0, 16, 8, 4)  # other
    if not wrong:
        enigma.async_copy_wait(ev)
    B[lane] = tile[lane]  # at
    if wrong:
        enigma.async_copy_wait(ev)


@case(RULE, found="trace", scope="threadgroup")
def barrier_instead_of_wait(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    band = enigma.simdgroup_index_in_threadgroup() * 32
    tile[i] = 0.0
    ev = enigma.async_copy_1d_d2t(tile, band, A, band, 32)  # other
    if not wrong:
        enigma.async_copy_wait(ev)
    enigma.barrier()
    B[i] = tile[i]  # at
    enigma.barrier()
    if wrong:
        enigma.async_copy_wait(ev)


@case(RULE, found="trace", elements=64, expected=lambda a: a[32:])
def other_event_waited(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane], tile[lane + 32] = 0.0, 0.0
    low = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)
    high = enigma.async_copy_1d_d2t(tile, 32, A, 32, 32)  # other
    enigma.async_copy_wait(low if wrong else high)
    B[lane] = tile[lane + 32]  # at
    enigma.async_copy_wait(high if wrong else low)


@case(RULE, elements=64, expected=lambda a: a[:32])
def one_element_beyond_the_half(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    low = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)
    enigma.async_copy_wait(low)
    high = enigma.async_copy_1d_d2t(tile, 32, A, 32, 32)  # other
    B[lane] = tile[lane + 1 if wrong else lane]  # at
    enigma.async_copy_wait(high)


@case(RULE, elements=64, arguments={"pitch": 16}, expected=lambda a: columns(a, 8, 8, 16))
def last_column_of_the_rows(A: enigma.f32, B: enigma.f32, pitch: enigma.Scalar(enigma.u32), wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    right = enigma.async_copy_2d_d2t(tile, 8, pitch, A, 8, pitch, 8, 4)
    enigma.async_copy_wait(right)
    left = enigma.async_copy_2d_d2t(tile, 0, pitch, A, 0, pitch, 8, 4)  # other
    B[lane] = tile[lane / 8 * pitch + lane % 8 + (7 if wrong else 8)]  # at
    enigma.async_copy_wait(left)


@case(RULE, arguments={"n": 5})
def line_read_early_where_copied(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.u32), wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = 0.0
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32, where=n > 3)  # other
    if not wrong:
        enigma.async_copy_wait(ev)
    B[lane] = tile[lane]  # at
    if wrong:
        enigma.async_copy_wait(ev)


@case(RULE, found="trace", arguments={"n": 5})
def line_read_early_in_a_branch(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.u32), wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)  # other
    with enigma.if_(n > 3) as (then, otherwise):
        with then:
            if not wrong:
                enigma.async_copy_wait(ev)
            B[lane] = tile[lane]  # at
            if wrong:
                enigma.async_copy_wait(ev)
        with otherwise:
            enigma.async_copy_wait(ev)
            B[lane] = tile[lane] * 2.0


@case(RULE, elements=128, arguments={"tiles": 4})
def other_half_of_a_double_buffer(A: enigma.f32, B: enigma.f32, tiles: enigma.Scalar(enigma.u32), wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    first = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)
    with enigma.for_range(0, tiles, dtype="uint", init=[first]) as (t, carry):
        half, other_half = t % 2 * 32, (t + 1) % 2 * 32
        ahead = enigma.async_copy_1d_d2t(tile, other_half, A, (t + 1) * 32, 32, where=t + 1 < tiles)  # other
        enigma.async_copy_wait(carry[0])
        B[t * 32 + lane] = tile[(other_half if wrong else half) + lane]  # at
        carry[0] = ahead
    enigma.async_copy_wait(carry[0])


@case(RULE, found="trace", elements=64, arguments={"tiles": 2})
def double_buffer_waits_for_the_copy_ahead(
    A: enigma.f32, B: enigma.f32, tiles: enigma.Scalar(enigma.u32), wrong=True
):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    first = enigma.async_copy_2d_d2t(tile, 0, 8, A, 0, 8, 8, 4)  # other
    with enigma.for_range(0, tiles, dtype="uint", init=[first]) as (t, carry):
        half, other_half = t % 2 * 32, (t + 1) % 2 * 32
        ahead = enigma.async_copy_2d_d2t(tile, other_half, 8, A, t * 32 + 32, 8, 8, 4, where=t + 1 < tiles)
        waited, carried = (ahead, carry[0]) if wrong else (carry[0], ahead)
        enigma.async_copy_wait(waited)
        B[t * 32 + lane] = tile[half + lane]  # at
        carry[0] = carried
    enigma.async_copy_wait(carry[0])


@case(RULE, found="trace", elements=64)
def matrix_loaded_early(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    ev = enigma.async_copy_2d_d2t(tile, 0, 8, A, 0, 8, 8, 8)  # other
    if not wrong:
        enigma.async_copy_wait(ev)
    m = enigma.simdgroup_matrix_load(tile, 8)  # at
    if wrong:
        enigma.async_copy_wait(ev)
    enigma.simdgroup_matrix_store(m, B, 8)


@case(RULE, found="trace", elements=128)
def register_read_early(A: enigma.f32, B: enigma.f32, wrong=True):
    own = enigma.register_tensor(4)
    first = enigma.thread_index_in_simdgroup() * 4
    ev = enigma.async_copy_1d_d2t(own, 0, A, first, 4)  # other
    if not wrong:
        enigma.async_copy_wait(ev)
    x = own[0]  # at
    if wrong:
        enigma.async_copy_wait(ev)
    B[first] = x
    for k in range(1, 4):
        B[first + k] = own[k]


@case(RULE, scope="threadgroup", elements=32)
def read_early_by_another_simdgroup(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    simdgroup = enigma.simdgroup_index_in_threadgroup()
    ev = enigma.async_copy_2d_d2t(tile, 0, 8, A, 0, 8, 8, 4, where=simdgroup == 0)  # other
    if not wrong:
        enigma.async_copy_wait(ev)
    enigma.barrier()
    with enigma.if_(simdgroup == 1):
        B[lane] = tile[lane]  # at
    if wrong:
        enigma.async_copy_wait(ev)


@case(RULE, found="trace", elements=64, expected=lambda a: np.tile(a[:32], 2))
def stored_line_read_back_early(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = A[lane]
    ev = enigma.async_copy_1d_t2d(B, 0, tile, 0, 32)  # other
    if not wrong:
        enigma.async_copy_wait(ev)
    B[lane + 32] = B[lane]  # at
    if wrong:
        enigma.async_copy_wait(ev)


@case(
    RULE,
    elements=96,
    arguments={"pitch": 16},
    expected=lambda a: np.concatenate([np.pad(a[:32].reshape(4, 8), ((0, 0), (0, 8))).ravel(), np.ones(32)]),
)
def last_column_of_stored_rows(A: enigma.f32, B: enigma.f32, pitch: enigma.Scalar(enigma.u32), wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = A[lane]
    ev = enigma.async_copy_2d_t2d(B, 0, pitch, tile, 0, 8, 8, 4)  # other
    B[lane + 64] = B[lane / 8 * pitch + lane % 8 + (7 if wrong else 8)] + 1.0  # at
    enigma.async_copy_wait(ev)


@case(RULE, scope="grid", elements=128, expected=lambda a: np.tile(a[:64], 2))
def store_of_another_threadgroup_read(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    own = enigma.threadgroup_position_in_grid()
    tile[lane] = A[own * 32 + lane]
    ev = enigma.async_copy_1d_t2d(B, own * 32, tile, 0, 32)  # other
    enigma.async_copy_wait(ev)
    read = (own + 1) % 2 if wrong else own
    B[own * 32 + lane + 64] = B[read * 32 + lane]  # at


@case(
    RULE,
    elements=64,
    arguments={"valid": 5},
    expected=lambda a: np.pad(a[:32].reshape(4, 8)[:, :5], ((0, 0), (0, 3))).ravel(),
)
def last_valid_column_of_a_clipped_store(
    A: enigma.f32, B: enigma.f32, valid: enigma.Scalar(enigma.u32), wrong=True
):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = A[lane]
    ev = enigma.async_copy_2d_t2d(B, 0, 8, tile, 0, 8, 8, 4, valid_cols=valid)  # other
    B[lane + 32] = B[lane % 4 * 8 + (valid - 1 if wrong else valid)]  # at
    enigma.async_copy_wait(ev)


@case(RULE, found="trace", elements=64, expected=lambda a: np.zeros(4))
def filled_edge_read_early(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_2d_d2t(tile, 0, 8, A, 0, 8, 8, 4, valid_cols=5, valid_rows=3)  # other
    if not wrong:
        enigma.async_copy_wait(ev)
    x = tile[lane % 4 * 8 + 5]  # at
    if wrong:
        enigma.async_copy_wait(ev)
    B[lane] = x


@case(RULE, found="trace")
def atomic_load_while_in_flight(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)  # other
    if not wrong:
        enigma.async_copy_wait(ev)
    B[lane] = enigma.atomic_load(tile, lane)  # at
    if wrong:
        enigma.async_copy_wait(ev)
