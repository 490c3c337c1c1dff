"""Whatever is done with the package, inside kernels and outside: it works, or it is an `EnigmaError` with a place."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import enigma

MISUSE = Path(__file__).with_name("misuse.py")
SEEDS = 2000


def test_misuse_is_an_enigma_error():
    """In a process of its own, so that a crash or a hang is a failure with a seed."""
    command = [sys.executable, str(MISUSE), "0", str(SEEDS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-4000:]
    assert "accepted kernels" in done.stdout


@pytest.mark.parametrize(
    ("misuse", "said"),
    [
        (lambda A, n: n**2.5, '`enigma.pow(enigma.metal_cast(x, "float"), y)`'),
        (lambda A, n: n @ n, "write `enigma.matmul(a, b)`"),
        (lambda A, n: A + 1, "a tensor is read element by element: `A[i]`"),
        (lambda A, n: np.ones(3) * A, "a tensor is read element by element: `A[i]`"),
        (lambda A, n: n.no_such, "no attribute 'no_such'"),
        (lambda A, n: enigma.make_float2(1), "missing 1 required positional argument: 'y'"),
        (lambda A, n: enigma.threadgroup_alloc("float"), "missing 1 required positional argument: 'size'"),
        (lambda A, n: enigma.no_such, "no attribute 'no_such'"),
        (lambda A, n: enigma.squrt(A[n]), "did you mean `sqrt`?"),
        (lambda A, n: enigma.sqrt(**{"\udc80": 1}), "`sqrt` takes no argument named"),
        (lambda A, n: enigma.register_tensor((2**40, 2**40, 3))[1, n, 2], "`register_tensor` takes a size"),
        (
            lambda A, n: enigma.for_range(0, 1, init=[n]).__enter__()[1][7],
            "a carry of 1 has nothing at the number 7",
        ),
    ],
)
def test_what_python_refuses_inside_a_kernel_has_its_place(misuse, said):
    @enigma.kernel
    def wrong(A: enigma.f32, n: enigma.Scalar(enigma.u32)):
        misuse(A, n)

    with pytest.raises(enigma.EnigmaError) as raised:
        enigma.compile(wrong)
    assert said in str(raised.value)
    assert raised.value.diagnostics[0].labels[0].file == __file__


@pytest.mark.parametrize(
    "misuse",
    [
        lambda: enigma.Runtime(5),
        lambda: enigma.Runtime(["cpu"]),
        lambda: enigma.launch(nothing, grid=1, threads=1, device=[]),
        lambda: enigma.launch(nothing),
        lambda: enigma.launch(nothing, grid=10**5000, threads=1),
        lambda: enigma.compile(nothing, vec_width=np.arange(3)),
        lambda: enigma.compile(nothing, async_lowering=None),
        lambda: enigma.compile(nothing, no_such=1),
        lambda: enigma.Runtime("cpu").execute(enigma.compile(nothing), 5),
        lambda: enigma.Runtime("cpu").execute(enigma.compile(nothing), [], output_sizes="text"),
        lambda: enigma.compile(nothing).export_metal(5),
    ],
)
def test_misuse_outside_kernels_is_placed_at_the_call(misuse):
    with pytest.raises(enigma.EnigmaError) as raised:
        misuse()
    labels = raised.value.diagnostics[0].labels
    assert not labels or labels[0].file == __file__


def test_a_scalar_of_numpy_is_no_buffer():
    """It has an array interface, whose memory is gone as soon as it is asked for."""
    with pytest.raises(enigma.EnigmaError, match="takes an array of float32"):
        writes[1, 1](np.float32(1))


def test_errors_of_the_kernels_own_code_stay_what_they_are():
    @enigma.kernel
    def fails(A: enigma.f32):
        raise ValueError("a tile of 7 rows")

    with pytest.raises(ValueError, match="a tile of 7 rows"):
        enigma.compile(fails)


@enigma.kernel
def nothing():
    pass


@enigma.kernel
def writes(A: enigma.f32):
    A[0] = 1.0
