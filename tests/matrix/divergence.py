"""A copy and its wait are for all lanes of a simdgroup, a barrier is for all threads of a threadgroup."""

import enigma

from .case import case

COPY = "divergent-copy"
BARRIER = "divergent-barrier"


@case(COPY, found="trace")
def copy_for_half_the_lanes(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    with enigma.if_(lane < (16 if wrong else 32)):  # other
        enigma.async_copy_wait(enigma.async_copy_1d_d2t(tile, 0, A, 0, 32))  # at
    B[lane] = tile[lane]


@case(COPY, scope="threadgroup")
def copy_where_the_data_say_so(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    band = enigma.simdgroup_index_in_threadgroup() * 32
    with enigma.if_(A[i] < (64.0 if wrong else 65.0)):
        ev = enigma.async_copy_2d_d2t(tile, band, 8, A, band, 8, 8, 4)  # at
        enigma.async_copy_wait(ev)
    B[i] = tile[i]


@case(COPY, scope="threadgroup", elements=64, expected=lambda a: a[:32])
def branch_in_the_middle_of_a_simdgroup(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    tile[i] = A[i]
    with enigma.if_(i < (40 if wrong else 32)):
        ev = enigma.async_copy_1d_t2d(B, i / 32 * 32, tile, i / 32 * 32, 32)  # at
        enigma.async_copy_wait(ev)


@case(COPY, found="trace")
def offset_of_the_lane(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()  # other
    tile[lane] = A[lane]
    ev = enigma.async_copy_1d_t2d(B, lane if wrong else 0, tile, 0, 32)  # at
    enigma.async_copy_wait(ev)


@case(COPY, expected=lambda a: a[:24])
def offset_from_memory(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    row = enigma.metal_cast(A[lane] if wrong else A[0], "uint") / 32 * 8
    ev = enigma.async_copy_2d_d2t(tile, row, 8, A, row, 8, 8, 3)  # at
    enigma.async_copy_wait(ev)
    with enigma.if_(lane < 24):
        B[lane] = tile[lane]


@case(COPY, scope="threadgroup")
def predicate_of_the_thread(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64, where=i < (48 if wrong else 32))  # at
    enigma.async_copy_wait(ev)
    enigma.barrier()
    B[i] = tile[i]


@case(COPY)
def wait_for_some_lanes(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_2d_d2t(tile, 0, 8, A, 0, 8, 8, 4)
    with enigma.if_(A[lane] > (1.0 if wrong else 0.0)):
        enigma.async_copy_wait(ev)  # at
    B[lane] = tile[lane]


@case(COPY)
def one_lane_stays_longer_in_the_loop(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    trips = enigma.metal_cast(A[lane] if wrong else A[0], "uint") / 32 + 1
    with enigma.for_range(0, trips, dtype="uint"):
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)  # at
        enigma.async_copy_wait(ev)
    B[lane] = tile[lane]


@case(BARRIER, found="trace", expected=lambda a: a[::-1])
def barrier_for_half_the_lanes(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = A[lane]
    with enigma.if_(lane < (16 if wrong else 32)):  # other
        enigma.barrier()  # at
    B[lane] = tile[31 - lane]


@case(BARRIER, scope="threadgroup", expected=lambda a: a[::-1])
def barrier_where_the_data_say_so(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    tile[i] = A[i]
    with enigma.if_(A[i] != (41.0 if wrong else 0.0)):
        enigma.barrier()  # at
    B[i] = tile[63 - i]


@case(BARRIER, scope="threadgroup", expected=lambda a: a[::-1])
def barrier_for_one_simdgroup(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    tile[i] = A[i]
    with enigma.if_(enigma.simdgroup_index_in_threadgroup() < (1 if wrong else 2)):
        enigma.barrier()  # at
    B[i] = tile[63 - i]


@case(BARRIER, scope="threadgroup", arguments={"n": 2}, expected=lambda a: a[::-1])
def one_iteration_more_for_one_simdgroup(
    A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.u32), wrong=True
):
    tile = enigma.threadgroup_alloc("float", 64)
    i = enigma.thread_index_in_threadgroup()
    tile[i] = A[i]
    more = enigma.simdgroup_index_in_threadgroup() * wrong
    with enigma.for_range(0, n + more, dtype="uint"):
        enigma.barrier()  # at
    B[i] = tile[63 - i]


@case(BARRIER, expected=lambda a: a[::-1])
def simd_barrier_where_the_data_say_so(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = A[lane]
    with enigma.if_(A[lane] > (1.0 if wrong else 0.0)):
        enigma.simd_barrier()  # at
    B[lane] = tile[31 - lane]


@case(BARRIER, scope="threadgroup", expected=lambda a: a[::-1])
def barrier_in_a_loop_that_threads_leave(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)
    count = enigma.register_tensor(1, "uint")
    i = enigma.thread_index_in_threadgroup()
    tile[i] = A[i]
    last = i / 32 + 1 if wrong else 2
    with enigma.while_(lambda: count[0] < last):
        enigma.barrier()  # at
        count[0] = count[0] + 1
    B[i] = tile[63 - i]
