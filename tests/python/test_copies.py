"""Asynchronous copies against NumPy slicing: every direction, shape, offset, pitch, edge and predicate."""

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import enigma
from support import NUMPY, sample

WIDTHS = [enigma.u8, enigma.f16, enigma.f32, enigma.i64]
TILE = 96

sizes = st.integers(0, TILE)
seeds = st.integers(0, 2**32 - 1)
dtypes = st.sampled_from(WIDTHS)
examples = settings(max_examples=60, deadline=None)


@functools.cache
def copy_1d(dtype, outward):
    """Copies `count` elements into a tile that is full of `margin`, or out of it; the other buffer shows the tile."""

    @enigma.kernel
    def load(A: dtype, Margin: dtype, Tile: dtype, src: enigma.Scalar(enigma.u32), dst: enigma.Scalar(enigma.u32),
             count: enigma.Scalar(enigma.i32), on: enigma.Scalar(enigma.b1)):  # fmt: skip
        tile = enigma.threadgroup_alloc(dtype, TILE)
        lane = enigma.metal_cast(enigma.thread_index_in_threadgroup(), "int")
        with enigma.for_range(lane, TILE, 32) as i:
            tile[i] = Margin[i]
        enigma.barrier()
        ev = enigma.async_copy_1d_d2t(tile, dst, A, src, count, where=on)
        enigma.async_copy_wait(ev)
        enigma.barrier()
        with enigma.for_range(lane, TILE, 32) as i:
            Tile[i] = tile[i]

    @enigma.kernel
    def store(A: dtype, Out: dtype, src: enigma.Scalar(enigma.u32), dst: enigma.Scalar(enigma.u32),
              count: enigma.Scalar(enigma.i32), on: enigma.Scalar(enigma.b1)):  # fmt: skip
        tile = enigma.threadgroup_alloc(dtype, TILE)
        lane = enigma.metal_cast(enigma.thread_index_in_threadgroup(), "int")
        with enigma.for_range(lane, TILE, 32) as i:
            tile[i] = A[i]
        enigma.barrier()
        ev = enigma.async_copy_1d_t2d(Out, dst, tile, src, count, where=on)
        enigma.async_copy_wait(ev)

    return store if outward else load


@examples
@given(dtypes, seeds, sizes, sizes, sizes, st.booleans())
def test_1d_in(dtype, seed, src, dst, count, on):
    count = min(count, TILE - dst)
    a, margin = sample(dtype, src + count + 1, seed), sample(dtype, TILE, seed + 1)
    tile = np.zeros(TILE, NUMPY[dtype])
    copy_1d(dtype, outward=False)[32, 32](a, margin, tile, src, dst, count, on)
    expected = margin.copy()
    if on:
        expected[dst : dst + count] = a[src : src + count]
    np.testing.assert_array_equal(tile, expected)


@examples
@given(dtypes, seeds, sizes, sizes, sizes, st.booleans())
def test_1d_out(dtype, seed, src, dst, count, on):
    count = min(count, TILE - src)
    a, out = sample(dtype, TILE, seed), sample(dtype, dst + count + 1, seed + 1)
    expected = out.copy()
    if on:
        expected[dst : dst + count] = a[src : src + count]
    copy_1d(dtype, outward=True)[32, 32](a, out, src, dst, count, on)
    np.testing.assert_array_equal(out, expected)


@functools.cache
def copy_2d(dtype, fill):
    """As `copy_1d`; `fill` is None for the way out."""

    @enigma.kernel
    def load(A: dtype, Margin: dtype, Tile: dtype, dst: enigma.Scalar(enigma.i32), dst_pitch: enigma.Scalar(enigma.i32),
             src: enigma.Scalar(enigma.i32), src_pitch: enigma.Scalar(enigma.i32), cols: enigma.Scalar(enigma.i32),
             rows: enigma.Scalar(enigma.i32), valid_cols: enigma.Scalar(enigma.i32),
             valid_rows: enigma.Scalar(enigma.i32)):  # fmt: skip
        tile = enigma.threadgroup_alloc(dtype, TILE)
        lane = enigma.metal_cast(enigma.thread_index_in_threadgroup(), "int")
        with enigma.for_range(lane, TILE, 32) as i:
            tile[i] = Margin[i]
        enigma.barrier()
        ev = enigma.async_copy_2d_d2t(
            tile, dst, dst_pitch, A, src, src_pitch, cols, rows,
            valid_cols=valid_cols, valid_rows=valid_rows, fill=fill,
        )  # fmt: skip
        enigma.async_copy_wait(ev)
        enigma.barrier()
        with enigma.for_range(lane, TILE, 32) as i:
            Tile[i] = tile[i]

    @enigma.kernel
    def store(A: dtype, Out: dtype, dst: enigma.Scalar(enigma.i32), dst_pitch: enigma.Scalar(enigma.i32),
              src: enigma.Scalar(enigma.i32), src_pitch: enigma.Scalar(enigma.i32), cols: enigma.Scalar(enigma.i32),
              rows: enigma.Scalar(enigma.i32), valid_cols: enigma.Scalar(enigma.i32),
              valid_rows: enigma.Scalar(enigma.i32)):  # fmt: skip
        tile = enigma.threadgroup_alloc(dtype, TILE)
        lane = enigma.metal_cast(enigma.thread_index_in_threadgroup(), "int")
        with enigma.for_range(lane, TILE, 32) as i:
            tile[i] = A[i]
        enigma.barrier()
        ev = enigma.async_copy_2d_t2d(
            Out,
            dst,
            dst_pitch,
            tile,
            src,
            src_pitch,
            cols,
            rows,
            valid_cols=valid_cols,
            valid_rows=valid_rows,
        )
        enigma.async_copy_wait(ev)

    return store if fill is None else load


