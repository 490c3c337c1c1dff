"""Random functions: in each thread of a kernel they give what Python gives, and over Python's numbers too."""

import linecache
import os

import numpy as np
import pytest

import enigma
from random_functions import Writer

THREADS = 64
FIRST = int(os.environ.get("ENIGMA_RANDOM_FIRST", "0"))
COUNT = int(os.environ.get("ENIGMA_RANDOM_COUNT", "200"))
PER_TEST = 25


def defined(text, name):
    """A function of that text, with its source at hand."""
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    namespace = {}
    exec(compile(text, name, "exec"), namespace)
    return namespace["f"]


def numbers(seed):
    return np.random.default_rng(seed).integers(0, 40, (3, THREADS)).astype(np.int32)


def compare(seed):
    text = Writer(seed).function()
    f = defined(text, f"<random function {seed}>")
    a, b, c = numbers(seed)

    @enigma.kernel
    def in_each_thread(
        A: enigma.i32, B: enigma.i32, C: enigma.i32, zero: enigma.Scalar(enigma.i32), Out: enigma.i32
    ):
        i = enigma.thread_position_in_grid
        Out[i] = f(A[i], B[i], C[i], zero)

    @enigma.kernel
    def while_tracing(Out: enigma.i32):
        for k in range(8):
            Out[k] = f(int(a[k]), int(b[k]), int(c[k]), 0)

    expected = [f(*map(int, each), 0) for each in zip(a, b, c, strict=True)]
    out = np.full(THREADS, -1, np.int32)
    in_each_thread[THREADS, THREADS](a, b, c, 0, out)
    np.testing.assert_array_equal(out, expected, err_msg=f"seed {seed}\n{text}")
    traced = np.full(8, -1, np.int32)
    while_tracing[1, 1](traced)
    np.testing.assert_array_equal(traced, expected[:8], err_msg=f"seed {seed}, over Python's numbers\n{text}")


@pytest.mark.parametrize("first", range(FIRST, FIRST + COUNT, PER_TEST))
def test_random_functions(first):
    for seed in range(first, first + PER_TEST):
        compare(seed)
