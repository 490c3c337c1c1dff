"""Runs the OpenCL forms of the cases under Oclgrind, a simulator of an OpenCL device that looks for faults.

An OpenCL form is a kernel of a case's name in `opencl/`. It gets the same arguments as the Python kernel, and a
work-group for each threadgroup. Copies between simdgroups of one threadgroup have no such form: in OpenCL a copy
belongs to the whole work-group.
"""

import re
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from .case import Case

FOLDER = Path(__file__).parent / "opencl"

# All that it can look for. It leaves out races between writes of the same value unless it is told not to.
OPTIONS = ["--data-races", "--uniform-writes", "--uninitialized", "--num-threads", "1"]

SECONDS = 10  # after which a kernel is said to hang

# What its messages begin with, and the word for each here.
MESSAGES = {
    "Read-write data race": "race",
    "Write-write data race": "race",
    "Uninitialized value": "uninitialised",
    "Invalid read": "out of bounds",
    "Invalid write": "out of bounds",
    "Index (": "out of bounds",
    "Work-group divergence": "divergence",
    "Invalid wait event": "event",
    "Work-item finished without waiting": "event",
}


def version() -> str:
    """Its name and number. Raises FileNotFoundError where it is not installed."""
    said = subprocess.run(["oclgrind-kernel", "--version"], capture_output=True, text=True, check=True).stdout
    return "Oclgrind " + re.search(r"[\d.]+", said)[0]


@cache
def forms() -> dict[str, Path]:
    """The file of each OpenCL form, by the name of its case."""
    files = sorted(FOLDER.glob("*.cl"))
    return {
        name: file for file in files for name in re.findall(r"^kernel void (\w+)", file.read_text(), re.M)
    }


def verdict(case: Case, wrong: bool) -> str:
    """What Oclgrind says of a case: the kinds of its messages, "hangs", or nothing."""
    with tempfile.TemporaryDirectory() as folder:
        launch = Path(folder, "launch.sim")
        launch.write_text(_launch(case))
        command = ["oclgrind-kernel", *OPTIONS, "--build-options", f"-DWRONG={int(wrong)} -I{FOLDER}", launch]
        try:
            ran = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return "hangs"
    # What stands at the beginning of a line is a message, or a count of them by the compiler or the simulator.
    messages = re.findall(r"^(?!Oclgrind:|\d+ warnings? gen)\S.*", ran.stdout + ran.stderr, re.M)
    kinds = [
        next((kind for begin, kind in MESSAGES.items() if line.startswith(begin)), None) for line in messages
    ]
    if ran.returncode or None in kinds:
        raise RuntimeError(f"oclgrind-kernel on {case.name}: {ran.stdout}{ran.stderr}")
    return ", ".join(sorted(set(kinds)))


def _launch(case: Case) -> str:
    """The file that tells `oclgrind-kernel` what to run."""
    arguments = [_argument(value) for value in case.bound().values()]
    shape = f"{case.grid} 1 1\n{case.threads} 1 1"
    return "\n".join([str(forms()[case.name]), case.name, shape, *arguments]) + "\n"


def _argument(value: np.ndarray | int) -> str:
    if isinstance(value, int):
        return f"<size=4 int>\n{value}"
    return f"<size={value.nbytes} float>\n" + " ".join(f"{number:.1f}" for number in value)
