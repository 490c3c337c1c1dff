"""Rewrites ``for i in enigma.range(...)`` in the text of a kernel into a loop that is recorded.

The loop becomes::

    with __enigma_loop__(names, locals(), lo, hi, step) as (i, __enigma_carry__):
        if "x" in __enigma_carry__: x = __enigma_carry__["x"]
        ...the body...
        __enigma_carry__.leave(locals())
    if "x" in __enigma_carry__: x = __enigma_carry__["x"]

for each variable that the body assigns and whose value the next iteration or what follows the loop may need. Only
what exists before the loop is carried, which is known when the line is reached. All lines and columns stay those
of the user's file, and the function keeps its globals, its closure, its defaults and its name.
"""

from __future__ import annotations
import __future__

import ast
import linecache
from collections.abc import Iterable, Iterator
from types import CellType, CodeType, FunctionType
from typing import Any

from . import _core, _liveness, _source, control

LOOP = "__enigma_loop__"
CARRY = "__enigma_carry_{}__"
FACTORY = "__enigma_factory__"

_FUTURE_FLAGS = 0
for _name in __future__.all_feature_names:
    _FUTURE_FLAGS |= getattr(__future__, _name).compiler_flag


def rewritten(function: FunctionType) -> FunctionType:
    """The function with its `enigma.range` loops recorded; the function itself when it has none, or no source."""
    tree = _source.definition(function)
    if tree is None:
        return function
    rewriter = _Rewriter(function, tree)
    tree = rewriter.rewrite()
    if not rewriter.loops:
        return function
    return _compiled(function, tree)


class _Rewriter(ast.NodeTransformer):
    def __init__(self, function: FunctionType, tree: ast.FunctionDef) -> None:
        self.function = function
        self.tree = tree
        self.lines = linecache.getlines(function.__code__.co_filename)
        self.loops = 0
        self.findings: list[Any] = []
        self.needed: dict[ast.For, set[str]] = {}

    def rewrite(self) -> ast.FunctionDef:
        self.needed = _liveness.carried_names(self.tree, self.is_range)
        tree = self.visit(self.tree)
        if self.findings:
            path = self.function.__code__.co_filename
            raise _core.refusal(path, _source.text_off_disk(path), self.findings)
        assert isinstance(tree, ast.FunctionDef)
        return tree

    def is_range(self, node: ast.For) -> bool:
        """Whether a loop is over a call of `enigma.range`."""
        return isinstance(node.iter, ast.Call) and self.meaning(node.iter.func) is control.range

    def meaning(self, node: ast.expr) -> object:
        """What a name, or an attribute of one, stands for outside the kernel."""
        if isinstance(node, ast.Attribute):
            return getattr(self.meaning(node.value), node.attr, None)
        if not isinstance(node, ast.Name):
            return None
        code, closure = self.function.__code__, self.function.__closure__ or ()
        if node.id in code.co_freevars:
            try:
                return closure[code.co_freevars.index(node.id)].cell_contents
            except ValueError:
                return None
        return self.function.__globals__.get(node.id)

    def visit_For(self, node: ast.For) -> ast.AST | list[ast.AST]:
        if not self.is_range(node):
            return self.generic_visit(node)
        self.check(node)
        names = tuple(sorted(self.needed[node]))
        carry = CARRY.format(self.loops)
        self.loops += 1
        self.generic_visit(node)
        call = node.iter
        assert isinstance(call, ast.Call)
        held = _expressions(f"{names!r}", "locals()")
        enter, leave = _takes(names, carry), _statement(f"{carry}.leave(locals())")
        after = _takes(names, carry)
        name = ast.Name(carry, ast.Store())
        _placed([*held, *enter, leave, *after, name], at=call)
        target = ast.copy_location(ast.Tuple([node.target, name], ast.Store()), call)
        made = ast.Call(ast.copy_location(ast.Name(LOOP, ast.Load()), call.func), [*held, *call.args], [])
        ast.copy_location(made, call)
        loop = ast.With([ast.withitem(made, target)], [*enter, *node.body, leave])
        return [ast.copy_location(loop, node), *after, *node.orelse]

    def check(self, node: ast.For) -> None:
        """Refuses what a recorded loop cannot do."""
        call = node.iter
        assert isinstance(call, ast.Call)
        if not isinstance(node.target, ast.Name):
            self.refuse(node.target, "`enigma.range` gives one number", "write `for i in enigma.range(...)`")
        if call.keywords or any(isinstance(argument, ast.Starred) for argument in call.args):
            self.refuse(
                call, "`enigma.range` takes its bounds by position", "write `enigma.range(lo, hi, step)`"
            )
        for name, leaver in _leavers(node.body):
            self.refuse(
                leaver,
                f"`{name}` cannot leave an `enigma.range` loop",
                "a recorded loop runs to its end: guard the work with `with enigma.if_(cond):`, or use `enigma.while_`",
            )

    def refuse(self, node: ast.AST, message: str, help: str) -> None:
        place = (*_source.span(node, self.lines), "this")
        self.findings.append(("invalid-kernel", message, [place], [help]))


