"""The functions that a kernel's text consists of: which are rewritten, and what they are rewritten into.

A kernel and the functions that it calls are rewritten once each, where their source is at hand. A rewritten function
keeps its globals, its closure, its defaults and its name.
"""

from __future__ import annotations
import __future__

import ast
import functools
import sys
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType
from typing import Any

from . import _flow, _source
from ._exits import RUNTIME
from ._liveness import Needs
from ._transform import CALLEE, NEEDS, Rewriter, is_of_enigma

FACTORY = "_enigma_factory"
GENERATOR = 0x20 | 0x80 | 0x200  # generators, coroutines, asynchronous generators

_FUTURE_FLAGS = 0
for _name in __future__.all_feature_names:
    _FUTURE_FLAGS |= getattr(__future__, _name).compiler_flag


class _Rewritten:
    """What is known of a code object, which is kept so that its address stays its own."""

    def __init__(self, original: CodeType, code: CodeType | None, needs: list[Needs], why: str) -> None:
        self.original = original
        self.code = code
        self.needs = needs
        self.why = why


_KNOWN: dict[int, _Rewritten] = {}
_MADE: dict[int, CodeType] = {}


def rewritten(function: FunctionType) -> FunctionType:
    """The function with its control flow rewritten; the function itself when there is none, or no source for it."""
    original = function.__code__
    if id(original) in _MADE:
        return function
    known = _KNOWN.get(id(original))
    if known is None:
        known = _KNOWN[id(original)] = _rewrite(function)
    if known.code is None:
        return function
    cells = dict(zip(original.co_freevars, function.__closure__ or (), strict=True))
    cells |= {RUNTIME: CellType(_flow), CALLEE: CellType(callee), NEEDS: CellType(known.needs)}
    closure = tuple(cells[name] for name in known.code.co_freevars)
    made = FunctionType(known.code, function.__globals__, function.__name__, function.__defaults__, closure)
    made.__kwdefaults__ = function.__kwdefaults__
    return made


def callee(thing: Any) -> Any:
    """What a kernel's text calls: a function of the user's own is rewritten too."""
    match thing:
        case BuiltinFunctionType() | type():
            return thing
        case FunctionType():
            return rewritten(thing) if _is_users(thing) else thing
        case MethodType(__func__=FunctionType() as function):
            made = callee(function)
            return thing if made is function else MethodType(made, thing.__self__)
        case functools.partial(func=function, args=arguments, keywords=keywords):
            made = callee(function)
            return thing if made is function else functools.partial(made, *arguments, **keywords)
    call = getattr(type(thing), "__call__", None)  # noqa: B004
    if isinstance(call, FunctionType) and (made := callee(call)) is not call:
        return MethodType(made, thing)
    return thing


def why_in_python(code: CodeType) -> str:
    """What to do about a condition that Python wants to decide, in this code."""
    instead = "branch with `with enigma.if_(cond):`, choose with `enigma.where(false_val, true_val, cond)`"
    known = _KNOWN.get(id(code))
    if id(code) in _MADE:
        return (
            f"an `if`, `while`, `and`, `or`, `not` or `a if b else c` of its own is recorded; else {instead}"
        )
    why = known.why if known and known.why else "it is not called by a kernel's own text"
    return f"`{code.co_name}` is not rewritten, since {why}: {instead}, and combine conditions with `&`, `|` and `~`"


@functools.cache
def _is_kernel_code(module: str, path: str) -> bool:
    """Whether the functions of a module may be of the kernel language: not the standard library's, and of installed
    packages those that use this one."""
    root = module.partition(".")[0]
    if root == "enigma" or (root in sys.stdlib_module_names and root != "__main__"):
        return False
    if "site-packages" not in path and "dist-packages" not in path:
        return True
    held = sys.modules.get(module)
    return held is not None and any(map(is_of_enigma, vars(held).values()))


def _is_users(function: FunctionType) -> bool:
    """Whether a function is of the user's own."""
    return _is_kernel_code(str(function.__globals__.get("__name__", "")), function.__code__.co_filename)


def _rewrite(function: FunctionType) -> _Rewritten:
    original = function.__code__
    if original.co_flags & GENERATOR:
        return _Rewritten(original, None, [], "it is a generator or asynchronous")
    tree = _source.definition(function)
    if tree is None:
        return _Rewritten(
            original, None, [], "its source is not available (define it in a file or a notebook)"
        )
    rewriter = Rewriter(function)
    tree = rewriter.function(tree)
    if not rewriter.changed:
        return _Rewritten(original, None, [], "there was nothing to rewrite in it")
    code = _compiled(function, tree)
    for made in _all_code(code):
        _MADE[id(made)] = made
    return _Rewritten(original, code, rewriter.needs, "")


def _compiled(function: FunctionType, tree: Any) -> CodeType:
    """The code of the rewritten text."""
    original = function.__code__
    if isinstance(tree, ast.Lambda):
        name = original.co_name
        statement: Any = ast.copy_location(ast.Return(tree), tree)
    else:
        tree.decorator_list = []
        tree.returns = None
        statement = tree
        # Under its own name it would hide the global of that name, which it may call.
        tree.name = name = "_enigma_function"
    # Names with two underscores are private to the class that a method stands in, whatever leads the class's name.
    *_, owner, _ = ("", *original.co_qualname.split("."))
    if owner not in ("", "<locals>") and isinstance(statement, ast.FunctionDef):
        method, statement = statement, _statement(f"class _____{owner}: pass")
        statement.body = [method]
    outer = (name for name in (*original.co_freevars, RUNTIME, CALLEE, NEEDS) if name != "__class__")
    factory = _statement(f"def {FACTORY}({', '.join(outer)}): pass")
    factory.body = [statement]
    module = ast.fix_missing_locations(ast.Module([factory], []))
    flags = original.co_flags & _FUTURE_FLAGS
    compiled = compile(module, original.co_filename, "exec", flags=flags, dont_inherit=True)
    code = next(code for code in _all_code(compiled) if code.co_name == name)
    return code.replace(co_name=original.co_name, co_qualname=original.co_qualname)


def _statement(source: str) -> Any:
    return ast.parse(source).body[0]


def _all_code(code: CodeType) -> list[CodeType]:
    """A code object and those in it, outermost first."""
    found = [code]
    for made in found:
        found.extend(constant for constant in made.co_consts if isinstance(constant, CodeType))
    return found
