"""Every operation of the table on every type that it takes: on the executor, as Metal text, as MLIR text."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import enigma
from enigma import _core

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "air_shim"), str(TESTS / "metal_shim")]

from air_host import compile_air  # noqa: E402
from cases import all_launches  # noqa: E402
from cases.elements import ELEMENTS, samples  # noqa: E402
from metal_host import compile_all  # noqa: E402
from shim_kernel import ShimKernel  # noqa: E402

LAUNCHES = all_launches()

every_launch = pytest.mark.parametrize(
    "number", range(len(LAUNCHES)), ids=lambda n: f"{n}-{LAUNCHES[n].name}"
)

# What has no result to compare: control flow, and what is printed.
WITHOUT_CASES = {"constant", "register_fill", "if", "for", "while", "debug_print"}


def test_every_operation_has_cases():
    tested = {check.operation for launch in LAUNCHES for check in launch.checks}
    assert tested == {row.name for row in _core.operation_table()} - WITHOUT_CASES


@pytest.mark.parametrize("row", _core.operation_table(), ids=lambda row: row.name)
def test_every_type_has_cases(row):
    names = {check.name for launch in LAUNCHES for check in launch.checks if check.operation == row.name}
    if row.group in (
        "Arithmetic",
        "Comparison",
        "Conversion",
        "Float",
        "Integer",
        "Geometry",
        "Simdgroup",
        "Quad",
    ):
        missing = [dtype for dtype in row.dtypes if not any(f"({dtype}" in name for name in names)]
        assert missing == []


@every_launch
def test_the_executor_gives_what_the_reference_gives(number):
    launch = LAUNCHES[number]
    arguments = launch.fresh()
    constants = launch.constants or None
    enigma.launch(launch.kernel, *arguments, grid=launch.grid, threads=launch.threads, constants=constants)
    assert launch.complaints(arguments) == []


@pytest.fixture(scope="module")
def metal_kernels() -> list[ShimKernel]:
    return compile_all([enigma.compile(launch.kernel).metal_source for launch in LAUNCHES])


@every_launch
def test_metal_gives_what_the_reference_gives(number, metal_kernels):
    launch = LAUNCHES[number]
    arguments = launch.fresh()
    constants = {index: ELEMENTS[t].numpy.type(value) for index, (t, value) in launch.constants.items()}
    metal_kernels[number].run(arguments, launch.grid, launch.threads, constants)
    assert launch.complaints(arguments, metal=True) == []


def test_mlir_takes_every_case():
    texts = [enigma.compile(launch.kernel).mlir_source for launch in LAUNCHES]
    command = ["mlir-opt-19", "--allow-unregistered-dialect", "--split-input-file"]
    printed = subprocess.run(command, input="\n// -----\n".join(texts), capture_output=True, text=True)
    assert printed.returncode == 0, printed.stderr[:4000]
    assert printed.stdout.count("func.func @") == len(LAUNCHES)


@pytest.mark.parametrize("on_cpu", [True, False], ids=["executor", "AIR"])
@pytest.mark.parametrize(
    "t", [t for t in ELEMENTS.values() if not t.is_float and not t.is_bool], ids=lambda t: t.name
)
def test_division_by_zero_ends_no_program(t, on_cpu):
    @enigma.kernel
    def divided(X: t.dtype, Y: t.dtype, Q: t.dtype, F: t.dtype, R: t.dtype):
        i = enigma.thread_position_in_grid
        Q[i] = X[i] / Y[i]
        F[i] = X[i] // Y[i]
        R[i] = X[i] % Y[i]

    x, y = samples(t.name, 2)
    q, f, r = (np.zeros_like(x) for _ in range(3))
    if on_cpu:
        divided[x.size, 64](x, y, q, f, r)
    else:
        air = compile_air(enigma.compile(divided).source("air"))
        air.run([x, y, q, f, r], grid=(x.size, 1, 1), threads=(64, 1, 1))
    # The smallest integer has no positive counterpart: its quotient by -1 wraps to itself.
    least = (x.astype(object) == t.low) & (y.astype(object) == -1)
    np.testing.assert_array_equal(q[least], x[least])
    np.testing.assert_array_equal(r[least], 0)
