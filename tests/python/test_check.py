"""Checks, their reports, and launches inside a `checking` block."""

import io
import json
import pickle
import threading

import ml_dtypes
import numpy as np
import pytest

import enigma
from support import marked_lines


@enigma.kernel
def shift(A: enigma.f32, n: enigma.Scalar(enigma.u32), B: enigma.f32, C: enigma.bf16):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
    enigma.async_copy_wait(ev)  # HERE
    enigma.barrier()
    B[lane] = tile[lane + n]
    C[lane] = tile[lane]


@enigma.kernel
def early(A: enigma.f32, B: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)  # HERE
    B[lane] = tile[lane]  # HERE
    enigma.async_copy_wait(ev)


def arguments():
    a = np.arange(64, dtype=np.float32).reshape(8, 8)
    return a, 3, np.zeros(32, np.float32), np.zeros((2, 16), ml_dtypes.bfloat16)


def test_a_check_leaves_the_arguments_as_they_were():
    a, n, b, c = arguments()
    report = enigma.check(shift, a, n, b, c, grid=32, threads=32)
    assert not b.any() and not c.any()
    assert report.ok and report.errors == () == report.warnings
    assert report.kernel_name == "shift"
    assert (report.grid, report.threads) == ((32, 1, 1), (32, 1, 1))
    held, number, shifted, narrow = report.arrays
    assert number is None
    np.testing.assert_array_equal(held, a)
    np.testing.assert_array_equal(shifted, np.arange(3, 35))
    assert narrow.shape == (2, 16) and narrow.dtype == ml_dtypes.bfloat16
    np.testing.assert_array_equal(narrow.astype(np.float32).ravel(), np.arange(32))
    shifted[0] = 7.0  # the caller's own


def test_figures_and_runs():
    report = enigma.check(shift, *arguments(), grid=64, threads=32)
    assert report.figures.threadgroups == 2
    assert (report.figures.copies, report.figures.bytes_copied) == (2, 512)
    assert report.figures.max_in_flight == 1
    assert report.runs.order == "late" and report.runs.count >= 1 and report.runs.differing == ()


def test_advice_is_a_finding_with_its_places():
    report = enigma.check(shift, *arguments(), grid=32, threads=32)
    finding = next(each for each in report.advice if each.rule == "no-overlap")
    assert isinstance(finding, enigma.Diagnostic)
    assert finding.count >= 1 and finding.order == "late"
    assert marked_lines(shift._function) <= {label.line for label in finding.labels}
    assert f"advice[{finding.rule}]" in str(report)


def test_a_kernel_that_is_refused_has_its_refusal_as_findings():
    a, _, b, _ = arguments()
    report = enigma.check(early, a, b, grid=32, threads=32, order="all")
    assert not report.ok
    (finding,) = report.errors
    assert finding.rule == "read-before-wait" and finding.first is None
    assert {label.line for label in finding.labels} == marked_lines(early._function)
    assert report.runs.count == 0 and report.arrays == ()
    with pytest.raises(enigma.EnigmaError) as raised:
        enigma.compile(early)
    assert str(raised.value) in str(report)
    with pytest.raises(enigma.EnigmaError) as raised_again:
        report.raise_if_errors()
    assert str(raised_again.value) == str(raised.value)


def test_compiled_kernels_and_devices_check_alike():
    report = enigma.check(enigma.compile(shift), *arguments(), grid=32, threads=32)
    other = enigma.Runtime("cpu").check(shift, *arguments(), grid=(32,), threads=(32, 1))
    assert report.to_json() == other.to_json()


def test_the_json_says_what_the_report_says():
    report = enigma.check(shift, *arguments(), grid=32, threads=32)
    data = json.loads(report.to_json())
    assert data["ok"] is True and data["kernel"] == "shift" and data["grid"] == [32, 1, 1]
    assert [finding["rule"] for finding in data["findings"]] == [each.rule for each in report.findings]
    assert repr(report) == "<enigma.Report of shift: no errors, no warnings>"


