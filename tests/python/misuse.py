"""Random misuse of the package: anything called with anything, inside kernels and outside.

``python misuse.py FIRST COUNT`` tries that many seeds and says what went wrong with the first that did: an exception
that is no `EnigmaError`, or a call that does not come back. Exceptions of the objects that are handed in are their own
business, and so is what Python itself raises before any code of the package runs.
"""

from __future__ import annotations

import faulthandler
import itertools
import operator
import os
import random
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np

import enigma

outcomes: Counter[str] = Counter()

LIMIT = 30
"""Seconds that one seed may take."""


class OwnError(Exception):
    """What an object raises whose code is the caller's."""


class Unruly:
    """An object that fails whatever is asked of it."""

    def _fail(self, *arguments: object) -> Any:
        raise OwnError

    __index__ = __int__ = __float__ = __bool__ = __len__ = __iter__ = __getitem__ = __str__ = __repr__ = _fail
    __eq__ = __add__ = __radd__ = __call__ = __enter__ = __dlpack__ = __dlpack_device__ = __fspath__ = _fail
    __hash__ = None


class Pretender:
    """An object that says it is an array."""

    shape, dtype, ndim, size = (8,), np.dtype(np.float32), 1, 8
    __array_interface__ = {"typestr": "", "shape": (2**40, 2**40), "data": (0, False), "version": 3}  # noqa: RUF012

    def item(self) -> str:
        return "one"

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0

    def __dlpack__(self, **keywords: object) -> object:
        return self


@enigma.kernel
def double(A: enigma.f32, B: enigma.f32, n: enigma.Scalar(enigma.u32)):
    i = enigma.thread_position_in_grid
    with enigma.if_(i < n):
        B[i] = A[i] * 2.0


@enigma.kernel
def staged(A: enigma.f32, B: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 32)
    event = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)
    enigma.async_copy_wait(event)
    enigma.barrier()
    lane = enigma.thread_index_in_threadgroup()
    B[lane] = tile[lane]


@enigma.kernel
def nothing():
    pass


def leaked() -> list[Any]:
    """What another kernel made."""
    found: list[Any] = []

    @enigma.kernel
    def other(A: enigma.f32):
        tile = enigma.threadgroup_alloc("float", 8)
        event = enigma.async_copy_1d_d2t(tile, 0, A, 0, 8)
        found.extend(
            [A, tile, event, A[0] + 1, enigma.register_tensor(4), enigma.for_range(0, 1), enigma.if_(True)]
        )
        enigma.async_copy_wait(event)

    enigma.compile(other)
    return found


def arrays() -> list[Any]:
    """Arrays of every kind, anew."""
    floats = np.arange(64, dtype=np.float32)
    fixed = floats.copy()
    fixed.flags.writeable = False
    return [
        floats,
        fixed,
        floats[::2],
        floats.reshape(8, 8).T,
        floats.astype(">f4"),
        floats.astype(np.float64),
        np.zeros(0, np.float32),
        np.float32(1.5),
        np.array(1.5, np.float32),
        np.arange(64),
        np.zeros(64, ml_dtypes.bfloat16),
        np.zeros(4, "V2"),
        np.zeros(4, "datetime64[s]"),
        np.array([None, 1]),
        np.zeros(4, "f4,i4"),
        np.array("text"),
        np.ma.masked_array([1.0], [True]),
        np.zeros((2, 0, 3), np.float32),
        np.matrix([[1.0]]),
        np.broadcast_to(np.float32(1), (64,)),
    ]


def things() -> list[Any]:
    """One of every kind of thing, anew."""
    return [
        *arrays(),
        *leaked(),
        None,
        True,
        False,
        0,
        1,
        -1,
        7,
        8,
        64,
        2.5,
        float("nan"),
        float("inf"),
        10**40,
        10**5000,
        -(10**5000),
        2**63,
        1j,
        "",
        "x",
        "tile",
        "A",
        "float",
        "cpu",
        "late",
        "msl",
        "\udc80",
        "a\0b",
        "{}",
        "random:-1",
        b"x",
        bytearray(3),
        memoryview(b"abc"),
        [],
        [1, 2],
        [[1], 2],
        (),
        (8,),
        (8, 8, 8, 8),
        (1, None),
        {},
        {"grid": 1},
        {0: ("int", 3)},
        {1, 2},
        object(),
        Unruly(),
        Pretender(),
        len,
        lambda: 1,
        lambda *a, **k: OwnError,
        int,
        np.ndarray,
        enigma.f32,
        enigma.DType,
        enigma.Scalar,
        enigma.Scalar("half"),
        enigma.Value,
        enigma.Tensor,
        enigma.Event,
        double,
        enigma.compile(staged),
        enigma.Runtime("cpu"),
        enigma.EnigmaError("no"),
        enigma,
        np,
        slice(1, 2),
        ...,
        NotImplemented,
        range(3),
        itertools.count(),
        iter([1]),
        (n for n in [1]),
        np.int8(3),
        np.uint64(2**64 - 1),
        np.bool_(True),
        np.datetime64("NaT"),
    ]


