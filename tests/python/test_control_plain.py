"""Plain Python control flow over values: a kernel does in each thread what Python does with that thread's numbers."""

import functools
import operator

import numpy as np
import pytest

import enigma
from support import only, refusal

N = 32
INPUT = np.arange(N, dtype=np.int32)


def in_each_thread(function):
    """What a kernel computes that calls the function with its thread's number."""

    @enigma.kernel
    def kernel(A: enigma.i32, B: enigma.i32):
        i = enigma.thread_position_in_grid
        B[i] = function(A[i])

    b = np.full(N, -1, np.int32)
    kernel[N, N](INPUT, b)
    return b


ALIKE = []


def alike(function):
    ALIKE.append(function)
    return function


@alike
def branches(x):
    if x > 20:
        y = x - 20
    elif x % 2 == 1 and x < 10:
        y = x * 3
    else:
        y = -x
    return y


@alike
def early_returns(x):
    if x < 3:
        return 100
    if x < 10:
        if x % 2 == 0:
            return x
        x = x + 50
    return x * 2


@alike
def return_from_nested_loops(x):
    for i in range(x):
        for k in range(4):
            if i * k > 11:
                return i * 100 + k
    return -1


@alike
def break_beside_a_return(x):
    total = x * 0
    while total < 60:
        total += x + 1
        if total % 3 == 0:
            if total > 12:
                break
        else:
            return total * 7
        total += 5
    return total


@alike
def while_with_break_and_continue(x):
    total = x * 0
    while x > 0:
        x -= 1
        if x % 3 == 0:
            continue
        total += x
        if total > 50:
            break
    return total * 100 + x


@alike
def search_with_else(x):
    found = x * 0
    for i in range(2, x):
        if x % i == 0:
            found = i
            break
    else:
        found = x * 0 - 1
    return found


@alike
def first_value_of_an_endless_loop(x):
    while True:
        y = x * x
        if y % 7 == 2 or y > 300:
            break
        x += 1
    return y


@alike
def counts_down(x):
    total = x * 0
    for i in range(x, 0, -3):
        total = total * 2 + i
        if total > 1000:
            break
    return total


@alike
def conditional_expressions(x):
    return (1 if x < 5 else 2 if x < 9 else x) if not x % 2 else (x if 3 < x <= 20 else -x)


@alike
def and_or_give_their_operands(x):
    return (x % 4 and x + 1) * 100 + (x % 3 or 7)


@alike
def truth_of_numbers(x):
    return 1 if x else 0


@alike
def pairs_are_chosen_between(x):
    pair = (x, x + 1)
    if x > 10:
        pair = (pair[1], pair[0] * 2)
    a, b = pair
    return a * 100 + b


@alike
def lists_that_loops_change(x):
    held = [x, 0, 1]
    for i in range(x):
        held[1] = held[1] + held[0] + i
        held[0], held[2] = held[2], held[0] % 5
    return held[0] * 10000 + held[1] * 10 + held[2]


@alike
def lists_that_branches_change(x):
    held = {"rows": [[x, 1], [2, x]], "count": x}
    if x > 10:
        held["rows"][0][1] = x * 2
    else:
        held["count"] = 5
        held["rows"][1][0] = 7
    return held["rows"][0][1] * 100 + held["rows"][1][0] * 10 + held["count"]


@alike
def python_decides_what_python_knows(x):
    names = ["add", "sub"]
    total = x
    for name in names:
        if name == "add" and x is not None:
            total = total + 3
        elif name == "sub":
            total = total - 1
            break
    else:
        total = total * 0
    return total


@alike
def unrolled_loop_left_by_a_value(x):
    total = x * 0
    for k in range(6):
        if x < k * 5:
            break
        if k == 2:
            continue
        total += k
    return total


@alike
def assigned_inside_expressions(x):
    if (y := x * 2) > 20:
        y = y + 1
    while (z := y - 3) > 0:
        y = y - 5
    return y * 100 + z


@alike
def through_try_and_with_and_match(x):
    total = x
    try:
        if x > 20:
            return 5
        total += 1
    finally:
        total += 2
    match 3:
        case 3 if len("abc") == 3:
            if x > 15:
                return total
        case _:
            total = 0
    return total * 2


@alike
def nonlocal_variables(x):
    count = x * 0

    def bump(by):
        nonlocal count
        if by > 3:
            count += by

    for k in range(x):
        bump(k)
    if x > 5:
        bump(x)
    return count


