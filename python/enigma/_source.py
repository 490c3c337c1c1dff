"""The source text of a kernel, as a syntax tree whose places are those of the user's file."""

from __future__ import annotations

import ast
import inspect
import linecache
import os
from types import CodeType, FunctionType


def text_off_disk(path: str) -> str | None:
    """The text of a source file that is not on disk, as a notebook's cell; None for one on disk, or not kept."""
    if os.path.isfile(path):
        return None
    return "".join(linecache.getlines(path)) or None


def definition(function: FunctionType) -> ast.FunctionDef | ast.Lambda | None:
    """The definition of a function, with the lines and columns of its file; None when there is no source for it."""
    code = function.__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)
    first = code.co_firstlineno
    try:
        source = "".join(inspect.getblock(lines[first - 1 :]))
        # An indented definition is parsed inside a block, so that its columns stay what they are.
        indented = source[:1].isspace()
        tree = ast.parse("if True:\n" + source if indented else source, filename=code.co_filename)
    except (SyntaxError, IndexError, ValueError):
        return None
    ast.increment_lineno(tree, first - 1 - indented)
    if code.co_name == "<lambda>":
        lambdas = (node for node in ast.walk(tree) if isinstance(node, ast.Lambda))
        return next((node for node in lambdas if _is_of(node, code)), None)
    found = (
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == code.co_name
    )
    return next(found, None)


def _is_of(node: ast.Lambda, code: CodeType) -> bool:
    """Whether a lambda is the one that was compiled to this code, which ends by returning its body."""
    *_, (line, _, column, _) = code.co_positions()
    return (node.body.lineno, node.body.col_offset) == (line, column)


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
    function: FunctionType, tree: ast.FunctionDef | ast.Lambda | None, lines: list[str]
) -> tuple[int, int, int, int]:
    """The place of a function's name."""
    line = function.__code__.co_firstlineno if tree is None else tree.lineno
    text = lines[line - 1] if line <= len(lines) else ""
    column = text.find(function.__name__) + 1
    if column == 0:
        return (line, 1, line, 0)
    return (line, column, line, column + len(function.__name__))
