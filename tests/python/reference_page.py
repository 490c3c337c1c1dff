"""Writes docs/reference.md from the operation table, with what its examples give.

``make pages`` runs it; a test holds the page to what it writes.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import textwrap
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

import enigma
from enigma import _core
from enigma.types import DTYPES, dtype_class
from reference_examples import EXAMPLES, Example
from support import NUMPY

REFERENCE = Path(__file__).parents[2] / "docs" / "reference.md"

# Elements of an array that the page shows.
SHOWN = 10

HEAD = """\
# Reference

Every operation of the kernel language: what it takes, what it gives, what it stands for in the Metal Shading Language,
how exact it is, and an example with what it gives. The page is made from the operation table, and its examples are run.

[language.md](language.md) says what a kernel means as a whole: who runs it, what orders what, and the contract of
asynchronous copies. [python.md](python.md) has what is not an operation: launches, allocations, loops and branches. In
Rust the operations have the same names; those whose first operand is a value are methods too: `x.sqrt()`.

## How types combine

* **Operands of one kind**, as in `clamp(x, lo, hi)`, are brought to their common type, as C++ does it: of two integers
  the wider, of two of one width the unsigned; of an integer and a float the float; of two different floats `float`. A
  literal takes the type of the others.
* **Operators promote.** Scalars narrower than `int` become `int` under an operator. The components of vectors do not,
  and neither do the operands of functions.
* **Vectors go by component.** What takes scalars takes vectors of two, three or four as well, unless it says
  otherwise. A scalar beside a vector stands for a vector of it.
* **Integers wrap**, shifts take their count modulo the width, and division by zero gives some value.
* **An index** or an extent counts elements, and is an integer of any type.

## How exact it is

An error is measured in units in the last place (ulp) of the result's type, against the exact result. The bounds hold
on the CPU, for every number there is, denormal numbers included. Metal states its own, and may take denormal numbers
for zero.

* **exact**: nothing is rounded.
* **correctly rounded**: the exact result rounded once to the nearest, ties to even; at most 0.5 ulp.
* **within n ulp**: of a `float`. `half` and `bfloat` are computed likewise and then rounded, which makes hardly more
  than 0.5 ulp of theirs.
* **within n ulp of its own type**: of a `half` for `half`; there are n steps, each of which rounds.
* **within n ulp of its terms**: the unit is that of the sum of the absolute values which the formula adds up. Where
  the terms cancel each other out, few digits of the result mean anything.

Operations on integers are exact. **NaN and infinity** come out where IEEE 754 has them. A comparison with NaN is false,
but for `!=`; `fmin` and `fmax` prefer the number. The sign of a zero is kept, but for the zeros that `fmin`, `fmax`,
`clamp` and `saturate` find equal.

## How to read the examples