def _leavers(body: list[ast.stmt], in_loop: bool = False) -> Iterator[tuple[str, ast.AST]]:
    """The statements that leave a loop before its end; those of plain Python loops inside it stay there."""
    for node in body:
        match node:
            case ast.Return():
                yield "return", node
            case ast.Break() if not in_loop:
                yield "break", node
            case ast.Continue() if not in_loop:
                yield "continue", node
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                continue
            case ast.For() | ast.While():
                yield from _leavers(node.body, in_loop=True)
                yield from _leavers(node.orelse, in_loop)
            case ast.With():
                yield from _leavers(node.body, in_loop)
            case ast.If():
                yield from _leavers(node.body + node.orelse, in_loop)
            case ast.Try():
                handlers = [statement for handler in node.handlers for statement in handler.body]
                yield from _leavers(node.body + handlers + node.orelse + node.finalbody, in_loop)
            case ast.Match():
                yield from _leavers([statement for case in node.cases for statement in case.body], in_loop)


def _takes(names: tuple[str, ...], carry: str) -> list[ast.stmt]:
    return [_statement(f"if {name!r} in {carry}: {name} = {carry}[{name!r}]") for name in names]


def _statement(source: str) -> ast.stmt:
    return ast.parse(source).body[0]


def _expressions(*sources: str) -> list[ast.expr]:
    return [ast.parse(source, mode="eval").body for source in sources]


def _placed(nodes: Iterable[ast.AST], at: ast.AST) -> None:
    """Gives nodes that were made here, and all in them, the place of one of the user's."""
    for node in nodes:
        for made in ast.walk(node):
            if "lineno" in made._attributes:
                ast.copy_location(made, at)


def _compiled(function: FunctionType, tree: ast.FunctionDef) -> FunctionType:
    """A function of the rewritten text in the place of the original."""
    original = function.__code__
    tree.decorator_list = []
    tree.returns = None
    outer = (*original.co_freevars, LOOP)
    factory = _statement(f"def {FACTORY}({', '.join(outer)}): pass")
    assert isinstance(factory, ast.FunctionDef)
    factory.body = [tree]
    module = ast.fix_missing_locations(ast.Module([factory], []))
    flags = original.co_flags & _FUTURE_FLAGS
    compiled = compile(module, original.co_filename, "exec", flags=flags, dont_inherit=True)
    code = _nested(_nested(compiled, FACTORY), tree.name)
    cells = dict(zip(original.co_freevars, function.__closure__ or (), strict=True))
    cells[LOOP] = CellType(control.Loop)
    closure = tuple(cells[name] for name in code.co_freevars)
    code = code.replace(co_qualname=original.co_qualname)
    made = FunctionType(code, function.__globals__, function.__name__, function.__defaults__, closure)
    made.__kwdefaults__ = function.__kwdefaults__
    return made


def _nested(code: CodeType, name: str) -> CodeType:
    return next(c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name)
