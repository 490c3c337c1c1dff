"""The example that introduces asynchronous copies: one 1D and one 2D copy into the same tile."""

import numpy as np
import pytest

import enigma
from support import NUMPY, sample


@enigma.kernel
def tiled_load(A: enigma.f32, B: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 64)
    c0 = enigma.metal_cast(0, "uint")
    cnt = enigma.metal_cast(64, "uint")

    ev = enigma.async_copy_1d_d2t(tile, c0, A, c0, cnt)
    enigma.async_copy_wait(ev)
    enigma.barrier()


@pytest.mark.parametrize("threads", [32, 128], ids=["one simdgroup", "four simdgroups"])
def test_the_example_runs_as_printed(threads):
    a, b = sample(enigma.f32, 64), np.zeros(64, np.float32)
    statistics = tiled_load[threads, threads](a, b)
    assert (statistics.copies, statistics.bytes_copied) == (threads // 32, threads // 32 * 256)
    assert "async_event ev = async_copy_1d_d2t(tile, A, 64);" in enigma.compile(tiled_load).metal_source


def make_tiled_load(dtype: type[enigma.DType]) -> enigma.Kernel:
    """The example over another element type, with the tile written out after each copy."""

    @enigma.kernel
    def tiled_load(A: dtype, B: dtype):
        tile = enigma.threadgroup_alloc(dtype, 64)
        start = enigma.metal_cast(0, "uint")
        count = enigma.metal_cast(64, "uint")
        lane = enigma.metal_cast(enigma.thread_index_in_threadgroup(), "int")
        threads = enigma.metal_cast(enigma.threads_per_threadgroup(), "int")

        ev = enigma.async_copy_1d_d2t(tile, start, A, start, count)
        enigma.async_copy_wait(ev)
        enigma.barrier()
        with enigma.for_range(lane, 64, threads) as i:
            B[i] = tile[i]
        enigma.barrier()

        side = enigma.metal_cast(8, "uint")
        ev2 = enigma.async_copy_2d_d2t(tile, start, side, A, start, count, side, side)
        enigma.async_copy_wait(ev2)
        enigma.barrier()
        with enigma.for_range(lane, 64, threads) as i:
            B[64 + i] = tile[i]

    return tiled_load


@pytest.mark.parametrize("threads", [32, 128], ids=["one simdgroup", "four simdgroups"])
@pytest.mark.parametrize("dtype", NUMPY, ids=lambda dtype: dtype.__name__)
def test_the_tile_holds_what_the_buffer_held(dtype, threads):
    a = sample(dtype, 8 * 64)
    b = np.zeros(128, NUMPY[dtype])
    statistics = make_tiled_load(dtype)[threads, threads](a, b)
    np.testing.assert_array_equal(b[:64], a[:64])
    np.testing.assert_array_equal(b[64:].reshape(8, 8), a.reshape(8, 64)[:, :8])
    assert statistics.copies == 2 * threads // 32
    assert statistics.bytes_copied == statistics.copies * a.itemsize * 64


@pytest.mark.parametrize("lowering", ["asm", "asm-escaped", "cooperative"])
def test_the_metal_source_keeps_the_names(lowering):
    source = enigma.compile(make_tiled_load(enigma.f32), async_lowering=lowering).metal_source
    for name in ("tiled_load", "tile", "A", "B"):
        assert name in source
    assert ("__asm(" in source) == (lowering != "cooperative")
    assert ("\\001air." in source) == (lowering == "asm-escaped")


def test_an_unknown_lowering_lists_the_known_ones():
    with pytest.raises(enigma.EnigmaError, match="asm-escaped") as raised:
        enigma.compile(make_tiled_load(enigma.f32), async_lowering="dma").source("msl")
    assert raised.value.diagnostics[0].rule == "invalid-operand"
