"""The AIR of kernels: LLVM 14 takes it for every system, on the CPU it gives what the executor gives, and the library
for Metal holds the same.
"""

import itertools
import re
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import enigma

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "air_shim"), str(TESTS / "metal_shim")]

from air_build import functions  # noqa: E402
from air_host import compile_air, compile_all  # noqa: E402
from air_text import AirText  # noqa: E402
from cases import all_launches  # noqa: E402
from cases.elements import ELEMENTS  # noqa: E402
from shim_kernel import ShimKernel  # noqa: E402

from support import NUMPY, sample  # noqa: E402
from test_metal import CASES  # noqa: E402
from test_page import make_tiled_load, tiled_load  # noqa: E402

# Of each system: the triple, and the versions of AIR and of the language.
SYSTEMS = {
    "macos13": ("air64_v25-apple-macosx13.0.0", (2, 5), (3, 0)),
    "macos14": ("air64_v26-apple-macosx14.0.0", (2, 6), (3, 1)),
    "macos15": ("air64_v27-apple-macosx15.0.0", (2, 7), (3, 2)),
    "macos26": ("air64_v28-apple-macosx26.0.0", (2, 8), (4, 0)),
}
LAUNCHES = all_launches()


def air(kernel, system="macos15", **options):
    """A kernel's AIR for a system."""
    return enigma.compile(kernel, target_os=system, **options).source("air")


