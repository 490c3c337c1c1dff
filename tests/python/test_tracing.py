"""What the tracer knows of the user's code: places, names, annotations, exceptions."""

from __future__ import annotations

import linecache
import pickle
import re

import pytest

import enigma
from support import only, refusal

ALIAS = enigma.f32


def test_names_are_kept_in_the_metal_source():
    @enigma.kernel
    def named(Input: enigma.f32, Output: enigma.f32, count: enigma.Scalar(enigma.u32)):
        index = enigma.thread_position_in_grid
        staging = enigma.threadgroup_alloc("float", 32)
        mine = enigma.register_tensor(4)
        arrival = enigma.async_copy_1d_d2t(staging, 0, Input, 0, 32)
        enigma.async_copy_wait(arrival)
        enigma.barrier()
        shifted = staging[index] + 1.0
        mine[index % 4] = shifted
        with enigma.for_range(0, count) as turn:
            Output[turn] = shifted * shifted + mine[turn % 4]

    source = enigma.compile(named).metal_source
    for name in (
        "named",
        "Input",
        "Output",
        "count",
        "index",
        "staging",
        "mine",
        "arrival",
        "shifted",
        "turn",
    ):
        assert re.search(rf"\b{name}\b", source), f"{name} is lost in\n{source}"


def test_names_are_kept_however_often_a_kernel_is_traced():
    """After some calls Python runs the code of a call in another way."""

    @enigma.kernel
    def staged(A: enigma.f32):
        lane = enigma.thread_index_in_simdgroup()
        staging = enigma.threadgroup_alloc("float", 32)
        staging[lane] = A[lane]
        A[lane] = staging[lane]

    texts = {enigma.compile(staged).source(target) for _ in range(40) for target in ("msl", "air")}
    assert len(texts) == 2
    assert all("staging" in text for text in texts)


def test_columns_are_those_of_the_expression():
    @enigma.kernel
    def wide(A: enigma.f32):
        größe = 3; A[0] = 1.0 + enigma.sqrt("größe")  # noqa: E702, F841  # fmt: skip

    (label,) = only(refusal(wide), "invalid-operand").labels
    text = linecache.getline(label.file, label.line)
    assert text[label.column - 1 : label.end_column - 1] == 'enigma.sqrt("größe")'


def test_places_inside_a_rewritten_loop_are_those_of_the_file():
    @enigma.kernel
    def looped(A: enigma.f32):
        total = 0.0
        for _ in enigma.range(4):
            total += enigma.sqrt(A)
        A[0] = total

    (label,) = only(refusal(looped), "invalid-operand").labels
    assert linecache.getline(label.file, label.line).strip() == "total += enigma.sqrt(A)"
    assert label.column == 22


def test_places_in_helpers_are_in_the_helper():
    def helper(x):
        return enigma.sqrt([x])

    @enigma.kernel
    def calls(A: enigma.f32):
        A[0] = helper(A[1])

    (label,) = only(refusal(calls), "invalid-operand").labels
    assert "return enigma.sqrt" in linecache.getline(label.file, label.line)


def test_sources_that_are_not_on_disk_are_shown():
    name = "<cell 1>"
    text = "@enigma.kernel\ndef cell(A: enigma.f32):\n    enigma.async_copy_wait(5)\n"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    namespace = {"enigma": enigma}
    exec(compile(text, name, "exec"), namespace)
    assert (
        str(refusal(namespace["cell"]))
        == """\
error[not-an-event]: `async_copy_wait` waits for events, not for the number 5
 --> <cell 1>:3:5
  |
3 |     enigma.async_copy_wait(5)
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^ given the number 5
  |
  = help: pass what `async_copy_1d_d2t` or one of its siblings returned"""
    )


def test_the_text_of_an_error():
    name = "<cell 2>"
    text = """\
@enigma.kernel
def early(A: enigma.f32, B: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 64)
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
    B[0] = tile[0]
    enigma.async_copy_wait(ev)
"""
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    namespace = {"enigma": enigma}
    exec(compile(text, name, "exec"), namespace)
    error = refusal(namespace["early"])
    shown = str(error)
    assert shown.startswith("error[read-before-wait]: ")
    assert "4 |     ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)\n" in shown
    assert "5 |     B[0] = tile[0]\n" in shown
    assert "async_copy_wait(ev)" in shown
    assert "\x1b[" not in shown
    assert pickle.loads(pickle.dumps(error)).diagnostics == error.diagnostics


