"""Operations on memory: loads and stores, atomics, simdgroup matrices, copies, and what orders them; and what a
kernel knows of its launch: positions, function constants.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

import enigma

from .case import THREADS, Check, Expected, Launch, launch
from .conversions import cast
from .elements import ELEMENTS, Element, random, samples
from .elementwise import ROWS

FLOATS = ("float", "half", "bfloat")


def _loads(t: Element) -> Iterator[Launch]:
    [values] = samples(t.name, 1)
    index = np.random.default_rng(1).permutation(values.size).astype(np.uint32)

    def gathered(A, I, B):  # noqa: E741
        i = enigma.thread_position_in_grid
        B[i] = A[I[i]]

    checks = [Check("load", f"load({t.name})", 2, Expected(values[index]))]
    yield launch(gathered, [values, index, np.zeros_like(values)], checks, values.size)

    def scattered(A, I, B):  # noqa: E741
        i = enigma.thread_position_in_grid
        B[I[i]] = A[i]

    expected = np.empty_like(values)
    expected[index] = values
    checks = [Check("store", f"store({t.name})", 2, Expected(expected))]
    yield launch(scattered, [values, index, np.zeros_like(values)], checks, values.size)

    [floats] = samples("float", 1)

    def stored(A, B):
        i = enigma.thread_position_in_grid
        B[i] = A[i]

    checks = [Check("store", f"store(float to {t.name})", 1, cast("float", t.name))]
    yield launch(stored, [floats, np.zeros(floats.size, t.numpy)], checks, floats.size)


def _masked(t: Element) -> Iterator[Launch]:
    """Loads and stores that touch no memory where they are masked off: there the index is out of bounds."""
    [values] = samples(t.name, 1)
    mask = np.arange(values.size) % 3 != 0
    inside = np.random.default_rng(2).permutation(values.size)
    index = np.where(mask, inside, values.size + 7).astype(np.uint32)
    default = values[5:6]

    def load_where(A, I, M, D, B, C):  # noqa: E741
        i = enigma.thread_position_in_grid
        B[i] = enigma.load_if(A, I[i], M[i], D[0])
        C[i] = enigma.load_if(A, I[i], M[i])

    taken = values[np.where(mask, inside, 0)]
    checks = [
        Check("load_if", f"load_if({t.name}, default)", 4, Expected(np.where(mask, taken, default))),
        Check("load_if", f"load_if({t.name})", 5, Expected(np.where(mask, taken, np.zeros_like(default)))),
    ]
    outputs = [np.ones_like(values), np.ones_like(values)]
    yield launch(load_where, [values, index, mask, default, *outputs], checks, values.size)

    def store_where(A, I, M, B):  # noqa: E741
        i = enigma.thread_position_in_grid
        enigma.store_if(B, I[i], A[i], M[i])

    expected = np.ones_like(values)
    expected[inside[mask]] = values[mask]
    checks = [Check("store_if", f"store_if({t.name})", 3, Expected(expected))]
    yield launch(store_where, [values, index, mask, np.ones_like(values)], checks, values.size)


def _vectors(t: Element) -> Iterator[Launch]:
    """Vectors at any index: the first of each thread's is odd."""
    for width in (2, 3, 4):
        [values] = samples(t.name, 1)
        threads = values.size // width - 1

        def moved(A, B, width=width):
            first = enigma.thread_position_in_grid * width
            enigma.vec_store(B, first + 1, enigma.vec_load(A, first + 1, width))

        expected = np.zeros_like(values)
        part = slice(1, 1 + threads * width)
        expected[part] = values[part]
        checks = [
            Check(name, f"{name}({t.name}{width})", 1, Expected(expected))
            for name in ("vec_load", "vec_store")
        ]
        yield launch(moved, [values, np.zeros_like(values)], checks, threads)


# What each atomic operation leaves, of Python integers.
UPDATES: dict[str, Callable[[Any, Any], Any]] = {
    "atomic_exchange": lambda held, value: value,
    "atomic_fetch_add": lambda held, value: held + value,
    "atomic_fetch_sub": lambda held, value: held - value,
    "atomic_fetch_min": min,
    "atomic_fetch_max": max,
    "atomic_fetch_and": lambda held, value: held & value,
    "atomic_fetch_or": lambda held, value: held | value,
    "atomic_fetch_xor": lambda held, value: held ^ value,
}


def _left(name: str, t: Element, held: np.ndarray, values: np.ndarray) -> Expected:
    if t.is_float:
        with np.errstate(all="ignore"):
            left = UPDATES[name](held.astype(np.float64), values.astype(np.float64))
        return Expected(left, ROWS[name].ulps[t.name])
    formula = np.frompyfunc(lambda h, v: t.wrap(UPDATES[name](int(h), int(v))), 2, 1)
    return Expected(formula(held, values).astype(t.numpy))


