"""Rewrites the syntax tree of a function so that its control flow can be recorded.

An ``if`` becomes::

    _enigma_0 = _enigma.branch(test)
    if _enigma_0.traced: _enigma_0.begin(needs, locals())
    if _enigma_0.then:
        ...
    if _enigma_0.traced: x, y = _enigma_0.turn(locals())
    if _enigma_0.otherwise:
        ...
    if _enigma_0.traced: x, y = _enigma_0.merge(locals())

where x and y are the variables that it assigns and that are needed afterwards. ``while``, ``for``, ``and``, ``or``,
``not``, conditional expressions and chained comparisons go likewise; `_flow` has what they call. All lines and columns
stay those of the user's file.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

from . import _liveness
from ._exits import VALUE, Structured, assigned, attribute, own_nodes, placed, without_exits

NEEDS = "_enigma_needs"
CALLEE = "_enigma_callee"


class Rewriter(ast.NodeTransformer):
    """Rewrites one function, and those that are defined in it."""

    def __init__(self, original: FunctionType) -> None:
        self.original = original
        self.needs: list[_liveness.Needs] = []
        self.structured = Structured([])
        self.found: dict[ast.stmt, _liveness.Needs] = {}
        self.joined: frozenset[str] = frozenset()
        self.local: frozenset[str] = frozenset()
        self.count = 0
        self.changed = False
        self.may_assign = True

    def function(self, tree: Any) -> Any:
        """A definition or a lambda; what it assigns is its own."""
        outer = self.structured, self.found, self.joined, self.local
        arguments = {arg.arg for arg in ast.walk(tree.args) if isinstance(arg, ast.arg)}
        if isinstance(tree, ast.Lambda):
            self.local |= arguments
            tree.body = self.visit(tree.body)
        else:
            self.structured = without_exits(tree.body)
            body = self.structured.body
            shared, escaped = _liveness.of_nested_functions(body)
            declared = (node for node in own_nodes(body) if isinstance(node, ast.Nonlocal | ast.Global))
            shared |= {name for node in declared for name in node.names}
            self.found = _liveness.needs(body, shared, escaped)
            self.joined |= {name for needs in self.found.values() for name in needs.names}
            self.local |= arguments | _liveness.stored(body)
            tree.body = self.statements(body)
        self.structured, self.found, self.joined, self.local = outer
        return tree

    def statements(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        made: list[ast.stmt] = []
        for node in body:
            new = self.visit(node)
            made.extend(new if isinstance(new, list) else [new])
        return made

    def temporary(self) -> str:
        self.changed = True
        self.count += 1
        return f"_enigma_{self.count - 1}"

    def needs_of(self, node: ast.stmt) -> ast.expr:
        self.needs.append(self.found[node])
        return ast.Subscript(_load(NEEDS), ast.Constant(len(self.needs) - 1), ast.Load())

    # Statements

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.decorator_list = [self.visit(decorator) for decorator in node.decorator_list]
        node.args = self.visit(node.args)
        if any(isinstance(part, ast.Yield | ast.YieldFrom) for part in own_nodes(node.body)):
            return node
        return self.function(node)  # type: ignore[no-any-return]

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return node

    def visit_If(self, node: ast.If) -> list[ast.stmt]:
        it, names, after = self.temporary(), self.found[node].names, self.found[node].after
        begin = _method(it, "begin", self.needs_of(node), _scope())
        test = self.visit(node.test)
        body, orelse = self.statements(node.body), self.statements(node.orelse)
        made = [
            assigned(it, _call("branch", test), node.test),
            _when(it, "traced", ast.Expr(begin)),
            ast.If(_attribute(it, "then"), body, []),
            _when(it, "traced", _unpacked(names, _method(it, "turn", _scope()))),
            *([ast.If(_attribute(it, "otherwise"), orelse, [])] if orelse else []),
            _when(it, "traced", _unpacked(after, _method(it, "merge", _scope()))),
        ]
        return [placed(statement, node.test) for statement in made]

    def visit_While(self, node: ast.While) -> list[ast.stmt]:
        it, names = self.temporary(), self.found[node].names
        stops = _constants(self.structured.stops.get(node, ()))
        once = ast.Constant(node in self.structured.endless)
        start = assigned(it, _call("repeat", self.needs_of(node), stops, once), node.test)
        test, body = self.visit(node.test), self.statements(node.body)
        leave = ast.If(_attribute(it, "over"), [ast.Break()], [ast.Continue()])
        turn = [
            _when(it, "recording", _unpacked(names, _method(it, "head"))),
            ast.If(_method(it, "ends", test), [leave], []),
            _when(it, "recording", _unpacked(names, _method(it, "body"))),
            *body,
        ]
        loop = ast.While(_method(it, "turn", _scope()), turn, [])
        made = [start, loop, _when(it, "is_recorded", _unpacked(names, _method(it, "results")))]
        return [placed(statement, node.test) for statement in made]

    def visit_For(self, node: ast.For) -> list[ast.stmt]:
        it, names = self.temporary(), self.found[node].names
        flags = self.structured.stops.get(node, [])
        targets = (node.target.id,) if isinstance(node.target, ast.Name) else ()
        needs = self.needs_of(node)
        first: list[ast.expr] = [needs, _constants(flags), _constants(targets)]
        if isinstance(node.iter, ast.Call):
            call = node.iter
            arguments = [*first, self.callee(call.func), *map(self.visit, call.args)]
            keywords = [self.visit(keyword) for keyword in call.keywords]
        else:
            arguments, keywords = [*first, ast.Constant(None), self.visit(node.iter)], []
        loop = ast.Call(attribute("iterate"), arguments, keywords)
        body = self.statements(node.body)
        close = _when(it, "recorded", ast.Expr(_method(it, "close", _scope())))
        if flags:
            leave = ast.If(_method(it, "stopped", *map(_load, flags)), [ast.Break()], [])
            close.orelse = [leave]
        opened = _unpacked(names, _method(it, "open", _scope()))
        target = self.visit(node.target)
        made = [
            assigned(it, loop, node.iter),
            _when(it, "recorded", opened),
            ast.For(target, _load(it), [*body, close], []),
            _when(it, "recorded", _unpacked(names, _method(it, "results"))),
        ]
        return [placed(statement, node.iter) for statement in made]

    def visit_With(self, node: ast.With) -> ast.AST | list[ast.stmt]:
        it, names = self.structured.blocks.get(node), self.found[node].names
        if it is None and not names:
            return self.generic_visit_with(node)
        it, needs = it or self.temporary(), self.needs_of(node)
        self.changed = True
        start = assigned(it, _call("block", needs, _scope()), node)
        for item in node.items:
            item.context_expr = placed(_method(it, "enter", item.context_expr), item.context_expr)
        self.generic_visit_with(node)
        last = node.body[-1]
        end = _when(it, "recorded", _unpacked(names, _method(it, "leave", _scope())))
        return [start, node, placed(end, last)]

    def generic_visit_with(self, node: ast.With) -> ast.With:
        node.items = [self.visit(item) for item in node.items]
        node.body = self.statements(node.body)
        return node

    def visit_Try(self, node: ast.Try) -> ast.AST:
        node.body, node.orelse = self.statements(node.body), self.statements(node.orelse)
        node.finalbody = self.statements(node.finalbody)
        for handler in node.handlers:
            handler.body = self.statements(handler.body)
        return node

    def visit_Match(self, node: ast.Match) -> ast.AST:
        node.subject = self.plain(self.visit(node.subject), "a `match`", "compare it in an `if`")
        for case in node.cases:
            case.body = self.statements(case.body)
            if case.guard:
                case.guard = self.plain(
                    self.visit(case.guard), "the guard of a `case`", "test it in an `if` inside the case"
                )
        return node

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        help = "write what is to happen in that case as an `if`, or test it in Python, before the launch"
        node.test = self.plain(self.visit(node.test), "an `assert`", help)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST | list[ast.stmt]:
        node.value = self.visit(node.value)
        if not isinstance(node.target, ast.Name):
            node.target = self.visit(node.target)
            return node
        if node.target.id not in self.joined:
            return node
        read = placed(ast.Expr(self.defined(node.target.id)), node.target)
        return [read, node]

    def plain(self, node: ast.expr, what: str, help: str) -> ast.expr:
        self.changed = True
        made: ast.expr = placed(_call("plain", node, ast.Constant(what), ast.Constant(help)), node)
        return made

    # Expressions

    def defined(self, name: str) -> ast.expr:
        self.changed = True
        return _call("defined", _load(name))

    def visit_Name(self, node: ast.Name) -> ast.AST:
        flag = node.id.startswith("_enigma_") and node.id != VALUE
        if isinstance(node.ctx, ast.Load) and node.id in self.joined and not flag:
            return placed(self.defined(node.id), node)  # type: ignore[no-any-return]
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        node.args = self.visit(node.args)
        return self.function(node)  # type: ignore[no-any-return]

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        # In what is iterated over, nothing can be assigned.
        before, self.may_assign = self.may_assign, False
        node.iter = self.visit(node.iter)
        self.may_assign = before
        node.ifs = [
            self.plain(self.visit(test), "the condition of a comprehension", "write a loop with an `if`")
            for test in node.ifs
        ]
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        node.operand = self.visit(node.operand)
        if not isinstance(node.op, ast.Not):
            return node
        self.changed = True
        return placed(_call("negated", node.operand), node)  # type: ignore[no-any-return]

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        if not self.may_assign:
            return self.generic_visit(node)
        first, *others = node.values
        if not others:
            return self.visit(first)  # type: ignore[no-any-return]
        rest = others[0] if len(others) == 1 else ast.copy_location(ast.BoolOp(node.op, others), others[0])
        function = "both" if isinstance(node.op, ast.And) else "either"
        it, assigns = self.temporary(), _assigned_in(others)
        opened = ast.NamedExpr(ast.Name(it, ast.Store()), _call(function, self.visit(first), *assigns))
        placed(opened, first)
        second = ast.IfExp(_attribute(it, "more"), self.visit(rest), ast.Constant(None))
        return placed(ast.Call(ast.Attribute(opened, "result", ast.Load()), [second], []), node)  # type: ignore[no-any-return]

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        if not self.may_assign:
            return self.generic_visit(node)
        it, assigns = self.temporary(), _assigned_in([node.body, node.orelse])
        opened = ast.NamedExpr(ast.Name(it, ast.Store()), _call("choice", self.visit(node.test), *assigns))
        placed(opened, node.test)
        none = ast.Constant(None)
        then = ast.IfExp(_attribute(it, "then"), _method(it, "turn", self.visit(node.body)), none)
        otherwise = ast.IfExp(_attribute(it, "otherwise"), self.visit(node.orelse), none)
        return placed(ast.Call(ast.Attribute(opened, "result", ast.Load()), [then, otherwise], []), node)  # type: ignore[no-any-return]

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        if len(node.ops) == 1 or not self.may_assign:
            return self.generic_visit(node)
        # `a < b < c` is `a < b and b < c` with b computed once.
        parts: list[ast.expr] = []
        left = node.left
        for op, right in zip(node.ops, node.comparators, strict=True):
            last = right is node.comparators[-1]
            it = None if last else self.temporary()
            held = right if it is None else placed(ast.NamedExpr(ast.Name(it, ast.Store()), right), right)
            parts.append(ast.copy_location(ast.Compare(left, [op], [held]), node))
            if it is not None:
                left = placed(_load(it), right)
        return self.visit(ast.copy_location(ast.BoolOp(ast.And(), parts), node))  # type: ignore[no-any-return]

    def visit_Call(self, node: ast.Call) -> ast.AST:
        node.args = [self.visit(argument) for argument in node.args]
        node.keywords = [self.visit(keyword) for keyword in node.keywords]
        node.func = self.callee(node.func)
        return node

    def callee(self, node: ast.expr) -> ast.expr:
        """What is called; what is known to need no rewriting is called as it is."""
        made: ast.expr = self.visit(node)
        if self.is_known(node):
            return made
        self.changed = True
        called: ast.expr = placed(ast.Call(_load(CALLEE), [made], []), node)
        return called

    def is_known(self, node: ast.expr) -> bool:
        match node:
            case ast.Attribute(value=ast.Name(id=name)):
                held = self.original.__globals__.get(name)
                return name not in self.local and isinstance(held, ModuleType) and held.__name__ == "enigma"
            case ast.Name(id=name):
                held = self.original.__globals__.get(name, getattr(builtins, name, None))
                outer = self.local | set(self.original.__code__.co_freevars)
                return name not in outer and (
                    isinstance(held, BuiltinFunctionType | type) or is_of_enigma(held)
                )
        return False


def _load(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def _attribute(name: str, attribute: str) -> ast.expr:
    return ast.Attribute(_load(name), attribute, ast.Load())


def _method(name: str, method: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(_attribute(name, method), list(arguments), [])


def _call(function: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(attribute(function), list(arguments), [])


def _scope() -> ast.expr:
    return _call("locals")


def _constants(names: Sequence[str]) -> ast.expr:
    return ast.Tuple([ast.Constant(name) for name in names], ast.Load())


def _when(name: str, attribute: str, statement: ast.stmt) -> ast.If:
    return ast.If(_attribute(name, attribute), [statement], [])


def _unpacked(names: Sequence[str], value: ast.expr) -> ast.stmt:
    """``x, y = value``."""
    if not names:
        return ast.Expr(value)
    return ast.Assign([ast.List([ast.Name(name, ast.Store()) for name in names], ast.Store())], value)


def _assigned_in(nodes: Sequence[ast.expr]) -> list[ast.expr]:
    """The name of a variable that the user assigns in an expression, if there is one, as an argument."""
    found = (
        part.target.id for node in nodes for part in own_nodes([node]) if isinstance(part, ast.NamedExpr)
    )
    name = next((name for name in found if not name.startswith("_enigma_")), None)
    return [] if name is None else [ast.Constant(name)]


def is_of_enigma(thing: object) -> bool:
    """Whether something is this package, or of it."""
    origin = thing.__name__ if isinstance(thing, ModuleType) else getattr(thing, "__module__", None)
    return isinstance(origin, str) and origin.partition(".")[0] == "enigma"
