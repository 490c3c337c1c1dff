"""Vectors and what is made of them: components, geometry, packed integers, matrices."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import enigma

from .case import Case, Expected, Operand
from .elements import COUNT, ELEMENTS, Element, samples
from .elementwise import ROWS

WIDTHS = (2, 3, 4)


def _components() -> Iterator[Case]:
    for t, width in itertools.product(ELEMENTS.values(), WIDTHS):
        [values] = samples(t.name, 1)
        vectors = values.reshape(-1, width)
        operands = [Operand(t.name, width, values)]
        backwards = Expected(vectors[:, ::-1].reshape(-1))
        yield Case("make_vec", operands, lambda v: enigma.make_vec(*reversed(list(v))), t.name, backwards)
        for lane, letter in enumerate("xyzw"[:width]):
            component = functools.partial(enigma.vec_extract, lane=letter if lane % 2 else lane)
            yield Case("vec_extract", operands, component, t.name, Expected(vectors[:, lane]))


@functools.cache
def directions(name: str, width: int, seed: int) -> np.ndarray:
    """Vectors of a float type around the unit sphere, the axes among them."""
    numbers = np.random.default_rng(seed).uniform(-8, 8, (COUNT // 12, width))
    numbers[:width] = np.eye(width)
    return numbers.astype(ELEMENTS[name].numpy)


@functools.cache
def unit(name: str, width: int, seed: int) -> np.ndarray:
    """Vectors of a float type that are as long as 1, but for what they are rounded by."""
    vectors = directions(name, width, seed).astype(np.float64)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(ELEMENTS[name].numpy)


@functools.cache
def _flat(make: Callable[..., np.ndarray], name: str, width: int, seed: int) -> Operand:
    """An operand of vectors: the same one each time, so that cases share it."""
    return Operand(name, width, make(name, width, seed).reshape(-1))


def _dot(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (x * y).sum(axis=1)


def _cross(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    turned = [(1, 2), (2, 0), (0, 1)]
    terms = [(x[:, i] * y[:, j], x[:, j] * y[:, i]) for i, j in turned]
    return (
        np.stack([a - b for a, b in terms], axis=1),
        np.stack([np.abs(a) + np.abs(b) for a, b in terms], axis=1),
    )


def _reflect(i: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    along = _dot(n, i)[:, None]
    terms = _dot(np.abs(n), np.abs(i))[:, None]
    return i - 2 * along * n, np.abs(i) + 2 * terms * np.abs(n)


def _refract(i: np.ndarray, n: np.ndarray, eta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    along, eta = _dot(n, i)[:, None], eta[:, None]
    k = 1 - eta**2 * (1 - along**2)
    root = np.sqrt(np.maximum(k, 0))
    refracted = eta * i - (eta * along + root) * n
    # What is lost in `k` counts the more the smaller its root is.
    terms = np.abs(eta * i) + (np.abs(eta * along) + root + (1 + eta**2) / np.maximum(root, 1e-9)) * np.abs(n)
    return np.where(k < 0, 0.0, refracted), terms


def _faceforward(n: np.ndarray, i: np.ndarray, nref: np.ndarray) -> np.ndarray:
    return np.where(_dot(nref, i)[:, None] < 0, n, -n)


# Each function's formula, of float64 arrays with one vector in each row, and how many vectors it takes. As for floats,
# a formula may return the sum of the absolute values of its terms beside its result.
GEOMETRY: dict[str, tuple[int, Callable[..., Any]]] = {
    "dot": (2, lambda x, y: (_dot(x, y), _dot(np.abs(x), np.abs(y)))),
    "length": (1, lambda v: np.sqrt(_dot(v, v))),
    "distance": (2, lambda x, y: np.sqrt(_dot(x - y, x - y))),
    "cross": (2, _cross),
    "normalize": (1, lambda v: v / np.sqrt(_dot(v, v))[:, None]),
    "reflect": (2, _reflect),
    "refract": (2, _refract),
    "faceforward": (3, _faceforward),
}


def expected(name: str, t: Element, made: Any) -> Expected:
    """What a formula made, as an expectation of results of type ``t``. On a GPU it takes a few steps in ``float``."""
    values, scale = made if isinstance(made, tuple) else (made, None)
    flat = None if scale is None else np.broadcast_to(scale, values.shape).reshape(-1)
    steps = 3 * 2.0 ** (t.digits - ELEMENTS["float"].digits)
    return Expected(values.reshape(-1), ROWS[name].ulps[t.name], flat, steps_in_metal=steps, zeros=False)


def _geometry() -> Iterator[Case]:
    for name, (arity, formula) in GEOMETRY.items():
        for dtype, width in itertools.product(ROWS[name].dtypes, ROWS[name].widths):
            t = ELEMENTS[dtype]
            make = unit if name in ("reflect", "refract") else directions
            vectors = [make(dtype, width, seed) for seed in range(arity)]
            operands = [_flat(make, dtype, width, seed) for seed in range(arity)]
            if name == "refract":
                vectors.append(np.linspace(0.25, 2, len(vectors[0])).astype(t.numpy))
                operands.append(Operand(dtype, 1, vectors[-1]))
            made = formula(*(each.astype(np.float64) for each in vectors))
            yield Case(name, operands, getattr(enigma, name), dtype, expected(name, t, made))


# The bits of each component of a packed integer, the lowest first, and whether they are signed.
PACKED = {
    "snorm4x8": ((8, 8, 8, 8), True),
    "unorm4x8": ((8, 8, 8, 8), False),
    "snorm2x16": ((16, 16), True),
    "unorm2x16": ((16, 16), False),
    "srgb_unorm4x8": ((8, 8, 8, 8), False),
    "unorm10a2": ((10, 10, 10, 2), False),
}


def _to_srgb(linear: np.ndarray) -> np.ndarray:
    return np.where(linear < 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055)


def _from_srgb(encoded: np.ndarray) -> np.ndarray:
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _packed(form: str, components: np.ndarray) -> np.ndarray:
    """Rows of float64 as packed integers; halves go to the even neighbour."""
    bits, signed = PACKED[form]
    numbers = np.fmin(np.fmax(components, -1.0 if signed else 0.0), 1.0)
    numbers = np.where(np.isnan(components), 0.0, numbers)
    if form.startswith("srgb"):
        numbers[:, :3] = _to_srgb(numbers[:, :3])
    packed = np.zeros(len(components), np.int64)
    for n, width in enumerate(bits):
        field = np.rint(numbers[:, n] * ((1 << width - signed) - 1)).astype(np.int64)
        packed |= (field & (1 << width) - 1) << sum(bits[:n])
    return packed.astype(np.uint32)


def _unpacked(form: str, packed: np.ndarray) -> np.ndarray:
    bits, signed = PACKED[form]
    columns = []
    for n, width in enumerate(bits):
        field = packed.astype(np.int64) >> sum(bits[:n]) & (1 << width) - 1
        field = np.where(signed & (field >> width - 1 == 1), field - (1 << width), field)
        columns.append(np.maximum(field / ((1 << width - signed) - 1), -1.0))
    components = np.stack(columns, axis=1)
    if form.startswith("srgb"):
        components[:, :3] = _from_srgb(components[:, :3])
    return components


@functools.cache
def _colours(width: int) -> np.ndarray:
    """Floats to pack: what is beyond the ends as well, and no halves, whose rounding is nobody's promise."""
    special = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -2.0, np.inf, -np.inf, 1e-3, 2e-45]
    random = np.random.default_rng(5).uniform(-1.1, 1.1, COUNT - len(special))
    return np.array([*special, *random], np.float32)


