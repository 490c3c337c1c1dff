"""The source text of a kernel, as a syntax tree whose places are those of the user's file."""

from __future__ import annotations

import ast
import inspect
import linecache
import os
from types import FunctionType


def text_off_disk(path: str) -> str | None:
    """The text of a source file that is not on disk, as a notebook's cell; None for one on disk, or not kept."""
    if os.path.isfile(path):
        return None
    return "".join(linecache.getlines(path)) or None


def definition(function: FunctionType) -> ast.FunctionDef | None:
    """The definition of a function, with the lines and columns of its file; None when there is no source for it."""
    try:
        lines, first = inspect.getsourcelines(function.__code__)
    except (OSError, TypeError, SyntaxError):
        return None
    source = "".join(lines)
    # An indented definition is parsed inside a block, so that its columns stay what they are.
    indented = source[:1].isspace()
    try:
        tree = ast.parse(
            "if True:\n" + source if indented else source, filename=function.__code__.co_filename
        )
    except SyntaxError:
        return None
    ast.increment_lineno(tree, first - 1 - indented)
    name = function.__code__.co_name
    found = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == name)
    return next(found, None)


def span(node: ast.AST, lines: list[str]) -> tuple[int, int, int, int]:
    """Line, column, end line and end column of a node, columns in characters from 1."""
    line, end_line = getattr(node, "lineno", 1), getattr(node, "end_lineno", 1)
    return (
        line,
        _characters(lines, line, getattr(node, "col_offset", 0)),
        end_line,
        _characters(lines, end_line, getattr(node, "end_col_offset", 0)),
    )


def _characters(lines: list[str], line: int, offset: int) -> int:
    text = lines[line - 1] if line <= len(lines) else ""
    return len(text.encode()[:offset].decode(errors="ignore")) + 1 if text else offset + 1


def name_span(
    function: FunctionType, tree: ast.FunctionDef | None, lines: list[str]
) -> tuple[int, int, int, int]:
    """The place of a function's name."""
    line = function.__code__.co_firstlineno if tree is None else tree.lineno
    text = lines[line - 1] if line <= len(lines) else ""
    column = text.find(function.__name__) + 1
    if column == 0:
        return (line, 1, line, 0)
    return (line, column, line, column + len(function.__name__))
