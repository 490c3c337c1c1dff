"""The command `enigma`, run on programs as a user would."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from xml.etree import ElementTree

import pytest

import enigma
from enigma import _core, cli

KERNELS = '''
import sys

import numpy as np

import enigma


@enigma.kernel
def good(A: enigma.f32, B: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
    enigma.async_copy_wait(ev)
    B[lane] = tile[lane]


@enigma.kernel
def refused(A: enigma.f32, B: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 64)
    lane = enigma.thread_index_in_simdgroup()
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
    B[lane] = tile[lane]
    enigma.async_copy_wait(ev)


@enigma.kernel
def unpublished(A: enigma.f32, B: enigma.f32):
    """Right in a threadgroup of one simdgroup, and wrong in larger ones."""
    tile = enigma.threadgroup_alloc("float", 64)
    thread = enigma.thread_index_in_threadgroup()
    first = enigma.simdgroup_index_in_threadgroup() == 0
    ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64, where=first)
    enigma.async_copy_wait(ev)
    B[thread] = tile[thread]


def arrays():
    return np.arange(64, dtype=np.float32), np.zeros(64, np.float32)
'''


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs the command on a program that follows the kernels: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def run(program, *arguments, command="check", target="program.py"):
        Path("program.py").write_text(KERNELS + textwrap.dedent(program))
        code = cli.main([command, target, *arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


MAIN = """
    if __name__ == "__main__":
        a, b = arrays()
        for name in sys.argv[1:]:
            threads = 64 if name == "unpublished" else 32
            globals()[name][threads, threads](a, b)
        print("the end")
"""

SAMPLES = """
    @good.sample(grid=32, threads=32)
    def one_simdgroup():
        return arrays()


    @unpublished.sample(grid=32, threads=32)
    @unpublished.sample(grid=64, threads=64)
    def two_simdgroups():
        return arrays()


    if __name__ == "__main__":
        sys.exit("the main part ran")
