"""Atomic operations, as functions and as methods of tensors; and the masked and the wide accesses beside them."""

import numpy as np
import pytest

import enigma
from support import marked_lines, only, refusal

TYPES = {enigma.i32: np.int32, enigma.u32: np.uint32, enigma.f32: np.float32}

# What each leaves of what an element holds and an operand.
UPDATES = {
    "exchange": lambda held, value: value,
    "fetch_add": lambda held, value: held + value,
    "fetch_sub": lambda held, value: held - value,
    "fetch_min": min,
    "fetch_max": max,
    "fetch_and": lambda held, value: held & value,
    "fetch_or": lambda held, value: held | value,
    "fetch_xor": lambda held, value: held ^ value,
}


@pytest.mark.parametrize("on_tile", [False, True], ids=["device", "threadgroup"])
@pytest.mark.parametrize("form", ["function", "method"])
@pytest.mark.parametrize("update", UPDATES)
def test_an_update_gives_what_was_there_and_leaves_what_follows(update, form, on_tile):
    @enigma.kernel
    def once(A: enigma.i32, Was: enigma.i32):
        i = enigma.thread_position_in_grid
        memory = enigma.threadgroup_alloc("int", 32) if on_tile else A
        if on_tile:
            memory.atomic_store(i, A[i])
        if form == "method":
            Was[i] = getattr(memory, f"atomic_{update}")(i, 10 - enigma.metal_cast(i, "int"))
        else:
            Was[i] = getattr(enigma, f"atomic_{update}")(memory, i, 10 - enigma.metal_cast(i, "int"))
        A[i] = enigma.atomic_load(memory, i)

    held, was = np.arange(-16, 16, dtype=np.int32), np.zeros(32, np.int32)
    expected = [UPDATES[update](int(held[i]), 10 - i) for i in range(32)]
    a = held.copy()
    report = enigma.check(once, a, was, grid=32, threads=32)
    assert report.ok, str(report)
    once[32, 32](a, was)
    np.testing.assert_array_equal(was, held)
    np.testing.assert_array_equal(a, expected)


@pytest.mark.parametrize("form", ["function", "method"])
def test_compare_and_exchange(form):
    @enigma.kernel
    def claim(A: enigma.u32, Won: enigma.u32):
        i = enigma.thread_position_in_grid
        if form == "method":
            won = A.atomic_compare_exchange_weak(0, 0, i + 1)
        else:
            won = enigma.atomic_compare_exchange_weak(A, 0, 0, i + 1)
        Won[i] = enigma.where(0, 1, won)

    a, won = np.zeros(1, np.uint32), np.zeros(256, np.uint32)
    claim[256, 32](a, won)
    assert won.sum() == 1
    assert a[0] == won.argmax() + 1


