"""What the lanes of a simdgroup or of a quad do together, as NumPy does it with one row for each group."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import numpy as np

import enigma

from .case import Case, Check, Expected, Launch, Operand, launch
from .elements import COUNT, ELEMENTS, Element, random, samples
from .elementwise import ROWS

LANES = {"simd": 32, "quad": 4}

# The fold of each reduction.
FOLDS: dict[str, np.ufunc] = {
    "sum": np.add,
    "product": np.multiply,
    "min": np.fmin,
    "max": np.fmax,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
}

SHUFFLES: dict[str, Callable[[np.ndarray, np.ndarray, int], np.ndarray]] = {
    "shuffle": lambda lane, by, lanes: by,
    "broadcast": lambda lane, by, lanes: by,
    "shuffle_up": lambda lane, by, lanes: np.where(lane >= by, lane - by, lane),
    "shuffle_down": lambda lane, by, lanes: np.where(lane + by < lanes, lane + by, lane),
    "shuffle_xor": lambda lane, by, lanes: lane ^ by,
}


@functools.cache
def _operand(name: str) -> np.ndarray:
    """Values to fold: of an integer type any, of a float type such that no partial result overflows."""
    t = ELEMENTS[name]
    if not t.is_float:
        return samples(name, 1)[0]
    generator = np.random.default_rng(11)
    return (generator.choice([-1.0, 1.0], COUNT) * 2.0 ** generator.uniform(-0.4, 0.4, COUNT)).astype(t.numpy)


def _rows(values: np.ndarray, width: int, lanes: int) -> np.ndarray:
    """Values by group, lane and component: floats as float64, and integers as they are, for NumPy wraps them too."""
    numbers = values if values.dtype.kind in "iu" else values.astype(np.float64)
    return numbers.reshape(-1, lanes, width)


def _folded(name: str, t: Element, fold: Callable[[np.ndarray], np.ndarray], rows: np.ndarray) -> Expected:
    if not t.is_float:
        return Expected(fold(rows).reshape(-1).astype(t.numpy))
    scale = fold(abs(rows)).reshape(-1) if ROWS[name].of_terms else None
    return Expected(fold(rows).reshape(-1), ROWS[name].ulps[t.name], scale, zeros=False)


def _reduction(name: str, fold: np.ufunc, t: Element, width: int, lanes: int) -> Expected:
    rows = _rows(_operand(t.name), width, lanes)

    def all_lanes(numbers: np.ndarray) -> np.ndarray:
        return np.broadcast_to(fold.reduce(numbers, axis=1, dtype=numbers.dtype)[:, None], numbers.shape)

    return _folded(name, t, all_lanes, rows)


def _prefix(name: str, fold: np.ufunc, t: Element, width: int, lanes: int) -> Expected:
    def prefixes(numbers: np.ndarray) -> np.ndarray:
        inclusive = fold.accumulate(numbers, axis=1, dtype=numbers.dtype)
        if "inclusive" in name:
            return inclusive
        first = np.full_like(inclusive[:, :1], fold.identity)
        return np.concatenate([first, inclusive[:, :-1]], axis=1)

    rows = _rows(_operand(t.name), width, lanes)
    return _folded(name, t, prefixes, rows)


def _named() -> Iterator[tuple[str, np.ufunc]]:
    """Every reduction and scan, with its fold."""
    for group in LANES:
        for kind, fold in FOLDS.items():
            for way in ("", "prefix_exclusive_", "prefix_inclusive_"):
                name = f"{group}_{way}{kind}"
                if name in ROWS:
                    yield name, fold


def _folds() -> Iterator[Case]:
    for name, fold in _named():
        make = functools.partial(_prefix if "prefix" in name else _reduction, name, fold)
        yield from _of_every_type(name, make, LANES[name.partition("_")[0]])


def _of_every_type(name: str, make: Callable[[Element, int, int], Expected], lanes: int) -> Iterator[Case]:
    for dtype in ROWS[name].dtypes:
        for width in ROWS[name].widths:
            operands = [Operand(dtype, width, _operand(dtype))]
            yield Case(name, operands, getattr(enigma, name), dtype, make(ELEMENTS[dtype], width, lanes))


@functools.cache
def _sources(uniform: bool, threads: int) -> np.ndarray:
    """The lane, distance or mask of each thread: different in each of them, or for a broadcast the same in all."""
    if uniform:
        return np.full(threads, 29, np.uint32)
    return np.array(random(ELEMENTS["uint"], threads, 3), np.uint32) % np.uint32(32)


def _shuffles() -> Iterator[Case]:
    for group, lanes in LANES.items():
        for kind, source in SHUFFLES.items():
            row = ROWS[f"{group}_{kind}"]
            for dtype in row.dtypes:
                for width in row.widths:
                    yield _shuffle(row.name, source, kind == "broadcast", ELEMENTS[dtype], width, lanes)


def _shuffle(
    name: str, source: Callable[..., np.ndarray], uniform: bool, t: Element, width: int, lanes: int
) -> Case:
    [values] = samples(t.name, 1)
    threads = values.size // width
    by = _sources(uniform, threads)
    lane = np.arange(threads) % lanes
    taken = source(lane, by % lanes, lanes) + np.arange(threads) - lane
    expected = Expected(values.reshape(-1, width)[taken].reshape(-1))
    operands = [Operand(t.name, width, values), Operand("uint", 1, by)]
    shuffle = getattr(enigma, name)
    return Case(name, operands, lambda v, by: shuffle(v, by % lanes), t.name, expected)


def _of_active(name: str, fold: np.ufunc, values: np.ndarray, active: np.ndarray, lanes: int) -> np.ndarray:
    """What a fold of the active lanes gives in each of them, and 0 in the others."""
    expected = np.zeros_like(values)
    for first in range(0, values.size, lanes):
        places = first + np.flatnonzero(active[first : first + lanes])
        if not places.size:
            continue
        if "prefix" not in name:
            expected[places] = fold.reduce(values[places], dtype=values.dtype)
            continue
        inclusive = fold.accumulate(values[places], dtype=values.dtype)
        before = np.concatenate([[fold.identity], inclusive[:-1]])
        expected[places] = inclusive if "inclusive" in name else before
    return expected


def launches() -> Iterator[Launch]:
    """Folds where the lanes have parted ways: those that are not there take no part."""
    [values] = samples("uint", 1)
    active = np.arange(values.size) % 32 % 3 != 0
    names = [name for name, fold in _named() if "uint" in ROWS[name].dtypes]

    def diverged(A, M, B):
        i = enigma.thread_position_in_grid
        with enigma.if_(M[i]):
            for n, name in enumerate(names):
                B[i + n * values.size] = getattr(enigma, name)(A[i])

    checks = []
    for n, name in enumerate(names):
        fold = dict(_named())[name]
        expected = _of_active(name, fold, values, active, LANES[name.partition("_")[0]])
        checks.append(Check(name, f"{name}(uint) of some lanes", 2, Expected(expected), n * values.size))
    results = np.zeros(len(names) * values.size, np.uint32)
    yield launch(diverged, [values, active, results], checks, values.size)


def cases() -> Iterator[Case]:
    """Every operation of simdgroups and quads on every type and width that it takes."""
    yield from _folds()
    yield from _shuffles()
