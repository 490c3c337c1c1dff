"""The Metal source of the examples, compiled by clang and run on the CPU, gives what the executor gives."""

import sys
from pathlib import Path

import numpy as np
import pytest

import enigma

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "examples"), str(ROOT / "tests" / "metal_shim")]

import async_gemm  # noqa: E402
import reverse  # noqa: E402
import row_softmax  # noqa: E402
import tiled_load  # noqa: E402
import vector_add  # noqa: E402
from metal_host import compile_metal  # noqa: E402

LOWERINGS = ["asm", "asm-escaped", "cooperative"]
LANGUAGES = {"macos13": "3.0", "macos14": "3.1", "macos15": "3.2", "macos26": "4.0"}


def uniform(dtype, *shape):
    """Random numbers of an example's size."""
    return np.random.default_rng(7).uniform(-1, 1, shape).astype(dtype)


def gemm_arguments(dtype, m, n, k):
    """Arguments and launch of the GEMM; C starts as NaN, so that what is not written shows."""
    c = np.full((m, n), np.nan, np.float32)
    grid = (-(-n // async_gemm.TILE) * async_gemm.THREADS, -(-m // async_gemm.TILE), 1)
    arguments = [uniform(dtype, m, k), uniform(dtype, k, n), c, np.int32(m), np.int32(n), np.int32(k)]
    return arguments, grid, (async_gemm.THREADS, 1, 1)


def tile_arguments():
    """Arguments and launch of the first copy: four tiles."""
    return [uniform(np.float32, 256), np.zeros(256, np.float32)], (128, 1, 1), (32, 1, 1)


def softmax_arguments():
    """Arguments and launch of the softmax: five rows, in threadgroups of four."""
    arguments = [uniform(np.float32, 5, 70), np.zeros((5, 70), np.float32), np.int32(5), np.int32(70)]
    return arguments, (256, 1, 1), (128, 1, 1)


CASES = {
    "tiled_load": (tiled_load.tiled_reverse, tile_arguments),
    "gemm, whole tiles": (async_gemm.async_gemm, lambda: gemm_arguments(np.float32, 64, 128, 48)),
    "gemm, edges": (async_gemm.async_gemm, lambda: gemm_arguments(np.float32, 70, 33, 21)),
    "gemm, nothing to sum": (async_gemm.async_gemm, lambda: gemm_arguments(np.float32, 3, 5, 0)),
    "gemm, half": (async_gemm.async_gemm_half, lambda: gemm_arguments(np.float16, 50, 70, 90)),
    "row_softmax": (row_softmax.row_softmax, softmax_arguments),
}  # fmt: skip


@pytest.mark.parametrize("linear_copy", ["row", "1d"])
@pytest.mark.parametrize("lowering", LOWERINGS)
@pytest.mark.parametrize("case", CASES)
def test_metal_gives_what_the_executor_gives(case, lowering, linear_copy):
    kernel, make_arguments = CASES[case]
    ours, grid, threads = make_arguments()
    theirs = [argument.copy() for argument in ours]
    kernel[grid, threads](*ours)
    compiled = enigma.compile(kernel, async_lowering=lowering, linear_copy=linear_copy)
    compile_metal(compiled.metal_source).run(theirs, grid, threads)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("lowering", LOWERINGS)
@pytest.mark.parametrize("case", CASES)
def test_only_the_first_line_tells_systems_apart(case, lowering):
    kernel, _ = CASES[case]
    sources = {
        system: enigma.compile(kernel, async_lowering=lowering, target_os=system).metal_source.split("\n", 1)
        for system in LANGUAGES
    }
    assert [first for first, _ in sources.values()] == [
        f"// language: metal{version}" for version in LANGUAGES.values()
    ]
    assert len({rest for _, rest in sources.values()}) == 1


@pytest.mark.parametrize("example", [tiled_load, vector_add, reverse, row_softmax, async_gemm])
def test_the_example_finds_itself_right(example, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [example.__name__])
    assert example.main() == 0
    assert "WRONG" not in capsys.readouterr().out
