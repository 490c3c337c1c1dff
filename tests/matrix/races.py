"""Two threads touch the same element with plain accesses, one of them writes it, and nothing orders the two."""

import numpy as np

import enigma

from .case import case

RULE = "data-race"


@case(RULE, expected=lambda a: a[::-1])
def lanes_exchange_without_a_barrier(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = A[lane]  # other
    if not wrong:
        enigma.simd_barrier()
    B[lane] = tile[31 - lane]  # at


@case(RULE, scope="threadgroup", expected=lambda a: a[::-1])
def simdgroups_exchange_with_a_simd_barrier(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    tile[i] = A[i]  # other
    if wrong:
        enigma.simd_barrier()
    else:
        enigma.barrier()
    B[i] = tile[63 - i]  # at


@case(RULE, scope="threadgroup", expected=lambda a: a[::-1] + 1)
def device_memory_exchanged_with_the_wrong_flags(A: enigma.f32, B: enigma.f32, wrong=True):
    i = enigma.thread_index_in_threadgroup()
    A[i] = A[i] + 1.0  # other
    enigma.barrier("mem_threadgroup" if wrong else "mem_device")
    B[i] = A[63 - i]  # at


@case(RULE, scope="threadgroup", expected=lambda a: a[::-1])
def tile_exchanged_with_the_wrong_flags(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    tile[i] = A[i]  # other
    enigma.barrier("mem_device" if wrong else "mem_threadgroup")
    B[i] = tile[63 - i]  # at


@case(RULE)
def two_lanes_store_to_one_element(A: enigma.f32, B: enigma.f32, wrong=True):
    lane = enigma.thread_index_in_simdgroup()
    B[lane / 2 if wrong else lane] = A[lane]  # at, other


@case(RULE, scope="threadgroup", expected=lambda a: np.full(64, 7.0))
def everybody_stores_the_same_value(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 1)
    i = enigma.thread_index_in_threadgroup()
    with enigma.if_(i < (64 if wrong else 1)):
        tile[0] = 7.0  # at, other
    enigma.barrier()
    B[i] = tile[0]


@case(RULE, scope="grid")
def threadgroups_store_one_element_too_early(A: enigma.f32, B: enigma.f32, wrong=True):
    lane = enigma.thread_index_in_simdgroup()
    own = enigma.threadgroup_position_in_grid()
    B[own * (31 if wrong else 32) + lane] = A[own * 32 + lane]  # at, other


@case(RULE, scope="grid", elements=128, expected=lambda a: np.concatenate([a[:64], a[:64]]))
def result_of_another_threadgroup_read(A: enigma.f32, B: enigma.f32, wrong=True):
    i = enigma.thread_position_in_grid
    B[i] = A[i]  # other
    B[i + 64] = B[i % 32 if wrong else i]  # at


@case(RULE, scope="threadgroup", expected=lambda a: np.full(1, a.sum()))
def reduction_without_its_barrier(A: enigma.f32, B: enigma.f32, wrong=True):
    sums = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    sums[i] = A[i]
    enigma.barrier()
    with enigma.for_range(0, 6, dtype="uint") as step:
        reach = enigma.metal_cast(32, "uint") >> step
        with enigma.if_(i < reach):
            sums[i] = sums[i] + sums[i + reach]  # at, other
        if not wrong:
            enigma.barrier()
    with enigma.if_(i == 0):
        B[0] = sums[0]


@case(RULE, scope="threadgroup", expected=lambda a: np.ones(64))
def matrix_stored_and_read_by_others(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    simdgroup = enigma.simdgroup_index_in_threadgroup()
    with enigma.if_(simdgroup == 0):
        enigma.simdgroup_matrix_store(enigma.make_filled_simdgroup_matrix(1.0), tile, 8)  # other
    if not wrong:
        enigma.barrier()
    with enigma.if_(simdgroup == 1):
        B[lane] = tile[lane]  # at
        B[lane + 32] = 1.0


@case(RULE, elements=64, expected=lambda a: np.concatenate([a[:32][::-1], a[32:]]))
def wait_is_no_barrier_between_lanes(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_2d_d2t(tile, 32, 8, A, 32, 8, 8, 4)
    tile[lane] = A[lane]  # other
    enigma.async_copy_wait(ev)
    if not wrong:
        enigma.simd_barrier()
    B[lane] = tile[31 - lane]  # at
    B[lane + 32] = tile[lane + 32]


@case(RULE, arguments={"n": 5}, expected=lambda a: np.concatenate([a[1:], a[:1]]))
def neighbour_overwritten_in_a_branch(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.u32), wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = A[lane]
    enigma.simd_barrier()
    B[lane] = tile[(lane + 1) % 32]  # other
    with enigma.if_(n > 3):
        if not wrong:
            enigma.simd_barrier()
        tile[lane] = 0.0  # at


@case(RULE, scope="grid", expected=lambda a: np.full(1, a.sum()))
def updates_lost_by_reading_and_writing(A: enigma.f32, B: enigma.f32, wrong=True):
    i = enigma.thread_position_in_grid
    if wrong:
        B[0] = B[0] + A[i]  # at, other
    else:
        enigma.atomic_fetch_add(B, 0, A[i])


@case(RULE, scope="threadgroup", expected=lambda a: np.full(64, a.sum()))
def total_read_before_all_have_added(A: enigma.f32, B: enigma.f32, wrong=True):
    total = enigma.threadgroup_alloc("float", 1)
    i = enigma.thread_index_in_threadgroup()
    with enigma.if_(i == 0):
        total[0] = 0.0
    enigma.barrier()
    enigma.atomic_fetch_add(total, 0, A[i])  # other
    if not wrong:
        enigma.barrier()
    B[i] = total[0]  # at


@case(RULE, scope="grid", expected=lambda a: np.ones(1))
def flag_set_plainly_by_another_threadgroup(A: enigma.f32, B: enigma.f32, wrong=True):
    i = enigma.thread_position_in_grid
    with enigma.if_(i == 0):
        enigma.atomic_store(B, 0, 1.0)  # other
    with enigma.if_(i == 32):
        if wrong:
            B[0] = 1.0  # at
        else:
            enigma.atomic_store(B, 0, 1.0)


@case(RULE, scope="grid", expected=lambda a: np.full(1, a.sum()))
def total_cleared_while_others_add(A: enigma.f32, B: enigma.f32, wrong=True):
    i = enigma.thread_position_in_grid
    if wrong:
        with enigma.if_(i == 0):
            B[0] = 0.0  # other
    enigma.atomic_fetch_add(B, 0, A[i])  # at


@case(
    RULE,
    scope="grid",
    elements=128,
    expected=lambda a: np.concatenate([a[:64], [a[:64].sum(), 64]]),
)
def last_thread_sums_without_acquiring(A: enigma.f32, B: enigma.f32, wrong=True):
    i = enigma.thread_position_in_grid
    B[i] = A[i]  # other
    done = enigma.atomic_fetch_add(B, 65, 1.0, order="relaxed" if wrong else "acq_rel")
    with enigma.if_(done == 63.0):
        with enigma.for_range(0, 64, dtype="uint", init=[0.0]) as (k, carry):
            carry[0] = carry[0] + B[k]  # at
        B[64] = carry[0]
