"""Whatever a kernel's code calls with whatever arguments: it compiles, or is refused with a place; nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import enigma

FUNCTIONS = sorted(
    {*enigma.language.__all__, "make_float2", "threadgroup_alloc", "register_tensor", "if_", "while_"}
)
ARITY = {
    "make_float2": (2, 2),
    "threadgroup_alloc": (2, 3),
    "register_tensor": (1, 3),
    "if_": (1, 1),
    "while_": (1, 1),
}
KEYWORDS = ["x", "where", "fill", "valid_cols", "valid_rows", "dim", "mem_flags", "elem", "offset", "no_such"]
OPERATORS = ["__add__", "__rsub__", "__mul__", "__truediv__", "__floordiv__", "__mod__", "__lshift__", "__rshift__",
             "__and__", "__or__", "__rxor__", "__lt__", "__eq__"]  # fmt: skip


def things(A, n):
    """One of every kind of thing that code may hand to a function."""
    tile = enigma.threadgroup_alloc("float", 64, name="tile")
    return [
        A, tile, enigma.register_tensor((2, 3)), n, n > 1, A[n], enigma.make_float3(A[0], 1, 2.5),
        enigma.make_filled_simdgroup_matrix(0.0), enigma.metal_cast(n, "half"), enigma.metal_cast(n, enigma.i64),
        enigma.async_copy_1d_d2t(tile, 0, A, 0, 64), None, True, 0, 8, -1, 2.5, float("nan"), 10**40, 2**63, "x",
        "tile", "A", "float", "mem_device", "edge", enigma.f32, enigma.bf16, [1, 2], (n, 1), {}, object(), len,
        slice(1, 2),
    ]  # fmt: skip


THINGS = st.integers(0, 33)
calls = st.tuples(
    st.sampled_from([*FUNCTIONS, *OPERATORS, "load", "store"]),
    st.lists(THINGS, max_size=10),
    st.dictionaries(st.sampled_from(KEYWORDS), THINGS, max_size=2),
)


def perform(pool, name, positional, keywords):
    arguments = [pool[i] for i in positional]
    if name in ("load", "store"):
        tensor, index, value = pool[positional[0] % 3 if positional else 0], *[*arguments, 0, 0][:2]
        tensor[index] if name == "load" else tensor.__setitem__(index, value)
    elif name in OPERATORS:
        getattr(pool[3 + len(positional) % 6], name)(arguments[0] if arguments else None)
    elif name in ARITY:
        least, most = ARITY[name]
        getattr(enigma, name)(*(arguments + [8] * least)[: max(least, min(most, len(arguments)))])
    else:
        getattr(enigma, name)(*arguments, **{key: pool[i] for key, i in keywords.items()})


@settings(max_examples=400, deadline=None)
@given(st.lists(calls, min_size=1, max_size=4))
def test_nothing_but_an_enigma_error(sequence):
    @enigma.kernel
    def anything(A: enigma.f32, n: enigma.Scalar(enigma.i32)):
        pool = things(A, n)
        enigma.async_copy_wait(pool[10])
        for call in sequence:
            perform(pool, *call)

    try:
        compiled = enigma.compile(anything)
    except enigma.EnigmaError as error:
        assert error.diagnostics, str(error)
        assert all(finding.labels for finding in error.diagnostics), str(error)
    else:
        assert "anything" in compiled.metal_source
        assert "anything" in compiled.mlir_source


def test_the_pool_is_as_long_as_it_is_drawn_from():
    @enigma.kernel
    def counts(A: enigma.f32, n: enigma.Scalar(enigma.i32)):
        pool = things(A, n)
        enigma.async_copy_wait(pool[10])
        assert len(pool) == 34
        assert all(isinstance(pool[k], enigma.Value) for k in range(3, 9))

    enigma.compile(counts)
    with pytest.raises(AttributeError):
        _ = enigma.no_such_function