@alike
def helpers_of_every_kind(x):
    def nested(y, *, least=4):
        return y if y > least else least

    twice = functools.partial(nested, least=8)
    clip = lambda y: 20 if y > 20 else y  # noqa: E731
    return nested(x) + twice(x) * 2 + clip(x) + Shape.area(x) + Shape(3).grow(x) + decorated(x) + Shape(2)(x)


class Shape:
    """Methods that kernels call."""

    def __init__(self, size):
        self.size = size
        self.__limit = 25

    @staticmethod
    def area(x):
        if x > 7:
            return x * x
        return 0

    def grow(self, x):
        if self.size > 2 and x < self.__limit:
            x += self.size
        return x

    def __call__(self, x):
        return self.size if x > self.size else x


def traced(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args) + 1

    return wrapper


@traced
def decorated(x):
    return x if x < 9 else 9


@alike
def recursion_that_python_ends(x):
    return tree(x, 3)


def tree(x, depth):
    if depth == 0:
        return x
    return tree(x + 1, depth - 1) if x % 2 == 0 else tree(x * 2, depth - 1)


@pytest.mark.parametrize("function", ALIKE, ids=lambda function: function.__name__)
def test_each_thread_does_what_python_does(function):
    np.testing.assert_array_equal(in_each_thread(function), [function(int(x)) for x in INPUT])


def test_and_and_or_protect_what_they_guard():
    @enigma.kernel
    def guarded(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.u32)):
        i = enigma.thread_position_in_grid
        B[i] = 1.0 if i < n and A[i] > 2.0 else 0.0
        if i >= n or A[i] < 1.0:
            return
        k = i
        while k < n and A[k] > 0.0:
            B[i] += 1.0
            k += 1

    a = np.array([0, 1, 3, 4, 0, 2], np.float32)
    report = enigma.check(guarded, a, np.zeros(32, np.float32), 6, grid=32, threads=32)
    assert report.ok, report
    np.testing.assert_array_equal(report.arrays[1][:7], [0, 3, 3, 2, 0, 1, 0])


def test_a_range_of_python_numbers_is_unrolled_and_one_of_values_recorded():
    @enigma.kernel
    def loops(A: enigma.f32, n: enigma.Scalar(enigma.i32)):
        for k in range(3):
            A[k] = 1.0
        for k in range(n):
            A[k] = 2.0
        for k in enigma.range(3):
            A[k] = 3.0

    assert enigma.compile(loops).metal_source.count("for (") == 2


@pytest.mark.parametrize("step", [-3, -1, 1, 2])
def test_a_step_that_is_a_value_goes_either_way(step):
    @enigma.kernel
    def steps(
        B: enigma.i32,
        lo: enigma.Scalar(enigma.i32),
        hi: enigma.Scalar(enigma.i32),
        by: enigma.Scalar(enigma.i32),
    ):
        count = 0
        for k in range(lo, hi, by):
            B[count] = k
            count += 1

    lo, hi = (2, 9) if step > 0 else (9, 2)
    b = np.zeros(16, np.int32)
    steps[1, 1](b, lo, hi, step)
    expected = list(range(lo, hi, step))
    assert b[: len(expected) + 1].tolist() == [*expected, 0]


def test_types_meet_by_the_usual_conversions():
    @enigma.kernel
    def meets(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.i32), h: enigma.Scalar(enigma.f16)):
        x = n if n > 3 else A[0]
        y = 1 if n > 3 else -1
        if n > 3:
            z = h
        else:
            z = n
        B[0] = x / 2
        B[1] = y
        B[2] = z / 2

    b = np.zeros(3, np.float32)
    meets[1, 1](np.array([7], np.float32), b, 5, 1.5)
    assert b.tolist() == [2.5, 1.0, 0.75]
    meets[1, 1](np.array([7], np.float32), b, 3, 1.5)
    assert b.tolist() == [3.5, -1.0, 1.5]


def test_vectors_and_matrices_are_chosen_between():
    @enigma.kernel
    def chooses(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.i32)):
        v = enigma.make_float2(A[0], A[1])
        if n > 3:
            v = v * 2.0
        for k in range(n):
            v = v + 1.0
            if k == 1:
                break
        m = enigma.make_filled_simdgroup_matrix(0.0)
        if n > 3:
            m = enigma.make_filled_simdgroup_matrix(5.0)
        enigma.simdgroup_matrix_store(m, B, 8)
        enigma.simd_barrier("mem_device")
        B[64] = v.x
        B[65] = v.y

    for n, matrix, vector in [(2, 0.0, [3.0, 4.0]), (4, 5.0, [4.0, 6.0])]:
        b = np.zeros(66, np.float32)
        chooses[32, 32](np.array([1, 2], np.float32), b, n)
        assert set(b[:64]) == {matrix}
        assert set(b[64:]) <= set(vector)


