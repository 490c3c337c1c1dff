"""An access or a copy leaves its buffer."""

import enigma

from .case import case

RULE = "out-of-bounds"


@case(RULE, found="trace", expected=lambda a: a[:1])
def element_behind_the_tile(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)  # other
    lane = enigma.thread_index_in_simdgroup()
    with enigma.if_(lane == 0):
        tile[32 if wrong else 31] = A[0]  # at
        B[0] = A[0]


@case(RULE, scope="grid")
def last_thread_reads_beyond_the_input(A: enigma.f32, B: enigma.f32, wrong=True):  # other
    i = enigma.thread_position_in_grid
    B[i] = A[i + 1 if wrong else i]  # at


@case(RULE, expected=lambda a: a[1:])
def first_thread_writes_before_the_tile(A: enigma.f32, B: enigma.f32, wrong=True):
    tile = enigma.threadgroup_alloc("float", 31)  # other
    lane = enigma.metal_cast(enigma.thread_index_in_simdgroup(), "int")
    with enigma.if_(lane >= (0 if wrong else 1)):
        tile[lane - 1] = A[lane]  # at
    enigma.simd_barrier()
    with enigma.if_(lane < 31):
        B[lane] = tile[lane]


@case(RULE, arguments={"n": 32})
def line_longer_than_the_tile(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.u32), wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)  # other
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = A[lane]
    ev = enigma.async_copy_1d_d2t(tile, 1 if wrong else 0, A, 0, n)  # at
    enigma.async_copy_wait(ev)
    B[lane] = tile[lane]


@case(RULE, scope="grid")
def line_beyond_the_input(A: enigma.f32, B: enigma.f32, wrong=True):  # other
    tile = enigma.threadgroup_alloc("float", 33)
    lane = enigma.thread_index_in_simdgroup()
    start = enigma.threadgroup_position_in_grid() * 32
    tile[lane] = A[start + lane]
    ev = enigma.async_copy_1d_d2t(tile, 0, A, start, 33 if wrong else 32)  # at
    enigma.async_copy_wait(ev)
    B[start + lane] = tile[lane]


@case(RULE, elements=64, arguments={"pitch": 16}, expected=lambda a: a.reshape(4, 16)[:, 8:].ravel())
def last_row_beyond_the_input(
    A: enigma.f32,  # other
    B: enigma.f32,
    pitch: enigma.Scalar(enigma.u32),
    wrong=True,
):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = 0.0
    ev = enigma.async_copy_2d_d2t(tile, 0, 8, A, 9 if wrong else 8, pitch, 8, 4)  # at
    enigma.async_copy_wait(ev)
    B[lane] = tile[lane]


@case(RULE, scope="grid", elements=48, arguments={"rows": 6})
def edge_tile_without_its_valid_extent(
    A: enigma.f32,  # other
    B: enigma.f32,
    rows: enigma.Scalar(enigma.u32),
    wrong=True,
):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    row = enigma.threadgroup_position_in_grid() * 4
    tile[lane] = 0.0
    valid = 4 if wrong else rows - row
    ev = enigma.async_copy_2d_d2t(tile, 0, 8, A, row * 8, 8, 8, 4, valid_rows=valid)  # at
    enigma.async_copy_wait(ev)
    with enigma.if_(row * 8 + lane < rows * 8):
        B[row * 8 + lane] = tile[lane]


@case(RULE, scope="grid", elements=48, arguments={"rows": 6})
def stored_edge_tile_without_its_valid_extent(
    A: enigma.f32,
    B: enigma.f32,  # other
    rows: enigma.Scalar(enigma.u32),
    wrong=True,
):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    row = enigma.threadgroup_position_in_grid() * 4
    tile[lane] = A[(row * 8 + lane) % 48]
    valid = 4 if wrong else rows - row
    ev = enigma.async_copy_2d_t2d(B, row * 8, 8, tile, 0, 8, 8, 4, valid_rows=valid)  # at
    enigma.async_copy_wait(ev)


@case(RULE, arguments={"n": 0})
def negative_count(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.i32), wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = A[lane]
    ev = enigma.async_copy_1d_t2d(B, 0, tile, 0, n - 1 if wrong else n)  # at
    enigma.async_copy_wait(ev)
    B[lane] = tile[lane]


@case(RULE, arguments={"n": 0})
def one_element_where_none_is_right(
    A: enigma.f32,  # other
    B: enigma.f32,
    n: enigma.Scalar(enigma.i32),
    wrong=True,
):
    tile = enigma.threadgroup_alloc("float", 32)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = A[lane]
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 1000, n + 1 if wrong else n)  # at
    enigma.async_copy_wait(ev)
    B[lane] = tile[lane]


@case(RULE, arguments={"pitch": 8})
def rows_over_each_other(A: enigma.f32, B: enigma.f32, pitch: enigma.Scalar(enigma.u32), wrong=True):
    tile = enigma.threadgroup_alloc("float", 32)  # other
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = 0.0
    ev = enigma.async_copy_2d_d2t(tile, 0, pitch - 1 if wrong else pitch, A, 0, 8, 8, 4)  # at
    enigma.async_copy_wait(ev)
    B[lane] = tile[lane]


@case(RULE, elements=128, arguments={"n": 4})
def loop_beyond_the_registers(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.u32), wrong=True):
    own = enigma.register_tensor(4)  # other
    first = enigma.thread_index_in_simdgroup() * 4
    with enigma.for_range(0, n + 1 if wrong else n, dtype="uint") as k:
        own[k] = A[first + k % 4]  # at
    for k in range(4):
        B[first + k] = own[k]


@case(RULE, elements=64, arguments={"pitch": 8})
def matrix_hangs_over_the_tile(A: enigma.f32, B: enigma.f32, pitch: enigma.Scalar(enigma.u32), wrong=True):
    tile = enigma.threadgroup_alloc("float", 64)  # other
    ev = enigma.async_copy_2d_d2t(tile, 0, 8, A, 0, 8, 8, 8)
    enigma.async_copy_wait(ev)
    m = enigma.simdgroup_matrix_load(tile, pitch + 1 if wrong else pitch)  # at
    enigma.simdgroup_matrix_store(m, B, 8)
