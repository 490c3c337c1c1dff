"""What a launch binds: arrays and numbers that fit are used in place, all others refused before anything runs."""

import linecache
import re

import ml_dtypes
import numpy as np
import pytest

import enigma
from support import NUMPY, sample


@enigma.kernel
def axpy(A: enigma.f32, B: enigma.f32, s: enigma.Scalar(enigma.f32), n: enigma.Scalar(enigma.u8)):
    i = enigma.thread_position_in_grid
    with enigma.if_(i < n):
        B[i] = A[i] * s


def findings(*arguments):
    with pytest.raises(enigma.EnigmaError) as raised:
        axpy[8, 8](*arguments)
    found = raised.value.diagnostics
    assert {d.rule for d in found} == {"invalid-binding"}
    return [d.message + " / " + " ".join(d.help) for d in found]


A = np.arange(8, dtype=np.float32)


def out():
    return np.zeros(8, np.float32)


def test_a_launch_writes_the_callers_array():
    b = out()
    axpy[8, 8](A, b, 2, 7)
    np.testing.assert_array_equal(b, [*(A[:7] * 2), 0])


def read_only():
    b = out()
    b.flags.writeable = False
    return b


@pytest.mark.parametrize(
    "arguments, said",
    [
        ((A,), "takes 4 arguments, not 1"),
        ((A, out(), 1.0, 1, 1), "takes 4 arguments, not 5"),
        ((A.astype(np.float64), out(), 1.0, 1), "`A` takes an array of float32.*float64"),
        ((A.astype(np.float16), out(), 1.0, 1), "`A` takes an array of float32, and is given one of float16"),
        ((np.arange(16, dtype=np.float32)[::2], out(), 1.0, 1), "`A`.*not C-contiguous"),
        ((np.asfortranarray(np.ones((2, 4), np.float32)), out(), 1.0, 1), "`A`.*not C-contiguous"),
        ((A.astype(">f4"), out(), 1.0, 1), "`A`.*other order"),
        (([1.0, 2.0], out(), 1.0, 1), "`A`.*list.*NumPy"),
        ((A, read_only(), 1.0, 1), "writes `B`.*read-only"),
        ((A, out(), "x", 1), "`s` takes a number of type float"),
        ((A, out(), A, 1), "`s` takes a number of type float"),
        ((A, out(), 1.0, 256), "`n` takes a number of type uchar, and is given 256"),
        ((A, out(), 1.0, -1), "`n` takes a number of type uchar, and is given -1"),
        ((A, out(), 1.0, 2.5), "`n` takes a number of type uchar, and is given 2.5"),
        ((A, out(), 1e300, 1), "`s` takes a number of type float"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_refused(arguments, said):
    (message,) = findings(*arguments)
    assert re.search(said, message), message


def test_all_mismatches_are_reported_together():
    messages = findings(A.astype(np.float64), read_only(), "x", 300)
    assert [m.split("`")[1] for m in messages] == ["A", "B", "s", "n"]


def test_the_message_shows_the_parameter():
    with pytest.raises(enigma.EnigmaError) as raised:
        axpy[8, 8](A.astype(np.int32), out(), 1.0, 1)
    label = raised.value.diagnostics[0].labels[0]
    text = linecache.getline(label.file, label.line)
    assert text[label.column - 1 : label.end_column - 1] == "A: enigma.f32"


def test_read_only_inputs_are_welcome():
    a = A.copy()
    a.flags.writeable = False
    b = out()
    axpy[8, 8](a, b, np.float32(3), np.int64(8))
    np.testing.assert_array_equal(b, A * 3)


def test_one_array_may_be_bound_twice():
    a = A.copy()
    axpy[8, 8](a, a, 3, 8)
    np.testing.assert_array_equal(a, A * 3)


@pytest.mark.parametrize("grid", [-1, (1, 2, 3, 4), "8", 2.5, (), 2**32])
def test_grids_are_numbers_of_threads(grid):
    with pytest.raises(enigma.EnigmaError, match="`grid` is") as raised:
        axpy[grid, 8](A, out(), 1.0, 1)
    assert raised.value.diagnostics[0].rule == "invalid-binding"
    assert raised.value.diagnostics[0].labels[0].file == __file__


def test_more_threads_than_a_threadgroup_has():
    with pytest.raises(enigma.EnigmaError) as raised:
        axpy[2048, 2048](A, out(), 1.0, 1)
    assert raised.value.diagnostics[0].rule == "resource-limit"


def copy_of(dtype):
    @enigma.kernel
    def copied(A: dtype, B: dtype):
        i = enigma.thread_position_in_grid
        B[i] = A[i]

    return copied


class Foreign:
    """An array of another library: nothing but DLPack, of the protocol's first version or of its second."""

    def __init__(self, array, versioned=True, device=(1, 0)):
        self.array, self.versioned, self.device = array, versioned, device

    def __dlpack_device__(self):
        return self.device

    def __dlpack__(self, *, stream=None, **options):
        if self.versioned:
            return self.array.__dlpack__(**options)
        if options:
            raise TypeError("no such option")
        return self.array.__dlpack__()


DLPACK = [dtype for dtype in NUMPY if dtype is not enigma.bf16]


@pytest.mark.parametrize("versioned", [True, False])
@pytest.mark.parametrize("dtype", DLPACK, ids=lambda dtype: dtype.__name__)
def test_dlpack_arrays_are_used_in_place(dtype, versioned):
    a, b = sample(dtype, 24).reshape(2, 3, 4), np.zeros(30, NUMPY[dtype])
    copy_of(dtype)[24, 8](Foreign(a, versioned), Foreign(b[3:27], versioned))
    np.testing.assert_array_equal(b[3:27], a.ravel())
    assert not b[:3].any() and not b[27:].any()


def test_dlpack_arrays_that_do_not_fit():
    copy = copy_of(enigma.f32)
    read_only_array = read_only()
    for arguments, said in [
        ((Foreign(A, device=(2, 0)), Foreign(out())), "device"),
        ((Foreign(A.astype(np.int32)), Foreign(out())), "int32"),
        ((Foreign(A.astype(np.complex64)), Foreign(out())), "type code 5"),
        ((Foreign(np.ones((4, 2), np.float32).T), Foreign(out())), "contiguous"),
        ((Foreign(A), Foreign(read_only_array)), "read-only"),
    ]:
        with pytest.raises(enigma.EnigmaError, match=said) as raised:
            copy[8, 8](*arguments)
        assert raised.value.diagnostics[0].rule == "invalid-binding"


def test_bfloat16_is_that_of_ml_dtypes():
    a = np.array([1.0, -2.5, 3e38], ml_dtypes.bfloat16)
    b = np.zeros_like(a)
    copy_of(enigma.bf16)[3, 32](a, b)
    np.testing.assert_array_equal(b, a)
    with pytest.raises(enigma.EnigmaError, match="float16"):
        copy_of(enigma.bf16)[3, 32](a.astype(np.float16), b)
