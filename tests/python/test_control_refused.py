"""What cannot be recorded is refused by name, with its places and a remedy; the user's own exceptions pass."""

import linecache

import numpy as np
import pytest

import enigma
from support import only, refusal

CASES = {
    "a variable that one side assigns": (
        """\
def f(A, x):
    if x > 1:
        y = x
    A[0] = y
""",
        "`y` has a value only where this condition holds",
        [(4, "y"), (2, "x > 1")],
    ),
    "a variable that a loop assigns": (
        """\
def f(A, x):
    for k in range(x):
        y = A[k]
    A[0] = y
""",
        "`y` gets its value in this loop, which need not have run",
        [(4, "y"), (2, "range(x)")],
    ),
    "the index after a loop": (
        """\
def f(A, x):
    for k in range(x):
        A[k] = 1.0
    A[0] = k
""",
        "`k` gets its value in this loop",
        [(4, "k"), (2, "range(x)")],
    ),
    "two tensors": (
        """\
def f(A, x):
    t = A
    if x > 1:
        t = enigma.register_tensor(4)
    A[0] = t[0]
""",
        "`t` is the tensor `t` where this condition holds, and the tensor `A` where it fails",
        [(5, "t"), (3, "x > 1")],
    ),
    "a value and a string": (
        """\
def f(A, x):
    t = "a" if x > 1 else x
""",
        "a choice between 'a' and a value of type int has no type",
        [(2, '"a" if x > 1 else x'), (2, "x > 1")],
    ),
    "a literal that does not fit": (
        """\
def f(A, x):
    t = enigma.thread_position_in_grid
    if x > 1:
        t = -1
    A[0] = t
""",
        "`t` is the number -1 where this condition holds, and a value of type uint where it fails",
        [(5, "t"), (3, "x > 1")],
    ),
    "a tensor in a loop": (
        """\
def f(A, x):
    s, t = A, enigma.register_tensor(4)
    for k in range(x):
        A[k] = s[k]
        s, t = t, s
""",
        "`s` is the tensor `A` before the loop and becomes the tensor `t`",
        [(3, "range(x)")],
    ),
    "a list that grows": (
        """\
def f(A, x):
    held = []
    for k in range(x):
        held.append(A[k])
""",
        "`held` changes its length",
        [(3, "range(x)")],
    ),
    "a list that a branch lengthens": (
        """\
def f(A, x):
    held = []
    if x > 1:
        held.append(x)
""",
        "`held` is a list where this condition holds, and a list where it fails",
        [(3, "x > 1")],
    ),
    "a variable that changes its type": (
        """\
def f(A, x):
    y = x
    for k in range(x):
        y = y * A[k]
    A[0] = y
""",
        "`y` starts as a int, and becomes a float",
        [(3, "range(x)")],
    ),
    "one return with a value": (
        """\
def g(x):
    if x > 1:
        return x
def f(A, x):
    A[0] = g(x)
""",
        "this function returns a value of type int on some ways, and None on others",
        [(3, "return x")],
    ),
    "recursion that only the kernel would end": (
        """\
def g(x):
    if x == 0:
        return 1
    return x * g(x - 1)
def f(A, x):
    A[0] = g(x)
""",
        "a function calls itself under a condition that is known only when the kernel runs",
        [(2, "x == 0")],
    ),
    "an assert": (
        "def f(A, x):\n    assert x > 1, 'small'\n",
        "an `assert` cannot depend on a value",
        [(2, "x > 1")],
    ),
    "a match": (
        "def f(A, x):\n    match x:\n        case 1:\n            A[0] = 1.0\n",
        "a `match` cannot depend on a value",
        [(2, "x")],
    ),
    "a comprehension": (
        "def f(A, x):\n    y = [A[k] for k in range(3) if A[k] > x]\n",
        "the condition of a comprehension cannot depend on a value",
        [(2, "A[k] > x")],
    ),
    "a comprehension over a range of values": (
        "def f(A, x):\n    y = [A[k] for k in range(x)]\n",
        "a traced value has no number",
        [(2, "range(x)")],
    ),
    ":= in what some threads skip": (
        "def f(A, x):\n    y = x > 1 and (z := x)\n    A[0] = z\n",
        "`z` is assigned by `:=`",
        [(2, "x > 1")],
    ),
    "a return from a with block": (
        "def f(A, x):\n    with enigma.if_(x > 1):\n        return\n    A[0] = 1.0\n",
        "`return` in a `with enigma.if_` block happens while tracing",
        [(3, "return"), (2, "enigma.if_(x > 1)")],
    ),
    "an assignment in a with block": (
        """\
def f(A, x):
    y = 1
    with enigma.if_(x > 1):
        y = 2
    A[0] = y
""",
        "`y` is assigned in a `with enigma.if_` block, which happens once, while tracing, in any case",
        [(5, "y"), (3, "enigma.if_(x > 1)")],
    ),
    "an assignment that the next turn of a with block needs": (
        """\
def f(A, x):
    y = 1
    with enigma.for_range(0, x) as i:
        A[i] = y
        y = y + 1
""",
        "`y` is assigned in a `with enigma.for_range` block",
        [(3, "enigma.for_range(0, x)")],
    ),
    "an endless loop of Python's": (
        """\
import itertools
def f(A, x):
    for k in itertools.count():
        if x < k:
            break
""",
        "this loop was unrolled 10000 times",
        [(3, "itertools.count()")],
    ),
    "a keyword of a range": (
        "def f(A, x):\n    for i in enigma.range(0, stop=x):\n        A[i] = 1.0\n",
        "a range takes one to three bounds by position, not the keyword `stop`",
        [(2, "enigma.range(0, stop=x)")],
    ),
    "a pair of a range": (
        "def f(A, x):\n    for i, k in range(x):\n        A[i] = 1.0\n",
        "a range gives one number",
        [(2, "range(x)")],
    ),
    "a generator": (
        "def g(x):\n    if x > 1:\n        yield x\ndef f(A, x):\n    A[0] = next(g(x))\n",
        "a traced value has no truth value",
        [(2, "x > 1")],
    ),
    "a float as a bound": (
        "def f(A, x):\n    for i in range(A[0]):\n        if x > 1:\n            break\n",
        "a range takes integers, not a value of type float",
        [(2, "range(A[0])")],
    ),
}


