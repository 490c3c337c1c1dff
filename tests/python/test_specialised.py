"""Function constants, and accesses of several elements at once."""

from __future__ import annotations

import numpy as np
import pytest

import enigma


@enigma.kernel
def raised(A: enigma.f32, B: enigma.f32):
    power = enigma.function_constant("int", 0)
    negative = enigma.function_constant("bool", 1)
    i = enigma.thread_position_in_grid
    with enigma.for_range(0, power, init=[1.0]) as (_, carry):
        carry[0] = carry[0] * A[i]
    B[i] = enigma.where(carry[0], -carry[0], negative)


@enigma.kernel
def quadrupled(A: enigma.f32, B: enigma.f32):
    first = enigma.thread_position_in_grid * 4
    for n in range(4):
        B[first + n] = A[first + n] * 2.0


CUBE = {0: ("int", 3), 1: ("bool", False)}
NEGATIVE = {0: (enigma.i32, 1), 1: (enigma.b1, True)}


def numbers(count: int = 64) -> np.ndarray:
    return np.linspace(-2, 2, count, dtype=np.float32)


def test_every_way_to_run_takes_constants():
    A, B = numbers(), np.zeros(64, np.float32)
    enigma.launch(raised, A, B, grid=64, threads=32, constants=CUBE)
    np.testing.assert_array_equal(B, A * A * A)
    enigma.launch(raised, A, B, grid=64, threads=32, constants=NEGATIVE)
    np.testing.assert_array_equal(B, -A)
    compiled = enigma.compile(raised)
    (out,) = enigma.Runtime("cpu").execute(
        compiled, [A], grid=64, threads=32, output_shapes=[64], constants=CUBE
    )
    np.testing.assert_array_equal(out, A * A * A)
    with enigma.Runtime("cpu").prepare(compiled, [A], output_shapes=[64], constants=NEGATIVE) as prepared:
        prepared.dispatch(64, 32)
        np.testing.assert_array_equal(prepared.read_output()[0], -A)
    report = enigma.check(raised, A, B, grid=64, threads=32, constants=CUBE)
    assert report.ok
    enigma.compile(raised, constants=CUBE)
    compiled.specialise(CUBE)


def test_constants_are_folded_before_emission():
    source = enigma.compile(raised, constants=NEGATIVE).metal_source
    assert "B[i] = -A[i];" in source and "for" not in source.split("kernel void")[1]


@pytest.mark.parametrize(
    "constants, said",
    [
        (None, "constant 0 is given no number"),
        ({0: ("int", 3)}, "constant 1 is given no number"),
        ({**CUBE, 2: ("int", 3)}, "no function constant 2"),
        ({**CUBE, 0: ("uint", 3)}, "of type int, and is given a number of type uint"),
        ({**CUBE, 0: ("int", 2**31)}, "does not hold"),
        ({**CUBE, 0: ("integer", 3)}, "has the entry"),
        ({**CUBE, "x": ("int", 3)}, "has the entry"),
        ({**CUBE, 0: ("int", "three")}, "has the entry"),
    ],
)
def test_constants_that_do_not_fit(constants, said):
    A = numbers()
    with pytest.raises(enigma.EnigmaError, match=said) as raised_error:
        enigma.launch(raised, A, A.copy(), grid=64, threads=32, constants=constants)
    assert {found.rule for found in raised_error.value.diagnostics} == {"invalid-binding"}
    with pytest.raises(enigma.EnigmaError, match=said):
        enigma.check(raised, A, A.copy(), grid=64, threads=32, constants=constants)


def test_what_a_constant_makes_wrong_is_found_when_it_is_given():
    @enigma.kernel
    def fill(out: enigma.f32):
        tile = enigma.threadgroup_alloc("float", 64)
        tile[enigma.function_constant("int", 0)] = 1.0
        out[0] = tile[0]

    enigma.compile(fill, constants={0: ("int", 63)})
    with pytest.raises(enigma.EnigmaError) as refused:
        enigma.compile(fill, constants={0: ("int", 64)})
    assert refused.value.diagnostics[0].rule == "out-of-bounds"


@pytest.mark.parametrize("width", [0, 1, 2, 3, 4])
def test_wide_accesses_change_no_result(width):
    compiled = enigma.compile(quadrupled, vec_width=width)
    A, B = numbers(256), np.zeros(256, np.float32)
    enigma.launch(compiled, A, B, grid=64, threads=32)
    np.testing.assert_array_equal(B, A * 2)


def test_wide_accesses_are_in_the_text():
    assert "float4" in enigma.compile(quadrupled, vec_width=4).metal_source


def test_buffers_that_overlap_are_accessed_one_by_one():
    """Each element is read after the one before it was written."""
    together = np.arange(5, dtype=np.float32)
    one_by_one = together.copy()
    for n in range(4):
        one_by_one[n + 1] = one_by_one[n] * 2
    compiled = enigma.compile(quadrupled, vec_width=4)
    enigma.launch(compiled, together[:4], together[1:], grid=1, threads=1)
    np.testing.assert_array_equal(together, one_by_one)


@pytest.mark.parametrize("width", [5, -1, 2.0, "four", None])
def test_other_widths_are_refused(width):
    with pytest.raises(enigma.EnigmaError, match="vec_width"):
        enigma.compile(quadrupled, vec_width=width)
