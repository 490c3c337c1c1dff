"""Kernels written for a target, from the shell and from Python."""

import subprocess

import pytest

import enigma
from enigma import cli

PROGRAM = """
import enigma

@enigma.kernel
def double(A: enigma.f32):
    i = enigma.thread_position_in_grid
    A[i] = 2.0 * A[i]

@enigma.kernel
def halve(A: enigma.f32):
    i = enigma.thread_position_in_grid
    A[i] = 0.5 * A[i]

if __name__ == "__main__":
    raise RuntimeError("run as a script")
"""


TWINS = """
import enigma

def make(factor):
    @enigma.kernel
    def scaled(A: enigma.f32):
        i = enigma.thread_position_in_grid
        A[i] = A[i] * factor
    return scaled

twice, thrice = make(2.0), make(3.0)
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def emit(*arguments):
    return cli.main(["emit", *map(str, arguments)])


@pytest.mark.parametrize(
    "target, marks",
    [
        ("msl", ["// language: metal3.2", "kernel void double", "kernel void halve"]),
        ("mlir", ["func", "double", "halve"]),
        ("air", ["target triple = \"air64_v27-apple-macosx15.0.0\"", "define void @double(", "define void @halve("]),
    ],
)  # fmt: skip
def test_text_goes_to_standard_output(program, capsys, target, marks):
    assert emit(program, "--target", target) == 0
    text = capsys.readouterr().out
    for mark in marks:
        assert mark in text


def test_one_kernel_is_chosen_and_the_options_are_those_of_compile(program, capsys):
    assert emit(f"{program}::halve", "--target-os", "macos13") == 0
    text = capsys.readouterr().out
    assert "// language: metal3.0" in text and "halve" in text and "double" not in text


def test_a_folder_takes_a_file_for_each_kernel(program, tmp_path, capsys):
    (tmp_path / "made").mkdir()
    assert emit(program, "--target", "air", "-o", tmp_path / "made") == 0
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == ["double.ll", "halve.ll"]
    assert "double.ll" in capsys.readouterr().out


def test_a_library_holds_all_kernels(program, tmp_path, capsys):
    assert emit(program, "--target", "metallib") == 0
    library = (tmp_path / "program.metallib").read_bytes()
    assert library.startswith(b"MTLB") and b"double\0" in library and b"halve\0" in library
    assert "program.metallib: double, halve (" in capsys.readouterr().out
    assert emit(f"{program}::double", "--target", "metallib", "-o", tmp_path / "one.metallib") == 0
    assert b"halve\0" not in (tmp_path / "one.metallib").read_bytes()


@pytest.mark.parametrize(
    "arguments, said",
    [
        (
            ["program.py", "-o", "one.metal"],
            "one.metal is no folder, and there are 2 kernels: double, halve; name one",
        ),
        (["program.py::treble"], "program.py has no kernel treble at its top"),
        (["missing.py"], "cannot read missing.py"),
        (["program.py::double", "-o", "nowhere/double.metal"], "cannot write nowhere/double.metal"),
        (["empty.py"], "empty.py has no kernels at its top"),
        (["broken.py"], "broken.py cannot be loaded"),
        (["unknown.py"], "unknown.py cannot be compiled"),
        (["::double"], "'::double' names no program; give file.py"),
        (["twins.py", "-o", "."], "several kernels are called scaled; name one by its variable"),
    ],
)
def test_what_cannot_be_had_is_said(program, tmp_path, capsys, arguments, said):
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "broken.py").write_text("1 / 0")
    (tmp_path / "unknown.py").write_text(PROGRAM.replace("2.0 * A[i]", "2.0 * missing"))
    (tmp_path / "twins.py").write_text(TWINS)
    assert emit(*arguments) == 2
    assert said in capsys.readouterr().err


def test_a_library_goes_to_standard_output_when_it_is_told_to(program, capfdbinary):
    assert emit(f"{program}::double", "--target", "metallib", "-o", "-") == 0
    assert capfdbinary.readouterr().out.startswith(b"MTLB")


def test_a_wrong_option_is_refused_as_compile_refuses_it(program, capsys):
    assert emit(program, "--async-lowering", "dma") == 1
    assert 'give one of "auto"' in capsys.readouterr().err


def test_llvm_disassembles_what_is_in_the_library(program, tmp_path):
    """The module stands in the library in LLVM's own wrapper."""
    kernel = enigma.compile(scale, target_os="macos26")
    library = kernel.metallib_bytes
    start = library.index(bytes.fromhex("dec0170b"))
    (tmp_path / "scale.bc").write_bytes(library[start:])
    shown = subprocess.run(
        ["llvm-dis-14", tmp_path / "scale.bc", "-o", "-"], check=True, capture_output=True, text=True
    ).stdout
    assert "define void @scale(" in shown and "air64_v28-apple-macosx26.0.0" in shown


@enigma.kernel
def scale(A: enigma.f32, factor: enigma.Scalar("float")):
    A[enigma.thread_position_in_grid] = A[enigma.thread_position_in_grid] * factor


@enigma.kernel
def offset(A: enigma.f32):
    A[enigma.thread_position_in_grid] = A[enigma.thread_position_in_grid] + 1.0


def test_a_library_of_several_kernels_is_for_the_latest_of_their_systems():
    kernels = [enigma.compile(scale, target_os="macos13"), enigma.compile(offset, target_os="macos26")]
    library = enigma.metallib(kernels)
    assert library == enigma.metallib([enigma.compile(k, target_os="macos26") for k in (scale, offset)])
    assert library.count(bytes.fromhex("dec0170b")) == 2


def test_a_library_is_written_where_it_is_told(tmp_path):
    kernel = enigma.compile(scale)
    path = kernel.export_metallib(tmp_path / "scale.metallib")
    assert kernel.metallib_path == path and path.read_bytes() == kernel.metallib_bytes


@pytest.mark.parametrize(
    "kernels, said",
    [
        (lambda: [], "at least one kernel"),
        (lambda: [enigma.compile(scale)] * 2, "two kernels are called `scale`"),
        (lambda: [scale], "made of compiled kernels, not of Kernel"),
    ],
)
def test_what_makes_no_library_is_refused(kernels, said):
    with pytest.raises(enigma.EnigmaError, match=said) as refused:
        enigma.metallib(kernels())
    assert "help: " in str(refused.value)