@st.composite
def rectangles(draw):
    """cols, rows; the tile's pitch and offset, all inside it; the other side's pitch and offset; valid extents."""
    cols, rows = draw(st.integers(0, 12)), draw(st.integers(0, 7))
    tile_pitch = draw(st.integers(max(cols, 1), 13))
    room = TILE - (tile_pitch * max(rows - 1, 0) + cols)
    tile_offset = draw(st.integers(0, max(room, 0)))
    device_pitch = draw(st.integers(max(cols, 1), 40))
    device_offset = draw(st.integers(0, 50))
    valid = draw(st.integers(-1, cols + 2)), draw(st.integers(-1, rows + 2))
    return cols, rows, tile_pitch, tile_offset, device_pitch, device_offset, valid


def clamped(valid, cols, rows):
    return min(max(valid[0], 0), cols), min(max(valid[1], 0), rows)


@examples
@given(dtypes, seeds, rectangles(), st.sampled_from(["zero", "edge"]))
def test_2d_in(dtype, seed, rectangle, fill):
    cols, rows, dst_pitch, dst, src_pitch, src, valid = rectangle
    valid_cols, valid_rows = clamped(valid, cols, rows)
    # The source ends with its last valid element: what lies beyond must not be read.
    empty = valid_cols == 0 or valid_rows == 0
    a = sample(dtype, 1 if empty else src + (valid_rows - 1) * src_pitch + valid_cols, seed)
    margin = sample(dtype, TILE, seed + 1)
    tile = np.zeros(TILE, NUMPY[dtype])
    copy_2d(dtype, fill)[32, 32](a, margin, tile, dst, dst_pitch, src, src_pitch, cols, rows, *valid)
    expected = margin.copy()
    for r in range(rows):
        for c in range(cols):
            inside = r < valid_rows and c < valid_cols
            nearest = src + min(r, valid_rows - 1) * src_pitch + min(c, valid_cols - 1)
            value = a[nearest] if inside or (fill == "edge" and not empty) else 0
            expected[dst + r * dst_pitch + c] = value
    np.testing.assert_array_equal(tile, expected)


@examples
@given(dtypes, seeds, rectangles())
def test_2d_out(dtype, seed, rectangle):
    cols, rows, src_pitch, src, dst_pitch, dst, valid = rectangle
    valid_cols, valid_rows = clamped(valid, cols, rows)
    empty = valid_cols == 0 or valid_rows == 0
    a = sample(dtype, TILE, seed)
    out = sample(dtype, 1 if empty else dst + (valid_rows - 1) * dst_pitch + valid_cols, seed + 1)
    expected = out.copy()
    for r in range(valid_rows):
        for c in range(valid_cols):
            expected[dst + r * dst_pitch + c] = a[src + r * src_pitch + c]
    copy_2d(dtype, None)[32, 32](a, out, dst, dst_pitch, src, src_pitch, cols, rows, *valid)
    np.testing.assert_array_equal(out, expected)


def test_registers_take_part_in_copies():
    @enigma.kernel
    def through_registers(A: enigma.f32, B: enigma.f32):
        lane = enigma.thread_index_in_simdgroup()
        own = enigma.register_tensor(4)
        ev = enigma.async_copy_1d_d2t(own, 0, A, lane * 4, 4)
        enigma.async_copy_wait(ev)
        for k in enigma.range_constexpr(4):
            own[k] = own[k] + lane
        back = enigma.async_copy_1d_t2d(B, lane * 4, own, 0, 4)
        enigma.async_copy_wait(back)

    a = np.arange(128, dtype=np.float32)
    b = np.zeros_like(a)
    through_registers[32, 32](a, b)
    np.testing.assert_array_equal(b, a + np.arange(128) // 4)


def test_buffers_may_be_named():
    @enigma.kernel
    def by_name(A: enigma.f32, B: enigma.f32):
        enigma.threadgroup_alloc("float", 64, name="stage")
        enigma.async_copy_wait(enigma.async_copy_1d_d2t("stage", 0, "A", 0, 64))
        enigma.async_copy_wait(enigma.async_copy_1d_t2d("B", 0, "stage", 0, 64))

    a, b = np.arange(64, dtype=np.float32), np.zeros(64, np.float32)
    by_name[32, 32](a, b)
    np.testing.assert_array_equal(b, a)


def test_legacy_names_warn_at_the_line_that_uses_them():
    @enigma.kernel
    def legacy(A: enigma.f32, B: enigma.f32):
        tile = enigma.threadgroup_alloc("float", 64)
        ev = enigma.async_copy_to_threadgroup(A, tile, 32, 4, 8)
        enigma.async_copy_commit(ev)
        enigma.async_copy_wait(ev)
        enigma.simd_barrier()
        B[enigma.thread_position_in_grid] = tile[8 + enigma.thread_position_in_grid]

    a, b = np.arange(64, dtype=np.float32), np.zeros(32, np.float32)
    with pytest.warns(DeprecationWarning) as warned:
        legacy[32, 32](a, b)
    np.testing.assert_array_equal(b, a[4:36])
    assert [w.filename for w in warned] == [__file__, __file__]
    assert warned[1].lineno == warned[0].lineno + 1