def test_advice_is_kept_with_the_kernel():
    @enigma.kernel
    def idle(A: enigma.f32, B: enigma.f32):
        tile = enigma.threadgroup_alloc("float", 32)
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)
        enigma.async_copy_wait(ev)
        enigma.simd_barrier()
        B[enigma.thread_position_in_grid] = tile[enigma.thread_position_in_grid]

    assert [(r.rule, r.severity) for r in enigma.compile(idle).remarks] == [("no-overlap", "advice")]


def test_string_annotations_are_resolved_where_the_kernel_stands():
    Local = enigma.Scalar(enigma.i16)

    @enigma.kernel
    def annotated(A: ALIAS, n: Local, B: enigma.Scalar[enigma.f16], limit=3):
        A[0] = n + B + limit

    compiled = enigma.compile(annotated)
    assert compiled.param_names == ["A", "n", "B"]
    assert compiled.scalar_params == ["n", "B"]


def test_parameters_that_mean_nothing_are_all_named():
    with pytest.raises(enigma.EnigmaError) as raised:

        @enigma.kernel
        def wrong(A, B: int, C: NoSuchName, *rest: enigma.f32, D: enigma.f32 = 3):  # noqa: F821
            pass

    assert [d.message.split("`")[1] for d in raised.value.diagnostics] == ["A", "B", "C", "rest", "D"]
    assert {d.rule for d in raised.value.diagnostics} == {"invalid-kernel"}
    with pytest.raises(enigma.EnigmaError, match="no dtype"):
        enigma.Scalar("flaot")
    with pytest.raises(enigma.EnigmaError, match="decorates functions"):
        enigma.kernel(3)


def test_the_users_exceptions_pass_and_leave_nothing_behind():
    @enigma.kernel
    def fails(A: enigma.f32):
        with enigma.for_range(0, 3), enigma.if_(A[0] > 1.0):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        enigma.compile(fails)
    with pytest.raises(enigma.EnigmaError, match="outside a kernel"):
        enigma.barrier()


def test_what_was_refused_explains_the_users_exception():
    @enigma.kernel
    def confused(A: enigma.f32):
        enigma.async_copy_wait(5)
        raise KeyError("after the fact")

    error = refusal(confused)
    assert [d.rule for d in error.diagnostics] == ["not-an-event"]
    assert isinstance(error.__cause__, KeyError)


def test_kernels_trace_other_kernels_in_between():
    @enigma.kernel
    def inner(A: enigma.f32):
        A[0] = 1.0

    @enigma.kernel
    def outer(B: enigma.f32):
        x = B[0]
        names.append(enigma.compile(inner).kernel_name)
        B[1] = x

    names: list[str] = []
    assert enigma.compile(outer).kernel_name == "outer"
    assert names == ["inner"]


def test_kernels_are_launched_not_called():
    @enigma.kernel
    def returns(A: enigma.f32):
        return A[0]

    @enigma.kernel
    def calls(A: enigma.f32):
        returns(A)

    assert "returns a value" in only(refusal(returns), "invalid-kernel").message
    assert "called like a function" in only(refusal(calls), "invalid-kernel").message
    with pytest.raises(enigma.EnigmaError, match="called like a function"):
        returns()
    with pytest.raises(enigma.EnigmaError, match="both in threads"):
        returns[3]


def test_functions_have_signatures_and_documentation():
    import inspect

    signature = inspect.signature(enigma.async_copy_2d_d2t)
    assert list(signature.parameters)[:3] == ["dst", "dst_off", "dst_epr"]
    assert signature.parameters["fill"].default == "zero"
    assert signature.parameters["where"].kind is inspect.Parameter.KEYWORD_ONLY
    for name in enigma.language.__all__:
        documentation = getattr(enigma, name).__doc__
        assert "Raises:" in documentation and documentation.split("\n")[0].endswith("."), name
