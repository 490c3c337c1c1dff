"""Loops and branches against what Python and NumPy make of the same text."""

import numpy as np
import pytest

import enigma
from support import only, refusal

N = 32
module_level = 3.0


def run(kernel, *scalars, a=None, out=N):
    a = np.arange(1, N + 1, dtype=np.float32) if a is None else a
    b = np.zeros(out, np.float32)
    kernel[N, 32](a, b, *scalars)
    return a, b


def test_for_range_carries():
    @enigma.kernel
    def sums(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.i32)):
        with enigma.for_range(0, n, init=[0.0, 1.0]) as (i, carry):
            carry[0] = carry[0] + A[i]
            carry[1] = carry[1] * 2.0
        B[0] = carry[0]
        B[1] = carry[1]

    a, b = run(sums, 7)
    np.testing.assert_allclose(b[:2], [a[:7].sum(), 2.0**7])


def test_for_range_with_a_single_carry():
    @enigma.kernel
    def last(A: enigma.f32, B: enigma.f32):
        with enigma.for_range(0, 5, init=-1.0) as (i, carry):
            carry[0] = A[i]
        B[0] = carry[0]

    assert run(last)[1][0] == 5.0


@pytest.mark.parametrize(
    "bounds",
    [(0, 10, 1), (3, 20, 4), (10, 0, -3), (5, 5, 1), (7, 3, 1)],
    ids=lambda b: "to".join(map(str, b)),
)
def test_ranges_count_as_pythons_do(bounds):
    lo, hi, step = bounds

    @enigma.kernel
    def visits(A: enigma.f32, B: enigma.f32):
        with enigma.for_range(lo, hi, step) as i:
            B[i] = B[i] + 1.0
        for i in enigma.range(lo, hi, step):
            B[i] = B[i] + 10.0
        for i in enigma.range_constexpr(lo, hi, step):
            B[i] = B[i] + 100.0

    b = np.zeros(N, np.float32)
    visits[1, 1](b, b)
    expected = np.zeros(N, np.float32)
    expected[list(range(lo, hi, step))] = 111.0
    np.testing.assert_array_equal(b, expected)


def test_enigma_range_carries_what_the_body_assigns():
    @enigma.kernel
    def fibonacci(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.i32)):
        x = 0.0
        y = 1.0
        for i in enigma.range(n):
            B[i] = x
            total = x + y
            x = y
            y = total
        B[n] = x

    expected = [0.0, 1.0]
    while len(expected) < 11:
        expected.append(expected[-2] + expected[-1])
    np.testing.assert_array_equal(run(fibonacci, 10)[1][:11], expected)


def test_nested_loops_and_augmented_assignment():
    @enigma.kernel
    def table(A: enigma.f32, B: enigma.f32):
        total = 0.0
        for i in enigma.range(4):
            row = 0.0
            for j in enigma.range(4):
                row += A[i * 4 + j]
                total += 1.0
            B[i] = row
        else:
            B[5] = module_level
        B[4] = total

    a, b = run(table)
    np.testing.assert_array_equal(b[:4], a[:16].reshape(4, 4).sum(1))
    assert list(b[4:6]) == [16.0, 3.0]


def test_closures_defaults_and_globals_survive_the_rewriting():
    factor = 2.0

    @enigma.kernel
    def scaled(A: enigma.f32, B: enigma.f32, offset=5.0):
        total = 0.0
        for i in enigma.range(3):
            total = total + A[i] * factor + offset + module_level
        B[0] = total

    factor = 4.0
    a, b = run(scaled)
    assert b[0] == a[:3].sum() * 4.0 + 3 * (5.0 + 3.0)
    assert scaled.__name__ == "scaled"
    assert scaled.__qualname__.endswith("<locals>.scaled")


def test_a_name_for_enigma_range_will_do():
    loop = enigma.range

    @enigma.kernel
    def aliased(A: enigma.f32, B: enigma.f32):
        for i in loop(3):
            B[i] = A[i]

    a, b = run(aliased)
    np.testing.assert_array_equal(b[:3], a[:3])


