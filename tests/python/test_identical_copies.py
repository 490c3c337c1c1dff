"""Identical copies of several simdgroups, register tensors of several iterations, copies under what is written over
them: where the checker tells apart what lies in the same place."""

import numpy as np
import pytest

import enigma

A = np.arange(256, dtype=np.float32)


def rules(kernel, *more, threads=64, order="late"):
    """The rules of all findings but advice on overlap, and the report."""
    out = np.zeros(1024, np.float32)
    report = enigma.check(kernel, A, out, *more, grid=threads, threads=threads, order=order)
    return {finding.rule for finding in report.findings} - {"no-overlap", "late-wait-possible"}, report


def copy(tile, source):
    return enigma.async_copy_1d_d2t(tile, 0, source, 0, 32)


def again_and_again(times, swapped):
    """Each simdgroup issues the same copy, so many times, in a branch of its own."""

    @enigma.kernel
    def kernel(A: enigma.f32, B: enigma.f32):
        tile = enigma.threadgroup_alloc("float", 32)
        lane = enigma.thread_index_in_simdgroup()
        group = enigma.simdgroup_index_in_threadgroup()
        for which in (1, 0) if swapped else (0, 1):
            with enigma.if_(group == which):
                for n in range(times[which]):
                    enigma.async_copy_wait(copy(tile, A))
                    B[64 * n + 32 * group + lane] = tile[lane]

    return kernel


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("times", [(1, 1), (2, 1), (1, 2), (3, 1), (2, 2)])
def test_identical_copies_are_no_error_however_often_each_simdgroup_issues_them(times, swapped):
    assert rules(again_and_again(times, swapped))[0] == {"redundant-copy"}


def test_a_round_of_identical_copies_needs_no_barrier_before_the_next():
    @enigma.kernel
    def rounds(A: enigma.f32, B: enigma.f32):
        tile = enigma.threadgroup_alloc("float", 32)
        for _ in enigma.range(3):
            enigma.async_copy_wait(copy(tile, A))
            enigma.barrier("mem_device")
        B[enigma.thread_index_in_threadgroup()] = tile[enigma.thread_index_in_simdgroup()]

    assert "missing-barrier" not in rules(rounds)[0]


@pytest.mark.parametrize("barrier", [False, True])
def test_what_one_simdgroup_did_before_is_not_settled_for_the_others(barrier):
    @enigma.kernel
    def store_first(A: enigma.f32, B: enigma.f32):
        tile = enigma.threadgroup_alloc("float", 32)
        lane = enigma.thread_index_in_simdgroup()
        with enigma.if_(enigma.simdgroup_index_in_threadgroup() == 0):
            tile[lane] = 1.0
        if barrier:
            enigma.barrier()
        enigma.async_copy_wait(copy(tile, A))
        B[enigma.thread_index_in_threadgroup()] = tile[lane]

    expected = {"redundant-copy"} if barrier else {"redundant-copy", "missing-barrier"}
    assert rules(store_first)[0] == expected


def test_a_copy_issued_again_meets_the_copy_in_flight_out_of_its_tile():
    @enigma.kernel
    def again(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.u32)):
        tile = enigma.threadgroup_alloc("float", 32)
        enigma.async_copy_wait(copy(tile, A))
        out = enigma.async_copy_1d_t2d(B, 0, tile, 0, 32, where=n > 0)
        enigma.async_copy_wait(copy(tile, A))
        enigma.async_copy_wait(out)

    assert "overlapping-copies" in rules(again, 1, threads=32)[0]
    assert "overlapping-copies" not in rules(again, 0, threads=32)[0]


@pytest.mark.parametrize("order", ["eager", "late", "reverse", "random:3"])
def test_a_register_tensor_of_the_next_iteration_is_another(order):
    @enigma.kernel
    def pipelined(A: enigma.f32, B: enigma.f32):
        lane = enigma.thread_index_in_simdgroup()
        first = enigma.register_tensor(1, "float", 5.0)
        ev = enigma.async_copy_1d_t2d(B, 512 + lane, first, 0, 1)
        for k in enigma.range(3):
            own = enigma.register_tensor(1, "float", 0.0)
            own[0] = own[0] + enigma.metal_cast(k, "float")
            enigma.async_copy_wait(ev)
            ev = enigma.async_copy_1d_t2d(B, 32 * k + lane, own, 0, 1)
        enigma.async_copy_wait(ev)

    found, report = rules(pipelined, threads=32, order=order)
    assert not found
    np.testing.assert_array_equal(report.arrays[1][:96].reshape(3, 32), np.arange(3)[:, None] + np.zeros(32))


def test_a_wait_for_the_last_iterations_copy_leaves_this_ones_in_flight():
    @enigma.kernel
    def overwritten(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.u32)):
        lane = enigma.thread_index_in_simdgroup()
        first = enigma.register_tensor(1, "float", 5.0)
        ev = enigma.async_copy_1d_t2d(B, 512 + lane, first, 0, 1)
        for k in enigma.range(3):
            own = enigma.register_tensor(1, "float", 0.0)
            following = enigma.async_copy_1d_t2d(B, 32 * k + lane, own, 0, 1, where=n > 0)
            enigma.async_copy_wait(ev)
            with enigma.if_(k > 0):
                own[0] = 9.0
            ev = following
        enigma.async_copy_wait(ev)

    assert rules(overwritten, 1, threads=32)[0] == {"source-overwritten"}
    assert not rules(overwritten, 0, threads=32)[0] - {"redundant-wait"}


def test_a_copy_in_flight_stands_under_what_is_stored_over_it():
    @enigma.kernel
    def stored_over(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.u32)):
        tile = enigma.threadgroup_alloc("float", 32)
        lane = enigma.thread_index_in_simdgroup()
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 1, 32, where=n > 0)
        tile[lane] = -5.0
        B[lane] = tile[lane]
        enigma.async_copy_wait(ev)
        B[lane + 32] = tile[lane]

    found, report = rules(stored_over, 1, threads=32, order="all")
    assert {"write-before-wait", "read-before-wait"} <= found
    assert report.runs.exhaustive and len(report.runs.differing) == 2


def test_two_overlapping_copies_are_tried_in_every_order():
    @enigma.kernel
    def overlapping(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.u32)):
        tile = enigma.threadgroup_alloc("float", 32)
        lane = enigma.thread_index_in_simdgroup()
        one = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32, where=n > 0)
        other = enigma.async_copy_1d_d2t(tile, 0, A, 100, 32, where=n > 1)
        enigma.async_copy_wait(other)
        B[lane] = tile[lane]
        enigma.async_copy_wait(one)
        B[lane + 32] = tile[lane]

    found, report = rules(overlapping, 2, threads=32, order="all")
    assert {"overlapping-copies", "read-before-wait"} <= found
    assert report.runs.exhaustive
    shown = {(float(r[0]), float(r[32])) for r in (report.arrays[1],)}
    for order in report.runs.differing:
        replayed = enigma.check(
            overlapping, A, np.zeros(1024, np.float32), 2, grid=32, threads=32, order=order
        )
        shown.add((float(replayed.arrays[1][0]), float(replayed.arrays[1][32])))
    assert {(0.0, 0.0), (100.0, 0.0), (100.0, 100.0)} <= shown