def _atomics(
    t: Element, orders: Sequence[str] = ("relaxed", "acquire", "release", "acq_rel")
) -> Iterator[Launch]:
    """Each thread updates an element of its own: in device memory, and in threadgroup memory."""
    held, values = samples(t.name, 2)
    names = [name for name in UPDATES if t.name in ROWS[name].dtypes]
    for name, order in zip(names, itertools.cycle(orders)):
        update = getattr(enigma, name)

        def device(A, V, OLD, update=update, order=order):
            i = enigma.thread_position_in_grid
            OLD[i] = update(A, i, V[i], order=order)

        def shared(A, V, OLD, update=update, order=order, dtype=t.dtype):
            i = enigma.thread_position_in_grid
            lane = enigma.thread_position_in_threadgroup()
            tile = enigma.threadgroup_alloc(dtype, THREADS)
            enigma.atomic_store(tile, lane, A[i])
            OLD[i] = update(tile, lane, V[i], order=order)
            A[i] = enigma.atomic_load(tile, lane)

        for place in (device, shared):
            label = f"{name}({t.name}, {place.__name__}, {order})"
            checks = [
                Check(name, label, 0, _left(name, t, held, values)),
                Check(name, label, 2, Expected(held)),
            ]
            if place is shared:
                checks += [Check(also, label, 2, Expected(held)) for also in ("atomic_load", "atomic_store")]
            yield launch(place, [held, values, np.zeros_like(held)], checks, held.size)


def _atomic_moves(t: Element) -> Iterator[Launch]:
    [values] = samples(t.name, 1)

    def moved(A, B):
        i = enigma.thread_position_in_grid
        enigma.atomic_store(B, i, enigma.atomic_load(A, i))

    checks = [
        Check(name, f"{name}({t.name}, device)", 1, Expected(values))
        for name in ("atomic_load", "atomic_store")
    ]
    yield launch(moved, [values, np.zeros_like(values)], checks, values.size)


def _compared(t: Element) -> Iterator[Launch]:
    held, wanted = samples(t.name, 2)
    desired = wanted[::-1].copy()

    def exchanged(A, E, D, DONE):
        i = enigma.thread_position_in_grid
        DONE[i] = enigma.atomic_compare_exchange_weak(A, i, E[i], D[i])

    same = held.view(np.uint32) == wanted.view(np.uint32)
    name = "atomic_compare_exchange_weak"
    checks = [
        Check(name, f"{name}({t.name})", 0, Expected(np.where(same, desired, held))),
        Check(name, f"{name}({t.name})", 3, Expected(same)),
    ]
    yield launch(exchanged, [held, wanted, desired, np.zeros(held.size, np.bool_)], checks, held.size)


def _contended() -> Iterator[Launch]:
    """All threads of a grid update the same element: none of the updates is lost."""
    values = np.array(random(ELEMENTS["uint"], 256, 9), np.uint32)
    folds = {
        "atomic_fetch_add": np.add,
        "atomic_fetch_sub": lambda x: np.negative(np.add.reduce(x, dtype=np.uint32)),
        "atomic_fetch_max": np.maximum,
        "atomic_fetch_or": np.bitwise_or,
        "atomic_fetch_xor": np.bitwise_xor,
    }
    for name, fold in folds.items():
        left = fold.reduce(values, dtype=np.uint32) if isinstance(fold, np.ufunc) else fold(values)

        update = getattr(enigma, name)

        def together(V, A, update=update):
            update(A, 0, V[enigma.thread_position_in_grid])

        checks = [Check(name, f"{name} of all threads", 1, Expected(np.array([left])))]
        yield launch(together, [values, np.zeros(1, np.uint32)], checks, values.size)