def test_a_tensor_cannot_change_from_one_iteration_to_the_next():
    @enigma.kernel
    def swapped(A: enigma.f32, B: enigma.f32):
        src = A
        for i in enigma.range(3):
            B[i] = src[i]
            src = B

    assert "`src`" in only(refusal(swapped), "invalid-kernel").message


def test_python_loops_inside_a_recorded_one_may_be_left():
    @enigma.kernel
    def inner(A: enigma.f32, B: enigma.f32):
        for i in enigma.range(3):
            for k in range(10):
                if k == 2:
                    break
                B[i * 2 + k] = A[i * 2 + k]

    a, b = run(inner)
    np.testing.assert_array_equal(b[:6], a[:6])
    assert not b[6:].any()


def test_kernels_without_source():
    namespace = {"enigma": enigma}
    text = "@enigma.kernel\ndef plain(A: enigma.f32, B: enigma.f32):\n    B[0] = A[1]\n"
    looping = (
        "@enigma.kernel\ndef looping(A: enigma.f32):\n    for i in enigma.range(3):\n        A[i] = 1.0\n"
    )
    exec(text, namespace)
    exec(looping, namespace)
    assert run(namespace["plain"])[1][0] == 2.0
    assert "source" in only(refusal(namespace["looping"]), "invalid-kernel").help[0]


def test_if_with_and_without_otherwise():
    @enigma.kernel
    def branches(A: enigma.f32, B: enigma.f32):
        i = enigma.thread_position_in_grid
        with enigma.if_(i < 10):
            B[i] = 1.0
        with enigma.if_((i >= 20) & ~(i == 25)) as (then, otherwise):
            with then:
                B[i] = 2.0
            with otherwise, enigma.if_(i >= 15):
                B[i] = 3.0

    i = np.arange(N)
    expected = np.select([i < 10, i == 25, i >= 20, i >= 15], [1.0, 3.0, 2.0, 3.0], 0.0)
    np.testing.assert_array_equal(run(branches)[1], expected)