"""


def test_a_program_without_errors_ends_with_0(run):
    code, out, _ = run(MAIN, "--", "good", "good")
    assert code == 0
    assert out.startswith("the end\n")
    assert "the same in 2 launches" in out
    assert out.splitlines()[-1].startswith("2 launches checked: no errors, ")


def test_an_error_of_a_run_ends_with_1(run):
    code, out, err = run(MAIN, "--", "good", "unpublished")
    assert code == 1 and err == ""
    assert "error[missing-barrier]" in out and "program.py:" in out
    assert out.splitlines()[-1].startswith("2 launches checked: 1 error, ")


def test_a_refused_kernel_is_a_finding_and_the_program_goes_on(run):
    code, out, _ = run(MAIN, "--", "refused", "good")
    assert code == 1
    assert out.startswith("the end\n") and "error[read-before-wait]" in out
    assert out.splitlines()[-1].startswith("2 launches checked: 1 error, ")


def test_only_the_kernel_that_is_named_is_checked(run):
    code, out, _ = run(MAIN, "--", "good", "unpublished", target="program.py::good")
    assert code == 0 and "the end" in out and "unpublished" not in out
    assert out.splitlines()[-1].startswith("1 launch checked: no errors, ")


def test_a_compiled_kernel_goes_by_its_kernels_name(run):
    compiled = """
        alias = good
        enigma.launch(enigma.compile(good), *arrays(), grid=32, threads=32)
        enigma.launch(enigma.compile(unpublished), *arrays(), grid=64, threads=64)
    """
    assert run(compiled, target="program.py::alias")[0] == 0
    assert run(compiled, target="program.py::unpublished")[0] == 1


def test_warnings_count_with_w(run):
    redundant = """
        @enigma.kernel
        def redundant(A: enigma.f32, B: enigma.f32):
            tile = enigma.threadgroup_alloc("float", 64)
            thread = enigma.thread_index_in_threadgroup()
            ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
            enigma.async_copy_wait(ev)
            B[thread] = tile[thread]


        redundant[64, 64](*arrays())
    """
    code, out, _ = run(redundant)
    assert code == 0 and "warning[redundant-copy]" in out
    assert out.splitlines()[-1] == "1 launch checked: no errors, 1 warning"
    assert run(redundant, "-W")[0] == 1


def test_samples_are_run_and_the_main_part_is_not(run):
    code, out, err = run(SAMPLES)
    assert code == 1 and err == ""
    assert "3 launches checked: 1 error" in out
    assert run(SAMPLES, target="program.py::good")[0] == 0


def test_a_kernel_without_samples_among_those_with_is_looked_for_in_the_main_part(run):
    code, _, err = run(SAMPLES, target="program.py::refused")
    assert code == 2 and err == "the main part ran\n"


def test_json(run):
    code, out, err = run(MAIN, "--json", "--order", "all", "--", "good", "good", "unpublished")
    assert code == 1 and err == "the end\n"
    good, wrong = json.loads(out)
    assert good["ok"] and good["kernel"] == "good" and good["launches"] == 2
    assert not wrong["ok"] and wrong["runs"]["order"] == "all"
    assert {each["rule"] for each in wrong["findings"] if each["severity"] == "error"} == {"missing-barrier"}


def test_json_of_a_kernel_that_is_refused_when_it_is_compiled(run):
    code, out, _ = run("enigma.compile(refused)", "--json")
    (report,) = json.loads(out)
    assert code == 1 and not report["ok"] and report["findings"][0]["rule"] == "read-before-wait"
    code, out, _ = run("enigma.compile(refused)")
    assert code == 1 and "error[read-before-wait]" in out
    assert out.splitlines()[-1] == "no launches checked: 1 error, no warnings"


def test_html(run):
    code, _, _ = run(MAIN, "--html", "out.html", "--", "good", "unpublished")
    page = Path("out.html").read_text()
    assert code == 1 and page.startswith("<!DOCTYPE html>")
    assert "missing-barrier" in page and "unpublished" in page and "good" in page


def test_nothing_launched_is_an_error_with_a_remedy(run):
    code, out, err = run("pass")
    assert code == 2 and out == ""
    assert "program.py launches no kernel" in err and "@good.sample(grid=64, threads=64)" in err
    code, _, err = run(MAIN, "--", "good", target="program.py::refused")
    assert code == 2 and "launches no kernel `refused`" in err and "@refused.sample" in err


def test_a_kernel_that_is_not_there_is_an_error_that_lists_those_that_are(run):
    code, _, err = run(MAIN, "--", "good", target="program.py::god")
    assert code == 2
    assert err == "enigma: program.py has no kernel `god`; it has good, refused, unpublished\n"


def test_a_file_that_is_not_there(run):
    code, _, err = run("", target="programme.py")
    assert code == 2 and err == "enigma: cannot read programme.py: No such file or directory\n"


def test_an_exception_of_the_program_is_shown_as_python_shows_it(run):
    failing = """
        def fail():
            return {}["key"]


        good[32, 32](*arrays())
        fail()
    """
    code, out, err = run(failing)
    assert code == 2 and "1 launch checked" in out
    shown = subprocess.run([sys.executable, "program.py"], capture_output=True, text=True).stderr
    assert err == shown.replace(f"{Path.cwd()}/", "")


def test_a_program_that_is_no_python(run):
    code, _, err = run("def (:")
    assert code == 2 and "SyntaxError" in err and "enigma" not in err.replace("import enigma", "")


def test_a_program_that_goes_elsewhere_keeps_its_text(run):
    code, out, _ = run("import os\nos.chdir('/')\nrefused[32, 32](*arrays())")
    assert code == 1 and "B[lane] = tile[lane]" in out


@pytest.mark.parametrize("end, code, said", [("sys.exit()", 0, ""), ("sys.exit(3)", 2, "exit code 3")])
def test_the_end_of_the_program(run, end, code, said):
    found, _, err = run(f"good[32, 32](*arrays())\n{end}")
    assert found == code and said in err


def test_an_error_found_goes_before_the_failure_of_the_program(run):
    assert run("unpublished[64, 64](*arrays())\nsys.exit(3)")[0] == 1


def test_another_order_is_refused(capsys):
    with pytest.raises(SystemExit) as raised:
        cli.main(["check", "program.py", "--order", "lazy"])
    assert raised.value.code == 2
    assert 'no completion order is called "lazy"; the orders are "eager"' in capsys.readouterr().err


@pytest.mark.parametrize("suffix", [".html", ".svg", ".json"])
def test_timeline(run, suffix):
    code, _, err = run(SAMPLES, "-o", f"out{suffix}", command="timeline")
    assert code == 0 and err == f"out{suffix}: unpublished, grid (64, 1, 1), threads (64, 1, 1)\n"
    text = Path(f"out{suffix}").read_text()
    match suffix:
        case ".json":
            assert json.loads(text)["traceEvents"]
        case ".svg":
            assert ElementTree.fromstring(text).tag.endswith("svg")
        case _:
            assert text.startswith("<!DOCTYPE html>")
    assert "missing-barrier" in text


def test_timeline_of_another_launch(run):
    code, _, err = run(SAMPLES, "-o", "out.svg", "--launch", "1", command="timeline")
    assert (
        code == 0
        and err.startswith("out.svg: good,")
        and "missing-barrier" not in Path("out.svg").read_text()
    )
    code, _, err = run(SAMPLES, "-o", "out.svg", "--launch", "4", command="timeline")
    assert code == 2 and err == "enigma: there is no launch 4; the program makes 3\n"


def test_timeline_in_another_form(capsys):
    with pytest.raises(SystemExit) as raised:
        cli.main(["timeline", "program.py", "-o", "out.pdf"])
    assert raised.value.code == 2
    assert "out.pdf ends in none of .html, .svg, .json" in capsys.readouterr().err


def test_explain(capsys):
    assert cli.main(["explain", "read-before-wait"]) == 0
    assert capsys.readouterr().out.strip() == _core.rule_page("read-before-wait").strip()
    assert cli.main(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(_core.rules()) and lines[0].split()[:2] == ["wrong-direction", "error"]
    assert cli.main(["explain", "read-before-weight"]) == 2
    assert "did you mean `read-before-wait`?" in capsys.readouterr().err
    assert cli.main(["explain", "xyz"]) == 2
    assert "`enigma explain` lists the rules" in capsys.readouterr().err


def test_the_command_is_installed_and_says_its_version(tmp_path):
    command = Path(sys.executable).with_name("enigma")
    for arguments in ([command], [sys.executable, "-m", "enigma"]):
        done = subprocess.run([*arguments, "--version"], capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0 and done.stdout.startswith("enigma "), done.stderr
        assert subprocess.run(arguments, capture_output=True).returncode == 2


def test_samples_are_checked_when_they_are_declared():
    @enigma.kernel
    def kernel(A: enigma.f32):
        A[0] = 1.0

    with pytest.raises(enigma.EnigmaError, match="`threads` is"):
        kernel.sample(grid=1, threads="x")
