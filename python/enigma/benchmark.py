"""Measures how long things take."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .runtime import PreparedKernel, Shape


@dataclass
class BenchResult:
    """Samples in microseconds, with their statistics."""

    label: str
    samples_us: list[float]
    warmup: int

    @property
    def n(self) -> int:
        """Number of samples."""
        return len(self.samples_us)

    @property
    def median_us(self) -> float:
        """The median, in microseconds."""
        return statistics.median(self.samples_us)

    @property
    def min_us(self) -> float:
        """The shortest, in microseconds."""
        return min(self.samples_us)

    @property
    def max_us(self) -> float:
        """The longest, in microseconds."""
        return max(self.samples_us)

    @property
    def mean_us(self) -> float:
        """The mean, in microseconds."""
        return statistics.fmean(self.samples_us)

    @property
    def stdev_us(self) -> float:
        """The standard deviation, in microseconds; 0 for a single sample."""
        return statistics.stdev(self.samples_us) if self.n > 1 else 0.0


def bench(
    fn: Callable[..., Any],
    *args: Any,
    repeat: int = 50,
    warmup: int = 5,
    label: str | None = None,
    **kwargs: Any,
) -> BenchResult:
    """Calls ``fn(*args, **kwargs)`` ``warmup`` times unmeasured, then ``repeat`` times measured by the wall clock."""

    def sample() -> float:
        start = time.perf_counter()
        fn(*args, **kwargs)
        return (time.perf_counter() - start) * 1e6

    return _sampled(sample, repeat, warmup, getattr(fn, "__name__", "") if label is None else label)


def bench_gpu(
    prepared: PreparedKernel,
    grid: Shape,
    threads: Shape,
    *,
    repeat: int = 50,
    warmup: int = 5,
    label: str | None = None,
) -> BenchResult:
    """Dispatches a prepared kernel ``warmup`` times unmeasured, then ``repeat`` times measured."""
    return _sampled(lambda: prepared.dispatch_timed(grid, threads), repeat, warmup, label or "")


def _sampled(sample: Callable[[], float], repeat: int, warmup: int, label: str) -> BenchResult:
    if repeat < 1 or warmup < 0:
        raise ValueError(
            f"a measurement takes repeat >= 1 and warmup >= 0, not repeat={repeat} and warmup={warmup}"
        )
    for _ in range(warmup):
        sample()
    return BenchResult(label, [sample() for _ in range(repeat)], warmup)


def format_bench_result(r: BenchResult, *, throughput_gbps: float | None = None) -> str:
    """One line: label, median, shortest, longest, number of samples, and the throughput in GB/s where one is given."""
    line = f"{r.label}: median={r.median_us:.1f}us min={r.min_us:.1f}us max={r.max_us:.1f}us n={r.n}"
    return line if throughput_gbps is None else f"{line} {throughput_gbps:.1f} GB/s"