An example is the body of a kernel, and what its buffers hold before the launch and after it. `i` is
`enigma.thread_position_in_grid`; there is a thread for each element of the first buffer that is read, all in one
threadgroup. Buffers are of `float` where no type is given.
"""

SECTIONS = {
    "Position": (
        "Positions and sizes",
        "All are `uint`. The examples run six threads in threadgroups of four.",
    ),
    "Arithmetic": ("Operators", "Under `x` and `y` there may be a literal."),
    "Comparison": (
        "Comparisons",
        "Each gives a `bool`. The operators `<`, `<=`, `>`, `>=`, `==` and `!=` do the same.",
    ),
    "Conversion": ("Selection and conversion", ""),
    "Float": ("Functions of floats", "They are the precise variants of MSL."),
    "Integer": ("Functions of integers", ""),
    "Vector": (
        "Vectors",
        "`v.x`, `v.y`, `v.z` and `v.w` are the components of `v`, and `v[0]` to `v[3]` too.",
    ),
    "Geometry": ("Geometry", "Of vectors of floats."),
    "Pack": ("Floats packed into integers", "Floats beyond the range are held at its ends; NaN becomes 0."),
    "Matrix": ("Matrices", "Of one thread; `m[0]` is the first column of `m`."),
    "Constant": ("Function constants", ""),
    "Memory": ("Memory", ""),
    "Atomic": (
        "Atomic operations",
        "On elements of device and threadgroup memory, as functions and as methods: `A.atomic_fetch_add(0, 1)`.",
    ),
    "Barrier": (
        "Barriers",
        "[What orders what](language.md#what-orders-what) says what they are needed for.",
    ),
    "AsyncCopy": (
        "Asynchronous copies",
        "[Their contract](language.md#asynchronous-copies) is a page of its own.",
    ),
    "Simdgroup": (
        "Simdgroups",
        "The examples run in a simdgroup of eight lanes, but for `simd_shuffle_down`.",
    ),
    "Quad": ("Quads", "A quad is four consecutive lanes of a simdgroup. The examples run in two of them."),
    "SimdgroupMatrix": ("Simdgroup matrices", "8x8, spread over the lanes of a simdgroup, of floats."),
    "Debug": ("Debugging", ""),
}

# Operations that are written otherwise than as functions of their name.
SPELLED = {
    "add": "x + y", "sub": "x - y", "mul": "x * y", "div": "x / y", "floordiv": "x // y", "rem": "x % y",
    "shl": "x << y", "shr": "x >> y", "and": "x & y", "or": "x | y", "xor": "x ^ y", "neg": "-x", "not": "~x",
    "load": "buf[index]", "store": "buf[index] = value", "thread_position_in_grid": "thread_position_in_grid",
}  # fmt: skip

# What is there under a second name.
ALSO = {
    "thread_position_in_grid": "thread_position_in_grid_xyz(dim)",
    "threadgroups_per_grid": "grid_size(dim)",
    "abs": "abs(x)` of Python, and `abs_diff_unary(x)",
}


def page() -> str:
    """The text of the page."""
    rows = [row for row in _core.operation_table() if row.group in SECTIONS]
    parts = [HEAD]
    for group, members in groupby(rows, key=lambda row: row.group):
        title, introduction = SECTIONS[group]
        parts += [f"## {title}\n", *([f"{introduction}\n"] if introduction else []), *map(entry, members)]
    return "\n".join(parts)


def entry(row: _core.Operation) -> str:
    """What the page says of an operation."""
    facts = [*_operands(row), *_result(row), *_metal(row), *_error(row)]
    if row.name in ALSO:
        facts.append(f"also: `{ALSO[row.name]}`")
    listed = "".join(f"* {fact}\n" for fact in facts)
    meaning = textwrap.fill(row.meaning, 112, break_long_words=False, break_on_hyphens=False)
    example = f"```python\n{shown(EXAMPLES[row.name])}\n```\n"
    return f"### {row.name}\n\n`{spelling(row)}`\n\n{meaning}\n\n{listed}\n{example}"


def spelling(row: _core.Operation) -> str:
    """How a Python program writes it."""
    return SPELLED.get(row.name, f"{row.name}({row.signature})")


def _operands(row: _core.Operation) -> list[str]:
    wanted = [(name, what.partition("; all such arguments")[0]) for name, what in row.parameters]
    return [
        ", ".join(f"`{name}`" for name, _ in alike) + f": {what}"
        for what, alike in groupby(wanted, key=lambda pair: pair[1])
    ]


def _result(row: _core.Operation) -> list[str]:
    return [f"gives {row.result[0].lower()}{row.result[1:]}"] if row.result else []


def _metal(row: _core.Operation) -> list[str]:
    return [f"MSL `{row.msl}`"] if row.msl else []


def _error(row: _core.Operation) -> list[str]:
    if row.bound:
        return [f"error of floats: {row.bound}"]
    return ["exact"] if row.group in ("Float", "Geometry") else []


def shown(example: Example) -> str:
    """An example with its buffers, before and after."""
    held, printed = run(example)
    notes = [_array(example, name, *given) for name, given in example.inputs.items()]
    bound = [f"constant {n}: {value}" for n, (_, value) in example.constants.items()]
    result = [f"prints {line}" for line in printed] or [_array(example, "B", example.output[0], held)]
    return "\n".join(
        [example.body, *(f"# {note}" for note in [*notes, *bound]), *(f"# -> {line}" for line in result)]
    )


def _array(example: Example, name: str, dtype: str, values: object) -> str:
    numbers = np.asarray(values).astype(_numpy(dtype)).reshape(-1)
    spelt = hex if example.hexadecimal and numbers.dtype.kind == "u" else str
    texts = [spelt(number).removesuffix(".0") for number in numbers[:SHOWN]]
    kind = "" if dtype == "float" else f" ({dtype})"
    return f"{name}{kind}: {', '.join(texts)}{', ...' if numbers.size > SHOWN else ''}"


def run(example: Example) -> tuple[np.ndarray, list[str]]:
    """Runs an example; returns what B holds then, and the lines that were printed."""
    kernel = _kernel(example)
    group = min(example.group, example.threads)
    inputs = [np.array(values).astype(_numpy(dtype)) for dtype, values in example.inputs.values()]
    dtype, size = example.output
    result = np.zeros(size, _numpy(dtype))
    constants = example.constants or None
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        enigma.launch(kernel, *inputs, result, grid=example.threads, threads=group, constants=constants)
    return result, printed.getvalue().splitlines()


def _numpy(dtype: str) -> np.dtype:
    return NUMPY[dtype_class(dtype)]


def _kernel(example: Example) -> enigma.Kernel:
    """The kernel of an example; its source is kept where Python looks for it."""
    buffers = {name: dtype for name, (dtype, _) in example.inputs.items()} | {"B": example.output[0]}
    parameters = ", ".join(f"{name}: {dtype_class(dtype).__name__}" for name, dtype in buffers.items())
    body = textwrap.indent(f"i = enigma.thread_position_in_grid\n{example.body}\n", "    ")
    text = f"@enigma.kernel\ndef example({parameters}):\n{body}"
    linecache.cache["<example>"] = (len(text), None, text.splitlines(True), "<example>")
    namespace: dict[str, Any] = {"enigma": enigma, **{t.__name__: t for t in DTYPES}}
    exec(compile(text, "<example>", "exec"), namespace)
    return namespace["example"]


def main() -> None:
    REFERENCE.write_text(page())


if __name__ == "__main__":
    main()
