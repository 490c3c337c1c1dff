"""Which variables a branch or a loop hands on: those that it assigns, and whose value is needed afterwards.

This is liveness, computed backwards over the statements of a function in which nothing leaves a block before its
end. Where a statement may be left by an exception it is enough to be generous: everything counts as needed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from ._exits import SCOPES

Names = frozenset[str]
NONE: Names = frozenset()
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
MUTATORS = frozenset(
    {"append", "extend", "insert", "pop", "remove", "clear", "update", "setdefault", "reverse"}
)


@dataclass
class Needs:
    """What a branch, a loop or a `with` block hands on.

    Attributes:
        names: what it assigns, and what comes later needs: the other side of a branch, the next iteration, or what
            follows.
        after: of these, what follows it needs.
        again: what its other side or its next iteration needs.
        read: whose containers it may change: all that it reads.
        mutated: whose containers its text changes.
    """

    names: tuple[str, ...]
    after: tuple[str, ...]
    again: Names
    read: tuple[str, ...]
    mutated: Names


def needs(body: list[ast.stmt], shared: Names, escaped: Names) -> dict[ast.stmt, Needs]:
    """What each branch, loop and `with` block of a function hands on.

    ``shared`` are the variables that functions defined in it read, and ``escaped`` those that they assign, at any time.
    """
    analysis = _Liveness(body, shared, escaped)
    analysis.before(body, shared)
    return analysis.found


class _Liveness:
    def __init__(self, body: list[ast.stmt], shared: Names, escaped: Names) -> None:
        self.shared = shared | escaped
        self.escaped = escaped
        self.everything = frozenset().union(*map(loaded, body)) | self.shared
        self.found: dict[ast.stmt, Needs] = {}
        self.facts: dict[ast.AST, tuple[Names, Names, Names]] = {}

    def before(self, body: Iterable[ast.stmt], after: Names) -> Names:
        """The names whose value is needed at the start of these statements, given those needed at their end."""
        live = after
        for statement in reversed(list(body)):
            live = self.before_statement(statement, live)
        return live

    def before_statement(self, node: ast.stmt, after: Names) -> Names:
        match node:
            case ast.Assign(targets=targets) if all(
                isinstance(target, ast.Name | ast.Tuple) for target in targets
            ):
                return self.without(after, stored(targets)) | loaded(node)
            case ast.AnnAssign(value=ast.expr()):
                return self.without(after, stored([node.target])) | loaded(node)
            case ast.If():
                otherwise = self.before(node.orelse, after)
                live = loaded(node.test) | self.before(node.body, after) | otherwise
                self.note(node, [*node.body, *node.orelse], after, otherwise)
                return live
            case ast.For() | ast.While():
                return self.before_loop(node, after)
            case ast.With():
                live = self.before(node.body, after)
                entered = stored([item.optional_vars for item in node.items if item.optional_vars])
                self.note(node, node.body, after, live)
                self.found[node].names = tuple(name for name in self.found[node].names if name not in entered)
                for item in reversed(node.items):
                    live = self.without(live, stored([item.optional_vars] if item.optional_vars else []))
                    live |= loaded(item.context_expr)
                return live
            case ast.Return() | ast.Raise():
                return loaded(node) | self.shared
            case ast.Try() | ast.Match():
                for body in _bodies(node):
                    self.before(body, self.everything)
                return self.everything
        return after | loaded(node)

    def before_loop(self, node: ast.For | ast.While, after: Names) -> Names:
        head = loaded(node.test) if isinstance(node, ast.While) else NONE
        targets = stored([node.target]) if isinstance(node, ast.For) else NONE
        live = after | head
        while True:
            entering = self.without(self.before(node.body, live), targets) | live
            if entering == live:
                break
            live = entering
        again = head | self.without(self.before(node.body, live), targets)
        parts: list[ast.AST] = [*node.body, node.test if isinstance(node, ast.While) else node.target]
        self.note(node, parts, after, again)
        return live | (loaded(node.iter) if isinstance(node, ast.For) else NONE)

    def without(self, live: Names, assigned: Names) -> Names:
        return live - (assigned - self.shared)

    def note(self, node: ast.stmt, parts: Iterable[ast.AST], after: Names, again: Names) -> None:
        assigned, read, mutated = self.escaped, self.shared, NONE
        for part in parts:
            if part not in self.facts:
                self.facts[part] = stored([part]), loaded(part), _mutated(part)
            stores, loads, changes = self.facts[part]
            assigned, read, mutated = assigned | stores, read | loads, mutated | changes
        names, handed_on = assigned & (after | again), assigned & after
        self.found[node] = Needs(
            tuple(sorted(names)), tuple(sorted(handed_on)), again, tuple(sorted(read)), mutated
        )


def _bodies(node: ast.Try | ast.Match) -> list[list[ast.stmt]]:
    if isinstance(node, ast.Match):
        return [case.body for case in node.cases]
    return [node.body, *(handler.body for handler in node.handlers), node.orelse, node.finalbody]


def stored(nodes: Iterable[ast.AST]) -> Names:
    """The variables that are assigned, in whatever way, by the function that the nodes belong to."""
    names: set[str] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        match node:
            case ast.Name(ctx=ast.Store() | ast.Del()):
                names.add(node.id)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(node.name)
                continue
            case ast.Lambda():
                continue
            case ast.comprehension():
                waiting.extend([node.iter, *node.ifs])
                continue
            case ast.alias():
                names.add((node.asname or node.name).split(".")[0])
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                names.add(name)
            case ast.MatchMapping(rest=str(rest)):
                names.add(rest)
        waiting.extend(ast.iter_child_nodes(node))
    return frozenset(names)


def loaded(node: ast.AST) -> Names:
    """The names that are read, in nested functions too; an augmented assignment reads what it assigns."""
    names: set[str] = set()
    for part in ast.walk(node):
        match part:
            case ast.Name(id=name, ctx=ast.Load() | ast.Del()) | ast.AugAssign(target=ast.Name(id=name)):
                names.add(name)
    return frozenset(names)


def _mutated(node: ast.AST) -> Names:
    """The names whose containers are changed in place: ``x[i] = v``, ``x.append(v)``."""
    names: set[str] = set()
    for part in ast.walk(node):
        match part:
            case ast.Subscript(ctx=ast.Store() | ast.Del()):
                base: ast.expr = part
            case ast.Call(func=ast.Attribute(attr=attr) as base) if attr in MUTATORS:
                pass
            case _:
                continue
        while isinstance(base, ast.Subscript | ast.Attribute):
            base = base.value
        if isinstance(base, ast.Name):
            names.add(base.id)
    return frozenset(names)


def of_nested_functions(body: list[ast.stmt]) -> tuple[Names, Names]:
    """The variables that the functions defined in a body read, and those that they assign by `nonlocal`."""
    read: set[str] = set()
    assigned: set[str] = set()
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, (*SCOPES, ast.GeneratorExp)):
                read |= loaded(node)
            elif isinstance(node, ast.Nonlocal):
                assigned |= set(node.names)
    return frozenset(read), frozenset(assigned)
