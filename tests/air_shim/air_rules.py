"""What LLVM takes and Apple's GPU compiler is known not to take, or to compile wrongly.

The rules are from public reports about code generators that emit AIR; see docs/targets.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_RESULT = r"^ *(?:%\S+ = )?"

# What a line of the text may not hold, and why.
RULES: Sequence[tuple[str, str]] = (
    (
        _RESULT + "(?:[su]itofp|fpto[su]i) ",
        "conversions between integers and floats are calls of air.convert",
    ),
    (_RESULT + "fp(?:ext|trunc) <", "conversions of vectors of floats are computed wrongly"),
    (
        _RESULT + "(?:atomicrmw|cmpxchg|fence|(?:load|store) atomic) ",
        "LLVM's atomic instructions are refused",
    ),
    (_RESULT + r"(?:fneg|freeze|va_arg|indirectbr|invoke) ", "macOS 13 does not know this instruction"),
    (_RESULT + r"unreachable", "a thread that reaches it may hang the GPU"),
    (_RESULT + r"load (?:volatile )?[\[{]", "loads of arrays and structures crash the compiler"),
    (_RESULT + r"bitcast .*<\d+ x i1>", "vectors of truth values cannot be taken for integers"),
    (r"\baddrspacecast\b", "AIR has no generic address space"),
    (r"\bpoison\b", "macOS 13 does not know poison"),
    (r"\b(?:double|fp128|x86_fp80|i128)\b", "GPUs have no such type"),
    (r"\bi(?!1\b|8\b|16\b|32\b|64\b)\d+\b", "integers have 1, 8, 16, 32 or 64 bits"),
    (r"\bi1(?: addrspace\(\d+\))?\*|\{\}\*", "pointers to i1 and to {} crash the compiler"),
    (r"@llvm\.(?!global_ctors\b)", "intrinsics of LLVM are not known to be taken by every system"),
    (
        r"@air\.simdgroup_async_copy_\w+\.\w+\.\w+\((?!i64 \d+, i64 \d+,)",
        "the size and the alignment of a copy's elements are literals",
    ),
)


def broken_rules(text: str) -> list[str]:
    """What is wrong with a text by these rules: its lines, and as a whole."""
    lines = [line for line in text.splitlines() if not line.startswith(("!", "target ", "source_filename"))]
    code = [line for line in lines if not line.startswith("declare ")]
    found = [
        f"{reason}: `{line.strip()}`" for line in code for rule, reason in RULES if re.search(rule, line)
    ]
    return [
        *found,
        *_uncalled(lines),
        *_late_allocas(lines),
        *_tiles_of_copies(lines),
        *_chains_of_steps(lines),
    ]


def _uncalled(lines: Sequence[str]) -> list[str]:
    """Each declared function is looked up when the kernel is loaded, also one that nothing calls."""
    declared = [name for line in lines for name in re.findall(r"^declare .*?@([-\w.$]+)\(", line)]
    body = "\n".join(line for line in lines if not line.startswith("declare "))
    return [f"`{name}` is declared and never called" for name in declared if f"@{name}(" not in body]


def _late_allocas(lines: Sequence[str]) -> list[str]:
    """Memory of a thread is reserved once, before anything can loop."""
    late, found = False, []
    for line in lines:
        if line.startswith("define "):
            late = False
        if re.match(r" *(br|switch|ret) ", line):
            late = True
        if late and re.search(r"= alloca ", line):
            found.append(f"memory is reserved outside the first block: `{line.strip()}`")
    return found


def _tiles_of_copies(lines: Sequence[str]) -> list[str]:
    """The compiler does not see what copies write, and may lay arrays that they fill over one another."""
    arrays = [line for line in lines if re.match(r"@.* addrspace\(3\) global ", line)]
    copies = any("@air.simdgroup_async_copy" in line for line in lines)
    return ["a kernel with copies has more than one threadgroup array"] if copies and len(arrays) > 1 else []


def _chains_of_steps(lines: Sequence[str]) -> list[str]:
    """A step from byte to byte that starts where another ended is compiled wrongly in grids of two threadgroups."""
    step = re.compile(r" *(%\S+) = getelementptr (?:inbounds )?i8, i8(?: addrspace\(\d+\))?\* (%\S+),")
    steps = [(found[1], found[2], line) for line in lines if (found := step.match(line))]
    ends = {end for end, _, _ in steps}
    return [
        f"two steps through bytes are to be one: `{line.strip()}`"
        for _, start, line in steps
        if start in ends
    ]