def test_events_are_carried_and_chosen_between():
    @enigma.kernel
    def pipelined(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.i32)):
        lane = enigma.thread_index_in_simdgroup()
        tiles = enigma.threadgroup_alloc("float", 64)
        ev = enigma.async_copy_1d_d2t(tiles, 0, A, 0, 32)
        for k in range(n):
            enigma.async_copy_wait(ev)
            if k + 1 < n:
                ev = enigma.async_copy_1d_d2t(tiles, (k + 1) % 2 * 32, A, (k + 1) * 32, 32)
            else:
                ev = enigma.async_copy_1d_d2t(tiles, 0, A, 0, 0)
            B[k * 32 + lane] = tiles[k % 2 * 32 + lane] * 2.0
            enigma.simd_barrier()
        enigma.async_copy_wait(ev)

    a = np.arange(128, dtype=np.float32)
    report = enigma.check(pipelined, a, np.zeros(128, np.float32), 4, grid=32, threads=32)
    assert report.ok, report
    np.testing.assert_array_equal(report.arrays[1], a * 2)


def test_barriers_after_a_uniform_break_are_right():
    @enigma.kernel
    def uniform(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.i32)):
        lane = enigma.thread_position_in_threadgroup()
        tile = enigma.threadgroup_alloc("float", 64)
        if n == 0:
            return
        for k in range(10):
            if k == n:
                break
            tile[lane] = A[lane] + k
            enigma.barrier()
            B[lane] = tile[63 - lane]
            enigma.barrier()

    a = np.arange(64, dtype=np.float32)
    report = enigma.check(uniform, a, np.zeros(64, np.float32), 3, grid=64, threads=64)
    assert report.ok, report
    np.testing.assert_array_equal(report.arrays[1], a[::-1] + 2)


def test_barriers_after_a_divergent_return_are_found():
    @enigma.kernel
    def divergent(A: enigma.f32):
        lane = enigma.thread_index_in_simdgroup()
        if lane < 16:
            return
        enigma.barrier()
        A[lane] = 0.0

    assert only(refusal(divergent), "divergent-barrier")


@pytest.mark.parametrize("loop", ["for k in range(4)", "while A[1] > 0.0"])
def test_barriers_after_a_divergent_break_are_found(loop):
    text = f"""\
@enigma.kernel
def divergent(A: enigma.f32):
    lane = enigma.thread_position_in_threadgroup()
    {loop}:
        if A[lane] > 5.0:
            break
        enigma.barrier()
"""
    import linecache

    name = f"<divergent {loop}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    namespace = {"enigma": enigma}
    exec(compile(text, name, "exec"), namespace)
    report = enigma.check(namespace["divergent"], np.arange(64, dtype=np.float32), grid=64, threads=64)
    assert {finding.rule for finding in report.findings} & {"divergent-barrier", "no-progress"}, report


def test_powers():
    @enigma.kernel
    def powers(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.i32)):
        B[0] = n**5
        B[1] = n**0
        B[2] = A[0] ** 2
        B[3] = A[0] ** 2.5
        B[4] = 2.0 ** A[0]
        B[5] = n**1

    b = np.zeros(6, np.float32)
    powers[1, 1](np.array([3], np.float32), b, -3)
    np.testing.assert_allclose(b, [-243, 1, 9, 3**2.5, 8, -3], rtol=1e-6)


def test_numpys_numbers_and_functions_of_operators():
    @enigma.kernel
    def mixed(A: enigma.f32, B: enigma.f32):
        B[0] = np.float32(2.0) * A[0]
        B[1] = np.add(A[0], 1.0)
        B[2] = 1.0 if np.float32(2.0) < A[0] else 0.0
        B[3] = operator.sub(np.int64(5), A[0])

    b = np.zeros(4, np.float32)
    mixed[1, 1](np.array([3], np.float32), b)
    assert b.tolist() == [6.0, 4.0, 1.0, 2.0]


def test_functions_of_the_standard_library_are_left_alone():
    @enigma.kernel
    def calls(A: enigma.f32):
        A[0] = functools.reduce(operator.add, [A[k] for k in range(3)])
        A[1] = sum(A[k] for k in range(3))
        A[2] = f"{A[0]}".count("Value")

    a = np.array([1, 2, 3], np.float32)
    calls[1, 1](a)
    assert a.tolist() == [6.0, 11.0, 1.0]