def _simdgroup_matrices() -> Iterator[Launch]:
    """C = A * B + C on 8x8 tiles out of wider arrays, the first transposed."""
    for factor, total in [*((name, name) for name in FLOATS), ("half", "float"), ("bfloat", "float")]:
        f, t = ELEMENTS[factor], ELEMENTS[total]
        generator = np.random.default_rng(4)
        a, b = (generator.uniform(-2, 2, (8, 12)).astype(f.numpy) for _ in range(2))
        c = generator.uniform(-2, 2, (8, 16)).astype(t.numpy)

        def multiplied(A, B, C, D, F, factor=factor, total=total):
            a = enigma.simdgroup_matrix_load(A, 12, factor, offset=2, transpose=True)
            b = enigma.simdgroup_matrix_load(B, 12)
            c = enigma.simdgroup_matrix_load(C, 16, offset=8)
            enigma.simdgroup_matrix_store(enigma.simdgroup_multiply_accumulate(a, b, c), D, 8)
            enigma.simdgroup_matrix_store(enigma.make_filled_simdgroup_matrix(1.5, total), F, 16, offset=4)

        x, y, z = (m.astype(np.float64) for m in (a[:, 2:10].T, b[:, :8], c[:, 8:]))
        name = "simdgroup_multiply_accumulate"
        product = Expected(
            (x @ y + z).reshape(-1),
            ROWS[name].ulps[total],
            (abs(x) @ abs(y) + abs(z)).reshape(-1),
            zeros=False,
        )
        filled = np.zeros((8, 16), t.numpy)
        filled[:, 4:12] = 1.5
        label = f"({factor}, {factor}, {total})"
        checks = [
            Check(name, name + label, 3, product),
            Check("simdgroup_matrix_load", "simdgroup_matrix_load" + label, 3, product),
            Check(
                "simdgroup_matrix_store", "simdgroup_matrix_store" + label, 4, Expected(filled.reshape(-1))
            ),
            Check("make_filled_simdgroup_matrix", "filled" + label, 4, Expected(filled.reshape(-1))),
        ]
        outputs = [np.zeros((8, 8), t.numpy), np.zeros((8, 16), t.numpy)]
        yield launch(multiplied, [a, b, c, *outputs], checks, 32, (32, 1, 1))


def _matrices_in_tiles() -> Iterator[Launch]:
    """A matrix goes through threadgroup memory, in rows that lie apart, and comes out transposed."""
    for name in FLOATS:
        [values] = samples(name, 1)
        values = values[:64].reshape(8, 8)

        def through(A, B, dtype=name):
            tile = enigma.threadgroup_alloc(dtype, 80)
            enigma.simdgroup_matrix_store(enigma.simdgroup_matrix_load(A, 8, dtype), tile, 9, offset=5)
            enigma.barrier()
            turned = enigma.simdgroup_matrix_load(tile, 9, dtype, offset=5, transpose=True)
            enigma.simdgroup_matrix_store(turned, B, 8)

        checks = [
            Check(operation, f"{operation}({name}, in a tile)", 1, Expected(values.T.reshape(-1)))
            for operation in ("simdgroup_matrix_load", "simdgroup_matrix_store")
        ]
        yield launch(through, [values, np.zeros_like(values)], checks, 32, (32, 1, 1))


def _barriers() -> Iterator[Launch]:
    """Each thread reads what another has stored: of its threadgroup, of its simdgroup."""
    [values] = samples("float", 1)

    def turned(A, B, C):
        i = enigma.thread_position_in_grid
        t, lane = enigma.thread_position_in_threadgroup(), enigma.thread_index_in_simdgroup()
        tile = enigma.threadgroup_alloc("float", THREADS)
        tile[t] = A[i]
        enigma.simd_barrier()
        C[i] = tile[t - lane + (31 - lane)]
        enigma.barrier()
        B[i] = tile[THREADS - 1 - t]

    whole, half = (values.reshape(-1, n)[:, ::-1].reshape(-1) for n in (THREADS, 32))
    checks = [
        Check("barrier", "barrier", 1, Expected(whole)),
        Check("simd_barrier", "simd_barrier", 2, Expected(half)),
    ]
    yield launch(turned, [values, np.zeros_like(values), np.zeros_like(values)], checks, values.size)


def _copies(t: Element) -> Iterator[Launch]:
    """A tile goes in by rows and out as a line, and the other way round; the edges are filled."""
    [values] = samples(t.name, 1)
    values = values[:64].reshape(8, 8)

    def through(A, B, C, dtype=t.dtype):
        square = enigma.threadgroup_alloc(dtype, 32)
        line = enigma.threadgroup_alloc(dtype, 16)
        first = enigma.async_copy_2d_d2t(square, 0, 8, A, 1, 8, 8, 4, valid_cols=5, valid_rows=3, fill="edge")
        second = enigma.async_copy_1d_d2t(line, 0, A, 40, 16)
        never = enigma.async_copy_1d_t2d(B, 0, line, 0, 16, where=enigma.threads_per_simdgroup() == 0)
        enigma.async_copy_wait(first, second, never)
        out = enigma.async_copy_1d_t2d(B, 0, square, 0, 32)
        last = enigma.async_copy_2d_t2d(C, 3, 7, line, 0, 4, 4, 4, valid_cols=3)
        enigma.async_copy_wait(out, last)

    tile = np.pad(values[:3, 1:6], ((0, 1), (0, 3)), mode="edge").reshape(-1)
    rows = np.zeros((5, 7), t.numpy)
    rows[:4, 3:6] = values.reshape(-1)[40:56].reshape(4, 4)[:, :3]
    out = ("async_copy_1d_t2d", "async_copy_2d_d2t", "async_copy_wait")
    inward = ("async_copy_2d_t2d", "async_copy_1d_d2t")
    checks = [Check(name, f"{name}({t.name})", 1, Expected(tile)) for name in out]
    checks += [Check(name, f"{name}({t.name})", 2, Expected(rows.reshape(-1))) for name in inward]
    yield launch(through, [values, np.zeros(32, t.numpy), np.zeros((5, 7), t.numpy)], checks, 32, (32, 1, 1))


