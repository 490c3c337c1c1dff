"""The examples of the reference page: for each operation the body of a kernel, and what it is given.

`one` makes an example. Its text is the body; ``i`` is the thread's position in the grid. The keywords are the buffers
in the order of the parameters: a list of floats, or the name of a type and a list. What is written is ``B``, which has
an element for each thread unless the example says otherwise, and is of floats unless it says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf, nan, pi
from typing import Any

Numbers = Sequence[float]


@dataclass(frozen=True)
class Example:
    """A kernel's body, the buffers that it reads, the type and length of the one it writes, and its threads.

    ``hexadecimal`` is how unsigned integers are shown; ``group`` the threads of a threadgroup at most.
    """

    body: str
    inputs: dict[str, tuple[str, Numbers]]
    output: tuple[str, int]
    threads: int
    constants: dict[int, tuple[str, Any]] = field(default_factory=dict)
    hexadecimal: bool = False
    group: int = 1024


def one(
    body: str,
    threads: int | None = None,
    B: str | tuple[str, int] = "float",
    constants: dict[int, tuple[str, Any]] | None = None,
    hexadecimal: bool = False,
    group: int = 1024,
    **buffers: Numbers | tuple[str, Numbers],
) -> Example:
    """An example; it has a thread for each element of the first buffer."""
    inputs = {
        name: given if isinstance(given, tuple) else ("float", given) for name, given in buffers.items()
    }
    if threads is None:
        threads = len(next(iter(inputs.values()))[1])
    output = B if isinstance(B, tuple) else (B, threads)
    return Example(body, inputs, output, threads, constants or {}, hexadecimal, group)


def _ints(*numbers: int) -> tuple[str, Numbers]:
    return "int", numbers


def _uints(*numbers: int) -> tuple[str, Numbers]:
    return "uint", numbers


def _position(call: str) -> Example:
    return one(f"B[i] = enigma.{call}", threads=6, B="uint", group=4)


def _binary(operator: str, kind: str = "int", x: Numbers = (7, -7, 2), y: Numbers = (2, 2, -3)) -> Example:
    return one(f"B[i] = X[i] {operator} Y[i]", B=kind, X=(kind, x), Y=(kind, y))


def _compare(
    name: str, kind: str = "float", x: Numbers = (1, 2, 3, nan), y: Numbers = (2, 2, 2, 2)
) -> Example:
    return one(f"B[i] = enigma.{name}(X[i], Y[i])", B="bool", X=(kind, x), Y=(kind, y))


def _float(name: str, *x: float) -> Example:
    return one(f"B[i] = enigma.{name}(A[i])", A=list(x))


def _test(name: str) -> Example:
    return one(f"B[i] = enigma.{name}(A[i])", B="bool", A=[-0.0, 1, 1e-40, inf, nan])


def _atomic(call: str, value: int) -> Example:
    return one(f"B[i] = enigma.{call}", threads=1, B="int", A=_ints(12), V=_ints(value))


def _lanes(call: str, threads: int = 8) -> Example:
    return one(f"lane = enigma.thread_index_in_simdgroup()\nB[i] = enigma.{call}", threads=threads, B="uint")


_VECTOR = "v = enigma.make_float3(A[0], A[1], A[2])\n"
_TWO = _VECTOR + "w = enigma.make_float3(A[3], A[4], A[5])\n"
_SIX = [1, 2, 2, 0, 3, 4]


def _vector(call: str, numbers: Numbers = (1, 2, 2)) -> Example:
    return one(f"{_VECTOR}B[0] = enigma.{call}", threads=1, A=list(numbers))


def _vectors(call: str, numbers: Numbers = _SIX, scalar: bool = False) -> Example:
    if scalar:
        return one(f"{_TWO}B[0] = enigma.{call}", threads=1, A=list(numbers))
    return one(f"{_TWO}enigma.vec_store(B, 0, enigma.{call})", threads=1, B=("float", 3), A=list(numbers))


def _pack(name: str, *numbers: float) -> Example:
    parts = ", ".join(f"A[{n}]" for n in range(len(numbers)))
    body = f"B[0] = enigma.{name}(enigma.make_float{len(numbers)}({parts}))"
    return one(body, threads=1, B="uint", hexadecimal=True, A=list(numbers))


def _unpack(name: str, word: int, count: int) -> Example:
    body = f"enigma.vec_store(B, 0, enigma.{name}(A[0]))"
    return one(body, threads=1, B=("float", count), hexadecimal=True, A=_uints(word))


_MATRIX = "m = enigma.mat_make(enigma.vec_load(A, 0, 2), enigma.vec_load(A, 2, 2))\n"


def _matrix(line: str, size: int) -> Example:
    return one(_MATRIX + line, threads=1, B=("float", size), A=[1, 2, 3, 4])


def _copy(body: str, size: int = 8, length: int = 8) -> Example:
    return one(
        f'tile = enigma.threadgroup_alloc("float", {size})\n{body}',
        threads=8,
        B=("float", length),
        A=[1, 2, 3, 4, 5, 6, 7, 8],
    )


_TILE = "tile = enigma.simdgroup_matrix_load(A, 8)\n"
_TABLE = [float(n) for n in range(64)]

EXAMPLES: dict[str, Example] = {
    # Positions.
    "thread_position_in_grid": _position("thread_position_in_grid"),
    "thread_position_in_threadgroup": _position('thread_position_in_threadgroup("x")'),
    "threadgroup_position_in_grid": _position("threadgroup_position_in_grid()"),
    "threads_per_threadgroup": _position("threads_per_threadgroup()"),
    "threads_per_grid": _position("threads_per_grid()"),
    "threadgroups_per_grid": _position("threadgroups_per_grid()"),
    "thread_index_in_threadgroup": _position("thread_index_in_threadgroup()"),
    "thread_index_in_simdgroup": _position("thread_index_in_simdgroup()"),
    "simdgroup_index_in_threadgroup": _position("simdgroup_index_in_threadgroup()"),
    "threads_per_simdgroup": _position("threads_per_simdgroup()"),
    "simdgroups_per_threadgroup": _position("simdgroups_per_threadgroup()"),
    # Operators.
    "add": _binary("+", x=(1, -5, 2147483647), y=(2, 3, 1)),
    "sub": _binary("-", "uint", (5, 3), (2, 4)),
    "mul": _binary("*", "float", (1.5, 1e30, 0.0), (2.0, 1e30, inf)),
    "div": _binary("/"),
    "floordiv": _binary("//"),
    "rem": _binary("%"),
    "shl": _binary("<<", "int", (1, 1, 1), (4, 31, 33)),
    "shr": _binary(">>", "int", (-16, 16, 16), (2, 2, 34)),
    "and": _binary("&", "uint", (12, 255), (10, 256)),
    "or": _binary("|", "uint", (12, 255), (10, 256)),
    "xor": _binary("^", "uint", (12, 255), (10, 256)),
    "neg": one("B[i] = -A[i]", B="int", A=_ints(1, -2, -2147483648)),
    "not": one("B[i] = ~A[i]", B="int", A=_ints(0, 1, -1)),
    # Comparisons.
    "cmp_eq": _compare("cmp_eq"),
    "cmp_ne": _compare("cmp_ne"),
    "cmp_lt": _compare("cmp_lt"),
    "cmp_le": _compare("cmp_le"),
    "cmp_gt": _compare("cmp_gt"),
    "cmp_ge": _compare("cmp_ge"),
    "cmp_ult": _compare("cmp_ult", "int", (1, 2, -1), (2, 2, 2)),
    "cmp_ule": _compare("cmp_ule", "int", (1, 2, -1), (2, 2, 2)),
    "cmp_ugt": _compare("cmp_ugt", "int", (1, 2, -1), (2, 2, 2)),
    "cmp_uge": _compare("cmp_uge", "int", (1, 2, -1), (2, 2, 2)),
    # Conversions.
    "where": one("B[i] = enigma.where(0.0, A[i], A[i] > 0.0)", A=[-1, 2, -3, 4]),
    "metal_cast": one('B[i] = enigma.metal_cast(A[i], "uchar")', B="uchar", A=[2.9, -1.5, 300, nan]),
    "as_type": one('B[i] = enigma.as_type(A[i], "uint")', B="uint", hexadecimal=True, A=[0, 1, -1]),
    # Functions of floats.
    "sqrt": _float("sqrt", 0, 2, 4, -1),
    "rsqrt": _float("rsqrt", 0, 2, 4),
    "abs": one("B[i] = abs(A[i])", B="int", A=_ints(3, -3, -2147483648)),
    "ceil": _float("ceil", 1.2, -1.2, -0.5),
    "floor": _float("floor", 1.2, -1.2, 0.5),
    "round": _float("round", 0.5, 1.5, 2.4, -2.5),
    "trunc": _float("trunc", 1.7, -1.7),
    "sign": _float("sign", 3, -3, -0.0, nan),
    "saturate": _float("saturate", -1, 0.25, 2, nan),
    "fract": _float("fract", 1.25, -1.25, 3),
    "exp": _float("exp", 0, 1, -inf, 100),
    "exp2": _float("exp2", 0, 10, -149),
    "log": _float("log", 1, 10, 0, -1),
    "log2": _float("log2", 1, 10, 1024),
    "log10": _float("log10", 1, 10, 1000),
    "sin": _float("sin", 0, pi / 6, pi),
    "cos": _float("cos", 0, pi / 3, pi),
    "tan": _float("tan", 0, pi / 4),
    "asin": _float("asin", 0, 0.5, 1, 2),
    "acos": _float("acos", 0, 0.5, 1, 2),
    "atan": _float("atan", 0, 1, inf),
    "sinh": _float("sinh", 0, 1, -1),
    "cosh": _float("cosh", 0, 1, -1),
    "tanh": _float("tanh", 0, 1, -inf),
    "isnan": _test("isnan"),
    "isinf": _test("isinf"),
    "isfinite": _test("isfinite"),
    "signbit": _test("signbit"),
    "isnormal": _test("isnormal"),
    "fmin": one("B[i] = enigma.fmin(X[i], Y[i])", X=[1, 5, nan], Y=[2, 3, 4]),
    "fmax": one("B[i] = enigma.fmax(X[i], Y[i])", X=[1, 5, nan], Y=[2, 3, 4]),
    "pow": one("B[i] = enigma.pow(X[i], Y[i])", X=[2, 2, 9, -8], Y=[10, -1, 0.5, 3]),
    "fmod": one("B[i] = enigma.fmod(X[i], Y[i])", X=[7, -7, 7.5], Y=[3, 3, -2]),
    "atan2": one("B[i] = enigma.atan2(X[i], Y[i])", X=[1, 1, -1], Y=[1, -1, 0]),
    "copysign": one("B[i] = enigma.copysign(X[i], Y[i])", X=[1, 2, -3], Y=[1, -0.0, 5]),
    "step": one("B[i] = enigma.step(2.0, A[i])", A=[1, 2, 3]),
    "clamp": one("B[i] = enigma.clamp(A[i], -1.0, 1.0)", A=[-3, 0.5, 7]),
    "fma": one("B[i] = enigma.fma(A[i], A[i], 1.0)", A=[2, 0.1, -3]),
    "mix": one("B[i] = enigma.mix(10.0, 20.0, A[i])", A=[0, 0.25, 1]),
    "smoothstep": one("B[i] = enigma.smoothstep(0.0, 10.0, A[i])", A=[-1, 2.5, 5, 11]),
    # Functions of integers.
    "imin": one("B[i] = enigma.imin(X[i], Y[i])", B="int", X=_ints(1, -5), Y=_ints(2, 3)),
    "imax": one("B[i] = enigma.imax(X[i], Y[i])", B="int", X=_ints(1, -5), Y=_ints(2, 3)),
    "iclamp": one("B[i] = enigma.iclamp(A[i], 0, 255)", B="int", A=_ints(-3, 77, 300)),
    "abs_diff": one(
        "B[i] = enigma.abs_diff(X[i], Y[i])", B="uint", X=_ints(3, -2147483648), Y=_ints(5, 2147483647)
    ),
    "add_sat": one(
        "B[i] = enigma.add_sat(X[i], Y[i])", B="uchar", X=("uchar", [1, 250]), Y=("uchar", [2, 10])
    ),
    "sub_sat": one("B[i] = enigma.sub_sat(X[i], Y[i])", B="uchar", X=("uchar", [5, 1]), Y=("uchar", [2, 2])),
    "mul_hi": one("B[i] = enigma.mul_hi(X[i], Y[i])", B="uint", X=_uints(65536, 3), Y=_uints(65536 * 7, 5)),
    "mad_sat": one(
        "B[i] = enigma.mad_sat(X[i], Y[i], X[i])", B="char", X=("char", [3, 100, -100]), Y=("char", [4, 2, 2])
    ),
    "rotate": one("B[i] = enigma.rotate(A[i], 4)", B="uchar", hexadecimal=True, A=("uchar", [0x12, 0xF0])),
    "popcount": one("B[i] = enigma.popcount(A[i])", B="uint", A=_uints(0, 7, 4294967295)),
    "clz": one("B[i] = enigma.clz(A[i])", B="uint", A=_uints(0, 1, 4294967295)),
    "ctz": one("B[i] = enigma.ctz(A[i])", B="uint", A=_uints(0, 1, 8)),
    "reverse_bits": one(
        "B[i] = enigma.reverse_bits(A[i])", B="uchar", hexadecimal=True, A=("uchar", [1, 6, 128])
    ),
    "extract_bits": one("B[i] = enigma.extract_bits(A[i], 4, 8)", B="int", A=_ints(0x120, 0xFF0)),
    "insert_bits": one("B[i] = enigma.insert_bits(A[i], 3, 4, 2)", B="uint", A=_uints(0, 255)),
    # Vectors.
    "make_vec": one(
        "v = enigma.make_vec(A[0], A[1], 5.0)\nenigma.vec_store(B, 0, v * 2.0)",
        threads=1,
        B=("float", 3),
        A=[1, 2],
    ),
    "vec_extract": _vector("vec_extract(v, 1) + v.z"),
    "dot": _vectors("dot(v, w)", scalar=True),
    "length": _vector("length(v)"),
    "distance": _vectors("distance(v, w)", scalar=True),
    "cross": _vectors("cross(v, w)", [1, 0, 0, 0, 1, 0]),
    "normalize": _vectors("normalize(v + w)", [1, 2, 2, 2, 2, 2]),
    "reflect": _vectors("reflect(v, w)", [1, -1, 0, 0, 1, 0]),
    "refract": _vectors("refract(v, w, 0.5)", [0.6, -0.8, 0, 0, 1, 0]),
    "faceforward": _vectors("faceforward(v, w, v)", [0, 1, 0, 0, 2, 1]),
    # Packed floats.
    "pack_float_to_snorm4x8": _pack("pack_float_to_snorm4x8", 1, -1, 0, 0.5),
    "pack_float_to_unorm4x8": _pack("pack_float_to_unorm4x8", 1, 0, 0.25, 2),
    "pack_float_to_snorm2x16": _pack("pack_float_to_snorm2x16", 1, -1),
    "pack_float_to_unorm2x16": _pack("pack_float_to_unorm2x16", 1, 0.25),
    "pack_float_to_srgb_unorm4x8": _pack("pack_float_to_srgb_unorm4x8", 1, 0.25, 0, 0.25),
    "pack_float_to_unorm10a2": _pack("pack_float_to_unorm10a2", 1, 0, 0.25, 1),
    "unpack_snorm4x8_to_float": _unpack("unpack_snorm4x8_to_float", 0x4000817F, 4),
    "unpack_unorm4x8_to_float": _unpack("unpack_unorm4x8_to_float", 0xFF4000FF, 4),
    "unpack_snorm2x16_to_float": _unpack("unpack_snorm2x16_to_float", 0x80017FFF, 2),
    "unpack_unorm2x16_to_float": _unpack("unpack_unorm2x16_to_float", 0x4000FFFF, 2),
    "unpack_srgb_unorm4x8_to_float": _unpack("unpack_srgb_unorm4x8_to_float", 0x800089FF, 4),
    "unpack_unorm10a2_to_float": _unpack("unpack_unorm10a2_to_float", 0xD00003FF, 4),
    # Matrices.
    "mat_make": _matrix("enigma.vec_store(B, 0, enigma.matmul(m, enigma.make_float2(1.0, 10.0)))", 2),
    "mat_column": _matrix("enigma.vec_store(B, 0, enigma.mat_column(m, 1))", 2),
    "matmul": _matrix("square = enigma.matmul(m, m)\nenigma.vec_store(B, 0, square[0])", 2),
    "transpose": _matrix("enigma.vec_store(B, 0, enigma.transpose(m)[0])", 2),
    "determinant": _matrix("B[0] = enigma.determinant(m)", 1),
    # Function constants.
    "function_constant": one(
        'scale = enigma.function_constant("float", 0)\nB[i] = A[i] * scale',
        constants={0: ("float", 2.5)},
        A=[1, 2],
    ),
    # Memory.
    "load": one("B[i] = A[2 - i]", A=[1, 2, 3]),
    "store": one("B[2 - i] = A[i]", A=[1, 2, 3]),
    "load_if": one("B[i] = enigma.load_if(A, i, i < 2, -1.0)", threads=4, A=[5, 6]),
    "store_if": one("enigma.store_if(B, i, A[i], A[i] > 0.0)", A=[5, -6, 7]),
    "vec_load": one("B[i] = enigma.dot(enigma.vec_load(A, 2 * i, 2), 1.0)", threads=2, A=[1, 2, 3, 4]),
    "vec_store": one("enigma.vec_store(B, 1, enigma.make_float3(1.0, 2.0, 3.0))", threads=1, B=("float", 5)),
    # Atomic operations.
    "atomic_load": one("B[i] = enigma.atomic_load(A, 0)", B="int", A=_ints(12)),
    "atomic_store": one("enigma.atomic_store(B, 0, A[i])", threads=1, B="int", A=_ints(12)),
    "atomic_exchange": _atomic("atomic_exchange(A, 0, V[0])", 5),
    "atomic_fetch_add": one("enigma.atomic_fetch_add(B, 0, A[i])", B=("int", 1), A=_ints(1, 2, 3, 4)),
    "atomic_fetch_sub": one("enigma.atomic_fetch_sub(B, 0, A[i])", B=("int", 1), A=_ints(1, 2, 3, 4)),
    "atomic_fetch_min": one("enigma.atomic_fetch_min(B, 0, A[i])", B=("int", 1), A=_ints(1, -2, 3, 4)),
    "atomic_fetch_max": one("enigma.atomic_fetch_max(B, 0, A[i])", B=("int", 1), A=_ints(1, -2, 3, 4)),
    "atomic_fetch_and": _atomic("atomic_fetch_and(A, 0, V[0])", 10),
    "atomic_fetch_or": one("enigma.atomic_fetch_or(B, 0, A[i])", B=("int", 1), A=_ints(1, 2, 8)),
    "atomic_fetch_xor": one("enigma.atomic_fetch_xor(B, 0, A[i])", B=("int", 1), A=_ints(1, 3, 8)),
    "atomic_compare_exchange_weak": one(
        "done = enigma.atomic_compare_exchange_weak(B, 0, 0, 7)\nB[1] = enigma.where(0, 1, done)",
        threads=1,
        B=("int", 2),
    ),
    # Barriers.
    "barrier": _copy("tile[i] = A[i]\nenigma.barrier()\nB[i] = tile[7 - i]"),
    "simd_barrier": _copy("tile[i] = A[i]\nenigma.simd_barrier()\nB[i] = tile[i ^ 1]"),
    # Asynchronous copies.
    "async_copy_1d_d2t": _copy(
        "ev = enigma.async_copy_1d_d2t(tile, 0, A, 4, 4)\nenigma.async_copy_wait(ev)\nB[i] = tile[i % 4]"
    ),
    "async_copy_1d_t2d": _copy(
        "tile[i] = A[i] * 10.0\nenigma.barrier()\n"
        "ev = enigma.async_copy_1d_t2d(B, 2, tile, 0, 4)\nenigma.async_copy_wait(ev)"
    ),
    "async_copy_2d_d2t": _copy(
        'ev = enigma.async_copy_2d_d2t(tile, 0, 4, A, 0, 4, 4, 2, valid_cols=3, fill="edge")\n'
        "enigma.async_copy_wait(ev)\nB[i] = tile[i]"
    ),
    "async_copy_2d_t2d": _copy(
        "tile[i] = A[i]\nenigma.barrier()\n"
        "ev = enigma.async_copy_2d_t2d(B, 0, 4, tile, 0, 4, 2, 2)\nenigma.async_copy_wait(ev)"
    ),
    "async_copy_wait": _copy(
        "low = enigma.async_copy_1d_d2t(tile, 0, A, 0, 4)\nhigh = enigma.async_copy_1d_d2t(tile, 4, A, 4, 4)\n"
        "enigma.async_copy_wait(low, high)\nB[i] = tile[i]"
    ),
    # Simdgroups.
    "simd_sum": _lanes("simd_sum(lane)"),
    "simd_product": _lanes("simd_product(lane + 1)"),
    "simd_min": _lanes("simd_min(lane + 3)"),
    "simd_max": _lanes("simd_max(lane + 3)"),
    "simd_and": _lanes("simd_and(lane | 8)"),
    "simd_or": _lanes("simd_or(lane)"),
    "simd_xor": _lanes("simd_xor(lane + 1)"),
    "simd_prefix_exclusive_sum": _lanes("simd_prefix_exclusive_sum(lane)"),
    "simd_prefix_inclusive_sum": _lanes("simd_prefix_inclusive_sum(lane)"),
    "simd_prefix_exclusive_product": _lanes("simd_prefix_exclusive_product(lane + 1)"),
    "simd_prefix_inclusive_product": _lanes("simd_prefix_inclusive_product(lane + 1)"),
    "simd_shuffle": _lanes("simd_shuffle(lane * 10, 7 - lane)"),
    "simd_shuffle_up": _lanes("simd_shuffle_up(lane * 10, 2)"),
    "simd_shuffle_down": _lanes("simd_shuffle_down(lane * 10, 2)", threads=32),
    "simd_shuffle_xor": _lanes("simd_shuffle_xor(lane * 10, 1)"),
    "simd_broadcast": _lanes("simd_broadcast(lane * 10, 3)"),
    # Quads.
    "quad_sum": _lanes("quad_sum(lane)"),
    "quad_product": _lanes("quad_product(lane + 1)"),
    "quad_min": _lanes("quad_min(lane)"),
    "quad_max": _lanes("quad_max(lane)"),
    "quad_and": _lanes("quad_and(lane | 8)"),
    "quad_or": _lanes("quad_or(lane)"),
    "quad_xor": _lanes("quad_xor(lane + 1)"),
    "quad_prefix_exclusive_sum": _lanes("quad_prefix_exclusive_sum(lane)"),
    "quad_prefix_inclusive_sum": _lanes("quad_prefix_inclusive_sum(lane)"),
    "quad_shuffle": _lanes("quad_shuffle(lane * 10, 3 - lane % 4)"),
    "quad_shuffle_up": _lanes("quad_shuffle_up(lane * 10, 1)"),
    "quad_shuffle_down": _lanes("quad_shuffle_down(lane * 10, 1)"),
    "quad_shuffle_xor": _lanes("quad_shuffle_xor(lane * 10, 2)"),
    "quad_broadcast": _lanes("quad_broadcast(lane * 10, 3)"),
    # Simdgroup matrices.
    "simdgroup_matrix_load": one(
        "m = enigma.simdgroup_matrix_load(A, 8, transpose=True)\nenigma.simdgroup_matrix_store(m, B, 8)",
        threads=32,
        B=("float", 64),
        A=_TABLE,
    ),
    "simdgroup_matrix_store": one(
        "m = enigma.make_filled_simdgroup_matrix(1.5)\nenigma.simdgroup_matrix_store(m, B, 10)",
        threads=32,
        B=("float", 78),
    ),
    "simdgroup_multiply_accumulate": one(
        "m = enigma.simdgroup_matrix_load(A, 8)\nc = enigma.make_filled_simdgroup_matrix(1.0)\n"
        "enigma.simdgroup_matrix_store(enigma.simdgroup_multiply_accumulate(m, m, c), B, 8)",
        threads=32,
        B=("float", 64),
        A=_TABLE,
    ),
    "make_filled_simdgroup_matrix": one(
        'm = enigma.make_filled_simdgroup_matrix(0.1, "half")\nenigma.simdgroup_matrix_store(m, B, 8)',
        threads=32,
        B=("half", 64),
    ),
    # Debugging.
    "debug_print": one('enigma.debug_print("thread {} has {}", i, A[i], where=A[i] > 1.0)', A=[1, 2, 3]),
}