def _packing() -> Iterator[Case]:
    for form, (bits, _) in PACKED.items():
        width = len(bits)
        colours = _colours(width)
        pack, unpack = f"pack_float_to_{form}", f"unpack_{form}_to_float"
        packed = _packed(form, colours.reshape(-1, width).astype(np.float64))
        yield Case(pack, [Operand("float", width, colours)], getattr(enigma, pack), "uint", Expected(packed))
        [words] = samples("uint", 1)
        floats = Expected(_unpacked(form, words).reshape(-1), ROWS[unpack].ulps["float"])
        yield Case(unpack, [Operand("uint", 1, words)], getattr(enigma, unpack), "float", floats)


@functools.cache
def _columns(name: str, columns: int, rows: int, seed: int) -> np.ndarray:
    """Matrices for 32 threads: indexed by thread, column and row."""
    numbers = np.random.default_rng(seed).uniform(-2, 2, (32, columns, rows))
    numbers[0] = np.eye(columns, rows)
    return numbers.astype(ELEMENTS[name].numpy)


@functools.cache
def _operands(name: str, columns: int, rows: int, seed: int) -> tuple[Operand, ...]:
    """A matrix as its columns."""
    matrix = _columns(name, columns, rows, seed)
    return tuple(Operand(name, rows, matrix[:, c].reshape(-1)) for c in range(columns))