def _constants() -> Iterator[Launch]:
    """A function constant of each type, at its end."""
    every = list(ELEMENTS.values())
    values = [t.numpy.type(t.largest if t.is_float else t.high) for t in every]

    def constants(*buffers):
        for n, (buffer, t) in enumerate(zip(buffers, every, strict=True)):
            buffer[enigma.thread_position_in_grid] = enigma.function_constant(t.name, 3 * n)

    checks = [
        Check("function_constant", f"function_constant({t.name})", n, Expected(np.full(2, value)))
        for n, (t, value) in enumerate(zip(every, values, strict=True))
    ]
    made = launch(constants, [np.zeros(2, t.numpy) for t in every], checks, 2, (2, 1, 1))
    bound = {3 * n: (t.name, value.item()) for n, (t, value) in enumerate(zip(every, values, strict=True))}
    yield dataclasses.replace(made, constants=bound)


GRID, GROUP = (10, 7, 3), (4, 3, 2)

# Positions with a dimension, and without one.
IN_EACH = [
    "thread_position_in_grid", "thread_position_in_threadgroup", "threadgroup_position_in_grid",
    "threads_per_threadgroup", "threads_per_grid", "threadgroups_per_grid",
]  # fmt: skip
OF_LANES = [
    "thread_index_in_threadgroup", "thread_index_in_simdgroup", "simdgroup_index_in_threadgroup",
    "threads_per_simdgroup", "simdgroups_per_threadgroup",
]  # fmt: skip


def _positions() -> Iterator[Launch]:
    """A grid of three dimensions that is no multiple of its threadgroups."""
    grid, group = np.array(GRID), np.array(GROUP)
    thread = np.stack(np.meshgrid(*map(np.arange, GRID), indexing="ij"), axis=-1)
    thread = thread.transpose(2, 1, 0, 3).reshape(-1, 3)
    where = thread // group
    size = np.minimum(group, grid - where * group)
    inside = thread - where * group
    flat = inside[:, 0] + size[:, 0] * (inside[:, 1] + size[:, 1] * inside[:, 2])
    count = size.prod(axis=1)
    vectors = [
        thread,
        inside,
        where,
        size,
        np.broadcast_to(grid, thread.shape),
        -(-grid // group) + 0 * thread,
    ]
    numbers = [flat, flat % 32, flat // 32, 0 * flat + 32, -(-count // 32)]
    expected = dict(zip(IN_EACH, vectors, strict=True)) | dict(zip(OF_LANES, numbers, strict=True))

    def positions(OUT):
        x, y, z = (enigma.thread_position_in_grid_xyz(dim) for dim in "xyz")
        at = x + GRID[0] * (y + GRID[1] * z)
        functions = [enigma.thread_position_in_grid_xyz, *(getattr(enigma, name) for name in IN_EACH[1:])]
        values = [function(dim) for function in functions for dim in "xyz"]
        values += [getattr(enigma, name)() for name in OF_LANES]
        for n, value in enumerate(values):
            OUT[at + n * len(thread)] = value

    columns = [np.asarray(each).T.reshape(-1) for each in expected.values()]
    starts = np.cumsum([0, *(column.size for column in columns)])
    checks = [
        Check(name, name, 0, Expected(column.astype(np.uint32)), int(start))
        for name, column, start in zip(expected, columns, starts, strict=False)
    ]
    yield launch(positions, [np.zeros(starts[-1], np.uint32)], checks, GRID, GROUP)


def launches() -> Iterator[Launch]:
    """Every operation on memory, on every type that it takes."""
    for t in ELEMENTS.values():
        yield from _loads(t)
        yield from _masked(t)
        yield from _vectors(t)
        yield from _copies(t)
    for name in ROWS["atomic_exchange"].dtypes:
        yield from _atomics(ELEMENTS[name])
        yield from _compared(ELEMENTS[name])
        yield from _atomic_moves(ELEMENTS[name])
    yield from _contended()
    yield from _simdgroup_matrices()
    yield from _matrices_in_tiles()
    yield from _barriers()
    yield from _positions()
    yield from _constants()