def test_a_replay_is_the_same_check_again():
    report = enigma.check(shift, *arguments(), grid=32, threads=32, order="random:7")
    assert str(report.replay) == (
        'enigma.check(shift, *arrays, grid=(32, 1, 1), threads=(32, 1, 1), order="random:7")'
    )
    again = report.replay(*arguments())
    assert again.to_json() == report.to_json()
    assert (report.replay.grid, report.replay.threads, report.replay.order) == (
        (32, 1, 1),
        (32, 1, 1),
        "random:7",
    )


@pytest.mark.parametrize("order", ["lazy", "random:x", 5])
def test_another_order_is_refused_where_it_is_given(order):
    for call in (
        lambda: enigma.check(shift, *arguments(), grid=32, threads=32, order=order),
        lambda: enigma.check(early, *arguments()[::2], grid=32, threads=32, order=order),
        lambda: enigma.checking(order),
    ):
        with pytest.raises(enigma.EnigmaError, match="random:SEED") as raised:
            call()
        (finding,) = raised.value.diagnostics
        assert finding.rule == "invalid-operand" and finding.labels[0].file == __file__


def test_arguments_that_do_not_fit_raise():
    a, n, b, _ = arguments()
    with pytest.raises(enigma.EnigmaError, match="takes 4 arguments"):
        enigma.check(shift, a, n, b, grid=32, threads=32)
    with pytest.raises(enigma.EnigmaError, match="1024 is the most"):
        enigma.check(shift, *arguments(), grid=2048, threads=2048)
    with pytest.raises(enigma.EnigmaError, match="`grid` is"):
        enigma.check(shift, *arguments(), grid=-1, threads=32)
    with pytest.raises(enigma.EnigmaError, match="a kernel is run, not"):
        enigma.check(len, *arguments(), grid=32, threads=32)


def test_an_exception_of_the_kernels_own_code_is_not_a_finding():
    @enigma.kernel
    def broken(A: enigma.f32):
        raise LookupError("what is this?")

    with pytest.raises(LookupError, match="what is this"):
        enigma.check(broken, np.zeros(1, np.float32), grid=1, threads=1)


def test_launches_of_every_kind_are_checked_in_a_checking_block():
    a, n, b, c = arguments()
    runtime = enigma.Runtime("cpu")
    with enigma.checking() as log:
        statistics = shift[32, 32](a, n, b, c)
        enigma.launch(enigma.compile(shift), a, n, b, c, grid=32, threads=32)
        runtime.launch(shift, a, n, b, c, grid=32, threads=32)
        out = runtime.execute(shift, [a], None, 32, 32, scalars=[2], output_shapes=[32, 32])
        prepared = runtime.prepare(enigma.compile(shift), [a], scalars=[1], output_shapes=[32, 32])
        prepared.dispatch(32, 32)
    shift[32, 32](a, n, b, c)
    assert [report.kernel_name for report in log.reports] == ["shift"] * 5
    assert statistics.threadgroups == 1 and statistics.bytes_copied == 256
    np.testing.assert_array_equal(b, np.arange(3, 35))
    np.testing.assert_array_equal(out[0], np.arange(2, 34))
    np.testing.assert_array_equal(prepared.read_output()[0], np.arange(1, 33))


def test_an_error_raises_at_the_launch_and_writes_nothing():
    a, _, b, _ = arguments()
    with enigma.checking() as log:
        with pytest.raises(enigma.EnigmaError, match="read-before-wait"):
            early[32, 32](a, b)
        (report,) = log.reports
    assert report.errors and not b.any()


def test_read_only_arrays_that_the_kernel_does_not_write_stay_untouched():
    a, n, b, c = arguments()
    a.flags.writeable = False
    with enigma.checking():
        shift[32, 32](a, n, b, c)
    np.testing.assert_array_equal(b, np.arange(3, 35))


def test_checking_reaches_other_threads_and_ends_with_its_block():
    a, n, b, c = arguments()
    with enigma.checking() as outer:
        with enigma.checking(order="eager") as inner:
            thread = threading.Thread(target=lambda: shift[32, 32](a, n, b, c))
            thread.start()
            thread.join()
        shift[32, 32](a, n, b, c)
    shift[32, 32](a, n, b, c)
    assert [report.runs.order for report in inner.reports] == ["eager"]
    assert [report.runs.order for report in outer.reports] == ["late"]


