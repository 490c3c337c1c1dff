"""What `debug_print` prints, where, and what it refuses."""

import sys

import numpy as np
import pytest

import enigma
from support import marked_lines, only, refusal


def printed(capsys) -> list[str]:
    return capsys.readouterr().out.splitlines()


@enigma.kernel
def introduce(A: enigma.f32):
    group, thread = enigma.threadgroup_position_in_grid(), enigma.thread_index_in_threadgroup()
    enigma.debug_print("{}.{}", group, thread)
    enigma.debug_print("again {}.{}", group, thread, where=thread % 2 == 1)


def lines_of_introduce(threadgroups: int) -> list[str]:
    lines = []
    for group in range(threadgroups):
        lines += [f"{group}.{thread}" for thread in range(4)]
        lines += [f"again {group}.{thread}" for thread in (1, 3)]
    return lines


def test_threads_and_threadgroups_print_in_their_order(capsys):
    introduce[200, 4](np.zeros(1, np.float32))
    assert printed(capsys) == lines_of_introduce(50)


def test_it_is_printed_to_what_stdout_is_just_now(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdout", sys.stderr)
    introduce[4, 4](np.zeros(1, np.float32))
    assert capsys.readouterr().err.splitlines() == lines_of_introduce(1)


@pytest.mark.parametrize("order", ["late", "eager", "all"])
def test_the_checker_prints_once_whatever_the_number_of_runs(capsys, order):
    assert enigma.check(introduce, np.zeros(1, np.float32), grid=8, threads=4, order=order).ok
    assert printed(capsys) == lines_of_introduce(2)


# A format, a Python number of each dtype it is for, and those dtypes.
FORMATS = [
    ("{}", 7, ["int", "uint", "short", "uchar", "long"]),
    ("{:5d}|", -7, ["int", "char"]),
    ("{:<5}|", -7, ["int"]),
    ("{:*^+9}|", 7, ["int"]),
    ("{:#010x}", 255, ["uint", "ulong"]),
    ("{:b}", 5, ["uint"]),
    ("{:,}", 1234567, ["int"]),
    ("{}", 0.5, ["float", "half", "bfloat"]),
    ("{:.3f}", 0.5, ["float", "half"]),
    ("{:+.2e}", -1024.0, ["float"]),
    ("{:8.3g}|", 0.125, ["float"]),
    ("{:.1%}", 0.25, ["float"]),
    ("{:.2f}", 3, ["int"]),
    ("{}", True, ["bool"]),
    ("{:d}", True, ["bool"]),
    ("{{{}}}", 1, ["int"]),
]


@pytest.mark.parametrize(("fmt", "number", "dtypes"), FORMATS)
def test_formats_are_those_of_python(capsys, fmt, number, dtypes):
    @enigma.kernel
    def show(A: enigma.f32):
        for dtype in dtypes:
            enigma.debug_print(fmt, enigma.metal_cast(number, dtype))

    show[1, 1](np.zeros(1, np.float32))
    assert printed(capsys) == [fmt.format(number)] * len(dtypes)


def test_a_vector_is_printed_as_a_tuple_each_component_in_the_format(capsys):
    @enigma.kernel
    def show(A: enigma.f32):
        enigma.debug_print("{:.1f} at {}", enigma.vec_load(A, 0, 3), 5)

    show[1, 1](np.array([1, 2.25, -3], np.float32))
    assert printed(capsys) == ["(1.0, 2.2, -3.0) at 5"]


def test_values_of_loops_and_branches(capsys):
    @enigma.kernel
    def count(A: enigma.f32):
        i = enigma.thread_position_in_grid
        with enigma.for_range(0, 2, dtype="uint") as k, enigma.if_(i >= 2):
            enigma.debug_print("{} {}", k, i)

    count[4, 4](np.zeros(1, np.float32))
    assert printed(capsys) == ["0 2", "0 3", "1 2", "1 3"]


def test_the_first_ten_thousand_lines_are_kept(capsys):
    @enigma.kernel
    def chatter(A: enigma.f32):
        enigma.debug_print("{}", enigma.thread_position_in_grid)

    chatter[10_003, 64](np.zeros(1, np.float32))
    assert printed(capsys) == [*map(str, range(10_000)), "... and 3 more lines"]
    chatter[10_000, 64](np.zeros(1, np.float32))
    assert printed(capsys) == [*map(str, range(10_000))]


def test_what_was_printed_before_a_launch_fails_is_shown(capsys):
    @enigma.kernel
    def leave(A: enigma.f32, n: enigma.Scalar(enigma.u32)):
        enigma.debug_print("n is {}", n)
        A[n] = 1.0

    with pytest.raises(enigma.EnigmaError):
        leave[1, 1](np.zeros(1, np.float32), 5)
    assert printed(capsys) == ["n is 5"]


HELP = "`{}` stands for each value in turn, `{:.3f}` formats it as Python does, `{{` and `}}` are braces"

REFUSED = [
    ("{} {}", 1, "the format has 2 placeholders, and 1 value was given"),
    ("{}", 2, "the format has 1 placeholder, and 2 values were given"),
    ("none", 1, "the format has 0 placeholders, and 1 value was given"),
    ("{", 1, "a `{` is never closed; for the character itself, write `{{`"),
    ("}", 1, "a `}` stands alone; for the character itself, write `}}`"),
    ("{0}", 1, "`{0}` names a value, but values are taken in their order: write `{}`"),
    ("{:d}", 1, "placeholder 1 prints an integer (`d`), not float"),
    ("{:{}}", 1, "a placeholder cannot stand in another one"),
]


@pytest.mark.parametrize(("fmt", "count", "why"), REFUSED)
def test_what_cannot_be_printed_is_refused_when_it_is_traced(fmt, count, why):
    @enigma.kernel
    def show(A: enigma.f32):
        enigma.debug_print(fmt, *[A[0]] * count)  # HERE

    found = only(refusal(show), "invalid-operand")
    assert (found.message, found.help) == (f"`debug_print` cannot print this: {why}", (HELP,))
    assert {found.labels[0].line} == marked_lines(show._function)


def test_a_format_that_python_has_not_either():
    @enigma.kernel
    def show(A: enigma.f32):
        enigma.debug_print("{:q}", A[0])

    assert only(refusal(show), "invalid-operand").message == (
        "`debug_print` cannot print this: `{:q}` has `q`, which is no type of number: "
        "b, d, o, x, X, e, E, f, F, g, G or %"
    )


def test_where_is_a_condition():
    @enigma.kernel
    def show(A: enigma.f32):
        enigma.debug_print("{}", A[0], where=A[0])

    assert "as `where`" in only(refusal(show), "invalid-operand").message
