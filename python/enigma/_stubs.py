"""Writes ``language.pyi``, the type stub of the kernel language's functions, from the operation table.

``python -m enigma._stubs`` writes it; ``python -m enigma._stubs --check`` fails when it is not up to date.
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

from . import _core

STUB = Path(__file__).with_name("language.pyi")

HEAD = '''\
"""The functions of the kernel language that are made from the operation table.

Made by ``python -m enigma._stubs``; do not edit.
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from ._core import Event, RegisterTensor, Tensor, Value
from .types import DType

Operand = Value | bool | int | float | np.generic[Any]
Memory = Tensor | RegisterTensor | str
DTypeLike = str | type[DType]
Dim = Literal["x", "y", "z"]
Fill = Literal["zero", "edge"]
MemoryOrder = Literal["relaxed", "acquire", "release", "acq_rel"]
MemFlags = Literal["mem_none", "mem_device", "mem_threadgroup", "mem_device_and_threadgroup", "mem_texture"]
'''


def stub() -> str:
    """The text of the stub."""
    functions = [_definition(*function) for function in _core.operations()]
    names = "".join(f'    "{name}",\n' for name, *_ in _core.operations())
    return "\n".join([HEAD, f"__all__ = [\n{names}]\n", *functions])


def _definition(
    name: str, parameters: list[tuple[str, str, str | None, str]], result: str, documentation: str
) -> str:
    written: list[str] = []
    for parameter, annotation, default, how in parameters:
        if how == "keyword" and not any(text.startswith("*") for text in written):
            written.append("*")
        if default == "None" and "None" not in annotation:
            annotation += " | None"
        text = f"{parameter}: {annotation}" + (f" = {default}" if default is not None else "")
        written.append(f"*{text}" if how == "variadic" else text)
    header = f"def {name}({', '.join(written)}) -> {result}:"
    if len(header) > 110:
        header = f"def {name}(\n    {(',' + chr(10) + '    ').join(written)},\n) -> {result}:"
    body = textwrap.indent(f'"""{documentation}\n"""', "    ")
    return f"{header}\n{body}\n"


def main() -> int:
    """Writes the stub, or checks it."""
    text = stub()
    if "--check" in sys.argv[1:]:
        current = STUB.read_text(encoding="utf-8") if STUB.exists() else ""
        if current != text:
            print(f"{STUB} is not up to date: run `python -m enigma._stubs`", file=sys.stderr)
            return 1
        return 0
    STUB.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
