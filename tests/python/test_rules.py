"""What the compiler refuses: each kernel breaks one rule, and the message names every line marked `# HERE`."""

import pytest

import enigma
from support import marked_lines, only, refusal

REFUSED: list[tuple[str, enigma.Kernel]] = []


def refused(rule):
    """Makes a kernel of a function, to be refused for breaking `rule`."""

    def keep(function):
        kernel = enigma.kernel(function)
        REFUSED.append((rule, kernel))
        return kernel

    return keep


@refused("wrong-direction")
def from_threadgroup_to_threadgroup_by_d2t(A: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 64)  # HERE
    ev = enigma.async_copy_1d_t2d(tile, 0, A, 0, 64)  # HERE
    enigma.async_copy_wait(ev)


@refused("wrong-direction")
def from_device_to_device(A: enigma.f32, B: enigma.f32):  # HERE
    ev = enigma.async_copy_1d_d2t(B, 0, A, 0, 64)  # HERE
    enigma.async_copy_wait(ev)


@refused("wrong-direction")
def two_tiles(A: enigma.f32):
    first = enigma.threadgroup_alloc("float", 64)  # HERE
    second = enigma.threadgroup_alloc("float", 64)  # HERE
    ev = enigma.async_copy_2d_d2t(first, 0, 8, second, 0, 8, 8, 8)  # HERE
    enigma.async_copy_wait(ev)


@refused("out-of-bounds")
def sixty_five_into_sixty_four(A: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 64)  # HERE
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 65)  # HERE
    enigma.async_copy_wait(ev)


@refused("out-of-bounds")
def count_of_minus_one(A: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 64)
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, -1)  # HERE
    enigma.async_copy_wait(ev)


@refused("out-of-bounds")
def last_row_leaves_the_tile(A: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 64)  # HERE
    ev = enigma.async_copy_2d_d2t(tile, 1, 8, A, 0, 64, 8, 8)  # HERE
    enigma.async_copy_wait(ev)


@refused("type-mismatch")
def half_into_float(A: enigma.f16):  # HERE
    tile = enigma.threadgroup_alloc("float", 64)  # HERE
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)  # HERE
    enigma.async_copy_wait(ev)


@refused("unknown-buffer")
def unknown_name(A: enigma.f32):
    ev = enigma.async_copy_1d_d2t("tile", 0, A, 0, 64)  # HERE
    enigma.async_copy_wait(ev)


@refused("never-waited")
def never_waited(A: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 64)
    enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)  # HERE


@refused("never-waited")
def never_waited_in_a_loop(A: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 64)
    with enigma.for_range(0, 4) as i:  # HERE
        enigma.async_copy_1d_d2t(tile, i * 16, A, 0, 16)  # HERE


@refused("not-an-event")
def wait_for_a_number(A: enigma.f32):
    enigma.async_copy_wait(5)  # HERE


@refused("not-an-event")
def wait_for_a_value(A: enigma.f32):
    x = A[0]  # HERE
    enigma.async_copy_wait(x)  # HERE


@refused("event-escapes")
def event_of_a_branch(A: enigma.f32, n: enigma.Scalar(enigma.u32)):
    tile = enigma.threadgroup_alloc("float", 64)
    with enigma.if_(n > 3):
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)  # HERE
    enigma.async_copy_wait(ev)  # HERE


@refused("read-before-wait")
def read_early(A: enigma.f32, B: enigma.f32):
    i = enigma.thread_position_in_grid
    tile = enigma.threadgroup_alloc("float", 64)
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)  # HERE
    B[i] = tile[0]  # HERE
    enigma.async_copy_wait(ev)


@refused("write-before-wait")
def write_early(A: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 64)
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)  # HERE
    tile[3] = 1.0  # HERE
    enigma.async_copy_wait(ev)


@refused("source-overwritten")
def source_overwritten(B: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 64)
    tile[enigma.thread_index_in_threadgroup()] = 1.0
    enigma.barrier()
    ev = enigma.async_copy_1d_t2d(B, 0, tile, 0, 32)  # HERE
    tile[3] = 2.0  # HERE
    enigma.async_copy_wait(ev)


@refused("overlapping-copies")
def two_copies_into_one_tile(A: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 64)
    first = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)  # HERE
    second = enigma.async_copy_1d_d2t(tile, 32, A, 64, 32)  # HERE
    enigma.async_copy_wait(first, second)


@refused("divergent-copy")
def copy_under_a_condition_of_the_lane(A: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 64)
    with enigma.if_(enigma.thread_index_in_simdgroup() < 3):  # HERE
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)  # HERE
        enigma.async_copy_wait(ev)


