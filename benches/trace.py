"""Times the way of a Python kernel to its texts and its ``.metallib``: trace, verify, emit; and the first launch.

Run it: `python benches/trace.py`. The machine is as busy as it is, so each figure is the median of many runs, and the
first line says how fast plain Python was at the same moment.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import enigma

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from tiled_load import tiled_load

TARGET_US = 200  # trace + verify + emit of the page's example
LIBRARY_TARGET_US = 5000  # the same, to a .metallib


def first_launch() -> None:
    """Traces, verifies, plans and runs a kernel that was never run before."""
    kernel = enigma.kernel(tiled_load.__wrapped__)
    a = np.zeros(64, np.float32)
    kernel[32, 32](a, a)


def plain_python() -> int:
    """Work of a known size: a hundred thousand additions."""
    return sum(range(100_000))


def main() -> None:
    steps: list[tuple[str, Callable[[], object]]] = [
        ("plain Python, 100,000 additions", plain_python),
        ("trace + verify", lambda: enigma.compile(tiled_load)),
        ("trace + verify + emit Metal", lambda: enigma.compile(tiled_load).metal_source),
        ("trace + verify + emit MLIR", lambda: enigma.compile(tiled_load).mlir_source),
        ("trace + verify + .metallib", lambda: enigma.compile(tiled_load).metallib_bytes),
        ("trace + verify + first launch", first_launch),
    ]
    print("the page's example, tiled_load, in Python")
    for label, step in steps:
        start = time.perf_counter()
        step()
        first = (time.perf_counter() - start) * 1e6
        result = enigma.benchmark.bench(step, repeat=500, warmup=20, label=label)
        print(
            f"  {label:34} median {result.median_us:8.1f} us   least {result.min_us:8.1f} us   first {first:8.1f} us"
        )
    print(
        f"  wanted: trace + verify + emit Metal under {TARGET_US} us, .metallib under {LIBRARY_TARGET_US} us"
    )


if __name__ == "__main__":
    main()
