"""An event is waited for exactly once, by the simdgroup that issued the copy, before the kernel ends."""

import numpy as np

import enigma

from .case import case

NEVER = "never-waited"
TWICE = "waited-twice"


@case(NEVER, found="trace")
def no_wait_at_all(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = A[lane]
    ev = enigma.async_copy_1d_t2d(B, 0, tile, 0, 32)  # at
    if not wrong:
        enigma.async_copy_wait(ev)


@case(NEVER, arguments={"n": 5})
def wait_in_a_branch_not_taken(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.u32), wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = A[lane]
    ev = enigma.async_copy_2d_t2d(B, 0, 8, tile, 0, 8, 8, 4)  # at
    with enigma.if_(n > (5 if wrong else 4)):
        enigma.async_copy_wait(ev)


@case(NEVER, arguments={"n": 1})
def wait_in_a_loop_without_iterations(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.u32), wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = A[lane]
    ev = enigma.async_copy_1d_t2d(B, 0, tile, 0, 32)  # at
    with enigma.for_range(1 if wrong else 0, n, dtype="uint"):
        enigma.async_copy_wait(ev)


@case(NEVER, elements=64, arguments={"n": 2})
def last_copy_of_a_loop_left_behind(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.u32), wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    first = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)
    with enigma.for_range(0, n, dtype="uint", init=[first]) as (t, carry):
        enigma.async_copy_wait(carry[0])
        B[t * 32 + lane] = tile[lane]
        carry[0] = enigma.async_copy_1d_d2t(tile, 0, A, t * 32 + 32, 32, where=t + 1 < n)  # at
    with enigma.if_(n > (2 if wrong else 1)):
        enigma.async_copy_wait(carry[0])


@case(NEVER, scope="threadgroup")
def one_simdgroup_does_not_wait(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    simdgroup = enigma.simdgroup_index_in_threadgroup()
    band = simdgroup * 32
    tile[i] = A[i]
    ev = enigma.async_copy_2d_t2d(B, band, 8, tile, band, 8, 8, 4)  # at
    with enigma.if_(simdgroup < (1 if wrong else 2)):
        enigma.async_copy_wait(ev)


@case(NEVER, scope="threadgroup")
def waited_by_another_simdgroup(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    simdgroup = enigma.simdgroup_index_in_threadgroup()
    tile[i] = A[i]
    enigma.barrier()
    with enigma.if_(simdgroup == 0) as (then, otherwise):
        with then:
            low = enigma.async_copy_1d_t2d(B, 0, tile, 0, 32)
            enigma.async_copy_wait(low)
        with otherwise:
            high = enigma.async_copy_1d_t2d(B, 32, tile, 32, 32)  # at
            with enigma.if_(simdgroup == (0 if wrong else 1)):
                enigma.async_copy_wait(high)


@case(NEVER, elements=128)
def some_lanes_do_not_wait_for_their_registers(A: enigma.f32, B: enigma.f32, wrong=True):
    own = enigma.register_tensor(4)
    lane = enigma.thread_index_in_simdgroup()
    for k in range(4):
        own[k] = A[lane * 4 + k]
    ev = enigma.async_copy_1d_t2d(B, lane * 4, own, 0, 4)  # at
    with enigma.if_(A[lane] < (32.0 if wrong else 33.0)):
        enigma.async_copy_wait(ev)


@case(TWICE, found="trace")
def waited_on_two_lines(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)  # other
    enigma.async_copy_wait(ev)  # other
    if wrong:
        enigma.async_copy_wait(ev)  # at
    B[lane] = tile[lane]


@case(TWICE, found="trace", elements=64, expected=lambda a: a.reshape(4, 16)[:, :8].ravel())
def named_twice_in_one_wait(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    low = enigma.async_copy_2d_d2t(tile, 0, 8, A, 0, 16, 8, 2)  # other
    high = enigma.async_copy_2d_d2t(tile, 16, 8, A, 32, 16, 8, 2)
    enigma.async_copy_wait(low, high, *[low] * wrong)  # at
    B[lane] = tile[lane]


@case(TWICE, arguments={"n": 5})
def waited_in_a_branch_and_after_it(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.u32), wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)  # other
    with enigma.if_(n > (4 if wrong else 5)):
        enigma.async_copy_wait(ev)  # other
    enigma.async_copy_wait(ev)  # at
    B[lane] = tile[lane]


@case(TWICE, arguments={"n": 1})
def waited_in_every_iteration(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.u32), wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_2d_d2t(tile, 0, 8, A, 0, 8, 8, 4)  # other
    with enigma.for_range(0, n + 1 if wrong else n, dtype="uint"):
        enigma.async_copy_wait(ev)  # at, other
    B[lane] = tile[lane]


@case(TWICE, elements=64, arguments={"n": 2})
def waited_in_the_last_iteration_and_after_it(
    A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.u32), wrong=True
):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    first = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)
    with enigma.for_range(0, n, dtype="uint", init=[first]) as (t, carry):
        enigma.async_copy_wait(carry[0])
        B[t * 32 + lane] = tile[lane]
        carry[0] = enigma.async_copy_1d_d2t(tile, 0, A, t * 32 + 32, 32, where=t + 1 < n)  # other
        with enigma.if_(t + 1 == (n if wrong else n + 1)):
            enigma.async_copy_wait(carry[0])  # other
    enigma.async_copy_wait(carry[0])  # at


@case(TWICE, elements=128)
def some_lanes_wait_again_for_their_registers(A: enigma.f32, B: enigma.f32, wrong=True):
    own = enigma.register_tensor(4)
    first = enigma.thread_index_in_simdgroup() * 4
    ev = enigma.async_copy_1d_d2t(own, 0, A, first, 4)  # other
    with enigma.if_(A[first] < (5.0 if wrong else 1.0)):
        enigma.async_copy_wait(ev)  # other
    enigma.async_copy_wait(ev)  # at
    for k in range(4):
        B[first + k] = own[k]


@case(TWICE, found="trace", scope="threadgroup", expected=lambda a: np.concatenate([a[:32], a[32:] * 2]))
def one_simdgroup_waits_again(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    simdgroup = enigma.simdgroup_index_in_threadgroup()
    ev = enigma.async_copy_2d_d2t(tile, simdgroup * 32, 8, A, simdgroup * 32, 8, 8, 4)  # other
    enigma.async_copy_wait(ev)  # other
    B[i] = tile[i]
    with enigma.if_(simdgroup == 1):
        if wrong:
            enigma.async_copy_wait(ev)  # at
        B[i] = tile[i] * 2.0
