"""A loop waits for something that can never come."""

import enigma

from .case import case

RULE = "no-progress"


@case(RULE)
def spin_on_a_tile_that_nobody_writes(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = 0.0
    with enigma.while_(lambda: tile[lane] == 0.0):  # at, other
        if not wrong:
            tile[lane] = A[lane]
    B[lane] = A[lane]


@case(RULE, scope="threadgroup", expected=lambda a: a[32:])
def spin_on_a_flag_set_after_the_loop(A: enigma.f32, B: enigma.f32, wrong=True):
    flag = enigma.threadgroup_alloc("uint", 1)
    i = enigma.thread_index_in_threadgroup()
    with enigma.if_(i == 0):
        flag[0] = 0 if wrong else 1
    enigma.barrier()
    with enigma.while_(lambda: flag[0] == 0):  # at, other
        pass
    enigma.barrier()
    with enigma.if_(i == 0):
        flag[0] = 2
    with enigma.if_(i < 32):
        B[i] = A[i + 32]


@case(RULE)
def spin_on_what_a_copy_did_not_bring(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_2d_d2t(tile, 0, 8, A, 0, 8, 8, 4)
    enigma.async_copy_wait(ev)
    with enigma.while_(lambda: tile[lane] > (31.0 if wrong else 32.0)):  # at, other
        pass
    B[lane] = tile[lane]


@case(RULE, arguments={"step": 1})
def step_of_zero(A: enigma.f32, B: enigma.f32, step: enigma.Scalar(enigma.u32), wrong=True):
    lane = enigma.thread_index_in_simdgroup()
    with enigma.for_range(lane, lane + 1, step - 1 if wrong else step, dtype="uint") as i:  # at
        B[i] = A[i]