def without_versions(text):
    """What a text says to every system: versions are numbers in metadata, and the triple."""
    nodes = re.findall(r"^!air\.(?:language_)?version = !\{!(\d+)\}$", text, re.MULTILINE)
    versions = [f"!{node} = .*" for node in nodes]
    versions += ["target triple = .*", r'!\d+ = !\{i32 2, !"SDK Version", .*']
    return re.sub(f"^(?:{'|'.join(versions)})$", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_module_says_what_it_is_for(system):
    triple, air_version, language = SYSTEMS[system]
    text = air(tiled_load, system)
    assert f'target triple = "{triple}"' in text
    [sdk] = re.findall(r'"SDK Version", \[2 x i32\] \[i32 (\d+), i32 0\]', text)
    assert system == f"macos{sdk}"
    node = {name: re.search(rf"^!{name} = !{{!(\d+)}}$", text, re.MULTILINE)[1]
            for name in ("air.version", "air.language_version")}  # fmt: skip
    numbers = "i32 {}, i32 {}, i32 0".format
    assert f"!{node['air.version']} = !{{{numbers(*air_version)}}}" in text
    assert f'!{node["air.language_version"]} = !{{!"Metal", {numbers(*language)}}}' in text


def texts_of(kernel, linear_copies=("row",)):
    """A kernel's texts that differ in more than versions. Systems whose Metal lacks something refuse it."""
    texts = {}
    for (system, (_, _, language)), linear_copy in itertools.product(SYSTEMS.items(), linear_copies):
        try:
            text = air(kernel, system, linear_copy=linear_copy)
        except enigma.EnigmaError as error:
            major, minor = re.search(r"needs Metal (\d)\.(\d)", str(error)).groups()
            assert (int(major), int(minor)) > language
        else:
            texts[without_versions(text)] = text
    return list(texts.values())


def has_linear_copies(launch):
    """Whether a launch copies lines, which either of two functions does."""
    return any(check.operation.startswith("async_copy_1d") for check in launch.checks)


@pytest.fixture(scope="module")
def texts():
    """The texts of each launch."""
    forms = {True: ("row", "1d"), False: ("row",)}
    return [texts_of(launch.kernel, forms[has_linear_copies(launch)]) for launch in LAUNCHES]


@pytest.fixture(scope="module")
def kernels(texts) -> list[list[ShimKernel]]:
    """For each launch, what its texts are on the CPU."""
    made = iter(compile_all([text for of_one in texts for text in of_one]))
    return [[next(made) for _ in of_one] for of_one in texts]


@pytest.mark.parametrize("number", range(len(LAUNCHES)), ids=lambda n: f"{n}-{LAUNCHES[n].name}")
def test_air_gives_what_the_reference_gives(number, kernels):
    launch = LAUNCHES[number]
    constants = {index: ELEMENTS[t].numpy.type(value) for index, (t, value) in launch.constants.items()}
    for kernel in kernels[number]:
        arguments = launch.fresh()
        kernel.run(arguments, launch.grid, launch.threads, constants)
        assert launch.complaints(arguments, metal=True) == []


@pytest.mark.parametrize("linear_copy", ["1d", "row"])
@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("case", CASES)
def test_air_gives_what_the_executor_gives(case, system, linear_copy):
    kernel, make_arguments = CASES[case]
    ours, grid, threads = make_arguments()
    theirs = [argument.copy() for argument in ours]
    kernel[grid, threads](*ours)
    compile_air(air(kernel, system, linear_copy=linear_copy)).run(theirs, grid, threads)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("threads", [32, 128], ids=["one simdgroup", "four simdgroups"])
@pytest.mark.parametrize("dtype", NUMPY, ids=lambda dtype: dtype.__name__)
def test_the_example_of_the_introduction(dtype, threads):
    a, b = sample(dtype, 8 * 64), np.zeros(128, NUMPY[dtype])
    compile_air(air(make_tiled_load(dtype))).run([a, b], (threads,), (threads,))
    np.testing.assert_array_equal(b[:64], a[:64])
    np.testing.assert_array_equal(b[64:].reshape(8, 8), a.reshape(8, 64)[:, :8])


def test_a_wait_left_out_shows():
    text = air(make_tiled_load(enigma.f32))
    [call, *_] = re.findall(r"^ *call void @air\.wait_simdgroup_events\(.*$", text, re.MULTILINE)
    a, b = sample(enigma.f32, 8 * 64), np.zeros(128, np.float32)
    with pytest.raises(RuntimeError, match="in flight"):
        compile_air(text.replace(call, "", 1)).run([a, b], (32,), (32,))
    assert b[0] == np.frombuffer(b"\xa5" * 4, np.float32)


def test_the_cases_call_every_function_of_the_shim(texts):
    declared = {function.name for of_one in texts for text in of_one for function in AirText(text).declared}
    assert sorted(functions().keys() - declared) == []


def bitcode_of(library):
    """The bitcode in a .metallib of one kernel, which its header says the place of."""
    start, size = struct.unpack_from("<QQ", library, 72)
    section = library[start : start + size]
    magic, _, first, length = struct.unpack_from("<4I", section)
    if magic == 0x0B17C0DE:
        return section[first : first + length]
    return section


def tool(name, *options, given):
    """What a tool of LLVM prints of what it is given; it has to find nothing wrong."""
    ran = subprocess.run([name, *options], input=given, capture_output=True)
    assert ran.returncode == 0, ran.stderr.decode()
    return ran.stdout


def differences(number):
    """Where LLVM reads a kernel's bitcode otherwise than its text, or does not know what it reads."""
    compiled = enigma.compile(LAUNCHES[number].kernel, target_os="macos26")
    bitcode = bitcode_of(compiled.metallib_bytes)
    text = tool("llvm-as-14", "-o", "-", "-", given=compiled.source("air").encode())
    printed, expected = (tool("llvm-dis-14", "-o", "-", "-", given=each) for each in (bitcode, text))
    analysed = tool("llvm-bcanalyzer-14", "-dump", "-", given=bitcode)
    unknown = [line for line in analysed.decode().splitlines() if "Unknown" in line]
    return unknown + ["other text"] * (printed != expected)


def test_the_library_of_each_case_holds_what_the_text_says():
    with ThreadPoolExecutor() as pool:
        found = dict(enumerate(pool.map(differences, range(len(LAUNCHES)))))
    assert {number: differs for number, differs in found.items() if differs} == {}
