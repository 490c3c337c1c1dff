"""Right kernels that look like wrong ones: each is accepted, and computes what it should."""

import numpy as np
import pytest

import enigma


def test_double_buffering_through_carries():
    @enigma.kernel
    def doubled(A: enigma.f32, B: enigma.f32, tiles: enigma.Scalar(enigma.i32)):
        tile = enigma.threadgroup_alloc("float", 128)
        lane = enigma.metal_cast(enigma.thread_index_in_threadgroup(), "int")
        first = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
        with enigma.for_range(0, tiles, init=[first]) as (t, carry):
            following = enigma.async_copy_1d_d2t(
                tile, (t + 1) % 2 * 64, A, (t + 1) * 64, 64, where=t + 1 < tiles
            )
            enigma.async_copy_wait(carry[0])
            enigma.barrier()
            with enigma.for_range(lane, 64, 32) as i:
                B[t * 64 + i] = tile[t % 2 * 64 + i] * 2.0
            enigma.barrier()
            carry[0] = following
        enigma.async_copy_wait(carry[0])

    a, b = np.arange(640, dtype=np.float32), np.zeros(640, np.float32)
    statistics = doubled[32, 32](a, b, 10)
    np.testing.assert_array_equal(b, a * 2)
    assert statistics.max_in_flight == 2


def test_double_buffering_with_enigma_range():
    @enigma.kernel
    def doubled(A: enigma.f32, B: enigma.f32, tiles: enigma.Scalar(enigma.i32)):
        tile = enigma.threadgroup_alloc("float", 128)
        lane = enigma.metal_cast(enigma.thread_index_in_threadgroup(), "int")
        arriving = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
        for t in enigma.range(tiles):
            here = arriving
            arriving = enigma.async_copy_1d_d2t(
                tile, (t + 1) % 2 * 64, A, (t + 1) * 64, 64, where=t + 1 < tiles
            )
            enigma.async_copy_wait(here)
            enigma.barrier()
            for i in enigma.range(lane, 64, 32):
                B[t * 64 + i] = tile[t % 2 * 64 + i] * 2.0
            enigma.barrier()
        enigma.async_copy_wait(arriving)

    a, b = np.arange(640, dtype=np.float32), np.zeros(640, np.float32)
    assert doubled[32, 32](a, b, 10).max_in_flight == 2
    np.testing.assert_array_equal(b, a * 2)


@pytest.mark.parametrize("n", [1, 9])
def test_waits_in_both_branches(n):
    @enigma.kernel
    def either(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.u32)):
        i = enigma.thread_position_in_grid
        tile = enigma.threadgroup_alloc("float", 32)
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)
        with enigma.if_(n > 3) as (then, otherwise):
            with then:
                enigma.async_copy_wait(ev)
                B[i] = tile[i]
            with otherwise:
                enigma.async_copy_wait(ev)
                B[i] = -tile[i]

    a, b = np.arange(32, dtype=np.float32), np.zeros(32, np.float32)
    either[32, 32](a, b, n)
    np.testing.assert_array_equal(b, a if n > 3 else -a)


def test_disjoint_halves_of_one_tile():
    @enigma.kernel
    def halves(A: enigma.f32, B: enigma.f32):
        i = enigma.thread_position_in_grid
        tile = enigma.threadgroup_alloc("float", 64)
        low = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)
        high = enigma.async_copy_1d_d2t(tile, 32, A, 32, 32)
        enigma.async_copy_wait(low)
        B[i] = tile[i % 32]
        enigma.async_copy_wait(high)
        B[32 + i] = tile[32 + i]

    a, b = np.arange(64, dtype=np.float32), np.zeros(64, np.float32)
    halves[32, 32](a, b)
    np.testing.assert_array_equal(b, a)


def test_source_read_while_in_flight():
    @enigma.kernel
    def shared_source(A: enigma.f32, B: enigma.f32):
        i = enigma.thread_position_in_grid
        tile = enigma.threadgroup_alloc("float", 32)
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)
        x = A[i]
        enigma.async_copy_wait(ev)
        B[i] = x + tile[i]

    a, b = np.arange(32, dtype=np.float32), np.zeros(32, np.float32)
    shared_source[32, 32](a, b)
    np.testing.assert_array_equal(b, 2 * a)


def test_copy_under_a_condition_of_the_simdgroup():
    @enigma.kernel
    def one_simdgroup_copies(A: enigma.f32, B: enigma.f32):
        i = enigma.thread_index_in_threadgroup()
        tile = enigma.threadgroup_alloc("float", 128)
        with enigma.if_(enigma.simdgroup_index_in_threadgroup() == 2):
            ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 128)
            enigma.async_copy_wait(ev)
        enigma.barrier()
        B[i] = tile[i]

    a, b = np.arange(128, dtype=np.float32), np.zeros(128, np.float32)
    assert one_simdgroup_copies[128, 128](a, b).copies == 1
    np.testing.assert_array_equal(b, a)


def test_waiting_takes_lists_and_tuples():
    @enigma.kernel
    def several(A: enigma.f32, B: enigma.f32):
        i = enigma.thread_position_in_grid
        tile = enigma.threadgroup_alloc("float", 128)
        events = [enigma.async_copy_1d_d2t(tile, k * 32, A, k * 32, 32) for k in enigma.range_constexpr(4)]
        enigma.async_copy_wait(events[:2], tuple(events[2:]))
        for k in enigma.range_constexpr(4):
            B[k * 32 + i] = tile[k * 32 + i]

    a, b = np.arange(128, dtype=np.float32), np.zeros(128, np.float32)
    several[32, 32](a, b)
    np.testing.assert_array_equal(b, a)


def test_a_variable_that_held_a_waited_event_is_not_carried():
    @enigma.kernel
    def reused(A: enigma.f32, B: enigma.f32):
        i = enigma.thread_position_in_grid
        tile = enigma.threadgroup_alloc("float", 32)
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)
        enigma.async_copy_wait(ev)
        B[i] = tile[i]
        for k in enigma.range(1, 4):
            ev = enigma.async_copy_1d_d2t(tile, 0, A, k * 32, 32)
            enigma.async_copy_wait(ev)
            B[k * 32 + i] = tile[i]

    a, b = np.arange(128, dtype=np.float32), np.zeros(128, np.float32)
    reused[32, 32](a, b)
    np.testing.assert_array_equal(b, a)