def test_a_pickled_error_can_still_be_shown():
    with pytest.raises(enigma.EnigmaError) as raised:
        enigma.compile(early)
    again = pickle.loads(pickle.dumps(raised.value))
    assert str(again) == str(raised.value) and again.diagnostics == raised.value.diagnostics


@enigma.kernel
def unpublished(A: enigma.f32, B: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 64)
    thread = enigma.thread_index_in_threadgroup()
    first = enigma.simdgroup_index_in_threadgroup() == 0
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64, where=first)  # HERE
    enigma.async_copy_wait(ev)  # HERE
    with enigma.for_range(0, 2) as k:
        B[thread] = tile[thread] + k  # HERE


@enigma.kernel
def sometimes(A: enigma.f32, n: enigma.Scalar(enigma.i32)):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    tile[lane] = 0.0
    enigma.barrier()
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, n)
    A[64 + lane] = tile[lane]
    enigma.async_copy_wait(ev)


def two():
    return np.arange(64, dtype=np.float32), np.zeros(64, np.float32)


def test_a_finding_of_a_run_says_where_it_happened_first():
    report = enigma.check(unpublished, *two(), grid=64, threads=64)
    (finding,) = report.errors
    assert finding.rule == "missing-barrier"
    assert {label.line for label in finding.labels} == marked_lines(unpublished._function)
    assert finding.count >= 32 and finding.repair is not None
    first = finding.first
    assert (first.threadgroup, first.simdgroup, first.lane) == ((0, 0, 0), 1, 0)
    assert (first.buffer, first.element) == ("tile", 32)
    ((place, iteration),) = first.loops
    assert place.startswith(f"{__file__}:") and iteration == 0


def test_what_a_run_does_depends_on_its_arguments():
    a = np.arange(128, dtype=np.float32)
    assert enigma.check(sometimes, a, 0, grid=32, threads=32).ok
    (finding,) = enigma.check(sometimes, a, 32, grid=32, threads=32).errors
    assert finding.rule == "read-before-wait"


def test_a_replay_shows_the_error_again():
    a = np.arange(128, dtype=np.float32)
    report = enigma.check(sometimes, a, 32, grid=32, threads=32, order="all")
    assert report.runs.order == "all" and report.runs.count > 1
    assert report.replay.order == report.errors[0].order
    again = report.replay(a, 32)
    assert again.runs.count == 1 and [each.rule for each in again.errors] == ["read-before-wait"]


def test_two_parameters_given_the_same_array_stay_one():
    @enigma.kernel
    def through(A: enigma.f32, B: enigma.f32):
        lane = enigma.thread_index_in_simdgroup()
        A[lane] = 5.0
        B[lane + 32] = B[lane]

    a = np.zeros(64, np.float32)
    with enigma.checking():
        through[32, 32](a, a)
    np.testing.assert_array_equal(a, np.full(64, 5.0))


def test_a_report_is_shown_in_colour_on_a_terminal_alone(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    report = enigma.check(unpublished, *two(), grid=64, threads=64)
    monkeypatch.delenv("NO_COLOR", raising=False)
    for file, colour, without in [
        (Terminal(), True, False),
        (io.StringIO(), False, False),
        (Terminal(), False, True),
    ]:
        if without:
            monkeypatch.setenv("NO_COLOR", "1")
        report.show(file)
        assert ("\x1b[" in file.getvalue()) == colour
    assert "\x1b[" not in str(report)


def test_a_notebook_shows_a_report_and_its_timeline():
    report = enigma.check(unpublished, *two(), grid=64, threads=64)
    assert "missing-barrier" in report._repr_html_()
    assert report.timeline._repr_html_().startswith("<iframe srcdoc=")


def test_a_timeline_is_saved_by_its_suffix(tmp_path):
    timeline = enigma.check(unpublished, *two(), grid=64, threads=64).timeline
    assert timeline.save(tmp_path / "out.html").read_text() == timeline.to_html()
    assert timeline.save(str(tmp_path / "out.svg")).read_text() == timeline.to_svg()
    assert json.loads(timeline.save(tmp_path / "out.json").read_text()) == json.loads(timeline.to_trace())
    with pytest.raises(enigma.EnigmaError, match=r"\.html, \.svg, \.json"):
        timeline.save(tmp_path / "out.pdf")
