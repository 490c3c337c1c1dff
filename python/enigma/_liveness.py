"""Which variables a recorded loop has to carry: those that its body assigns, and whose value is needed by a
later iteration or after the loop.

This is liveness, computed backwards over the statements. Where a statement may be left early it is enough to be
generous: everything counts as needed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

Names = frozenset[str]


def carried_names(function: ast.FunctionDef, is_range: Callable[[ast.For], bool]) -> dict[ast.For, set[str]]:
    """The names that each `enigma.range` loop of a function carries when they exist before it."""
    analysis = _Liveness(function, is_range)
    analysis.before(function.body, frozenset())
    return analysis.carried


class _Liveness:
    def __init__(self, function: ast.FunctionDef, is_range: Callable[[ast.For], bool]) -> None:
        self.is_range = is_range
        self.everything = frozenset(node.id for node in ast.walk(function) if isinstance(node, ast.Name))
        self.carried: dict[ast.For, set[str]] = {}

    def before(self, body: Iterable[ast.stmt], after: Names) -> Names:
        """The names whose value is needed at the start of these statements, given those needed at their end."""
        live = after
        for statement in reversed(list(body)):
            live = self.before_statement(statement, live)
        return live

    def before_statement(self, node: ast.stmt, after: Names) -> Names:
        match node:
            case ast.Assign() | ast.AnnAssign():
                return (after - _stored(node)) | _loaded(node)
            case ast.If():
                return _loaded(node.test) | self.before(node.body, after) | self.before(node.orelse, after)
            case ast.For() | ast.While():
                return self.before_loop(node, after)
            case ast.With():
                live = self.before(node.body, after)
                for item in reversed(node.items):
                    live = (live - _stored(item)) | _loaded(item)
                return live
            case ast.FunctionDef():
                self.before(node.body, frozenset())
                return (after - {node.name}) | _loaded(node)
            case ast.Return() | ast.Raise():
                return _loaded(node)
            case ast.Break() | ast.Continue():
                return self.everything
            case ast.Try() | ast.Match():
                for body in _bodies(node):
                    self.before(body, self.everything)
                return self.everything
            case _:
                return after | _loaded(node)

    def before_loop(self, node: ast.For | ast.While, after: Names) -> Names:
        after = self.before(node.orelse, after)
        head = _loaded(node.test) if isinstance(node, ast.While) else frozenset[str]()
        targets = _stored(node.target) if isinstance(node, ast.For) else frozenset[str]()
        live = after | head
        while True:
            entering = (self.before(node.body, live) - targets) | live
            if entering == live:
                break
            live = entering
        if isinstance(node, ast.For) and self.is_range(node):
            assigned = frozenset().union(*map(_stored, node.body))
            self.carried[node] = set((assigned & live) - targets)
        return live | (_loaded(node.iter) if isinstance(node, ast.For) else frozenset[str]())


def _bodies(node: ast.Try | ast.Match) -> list[list[ast.stmt]]:
    if isinstance(node, ast.Match):
        return [case.body for case in node.cases]
    return [node.body, *(handler.body for handler in node.handlers), node.orelse, node.finalbody]


def _stored(node: ast.AST) -> Names:
    return frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))


def _loaded(node: ast.AST) -> Names:
    """The names that are read; an augmented assignment reads what it assigns."""
    read = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    added = {
        n.target.id for n in ast.walk(node) if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name)
    }
    return frozenset(read | added)