def kernel_of(text, name):
    """A kernel that calls the `f` of that text."""
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    namespace = {"enigma": enigma}
    exec(compile(text, name, "exec"), namespace)
    f = namespace["f"]

    @enigma.kernel
    def refused(A: enigma.f32, x: enigma.Scalar(enigma.i32)):
        f(A, x)

    return refused


@pytest.mark.parametrize("case", CASES)
def test_refused(case):
    text, message, places = CASES[case]
    name = f"<{case}>"
    error = refusal(kernel_of(text, name))
    finding = error.diagnostics[0]
    assert message in finding.message, str(error)
    found = set()
    for label in finding.labels:
        assert label.file == name, str(error)
        if label.line == label.end_line:
            line = text.splitlines()[label.line - 1]
            found.add((label.line, line[label.column - 1 : label.end_column - 1]))
    assert set(places) <= found, str(error)
    assert finding.help, str(error)


def without_source(text):
    namespace = {"enigma": enigma}
    exec(text, namespace)
    return namespace["k"]


def test_without_its_source_a_kernel_without_such_control_flow_works():
    kernel = without_source(
        "@enigma.kernel\ndef k(A: enigma.f32):\n    for i in range(3):\n        A[i] = A[i] * 2.0 if i else 5.0\n"
    )
    a = np.ones(3, np.float32)
    kernel[1, 1](a)
    assert a.tolist() == [5.0, 2.0, 2.0]


@pytest.mark.parametrize("statement", ["if A[0] > 1.0:", "while A[0] > 1.0:", "assert A[0] > 1.0 or"])
def test_without_its_source_a_condition_says_so(statement):
    body = " 1" if "assert" in statement else "\n        A[0] = 1.0"
    kernel = without_source(f"@enigma.kernel\ndef k(A: enigma.f32):\n    {statement}{body}\n")
    finding = only(refusal(kernel), "invalid-kernel")
    assert "its source is not available (define it in a file or a notebook)" in finding.help[0]
    assert finding.labels[0].line == 3


@pytest.mark.parametrize("error", [KeyError, TypeError, AttributeError, RecursionError, StopIteration])
def test_the_users_own_exceptions_pass(error):
    def helper(x):
        if x > 1:
            raise error("mine")

    @enigma.kernel
    def raises(A: enigma.f32):
        helper(A[0])

    with pytest.raises(error, match="mine") as raised:
        enigma.compile(raises)
    last = raised.traceback[-1]
    assert "raise error" in linecache.getline(str(last.path), last.lineno + 1)


def test_what_python_leaves_unbound_stays_so():
    def helper(flag):
        if flag:
            x = 1.0
        return x

    @enigma.kernel
    def reads(A: enigma.f32):
        A[0] = helper(False)

    with pytest.raises(UnboundLocalError):
        enigma.compile(reads)


def test_unused_ends_of_a_branch_need_not_meet():
    @enigma.kernel
    def unused(A: enigma.f32):
        if A[0] > 1.0:
            t = "text"
        else:
            t = A
        t = 2.0
        A[1] = t

    enigma.compile(unused)


def test_helpers_outside_kernels_stay_pythons():
    def helper(x, keep):
        keep.append(lambda: 5 if x else 6)
        return 1.0 if x > 1 else 2.0

    kept = []

    @enigma.kernel
    def calls(A: enigma.f32):
        A[0] = helper(A[0], kept)

    enigma.compile(calls)
    enigma.compile(calls)
    assert helper(3, kept) == 1.0
    assert kept[-1]() == 5


def test_what_a_taken_back_iteration_left_behind_is_refused():
    class Shelf:
        tensor = value = None

    @enigma.kernel
    def leaks(A: enigma.f32):
        x = 3
        while x > 1:
            if Shelf.value is None:
                Shelf.tensor = enigma.register_tensor(4)
                Shelf.value = A[0] + 1.0
            x = enigma.metal_cast(A[1], "uint")
        A[1] = Shelf.value
        A[2] = Shelf.tensor[0]

    assert [finding.rule for finding in refusal(leaks).diagnostics] == ["value-escapes"] * 2


def test_a_value_of_another_kernel_does_not_leave_a_loop():
    kept = []

    @enigma.kernel
    def keeps(A: enigma.f32):
        for k in range(100):
            kept.append(A[k] * 2.0)

    @enigma.kernel
    def takes(A: enigma.f32, n: enigma.Scalar(enigma.i32)):
        while True:
            y = kept[-1]
            if n > 1:
                break
        A[0] = y

    enigma.compile(keeps)
    assert "foreign-value" in {finding.rule for finding in refusal(takes).diagnostics}
