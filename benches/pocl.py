"""Measures the CPU executor beside PoCL, an OpenCL implementation that compiles kernels for the CPU with LLVM.

Run it: `python benches/pocl.py`, with Debian's `pocl-opencl-icd` and the packages of benches/requirements.txt
installed, as `make bench` does. Each kernel stands here and, with the same arithmetic cut up in the same way, in the
folder pocl; both work on the same numbers, are run in turns, and are compared with NumPy. Ratios are given of the time
that goes by and of the processors' time, which says more where others use the machine too. The first launch is that of
a kernel that nothing is known of yet, of one threadgroup: here it is traced, verified and planned, there compiled.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

# Each first launch is to be a first one.
os.environ["POCL_KERNEL_CACHE"] = "0"

import numpy as np
import pyopencl as cl
from executor import ELEMENTS, SIDE, TILE, gemm, in_turns, round_trip

import enigma

OPTIONS = 4 << 20
ROWS, COLS, HELD = 8192, 1024, 4
WIDTH = HEIGHT = 4096


def cdf(x):
    """The normal distribution function, after Abramowitz and Stegun, 26.2.17."""
    k = 1.0 / (1.0 + 0.2316419 * abs(x))
    series = k * (0.319381530 + k * (-0.356563782 + k * (1.781477937 + k * (-1.821255978 + k * 1.330274429))))
    tail = 0.39894228 * enigma.exp(-0.5 * x * x) * series
    return enigma.where(tail, 1.0 - tail, x > 0.0)


@enigma.kernel
def black_scholes(
    spot: enigma.f32,
    strike: enigma.f32,
    years: enigma.f32,
    call: enigma.f32,
    put: enigma.f32,
    rate: enigma.Scalar[enigma.f32],
    volatility: enigma.Scalar[enigma.f32],
):
    i = enigma.thread_position_in_grid
    s, k, t = spot[i], strike[i], years[i]
    deviation = volatility * enigma.sqrt(t)
    d1 = (enigma.log(s / k) + (rate + 0.5 * volatility * volatility) * t) / deviation
    d2 = d1 - deviation
    discounted = k * enigma.exp(-rate * t)
    price = s * cdf(d1) - discounted * cdf(d2)
    call[i] = price
    put[i] = price - s + discounted


@enigma.kernel
def softmax(X: enigma.f32, Y: enigma.f32):
    """A threadgroup of COLS / HELD threads for each row, each of which holds HELD elements of it."""
    threads = COLS // HELD
    parts = enigma.threadgroup_alloc("float", threads // 32)
    thread = enigma.thread_index_in_threadgroup()
    group = enigma.simdgroup_index_in_threadgroup()
    first = enigma.threadgroup_position_in_grid() * COLS + thread

    held = [X[first + n * threads] for n in range(HELD)]
    greatest = held[0]
    for x in held[1:]:
        greatest = enigma.fmax(greatest, x)
    parts[group] = enigma.simd_max(greatest)
    enigma.barrier()
    greatest = parts[0]
    for n in range(1, threads // 32):
        greatest = enigma.fmax(greatest, parts[n])
    enigma.barrier()

    held = [enigma.exp(x - greatest) for x in held]
    parts[group] = enigma.simd_sum(sum(held[1:], held[0]))
    enigma.barrier()
    scale = 1.0 / sum((parts[n] for n in range(1, threads // 32)), parts[0])
    for n, x in enumerate(held):
        Y[first + n * threads] = x * scale


@enigma.kernel
def stencil(
    X: enigma.f32, Y: enigma.f32, width: enigma.Scalar[enigma.u32], height: enigma.Scalar[enigma.u32]
):
    column = enigma.thread_position_in_grid_xyz("x")
    row = enigma.thread_position_in_grid_xyz("y")
    with enigma.if_((column > 0) & (column < width - 1) & (row > 0) & (row < height - 1)):
        i = row * width + column
        Y[i] = X[i] * 0.5 + (X[i - 1] + X[i + 1] + X[i - width] + X[i + width]) * 0.125


@dataclass
class Case:
    """A kernel, here and in OpenCL, and what it is launched on."""

    name: str
    kernel: enigma.Kernel
    grid: tuple[int, ...]
    threads: tuple[int, ...]
    arrays: list[np.ndarray]
    expected: dict[int, np.ndarray]  # by the place of the array
    rate: tuple[float, str]  # what a launch does, and its unit
    scalars: list[np.number] = field(default_factory=list)
    cl_shape: tuple[tuple[int, ...], tuple[int, ...]] | None = None  # grid and threads, where they differ
    cl_scalars: list[np.number] | None = None  # where they differ
    cl_local: list[int] = field(default_factory=list)  # bytes of each local array
    wanted: float = 1.0  # times as fast as PoCL

    def check(self, arrays: list[np.ndarray]) -> None:
        """Sees that a launch on these arrays computed what it is to compute."""
        for place, expected in self.expected.items():
            np.testing.assert_allclose(arrays[place], expected, rtol=1e-4, atol=1e-4)

    def first_launch(self) -> None:
        """Traces, verifies and plans the kernel, and runs one threadgroup of it."""
        enigma.kernel(self.kernel.__wrapped__)[self.threads, self.threads](*self.arrays, *self.scalars)


class OpenCL:
    """PoCL's device."""

    def __init__(self) -> None:
        [platform] = [p for p in cl.get_platforms() if p.name == "Portable Computing Language"]
        self.context = cl.Context(platform.get_devices())
        self.queue = cl.CommandQueue(self.context)
        self.version = platform.version

    def bind(self, array: np.ndarray) -> cl.Buffer:
        return cl.Buffer(self.context, cl.mem_flags.READ_WRITE | cl.mem_flags.USE_HOST_PTR, hostbuf=array)

    def compile(self, case: Case, arrays: list[np.ndarray]) -> Callable[..., None]:
        """Compiles the kernel. Gives what launches it and waits for its end, on the whole grid or a smaller one."""
        source = Path(__file__).with_suffix("") / f"{case.name}.cl"
        constants = {"COLS": COLS, "HELD": HELD, "TILE": TILE, "SIDE": SIDE}
        options = ["-cl-std=CL1.2", *(f"-D{name}={value}" for name, value in constants.items())]
        program = cl.Program(self.context, source.read_text()).build(options, cache_dir=False)
        kernel = cl.Kernel(program, case.name)
        scalars = case.scalars if case.cl_scalars is None else case.cl_scalars
        buffers = [self.bind(array) for array in arrays]
        kernel.set_args(*buffers, *scalars, *map(cl.LocalMemory, case.cl_local))
        whole, threads = case.cl_shape or (case.grid, case.threads)

        def launch(grid: tuple[int, ...] = whole) -> None:
            cl.enqueue_nd_range_kernel(self.queue, kernel, grid, threads)
            self.queue.finish()
            assert buffers  # The kernel does not keep them alive.

        return launch

    def first_launch(self, case: Case, arrays: list[np.ndarray]) -> None:
        """Compiles the kernel and runs one work-group of it."""
        _, threads = case.cl_shape or (case.grid, case.threads)
        self.compile(case, arrays)(threads)