class Misuse:
    """What one seed does."""

    def __init__(self, seed: int, directory: str) -> None:
        self.random = random.Random(seed)
        self.things = things()
        self.directory = directory

    def thing(self, among: list[Any] | None = None) -> Any:
        if among and self.random.random() < 0.6:
            return self.random.choice(among)
        return self.random.choice(self.things)

    def spoiled(self, positional: list[Any], keywords: dict[str, Any], among: list[Any] | None = None) -> Any:
        """Arguments with a few of them exchanged, missing, or too many."""
        for _ in range(self.random.randrange(1, 4)):
            match self.random.randrange(8):
                case 0 if positional:
                    positional.pop()
                case 1 if keywords:
                    keywords.pop(self.random.choice(list(keywords)))
                case 2:
                    positional.append(self.thing(among))
                case 3:
                    keywords[
                        self.random.choice(["where", "fill", "grid", "init", "no_such", "x", "\udc80"])
                    ] = self.thing(among)
                case 4 | 5 if keywords:
                    keywords[self.random.choice(list(keywords))] = self.thing(among)
                case _ if positional:
                    positional[self.random.randrange(len(positional))] = self.thing(among)
        return positional, keywords

    def run(self) -> None:
        self.random.choice([self.inside, self.inside, self.outside])()

    # Outside kernels.

    def calls(self) -> list[tuple[Callable[..., Any], list[Any], dict[str, Any]]]:
        """Right calls of what there is outside kernels."""
        floats, out = np.arange(32, dtype=np.float32), np.zeros(32, np.float32)
        shape = {"grid": 32, "threads": 32}
        runtime, compiled = enigma.Runtime("cpu"), enigma.compile(double)
        forms = [
            {"output_size": 128},
            {"output_sizes": [128]},
            {"output_shapes": [(4, 8)], "output_dtypes": [np.float32]},
        ]
        prepared = runtime.prepare(compiled, [floats], 128, scalars=[32])
        report = enigma.check(double, floats, out, 32, **shape)
        file = os.path.join(self.directory, "double.metal")
        return [
            (enigma.launch, [double, floats, out, 32], {**shape, "device": "cpu"}),
            (enigma.launch, [compiled, floats, out, 32], {**shape, "device": runtime}),
            (lambda *shape: double[shape if len(shape) != 1 else shape[0]], [32, 32], {}),
            (double[32, 32], [floats, out, 32], {}),
            (enigma.check, [double, floats, out, 32], {**shape, "order": "late"}),
            (enigma.check, [staged, floats, out], {**shape, "order": "all"}),
            (
                enigma.compile,
                [double],
                {"vec_width": 0, "async_lowering": "asm", "work_dir": self.directory, "dump_ir": False},
            ),
            (
                enigma.compile,
                [double],
                {"target_os": "macos14", "gpu_family": 8, "linear_copy": "1d", "read_back": True},
            ),
            (enigma.kernel, [lambda A: None], {}),
            (self.annotated, [enigma.f32, enigma.Scalar(enigma.u32)], {}),
            (enigma.Runtime, ["cpu"], {}),
            (enigma.MetalRuntime, [], {}),
            (runtime.launch, [double, floats, out, 32], dict(shape)),
            (runtime.check, [double, floats, out, 32], dict(shape)),
            (
                runtime.execute,
                [compiled, [floats]],
                {**self.random.choice(forms), **shape, "scalars": [32], "constants": None},
            ),
            (
                runtime.prepare,
                [compiled, [floats]],
                {**self.random.choice(forms), "scalars": [32], "constants": {}},
            ),
            (prepared.dispatch, [32, 32], {}),
            (prepared.dispatch_timed, [32, (32, 1, 1)], {}),
            (compiled.source, ["msl"], {}),
            (compiled.export_metal, [file], {}),
            (double.sample, [], dict(shape)),
            (enigma.Scalar, [enigma.f32], {}),
            (lambda order: enigma.checking(order), ["eager"], {}),
            (report.replay, [floats, out, 32], {}),
            (enigma.launch, [nothing], {"grid": 1, "threads": 1}),
        ]

    def annotated(self, buffer: Any, number: Any) -> Any:
        def function(A, n):
            A[n] = n

        function.__annotations__ = {"A": buffer, "n": number}
        return enigma.compile(enigma.kernel(function)).metal_source

    def outside(self) -> None:
        if self.random.random() < 0.15:
            name = self.random.choice(enigma.__all__)
            act = getattr(enigma, name)
            if isinstance(act, type) or not callable(act) or name == "range_constexpr":
                return
            self.judge(lambda: act(*[self.thing() for _ in range(self.random.randrange(4))]))
            return
        act, positional, keywords = self.random.choice(self.calls())
        positional, keywords = self.spoiled(positional, keywords)
        self.judge(lambda: act(*positional, **keywords))

    # Inside kernels.

    def inside(self) -> None:
        swallow = self.random.random() < 0.3
        steps = self.random.randrange(1, 6)

        @enigma.kernel
        def anything(A: enigma.f32, C: enigma.i32, n: enigma.Scalar(enigma.u32)):
            pool = self.pool(A, C, n)
            for _ in range(steps):
                try:
                    self.step(pool)
                except Exception:
                    if not swallow:
                        raise

        def compiled_and_run() -> None:
            compiled = enigma.compile(anything)
            outcomes["accepted kernels"] += 1
            assert "anything" in compiled.metal_source and "anything" in compiled.mlir_source
            arguments = np.arange(64, dtype=np.float32), np.arange(64, dtype=np.int32), 7
            threads = self.random.choice([32, 7, (4, 4), (3, 3, 3), 64])
            for run in (enigma.launch, enigma.check):
                try:
                    run(
                        compiled,
                        *arguments,
                        grid=self.random.choice([1, 64, (9, 3), (5, 4, 3)]),
                        threads=threads,
                    )
                except enigma.EnigmaError as error:
                    assert error.diagnostics

        self.judge(compiled_and_run)

    def pool(self, A: Any, C: Any, n: Any) -> list[Any]:
        tile = enigma.threadgroup_alloc("float", 64, name="tile")
        counts = enigma.threadgroup_alloc("int", 8)
        event = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
        enigma.async_copy_wait(event)
        enigma.barrier()
        counts[0] = 1
        column = enigma.make_float3(A[0], 1, 2.5)
        return [
            A,
            C,
            tile,
            counts,
            enigma.register_tensor((2, 3)),
            enigma.register_tensor(4, "int", fill=None),
            n,
            n > 1,
            A[n],
            C[0],
            column,
            enigma.make_vec(n, n),
            enigma.mat_make(column, column),
            enigma.make_filled_simdgroup_matrix(0.0),
            enigma.metal_cast(n, "half"),
            enigma.metal_cast(n, enigma.i64),
            event,
            enigma.for_range(0, n, init=[n]),
            enigma.if_(n > 1),
            enigma.while_(lambda: n > 1),
            enigma.thread_position_in_grid,
            0,
            1,
            2,
            3.5,
        ]

    def step(self, pool: list[Any]) -> None:
        made = self.random.choice([self.call, self.call, self.call, self.operate, self.use, self.enter])(pool)
        if made is not None and not isinstance(made, str | int | float):
            pool.append(made)

    def call(self, pool: list[Any]) -> Any:
        name = self.random.choice(IN_KERNELS)
        positional = [self.thing(pool) for _ in range(self.random.randrange(self.random.choice([3, 5, 11])))]
        keywords = self.random.choice(
            ["x", "where", "fill", "valid_cols", "dim", "mem_flags", "offset", "init", "order"]
        )
        return getattr(enigma, name)(
            *positional, **({keywords: self.thing(pool)} if self.random.random() < 0.1 else {})
        )

    def operate(self, pool: list[Any]) -> Any:
        a, b = self.random.choice(traced(pool, OPERANDS)), self.thing(pool)
        if self.random.random() < 0.3:
            a, b = b, a
        return self.random.choice(OPERATORS)(a, b)

    def use(self, pool: list[Any]) -> Any:
        return self.random.choice(USES)(self.random.choice(traced(pool)), self.thing(pool), self.thing(pool))

    def enter(self, pool: list[Any]) -> Any:
        block = self.random.choice(traced(pool))
        made = block.__enter__()
        for _ in range(self.random.randrange(3)):
            self.step(pool)
        if isinstance(made, tuple) and self.random.random() < 0.5:
            pool.extend(made)
        if self.random.random() < 0.8:
            block.__exit__(None, None, None)
        return None

    def judge(self, act: Callable[[], Any]) -> None:
        try:
            act()
            outcomes["nothing raised"] += 1
        except enigma.EnigmaError as error:
            outcomes["EnigmaError"] += 1
            assert error.diagnostics, f"no findings: {error}"
            assert str(error).strip() and error.to_json()
        except OwnError:
            outcomes["the caller's own"] += 1
        except OSError as error:
            outcomes["a file that cannot be written"] += 1
            assert error.args
        except (TypeError, AttributeError) as error:
            inner = (
                error.__traceback__ and error.__traceback__.tb_next and error.__traceback__.tb_next.tb_next
            )
            if inner is not None:
                raise
            outcomes["Python's own"] += 1


