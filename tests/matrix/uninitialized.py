"""Threadgroup or register memory is read before anything wrote it."""

import numpy as np

import enigma

from .case import case

RULE = "uninitialized-read"


@case(RULE, expected=lambda a: a[:31])
def one_element_more_than_was_stored(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)  # other
    lane = enigma.thread_index_in_simdgroup()
    with enigma.if_(lane < 31):
        tile[lane] = A[lane]
    with enigma.if_(lane < (32 if wrong else 31)):
        B[lane] = tile[lane]  # at


@case(RULE)
def one_element_more_than_was_copied(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)  # other
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 31 if wrong else 32)
    enigma.async_copy_wait(ev)
    B[lane] = tile[lane]  # at


@case(RULE, elements=64, expected=lambda a: a.reshape(4, 16)[:, :8].ravel())
def column_between_the_rows(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)  # other
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_2d_d2t(tile, 0, 16, A, 0, 16, 7 if wrong else 8, 4)
    enigma.async_copy_wait(ev)
    B[lane] = tile[lane / 8 * 16 + lane % 8]  # at


@case(RULE, arguments={"n": 5})
def nothing_copied_where_the_predicate_is_false(
    A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.u32), wrong=True
):
    tile = enigma.threadgroup_alloc("float", 32)  # other
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32, where=n > (5 if wrong else 4))
    enigma.async_copy_wait(ev)
    B[lane] = tile[lane]  # at


@case(RULE)
def register_without_a_fill(A: enigma.f32, B: enigma.f32, wrong=True):
    own = enigma.register_tensor(2, fill=None)  # other
    lane = enigma.thread_index_in_simdgroup()
    own[0 if wrong else 1] = A[lane]
    B[lane] = own[1]  # at


@case(RULE, elements=128)
def register_beyond_the_copy(A: enigma.f32, B: enigma.f32, wrong=True):
    own = enigma.register_tensor(4, fill=None)  # other
    first = enigma.thread_index_in_simdgroup() * 4
    ev = enigma.async_copy_1d_d2t(own, 0, A, first, 3 if wrong else 4)
    enigma.async_copy_wait(ev)
    with enigma.for_range(0, 4, dtype="uint") as k:
        B[first + k] = own[k]  # at


@case(RULE, expected=lambda a: a[:31])
def partly_written_line_stored(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)  # other
    lane = enigma.thread_index_in_simdgroup()
    with enigma.if_(lane < 31):
        tile[lane] = A[lane]
    ev = enigma.async_copy_1d_t2d(B, 0, tile, 0, 32 if wrong else 31)  # at
    enigma.async_copy_wait(ev)


@case(RULE, elements=64, expected=lambda a: np.pad(a[:32].reshape(4, 8), ((0, 0), (0, 8))).ravel())
def column_too_many_stored(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)  # other
    lane = enigma.thread_index_in_simdgroup()
    tile[lane / 8 * 16 + lane % 8] = A[lane]
    ev = enigma.async_copy_2d_t2d(B, 0, 16, tile, 0, 16, 9 if wrong else 8, 4)  # at
    enigma.async_copy_wait(ev)


@case(RULE, elements=128)
def registers_partly_written_stored(A: enigma.f32, B: enigma.f32, wrong=True):
    own = enigma.register_tensor(4, fill=None)  # other
    first = enigma.thread_index_in_simdgroup() * 4
    for k in range(3 if wrong else 4):
        own[k] = A[first + k]
    ev = enigma.async_copy_1d_t2d(B, first, own, 0, 4)  # at
    enigma.async_copy_wait(ev)


@case(RULE, elements=64)
def matrix_of_a_partly_written_tile(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)  # other
    ev = enigma.async_copy_2d_d2t(tile, 0, 8, A, 0, 8, 8, 7 if wrong else 8)
    enigma.async_copy_wait(ev)
    enigma.simdgroup_matrix_store(enigma.simdgroup_matrix_load(tile, 8), B, 8)  # at


@case(RULE, arguments={"n": 4})
def loop_one_short_of_the_tile(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.u32), wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)  # other
    lane = enigma.thread_index_in_simdgroup()
    with enigma.for_range(0, n - 1 if wrong else n, dtype="uint") as t:
        ev = enigma.async_copy_1d_d2t(tile, t * 8, A, t * 8, 8)
        enigma.async_copy_wait(ev)
    B[lane] = tile[lane]  # at


@case(RULE, scope="grid")
def tile_of_another_threadgroup(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)  # other
    lane = enigma.thread_index_in_simdgroup()
    own = enigma.threadgroup_position_in_grid()
    with enigma.if_(own <= (0 if wrong else 1)):
        tile[lane] = A[own * 32 + lane]
    B[own * 32 + lane] = tile[lane]  # at
