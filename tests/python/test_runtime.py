"""Runtimes, prepared kernels, and what surrounds them."""

import pathlib
import subprocess
import sys
import threading

import numpy as np
import pytest

import enigma


@enigma.kernel
def add(A: enigma.f32, B: enigma.f32, C: enigma.f32):
    i = enigma.thread_position_in_grid
    C[i] = A[i] + B[i]


@enigma.kernel
def split(A: enigma.f32, Low: enigma.f32, n: enigma.Scalar(enigma.u32), High: enigma.i16):
    i = enigma.thread_position_in_grid
    A[i] = A[i] + 1.0
    Low[i] = A[i]
    High[i] = A[i] + n


A, B = np.arange(64, dtype=np.float32), np.ones(64, np.float32)


def test_execute_returns_the_bytes_of_the_output():
    compiled = enigma.compile(add)
    out = enigma.Runtime("cpu").execute(compiled, [A, B], 64 * 4, grid=(64, 1, 1), threads=(32, 1, 1))
    assert isinstance(out, bytes)
    np.testing.assert_array_equal(np.frombuffer(out, np.float32), A + 1)


def test_execute_with_several_outputs_and_scalars():
    compiled = enigma.compile(split)
    a = A.copy()
    low, high = enigma.Runtime("cpu").execute(
        compiled, [a], grid=64, threads=32, scalars=[7], output_sizes=[256, 128]
    )
    np.testing.assert_array_equal(np.frombuffer(low, np.float32), A + 1)
    np.testing.assert_array_equal(np.frombuffer(high, np.int16), A + 8)
    np.testing.assert_array_equal(a, A)
    low, high = enigma.Runtime("cpu").execute(
        compiled,
        [a],
        grid=64,
        threads=32,
        scalars=[7],
        output_shapes=[(8, 8), 64],
        output_dtypes=["f4", np.int16],
    )
    assert low.shape == (8, 8) and low.dtype == np.float32
    assert high.shape == (64,) and high.dtype == np.int16
    np.testing.assert_array_equal(high, A + 8)


@pytest.mark.parametrize(
    "options, said",
    [
        ({}, "0 outputs"),
        ({"output_size": 256, "output_sizes": [256]}, "twice"),
        ({"output_size": 255}, "255 bytes"),
        ({"output_sizes": [256, 256]}, "2 outputs"),
        ({"output_shapes": [64], "output_dtypes": ["f8"]}, "float64"),
        ({"output_size": 256, "scalars": [1]}, "takes 0 numbers"),
        ({"output_size": 256, "constants": {0: ("int", 3)}}, "no function constant 0"),
        ({"output_size": 256, "constants": {0: 3}}, "has the entry 0: 3"),
        ({"output_size": 256, "constants": 3}, "`constants` is the number 3"),
    ],
)
def test_outputs_that_do_not_fit(options, said):
    compiled = enigma.compile(add)
    with pytest.raises(enigma.EnigmaError, match=said) as raised:
        enigma.Runtime("cpu").execute(compiled, [A, B], grid=64, threads=32, **options)
    assert raised.value.diagnostics[0].rule == "invalid-binding"


def test_a_prepared_kernel_keeps_its_buffers():
    compiled = enigma.compile(split)
    runtime = enigma.Runtime("cpu")
    with runtime.prepare(compiled, [A], output_shapes=[64, 64], scalars=[1]) as prepared:
        assert prepared.dispatch((64,), (32,)).threadgroups == 2
        assert prepared.dispatch_timed(64, 32) > 0
        low, _ = prepared.read_output()
        np.testing.assert_array_equal(low, A + 2)
    with pytest.raises(enigma.EnigmaError, match="released"):
        prepared.dispatch(64, 32)
    with pytest.raises(enigma.EnigmaError, match="released"):
        prepared.read_output()


def test_launch_takes_a_device_and_compiled_kernels():
    c = np.zeros_like(A)
    enigma.launch(enigma.compile(add), A, B, c, grid=64, threads=(32,), device="cpu")
    np.testing.assert_array_equal(c, A + 1)
    enigma.launch(add, A, c, c, grid=64, threads=(32,), device=enigma.Runtime("cpu"))
    np.testing.assert_array_equal(c, 2 * A + 1)


def test_capabilities():
    capabilities = enigma.Runtime("cpu").device_capabilities()
    assert capabilities.simdgroup_size == 32
    assert capabilities.max_threadgroup_memory == 32 * 1024
    assert capabilities.max_threads_per_threadgroup == 1024
    assert capabilities.supports_async_copy and capabilities.supports_simdgroup_matrix
    assert "CPU" in capabilities.device_name


def test_metal_runtime_without_metal_names_the_remedy(monkeypatch):
    if enigma.testing.is_metal_available():
        pytest.skip("there is a Metal device")
    monkeypatch.delenv("ENIGMA_DEVICE", raising=False)
    with pytest.raises(enigma.EnigmaError, match=r"enigma\.Runtime\(\)") as raised:
        enigma.MetalRuntime()
    assert raised.value.diagnostics[0].rule == "device-unavailable"
    monkeypatch.setenv("ENIGMA_DEVICE", "cpu")
    assert isinstance(enigma.MetalRuntime(), enigma.Runtime)
    with pytest.raises(enigma.EnigmaError, match="gpu"):
        enigma.Runtime("gpu")