def _parts(matrix: enigma.Value) -> list[enigma.Value]:
    """The components of a matrix, column by column."""
    return [component for column in matrix for component in column]


def _determinants(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The determinants, and the sums of the absolute values of their terms."""
    size = matrices.shape[1]
    values, scale = np.zeros(len(matrices)), np.zeros(len(matrices))
    for order in itertools.permutations(range(size)):
        term = np.prod([matrices[:, c, r] for c, r in enumerate(order)], axis=0)
        values += term * np.linalg.det(np.eye(size)[list(order)])
        scale += np.abs(term)
    return values, scale


def _of_one_matrix(t: Element, columns: int, rows: int) -> Iterator[Case]:
    operands = _operands(t.name, columns, rows, 1)
    matrix = _columns(t.name, columns, rows, 1)
    same, turned = Expected(matrix.reshape(-1)), Expected(matrix.transpose(0, 2, 1).reshape(-1))
    yield Case("mat_make", operands, lambda *c: _parts(enigma.mat_make(*c)), t.name, same)
    yield Case(
        "transpose", operands, lambda *c: _parts(enigma.transpose(enigma.mat_make(*c))), t.name, turned
    )
    for n in range(columns):
        column = functools.partial(lambda n, *c: enigma.mat_column(enigma.mat_make(*c), n), n)
        yield Case("mat_column", operands, column, t.name, Expected(matrix[:, n].reshape(-1)))
    if columns == rows:
        made = _determinants(matrix.astype(np.float64))
        yield Case(
            "determinant",
            operands,
            lambda *c: enigma.determinant(enigma.mat_make(*c)),
            t.name,
            expected("determinant", t, made),
        )


def _product(t: Element, columns: int, rows: int, wide: int | None) -> Case:
    """A matrix by a matrix of ``wide`` columns, or by a vector."""
    operands = _operands(t.name, columns, rows, 1) + _operands(t.name, wide or 1, columns, 2)
    a = _columns(t.name, columns, rows, 1).astype(np.float64)
    b = _columns(t.name, wide or 1, columns, 2).astype(np.float64)
    product = functools.partial(np.einsum, "tkr,tck->tcr")

    def apply(*parts: enigma.Value) -> Any:
        left = enigma.mat_make(*parts[:columns])
        if wide is None:
            return enigma.matmul(left, parts[columns])
        return _parts(enigma.matmul(left, enigma.mat_make(*parts[columns:])))

    return Case(
        "matmul", operands, apply, t.name, expected("matmul", t, (product(a, b), product(abs(a), abs(b))))
    )


def _row_product(t: Element, columns: int, rows: int) -> Case:
    """A row vector by a matrix."""
    operands = _operands(t.name, 1, rows, 2) + _operands(t.name, columns, rows, 1)
    v = _columns(t.name, 1, rows, 2)[:, 0].astype(np.float64)
    m = _columns(t.name, columns, rows, 1).astype(np.float64)
    product = functools.partial(np.einsum, "tr,tcr->tc")
    made = product(v, m), product(abs(v), abs(m))
    return Case(
        "matmul",
        operands,
        lambda v, *c: enigma.matmul(v, enigma.mat_make(*c)),
        t.name,
        expected("matmul", t, made),
    )


def _matrices() -> Iterator[Case]:
    for name, columns, rows in itertools.product(("float", "half"), WIDTHS, WIDTHS):
        t = ELEMENTS[name]
        yield from _of_one_matrix(t, columns, rows)
        yield from (_product(t, columns, rows, wide) for wide in (None, *WIDTHS))
        yield _row_product(t, columns, rows)


def cases() -> Iterator[Case]:
    """Every operation on vectors and matrices, of every extent."""
    yield from _components()
    yield from _geometry()
    yield from _packing()
    yield from _matrices()