@refused("divergent-copy")
def operands_differ_from_lane_to_lane(A: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_1d_d2t(tile, 0, A, lane, 8)  # HERE
    enigma.async_copy_wait(ev)


@refused("divergent-barrier")
def barrier_under_a_condition_of_the_thread(A: enigma.f32):
    with enigma.if_(enigma.thread_index_in_threadgroup() < 3):  # HERE
        enigma.barrier()  # HERE


@refused("waited-twice")
def waited_twice(A: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 64)
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
    enigma.async_copy_wait(ev)  # HERE
    enigma.async_copy_wait(ev)  # HERE


@refused("resource-limit")
def too_much_threadgroup_memory(A: enigma.f32):
    enigma.threadgroup_alloc("float", 5000)
    enigma.threadgroup_alloc("float", 5000)  # HERE


@refused("invalid-operand")
def a_tensor_is_no_number(A: enigma.f32):
    enigma.sqrt(A)  # HERE


@refused("invalid-operand")
def no_such_keyword(A: enigma.f32):
    enigma.sqrt(A[0], precise=True)  # HERE


@refused("invalid-operand")
def given_twice(A: enigma.f32):
    enigma.sqrt(A[0], x=1.0)  # HERE


@refused("invalid-operand")
def argument_missing(A: enigma.f32):
    enigma.fma(A[0], A[1])  # HERE


@refused("invalid-operand")
def too_many_arguments(A: enigma.f32):
    enigma.sqrt(A[0], A[1])  # HERE


@refused("invalid-operand")
def no_such_flags(A: enigma.f32):
    enigma.barrier("mem_everything")  # HERE


@refused("invalid-operand")
def index_that_is_a_list(A: enigma.f32):
    A[[1, 2]] = 0.0  # HERE


@refused("invalid-operand")
def size_that_is_traced(A: enigma.f32, n: enigma.Scalar(enigma.u32)):
    enigma.threadgroup_alloc("float", n)  # HERE


@refused("invalid-operand")
def too_few_indices(A: enigma.f32):
    r = enigma.register_tensor((2, 3))  # HERE
    A[0] = r[1]  # HERE


@refused("out-of-bounds")
def register_index(A: enigma.f32):
    r = enigma.register_tensor((2, 3))  # HERE
    A[0] = r[1, 3]  # HERE


@refused("literal-out-of-range")
def literal_out_of_range(A: enigma.u8):
    A[0] = 256  # HERE


@refused("value-escapes")
def value_of_a_loop(A: enigma.f32):
    with enigma.for_range(0, 4) as i:
        x = A[i]  # HERE
    A[0] = x  # HERE


@refused("invalid-kernel")
def python_comprehension(A: enigma.f32):
    A[0] = sum([A[k] for k in range(4) if A[k] > 1.0])  # HERE


@refused("invalid-kernel")
def python_index(A: enigma.f32):
    A[1] = [1.0, 2.0][A[0] > 1.0]  # HERE


@refused("invalid-kernel")
def python_assert(A: enigma.f32):
    assert A[0] > 1.0  # HERE


@refused("invalid-kernel")
def length_of_a_device_buffer(A: enigma.f32):
    A[0] = len(A)  # HERE


@refused("invalid-kernel")
def work_between_the_branches(A: enigma.f32):
    with enigma.if_(A[0] > 1.0) as (then, otherwise):
        with then:
            A[1] = 0.0
        A[2] = 0.0
        with otherwise:  # HERE
            A[3] = 0.0


@refused("invalid-kernel")
def break_out_of_a_recorded_block(A: enigma.f32):
    for i in range(4):
        with enigma.if_(A[i] > 1.0):
            break  # HERE


@refused("invalid-operand")
def carry_that_starts_as_another_type(A: enigma.f32):
    total = 0
    for i in enigma.range(4):  # HERE
        total = total + A[i]  # HERE
    A[0] = total


@pytest.mark.parametrize("rule, kernel", REFUSED, ids=lambda case: getattr(case, "__name__", None))
def test_refused(rule, kernel):
    finding = only(refusal(kernel), rule)
    lines = {label.line for label in finding.labels}
    assert marked_lines(kernel) <= lines, f"the message names lines {sorted(lines)}:\n{refusal(kernel)}"
    assert {label.file for label in finding.labels} == {__file__}
    assert all(label.text for label in finding.labels)


def test_everything_is_reported_not_the_first_thing_alone():
    @enigma.kernel
    def wrong(A: enigma.f32):
        enigma.async_copy_wait(5)
        enigma.sqrt("A")
        enigma.barrier(7)

    assert [d.rule for d in refusal(wrong).diagnostics] == [
        "not-an-event",
        "invalid-operand",
        "invalid-operand",
    ]


@pytest.mark.parametrize("use", ["operand", "operator", "index", "event", "tensor", "bool"])
def test_values_of_another_kernel_are_foreign(use):
    kept = {}

    @enigma.kernel
    def first(A: enigma.f32):
        tile = enigma.threadgroup_alloc("float", 64)
        kept.update(A=A, x=A[0], ev=enigma.async_copy_1d_d2t(tile, 0, A, 0, 64))
        enigma.async_copy_wait(kept["ev"])
        A[0] = tile[0]

    @enigma.kernel
    def second(B: enigma.f32):
        match use:
            case "operand":
                enigma.sqrt(kept["x"])
            case "operator":
                B[0] = B[1] + kept["x"]
            case "index":
                B[kept["x"]] = 0.0
            case "event":
                enigma.async_copy_wait(kept["ev"])
            case "tensor":
                B[0] = kept["A"][0]
            case "bool":
                if kept["x"] > 0:
                    pass

    enigma.compile(first)
    rules = {d.rule for d in refusal(second).diagnostics}
    assert "foreign-value" in rules
    with pytest.raises(enigma.EnigmaError, match="outside a kernel"):
        kept["x"] + 1


def test_functions_of_the_language_need_a_kernel():
    for call in (lambda: enigma.barrier(), lambda: enigma.thread_position_in_grid, lambda: enigma.sqrt(2.0)):
        with pytest.raises(enigma.EnigmaError, match="outside a kernel") as raised:
            call()
        assert raised.value.diagnostics[0].labels[0].file == __file__