def test_while_computes_its_condition_anew():
    @enigma.kernel
    def collatz(A: enigma.f32, B: enigma.f32):
        i = enigma.thread_position_in_grid
        n = enigma.register_tensor(1, "uint")
        steps = enigma.register_tensor(1, "uint")
        n[0] = i + 1
        with enigma.while_(lambda: n[0] != 1):
            n[0] = enigma.where(n[0] / 2, n[0] * 3 + 1, n[0] % 2 == 1)
            steps[0] = steps[0] + 1
        B[i] = steps[0]

    def length(n):
        steps = 0
        while n != 1:
            n, steps = (n * 3 + 1 if n % 2 else n // 2), steps + 1
        return steps

    np.testing.assert_array_equal(run(collatz)[1], [length(n + 1) for n in range(N)])


def test_register_tensors_in_two_dimensions():
    @enigma.kernel
    def transposed(A: enigma.f32, B: enigma.f32):
        r = enigma.register_tensor((2, 3, 4), "float", fill=None)
        for i in enigma.range_constexpr(2):
            for j in enigma.range_constexpr(3):
                for k in enigma.range_constexpr(4):
                    r[i, j, k] = A[(i * 3 + j) * 4 + k]
        for i in enigma.range(2):
            for k in enigma.range(4):
                B[i * 4 + k] = r[i, 2, k]

    a, b = run(transposed)
    np.testing.assert_array_equal(b[:8], a[:24].reshape(2, 3, 4)[:, 2].ravel())


def test_vectors():
    @enigma.kernel
    def vectors(A: enigma.f32, B: enigma.f32):
        v = enigma.make_float4(A[0], A[1], 2, 0.5)
        w = enigma.sqrt(v * v) + enigma.make_vec(A[2], A[3], A[4], A[5])
        B[0] = w.x
        B[1] = w.y
        B[2] = enigma.vec_extract(w, 2)
        B[3] = enigma.vec_extract(w, "w")

    a, b = run(vectors)
    np.testing.assert_allclose(b[:4], [a[0] + a[2], a[1] + a[3], 2 + a[4], 0.5 + a[5]])


def test_positions():
    @enigma.kernel
    def positions(B: enigma.u32):
        x = enigma.thread_position_in_grid_xyz("x")
        y = enigma.thread_position_in_grid_xyz("y")
        at = (y * enigma.threads_per_grid("x") + x) * 4
        B[at] = enigma.thread_position_in_threadgroup()
        B[at + 1] = enigma.arch.block_idx()[0]
        B[at + 2] = enigma.arch.thread_idx()[0] + enigma.arch.block_idx()[1]
        B[at + 3] = enigma.arch.block_dim()[0]

    b = np.zeros((3, 10, 4), np.uint32)
    positions[(10, 3), (4, 1)](b)
    x = np.arange(10)
    for row in b:
        np.testing.assert_array_equal(row, np.stack([x % 4, x // 4, x % 4, np.where(x < 8, 4, 2)], 1))


def test_loops_anywhere_in_the_kernel_are_rewritten():
    @enigma.kernel
    def everywhere(A: enigma.f32, B: enigma.f32):
        def add_up(first, count):
            total = 0.0
            for i in enigma.range(count):
                total += A[first + i]
            return total

        try:
            with enigma.if_(A[0] > 0.0):
                for i in enigma.range(2):
                    B[i] = add_up(i, 3)
        finally:
            x = 1.0
            for _ in enigma.range(3):
                x = x * 2.0
        match 5:
            case 5:
                for _ in enigma.range(2):
                    x = x + 1.0
        for _ in enigma.range(3):
            x, y = x + 1.0, x
            del y
        B[2] = x

    a, b = run(everywhere)
    np.testing.assert_array_equal(b[:3], [a[:3].sum(), a[1:4].sum(), 13.0])


def test_what_needs_no_carrying_keeps_its_type():
    @enigma.kernel
    def temporaries(A: enigma.f32, B: enigma.f32):
        x = A[0]
        B[0] = x
        for i in enigma.range(1, 4):
            x = i + 1
            B[x - 1] = A[x - 1]

    a, b = run(temporaries)
    np.testing.assert_array_equal(b[:4], a[:4])


def leave_what_was_not_entered(A: enigma.f32):
    enigma.for_range(0, 3).__exit__(None, None, None)


def leave_the_outer_first(A: enigma.f32):
    loop, branch = enigma.for_range(0, 3), enigma.if_(A[0] > 1.0)
    loop.__enter__()
    branch.__enter__()
    loop.__exit__(None, None, None)


def leave_open(A: enigma.f32):
    enigma.while_(lambda: A[0] > 1.0).__enter__()


def otherwise_before_then(A: enigma.f32):
    with enigma.if_(A[0] > 1.0) as (then, otherwise):
        with otherwise:
            A[0] = 1.0
        with then:
            A[1] = 1.0


def otherwise_after_the_branch(A: enigma.f32):
    with enigma.if_(A[0] > 1.0) as (_, otherwise):
        A[0] = 1.0
    with otherwise:
        A[1] = 1.0


@pytest.mark.parametrize(
    "function",
    [
        leave_what_was_not_entered,
        leave_the_outer_first,
        leave_open,
        otherwise_before_then,
        otherwise_after_the_branch,
    ],
)
def test_blocks_that_are_not_nested_are_refused(function):
    assert {d.rule for d in refusal(enigma.kernel(function)).diagnostics} == {"invalid-kernel"}


def test_loops_refuse_what_they_cannot_take():
    @enigma.kernel
    def wrong(A: enigma.f32):
        with enigma.for_range("a", None, step=0):
            pass
        with enigma.for_range(0, 3, init=[A, None, "x"]):
            pass
        with enigma.if_(A[0]):
            pass

    assert [d.rule for d in refusal(wrong).diagnostics] == ["invalid-operand"] * 7