def test_a_kernel_is_traced_once_for_all_its_launches():
    traced = []

    @enigma.kernel
    def counted(A: enigma.f32):
        traced.append(A.name)
        A[0] = 1.0

    for _ in range(3):
        counted[1, 1](np.zeros(1, np.float32))
    assert traced == ["A"]
    enigma.compile(counted)
    assert traced == ["A", "A"]


def test_threads_trace_and_run_side_by_side():
    failures = []

    def work(n):
        try:
            for _ in range(10):

                @enigma.kernel
                def mine(A: enigma.f32):
                    for _ in range(n):
                        A[0] = A[0] + 1.0

                a = np.zeros(1, np.float32)
                mine[1, 1](a)
                assert a[0] == n
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_other_threads_go_on_while_a_kernel_runs():
    @enigma.kernel
    def slow(A: enigma.f32):
        with enigma.for_range(0, 2_000_000, init=[0.0]) as (_, carry):
            carry[0] = carry[0] * 0.5 + 1.0
        A[0] = carry[0]

    slow[1, 1](np.zeros(1, np.float32))
    ticks = []
    running = threading.Thread(target=lambda: slow[1, 1](np.zeros(1, np.float32)))
    running.start()
    while running.is_alive():
        ticks.append(None)
        running.join(0.001)
    assert len(ticks) > 3


def test_compile_writes_and_prints_what_it_is_asked_for(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    compiled = enigma.compile(add, keep_metal_source=True, dump_ir=True, dump_mlir=True, emit_only=True)
    assert pathlib.Path("add.metal").read_text() == compiled.metal_source == compiled.kernel_source
    printed = capsys.readouterr().out
    assert compiled.mlir_source in printed and compiled.source("mlir") == compiled.mlir_source
    assert compiled.source("msl") == compiled.metal_source
    assert compiled.export_metal(tmp_path / "other.metal").read_text() == compiled.metal_source
    enigma.compile(add, work_dir=tmp_path / "made")
    assert (tmp_path / "made" / "add.metal").exists()
    assert (tmp_path / "made" / "add.metallib").read_bytes() == enigma.compile(add).metallib_bytes
    assert compiled.metallib_bytes is None and not compiled.has_metallib
    with pytest.raises(enigma.EnigmaError, match="msl"):
        compiled.source("spirv")


def test_what_is_known_of_a_compiled_kernel():
    compiled = enigma.compile(split)
    assert compiled.kernel_name == "split"
    assert compiled.num_params == 4
    assert compiled.param_names == ["A", "Low", "n", "High"]
    assert compiled.scalar_params == ["n"]
    assert compiled.metallib_path is None and compiled.has_metallib
    assert compiled.grid is None and compiled.block is None
    with pytest.raises(enigma.EnigmaError, match="vec_width"):
        enigma.compile(split, vec_width=5)
    with pytest.raises(enigma.EnigmaError, match="function"):
        enigma.compile(len)


def test_benchmarks():
    result = enigma.benchmark.bench(lambda: None, repeat=5, warmup=1, label="nothing")
    assert (result.label, result.n, result.warmup) == ("nothing", 5, 1)
    assert result.min_us <= result.median_us <= result.max_us
    line = enigma.benchmark.format_bench_result(result, throughput_gbps=1.5)
    assert line.startswith("nothing: median=") and line.endswith("n=5 1.5 GB/s")
    prepared = enigma.Runtime("cpu").prepare(enigma.compile(add), [A, B], 256)
    assert enigma.benchmark.bench_gpu(prepared, 64, 32, repeat=3, warmup=0, label="add").n == 3


def test_the_stub_is_up_to_date():
    done = subprocess.run([sys.executable, "-m", "enigma._stubs", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


EXAMPLES = sorted((pathlib.Path(__file__).parents[2] / "examples").glob("*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_examples_run_and_check_themselves(example, tmp_path):
    done = subprocess.run(
        [sys.executable, str(example)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_runtime_takes_kernels_and_nothing_else():
    @enigma.kernel
    def fill(A: enigma.f32):
        A[enigma.thread_position_in_grid] = 1.0

    runtime = enigma.Runtime("cpu")
    assert runtime.execute(fill, [], 16, (4, 1, 1), (4, 1, 1)) == np.ones(4, np.float32).tobytes()
    for wrong in (5, None, len):
        for run in (
            lambda kernel: runtime.execute(kernel, [], 16),
            lambda kernel: runtime.prepare(kernel, [], 16),
            lambda kernel: enigma.launch(kernel, grid=1, threads=1),
        ):
            with pytest.raises(enigma.EnigmaError, match="a kernel is run, not") as raised:
                run(wrong)
            assert raised.value.diagnostics[0].rule == "invalid-binding"