def random(*shape: int, low: float = -1.0, high: float = 1.0) -> np.ndarray:
    return np.random.default_rng(0).uniform(low, high, shape).astype(np.float32)


def black_scholes_case(threads: int) -> Case:
    spot, both = random(OPTIONS, low=5, high=30), random(2, OPTIONS, low=0.25, high=10)
    strike, years = both[0] * 10, both[1]
    rate, volatility = np.float32(0.02), np.float32(0.3)
    outputs = [np.zeros_like(spot), np.zeros_like(spot)]
    return Case(
        "black_scholes",
        black_scholes,
        (OPTIONS,),
        (threads,),
        [spot, strike, years, *outputs],
        dict(zip((3, 4), prices(spot, strike, years, rate, volatility), strict=True)),
        (OPTIONS / 1e6, "M options/s"),
        scalars=[rate, volatility],
        wanted=5,
    )


def prices(s, k, t, rate, volatility) -> tuple[np.ndarray, np.ndarray]:
    """What calls and puts are worth, in NumPy."""

    def cdf(x: np.ndarray) -> np.ndarray:
        k = 1 / (1 + 0.2316419 * np.abs(x))
        series = np.polyval([1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.319381530, 0], k)
        tail = 0.39894228 * np.exp(-0.5 * x * x) * series
        return np.where(x > 0, 1 - tail, tail)

    deviation = volatility * np.sqrt(t)
    d1 = (np.log(s / k) + (rate + 0.5 * volatility**2) * t) / deviation
    discounted = k * np.exp(-rate * t)
    call = s * cdf(d1) - discounted * cdf(d1 - deviation)
    return call, call - s + discounted