OPERANDS = (enigma.Value, enigma.Event, enigma.Tensor, enigma.RegisterTensor)


def traced(pool: list[Any], classes: tuple[type, ...] = (object,)) -> list[Any]:
    """The objects of the package among these."""
    return [
        thing for thing in pool if type(thing).__module__.startswith("enigma") and isinstance(thing, classes)
    ]


IN_KERNELS = [name for name in enigma.__all__ if name in enigma.language.__all__] + [
    "make_float2",
    "make_float3",
    "threadgroup_alloc",
    "register_tensor",
    "for_range",
    "if_",
    "while_",
    "range",
    "async_copy_to_threadgroup",
    "async_copy_commit",
    "Value",
    "Carry",
    "Tensor",
    "Event",
    "f32",
    "Scalar",
]
OPERATORS: list[Callable[[Any, Any], Any]] = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    operator.pow,
    operator.matmul,
    operator.lshift,
    operator.rshift,
    operator.and_,
    operator.or_,
    operator.xor,
    operator.lt,
    operator.eq,
    operator.ne,
    operator.ge,
    operator.iadd,
    divmod,
    lambda a, b: b in a,
]
USES: list[Callable[[Any, Any, Any], Any]] = [
    lambda a, b, c: a[b],
    lambda a, b, c: operator.setitem(a, b, c),
    lambda a, b, c: operator.delitem(a, b),
    lambda a, b, c: a[b, c],
    lambda a, b, c: operator.setitem(a, (b, c), 1),
    lambda a, b, c: -a,
    lambda a, b, c: ~a,
    lambda a, b, c: abs(a),
    lambda a, b, c: +a,
    lambda a, b, c: not a,
    lambda a, b, c: len(a),
    lambda a, b, c: list(a),
    lambda a, b, c: {a} == {b},
    lambda a, b, c: int(a),
    lambda a, b, c: float(a),
    lambda a, b, c: round(a),
    lambda a, b, c: f"{a:3}",
    lambda a, b, c: repr(a),
    lambda a, b, c: str(a),
    lambda a, b, c: a.x,
    lambda a, b, c: a.w,
    lambda a, b, c: a.dtype,
    lambda a, b, c: a.shape,
    lambda a, b, c: a.name,
    lambda a, b, c: a.no_such,
    lambda a, b, c: setattr(a, "x", b),
    lambda a, b, c: a(b),
    lambda a, b, c: a(b, c),
    lambda a, b, c: a.__enter__(),
    lambda a, b, c: a.__exit__(b, c),
    lambda a, b, c: a.__exit__(),
    lambda a, b, c: a.load(b),
    lambda a, b, c: a.atomic_fetch_add(b, c),
    lambda a, b, c: a[b:c],
    lambda a, b, c: iter(a),
    lambda a, b, c: next(a),
    lambda a, b, c: range(a),
    lambda a, b, c: sorted([a, b]),
    lambda a, b, c: sum([a, b]),
    lambda a, b, c: np.sin(a),
    lambda a, b, c: np.float32(2) * a,
    lambda a, b, c: {a: b} == c,
    lambda a, b, c: enigma.kernel(lambda: None)[a, b](c),
    lambda a, b, c: enigma.compile(a),
    lambda a, b, c: enigma.launch(double, a, grid=b, threads=c),
]


def main(first: int, count: int) -> None:
    warnings.simplefilter("ignore")
    os.environ["ENIGMA_STEP_LIMIT"] = "100"
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        for seed in range(first, first + count):
            faulthandler.dump_traceback_later(LIMIT, exit=True)
            try:
                Misuse(seed, directory).run()
            except BaseException:
                traceback.print_exc()
                sys.exit(f"seed {seed}: no EnigmaError")
            finally:
                faulthandler.cancel_dump_traceback_later()
    print(*(f"{count} {outcome}" for outcome, count in outcomes.items()), sep=", ")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
