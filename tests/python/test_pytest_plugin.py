"""The pytest plugin, in runs of pytest of its own."""

import subprocess
import sys
import textwrap

import pytest

import enigma  # noqa: F401  NumPy is imported once in a process, and so before the runs in this one.

pytest_plugins = ["pytester"]

KERNELS = """
import numpy as np
import pytest

import enigma


@enigma.kernel
def good(A: enigma.f32, B: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
    enigma.async_copy_wait(ev)
    B[lane] = tile[lane]


@enigma.kernel
def unpublished(A: enigma.f32, B: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 64)
    thread = enigma.thread_index_in_threadgroup()
    first = enigma.simdgroup_index_in_threadgroup() == 0
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64, where=first)
    enigma.async_copy_wait(ev)
    B[thread] = tile[thread]


@enigma.kernel
def redundant(A: enigma.f32, B: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 64)
    thread = enigma.thread_index_in_threadgroup()
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
    enigma.async_copy_wait(ev)
    B[thread] = tile[thread]


def arrays():
    return np.arange(64, dtype=np.float32), np.zeros(64, np.float32)
"""


@pytest.fixture
def run(pytester):
    """Runs pytest on tests that follow the kernels."""

    def run(tests, *arguments):
        pytester.makepyfile(KERNELS + textwrap.dedent(tests))
        return pytester.runpytest("-p", "no:cacheprovider", *arguments)

    return run


TESTS = """
    @pytest.mark.enigma_check
    def test_marked():
        a, b = arrays()
        good[32, 32](a, b)
        np.testing.assert_array_equal(b[:32], a[:32])


    def test_plain():
        unpublished[64, 64](*arrays())  # HERE
"""


def test_marked_tests_are_checked_and_others_are_not(run):
    result = run(TESTS)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["1 launch checked, no warnings"])


def test_a_suite_is_checked_and_an_error_shows_its_message_and_no_internals(run):
    result = run(TESTS, "--enigma-check")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "test_*.py:*: this launch is wrong",
            "error[[]missing-barrier[]]: *",
            " *--> *test_*.py:*",
            "2 launches checked, no warnings",
            "FAILED *::test_plain*",
        ]
    )
    result.stdout.no_fnmatch_line("*runtime.py*")
    result.stdout.no_fnmatch_line("*checking.py*")


def test_the_launch_is_named_by_its_line(run):
    text = KERNELS + textwrap.dedent(TESTS)
    line = 1 + next(n for n, text in enumerate(text.lstrip().splitlines()) if "# HERE" in text)
    run(TESTS, "--enigma-check").stdout.fnmatch_lines([f"*.py:{line}: this launch is wrong"])


def test_colour_where_the_terminal_has_it(run):
    result = run(TESTS, "--enigma-check", "--color=yes")
    assert (
        "\x1b[1m\x1b[91merror" in result.stdout.str() or "\x1b[" in result.stdout.str().split("missing-b")[0]
    )


def test_orders_of_marks_and_of_the_command_line(run):
    tests = """
        from enigma.checking import logs

        @pytest.mark.enigma_check
        def test_default():
            assert logs[-1].order == ORDERS[0]

        @pytest.mark.enigma_check(order="all")
        def test_named():
            assert logs[-1].order == "all"

        def test_unmarked():
            assert [log.order for log in logs] == ORDERS[1:]
    """
    run('ORDERS = ["late"]\n' + textwrap.dedent(tests)).assert_outcomes(passed=3)
    everywhere = 'ORDERS = ["random:3", "random:3"]\n' + textwrap.dedent(tests)
    run(everywhere, "--enigma-check=random:3").assert_outcomes(passed=3)


def test_launches_of_fixtures_are_checked(run):
    result = run("""
        @pytest.fixture
        def made():
            a, b = arrays()
            good[32, 32](a, b)
            yield b
            unpublished[64, 64](a, b)

        @pytest.mark.enigma_check
        def test_made(made):
            assert made[1] == 1.0
    """)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*this launch is wrong", "2 launches checked, no warnings"])


def test_warnings_are_listed_once_and_counted(run):
    result = run(
        """
        @pytest.mark.parametrize("n", range(3))
        def test_redundant(n):
            redundant[64, 64](*arrays())
        """,
        "--enigma-check",
    )
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        ["test_*.py:*: warning[[]redundant-copy[]]: * (3 times)", "3 launches checked, 3 warnings"]
    )


def test_other_exceptions_keep_their_traceback(run):
    result = run(
        """
        def test_fails():
            good[32, 32](*arrays())
            assert 1 == 2
        """,
        "--enigma-check",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([">*assert 1 == 2", "1 launch checked, no warnings"])


def test_an_error_that_the_test_expects_is_no_failure(run):
    result = run(
        """
        def test_expected():
            with pytest.raises(enigma.EnigmaError, match="missing-barrier"):
                unpublished[64, 64](*arrays())
        """,
        "--enigma-check",
    )
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "mark, said", [('order="lazy"', '"lazy"; the orders are'), ('"late"', "order=ORDER")]
)
def test_a_mark_that_says_something_else_fails_its_test(run, mark, said):
    result = run(f"""
        @pytest.mark.enigma_check({mark})
        def test_nothing():
            pass
    """)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"@pytest.mark.enigma_check: *{said}*"])


def test_a_path_after_the_option_is_refused_with_the_remedy(run):
    result = run(TESTS, "--enigma-check", "tests")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*a path goes before the option, or after --enigma-check=late*"])


def test_the_mark_is_known(run):
    run(TESTS, "--strict-markers").assert_outcomes(passed=2)
    run(TESTS, "--markers").stdout.fnmatch_lines(["@pytest.mark.enigma_check(order=*"])


def test_the_plugin_does_not_import_the_package():
    code = "import sys, pytest_enigma; assert not {'enigma', 'numpy'} & sys.modules.keys()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_run_without_kernels_is_not_touched(pytester):
    pytester.makepyfile("import sys\n\ndef test_it():\n    assert 'enigma' not in sys.modules\n")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*launches checked*")