def softmax_case() -> Case:
    x = random(ROWS, COLS, low=-10, high=10)
    e = np.exp(x - x.max(axis=1, keepdims=True))
    threads = COLS // HELD
    return Case(
        "softmax",
        softmax,
        (ROWS * threads,),
        (threads,),
        [x, np.zeros_like(x)],
        {1: e / e.sum(axis=1, keepdims=True)},
        (2 * x.nbytes / 1e9, "GB/s"),
        cl_local=[threads * 4],
        wanted=5,
    )


def round_trip_case(threads: int) -> Case:
    x = random(ELEMENTS)
    return Case(
        "round_trip",
        round_trip,
        (ELEMENTS // TILE * threads,),
        (threads,),
        [x, np.zeros_like(x)],
        {1: 2 * x + np.float32(0.5)},
        (2 * x.nbytes / 1e9, "GB/s"),
        scalars=[np.float32(2), np.float32(0.5)],
        cl_local=[TILE * 4],
    )


def gemm_case() -> Case:
    a, b = random(2, SIDE, SIDE)
    tiles = SIDE // gemm.TILE
    return Case(
        "async_gemm",
        gemm.async_gemm,
        (tiles * gemm.THREADS, tiles),
        (gemm.THREADS, 1),
        [a, b, np.zeros_like(a)],
        {2: a @ b},
        (2 * SIDE**3 / 1e9, "GFLOP/s"),
        scalars=[SIDE, SIDE, SIDE],
        cl_shape=((SIDE, SIDE // 8), (32, 4)),
        cl_scalars=[],
        cl_local=[32 * 32 * 4] * 2,
    )


def stencil_case(threads: tuple[int, int]) -> Case:
    x = random(HEIGHT, WIDTH)
    y = np.zeros_like(x)
    y[1:-1, 1:-1] = x[1:-1, 1:-1] / 2
    y[1:-1, 1:-1] += (x[1:-1, :-2] + x[1:-1, 2:] + x[:-2, 1:-1] + x[2:, 1:-1]) / 8
    return Case(
        "stencil",
        stencil,
        (WIDTH, HEIGHT),
        threads,
        [x, np.zeros_like(x)],
        {1: y},
        (x.size / 1e6, "M points/s"),
        scalars=[np.uint32(WIDTH), np.uint32(HEIGHT)],
    )


def processor_seconds(step: Callable[[], object]) -> float:
    """The least processor time of several runs, all threads together."""

    def once() -> float:
        start = time.process_time()
        step()
        return time.process_time() - start

    return min(once() for _ in range(7))


def measure(case: Case, pocl: OpenCL) -> None:
    """Launches in turns, compares the results, and prints the line of a case."""
    arrays = [array.copy() for array in case.arrays]
    launch = case.kernel[case.grid, case.threads]
    steps = [lambda: launch(*case.arrays, *case.scalars), pocl.compile(case, arrays)]
    ours, theirs = in_turns(*steps, repeat=11)
    busy_ours, busy_theirs = map(processor_seconds, steps)
    case.check(case.arrays)
    case.check(arrays)
    first_ours, first_theirs = in_turns(case.first_launch, lambda: pocl.first_launch(case, arrays), repeat=5)
    work, unit = case.rate
    print(
        f"  {case.name:14} {'x'.join(map(str, case.threads)):>7}"
        f"  {work / ours:9.2f} {work / theirs:9.2f} {unit:12}"
        f" {theirs / ours:6.2f} {busy_theirs / busy_ours:9.2f}  ({case.wanted:.0f})"
        f"  {first_ours * 1e3:7.2f} ms {first_theirs * 1e3:7.1f} ms"
    )


def main() -> None:
    pocl = OpenCL()
    print(f"Enigma beside PoCL ({pocl.version})")
    print("                                 rate                   times as fast, by (wanted)   first launch")
    print(
        "  kernel         threads     Enigma      PoCL               clock processors             Enigma       PoCL"
    )
    # A case at a time, so that one set of arrays is alive at a time.
    make = [
        lambda: black_scholes_case(256),
        lambda: black_scholes_case(1024),
        softmax_case,
        lambda: round_trip_case(256),
        lambda: round_trip_case(1024),
        gemm_case,
        lambda: stencil_case((32, 8)),
        lambda: stencil_case((256, 4)),
    ]
    for case in make:
        measure(case(), pocl)


if __name__ == "__main__":
    main()