@pytest.mark.parametrize("dtype", TYPES, ids=lambda dtype: dtype.__name__)
@pytest.mark.parametrize("on_tile", [False, True], ids=["device", "threadgroup"])
def test_no_addition_of_many_threads_is_lost(on_tile, dtype):
    """Four bins of 32 threadgroups. Floats are exact too: the sums are whole numbers below 2^24."""
    threadgroups, threads, rounds = 32, 128, 9

    @enigma.kernel
    def count(Bins: dtype):
        i = enigma.thread_index_in_threadgroup()
        memory = enigma.threadgroup_alloc(dtype, 4) if on_tile else Bins
        if on_tile:
            with enigma.if_(i < 4):
                memory.atomic_store(i, 0)
            enigma.barrier()
        with enigma.for_range(0, rounds, dtype="uint") as k:
            memory.atomic_fetch_add((i + k) % 4, 1)
        if on_tile:
            enigma.barrier()
            with enigma.if_(i < 4):
                Bins.atomic_fetch_add(i, memory.atomic_load(i))

    bins = np.zeros(4, TYPES[dtype])
    count[threadgroups * threads, threads](bins)
    np.testing.assert_array_equal(bins, threadgroups * threads * rounds // 4)
    report = enigma.check(count, np.zeros(4, TYPES[dtype]), grid=threadgroups * threads, threads=threads)
    assert report.ok, str(report)
    np.testing.assert_array_equal(report.arrays[0], bins)


def test_every_order_that_suits_an_operation():
    @enigma.kernel
    def ordered(A: enigma.i32):
        for order in ("relaxed", "acquire"):
            enigma.atomic_load(A, 0, order=order)
        for order in ("relaxed", "release"):
            enigma.atomic_store(A, 0, 1, order=order)
        for order in ("relaxed", "acquire", "release", "acq_rel"):
            enigma.atomic_fetch_add(A, 0, 1, order=order)
            A.atomic_fetch_add(0, 1, order)

    a = np.zeros(1, np.int32)
    ordered[1, 1](a)
    assert a[0] == 9


def test_an_order_that_does_not_suit_is_refused_with_those_that_do():
    @enigma.kernel
    def ordered(A: enigma.i32):
        enigma.atomic_load(A, 0, order="release")  # HERE
        enigma.atomic_store(A, 0, 1, order="acquire")  # HERE
        A.atomic_fetch_add(0, 1, order="seq_cst")  # HERE

    error = refusal(ordered)
    only(error, "invalid-operand")
    assert [d.message for d in error.diagnostics] == [
        '`atomic_load` takes "relaxed", "acquire" as `order`, not the string "release"',
        '`atomic_store` takes "relaxed", "release" as `order`, not the string "acquire"',
        '`atomic_fetch_add` takes "relaxed", "acquire", "release", "acq_rel" as `order`, not the string "seq_cst"',
    ]
    assert {d.labels[0].line for d in error.diagnostics} == marked_lines(ordered._function)


def test_element_types_that_are_refused():
    @enigma.kernel
    def typed(H: enigma.f16, L: enigma.i64, F: enigma.f32):
        H.atomic_fetch_add(0, 1.0)  # HERE
        enigma.atomic_load(L, 0)  # HERE
        F.atomic_fetch_max(0, 1.0)  # HERE

    error = refusal(typed)
    only(error, "type-mismatch")
    assert [(d.message, d.help[0]) for d in error.diagnostics] == [
        (
            "`atomic_fetch_add` works on int, uint or float, but `H` holds half",
            "declare `H` with elements of type int, uint or float",
        ),
        (
            "`atomic_load` works on int, uint or float, but `L` holds long",
            "declare `L` with elements of type int, uint or float",
        ),
        (
            "`atomic_fetch_max` works on int or uint, but `F` holds float",
            "declare `F` with elements of type int or uint",
        ),
    ]
    assert {d.labels[0].line for d in error.diagnostics} == marked_lines(typed._function)


def test_registers_belong_to_one_thread():
    @enigma.kernel
    def private(A: enigma.f32):
        own = enigma.register_tensor(4, fill=0.0)
        enigma.atomic_fetch_add(own, 0, 1.0)

    error = refusal(private)
    assert only(error, "invalid-operand").message == (
        "`atomic_fetch_add` takes device or threadgroup memory, but `own` is in register memory"
    )


def test_a_misaligned_array_is_refused_where_it_is_accessed_atomically():
    @enigma.kernel
    def count(A: enigma.u32):
        enigma.atomic_fetch_add(A, 0, 1)

    @enigma.kernel
    def plain(A: enigma.u32):
        A[0] = 1

    beside = np.zeros(5, np.uint8)[1:].view(np.uint32)
    assert not beside.flags.aligned
    with pytest.raises(enigma.EnigmaError) as raised:
        count[1, 1](beside)
    found = only(raised.value, "invalid-binding")
    assert found.message.startswith("the kernel accesses `A` atomically, and was given memory at 0x")
    assert found.message.endswith("which is not aligned to 4 bytes")
    assert found.help == ("pass a copy of the array, which begins at an aligned address",)
    plain[1, 1](beside)
    assert beside[0] == 1


def test_an_index_out_of_bounds():
    @enigma.kernel
    def count(A: enigma.u32, n: enigma.Scalar(enigma.u32)):
        enigma.atomic_fetch_add(A, n, 1)

    a = np.zeros(4, np.uint32)
    with pytest.raises(enigma.EnigmaError, match=r"updates element 4 of `A`"):
        count[1, 1](a, 4)
    [found] = enigma.check(count, a, 4, grid=1, threads=1).errors
    assert found.rule == "out-of-bounds"


def test_masked_accesses_touch_nothing_where_the_mask_does_not_hold():
    @enigma.kernel
    def shift(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.i32)):
        i = enigma.metal_cast(enigma.thread_position_in_grid, "int")
        x = enigma.load_if(A, i - 4, i >= 4, -1.0)
        enigma.store_if(B, i * n, x, i * n < 32)

    a = np.arange(1, 33, dtype=np.float32)
    b = np.zeros(32, np.float32)
    report = enigma.check(shift, a, b, 2, grid=32, threads=32)
    assert report.ok, str(report)
    shift[32, 32](a, b, 2)
    np.testing.assert_array_equal(b[::2], np.concatenate([np.full(4, -1), a[:12]]))
    np.testing.assert_array_equal(b[1::2], 0)


def test_masked_accesses_are_in_bounds_where_the_mask_holds():
    @enigma.kernel
    def loads(A: enigma.f32, B: enigma.f32):
        i = enigma.thread_position_in_grid
        B[i] = enigma.load_if(A, i + 1, i < 32)

    @enigma.kernel
    def stores(A: enigma.f32, B: enigma.f32):
        i = enigma.thread_position_in_grid
        enigma.store_if(B, i + 1, A[i], i < 32)

    for kernel in (loads, stores):
        a, b = np.ones(32, np.float32), np.zeros(32, np.float32)
        [found] = enigma.check(kernel, a, b, grid=32, threads=32).errors
        assert (found.rule, found.count, found.first.lane, found.first.element) == (
            "out-of-bounds",
            1,
            31,
            32,
        )
        with pytest.raises(enigma.EnigmaError):
            kernel[32, 32](a, b)


@pytest.mark.parametrize("width", [2, 3, 4])
def test_wide_accesses_at_any_index_and_no_further(width):
    @enigma.kernel
    def copy(A: enigma.f32, B: enigma.f32, start: enigma.Scalar(enigma.u32)):
        enigma.vec_store(B, start, enigma.vec_load(A, start, width))

    a = np.arange(1, 17, dtype=np.float32)
    for start in (0, 1, 16 - width):
        b = np.zeros(16, np.float32)
        copy[1, 1](a, b, start)
        np.testing.assert_array_equal(b.nonzero()[0], np.arange(start, start + width))
        np.testing.assert_array_equal(b[start : start + width], a[start : start + width])
    report = enigma.check(copy, a, np.zeros(16, np.float32), 17 - width, grid=1, threads=1)
    assert {(found.rule, found.first.element) for found in report.errors} == {("out-of-bounds", 16)}


def test_widths_that_are_refused():
    @enigma.kernel
    def wide(A: enigma.f32):
        enigma.vec_load(A, 0, 5)

    assert only(refusal(wide), "invalid-operand").message == (
        "`vec_load` takes 2, 3 or 4 as `width`, not the number 5"
    )
